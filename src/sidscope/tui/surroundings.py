"""What stands around list and detail: the room there is for them, the titles and lines, the sight of an empty list,
and toasts. Mixed into the app."""

from __future__ import annotations

from typing import Any

from textual import events, on
from textual.geometry import Size
from textual.screen import Screen

from sidscope.safetext import safe, width
from sidscope.tui import chrome, discretion
from sidscope.tui.actions import Actions
from sidscope.tui.commands import BOX, CONTEXT, LIST, SIDS, STEPS, first_keys, for_footer
from sidscope.tui.ink import Ink, Row, wrap
from sidscope.tui.sights import FILTERED_AWAY, HALF_TYPED, list_sight, sight_rows
from sidscope.tui.widgets.execution_list import ExecutionList
from sidscope.tui.widgets.ink_line import InkLine
from sidscope.tui.widgets.rows_view import RowsView

WIDE, LEAST_WIDE, LEAST_HIGH, STACKED_HIGH, ROOMY_HIGH = 120, 44, 10, 20, 32
"""Columns for side by side; the least that can be worked in; rows from which on list and detail are stacked, and from
which on both have room enough: below, the one that is read takes most of it."""

_LONGEST_TOAST = 2_000  # characters
_BESIDE_TOAST = 3  # cells of a toast's border and padding


def _division(size: Size) -> dict[str, bool]:
    """The classes that a screen of this size has, and those that it has not: they divide it."""
    width, height = size
    tiny = width < LEAST_WIDE or height < LEAST_HIGH
    wide = width >= WIDE and not tiny
    stacked = not wide and not tiny and height >= STACKED_HIGH
    single = not (tiny or wide or stacked)
    return {"tiny": tiny, "wide": wide, "stacked": stacked, "low": height < ROOMY_HIGH, "single": single}


class Surroundings(Actions):
    """How the screen is divided, and what is said around its panes."""

    AUTO_FOCUS = "#list"

    def get_default_screen(self) -> Screen[None]:
        # Divided as it will be: styles are not worked out twice at the start.
        return Screen(id="_default", classes=" ".join(name for name, on in _division(self.size).items() if on))

    def on_resize(self, event: events.Resize) -> None:
        width, height = event.size
        self.screen.update_classes(_division(event.size))
        words = f"sidscope needs {LEAST_WIDE}×{LEAST_HIGH}, this is {width}×{height}"
        self.query_one("#small", RowsView).show(
            lambda cells: [Row((Ink(f" {line}", "warn"),)) for line in wrap(words, cells - 1)]
        )
        self.call_after_refresh(self._resized)

    def _resized(self) -> None:
        if self.focused is None:  # it was on a pane that had no room for a while
            self.focus_pane(self.pane.tab if self.screen.has_class("reading") else LIST)
        self.repaint_chrome()

    @on(ExecutionList.Resized)
    def _list_resized(self) -> None:
        self.repaint_chrome()  # the titles of its columns: it may get its size later than the screen

    def on_descendant_focus(self) -> None:
        self.repaint_chrome()  # footer and titles are about the pane that has the focus, and the focus comes later
        if self.is_running and self.begun and self.situation.pane in (LIST, BOX, CONTEXT, STEPS, SIDS):
            self.pane.come_home()

    def repaint_chrome(self) -> None:
        if not self.is_running or not hasattr(self, "list"):
            return
        app, line = self._explorer(), self.query_one
        self.show_header()
        line("#status", InkLine).show(*chrome.status(app))
        line("#list-title", InkLine).show(*chrome.list_title(app, self.situation.pane == LIST))
        line("#columns", InkLine).show(self.list.column_titles())
        line("#footer", InkLine).show(*chrome.footer(for_footer(self.situation, self.commands), self.size.width))
        self.finding.show_sentence()
        self._show_nothing()

    def show_header(self) -> None:
        """Brings the one of these lines up to date that tells an age."""
        self.query_one("#header", InkLine).show(*chrome.header(self._explorer()))

    def _show_nothing(self) -> None:
        empty = not self.session.lines
        self.query_one("#left").set_class(empty, "empty")
        if not empty:
            return
        app = self._explorer()
        total, state = self.session.total, app.state
        if total:
            half = HALF_TYPED if self.finding.half_typed else FILTERED_AWAY
            sight = app.nothing_known() or half
        else:
            sight = list_sight(
                loaded=app.loaded,
                offline=app.offline,
                phase=state.phase if state else "starting",
                trouble=state.trouble if state else None,
                paused=state.paused if state else False,
            )
        steps = state.steps_left if state else 0
        keys = first_keys(self.commands)
        self.query_one("#nothing", RowsView).show(
            lambda cells: sight_rows(sight, cells, keys=keys, hidden=f"{total:,}", steps=steps)
        )

    def notify(self, message: str, **options: Any) -> None:
        """A toast: harmless whatever it quotes, without markup, without addresses while they are masked. The newest
        stands alone, in one line over the status where it has room there, else over the footer too."""
        self.clear_notifications()
        shown = safe(discretion.spoken(message), _LONGEST_TOAST, keep_newlines=True)
        room = self.size.width - _BESIDE_TOAST
        if width(line := shown.replace("\n", " · ")) <= room:
            shown = safe(line)
        self.screen.set_class("\n" in shown or width(shown) > room, "wordy")
        super().notify(shown, **options | {"markup": False})
