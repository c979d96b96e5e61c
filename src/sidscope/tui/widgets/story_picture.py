"""The picture above the sentences of a story: keeps zoom and place, and follows the sentence under the cursor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual import events
from textual.message import Message
from textual.strip import Strip

from sidscope.domain.axis import Axis
from sidscope.domain.picture import MOST_ZOOM, View, clamped, reveal, ruler, zoomed
from sidscope.domain.story import UNTOLD, Story, began
from sidscope.tui.story_picture import LEAST_HIGH, Drawn, draw, track_cells
from sidscope.tui.widgets.inked import Inked


class StoryPicture(Inked):
    """Shows a :class:`~sidscope.domain.story.Story` in as many rows as it needs of those it may take."""

    DEFAULT_CSS = """
    StoryPicture { height: 0; display: none; margin: 0 0 1 0; }
    """

    class Picked(Message):
        """An execution was clicked."""

        def __init__(self, key: str, *, twice: bool) -> None:
            super().__init__()
            self.key = key
            self.twice = twice

    def __init__(self, now: Callable[[], datetime], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._now = now
        self.story = UNTOLD
        self.view = View()
        self.selected: str | None = None  # the execution whose sentence the cursor is on
        self._most = 0  # rows it may take
        self._wide = 0
        self.drawn: Drawn | None = None
        self._clicked: str | None = None
        self._shown = True

    @property
    def shown(self) -> bool:
        """Whether its tab is the one in front."""
        return self._shown

    @shown.setter
    def shown(self, shown: bool) -> None:
        self._shown = shown
        self.redraw()

    # --- what is shown

    def show(self, story: Story, selected: str | None, *, keep: bool) -> None:
        """Shows a story; ``keep`` stays at the same zoom and place."""
        self.story = story
        if not keep:
            self.view = View()
        self.choose(selected, force=True)

    def choose(self, selected: str | None, *, force: bool = False) -> None:
        """Follows the sentences to another execution."""
        if selected == self.selected and not force:
            return
        self.selected = selected
        moment = self._moment()
        cells = track_cells(self._wide)
        if moment is not None and self._wide:
            self.view = clamped(reveal(self._ruler(), cells, self.view, moment), cells)
        self.redraw()

    def fit(self, cells: int, most: int) -> None:
        """The room that there is: its width, and the rows that it may take."""
        if (cells, most) != (self._wide, self._most):
            self._wide, self._most = cells, most
            self.choose(self.selected, force=True)

    def redraw(self) -> None:
        """Draws the same for another moment; nothing is painted if it looks the same."""
        before = self.drawn
        fits = self._shown and self._most >= LEAST_HIGH and self._wide > 0 and bool(self.story.lanes)
        self.drawn = draw(self.story, self._now(), self._wide, self._most, self.view, self.selected) if fits else None
        if self.drawn is not None:
            self.view = self.drawn.picture.view
        rows = len(self.drawn.rows) if self.drawn else 0
        if self.display != bool(rows) or self.styles.height is None or self.styles.height.value != rows:
            self.display = bool(rows)
            self.styles.height = rows
        if before is None or self.drawn is None or before.rows != self.drawn.rows:
            self.refresh()

    def _moment(self) -> datetime | None:
        record = self.story.record(self.selected)
        return began(record) if record is not None else None

    # --- zoom and place

    @property
    def can_pan(self) -> bool:
        """Whether there is anything beside what is shown."""
        return self.view.zoom > 0

    def zoom(self, steps: int) -> bool:
        """Doubles or halves the width of the axis, so many times; whether it could."""
        wanted = max(0, min(MOST_ZOOM, self.view.zoom + steps))
        if wanted == self.view.zoom or self.drawn is None:
            return False
        self.view = zoomed(self.story, self._now(), track_cells(self._wide), self.view, wanted, self._moment())
        self.redraw()
        return True

    def pan(self, direction: int) -> bool:
        """Goes a third of the picture to the left or right; whether there was anything there."""
        cells = track_cells(self._wide)
        view = clamped(self.view._replace(offset=self.view.offset + direction * max(1, cells // 3)), cells)
        if view == self.view:
            return False
        self.view = view
        self.redraw()
        return True

    def _ruler(self) -> Axis:
        return ruler(self.story, self._now(), track_cells(self._wide), self.view.zoom)

    # --- painting

    def render_line(self, y: int) -> Strip:
        cells = self.size.width
        if self.drawn is None or y >= len(self.drawn.rows):
            return Strip.blank(cells, self.rich_style)
        return self.paint(self.drawn.rows[y].parts, cells, 0)

    def on_click(self, event: events.Click) -> None:
        key = self.drawn.key_at(event.y, event.x) if self.drawn else None
        if event.chain == 2:  # the first click may have moved everything: it is about the same bar
            key = self._clicked
        self._clicked = key
        if key is not None:
            self.post_message(self.Picked(key, twice=event.chain == 2))
