"""What one does when others look on, or when the shell is wanted: masking, screenshots, ctrl+z. Mixed into the app."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from textual.widgets import Input

from sidscope.tui import discretion
from sidscope.tui.actions import Actions
from sidscope.tui.detail import Detail
from sidscope.tui.groups import record_key
from sidscope.tui.looking import Looking
from sidscope.tui.screenshots import NotSaved, save_screenshot
from sidscope.tui.widgets.ink_line import InkLine
from sidscope.tui.widgets.line_view import LineView
from sidscope.tui.widgets.rows_view import RowsView

_LOOKS, _PAUSE = 100, 0.02
"""How often it is looked whether all is masked before a screenshot, and the seconds between."""


class Sharing(Actions):
    """Mixed into the app."""

    looking: Looking
    now: Callable[[], datetime]
    data_dir: Path | None

    # --- masking

    def do_mask(self) -> None:
        self.mask_screen(not discretion.masked())

    def mask_screen(self, on: bool) -> None:
        """From the next frame on addresses and texts are hidden on the whole screen, or shown again."""
        discretion.mask(on)
        self.clear_notifications()  # they may name somebody
        self.pane.forget()
        self.looking.forget()
        self._read_anew()
        for view in self.query(LineView):
            if isinstance(view, RowsView):
                view.remake()
            view.repaint()
        for line in (*self.query(InkLine), *self.query(Input)):
            line.refresh()
        self.repaint_chrome()

    def may_show(self, detail: Detail) -> bool:
        """Whether the detail hides what is to be hidden now. One that was read while that changed is read again."""
        if detail.masked == discretion.masked():
            return True
        self._read_anew()
        return False

    def _read_anew(self) -> None:
        record = self.session.selected
        if record is not None:
            self.feed.want(record_key(record))

    # --- screenshots

    def do_screenshot(self) -> None:
        self.feed.spawn(self._take_screenshot(masked=True))

    def do_screenshot_unmasked(self) -> None:
        self.feed.spawn(self._take_screenshot(masked=discretion.masked()))

    async def _take_screenshot(self, *, masked: bool) -> None:
        self.clear_notifications()
        before = discretion.masked()
        if masked and not before:
            self.mask_screen(True)
            await self._settled()
        try:
            await asyncio.sleep(_PAUSE)  # a toast that is gone leaves the screen
            picture = self.export_screenshot(title="sidscope")
        finally:
            if discretion.masked() != before:
                self.mask_screen(before)
        folder = self.data_dir
        if folder is None:
            self.notify("There is no directory for screenshots", markup=False, timeout=5)
            return
        try:
            path = await self.feed.in_thread(partial(save_screenshot, folder / "screenshots", picture, self.now()))
        except NotSaved as error:
            self.notify(str(error), markup=False, timeout=8)
        else:
            how = "addresses and texts masked" if masked else "NOT masked: it shows what the screen shows"
            self.notify(f"{path}\nthe screen as SVG, {how}", markup=False, timeout=8)

    async def _settled(self) -> None:
        """Waits until what was forgotten has been read again; what is not there by then is not in the picture."""
        for _ in range(_LOOKS):
            waiting = self.session.selected is not None and self.pane.detail is None
            if not waiting and self.looking.idle:
                return
            await asyncio.sleep(_PAUSE)

    # --- the shell

    def do_suspend(self) -> None:
        self.action_suspend_process()
