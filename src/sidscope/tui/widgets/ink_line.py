"""One line of inks: header, status, titles, footer."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from sidscope.safetext import width
from sidscope.tui.ink import Ink, shown
from sidscope.tui.widgets.inked import Inked


class InkLine(Inked):
    """Inks from the left and, where there is room left, from the right."""

    DEFAULT_CSS = """
    InkLine { height: 1; width: 1fr; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._left: tuple[Ink, ...] = ()
        self._right: tuple[Ink, ...] = ()

    def show(self, left: Sequence[Ink], right: Sequence[Ink] = ()) -> None:
        """Shows other inks; nothing is painted if they are the same."""
        if (tuple(left), tuple(right)) != (self._left, self._right):
            self._left, self._right = tuple(left), tuple(right)
            self.refresh()

    @property
    def text(self) -> str:
        """What it says, as one string."""
        return "".join(shown(part.text) for part in (*self._left, *self._right))

    def render_line(self, y: int) -> Strip:
        cells = self.size.width
        if y:
            return Strip.blank(cells, self.rich_style)
        right = list(self._right)
        taken = sum(width(shown(part.text)) for part in self._left)
        while right and taken + 1 + sum(width(shown(part.text)) for part in right) > cells:
            right.pop(0)  # the rightmost tells the most
        room = cells - taken - sum(width(shown(part.text)) for part in right)
        return self.paint([*self._left, Ink(" " * max(0, room)), *right], cells, 0)
