"""Staying live: new executions and endings, each flow at the pace of its own traffic.

A busy flow is asked every 3 s, an idle one ever more rarely, up to every minute. New executions come from a list that
overlaps the newest one seen (by Twilio's clock); endings are what the ``status=active`` list no longer holds.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sidscope.archive import Archive, Coverage
from sidscope.domain.records import Execution, Flow
from sidscope.domain.sids import sid_key
from sidscope.sync.keeping import keep
from sidscope.sync.listing import OVERLAP
from sidscope.sync.progress import FlowState, Progress, trouble_of
from sidscope.twilio_api import Account, BadCredentials, NotFound, TwilioApiError

BUSY, IDLE = 3.0, 60.0
"""Seconds between two looks at a flow: at one with traffic, at most at one without."""

_SLOWER = 1.5
_PAGE = 50  # live pages are small: a poll mostly brings nothing
_FLOWS_EVERY = timedelta(minutes=5)
_ASK_EACH = 5  # so many endings are asked one by one; more come cheaper as a list


@dataclass(slots=True)
class Pace:
    """How often one flow is looked at."""

    flow: Flow
    interval: float = BUSY
    due: float = 0.0
    looking: bool = False
    problem: str | None = None
    trouble: str | None = None  # its kind
    newest: datetime | None = None  # the newest execution seen without a gap before it, by Twilio's clock

    def looked(self, traffic: bool, now: float) -> None:
        """Sets the next look: soon where something happened, later where nothing did."""
        self.interval = BUSY if traffic else min(IDLE, self.interval * _SLOWER)
        self.due = now + self.interval * random.uniform(0.9, 1.1)  # noqa: S311 - flows drift apart, no bursts


class Live:
    """The polling of one account. Lives in one event loop."""

    def __init__(
        self,
        account: Account,
        archive: Archive,
        progress: Progress,
        on_rows: Callable[[Sequence[Execution]], Awaitable[None]],
        now: Callable[[], datetime],
    ) -> None:
        self._account = account
        self._archive = archive
        self._progress = progress
        self._on_rows = on_rows
        self._now = now
        self._wake = asyncio.Event()
        self._flows_problem: str | None = None
        self.paces: dict[str, Pace] = {}
        self._unlisted = 0  # flows that somebody else is still trying to list
        self._unlisted_trouble: str | None = None  # and what kind of trouble that is

    def states(self) -> tuple[FlowState, ...]:
        """How each flow stands, the busiest first."""
        paces = sorted(self.paces.values(), key=lambda pace: (pace.interval, pace.flow.friendly_name))
        if not paces:
            return ()
        clock, now = asyncio.get_running_loop().time(), self._now()
        return tuple(
            FlowState(
                name=pace.flow.friendly_name,
                interval=pace.interval,
                due=(now + timedelta(seconds=max(0.0, pace.due - clock) + 0.5)).replace(microsecond=0),  # steady
                looking=pace.looking,
                newest=pace.newest,
                problem=pace.problem,
            )
            for pace in paces
        )

    def resume(self) -> None:
        """Whether the engine is paused has changed."""
        self._wake.set()

    def look_now(self) -> None:
        """Every flow is due at once, paused or not."""
        for pace in self.paces.values():
            pace.due = 0.0
        self._wake.set()

    def still_to_list(self, flows: int, trouble: str | None) -> None:
        """So many flows could not be listed yet, because of such trouble: that is said at once."""
        self._unlisted, self._unlisted_trouble = flows, trouble
        self._report()

    def add(self, flows: Sequence[Flow]) -> None:
        """These flows are polled too from now on."""
        self.paces |= {sid_key(flow.sid): Pace(flow) for flow in flows}
        self._wake.set()

    async def run(self, flows: Sequence[Flow], since: datetime) -> None:
        """Polls for ever; ``since`` is where flows without any execution are listed from. Raises BadCredentials, in
        a group. A flow that takes long to answer keeps no other waiting."""
        clock = asyncio.get_running_loop().time
        self._take(flows, clock() + BUSY)
        flows_due = self._now() + _FLOWS_EVERY
        async with asyncio.TaskGroup() as looks:
            while True:
                self._progress.phase = "live"
                paused = self._progress.paused
                if self._now() >= flows_due and not paused:
                    flows_due = self._now() + _FLOWS_EVERY
                    await self._relist()
                for pace in self.paces.values():
                    if not pace.looking and pace.due <= (0.0 if paused else clock()):  # 0: asked for by look_now
                        pace.looking = True
                        looks.create_task(self._look(pace, since))
                self._report()
                resting = [pace.due for pace in self.paces.values() if not pace.looking and not paused]
                pause = max(0.0, min(resting, default=clock() + IDLE) - clock())
                self._progress.next_poll = None if paused else self._now() + timedelta(seconds=pause)
                self._wake.clear()
                try:
                    async with asyncio.timeout(pause):
                        await self._wake.wait()
                except TimeoutError:
                    pass

    def _take(self, flows: Sequence[Flow], due: float) -> None:
        known = {sid_key(flow.sid): flow for flow in flows}
        self.paces = {key: self.paces.get(key) or Pace(flow, due=due) for key, flow in known.items()}

    async def _relist(self) -> None:
        try:
            flows = await self._account.flows()
        except BadCredentials:
            raise
        except TwilioApiError as error:
            self._flows_problem = error.message
            return
        self._flows_problem = None
        await keep(self._archive, *flows)
        self._progress.flows_total = len(flows)
        self._take(flows, 0.0)

    def _report(self) -> None:
        troubled = [pace for pace in self.paces.values() if pace.problem]
        if self._unlisted:
            some = "flow" if self._unlisted == 1 else "flows"
            self._progress.problem = f"{self._unlisted} {some} could not be listed yet"
        else:
            self._progress.problem = troubled[0].problem if troubled else self._flows_problem
        everywhere = len(troubled) == len(self.paces) and bool(troubled or self._unlisted)
        kind = troubled[0].trouble if troubled else self._unlisted_trouble
        self._progress.trouble = kind if everywhere else "partial" if self._progress.problem else None

    async def _look(self, pace: Pace, since: datetime) -> None:
        clock = asyncio.get_running_loop().time
        traffic = False
        try:
            traffic = await self._new(pace, since)
            traffic = await self._endings(pace.flow) or traffic
            pace.problem = pace.trouble = None
            self._progress.last_ok = self._now()
        except BadCredentials:
            raise
        except NotFound:
            self.paces.pop(sid_key(pace.flow.sid), None)  # deleted; the next list of flows says so too
        except TwilioApiError as error:
            pace.problem, pace.trouble = error.message, trouble_of(error)
        finally:
            pace.looking = False
            pace.looked(traffic, clock())
            self._wake.set()

    async def _new(self, pace: Pace, since: datetime) -> bool:
        """Lists what began after the newest seen, a little of what was before it included."""
        if pace.newest is None:
            covered = await asyncio.to_thread(self._archive.coverage, pace.flow.sid)
            pace.newest = covered.until if covered else None
        start = max(since, pace.newest - OVERLAP) if pace.newest else since
        newest = pace.newest
        async for page in self._account.executions(pace.flow.sid, since=start, page_size=_PAGE):
            await keep(self._archive, *page)
            await self._on_rows(page)
            newest = max([row.started for row in page] + ([newest] if newest else []), default=None)
        if newest is None or newest == pace.newest:
            return False
        pace.newest = newest
        await keep(self._archive, Coverage(pace.flow.sid, start, newest))
        return True

    async def _endings(self, flow: Flow) -> bool:
        """Looks again at what the archive holds for active and Twilio's list of active ones does not."""
        believed = {sid_key(row.sid): row for row in await asyncio.to_thread(self._archive.active, flow.sid)}
        if not believed:
            return False
        async for page in self._account.executions(flow.sid, status="active"):
            await keep(self._archive, *page)
            await self._on_rows(page)
            for row in page:
                believed.pop(sid_key(row.sid), None)
        if len(believed) > _ASK_EACH:
            oldest = min(row.started for row in believed.values())
            async for page in self._account.executions(flow.sid, since=oldest):
                await keep(self._archive, *page)
                await self._on_rows(page)
            return True
        for row in believed.values():
            await self._ended(flow, row)
        return bool(believed)

    async def _ended(self, flow: Flow, row: Execution) -> None:
        try:
            now = await self._account.execution(flow.sid, row.sid)
        except NotFound:
            return  # deleted at Twilio; what was seen of it stays
        await keep(self._archive, now)
        await self._on_rows([now])
