"""Brings what the archive knows to the screen without ever holding its loop: reads in threads, in turn, the newest
wish first. Needs an asyncio loop, not Textual."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from sidscope.domain.record import Record
from sidscope.tui.detail import Detail
from sidscope.tui.reader import Reader

T = TypeVar("T")

AT_ONCE = 200
"""Changed executions that are read in one go."""

LOOK_AROUND = 4.0
"""Seconds between two looks at what other processes brought into the archive."""

PAUSE = 0.1
"""Seconds between two readings of changes: what changes meanwhile comes in one go."""


class Feed:
    """``on_records`` gets what is new or changed, ``on_detail`` a detail that was wanted, ``on_problem`` one sentence
    when reading failed. All are called on the loop."""

    def __init__(
        self,
        reader: Reader,
        *,
        on_records: Callable[[list[Record]], None],
        on_detail: Callable[[str, Detail | None], None],
        on_loaded: Callable[[], None],
        on_problem: Callable[[str], None],
    ) -> None:
        self.reader = reader
        self._on_records, self._on_detail = on_records, on_detail
        self._on_loaded, self._on_problem = on_loaded, on_problem
        # Two threads: a detail never waits behind a long history.
        self._lists = ThreadPoolExecutor(1, "sidscope-list")
        self._details = ThreadPoolExecutor(1, "sidscope-detail")
        self._mark = 0
        self._portions: Iterator[list[Record]] | None = None  # what is still to be read of the history
        self._dirty: set[str] = set()
        self._wake = asyncio.Event()
        self._wish: str | None = None
        self._detail_task: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def first_rows(self) -> None:
        """Tells of the first rows before it returns: they are few, and there is nothing on screen that they could hold
        up."""
        try:
            self._mark, _ = self.reader.changes_elsewhere(None)
            self._portions = self.reader.history()
            first = next(self._portions, [])
        except Exception as error:  # an archive in trouble: the explorer begins without it
            self._portions = None
            self._on_problem(_sentence(error))
            return
        if first:
            self._on_records(first)

    def start(self) -> None:
        """Loads the rest of the history, and follows changes."""
        if self._portions is None:
            self._on_loaded()
        else:
            self.spawn(self._run(self._mark, self._portions))

    def close(self) -> None:
        """Ends everything; a reading under way is not waited for."""
        for task in self._tasks:
            task.cancel()
        for pool in (self._lists, self._details):
            pool.shutdown(wait=False, cancel_futures=True)

    def changed(self, keys: Iterable[str]) -> None:
        """These executions are to be read again."""
        self._dirty.update(keys)
        self._wake.set()

    def want(self, key: str) -> None:
        """The detail of this execution is wanted. One is read at a time; of what is wished meanwhile, the newest."""
        self._wish = key
        if self._detail_task is None or self._detail_task.done():
            self._detail_task = self.spawn(self._serve_details())

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Runs work that would hold the loop for too long."""
        return await asyncio.get_running_loop().run_in_executor(self._lists, work)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs ``work`` as a task; what goes wrong in it is shown as a problem."""
        task = asyncio.create_task(self._guard(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self._on_problem(_sentence(error))

    async def _run(self, mark: int, portions: Iterator[list[Record]]) -> None:
        self.spawn(self._look_around(mark))
        try:
            nothing: list[Record] = []
            while records := await self.in_thread(lambda: next(portions, nothing)):
                self._on_records(records)
        finally:
            self._on_loaded()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._dirty:
                keys = list(self._dirty)[:AT_ONCE]
                self._dirty.difference_update(keys)
                try:
                    records = await self.in_thread(partial(self.reader.records, keys))
                except Exception as error:  # an archive in trouble must not end the following of changes
                    self._on_problem(_sentence(error))
                    break
                self._on_records(records)
                await asyncio.sleep(PAUSE)

    async def _look_around(self, mark: int) -> None:
        """Follows what another sidscope on the same archive does: nobody announces that here."""
        while True:
            await asyncio.sleep(LOOK_AROUND)
            mark, changed = await self.in_thread(partial(self.reader.changes_elsewhere, mark))
            if changed:
                self.changed(changed)

    async def _serve_details(self) -> None:
        while (key := self._wish) is not None:
            self._wish = None
            loop = asyncio.get_running_loop()
            detail = await loop.run_in_executor(self._details, self.reader.detail, key)
            self._on_detail(key, detail)


def _sentence(error: Exception) -> str:
    return str(error) or type(error).__name__
