"""What the explorer shows and where its user is: records, grouping, filter, folds, cursor, arrivals. No Textual.

Every method that changes something returns a :class:`Change`, and the widgets redraw from that. Two rules hold:
the cursor stays on its execution or group, whatever comes and goes; and an execution that would appear above the
cursor (or in its group) is held back and counted until it is let in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from sidscope.domain.record import Record
from sidscope.domain.value import value
from sidscope.tui.arrangement import Arrangement
from sidscope.tui.folds import Fold, FoldRule
from sidscope.tui.groups import Group, Kind, Line, Place, record_key, started
from sidscope.tui.ordering import Grouping, group_key
from sidscope.tui.plan import Filter, Plan, Plans

Folds = Mapping[Grouping, Fold]

OFF_LOOP_FROM = 4_000
"""From so many records on, arranging them anew is work for a thread (some 3 µs each)."""


@value
class Change:
    """What a change of the session did to the list."""

    lines: bool = False  # the lines are others, or hold other records
    cursor: bool = False  # the cursor stands on something else
    held: bool = False  # the number of arrivals held back is another

    def __or__(self, other: Change) -> Change:
        return Change(self.lines or other.lines, self.cursor or other.cursor, self.held or other.held)

    def __bool__(self) -> bool:
        return self.lines or self.cursor or self.held


class Session:
    """The state of one explorer."""

    def __init__(self, grouping: Grouping = Grouping.CONVERSATION) -> None:
        self.grouping = grouping
        self.matches: Filter | None = None
        self.records: dict[str, Record] = {}
        self.pending: dict[str, Record] = {}
        self.cursor: Place | None = None
        self.following = True
        """The cursor was put at the top and has not moved since: arrivals are let in above it."""
        self.untouched = True
        """Nobody has moved the cursor yet: it rests on the first line, whatever that is (see :meth:`settle`)."""
        self.marked: set[str] = set()
        """The keys of the executions that were marked; a mark stays with its execution, shown or not."""
        self.contexts: Counter[str] = Counter()
        """How many of the known executions have a context that stands how (``context_status``)."""
        self.active: set[str] = set()
        """The keys of the known executions that have not ended."""
        self.revision = 0
        """Grows whenever records have come or changed."""
        self._folds = {each: FoldRule(all_folded=each is Grouping.FLOW) for each in Grouping}
        self._arrangement = Arrangement(grouping, self._folds[grouping])
        self._plans = Plans()

    # --- asking

    @property
    def lines(self) -> Sequence[Line]:
        """The lines of the list, from the top."""
        return self._arrangement.lines

    @property
    def unfolded(self) -> bool:
        """Whether there is a group that could be folded."""
        return self._arrangement.unfolded

    @property
    def shown(self) -> int:
        """How many executions pass the filter, those in folded groups too."""
        return len(self._arrangement)

    @property
    def total(self) -> int:
        """How many executions are known, those that wait to be let in too."""
        return len(self.records) + len(self.pending)

    @property
    def held(self) -> int:
        """How many arrivals wait to be let in, of those that pass the filter."""
        matches = self.matches
        return len(self.pending) if matches is None else sum(map(matches, self.pending.values()))

    @property
    def big(self) -> bool:
        """Whether arranging everything anew would hold the loop for too long."""
        return self.total > OFF_LOOP_FROM

    @property
    def index(self) -> int | None:
        """The index of the cursor's line."""
        return None if self.cursor is None else self.index_of(self.cursor)

    @property
    def selected(self) -> Record | None:
        """The execution under the cursor; for a group, its newest."""
        if self.cursor is None:
            return None
        if self.cursor.kind is Kind.RUN:
            return self.records.get(self.cursor.key)
        group = self._arrangement.group(self.cursor.key)
        return group.newest if group else None

    def index_of(self, place: Place) -> int | None:
        """The index of the line for ``place``, if it is shown."""
        return self._arrangement.index_of(place)

    def get(self, key: str) -> Record | None:
        """The record with this key, held back or not."""
        return self.records.get(key) or self.pending.get(key)

    def everything(self) -> Iterator[Record]:
        """Every execution that is known, held back or filtered out or not."""
        yield from self.records.values()
        yield from self.pending.values()

    # --- records come and change

    def apply(self, records: Iterable[Record]) -> Change:
        """Takes in what has become known: changes of known executions at once; new ones where they do not disturb."""
        held_before = len(self.pending)
        self.revision += 1
        admitted = []
        newest = {record_key(record): record for record in records}  # of each execution what came last
        for key, record in newest.items():
            before = self.get(key)
            if before is not None:
                self.contexts[before.context_status] -= 1
            self.contexts[record.context_status] += 1
            (self.active.add if record.active else self.active.discard)(key)
            if key in self.records or self._may_enter(record):
                self.pending.pop(key, None)
                admitted.append(record)
            else:
                self.pending[key] = record
        change = self._admit(admitted)
        return change | Change(held=len(self.pending) != held_before or bool(self.pending))

    def let_in(self) -> Change:
        """Shows the arrivals that were held back."""
        if not self.pending:
            return Change()
        arrived = list(self.pending.values())
        self.pending.clear()
        return self._admit(arrived) | Change(held=True)

    def _may_enter(self, record: Record) -> bool:
        if self.following or self.cursor is None:
            return True
        group = self._group_here()
        return group is None or self._arrangement.stands_below(record, group)

    def _admit(self, records: list[Record]) -> Change:
        if not records:
            return Change()
        self._keep({record_key(record): record for record in records})
        return self._keep_cursor(lambda: self._show(records))

    def _keep(self, records: dict[str, Record]) -> None:
        self._plans.note(records, self.records)
        self.records.update(records)

    def _show(self, records: list[Record]) -> None:
        matches = self.matches
        if matches is None:
            self._arrangement.put(records)
            return
        # The row under the cursor stays although it may not pass the filter any more: it is being looked at.
        own = self.cursor.key if self.cursor and self.cursor.kind is Kind.RUN else None
        shown, hidden = [], []
        for record in records:
            key = record_key(record)
            if matches(record) or (key == own and key in self._arrangement):
                shown.append(record)
            else:
                hidden.append(record)
        self._arrangement.hide(hidden)
        self._arrangement.put(shown)

    # --- grouping and filter

    def plan(self, grouping: Grouping | None = None, matches: Filter | None = None) -> Plan:
        """A new arrangement with this grouping (else the present one) and this filter (None: everything).

        Arrivals are let in with it. What comes before :meth:`adopt` is added then.
        """
        grouping = grouping or self.grouping
        complete = not self.pending and len(self._arrangement) == len(self.records)
        self._keep(self.pending)
        self.pending.clear()
        own = self.cursor.key if self.cursor and self.cursor.kind is Kind.RUN else None
        if own is not None and grouping is not self.grouping:
            self._reveal_in(grouping, own)
        present = self._arrangement if complete and grouping is self.grouping else None
        return self._plans.make(grouping, matches, self.records, self._folds[grouping], present)

    def plan_ahead(self) -> Plan:
        """The arrangement that will be wanted next, most likely: with the grouping that follows."""
        grouping = self.grouping.next
        return self._plans.make_ahead(grouping, self.records, self._folds[grouping])

    def built_ahead(self, plan: Plan) -> None:
        """A :meth:`plan_ahead` is built."""
        self._plans.built_ahead(plan)

    def adopt(self, plan: Plan) -> Change:
        """Puts a built plan on screen, unless a newer one has been made meanwhile."""
        built = self._plans.adopt(plan)
        if built is None:
            return Change()
        late = [self.records[key] for key in plan.late]
        if built is not self._arrangement:
            self._plans.retire(self._arrangement)

        def swap() -> None:
            self.grouping, self.matches, self._arrangement = plan.grouping, plan.matches, built
            if plan.folds.fold != plan.folds_before:
                built.fold_all()
            self._show(late)

        return self._keep_cursor(swap) | Change(lines=True, held=True)

    def arrange(self, grouping: Grouping | None = None, matches: Filter | None = None) -> Change:
        """Plan, build and adopt in one go, for lists that are not :attr:`big`."""
        change = self.adopt(self.plan(grouping, matches).build())
        self.let_go()
        return change

    def let_go(self) -> None:
        """Takes apart the arrangements that were adopted before, which takes some frames; in any thread."""
        self._plans.let_go()

    # --- folds

    def is_folded(self, key: str) -> bool:
        """Whether the group with this key is folded in the present grouping."""
        return self._folds[self.grouping](key)

    def fold(self, folded: bool | None = None) -> Change:
        """Folds or unfolds (None: the other way round) the group at the cursor; folding takes the cursor to it."""
        group = self._group_here()
        if group is None or (len(group.records) == 1 and self.grouping is not Grouping.FLOW):
            return Change()
        target = not group.folded if folded is None else folded
        if target == group.folded:
            return Change()
        self._folds[self.grouping].toggle(group.key)
        if target:
            self.cursor = Place(Kind.GROUP, group.key)
        self._arrangement.fold(group.key)
        return Change(lines=True, cursor=True)

    def fold_all(self, folded: bool) -> Change:
        """Folds or unfolds every group; the cursor goes to its group if that folds."""
        group = self._group_here()
        self._folds[self.grouping].be((folded, frozenset()))
        if folded and group is not None and group.lines[0].kind is Kind.GROUP:
            self.cursor = Place(Kind.GROUP, group.key)
        self._arrangement.fold_all()
        return Change(lines=True, cursor=True)

    def _group_here(self) -> Group | None:
        if self.cursor is None:
            return None
        if self.cursor.kind is Kind.GROUP:
            return self._arrangement.group(self.cursor.key)
        return self._arrangement.group_of(self.cursor.key)

    def _reveal_in(self, grouping: Grouping, key: str) -> None:
        record = self.records.get(key)
        if record is not None:
            group = group_key(record, grouping)
            if self._folds[grouping](group):
                self._folds[grouping].toggle(group)

    def folds(self) -> Folds:
        """What is folded in each grouping, to be restored another time."""
        return {grouping: rule.fold for grouping, rule in self._folds.items()}

    def restore_folds(self, folds: Folds) -> Change:
        """Folds and unfolds as it was when :meth:`folds` was asked."""
        for grouping, fold in folds.items():
            self._folds[grouping].be(fold)
        return self._keep_cursor(self._arrangement.fold_all)

    # --- marks

    def runs_here(self) -> list[Record]:
        """The execution under the cursor; on a group's line all of it, as they stand there."""
        if self.cursor is None:
            return []
        if self.cursor.kind is Kind.RUN:
            record = self.records.get(self.cursor.key)
            return [record] if record else []
        group = self._group_here()
        return list(group.runs) if group else []

    def mark(self) -> None:
        """Marks what is under the cursor, or takes the marks off if all of it is marked."""
        keys = {record_key(record) for record in self.runs_here()}
        if keys <= self.marked:
            self.marked -= keys
        else:
            self.marked |= keys

    def marked_records(self) -> list[Record]:
        """The marked executions: as they stand in the list, then those that the filter hides, newest first."""
        shown = [record for record in self._arrangement.all_runs() if record_key(record) in self.marked]
        seen = {record_key(record) for record in shown}
        hidden = [record for key in self.marked - seen if (record := self.get(key)) is not None]
        return shown + sorted(hidden, key=lambda record: (started(record), record.execution_sid), reverse=True)

    # --- the cursor

    def move_to(self, index: int, direction: int = 1) -> Change:
        """Puts the cursor on the line at ``index`` (kept within the list), or the next one in ``direction`` where
        a cursor can stand. At the very top arrivals are let in and further ones follow."""
        if not self.lines:
            return Change()
        index = min(max(index, 0), len(self.lines) - 1)
        while 0 < index < len(self.lines) - 1 and self.lines[index].place is None:
            index += 1 if direction > 0 else -1
        self.following = index == 0
        self.untouched = False
        change = Change(cursor=self._stand(self.lines[index].place))
        return change | (self.let_in() if index == 0 else Change())

    def go_to(self, key: str) -> Change:
        """Puts the cursor on an execution, letting it in and unfolding its group; nothing if it is not known or
        does not pass the filter."""
        change = Change()
        if key in self.pending:
            change = self._admit([self.pending.pop(key)]) | Change(held=True)
        group = self._arrangement.group_of(key)
        if group is None:
            return change
        if group.folded:
            self._folds[self.grouping].toggle(group.key)
            self._arrangement.fold(group.key)
            change |= Change(lines=True)
        self.following = self.untouched = False
        return change | Change(cursor=self._stand(Place(Kind.RUN, key)))

    def stand_on(self, place: Place) -> Change:
        """Puts the cursor on an execution or a group; nothing if it is not there any more."""
        if place.kind is Kind.RUN:
            return self.go_to(place.key)
        if self.index_of(place) is None:
            return Change()
        self.following = self.untouched = False
        return Change(cursor=self._stand(place))

    def go_to_group(self) -> Change:
        """Takes the cursor from an execution to its group's own line; nothing where the group has none."""
        group = self._group_here()
        if group is None or group.lines[0].kind is not Kind.GROUP:
            return Change()
        self.untouched = False
        return Change(cursor=self._stand(group.lines[0].place))

    def next_such(self, such: Filter, *, down: bool) -> str | None:
        """The key of the nearest execution below (or above) the cursor that is ``such``, in folded groups too."""
        if self.cursor is None:
            return None
        runs = self._arrangement.runs_from(self.cursor, down=down)
        return next((record_key(record) for record in runs if such(record)), None)

    def settle(self) -> None:
        """From now on the cursor belongs to the user: it stays on its execution. (While the first rows come in from
        many flows at once, the first line is a better place to rest than whichever row happened to come first.)"""
        self.untouched = False

    def _stand(self, place: Place | None) -> bool:
        moved = place != self.cursor
        self.cursor = place
        return moved

    def _keep_cursor(self, rearrange: Callable[[], None]) -> Change:
        """Runs ``rearrange`` and puts the cursor back on what it stood on, or on what took its place."""
        before, index = self.cursor, self.index
        newest = self.selected
        rearrange()
        if self.untouched:
            self.cursor = self.lines[0].place if self.lines else None
        elif self.cursor is None or self.index is None:
            self.cursor = self._nearest(before, index, newest)
        return Change(lines=True, cursor=self.cursor != before)

    def _nearest(self, place: Place | None, index: int | None, newest: Record | None) -> Place | None:
        if place is not None:
            # A folded group swallowed the execution, or a group came apart: stay with the same execution.
            key = place.key if place.kind is Kind.RUN else (record_key(newest) if newest else "")
            group = self._arrangement.group_of(key)
            if group is not None:
                run = Place(Kind.RUN, key)
                return run if self.index_of(run) is not None else group.lines[0].place
        if not self.lines:
            return None
        at = min(index or 0, len(self.lines) - 1)
        return self.lines[at].place or self.lines[at - 1].place
