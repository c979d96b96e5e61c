"""Over the network: how fast a list comes, cold and warm, against the loop of tutorials and against the limit."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.figures import Figure, in_turns, ratio, seconds
from tests.benchmarks.mock import Counts, Mock, serving
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.synthetic import ACCOUNT, Population

UNFINISHED = 17


CONFIG = str(Path(__file__).with_name("config.toml"))


def environment(**more: str) -> dict[str, str]:
    """The environment of a process that is measured: credentials of the synthetic account, and nothing of the
    user's."""
    own = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "secret", "PYTHONUTF8": "1", "SIDSCOPE_CONFIG": CONFIG}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TERM", "TMPDIR") if name in os.environ}
    return kept | own | more


@dataclass(frozen=True)
class Listed:
    """One run of ``sidscope list``."""

    seconds: float
    counts: Counts
    records: list[dict[str, Any]]

    @property
    def complete(self) -> bool:
        """Whether every context has come."""
        return all(record["context_status"] in ("ok", "not_needed") for record in self.records)


def sidscope_list(mock: Mock, data_dir: Path) -> Listed:
    """The whole process, from its start to its end; what it read is looked through afterwards."""
    before = mock.counts()
    began = time.perf_counter()
    done = _sidscope(data_dir, SIDSCOPE_API_URL=mock.url)
    took = time.perf_counter() - began
    after = mock.counts()
    spent = Counts(
        after.requests - before.requests,
        after.contexts - before.contexts,
        after.refused - before.refused,
        after.most_at_once,
    )
    records = [json.loads(line) for line in _sidscope(data_dir, "--offline", "--format", "jsonl").splitlines()]
    assert len(done.splitlines()) == (len(records) + 1 if records else 0), "the table has another length"
    return Listed(took, spent, records)


def _sidscope(data_dir: Path, *arguments: str, **more: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-m", "sidscope", "list", "--data-dir", str(data_dir), *arguments],
        env=environment(**more),
        stdout=subprocess.PIPE,
    )
    assert done.returncode == 0, f"sidscope list ended with {done.returncode}"
    output: bytes = done.stdout
    return output


def client(*arguments: object) -> dict[str, Any]:
    """One run of a baseline."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.clients", *map(str, arguments)],
        env=environment(),
        stdout=subprocess.PIPE,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@contextmanager
def fresh_dir() -> Iterator[Path]:
    """A directory that is gone afterwards."""
    with TemporaryDirectory(prefix="sidscope-bench-") as name:
        yield Path(name)


class Runs:
    """Whole processes against one server."""

    def __init__(self, mock: Mock, startup: float, executions: int) -> None:
        self.mock, self.startup, self.executions = mock, startup, executions
        self.waste: list[float] = []

    def cold(self) -> float:
        """``sidscope list`` into an empty archive; seconds of the whole process."""
        with fresh_dir() as folder:
            listed = sidscope_list(self.mock, folder)
        assert len(listed.records) == self.executions, f"{len(listed.records)} of {self.executions}"
        assert listed.complete, "a context is missing"
        assert listed.counts.contexts == self.executions, "a context was read twice, or not at all"
        self.waste.append(listed.counts.refused / listed.counts.requests)
        return listed.seconds

    def net(self) -> float:
        """The same without what an empty account takes."""
        return max(1e-3, self.cold() - self.startup)

    def loop(self, contexts: int) -> float:
        """twilio-python's loop over all executions, of which so many contexts are really read."""
        told = client("loop", self.mock.url, "--contexts", contexts)
        assert told["executions"] == self.executions
        return float(told["listing"] + told["reading"] * self.executions / told["contexts"])

    def bare(self, concurrency: int, *more: object) -> float:
        """The bare client; seconds from its first request to its last answer."""
        told = client("bare", self.mock.url, "--concurrency", concurrency, *more)
        assert told["contexts"] == self.executions
        return float(told["seconds"])


def startup_of(rounds: int) -> float:
    """Seconds that ``sidscope list`` takes where there is nothing to list: interpreter, imports, archive, and one
    round of requests without latency."""
    times = []
    with serving(Population(datetime.now(UTC), 0)) as mock:
        for _ in range(rounds):
            with fresh_dir() as folder:
                times.append(sidscope_list(mock, folder).seconds)
    return statistics.median(times)


@contextmanager
def account(sizes: Sizes, **more: Any) -> Iterator[Runs]:
    """A server for as many executions as are to be listed."""
    population = Population(datetime.now(UTC), sizes.executions, **more)
    with serving(population) as mock:
        yield Runs(mock, startup_of(sizes.rounds), sizes.executions)


def _ms(latency: float) -> str:
    return f"{latency * 1000:.0f} ms"


def cold(sizes: Sizes) -> list[Figure]:
    """Whole process against the synchronous loop."""
    figures = []
    wanted = {0.020: 20.0, 0.100: 35.0}
    with account(sizes) as runs:
        for latency in sizes.latencies:
            runs.mock.control(latency=latency)
            contexts = max(1, sizes.loop_contexts if latency < 0.05 else sizes.loop_contexts // 3)
            ours, theirs = in_turns(sizes.rounds, runs.cold, partial(runs.loop, contexts))
            what = f"list of {sizes.executions:,} at {_ms(latency)}, whole process, × faster than twilio-python's loop"
            figures.append(
                Figure(
                    "cold",
                    what,
                    ratio(theirs, ours),
                    at_least=wanted.get(latency),
                    ours=seconds(ours),
                    baseline=seconds(theirs),
                    rounds=sizes.rounds,
                )
            )
    return figures


def limit(sizes: Sizes) -> list[Figure]:
    """Net of the start-up, against a bare client at the same concurrency."""
    figures = []
    wanted = {0.020: 0.6, 0.100: 0.9}
    with account(sizes) as runs:
        for latency in sizes.latencies:
            runs.mock.control(latency=latency)
            ours, theirs = in_turns(sizes.rounds, runs.net, lambda: runs.bare(sizes.concurrency))
            figures.append(
                Figure(
                    "limit",
                    f"the same at {_ms(latency)}, net of start-up, of the rate of bare sockets",
                    ratio(theirs, ours),
                    at_least=wanted.get(latency),
                    ours=seconds(ours),
                    baseline=seconds(theirs),
                    rounds=sizes.rounds,
                )
            )
    return figures


def throttle(sizes: Sizes) -> list[Figure]:
    """Against servers that refuse: at a fixed limit, and at one that moves."""
    figures = []
    with account(sizes) as runs:
        for latency in sizes.latencies:
            runs.mock.control(latency=latency, limit=sizes.limit)
            at_most = f"429 above {sizes.limit}, {_ms(latency)}"
            figures += _throttled(
                runs, sizes, at_most, "a client fixed there", 0.9, 0.02, lambda: runs.bare(sizes.limit)
            )
        high, low = sizes.moving
        latency = sizes.latencies[-1]
        moving = {"latency": latency, "limit": high, "other_limit": low, "period": sizes.period}

        def told() -> float:
            runs.mock.control(**moving)  # its first request starts the clock
            return runs.bare(high, "--told", high, low, "--period", sizes.period)

        def net() -> float:
            runs.mock.control(**moving)
            return runs.net()

        at_most = f"limit {high} ↔ {low} every {sizes.period:g} s, {_ms(latency)}"
        figures += _throttled(runs, sizes, at_most, "a client that is told", 0.6, 0.03, told, net)
    return figures


def _throttled(
    runs: Runs, sizes: Sizes, how: str, who: str, rate: float, waste: float, theirs: Any, ours: Any = None
) -> list[Figure]:
    runs.waste.clear()
    mine, others = in_turns(sizes.rounds, ours or runs.net, theirs)
    wasted = statistics.median(runs.waste)
    return [
        Figure(
            "throttle",
            f"{how}: of the rate of {who}, nothing lost",
            ratio(others, mine),
            at_least=rate,
            ours=seconds(mine),
            baseline=seconds(others),
            rounds=sizes.rounds,
        ),
        Figure("throttle", f"{how}: requests refused", 100 * wasted, at_most=100 * waste, unit="%"),
    ]


def warm(sizes: Sizes) -> list[Figure]:
    """A second run on the same archive."""
    spent: list[int] = []
    cold_net: list[float] = []
    warm_net: list[float] = []
    with account(sizes, active=UNFINISHED) as runs:
        runs.mock.control(latency=sizes.latencies[0])
        for _ in range(sizes.rounds):
            with fresh_dir() as folder:
                first, second = sidscope_list(runs.mock, folder), sidscope_list(runs.mock, folder)
            assert len(second.records) == sizes.executions
            assert second.complete
            cold_net.append(max(1e-3, first.seconds - runs.startup))
            warm_net.append(max(1e-3, second.seconds - runs.startup))
            spent.append(second.counts.requests)
    allowed = 1 + 10 + UNFINISHED
    return [
        Figure(
            "warm",
            f"second run at {_ms(sizes.latencies[0])}, net of start-up, × faster than the first",
            ratio(cold_net, warm_net),
            at_least=8,
            ours=seconds(warm_net),
            baseline=seconds(cold_net),
            rounds=sizes.rounds,
        ),
        Figure(
            "warm",
            "its requests (1 + flows + unfinished executions)",
            max(spent),
            at_most=allowed,
            unit="",
            rounds=sizes.rounds,
        ),
    ]


def resolve(sizes: Sizes) -> list[Figure]:
    """Rows that name their call or conversation."""
    with account(sizes, settled=True) as runs, fresh_dir() as folder:
        listed = sidscope_list(runs.mock, folder)
    assert len(listed.records) == sizes.executions
    assert all(record["conversation_sid"] or record["call_sid"] for record in listed.records)
    return [Figure("resolve", "contexts read for rows that need none", listed.counts.contexts, at_most=0, unit="")]
