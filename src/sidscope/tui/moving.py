"""Moving about: back and forth, to the next thing of a kind, marks, the filter's switch, and picking. Mixed into the
app beside :class:`~sidscope.tui.actions.Actions`."""

from __future__ import annotations

from textual import on

from sidscope.domain.record import Record
from sidscope.domain.spelling import one_thing
from sidscope.tui.actions import Actions
from sidscope.tui.commands import BOX, LIST
from sidscope.tui.picking import Picking
from sidscope.tui.place import SavedPlace
from sidscope.tui.plan import Filter
from sidscope.tui.session import Change
from sidscope.tui.trail import Stop
from sidscope.tui.widgets.execution_list import ExecutionList

_UNREAD = ("pending", "denied", "failed")


def _reentry(record: Record) -> bool:
    return record.verdict == "reentry"


def _anomaly(record: Record) -> bool:
    return bool(record.anomalies)


def _failed(record: Record) -> bool:
    return record.failed


def _unresolved(record: Record) -> bool:
    return record.context_status in _UNREAD


class Moving(Actions):
    """The commands that take the user elsewhere."""

    picking: Picking | None = None

    # --- back and forth

    def do_go_back(self) -> None:
        self._be_at(self.finding.trail.back(self.finding.here()), "There is nothing further back")

    def do_go_forth(self) -> None:
        self._be_at(self.finding.trail.forth(self.finding.here()), "There is nothing further on")

    def _be_at(self, stop: Stop | None, nothing: str) -> None:
        if stop is None:
            self.notify(nothing, markup=False, timeout=2)
        else:
            self.finding.be_at(stop)

    def do_home(self) -> None:
        self._leave_list()
        super().do_home()

    def do_end(self) -> None:
        self._leave_list()
        super().do_end()

    def _leave_list(self) -> None:
        if self.situation.pane == LIST:
            self.finding.leave()

    # --- the next of a kind

    def do_next_reentry(self) -> None:
        self._next(_reentry, "re-entry", down=True)

    def do_previous_reentry(self) -> None:
        self._next(_reentry, "re-entry", down=False)

    def do_next_anomaly(self) -> None:
        self._next(_anomaly, "anomaly", down=True)

    def do_previous_anomaly(self) -> None:
        self._next(_anomaly, "anomaly", down=False)

    def do_next_failure(self) -> None:
        self._next_failure(down=True)

    def do_previous_failure(self) -> None:
        self._next_failure(down=False)

    def _next_failure(self, *, down: bool) -> None:
        key = self.session.next_such(_failed, down=down)
        if key is None:
            self.notify(self._explorer().no_failure("below" if down else "above"), markup=False, timeout=5)
        else:
            self.finding.go_to(key)

    def do_next_unresolved(self) -> None:
        self._next(_unresolved, "unresolved execution", down=True)

    def do_previous_unresolved(self) -> None:
        self._next(_unresolved, "unresolved execution", down=False)

    def _next(self, such: Filter, name: str, *, down: bool) -> None:
        key = self.session.next_such(such, down=down)
        if key is None:
            self.notify(f"No {name} {'below' if down else 'above'}", markup=False, timeout=2)
        else:
            self.finding.go_to(key)

    def do_parent(self) -> None:
        if self.situation.pane != LIST:
            self.focus_pane(LIST)
        self.show_change(self.session.go_to_group(), reveal=True)

    @on(ExecutionList.FoldSign)
    def _fold_sign(self) -> None:
        self.show_change(self.session.fold(), reveal=True)

    # --- marks

    def do_mark(self) -> None:
        self.session.mark()
        self.list.repaint()
        self.list.move(1)

    def do_only_marked(self) -> None:
        self.finding.leave()
        self.finding.show_only_marked(not self.finding.only_marked)

    def do_clear_marks(self) -> None:
        self.session.marked.clear()
        self.list.repaint()
        if self.finding.only_marked:
            self.finding.show_only_marked(False)

    # --- the box

    def do_filter(self) -> None:
        self.finding.begin()
        super().do_filter()

    def do_clear_filter(self) -> None:
        if self.situation.pane != BOX:
            self.finding.leave()
        self.box.remember()
        super().do_clear_filter()

    def do_switch_filter(self) -> None:
        self.finding.leave()
        self.finding.switch_filter()

    def do_group(self) -> None:
        self.finding.leave()
        super().do_group()

    def do_next_pane(self) -> None:
        if self.situation.pane != BOX or not self.box.complete():
            super().do_next_pane()

    def do_back(self) -> None:
        if self.finding.asking:
            self.finding.cancel()
        elif self.picking is not None and self.situation.pane == LIST:
            self.exit()
        else:
            super().do_back()

    def paste_into_box(self, text: str) -> None:
        """What is pasted outside of the box is meant for it; a SID or number in the list is gone to at once."""
        words = " ".join(text[:2_000].split())
        wanted = one_thing(words)
        if not words or (wanted is not None and self.finding.go_if_known(wanted)):
            return
        self.do_filter()
        self.box.set_text(words)
        self.finding.filter_as_typed(self.box.text)

    # --- picking

    def do_enter(self) -> None:
        if self.picking is None or self.situation.pane != LIST:
            super().do_enter()
            return
        problem = self.picking.choose(self.session)
        if problem:
            self.notify(problem, markup=False, timeout=4)
        else:
            self.exit()

    # --- the place, from one start to the next

    def resume(self, place: SavedPlace) -> None:
        """Takes up where the user was: grouping, filter and folds now, the cursor when its execution is there."""
        self.box.history.restore(place.history)
        self.session.restore_folds(place.folds)
        self._resuming = place.execution_sid
        self.finding.be_at(Stop(None, place.grouping, place.filter_text, place.filter_on))

    _resuming: str | None = None

    def resume_cursor(self) -> None:
        """All that the archive holds is in the list."""
        sid, self._resuming = self._resuming, None
        if sid is not None and self.session.untouched:
            change = self.session.go_to(sid.upper())
            self.show_change(change | Change(cursor=bool(change)), reveal=True)

    @property
    def place(self) -> SavedPlace:
        """Where the user is, to be taken up another time."""
        session, selected = self.session, self.session.selected
        at_top = session.following or session.untouched
        return SavedPlace(
            grouping=session.grouping,
            filter_text=self.box.text,
            filter_on=self.finding.filter_on,
            execution_sid=None if at_top or selected is None else selected.execution_sid,
            folds=session.folds(),
            history=self.box.history.texts,
        )
