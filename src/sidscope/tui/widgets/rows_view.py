"""A pane of ready rows, made anew for each width: the story, the SIDs, and every "there is nothing because…"."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sidscope.tui.ink import BLANK, Ink, Row
from sidscope.tui.widgets.line_view import LineView

Maker = Callable[[int], Sequence[Row]]
"""Makes the rows for a width in cells."""


class RowsView(LineView):
    """Shows what a maker makes. ``show`` again with new rows keeps the place where it can."""

    DEFAULT_CSS = """
    RowsView { background: transparent; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rows: Sequence[Row] = ()
        self._maker: Maker | None = None
        self._made_for = -1
        self._to_reveal = False  # as soon as there is room to show anything in
        self._awaited: str | None = None  # what the cursor is to stand on when there is room for rows again
        self._room_below = 0  # lines there are at least, so that the view may begin with a whole item
        self._fresh = False  # nobody has moved the cursor since it was put where it is

    def show(self, maker: Maker, *, at: str | None = None, keep: bool = False) -> None:
        """Shows other rows. ``keep`` stays on the same row (of the same ``goto``, where it has one), which stays where
        it is in view; ``at`` puts the cursor on the first row with that ``goto`` and scrolls it into view."""
        self._maker = maker
        if keep:
            self.remake()
        else:
            self._make()
            self._at, self._awaited, self._room_below = 0, None, 0
            self.scroll_to(y=0, animate=False, force=True)
        if at is not None:
            self._awaited = at
            self._at = self._index_of(at, self._at)
            self._fresh = self._fresh or not keep
            self._reveal_item(anew=not keep)
        self._stand_somewhere()

    def _index_of(self, goto: str, otherwise: int) -> int:
        return next((index for index, row in enumerate(self.rows) if row.goto == goto), otherwise)

    def _stand_somewhere(self) -> None:
        self._at = max(0, min(self._at, len(self.rows) - 1))
        if self.rows and not self.rows[self._at].stands:
            self._at = self._standing(self._at, 1) or 0

    def remake(self) -> None:
        """Makes the same rows again, for another moment; cursor and what is in view stay with their execution, however
        many rows there are above it now."""
        if self._maker is None:
            return
        before, goto = self._at, self.here
        self._make(again=True)
        if goto is not None:
            self._at = self._index_of(goto, before)
            if self._at != before:
                self.scroll_to(y=max(0, self.scroll_y + self._at - before), animate=False, force=True)
                self.refresh()
        self._stand_somewhere()

    def _make(self, *, again: bool = False) -> None:
        """``again``: for the same width; only rows that are others are painted."""
        before, same_size = self.rows, self._made_for == self.cells
        self._awaited = self.here
        self._made_for = self.cells
        self.rows = self._maker(self.cells) if self._maker and self.cells > 0 else ()
        if again and same_size and len(before) == len(self.rows):
            for index, (old, new) in enumerate(zip(before, self.rows, strict=True)):
                if old != new:
                    self.forget_line(index)
            return
        self.resize_lines()
        self.repaint()

    def _reveal_item(self, *, anew: bool) -> None:
        """Scrolls so that the row under the cursor and those below that belong to it are in view, and that the view
        begins with a whole item; ``anew``: to where it would stand if it had just been shown, whatever is in view."""
        end = self._at + 1
        while end < len(self.rows) and not self.rows[end].stands:
            end += 1
        height = self.size.height
        self._to_reveal = height <= 0
        in_view = self.scroll_y <= self._at and end <= self.scroll_y + height
        if height > 0 and (anew or not in_view):
            top = max(0, min(self._at, end - height))
            while top < self._at and not self._begins(top):
                top += 1
            self._room_below = top + height
            self.resize_lines()
            self.scroll_to(y=top, animate=False, force=True)
        self.settle_scrollbar()

    def _begins(self, index: int) -> bool:
        """Whether what is said from this row on needs none before it."""
        return index == 0 or self.rows[index].stands or (self.rows[index - 1] == BLANK and self.rows[index] != BLANK)

    def resize_lines(self, at_least: int = 0) -> None:
        super().resize_lines(max(at_least, self._room_below))

    def go_to(self, goto: str) -> None:
        """Puts the cursor on the first row with that ``goto`` and brings what belongs to it into view."""
        self._at = self._index_of(goto, self._at)
        self._reveal_item(anew=self._fresh)
        self.repaint()

    def place_cursor(self, index: int) -> None:
        self._fresh = False
        super().place_cursor(index)

    @property
    def here(self) -> str | None:
        """The ``goto`` of the row under the cursor, also while there is no room for rows."""
        return self.row.goto if self.row is not None else self._awaited

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self._at] if self._at < len(self.rows) and self.rows[self._at].stands else None

    def line_count(self) -> int:
        return len(self.rows)

    def line_parts(self, index: int, cells: int) -> Sequence[Ink]:
        return self.rows[index].parts

    def can_stand(self, index: int) -> bool:
        return self.rows[index].stands

    def on_resize(self) -> None:
        if self._made_for != self.cells:
            goto = self.here
            self._make()
            if goto is not None:
                self._at = self._index_of(goto, 0)
            self._stand_somewhere()
        super().on_resize()
        if self._to_reveal or self.row is not None:
            self._reveal_item(anew=self._fresh)
            self.call_after_refresh(lambda: self._reveal_item(anew=self._fresh))  # the scrollbar has its place too
