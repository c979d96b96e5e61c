"""The context queue: what the cursor is on first, then what is on screen, then the newest unresolved.

Each context is requested once, however many ask; each outcome is kept. Ended executions' contexts are read once in
a lifetime, active ones' again when their row has changed or somebody looks at them.

A queue that is ``patient`` (the explorer's) burns nothing in an outage: what met it waits again, one request at a time
probes whether it is over, and then all goes on. What fails by itself is kept as failed and tried again later. Where a
command is waited for, a failure is final at once.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import IntEnum
from itertools import count

from sidscope.archive import Archive, ContextWrite, row_stamp
from sidscope.domain.records import Context, Execution, ReadStatus
from sidscope.domain.sids import sid_key
from sidscope.sync import outage
from sidscope.sync.keeping import keep
from sidscope.sync.outage import Outage
from sidscope.sync.progress import Problems, Progress
from sidscope.twilio_api import Account, TwilioApiError

WORKERS = 50
"""As many as the account ever allows at once; the transport's throttle decides how many really run."""

LOOKED_AT_AGAIN = 15.0
"""Seconds before somebody who looks at the same unchanged execution again has it read again."""


class Urgency(IntEnum):
    """What comes first."""

    CURSOR = 0
    ASKED = 1
    SCREEN = 2
    BACKLOG = 3


class ContextQueue:
    """Reads contexts in order of urgency. Lives in one event loop."""

    def __init__(self, account: Account, archive: Archive, progress: Progress, problems: Problems) -> None:
        self._account = account
        self._archive = archive
        self._progress = progress
        self._problems = problems
        self._waiting: dict[str, Execution] = {}
        self._order: list[tuple[Urgency, float, str]] = []  # a heap; keys that no longer wait are passed over
        self._newest_wish = count()
        self._results: dict[str, asyncio.Future[None]] = {}  # of what waits or is under way
        self._asked: dict[str, tuple[str, float]] = {}  # key → the row's stamp when it was asked for, and the time
        self._held: dict[str, tuple[str, float]] = {}  # the same of what met the outage and waits again
        self._changed: dict[str, Execution] = {}  # rows that changed while their context was under way
        self._workers: set[asyncio.Task[None]] = set()
        self._failed = asyncio.Event()
        self._outage = Outage()
        self._probe_at: asyncio.TimerHandle | None = None
        self._probing = False
        self._probe_next = False  # somebody asked to see while what the outage met was still under way
        self._lasting = asyncio.Event()  # not even a probe has got through
        self._last_in_line = count()
        self._later: dict[str, asyncio.TimerHandle] = {}  # what has failed and is tried again
        self._tried_again: Counter[str] = Counter()
        self.patient = False
        """Whether an outage is waited out."""
        self.failure: BaseException | None = None

    def add(self, rows: Iterable[Execution]) -> None:
        """Wants these contexts, the newest first, after whatever is more urgent. One that was asked for in this run
        is asked again only when its row has changed."""
        for row in rows:
            if not self._was_asked(row):
                self._want(row, Urgency.BACKLOG, -row.started.timestamp())
        self._start()

    def unread(self, rows: Iterable[Execution]) -> list[Execution]:
        """Those whose context was not read in this run, as their row is now: not asked for, or still under way."""
        return [row for row in rows if sid_key(row.sid) in self._results or not self._was_asked(row)]

    def _was_asked(self, row: Execution) -> bool:
        return self._asked.get(sid_key(row.sid), ("", 0.0))[0] == row_stamp(row)

    def look_at(self, row: Execution) -> None:
        """The cursor is here: this one is next, whatever else waits."""
        key = sid_key(row.sid)
        held = self._held if key in self._waiting else {}  # what an outage met is not asked for at every look either
        stamp, asked_at = self._asked.get(key) or held.get(key, ("", 0.0))
        if stamp != row_stamp(row) or asyncio.get_running_loop().time() - asked_at > LOOKED_AT_AGAIN:
            self._want(row, Urgency.CURSOR, -next(self._newest_wish))
            self._start()
            self.probe()

    def on_screen(self, keys: Sequence[str]) -> None:
        """These rows are visible: those of them that wait come before the rest, the topmost first."""
        for key in reversed(keys):
            if key in self._waiting:
                heapq.heappush(self._order, (Urgency.SCREEN, -next(self._newest_wish), key))

    async def read(self, rows: Iterable[Execution]) -> None:
        """Reads these contexts now and waits for them; raises what stopped a worker (BadCredentials), or why an outage
        lasts, in which they are still to be read. If it is cancelled, those that nobody else had asked for are not
        read any more."""
        rows = list(rows)
        own = {sid_key(row.sid) for row in rows} - self._results.keys()
        results = [self._want(row, Urgency.ASKED, -row.started.timestamp()) for row in rows]
        self._start()
        self.probe()
        try:
            if results:
                await self._wait_for(results)
        except asyncio.CancelledError:
            for key in own & self._waiting.keys():
                del self._waiting[key]
                self._settle(key)
            raise
        if self.failure:
            raise self.failure
        if self._outage.error and not all(result.done() for result in results):
            raise self._outage.error

    async def _wait_for(self, results: list[asyncio.Future[None]]) -> None:
        lasting = asyncio.ensure_future(self._lasting.wait())
        everything = asyncio.ensure_future(asyncio.wait(results))
        try:
            await asyncio.wait((lasting, everything), return_when=asyncio.FIRST_COMPLETED)
        finally:
            lasting.cancel()
            everything.cancel()

    def resume(self) -> None:
        """Whether the engine is paused has changed."""
        self._start()
        self.probe()

    def probe(self) -> None:
        """Sees whether an outage is over, unless that is being seen: now, or as soon as what it met is in."""
        if not (self._outage.error and self._waiting):
            return
        if self._workers:
            self._probe_next = not self._probing
            return
        self._disarm()
        self._probing, self._probe_next = True, False
        self._begin()

    async def drain(self) -> None:
        """Waits until nothing waits; raises what stopped a worker (BadCredentials)."""
        while self._results and not self.failure:
            await asyncio.wait(list(self._results.values()))
        if self.failure:
            raise self.failure

    async def watch(self) -> None:
        """Waits for ever, but raises what stopped a worker as soon as one stops."""
        await self._failed.wait()
        if self.failure:
            raise self.failure

    async def stop(self) -> None:
        """Ends the workers; what has been read is already with the archive."""
        self._give_up()
        self._disarm()
        for handle in self._later.values():
            handle.cancel()
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def _want(self, row: Execution, urgency: Urgency, order: float) -> asyncio.Future[None]:
        key = sid_key(row.sid)
        under_way = key in self._results and key not in self._waiting
        if not under_way:
            self._waiting[key] = row
            heapq.heappush(self._order, (urgency, order, key))
        elif self._asked[key][0] != row_stamp(row):
            self._changed[key] = row
        if key not in self._results:
            self._results[key] = asyncio.get_running_loop().create_future()
        return self._results[key]

    def _start(self) -> None:
        self._progress.contexts_left = len(self._results)
        self._archive.expect(len(self._waiting))
        if self.failure:
            self._give_up()
        while not self._outage.error and len(self._workers) < min(WORKERS, len(self._waiting)):
            self._begin()

    def _begin(self) -> None:
        worker = asyncio.create_task(self._work(), name="context")
        self._workers.add(worker)
        worker.add_done_callback(self._ended)

    def _ended(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        error = None if worker.cancelled() else worker.exception()
        if error:
            self.failure = self.failure or error
            self._failed.set()
            self._give_up()
        if not self._workers:
            self._probing = False
            if self._outage.error and self._waiting and not worker.cancelled():
                if self._probe_next:
                    self.probe()
                    return
                self._disarm()
                self._probe_at = asyncio.get_running_loop().call_later(self._outage.pause, self.probe)

    def _disarm(self) -> None:
        if self._probe_at:
            self._probe_at.cancel()
            self._probe_at = None

    def _give_up(self) -> None:
        for key in list(self._waiting):
            del self._waiting[key]
            self._settle(key)

    def _settle(self, key: str) -> None:
        result = self._results.pop(key)
        if not result.done():
            result.set_result(None)
        self._progress.contexts_left = len(self._results)

    async def _work(self) -> None:
        await self._work_off()
        if worker := asyncio.current_task():  # what is wanted before its callback runs needs another one
            self._workers.discard(worker)

    async def _work_off(self) -> None:
        while self._order:
            urgency, _, key = first = heapq.heappop(self._order)
            if self._progress.paused and urgency > Urgency.ASKED:
                heapq.heappush(self._order, first)
                return
            row = self._waiting.pop(key, None)
            if row is None:
                continue
            self._asked[key] = (row_stamp(row), asyncio.get_running_loop().time())
            done = True
            try:
                context = await self._account.context(row.flow_sid, row.sid)
                if self._account.refused:
                    raise self._account.refused
                done = await self._take(row, context)
            finally:
                if done:
                    self._settle(key)
            if done:
                self._progress.contexts_done += 1
            if key in self._changed:
                self.add([self._changed.pop(key)])
            if self._outage.error:
                return

    async def _take(self, row: Execution, context: Context) -> bool:
        """Keeps what came of asking, except what is only the outage's doing: that is asked for again when it is over.
        Whether it was kept."""
        failed = context.read_status is ReadStatus.FAILED
        problem = self._account.last_problem if failed else None
        passing = self.patient and self._outage.may_pass(problem)
        if problem and passing:
            if self._outage.explains(sid_key(row.sid), self._account.counters.answered):
                self._wait_again(row)
                self._hold(problem)
                return False
            self._outage.doubted()
        if not (passing and self._waiting):
            self._go_on()
        await self._keep(row, context, problem)
        self._try_later(row, failed=failed and self.patient)
        return True

    def _wait_again(self, row: Execution) -> None:
        """Behind all others: should it be this one that cannot be read, another one tells that Twilio answers."""
        key = sid_key(row.sid)
        self._held[key] = self._asked.pop(key)
        self._waiting[key] = self._changed.pop(key, row)
        heapq.heappush(self._order, (Urgency.BACKLOG, float(next(self._last_in_line)), key))

    def _hold(self, problem: TwilioApiError) -> None:
        self._outage.begins(problem)
        if self._probing:
            self._outage.lasts()
            self._lasting.set()
        self._progress.waits = problem.message

    def _go_on(self) -> None:
        if self._outage.error:
            self._outage.ends()
            self._held.clear()
            self._lasting.clear()
            self._disarm()
            self._probing = False
            self._progress.waits = None
            self._start()

    def _try_later(self, row: Execution, *, failed: bool) -> None:
        """Has a context that failed read again after a while; each a few times."""
        key = sid_key(row.sid)
        if handle := self._later.pop(key, None):
            handle.cancel()
        tried = self._tried_again[key]
        if failed and tried < len(outage.AGAIN_AFTER):
            self._tried_again[key] += 1
            loop = asyncio.get_running_loop()
            self._later[key] = loop.call_later(outage.AGAIN_AFTER[tried], self._try_again, row)

    def _try_again(self, row: Execution) -> None:
        key = sid_key(row.sid)
        del self._later[key]
        if key not in self._results and self._was_asked(row):  # else a newer wish has taken over
            self._want(row, Urgency.BACKLOG, float(next(self._last_in_line)))
            self._start()

    async def _keep(self, row: Execution, context: Context, problem: TwilioApiError | None) -> None:
        self._problems.read("context", row.sid, context.read_status, problem.message if problem else None)
        await keep(self._archive, ContextWrite(context, row))
