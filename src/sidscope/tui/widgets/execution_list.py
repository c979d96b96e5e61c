"""The list of executions: the session's lines, painted; the row under the cursor stays where it is on screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from textual import events
from textual.message import Message

from sidscope.tui.columns import FOLD_SIGN, age_text, columns, line_parts, titles
from sidscope.tui.groups import Kind, Line, Place
from sidscope.tui.ink import Ink
from sidscope.tui.session import Change, Session
from sidscope.tui.widgets.line_view import KEPT_STRIPS, LineView


class ExecutionList(LineView):
    """Groups and executions, newest first. The session holds what is shown; this keeps the place on screen."""

    DEFAULT_CSS = """
    ExecutionList { background: transparent; }
    """

    class FoldSign(Message):
        """The sign of a group that folds was clicked; the cursor is there."""

    class Resized(Message):
        """It has another size: other columns may fit."""

    def __init__(self, session: Session, now: Callable[[], datetime], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.session = session
        self._now = now
        self._index = 0  # where the cursor's line was when the list was last brought up to date
        self._anchor: tuple[Place, int] | None = None  # a line in view and its y, for when the cursor is not
        self._ages: dict[int, tuple[Line, str]] = {}  # painted lines by identity, with what each said of "now"

    # --- lines

    def line_count(self) -> int:
        return len(self.session.lines)

    def line_key(self, index: int) -> object:
        # A line object lives as long as its group's lines do; holding it keeps its id from being given away.
        return _Same(self.session.lines[index])

    def line_parts(self, index: int, cells: int) -> Sequence[Ink]:
        session, layout, now = self.session, columns(cells), self._now()
        line = session.lines[index]
        said = self._ages.get(id(line))
        self._ages[id(line)] = says = line, age_text(line, layout, session.grouping, now)
        if said is not None and said[1] != says[1]:  # as it looks under the cursor, or without it, it is older
            self.forget_strips(index)
        return line_parts(line, layout, session.grouping, now, session.marked)

    def can_stand(self, index: int) -> bool:
        return self.session.lines[index].kind is not Kind.GAP

    def column_titles(self) -> list[Ink]:
        """The line of titles that fits above this list; nothing above an empty one."""
        return titles(columns(self.cells)) if self.session.lines and self.cells > 0 else []

    # --- the cursor, which is the session's

    @property
    def cursor_index(self) -> int:
        return self._index

    def place_cursor(self, index: int) -> None:
        before = self._index
        change = self.session.move_to(index)
        if change.lines:  # the top was reached, and arrivals came in with it
            self.sync(change)
            self.scroll_to(y=0, animate=False)
        else:
            self._index = self.session.index or 0
            self._settle_lead()
            self.refresh_index(before)
            self.refresh_index(self._index)
            self.show_cursor()
        self.post_message(self.Moved(self))

    def home(self) -> None:
        """To the newest, letting in what was held back."""
        change = self.session.let_in()
        if change.lines:
            self.sync(change)
        super().home()

    def sync(self, change: Change, *, reveal: bool = False) -> None:
        """Brings the list up to date after the session changed, the cursor's line keeping its place on screen
        (or, if the cursor is out of view, the topmost line in view). ``reveal`` brings the cursor into view."""
        if not (change.lines or change.cursor):
            return
        session, height = self.session, self.size.height
        top = round(self.scroll_y)
        index = session.index
        y = self.lead + self._index - top
        new = index if index is not None else 0
        if not 0 <= y < height and self._anchor is not None:
            place, anchor_y = self._anchor
            anchor = session.index_of(place)
            wanted = anchor - anchor_y if anchor is not None else top - self.lead
        else:
            wanted = new - y
        if session.following or session.untouched:
            wanted = max(0, new - max(height - 1, 0))  # rows come in at the top, until the cursor's is the last in view
            if wanted or (height and new >= height - 1):
                session.following = False
        if reveal:  # the user asked for this change: no need to keep still, but to show what is there
            if change.cursor:  # and the cursor is elsewhere: the view moves only if it must
                wanted = top if top <= new < top + height else new - height // 3
            wanted = max(0, min(wanted, self.line_count() - height))
        self._index = new
        self.lead = max(0, -wanted)
        wanted = max(0, wanted)
        self.resize_lines(at_least=wanted + height)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True, immediate=True)
        self.refresh()
        self._remember_anchor()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._remember_anchor()

    def _remember_anchor(self) -> None:
        self._anchor = None
        top = round(self.scroll_y)
        for index in self.visible_range():
            place = self.session.lines[index].place
            if place is not None:
                self._anchor = place, self.lead + index - top
                return

    def on_resize(self) -> None:
        self.post_message(self.Resized())

    # --- the mouse

    def on_click(self, event: events.Click) -> None:
        index = int(event.y + round(self.scroll_y)) - self.lead
        lines = self.session.lines
        on_sign = event.x < FOLD_SIGN and 0 <= index < len(lines) and lines[index].kind is Kind.GROUP
        if on_sign:
            event.prevent_default()
            self.move_to(index)
            self.post_message(self.FoldSign())

    # --- time

    def tick(self) -> None:
        """Paints those visible lines anew that would say another age by now."""
        now, lines, grouping = self._now(), self.session.lines, self.session.grouping
        layout = columns(self.cells)
        ages: dict[int, tuple[Line, str]] = {}
        for index in self.visible_range():
            line = lines[index]
            ages[id(line)] = line, age_text(line, layout, grouping, now)
            before = self._ages.get(id(line))
            if before is None or before[1] != ages[id(line)][1]:
                self.forget_line(index)
        # What is out of view is remembered too as long as it may come back as it was painted.
        self._ages = self._ages | ages if len(self._ages) < KEPT_STRIPS else ages


class _Same:
    """Compares by the identity of what it holds."""

    __slots__ = ("held",)

    def __init__(self, held: object) -> None:
        self.held = held

    def __hash__(self) -> int:
        return id(self.held)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.held is self.held
