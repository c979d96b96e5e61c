"""The Steps tab: rows whose cursor stays with its step while others unfold or arrive."""

from __future__ import annotations

from sidscope.tui.widgets.rows_view import Maker, RowsView


class StepsView(RowsView):
    """Rows in items: a step, and under it what it changed."""

    DEFAULT_CSS = """
    StepsView { background: transparent; }
    """

    def show_items(self, maker: Maker, *, keep: bool) -> None:
        """Shows other rows; ``keep`` stays on the same item, as far into it, at the same height of the pane."""
        head, into = self._place()
        below = self._at - self.scroll_y
        self.show(maker, keep=keep)
        if not keep or head is None:
            return
        found = self.index_of(head)
        if found is not None:
            end = next((i for i in range(found + 1, len(self.rows)) if self.rows[i].item), len(self.rows))
            self._at = min(found + into, end - 1)
            self._stand_somewhere()
            self.scroll_to(y=max(0, self._at - below), animate=False, force=True)
            self.show_cursor()

    @property
    def item(self) -> str | None:
        """The item under the cursor, whatever row of it that is."""
        return self._place()[0]

    def index_of(self, item: str) -> int | None:
        """Where an item begins."""
        return next((index for index, row in enumerate(self.rows) if row.item == item), None)

    def go_to_item(self, item: str) -> None:
        """Puts the cursor on an item and brings what belongs to it into view."""
        found = self.index_of(item)
        if found is not None:
            self.move_to(found)
            self._reveal_item(anew=self._fresh)

    def _place(self) -> tuple[str | None, int]:
        for index in range(min(self._at, len(self.rows) - 1), -1, -1):
            item = self.rows[index].item
            if item is not None:
                return item, self._at - index
        return None, 0
