"""The engine against a simulated account on a real socket, into a real archive file."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sidscope.archive import Archive, archive_path, read_records
from sidscope.demo import SimulatedAccount, World
from sidscope.demo.stories import STORIES
from sidscope.settings import Credentials, Secret
from sidscope.sync.engine import Engine
from sidscope.twilio_api import Account, Policy, connect
from sidscope.twilio_api.retry import Backoff
from tests.support.account import NOON, Clock, serving
from tests.support.faults import Faulty
from tests.support.oracle import JsonRecord

QUICK = Policy(
    faults=Backoff(tries=3, patience=2.0, first=0.01, longest=0.02),
    refusals=Backoff(tries=200, patience=20.0, first=0.01, longest=0.05),
)
"""Gives up on faults soon, and not on refusals, for the tests' account never means them for good."""


FEW = frozenset(
    {
        *("active_now", "handover", "long_whatsapp", "new_after_close", "new_call", "reentry", "stuck", "stuck_call"),
        *("task_still_open", "two_channels", "unknown_denied", "unknown_gone"),
    }
)
"""Stories enough for tests that are not about verdicts."""


def small_world(kind: type[World] = World, *, executions: int = 70, arrival: float | None = None) -> World:
    """A few stories and a few other customers, at noon."""
    stories = [story for story in STORIES if story.name in FEW]
    return kind(3, NOON, executions=executions, arrival=arrival, stories=stories)


@dataclass
class Scene:
    """An account on a socket, and what sidscope knows of it."""

    url: str
    app: SimulatedAccount
    faulty: Faulty
    clock: Clock
    data_dir: Path
    said: list[str] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.app.world

    @property
    def day(self) -> datetime:
        """24 hours before now."""
        return self.clock.now - timedelta(hours=24)

    @property
    def credentials(self) -> Credentials:
        login = self.world.credentials()
        return Credentials(login.account_sid, login.username, Secret(login.password))

    def open_account(self, policy: Policy = QUICK) -> Account:
        return connect(self.credentials, api_url=self.url, policy=policy, now=self.clock)

    def archive(self) -> Archive:
        sid = self.world.account_sid
        return Archive.open(archive_path(self.data_dir, sid), account_sid=sid)

    def fresh(self, data_dir: Path) -> Scene:
        """The same account for somebody who has seen nothing yet."""
        self.app.log.clear()
        return Scene(self.url, self.app, self.faulty, self.clock, data_dir)

    @asynccontextmanager
    async def engine(self, policy: Policy = QUICK) -> AsyncIterator[Engine]:
        """An engine on the archive as it is; the request log begins anew."""
        self.app.log.clear()
        with self.archive() as archive:
            account = self.open_account(policy)
            engine = Engine(account, archive, now=self.clock, announce=self.said.append)
            try:
                yield engine
            finally:
                await engine.stop()
                await account.close()

    def spent(self) -> Counter[str]:
        """The requests since the log began, by kind, however they were answered."""
        return Counter(request.kind or "?" for request in self.app.log)

    def contexts_read(self) -> list[str]:
        """The FNs whose contexts were asked for, in order."""
        return [request.path.split("/")[-2] for request in self.app.matching("execution_context")]

    def records(self, archive: Archive, since: datetime, until: datetime | None = None) -> list[JsonRecord]:
        """What ``list`` would print."""
        window = [known.row.sid for known in archive.window(since, until, related=False)]
        known = read_records(archive, window, now=self.clock.now)
        return [known[sid.upper()].as_dict() for sid in window]

    def truth(self, since: datetime, *, explain: bool = True) -> list[JsonRecord]:
        return list(self.world.truth(self.clock.now, since=since, explain=explain))


@contextmanager
def scene(
    data_dir: Path,
    world: World,
    *,
    latency: float = 0.0,
    concurrency_limit: int | None = None,
    wrap: Callable[[SimulatedAccount], Faulty] = Faulty,
) -> Iterator[Scene]:
    """Serves a world whose clock stands still until it is moved."""
    clock = Clock(world.zero)
    app = SimulatedAccount(world, latency=latency, concurrency_limit=concurrency_limit, clock=clock)
    faulty = wrap(app)
    with serving(faulty) as url:
        yield Scene(url, app, faulty, clock, data_dir)


EngineMaker = Callable[..., AbstractAsyncContextManager[Engine]]
