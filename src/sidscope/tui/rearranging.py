"""Grouping and filtering the list anew: at once, off the loop where that would hold it, or ahead of the next `g`."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sidscope.tui.ordering import Grouping
from sidscope.tui.plan import Filter
from sidscope.tui.session import Change

if TYPE_CHECKING:
    from sidscope.tui.app import ExplorerApp

PAINTED = 0.25
"""Seconds after which what is new in the list is surely on screen."""


@contextmanager
def _no_collection() -> Iterator[None]:
    """Fifty thousand groups would be walked through while they are made, and again while they are painted."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Rearranging:
    """Works for one app."""

    def __init__(self, app: ExplorerApp) -> None:
        self._app = app

    def rearrange(self, grouping: Grouping, matches: Filter | None, show: Callable[[Change], None]) -> None:
        """Groups and filters anew, and has the change shown."""
        session = self._app.session
        if session.big:
            self._app.feed.spawn(self._in_thread(grouping, matches, show))
        else:
            show(session.arrange(grouping, matches))

    async def _in_thread(self, grouping: Grouping, matches: Filter | None, show: Callable[[Change], None]) -> None:
        feed, session = self._app.feed, self._app.session
        plan = session.plan(grouping, matches)
        with _no_collection():
            if plan.built is None:
                await feed.in_thread(plan.build)
            show(session.adopt(plan))
            await asyncio.sleep(PAINTED)
        await feed.in_thread(session.let_go)
        if session.grouping is plan.grouping and plan.matches is None:
            await self.make_ahead()

    async def make_ahead(self) -> None:
        """Groups all there is by what `g` brings next, while nobody waits for it."""
        feed, session = self._app.feed, self._app.session
        if session.big:
            plan = session.plan_ahead()
            with _no_collection():
                await feed.in_thread(plan.build)
            session.built_ahead(plan)
            await feed.in_thread(session.let_go)
