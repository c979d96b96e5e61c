"""The engine in a thread of its own, for the explorer: its event loop never waits for the network or for parsing."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from sidscope.archive import Archive, ArchiveError
from sidscope.domain.sids import is_sid, sid_key
from sidscope.domain.value import value
from sidscope.sync.engine import Engine, Search, utc_now
from sidscope.sync.progress import SyncState
from sidscope.twilio_api import Account, BadCredentials, TwilioApiError

_TICK = 0.25  # seconds between two looks at whether the state changed
_RESTING_TICKS = 1.0, 5.0  # at least and at most, when it has long not: once the next poll is over
_AWAKE = 2.0  # seconds without change and without a wish after which it rests
_NUMBERS_EVERY = 0.5  # seconds between two states of which only numbers differ: nobody reads faster
_WATCHED = 3.0  # seconds for which somebody who looks at them is taken to go on
_RESTING_NUMBERS_EVERY = 10.0  # the same while nothing is left to read: a poll alone changes them


@value
class Changed:
    """Executions whose stored knowledge changed, by key: read them from the archive."""

    keys: frozenset[str]


@value
class StateChanged:
    """The engine's state is another one."""

    state: SyncState


@value
class Found:
    """A search at Twilio is over: what it brought is in the archive. ``problem`` says why it may be incomplete."""

    query: str
    keys: tuple[str, ...]
    problem: str | None = None


@value
class Trouble:
    """Something that the user asked for did not work; ``lasting``: nor will anything else."""

    what: str
    message: str
    lasting: bool = False


@value
class StepsRead:
    """A wish for the steps of an execution, or for the context of one ``step``, is over: what came of it is in the
    archive (nothing new, if it was final or fresh)."""

    execution: str  # its key
    step: str | None = None  # its key


@value
class StoryCosts:
    """The story of an execution (by key) would take so many ``look_ups`` that somebody has to agree first."""

    execution: str
    look_ups: int


@value
class StoryRead:
    """The look-ups of the story of an execution (by key) are over. What they changed came as :class:`Changed`; that
    the same was read at a later time is only told here."""

    execution: str


Event = Changed | StateChanged | Found | StepsRead | StoryCosts | StoryRead | Trouble


class EngineThread:
    """Runs an :class:`Engine` and takes wishes from any thread. Events are delivered from the engine's thread or the
    archive's writer: the receiver must only pass them on."""

    def __init__(
        self,
        open_account: Callable[[], Awaitable[Account]],
        archive: Archive,
        *,
        since: Callable[[], datetime],
        on_event: Callable[[Event], None],
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._open_account = open_account
        self._archive = archive
        self._since = since
        self._on_event = on_event
        self._now = now
        self._loop: asyncio.AbstractEventLoop | None = None
        self._engine: Engine | None = None
        self._main: asyncio.Task[None] | None = None
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._early: list[Callable[[Engine], None]] = []  # wishes from before the engine was there
        self._thread = threading.Thread(target=self._run, name="sidscope-engine", daemon=True)
        self._finds: list[asyncio.Task[None]] = []
        self.state = SyncState(phase="starting")
        self._published = 0.0  # when, by the monotonic clock
        self._wished = 0.0  # likewise
        self._watched = 0.0  # when somebody looked at the numbers, likewise
        self._stirred = asyncio.Event()

    def start(self) -> None:
        """Begins to list; returns at once. Network modules are imported in the thread, not before."""
        self._archive.on_commit = lambda keys: self._on_event(Changed(frozenset(keys)))
        self._thread.start()

    def stop(self) -> None:
        """Ends the engine; what has been fetched is kept. Returns within a second or two."""
        if self._thread.ident is not None:
            self._ready.wait(1.0)
        if self._loop and self._main and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._main.cancel)
            self._thread.join(2.0)
        self._archive.on_commit = None

    def look_at(self, sid: str) -> None:
        """The cursor is on this execution: its context is next, whatever its row says."""
        self._wish(lambda engine: self._look_at(engine, sid))

    def on_screen(self, sids: Sequence[str]) -> None:
        """These executions are visible."""
        keys = [sid_key(sid) for sid in sids]
        self._call(lambda engine: engine.contexts.on_screen(keys))

    def story(self, sid: str, *, agreed: bool = False) -> None:
        """Spends the look-ups of this execution's contact, then reads its steps, which tell how it went; what Twilio
        says comes as :class:`Changed`, the end of it as :class:`StoryRead`. Of many look-ups none is spent before
        somebody ``agreed``: :class:`StoryCosts` tells how many."""
        self._wish(lambda engine: self._story(engine, sid, agreed))

    def steps(self, sid: str) -> None:
        """Somebody looks at the steps of this execution; ends with :class:`StepsRead`."""
        self._wish(lambda engine: self._read_steps(engine, sid))

    def step_context(self, sid: str, step: str) -> None:
        """Somebody looks into this step of an execution; ends with :class:`StepsRead`."""
        self._wish(lambda engine: self._read_steps(engine, sid, step))

    def read_steps(self, sids: Sequence[str]) -> None:
        """Reads the steps of all these executions, in this order, one after the other."""
        self._call(lambda engine: engine.steps_queue.want(sids))

    def drop_steps(self) -> None:
        """Gives up what of :meth:`read_steps` has not been read yet."""
        self._call(lambda engine: engine.steps_queue.drop())

    def find(self, text: str) -> None:
        """Asks Twilio for a SID or address; ends with :class:`Found`."""
        self._call(lambda engine: self._begin_find(engine, text))

    def cancel_find(self) -> None:
        """Ends every search at Twilio that is under way, without :class:`Found`; what it has brought is kept."""
        self._call(lambda engine: self._end_finds())

    def refresh(self) -> None:
        """Looks at every flow now."""
        self._call(lambda engine: engine.look_now())

    def watch(self) -> None:
        """Somebody looks at the numbers: for some seconds they are told as fast as anybody reads."""
        self._watched = time.monotonic()
        self._call(lambda engine: None)

    def pause(self) -> None:
        """Stops polling and the backlog of contexts; what is asked for by name still runs."""
        self._call(lambda engine: engine.pause())

    def resume(self) -> None:
        """Goes on after :meth:`pause`."""
        self._call(lambda engine: engine.pause(False))

    def _begin_find(self, engine: Engine, text: str) -> None:
        self._finds = [task for task in self._finds if not task.done()]

        async def find() -> None:  # makes the search only when it runs: a task may be cancelled before that
            await self._guarded(self._find(engine, text))

        self._finds.append(asyncio.create_task(find()))
        self._tasks.append(self._finds[-1])

    def _end_finds(self) -> None:
        for task in self._finds:
            task.cancel()

    def _call(self, function: Callable[[Engine], None]) -> None:
        with self._lock:
            if self._engine is None:
                self._early.append(function)
            elif self._loop and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._do, function, self._engine)

    def _do(self, function: Callable[[Engine], None], engine: Engine) -> None:
        function(engine)
        self._wished = time.monotonic()
        self._stirred.set()

    def _wish(self, work: Callable[[Engine], Coroutine[Any, Any, None]]) -> None:
        self._call(lambda engine: self._tasks.append(asyncio.create_task(self._guarded(work(engine)))))

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except asyncio.CancelledError:
            pass  # by stop()
        except BaseException as error:
            why = _first(error)
            said = str(why) if isinstance(why, ArchiveError) else f"{type(why).__name__}: {why}"
            self._on_event(StateChanged(replace(self.state, phase="stopped")))
            self._on_event(Trouble("The engine stopped", said, lasting=True))
        finally:
            self._ready.set()
            self.state = replace(self.state, phase="stopped")

    async def _serve(self) -> None:
        self._loop, self._main = asyncio.get_running_loop(), asyncio.current_task()
        self._tasks: list[asyncio.Task[None]] = []
        self._ready.set()
        account = await self._open_account()
        engine = Engine(account, self._archive, now=self._now)
        with self._lock:
            self._engine = engine
        for wish in self._early:
            wish(engine)
        reporter = asyncio.create_task(self._report(engine))
        try:
            await engine.live(self._since())
        except* BadCredentials as group:
            engine.progress.phase = "refused"
            engine.progress.problem = str(_first(group))
            self._publish(engine)
            await asyncio.Event().wait()
        finally:
            for task in (reporter, *self._tasks):
                task.cancel()
            await engine.stop()
            await account.close()

    async def _report(self, engine: Engine) -> None:
        while True:
            self._publish(engine)
            self._stirred.clear()
            resting = time.monotonic() - max(self._published, self._wished) > _AWAKE
            with suppress(TimeoutError):
                async with asyncio.timeout(self._until_poll(engine) if resting else _TICK):
                    await self._stirred.wait()

    def _until_poll(self, engine: Engine) -> float:
        """Seconds until there may be something new to say."""
        least, most = _RESTING_TICKS
        poll = engine.progress.next_poll
        return most if poll is None else min(most, max(least, (poll - self._now()).total_seconds() + _TICK))

    def _publish(self, engine: Engine) -> None:
        state, now = engine.state(), time.monotonic()
        read = state.phase != "live" or state.contexts_left or state.steps_left or now - self._watched < _WATCHED
        every = _NUMBERS_EVERY if read else _RESTING_NUMBERS_EVERY
        if state == self.state or (_alike(state, self.state) and now - self._published < every):
            return
        self.state, self._published = state, now
        self._on_event(StateChanged(state))

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except TwilioApiError as error:
            self._on_event(Trouble("Twilio", error.message))
        except ArchiveError as error:
            self._on_event(Trouble("The archive", str(error)))
        finally:
            self._tasks = [task for task in self._tasks if not task.done()]

    async def _look_at(self, engine: Engine, sid: str) -> None:
        known = await asyncio.to_thread(self._archive.known, [sid])
        rows = [item.row for item in known.values()]
        unread = await asyncio.to_thread(self._archive.unread, rows)
        for row in rows:
            if row.active or row in unread:  # an active one's context may have grown though its row is the same
                engine.contexts.look_at(row)

    async def _story(self, engine: Engine, sid: str, agreed: bool) -> None:
        try:
            look_ups = await engine.story(sid, agreed=agreed)
        except TwilioApiError:
            if engine.progress.waits:
                return  # an outage is said already, and the story is asked for again while it is looked at
            raise
        self._on_event(StoryCosts(sid_key(sid), look_ups) if look_ups else StoryRead(sid_key(sid)))
        await self._read_steps(engine, sid)

    async def _read_steps(self, engine: Engine, sid: str, step: str | None = None) -> None:
        over = StepsRead(sid_key(sid), sid_key(step) if step else None)
        try:
            found = await (engine.step_context(sid, step) if step else engine.steps(sid))
            if found is None:
                self._on_event(Trouble("Steps", f"{sid} is not in the archive."))
        except (TwilioApiError, ArchiveError):
            self._on_event(over)
            raise
        self._on_event(over)

    async def _find(self, engine: Engine, text: str) -> None:
        since = self._since()
        problems = engine.problems.all(but="context")  # those of the backlog are none of this search
        try:
            await engine.find(Search(text, since))
        except TwilioApiError as error:
            self._on_event(Found(text, (), error.message))
            return
        keys = await asyncio.to_thread(self._archive.search if is_sid(text) else self._archive.contact_search, text)
        new_problems = [each for each in engine.problems.all(but="context") if each not in problems]
        self._on_event(Found(text, tuple(keys), new_problems[0] if new_problems else None))


def _alike(state: SyncState, other: SyncState) -> bool:
    """Whether the two differ in numbers only, not in how things stand."""
    return (
        state.phase,
        state.problem,
        state.trouble,
        state.waits,
        state.throttling,
        state.paused,
        not state.contexts_left,
        not state.steps_left,
    ) == (
        other.phase,
        other.problem,
        other.trouble,
        other.waits,
        other.throttling,
        other.paused,
        not other.contexts_left,
        not other.steps_left,
    )


def _first(error: BaseException) -> BaseException:
    """What went wrong, out of the groups of tasks that it ended."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


__all__ = [
    "Changed",
    "EngineThread",
    "Event",
    "Found",
    "StateChanged",
    "StepsRead",
    "StoryCosts",
    "StoryRead",
    "Trouble",
]
