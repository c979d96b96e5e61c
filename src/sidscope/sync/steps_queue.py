"""The steps of many executions, read because somebody asked for all of them: paused and given up like any backlog."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from sidscope.domain.records import ReadStatus
from sidscope.domain.sids import sid_key
from sidscope.sync.progress import Problems, Progress
from sidscope.sync.steps import StepReader
from sidscope.twilio_api import BadCredentials, TwilioApiError

WORKERS: Final = 10
"""As many as are read at once; what the cursor is on must not wait behind them for long."""

GIVE_UP: Final = 3
"""After so many failures in a row the rest is not tried: Twilio cannot be reached, or is in trouble."""


class StepsQueue:
    """Reads the steps of executions in the order in which they are wanted. Lives in one event loop."""

    def __init__(self, reader: StepReader, progress: Progress, problems: Problems) -> None:
        self._reader = reader
        self._progress = progress
        self._problems = problems
        self._waiting: dict[str, str] = {}  # key → SID, in order
        self._under_way: set[str] = set()
        self._workers: set[asyncio.Task[None]] = set()
        self._failures = 0  # in a row

    def want(self, fns: Iterable[str]) -> None:
        """Wants the steps of these executions, after those that wait already."""
        for fn in fns:
            if sid_key(fn) not in self._under_way:
                self._waiting.setdefault(sid_key(fn), fn)
        self._failures = 0
        self.resume()

    def drop(self) -> None:
        """Gives up what still waits; what has been read is kept."""
        self._waiting.clear()
        self._count()

    def resume(self) -> None:
        """Goes on, unless the engine is paused."""
        self._count()
        while not self._progress.paused and len(self._workers) < min(WORKERS, len(self._waiting)):
            worker = asyncio.create_task(self._work(), name="steps")
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    async def stop(self) -> None:
        """Ends what is under way."""
        self.drop()
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def _count(self) -> None:
        self._progress.steps_left = len(self._waiting) + len(self._under_way)

    async def _work(self) -> None:
        while self._waiting and not self._progress.paused:
            key = next(iter(self._waiting))
            fn = self._waiting.pop(key)
            self._under_way.add(key)
            try:
                await self._read(fn)
            finally:
                self._under_way.discard(key)
                self._count()
            self._progress.steps_done += 1
        if worker := asyncio.current_task():  # what is wanted before its callback runs needs another one
            self._workers.discard(worker)

    async def _read(self, fn: str) -> None:
        why = None
        try:
            read = await self._reader.steps(fn)
        except BadCredentials as error:
            self._problems.add(error.message)
            self.drop()
            return
        except TwilioApiError as error:
            status, why = ReadStatus.FAILED, error.message
        else:
            status = read.read_status if read else ReadStatus.GONE
        self._problems.read("list of steps", fn, status, why)
        self._failures = self._failures + 1 if status is ReadStatus.FAILED else 0
        if self._failures >= GIVE_UP and self._waiting:
            self._problems.add(
                f"the steps of {len(self._waiting):,} more executions were not read: Twilio kept failing"
            )
            self.drop()
