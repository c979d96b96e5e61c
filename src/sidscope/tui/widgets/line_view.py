"""The base of every pane that shows lines: Textual's line API, a cursor, and inks. Flat in cost however long it is."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from sidscope.tui.ink import Ink
from sidscope.tui.widgets.inked import Inked

KEPT_STRIPS = 1_000


class LineView(Inked, ScrollView, can_focus=True, inherit_bindings=False):
    """Lines with a cursor on one of them. Subclasses say how many there are and what each one holds.

    ``lead`` blank lines may stand above the first line, so that the cursor's line can stay where it is on screen
    when lines above it vanish; the next move takes them away.
    """

    DEFAULT_CSS = """
    LineView {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
    }
    """

    class Moved(Message):
        """The cursor stands on another line."""

        def __init__(self, view: LineView) -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> LineView:
            return self.view

    class Chosen(Message):
        """The line under the cursor was chosen with enter or a double click."""

        def __init__(self, view: LineView) -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> LineView:
            return self.view

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.lead = 0
        self._at = 0
        self._strips: OrderedDict[tuple[object, ...], Strip] = OrderedDict()
        self._cells: int | None = None  # while it is painted: Textual looks for them on the screen at every asking

    # --- what subclasses say

    def line_count(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def line_parts(self, index: int, cells: int) -> Sequence[Ink]:
        """What the line holds; its first cell is for the cursor's sign and should be a space."""
        raise NotImplementedError

    def line_key(self, index: int) -> object:
        """What a painted line is remembered by, while :meth:`repaint` has not been called."""
        return index

    def can_stand(self, index: int) -> bool:
        """Whether the cursor may stand on this line."""
        return True

    @property
    def cells(self) -> int:
        """How many cells a line has: all but the scrollbar's."""
        return self.scrollable_content_region.width if self._cells is None else self._cells

    # --- the cursor

    @property
    def cursor_index(self) -> int:
        """The index of the line under the cursor."""
        return self._at

    def move_to(self, index: int, direction: int = 1) -> None:
        """Puts the cursor on ``index`` (kept within the lines), or the next place beyond where it can stand."""
        last = self.line_count() - 1
        if last < 0:
            return
        found = self._standing(min(max(index, 0), last), direction)
        if found is None:
            self.scroll_to(y=self.lead + index, animate=False)
            return
        self.place_cursor(found)

    def _standing(self, index: int, direction: int) -> int | None:
        last = self.line_count() - 1
        step = 1 if direction >= 0 else -1
        for ways in (step, -step):
            at = index
            while 0 <= at <= last:
                if self.can_stand(at):
                    return at
                at += ways
        return None

    def place_cursor(self, index: int) -> None:
        """Moves the cursor and repaints the two lines concerned."""
        before, self._at = self._at, index
        self._settle_lead()
        if before != index:
            self.refresh_index(before)
            self.refresh_index(index)
        self.show_cursor()
        if before != index:
            self.post_message(self.Moved(self))

    def move(self, lines: int) -> None:
        """Moves the cursor by so many lines."""
        self.move_to(self.cursor_index + lines, lines)

    def page(self, pages: int) -> None:
        """Moves the cursor by so many screens of this pane."""
        self.move(pages * max(1, self.size.height - 1))

    def home(self) -> None:
        """To the first line."""
        self.move_to(0)
        self.scroll_to(y=0, animate=False)

    def end(self) -> None:
        """To the last line."""
        self.move_to(self.line_count() - 1, -1)

    def show_cursor(self) -> None:
        """Scrolls just so far that the cursor's line is in view."""
        y, top, height = self.lead + self.cursor_index, round(self.scroll_y), self.size.height
        if height <= 0:
            return
        if y < top:
            self.scroll_to(y=y, animate=False)
        elif y >= top + height:
            self.scroll_to(y=y - height + 1, animate=False)

    def _settle_lead(self) -> None:
        if self.lead or self.virtual_size.height != self.line_count():
            lead, self.lead = self.lead, 0
            self.resize_lines()
            self.scroll_to(y=max(0, self.scroll_y - lead), animate=False)
            self.refresh()

    # --- painting

    def resize_lines(self, at_least: int = 0) -> None:
        """Tells Textual how tall the content is; ``at_least`` keeps room below for a scroll position."""
        size = Size(self.cells, max(self.lead + self.line_count(), at_least))
        if size == self.virtual_size or self.styles.auto_dimensions:
            self.virtual_size = size
            return
        # Only the scrollbar is concerned: Textual would lay out the whole screen anew, for 10 ms and more.
        self.set_reactive(Widget.virtual_size, size)
        self._scroll_update(size)
        self.settle_scrollbar()
        self.refresh()

    def settle_scrollbar(self) -> None:
        """Tells the scrollbar where the view is: Textual forgets to when it has just come, or only the content grew."""
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.window_virtual_size = self.virtual_size.height
            self.vertical_scrollbar.position = self.scroll_y

    def repaint(self) -> None:
        """Forgets every painted line and paints anew."""
        self._strips.clear()
        self.refresh()

    def refresh_index(self, index: int) -> None:
        """Paints one line anew."""
        self.refresh_line(self.lead + index)

    def forget_line(self, index: int) -> None:
        """Paints one line anew because it says something else now."""
        self.forget_strips(index)
        self.refresh_index(index)

    def forget_strips(self, index: int) -> None:
        """Forgets how one line was painted, with and without the cursor."""
        for look in range(3):
            self._strips.pop((self.line_key(index), look, self.cells), None)

    def visible_range(self) -> range:
        """The indexes of the lines in view."""
        top = max(0, round(self.scroll_y) - self.lead)
        return range(top, min(self.line_count(), top + self.size.height))

    def render_lines(self, crop: Region) -> list[Strip]:
        self._cells = self.cells
        try:
            return super().render_lines(crop)
        finally:
            self._cells = None

    def render_line(self, y: int) -> Strip:
        cells = self.cells
        index = y + round(self.scroll_y) - self.lead
        if not 0 <= index < self.line_count():
            return self._blank(cells)
        at_cursor = index == self.cursor_index and self.can_stand(index)
        look = (2 if self.has_focus else 1) if at_cursor else 0
        key = (self.line_key(index), look, cells)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self.paint(self.line_parts(index, cells), cells, look)
            if len(self._strips) > KEPT_STRIPS:
                self._strips.popitem(last=False)
        return strip

    def _blank(self, cells: int) -> Strip:
        """A line below the last one; kept too, for Textual makes its style anew at every asking."""
        strip = self._strips.get(("blank", cells))
        if strip is None:
            strip = self._strips["blank", cells] = Strip.blank(cells, self.rich_style)
        return strip

    # --- events

    def forget_inks(self) -> None:
        self._strips.clear()
        super().forget_inks()

    def on_resize(self) -> None:
        self._strips.clear()
        self.resize_lines()
        self.show_cursor()

    def on_focus(self) -> None:
        self.refresh_index(self.cursor_index)

    def on_blur(self) -> None:
        self.refresh_index(self.cursor_index)

    def on_click(self, event: events.Click) -> None:
        index = int(event.y + round(self.scroll_y)) - self.lead
        if 0 <= index < self.line_count() and self.can_stand(index):
            self.move_to(index)
            if event.chain == 2:
                self.post_message(self.Chosen(self))
