"""What comes from the archive and the engine, and whom it concerns. Mixed into the app."""

from __future__ import annotations

import gc
import time
from functools import partial
from typing import Any

from sidscope.domain.record import Record
from sidscope.tui.actions import Actions
from sidscope.tui.detail import Detail
from sidscope.tui.engine import EngineFactory
from sidscope.tui.groups import one_contact, record_key
from sidscope.tui.looking import Looking
from sidscope.tui.messages import FromEngine

STAYS = 20.0
"""Seconds for which is said what did not work; what goes on is said by the engine's state."""


class News(Actions):
    """Brings what is new to the session and to the panes."""

    looking: Looking
    state: Any = None
    """The engine's last SyncState."""
    problem: str | None = None
    """What went wrong last, in one sentence."""
    loaded = False
    """Whether all that the archive holds has been read."""
    _engine_factory: EngineFactory | None
    _engine_begun = False
    _stirred = 0.0  # when something came last, by the monotonic clock

    def rows_shown(self) -> None:
        """There may be rows to look at, or none to wait for: then it is time for the network."""
        rows = self.loaded or self.session.records
        if rows and self.begun and self._engine_factory is not None and not self._engine_begun:
            self._engine_begun = True
            self.feed.spawn(self._start_engine(self._engine_factory))

    async def _start_engine(self, factory: EngineFactory) -> None:
        engine = await self.feed.in_thread(lambda: factory(self._from_engine))
        engine.start()
        self.engine = engine
        record = self.session.selected
        if record is not None:
            self.ask(record)

    def _from_engine(self, event: Any) -> None:
        self.post_message(FromEngine(event))

    def _take(self, records: list[Record]) -> None:
        self._stirred = time.monotonic()
        first = not self.session.records
        if first and self.is_running:
            self.call_after_refresh(self.rows_shown)
        self.show_change(self.session.apply(records))
        self.finding.records_came(records)
        if first and self.session.lines:
            self._explorer()._tick()
        selected = self.session.selected if self.begun else None
        if selected is not None and any(one_contact(selected, record) for record in records):
            self.feed.want(record_key(selected))  # also while it is being read: what is read may be older than this

    def _history_loaded(self) -> None:
        self.loaded = True
        self.rows_shown()
        gc.freeze()  # what has been read is here to stay: the collector need not walk through it at every turn
        self.feed.spawn(self._explorer().rearranging.make_ahead())
        self.repaint_chrome()
        self._explorer().resume_cursor()
        self.finding.history_loaded()

    def _take_detail(self, key: str, detail: Detail | None) -> None:
        self._stirred = time.monotonic()
        selected = self.session.selected
        if not self.is_running:
            return
        if (
            detail is not None
            and selected is not None
            and record_key(selected) == key
            and self._explorer().may_show(detail)
        ):
            self.pane.show(detail, offline=self.offline, reachable=self.reachable)
            self.looking.tab_shown()
            self.repaint_chrome()

    @property
    def offline(self) -> bool:
        """Whether Twilio is not asked at all."""
        return self._engine_factory is None

    @property
    def reachable(self) -> bool:
        """Whether Twilio answers, as far as is known."""
        state = self.state
        if state is None:
            return True
        return state.phase not in ("refused", "stopped") and state.trouble != "unreachable" and not state.waits

    def on_from_engine(self, message: FromEngine) -> None:
        from sidscope.sync.thread import (  # there is an engine, so it is loaded
            Changed,
            Found,
            StateChanged,
            StepsRead,
            StoryCosts,
            StoryRead,
            Trouble,
        )

        event = message.event
        if not self.is_running:  # the last words of the engine find the screen gone
            return
        match event:
            case Changed():
                self.feed.changed(event.keys)
            case StateChanged():
                self.state = event.state
                self.looking.state_changed()
                self._explorer().steps_counted()
                self._explorer().show_sync()
                if event.state.phase == "live" and self.loaded and self.session.lines:
                    self.session.settle()
                    self.finding.listed()
                self.repaint_chrome()
            case Found():
                self.finding.found(event.query, event.problem)
            case StepsRead():
                self.looking.steps_read(event.execution, event.step)
            case StoryCosts():
                self.pane.story_costs(event.execution, event.look_ups)
            case StoryRead():
                self.looking.story_read(event.execution)
            case Trouble():
                named = event.message.startswith(event.what)
                words = event.message if named else f"{event.what}: {event.message}"
                self.trouble(words, stays=None if event.lasting else STAYS)

    def trouble(self, sentence: str, *, stays: float | None = None) -> None:
        """Shows that something went wrong, until something else does or for so many seconds."""
        self.problem = sentence
        self.repaint_chrome()
        if stays is not None:
            self.set_timer(stays, partial(self._forget_trouble, sentence))

    def _forget_trouble(self, sentence: str) -> None:
        if self.problem == sentence:
            self.problem = None
            self.repaint_chrome()
