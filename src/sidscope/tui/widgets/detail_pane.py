"""The detail of the execution under the cursor: a title, a tab strip and the tabs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import ContentSwitcher

from sidscope.domain.record import Record
from sidscope.domain.sids import short
from sidscope.domain.story import UNTOLD
from sidscope.tui.commands import CONTEXT, SIDS, STEPS, STORY
from sidscope.tui.detail import Detail
from sidscope.tui.groups import record_key
from sidscope.tui.ink import BLANK, Ink, Row, wrap
from sidscope.tui.marks import CONTEXTS, NO_OUTCOME, outcome_mark, state_mark
from sidscope.tui.sids import sid_rows
from sidscope.tui.sights import LOADING_DETAIL, NO_CHOICE, Sight, context_sight, sight_rows
from sidscope.tui.story import heading, reads_of, story_rows, ticking
from sidscope.tui.widgets.context_view import ContextView
from sidscope.tui.widgets.ink_line import InkLine
from sidscope.tui.widgets.line_view import LineView
from sidscope.tui.widgets.rows_view import RowsView
from sidscope.tui.widgets.search_line import SearchLine
from sidscope.tui.widgets.steps_view import StepsView
from sidscope.tui.widgets.story_picture import StoryPicture
from sidscope.tui.widgets.tab_strip import TabStrip
from sidscope.tui.words import ago, count

MOST_ROWS = 20
"""Rows that the picture of a story takes at most, however tall the pane."""

GIVES_WAY = 0.15
"""Seconds after which the detail of another execution gives way, if its successor has not been read by then."""

TABS = ((STORY, "Story"), (CONTEXT, "Context"), (STEPS, "Steps"), (SIDS, "SIDs"))


class DetailPane(Vertical):
    """Shows a :class:`~sidscope.tui.detail.Detail`, or that it is on its way."""

    DEFAULT_CSS = """
    DetailPane { height: 1fr; }
    """

    class Picked(Message):
        """A tab was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Switched(Message):
        """Another tab is shown."""

    class Shown(Message):
        """It is not :attr:`stale` any more."""

    def __init__(self, now: Callable[[], datetime], keys: Mapping[str, str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._now = now
        self.keys = keys  # command → its key
        self.detail: Detail | None = None
        self.tab = STORY
        self.awaited: str | None = None  # the execution whose detail is shown or on its way
        self._sight: Sight | None = None
        self._moment = now()  # of everything in it that tells an age: all of them by one reading of the clock
        self._reads: tuple[datetime, ...] = ()  # when what the story tells was read
        self._ticking: tuple[str, ...] = ()  # the words of the story that time changes, as they are shown
        self._cost: tuple[str, int] | None = None  # the execution whose story waits to be paid for, and its look-ups

    def compose(self) -> ComposeResult:
        yield InkLine(id="detail-title")
        yield InkLine(id="contact")
        yield TabStrip(TABS, id="tabs")
        yield StoryPicture(lambda: self.moment, id="picture")
        with ContentSwitcher(initial=STORY):
            yield RowsView(id=STORY)
            yield ContextView(id=CONTEXT)
            yield StepsView(id=STEPS)
            yield RowsView(id=SIDS)
        yield SearchLine()
        yield RowsView(id="path")

    # --- parts

    @property
    def composed(self) -> bool:
        """Whether its parts are there (asked every second: a query would walk through all of them)."""
        return any(child.id == "detail-title" for child in self.children)

    @property
    def story(self) -> RowsView:
        return self.rows(STORY)

    @property
    def picture(self) -> StoryPicture:
        return self.query_one(StoryPicture)

    @property
    def context(self) -> ContextView:
        return self.query_one(f"#{CONTEXT}", ContextView)

    @property
    def steps(self) -> StepsView:
        return self.query_one(f"#{STEPS}", StepsView)

    @property
    def search(self) -> SearchLine:
        return self.query_one(SearchLine)

    def rows(self, name: str) -> RowsView:
        """The tab of that name that shows rows."""
        return self.query_one(f"#{name}", RowsView)

    def view(self, name: str) -> LineView:
        """The tab of that name."""
        return self.query_one(f"#{name}", LineView)

    def switch(self, name: str) -> None:
        """Shows another tab."""
        self.tab = name
        self.query_one(ContentSwitcher).current = name
        self.query_one(TabStrip).activate(name)
        self._show_path()
        self.picture.shown = name == STORY
        if self.detail is not None and self.detail.key == self.awaited:
            self._title(self.detail.record)
        self.search.display = name == CONTEXT and bool(self.context.wanted)
        self.tick()
        self.post_message(self.Switched())

    @on(TabStrip.Picked)
    def _picked(self, event: TabStrip.Picked) -> None:
        event.stop()
        self.post_message(self.Picked(event.name))

    # --- content

    def await_(self, record: Record | None) -> None:
        """Another execution is under the cursor; its detail is being read. What is shown until then says so."""
        key = record_key(record) if record else None
        if key == self.awaited:
            return
        self.awaited = key
        self._title(record)
        if record is None:
            self.detail = None
            self._show_all(NO_CHOICE)
        # The archive answers within a frame or two: only if it does not, the old content gives way.
        elif self.detail is None:
            self._show_all(LOADING_DETAIL)
        else:
            self.set_timer(GIVES_WAY, lambda: self._still_waiting(key))

    @property
    def stale(self) -> bool:
        """Whether what is shown is of another execution than that under the cursor, for a moment at most."""
        return self.detail is not None and self.detail.key != self.awaited

    def forget(self) -> None:
        """What is shown may not be seen any longer; what takes its place is on its way."""
        if self.detail is not None:
            self.detail = None
            self._show_all(LOADING_DETAIL)

    def _still_waiting(self, key: str | None) -> None:
        if key == self.awaited and self.stale:
            self.forget()

    def _show_all(self, sight: Sight) -> None:
        for name in (STORY, STEPS, SIDS):
            self.rows(name).show(lambda cells: sight_rows(sight, cells, keys=self.keys))
        self.context.show_rows(lambda cells: sight_rows(sight, cells, keys=self.keys))
        self.picture.show(UNTOLD, None, keep=False)
        self.query_one("#contact", InkLine).show([])
        for tab in (CONTEXT, STEPS):
            self.query_one(TabStrip).note(tab, "")
        self._show_path()
        self.post_message(self.Shown())

    def show(self, detail: Detail, *, offline: bool, reachable: bool) -> None:
        """Shows a detail; the same execution again keeps cursor, folds and scroll position."""
        same = self.detail is not None and self.detail.key == detail.key
        before = self.detail
        self.detail, self.awaited = detail, detail.key
        self._moment = self._now()
        self._reads = reads_of(detail)
        self._ticking = ticking(detail, self._reads, self.moment)
        self._title(detail.record)
        outcome = outcome_mark(detail.record) or NO_OUTCOME
        self.query_one(TabStrip).note(STEPS, f"{outcome.sign} {outcome.word}".rstrip(), outcome.ink)
        self.query_one("#contact", InkLine).show(*heading(detail, self.moment))
        self.story.show(
            lambda cells: [*self._costs(detail, cells), *story_rows(detail, self.moment, cells)],
            at=None if same and self.story.has_focus else detail.key,
            keep=same,
        )
        told_before = self.picture.story.keys
        self.picture.show(detail.drawn, self._in_story(), keep=detail.key in told_before)
        self.rows(SIDS).show(lambda cells: sid_rows(detail, cells), keep=same)
        self._show_context(detail, before if same else None, offline, reachable)
        self._show_path()
        self.post_message(self.Shown())

    def _show_context(self, detail: Detail, before: Detail | None, offline: bool, reachable: bool) -> None:
        sight = context_sight(
            detail.record.context_status, empty=detail.tree is None, offline=offline, reachable=reachable
        )
        mark = CONTEXTS.get(detail.record.context_status)
        self.query_one(TabStrip).note(CONTEXT, mark.sign if mark else "")
        if detail.tree is not None and sight is None:
            self.context.show_tree(detail.tree, again=before is not None)
        elif sight is not None and (before is None or self._sight is not sight):
            self.context.show_rows(lambda cells: sight_rows(sight, cells, keys=self.keys))
        self._sight = sight

    def _title(self, record: Record | None) -> None:
        title = self.query_one("#detail-title", InkLine)
        if record is None:
            title.show([])
            return
        state = state_mark(record)
        version = f"revision {record.flow_version} " if record.flow_version is not None else ""
        title.show(
            [
                Ink(" "),
                Ink(f" {short(record.execution_sid)} ", "badge"),
                Ink(f" {state.sign} {state.word}  ", state.ink),
                Ink(record.flow_name or short(record.flow_sid), "strong"),
            ],
            [Ink(version, "dim"), *self._freshness(record)],
        )

    def _freshness(self, record: Record) -> list[Ink]:
        """How old the reading of the context is that the tabs show; of a story, of what is open in it."""
        detail = self.detail
        if detail is None or detail.key != record_key(record):
            return []
        read, words = detail.read_at, "as of"
        if self.tab == STORY and detail.drawn.read_at is not None:
            read, words = detail.drawn.read_at, "look-ups as of"
        return [Ink(f"{words} {ago(read, self.moment)} ", "dim")] if read is not None else []

    # --- what the look-ups would cost

    def story_costs(self, execution: str, look_ups: int) -> None:
        """The story of an execution waits for somebody to agree to so many look-ups; 0: it no longer does."""
        cost = (execution, look_ups) if look_ups else None
        if cost != self._cost:
            self._cost = cost
            self.story.remake()

    def _costs(self, detail: Detail, cells: int) -> list[Row]:
        if self._cost is None or self._cost[0] != detail.key:
            return []
        words = f"{self._cost[1]} look-ups at Twilio would settle what is inferred here. r spends them."
        return [*(Row((Ink(f"  {line}", "accent"),)) for line in wrap(words, cells - 3)), BLANK]

    # --- the picture above the sentences

    def on_resize(self) -> None:
        """The picture takes half of the room at most, a little more where there is little: a sentence stays in view."""
        room = self.size.height - 3 - self.query_one(TabStrip).styles.margin.bottom
        self.picture.fit(self.size.width - 1, min(MOST_ROWS, max((room - 1) // 2, min(9, room - 5))))

    def _in_story(self) -> str | None:
        """The execution of the sentence under the cursor; where no sentence is shown yet, the selected one."""
        return self.story.here or (self.detail.key if self.detail else None)

    def come_home(self) -> None:
        """Whoever looked around in the story does something else now: its cursor is back on the list's execution."""
        if self.detail is not None and self._in_story() != self.detail.key:
            self.story.go_to(self.detail.key)
        self.picture.choose(self._in_story())

    @on(LineView.Moved, f"#{STORY}")
    def _sentence_moved(self) -> None:
        self.picture.choose(self._in_story())

    @on(StoryPicture.Picked)
    def _bar_picked(self, event: StoryPicture.Picked) -> None:
        """A bar was clicked: the cursor goes to its sentence."""
        event.stop()
        self.post_message(self.Picked(STORY))
        self.story.go_to(event.key)
        self.picture.choose(event.key)
        if event.twice:
            self.story.post_message(LineView.Chosen(self.story))

    # --- the path under the tree

    @on(LineView.Moved, f"#{CONTEXT}")
    def _node_moved(self) -> None:
        self._show_path()

    def say_matches(self) -> None:
        """How many matches there are, and on which one the cursor is."""
        view = self.context
        if not view.wanted:
            self.search.say("")
        elif not view.found:
            self.search.say("nothing found", "warn")
        else:
            at = f"{view.match_number:,} of " if view.match_number else ""
            self.search.say(f"{at}{count(len(view.found), 'match', 'matches')}")

    def _show_path(self) -> None:
        self.say_matches()
        path = self.query_one("#path", RowsView)
        visible = self.tab == CONTEXT and self.context.json is not None
        path.display = visible
        if visible:
            lines = self.context.path_rows(self.size.width - 3)
            path.styles.height = len(lines) or 1
            path.show(lambda _: self._path_rows(lines))

    def _path_rows(self, lines: Sequence[str]) -> list[Row]:
        detail = self.detail
        read = f"  as of {ago(detail.read_at, self.moment)}" if detail and detail.read_at else ""
        rows = [Row((Ink(f" {line}", "dim" if number == 0 else "string"),)) for number, line in enumerate(lines)]
        if rows:
            rows[0] = Row((*rows[0].parts, Ink(read, "faint")))
        return rows

    # --- time

    @property
    def moment(self) -> datetime:
        """The reading of the clock by which it tells how long ago something was."""
        return self._moment

    def tick(self) -> None:
        """What a new reading of the clock makes others of: ages by the second, the window's time left, the day's name.
        The story is made anew only when one of its words is another."""
        self._moment = self._now()
        detail = self.detail
        if detail is None:
            return
        if detail.key == self.awaited:
            self._title(detail.record)
        self.query_one("#contact", InkLine).show(*heading(detail, self.moment))
        words = ticking(detail, self._reads, self.moment)
        if words != self._ticking and self.tab == STORY:
            self._ticking = words
            self.story.remake()
            self.picture.redraw()
