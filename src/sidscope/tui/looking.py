"""What the detail's tabs do beyond showing: the steps and what they changed, on demand; SIDs as links."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from sidscope.domain.record import Record
from sidscope.domain.sids import same_sid, short, sid_key
from sidscope.domain.steps import Ending
from sidscope.domain.story import FRESH
from sidscope.tui import discretion
from sidscope.tui.commands import STEPS, STORY
from sidscope.tui.groups import record_key, started
from sidscope.tui.sights import sight_rows
from sidscope.tui.steps import HEADLINE, Shown, step_rows, steps_sight
from sidscope.tui.steps_reader import StepsDetail, StepsReader

if TYPE_CHECKING:
    from sidscope.tui.app import ExplorerApp


PATIENCE: Final = 10.0
"""Seconds that a copy waits for the steps that it tells."""


class Looking:
    """Works for one app. Twilio is asked for steps while their tab is shown, and for a step's variables when somebody
    opens the step; each once."""

    def __init__(self, app: ExplorerApp) -> None:
        self._app = app
        self._reader = StepsReader(app.archive, app.now)
        self.detail: StepsDetail | None = None
        self._opened: dict[str, set[int]] = {}  # by execution: the visits that are looked into
        self._unfolded: dict[str, set[int]] = {}  # and those whose times and SIDs are shown
        self._waiting: set[str] = set()  # step keys that Twilio is being asked for
        self._asked: set[str] = set()  # step keys that it was asked for
        self._rows_asked: dict[str, str] = {}  # by execution: how its row was when its steps were asked for
        self._over: dict[str, asyncio.Event] = {}  # by execution: set when its steps have been read
        self._wish: str | None = None
        self._reading = False
        self._minute = -1
        self._story_asked: datetime | None = None  # when what is open in the story was asked for again

    # --- the steps

    @property
    def reader(self) -> StepsReader:
        return self._reader

    @property
    def key(self) -> str | None:
        """The execution whose steps are shown or on their way."""
        record = self._app.session.selected
        return record_key(record) if record else None

    @property
    def idle(self) -> bool:
        """Whether nothing is being read from the archive."""
        return not self._reading

    def tab_shown(self) -> None:
        """The Steps tab has come to the front, or another execution in it."""
        record = self._app.session.selected
        if self._app.pane.tab == STEPS and record is not None:
            self.want()
            self.ask(record)

    def ask(self, record: Record, *, again: bool = False) -> None:
        """Has the steps read if their tab is shown: once for each state of the execution's row, or ``again``."""
        engine = self._app.engine
        if engine is None or self._app.pane.tab != STEPS:
            return
        key = record_key(record)
        row = f"{record.status} {record.date_updated}"
        if again or self._rows_asked.get(key) != row:
            self._rows_asked[key] = row
            if again:
                self._forget(self.detail.missing if self.detail else ())
            engine.steps(record.execution_sid)

    def want(self) -> None:
        """Reads the steps of the selected execution from the archive, off the loop, and shows them."""
        key = self.key
        if key is None or self._app.pane.tab != STEPS:
            return
        self._wish = key
        if not self._reading:
            self._reading = True
            self._app.feed.spawn(self._serve())

    async def _serve(self) -> None:
        try:
            while (key := self._wish) is not None:
                self._wish = None
                opened = frozenset(self._opened.get(key, ()))
                detail = await self._app.feed.in_thread(partial(self._reader.detail, key, opened))
                if detail is not None and detail.masked != discretion.masked():
                    self._wish = self._wish or key  # read while that changed
                elif detail is not None and key == self.key:
                    self._take(detail)
        finally:
            self._reading = False

    def _take(self, detail: StepsDetail) -> None:
        app, before = self._app, self.detail
        self.detail = detail
        record = app.session.get(detail.key)
        if app.engine is not None and record is not None:
            for step in detail.missing:
                if sid_key(step) not in self._asked:
                    self._asked.add(sid_key(step))
                    self._waiting.add(sid_key(step))
                    app.engine.step_context(record.execution_sid, step)
        self._show(keep=before is not None and before.key == detail.key)

    def _show(self, *, keep: bool = True) -> None:
        app, detail = self._app, self.detail
        if detail is None:
            return
        sight = steps_sight(detail, offline=app.offline, reachable=app.reachable)
        waiting = frozenset(step for step in detail.missing if sid_key(step) in self._waiting)
        unfolded = frozenset(self._unfolded.get(detail.key, ()))
        shown = Shown(app.offline, waiting, unfolded, hint=not any(self._opened.values()))
        if sight is not None:
            app.pane.steps.show_items(lambda cells: sight_rows(sight, cells, keys=app.pane.keys), keep=False)
        else:
            app.pane.steps.show_items(lambda cells: step_rows(detail, shown, app.now(), cells), keep=keep)

    async def have_steps(self, fn: str) -> None:
        """Has the steps of an execution read unless they are known to their end, and waits for that, but not for
        ever."""
        if self._app.engine is not None:
            over = self._over.setdefault(sid_key(fn), asyncio.Event())
            self._app.engine.steps(fn)
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), PATIENCE)

    def steps_read(self, execution: str, step: str | None) -> None:
        """A wish for steps or for a step's variables is over."""
        if step is not None:
            self._waiting.discard(step)
        elif execution in self._over:
            self._over.pop(execution).set()
        if execution == self.key:
            self.want()

    def forget(self) -> None:
        """What is shown may not be seen any longer; it is read again in another form."""
        self.detail = None
        self.want()

    def state_changed(self) -> None:
        """Twilio has become reachable, or unreachable: a tab that waits for it says so."""
        if self.detail is not None and self.detail.read is None and self.detail.key == self.key:
            self._show()

    def tick(self) -> None:
        """How long an active execution has been where it is changes with the minute."""
        self._refresh_story()
        minute = int(self._app.now().timestamp() // 60)
        if minute != self._minute:
            self._minute = minute
            if self.detail is not None and self.detail.path.ending is Ending.ACTIVE:
                self.want()

    def _refresh_story(self) -> None:
        """While somebody looks at a story, what is open in it is asked for again; what is closed never is."""
        app, record = self._app, self._app.session.selected
        detail = app.pane.detail
        paused = app.state is not None and app.state.paused
        if app.engine is None or record is None or detail is None or app.pane.tab != STORY or paused:
            return
        now = app.now()
        moments = [moment for moment in (detail.drawn.read_at, self._story_asked) if moment is not None]
        due = not moments or now - max(moments) > FRESH  # what cannot be read is not asked for all the time either
        if app.app_focus and due and detail.key == record_key(record) and detail.drawn.unsettled:
            self._story_asked = now
            app.engine.story(record.execution_sid)

    def story_read(self, execution: str) -> None:
        """The look-ups of a story are over: what is open in it was read at a later time, even if it is the same."""
        detail = self._app.pane.detail
        if execution == self.key and (detail is None or detail.key != execution or detail.drawn.unsettled):
            self._app.feed.want(execution)

    def enter_step(self) -> None:
        """Looks into the step under the cursor, or closes it; from the headline goes to the step that it is about."""
        view, detail = self._app.pane.steps, self.detail
        item = view.item
        if detail is None or item is None or detail.key != self.key:
            return
        if item == HEADLINE:
            visit = detail.headline.visit if detail.headline.visit is not None else detail.path.current
            if visit is not None:
                view.go_to_item(str(visit))
            return
        number, _, noise = item.partition(" ")
        chosen = self._unfolded if noise else self._opened
        visits = chosen.setdefault(detail.key, set())
        visits.symmetric_difference_update({int(number)})
        if noise:
            self._show()
            return
        if int(number) not in visits:
            self._forget(detail.missing)
        view.go_to_item(number)
        self.want()

    def fold_steps(self, folded: bool) -> None:
        """Looks into the step under the cursor, or closes it, unless it stands so already."""
        item = self._app.pane.steps.item
        if self.detail is None or item is None or item == HEADLINE:
            return
        number = int(item.partition(" ")[0])
        is_open = number in self._opened.get(self.detail.key, ())
        if is_open == folded:
            self._app.pane.steps.go_to_item(str(number))
            self.enter_step()

    def _forget(self, steps: Iterable[str]) -> None:
        """Lets these be asked for again."""
        self._asked.difference_update(sid_key(step) for step in steps if sid_key(step) not in self._waiting)

    # --- SIDs as links

    def jump(self, sid: str) -> None:
        """Goes to what a SID names: its execution, or the newest other one that has it; Twilio is asked if it is
        unknown here."""
        self._app.feed.spawn(self._jump(sid))

    async def _jump(self, sid: str) -> None:
        app, here = self._app, self.key
        records = await app.feed.in_thread(lambda: app.reader.find(sid))
        others = [record for record in records if record_key(record) != here]
        if others:
            own = (each for each in others if same_sid(each.execution_sid, sid))
            app.finding.go_to(record_key(next(own, max(others, key=started))))
        elif records:
            what = "This is it" if same_sid(records[0].execution_sid, sid) else "No other known execution has it"
            app.notify(f"{what}: {short(sid)}", markup=False, timeout=4)
        else:
            app.finding.look_for(sid)
