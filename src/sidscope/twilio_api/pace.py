"""Answers that come all at once, taken a few at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

AT_ONCE: Final = 1
"""So many answers are dealt with in one turn of the event loop: a context for half a millisecond, a page of a list for
ten. With more, nothing is done sooner."""


class Pace:
    """Lets so many pass in each turn of the event loop, in the order in which they came: what there is to do with forty
    answers that came together would hold it for longer than a frame."""

    def __init__(self) -> None:
        self._passed = 0  # in this turn
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def turn(self) -> None:
        """Waits for a turn."""
        loop = asyncio.get_running_loop()
        if not self._passed:
            loop.call_soon(self._next, loop)
        if self._passed < AT_ONCE and not self._waiting:
            self._passed += 1
            return
        waits = loop.create_future()
        self._waiting.append(waits)
        await waits

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        self._passed = 0
        while self._waiting and self._passed < AT_ONCE:
            waits = self._waiting.popleft()
            if not waits.done():  # else it was cancelled
                waits.set_result(None)
                self._passed += 1
        if self._passed:
            loop.call_soon(self._next, loop)
