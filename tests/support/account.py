"""A simulated account on a real loopback socket, for tests of whatever talks HTTP."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import uvicorn

from sidscope.demo import Login, SimulatedAccount, World
from sidscope.demo.app import LoggedRequest

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
"""The moment at which tests look at their worlds, unless they say otherwise."""


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, now: datetime):
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **duration: float) -> datetime:
        """Moves on by ``timedelta(**duration)``; returns the new time."""
        self.now += timedelta(**duration)
        return self.now


@dataclass(frozen=True, slots=True)
class ServedAccount:
    """What a test gets: where the account is served, how to sign in, and what it is asked."""

    url: str
    world: World
    app: SimulatedAccount
    clock: Callable[[], datetime]

    @property
    def credentials(self) -> Login:
        """``.account_sid .username .password``, of an API key."""
        return self.world.credentials()

    @property
    def requests(self) -> list[LoggedRequest]:
        """Every request so far: ``.method .path .query .status .kind``."""
        return self.app.log

    @property
    def environment(self) -> dict[str, str]:
        """What to set for a sidscope process that is to explore this account."""
        login = self.credentials
        return {
            "SIDSCOPE_API_URL": self.url,
            "TWILIO_ACCOUNT_SID": login.account_sid,
            "TWILIO_API_KEY": login.username,
            "TWILIO_API_SECRET": login.password,
        }


@contextmanager
def simulated_account(
    world: World | None = None,
    *,
    seed: int = 1,
    executions: int = 300,
    flows: int = 8,
    arrival: float | None = None,
    now: datetime | None = None,
    clock: Callable[[], datetime] | None = None,
    latency: float = 0.0,
    concurrency_limit: int | None = None,
    denied: Collection[str] = (),
) -> Iterator[ServedAccount]:
    """Serves a world on 127.0.0.1 while the block runs.

    The clock is a :class:`Clock` that stands still at ``now`` (default: the real time, so that ``--since 24h`` of a
    real process finds what there is) unless another one is given.
    """
    world = world or World(seed, now, executions=executions, flows=flows, arrival=arrival)
    clock = clock or Clock(world.zero)
    app = SimulatedAccount(world, latency=latency, concurrency_limit=concurrency_limit, denied=denied, clock=clock)
    with serving(app) as url:
        yield ServedAccount(url, world, app, clock)


@contextmanager
def serving(app: Callable[..., object]) -> Iterator[str]:
    """Serves any ASGI app on a free loopback port while the block runs; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 10
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the simulated account did not start")
            time.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.fixture
def account() -> Iterator[ServedAccount]:
    """The default world (seed 1, 300 executions, nobody new arrives) on a socket."""
    with simulated_account() as served:
        yield served
