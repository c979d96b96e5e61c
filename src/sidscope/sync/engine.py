"""The engine: lists, reads contexts, explains, finds and stays live, on one account and one archive.

It runs in one event loop and knows nothing of screens. Everything it learns goes to the archive; what it could not
learn is in :attr:`Engine.problems`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta

from sidscope.archive import Archive, of_story
from sidscope.domain.evidence import settles
from sidscope.domain.records import Execution, Flow, StepContext, StepList
from sidscope.domain.story import FRESH
from sidscope.sync.contexts import ContextQueue
from sidscope.sync.finder import Finder, Search
from sidscope.sync.keeping import written
from sidscope.sync.listing import Lister
from sidscope.sync.live import Live
from sidscope.sync.lookups import Explainer
from sidscope.sync.progress import Lately, Problems, Progress, Remaining, SyncState, trouble_of
from sidscope.sync.steps import StepReader
from sidscope.sync.steps_queue import StepsQueue
from sidscope.twilio_api import Account, BadCredentials, TwilioApiError

SCREENFUL = 25
"""Rows of each flow that the explorer asks for before it lists any flow to its end."""

STORY_FREE = 20
"""So many look-ups a story may spend unasked."""

_RETRY = 15.0  # seconds before a flow or an account that could not be listed is tried again
_LONGEST_RETRY = 120.0


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


class Engine:
    """Moves data from one account to one archive. Make and use it inside one event loop."""

    def __init__(
        self,
        account: Account,
        archive: Archive,
        *,
        now: Callable[[], datetime] = utc_now,
        announce: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self.account = account
        self.archive = archive
        self.now = now
        self.progress = Progress()
        self.problems = Problems()
        self.contexts = ContextQueue(account, archive, self.progress, self.problems)
        self._lister = Lister(account, archive, self.progress, self.problems, now)
        self._explainer = Explainer(account, archive, self.contexts, self.progress, self.problems, now)
        self._finder = Finder(account, archive, self._lister, self.contexts, self.problems, announce, now)
        self._live = Live(account, archive, self.progress, self._take, now)
        self._steps = StepReader(account, archive, now)
        self.steps_queue = StepsQueue(self._steps, self.progress, self.problems)
        self._hurry = asyncio.Event()
        self._remaining = Remaining()
        self._refusals = Lately()

    def state(self) -> SyncState:
        """A snapshot for a status line."""
        counters = self.account.counters
        state = SyncState(
            **{each.name: getattr(self.progress, each.name) for each in fields(self.progress)},
            requests=counters.requests,
            throttled=counters.throttled,
            throttling=self._refusals.grew(counters.throttled, time.monotonic()),
            in_flight=counters.in_flight,
            limit=counters.limit,
            retries=counters.retries,
            seconds_left=self.seconds_left(),
            flows=self._live.states(),
            problems=tuple(self.problems.all()),
        )
        state.problem = state.problem or self.archive.problem
        return state

    def seconds_left(self) -> int | None:
        """How long the contexts, or else the look-ups, that are still to come will take; None while that is not known.
        By the pace of the last seconds: to be asked again and again."""
        progress = self.progress
        done, left = progress.contexts_done, progress.contexts_left
        if not left:
            done, left = progress.lookups_done, progress.lookups_total - progress.lookups_done
        return self._remaining.seconds(time.monotonic(), done, 0 if progress.paused else left)

    async def refresh(self, since: datetime, until: datetime | None = None, *, screenful: int | None = None) -> None:
        """Lists all flows over [since, until), with a ``screenful`` as the explorer lists them, and reads the contexts
        that grouping needs.

        Raises BadCredentials, and any TwilioApiError if not even the flows can be listed.
        """
        flows = await self._lister.flows()
        await self._lister.executions(flows, since, until, self._take, screenful=screenful)
        await self.read_contexts(since, until)
        self.progress.last_ok = self.now()

    async def read_contexts(self, since: datetime, until: datetime | None = None) -> None:
        """Reads every context in [since, until) that grouping still needs, and waits for them."""
        self.progress.phase = "reading"
        await asyncio.to_thread(self.archive.flush)
        self.contexts.add(await asyncio.to_thread(self.archive.needs_context, since, until))
        await self.contexts.drain()
        await asyncio.to_thread(self.archive.flush)

    async def explain(self, keys: Iterable[str], *, fresh: timedelta = timedelta(0)) -> None:
        """Spends the look-ups that turn inferred verdicts on these executions into observed ones."""
        await self._explainer.explain(keys, fresh=fresh)
        await asyncio.to_thread(self.archive.flush)

    async def story(self, fn: str, *, agreed: bool = False) -> int:
        """Spends the look-ups of the whole story that an execution belongs to. If they are more than
        :data:`STORY_FREE` and nobody has ``agreed`` to that, none is spent, and how many there are comes back; else 0.
        """
        known = await asyncio.to_thread(of_story, self.archive, fn)
        keys = [item.row.sid for item in known]
        if not agreed:
            cost = await self._explainer.cost(keys, fresh=FRESH, whole=True)
            if cost > STORY_FREE:
                return cost
        await self._explainer.explain(keys, fresh=FRESH, whole=True)
        await asyncio.to_thread(self.archive.flush)
        return 0

    async def find(self, search: Search) -> None:
        """Asks Twilio for one SID or address; see :mod:`sidscope.sync.finder`."""
        await self._finder.find(search)

    async def steps(self, fn: str) -> StepList | None:
        """The steps of one execution, with at most one request; see :meth:`StepReader.steps`."""
        return await self._steps.steps(fn)

    async def step_context(self, fn: str, step: str) -> StepContext | None:
        """The context of one step of an execution, with at most one request."""
        return await self._steps.step_context(fn, step)

    async def live(self, since: datetime) -> None:
        """Lists since a moment, the first screenful first, then stays live for ever; raises BadCredentials.

        An account that cannot be reached is tried again; the problem is in the progress meanwhile.
        """
        self.contexts.patient = self.archive.patient = True
        flows = await self._flows_at_last()
        unlisted = await self._lister.executions(flows, since, None, self._take, screenful=SCREENFUL)
        await written(self.archive)
        self.contexts.add(await asyncio.to_thread(self.archive.needs_context, since, None))
        if not flows or len(unlisted) < len(flows):
            self.progress.last_ok = self.now()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._live.run([flow for flow in flows if flow not in unlisted], since))
            tasks.create_task(self._list_at_last(unlisted, since))
            tasks.create_task(self.contexts.watch())

    def look_now(self) -> None:
        """Polls every flow at once, and tries again at once what could not be listed."""
        self._live.look_now()
        self._hurry.set()
        self.contexts.probe()

    def pause(self, paused: bool = True) -> None:
        """Stops (or resumes) what nobody has asked for: polling and the backlog of contexts. What is under way ends;
        what is asked for by name (a look, a story, a search, a refresh) still runs."""
        self.progress.paused = paused
        self._live.resume()
        self.contexts.resume()
        self.steps_queue.resume()

    async def stop(self) -> None:
        """Ends the context workers and look-ups and keeps what has been read."""
        with contextlib.suppress(asyncio.CancelledError):
            await self.contexts.stop()
            await self.steps_queue.stop()
            await self._explainer.stop()
        await asyncio.to_thread(self.archive.flush)

    async def _take(self, rows: Sequence[Execution]) -> None:
        """Rows have come: those that do not say where they belong need their context."""
        unsettled = [row for row in rows if not settles(row)]
        if unsettled:
            self.contexts.add(await asyncio.to_thread(self.archive.unread, unsettled))

    async def _flows_at_last(self) -> list[Flow]:
        pause = _RETRY / 5
        while True:
            try:
                flows = await self._lister.flows()
            except BadCredentials:
                raise
            except TwilioApiError as error:
                self.progress.problem, self.progress.trouble = error.message, trouble_of(error)
                await self._rest(pause)
                pause = min(_LONGEST_RETRY, pause * 2)
                continue
            self.progress.problem = self.progress.trouble = None
            return flows

    async def _rest(self, seconds: float) -> None:
        """Waits so long, or until somebody asks to look now."""
        self._hurry.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()

    async def _list_at_last(self, unlisted: list[Flow], since: datetime) -> None:
        """Lists again what could not be listed, until it can; then those flows are polled like the others."""
        pause = _RETRY
        while unlisted:
            self._live.still_to_list(len(unlisted), self._lister.trouble)
            await self._rest(pause)
            pause = min(_LONGEST_RETRY, pause * 2)
            failed = await self._lister.executions(unlisted, since, None, self._take)
            self._live.add([flow for flow in unlisted if flow not in failed])
            unlisted = failed
        self._live.still_to_list(0, None)


__all__ = ["SCREENFUL", "Engine", "Search", "utc_now"]
