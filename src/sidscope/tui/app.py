"""The explorer's app: puts session, feed and engine behind one screen."""

from __future__ import annotations

import gc
import logging
import math
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from rich.console import RenderableType
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingsMap, BindingType
from textual.containers import Container, Vertical
from textual.timer import Timer

from sidscope.archive import Archive
from sidscope.config import Config
from sidscope.domain.record import Record
from sidscope.domain.spelling import one_thing
from sidscope.domain.value import replace
from sidscope.safetext import safe
from sidscope.tui import discretion
from sidscope.tui.accounts import Accounts
from sidscope.tui.browser import Browser
from sidscope.tui.clipboard import Clipboard, Copied
from sidscope.tui.commands import (
    LIST,
    bindings,
    first_keys,
    for_picking,
    rebound,
)
from sidscope.tui.completion import Vocabulary
from sidscope.tui.copying import MOST_RECENT
from sidscope.tui.detail_actions import DetailActions
from sidscope.tui.engine import Engine, EngineFactory
from sidscope.tui.failures import Failures
from sidscope.tui.feed import Feed
from sidscope.tui.finding import Finding
from sidscope.tui.groups import Kind, record_key
from sidscope.tui.house import House
from sidscope.tui.looking import Looking
from sidscope.tui.moving import Moving
from sidscope.tui.news import News
from sidscope.tui.picking import Picking
from sidscope.tui.place import SavedPlace
from sidscope.tui.reader import Reader
from sidscope.tui.rearranging import Rearranging
from sidscope.tui.session import Change, Session
from sidscope.tui.sharing import Sharing
from sidscope.tui.surroundings import Surroundings
from sidscope.tui.terminal import leave_on_signals, resume_only_where_there_is_a_terminal
from sidscope.tui.themes import named
from sidscope.tui.widgets.execution_list import ExecutionList
from sidscope.tui.widgets.filter_box import FilterBox
from sidscope.tui.widgets.ink_line import InkLine
from sidscope.tui.widgets.inked import Palette
from sidscope.tui.widgets.line_view import LineView
from sidscope.tui.widgets.rows_view import RowsView
from sidscope.tui.words import use_utc

REST = 0.15
"""Seconds of rest after which a moving cursor's execution is asked for; a single move asks at once."""

TICK, QUIET_TICK, QUIET = 1.0, 4.0, 60.0
"""Seconds between two looks at what changes by itself; the same when nothing has come for so long."""

AGES_EVERY = {15.0: 0.0, QUIET: 5.0, math.inf: 20.0}
"""For so many seconds after something has come, how many seconds lie between two times when ages are told anew: the
youngest go by the second, from the tenth on by tens, from a minute on by minutes."""

STUCK_EVERY = 60.0
"""Seconds between two looks whether what is active has been so for too long."""


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


class ExplorerApp(Surroundings, Moving, DetailActions, House, Failures, Sharing, News):
    """The explorer. Everything that varies comes in: the archive, the engine (None: offline), time, the clipboard."""

    CSS_PATH = "app.tcss"
    TITLE = "sidscope"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = list(bindings())
    INHERIT_BINDINGS = False

    def __init__(
        self,
        archive: Archive,
        engine_factory: EngineFactory | None,
        *,
        account_label: str,
        query: str = "",
        since: datetime | None = None,
        demo: bool = False,
        now: Callable[[], datetime] = utc_now,
        data_dir: Path | None = None,
        clipboard: Clipboard | None = None,
        browser: Browser | None = None,
        region: str | None = None,
        light: bool = False,
        queries: Mapping[str, str] | None = None,
        place: SavedPlace | None = None,
        notice: str | None = None,
        picking: Picking | None = None,
        config: Config | None = None,
        complaints: Sequence[str] = (),
        accounts: Accounts | None = None,
        masked: bool = False,
        meant: str | None = None,
    ) -> None:
        self.config = config or Config(theme="light" if light else "dark")
        self.accounts = accounts or Accounts()
        self.account_colour = self.accounts.colour
        super().__init__(named(self.config.theme).name)
        self.commands = rebound(self.config.keys)
        if picking is not None:
            self.commands = for_picking(picking.kind, self.commands)
        self._bindings = BindingsMap(bindings(self.commands))
        self.complaints = complaints
        discretion.mask(masked)
        self.data_dir = data_dir
        self.archive = archive
        self.account_label = account_label
        self.demo = demo
        self.now = now
        self.session = Session()
        self.problem = archive.notice
        self.engine: Engine | None = None
        self.copied: Copied | None = None  # how the last copy went
        self._engine_factory = engine_factory
        self.started_with = query.strip()
        self.meant = meant  # the command that the query may be a slip of
        self._first_place = place or SavedPlace()
        self._notice = notice
        self.queries = queries if queries is not None else self.config.queries
        self.picking = picking
        self.copier = clipboard or Clipboard(to_terminal=self._to_terminal, folder=data_dir, mode=self.config.clipboard)
        self.browser = browser or Browser()
        self.region = region
        self.recent = deque(maxlen=MOST_RECENT)
        self.reader = Reader(archive, since=since, now=now)
        self.feed = Feed(
            self.reader,
            on_records=self._take,
            on_detail=self._take_detail,
            on_loaded=self._history_loaded,
            on_problem=self.trouble,
        )
        self._moved_at = 0.0
        self._rest: Timer | None = None
        self._on_screen: tuple[str, ...] = ()
        self._in_view: range | None = None  # which lines are; None: they may be others
        self._checked_stuck = self._stirred = self._aged = time.monotonic()
        self.rearranging = Rearranging(self)
        self.finding = Finding(self)
        self.looking = Looking(self)

    # --- layout

    def compose(self) -> ComposeResult:
        """What the first frame shows; the rest is put together after it."""
        yield Palette()
        yield InkLine(id="header")
        yield FilterBox(id="filter")
        with Container(id="body"):
            with Vertical(id="left"):
                yield InkLine(id="list-title")
                yield InkLine(id="columns")
                yield ExecutionList(self.session, self.now, id="list")
                yield RowsView(id="nothing")
            yield Vertical(id="right")
        yield RowsView(id="small")
        yield InkLine(id="status")
        yield InkLine(id="footer")

    def on_load(self) -> None:
        """Before anything is done to the terminal, which has to be given back."""
        leave_on_signals(lambda code: self.exit(return_code=code))

    def on_mount(self) -> None:
        use_utc(self.config.utc)
        self.list = self.query_one("#list", ExecutionList)
        self.box = self.query_one(FilterBox)
        self.list.focus()
        self.box.vocabulary = Vocabulary(self.session.everything, self.queries, discretion.masked)
        self._open()
        self.feed.first_rows()
        self.repaint_chrome()
        self.call_after_refresh(self._begin)
        self.set_timer(TICK, self._go_on)
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))  # fg: on an empty terminal
        resume_only_where_there_is_a_terminal()

    def _open(self) -> None:
        """Where the explorer opens: at the SID or with the query that it was started with, else where it was left."""
        query, place = self.started_with, self._first_place
        if query:
            place = replace(place, filter_text="" if one_thing(query) else query, filter_on=True, execution_sid=None)
        self.resume(place)

    async def _begin(self) -> None:
        """The first rows are on screen: time for the rest of it, and for what is typed and asked of Twilio."""
        from sidscope.tui.widgets.chooser import Chooser
        from sidscope.tui.widgets.copy_menu import CopyMenu
        from sidscope.tui.widgets.detail_pane import DetailPane

        if not self.is_running:  # left at once
            return
        gc.freeze()  # nothing that the first rows needed is garbage, and until now none was looked for (cli.py)
        gc.enable()
        self.pane = DetailPane(self.now, first_keys(self.commands))
        panels = [RowsView(id=name) for name in ("help", "sync", "rules")]
        await self.query_one("#right").mount(self.pane)
        await self.screen.mount(*panels, Chooser(id="chooser"), CopyMenu(id="copying"), after="#body")
        self.begun = True
        self.show_change(Change(cursor=True))
        if self._notice:
            self.notify(safe(self._notice, 300), markup=False, timeout=8)
        if one_thing(self.started_with):
            self.finding.open_at(one_thing(self.started_with) or "")
        self.feed.start()
        self.rows_shown()
        await self.give_out()

    # --- what is shown

    def show_change(self, change: Change, *, reveal: bool = False) -> None:
        """Brings list, detail and titles up to date with the session."""
        if not self.is_running:  # at the end, what is still being read finds the screen gone
            return
        self.list.sync(change, reveal=reveal)
        self._in_view = None
        if not self.begun:
            return
        selected = self.session.selected  # another one also where the cursor's group has a newer execution
        if change.cursor or (record_key(selected) if selected else None) != self.pane.awaited:
            self._cursor_moved()
        self.repaint_chrome()

    # --- the cursor

    @property
    def awaits_content(self) -> bool:
        return not self.begun or (self.pane.stale and self.pane.has_focus_within)

    async def on_detail_pane_shown(self) -> None:
        await self.give_out()

    @on(LineView.Moved, "#list")
    def _list_moved(self) -> None:
        self.finding.chosen()
        self._cursor_moved()
        self.repaint_chrome()

    def _cursor_moved(self) -> None:
        record = self.session.selected
        self.pane.await_(record)
        if record is None:
            return
        self.feed.want(record_key(record))
        at_rest = time.monotonic() - self._moved_at > REST
        self._moved_at = time.monotonic()
        if self._rest is not None:
            self._rest.stop()
        if at_rest:
            self.ask(record)
        else:
            self._rest = self.set_timer(REST, lambda: self.ask(record))

    def ask(self, record: Record, *, agreed: bool = False) -> None:
        """Has Twilio asked for what the detail of this execution needs; ``agreed``: whatever it costs."""
        if self.engine is not None:
            self.engine.look_at(record.execution_sid)
            self.engine.story(record.execution_sid, agreed=agreed)
            self.pane.story_costs(record_key(record), 0)
            self.looking.ask(record)

    # --- the box

    def on_filter_box_changed(self, event: FilterBox.Changed) -> None:
        if self.left_at is None:  # else it was typed before leaving, and comes after
            self.finding.filter_as_typed(event.text)

    def on_filter_box_entered(self, event: FilterBox.Entered) -> None:
        if self.left_at is not None:
            return
        self.session.settle()
        self.finding.chosen()
        self.finding.enter(event.text)

    def on_filter_box_left(self, event: FilterBox.Left) -> None:
        if event.cleared and self.finding.asking:
            self.finding.cancel()
            return
        if not event.cleared:
            self.finding.chosen()
        elif self.box.text:
            self.do_clear_filter()
        self.focus_pane(LIST)

    def on_paste(self, event: events.Paste) -> None:
        """Something was pasted outside of the box."""
        self.paste_into_box(event.text)

    # --- time

    def _go_on(self) -> None:
        self._tick()
        self.set_timer(QUIET_TICK if self._quiet else TICK, self._go_on)

    @property
    def _quiet(self) -> bool:
        """Whether nothing has come for a while, and nobody watches the figures of the sync panel."""
        long_ago = time.monotonic() - self._stirred > QUIET
        return long_ago and self.begun and self.pane.composed and not self.screen.has_class("syncing")

    def _tick(self) -> None:
        if not (self.begun and self.pane.composed):
            return  # leaving: the timer outlives the widgets by a moment
        now = time.monotonic()
        quiet = now - self._stirred
        if now - self._aged >= next(every for until, every in AGES_EVERY.items() if quiet < until):
            self._aged = now
            self._tell_ages()
        self.show_sync()
        self.show_rules()
        if self.engine is not None and self._in_view != (in_view := self.list.visible_range()):
            self._in_view = in_view
            self._tell_visible(self.engine)
        if now - self._checked_stuck >= STUCK_EVERY:
            self._checked_stuck = now
            active = (self.session.get(key) for key in self.session.active)
            self.feed.changed(record_key(record) for record in active if record and not record.anomalies)

    def _tell_visible(self, engine: Engine) -> None:
        """The engine reads first what is on screen."""
        lines = self.session.lines
        visible = (lines[index] for index in self.list.visible_range())
        sids = tuple(line.record.execution_sid for line in visible if line.kind is Kind.RUN)
        if sids != self._on_screen:
            self._on_screen = sids
            engine.on_screen(sids)

    def _tell_ages(self) -> None:
        """Everything that says how long ago something was says it of now."""
        self.list.tick()
        if not self.screen.has_class("tiny"):  # nothing of it is on screen
            self.pane.tick()
        self.looking.tick()
        self.show_header()

    # --- the end

    left_at: SavedPlace | None = None
    """The place where the user was on leaving; afterwards there are no widgets to ask."""

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        if hasattr(self, "box") and self.box.is_attached:
            self.left_at = self.place
        super().exit(result, return_code, message)

    async def on_unmount(self) -> None:
        self.feed.close()
        if self.engine is not None:
            self.engine.stop()

    def _fatal_error(self) -> None:
        """One plain sentence instead of Textual's report, which prints local variables (credentials among them)."""
        error = self._exception
        where = traceback.extract_tb(error.__traceback__)[-1:] if error else []
        place = "".join(f" ({Path(frame.filename).name}, line {frame.lineno})" for frame in where)
        logging.getLogger(__name__).error("a fault of sidscope's own", exc_info=error)
        words = safe(f"{type(error).__name__}: {error}" if error else "an unknown error", 300)
        self._exit_renderables.append(Text(f"sidscope stopped because of a fault of its own: {words}{place}"))
        self._close_messages_no_wait()
