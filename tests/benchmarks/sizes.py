"""How much is measured: as the table in README says, quickly, or just so much that everything runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Amounts of one run."""

    rounds: int
    executions: int  # over the network
    latencies: tuple[float, ...]  # seconds
    loop_contexts: int  # that the synchronous loop reads; the rest of its time is extrapolated
    concurrency: int  # sidscope's own cap
    limit: int  # of the server that refuses
    moving: tuple[int, int]  # the limit that moves
    period: float  # seconds
    archived: int  # executions to find a SID in
    lookups: int
    listed: int  # executions in the explorer
    few: int  # and what that is compared with
    keys: int  # presses of each key
    live_seconds: float  # simulated
    idle_settle: float  # seconds without traffic, after which every flow is asked once a minute
    idle_seconds: float
    growth: tuple[int, ...]
    starts: int = 4  # of a short process in each round: they are over quickly, and vary
    settle: float = 3.0  # seconds without paint after which an explorer has read its archive
    pause: float = 1.0  # and after which nothing more will come of a key that takes long


FULL = Sizes(
    rounds=5,
    executions=2_000,
    latencies=(0.020, 0.100),
    loop_contexts=150,
    concurrency=50,
    limit=20,
    moving=(40, 12),
    period=2.0,
    archived=1_000_000,
    lookups=2_000,
    listed=100_000,
    few=100,
    keys=40,
    live_seconds=600.0,
    idle_settle=150.0,
    idle_seconds=120.0,
    growth=(1_000, 10_000, 100_000),
)
QUICK = Sizes(
    rounds=3,
    executions=2_000,
    latencies=(0.020, 0.100),
    loop_contexts=50,
    concurrency=50,
    limit=20,
    moving=(40, 12),
    period=2.0,
    archived=100_000,
    lookups=1_000,
    listed=100_000,
    few=100,
    keys=20,
    live_seconds=60.0,
    idle_settle=150.0,
    idle_seconds=60.0,
    growth=(1_000, 10_000, 100_000),
)
SMOKE = Sizes(
    rounds=1,
    executions=40,
    latencies=(0.001,),
    loop_contexts=3,
    concurrency=50,
    limit=20,
    moving=(40, 12),
    period=0.05,
    archived=200,
    lookups=10,
    listed=200,
    few=20,
    keys=2,
    live_seconds=2.0,
    idle_settle=0.5,
    idle_seconds=0.5,
    growth=(20, 40),
    starts=1,
    settle=0.3,
    pause=0.2,
)
