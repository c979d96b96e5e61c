"""A new arrangement of all that is known, in the making: grouped and filtered anew, in any thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import compress
from operator import not_

from sidscope.domain.record import Record
from sidscope.tui.arrangement import Arrangement
from sidscope.tui.folds import Fold, FoldRule
from sidscope.tui.ordering import Grouping, newest_first, place_of

Filter = Callable[[Record], bool]

INSERT_AT_MOST = 1_000
"""Up to so many changed records are sorted in one by one; with more, all are sorted."""

LATE_AT_MOST = 200
"""So many changes are put into a plan that was made ahead, which holds the loop for less than a frame; with more it is
dropped."""

SLICE = 4_000
"""After so many records that are matched it is looked whether the plan is still wanted: who types a word does not wait
for each of its letters."""


@dataclass(slots=True)
class Order:
    """Records as they were at some time, newest first, and which of them are others by now: by key, what each of these
    was then (None: nothing). When they are too many, no more are noted."""

    records: list[Record] = field(default_factory=list)
    changed: dict[str, Record | None] = field(default_factory=dict)

    def note(self, key: str, before: Record | None) -> None:
        """A record is about to be another than it was."""
        if len(self.changed) <= INSERT_AT_MOST:
            self.changed.setdefault(key, before)

    def now(self, records: dict[str, Record]) -> list[Record]:
        """The order of what the records are now."""
        if not self.changed:
            return self.records
        if len(self.changed) > INSERT_AT_MOST:
            return newest_first(records.values())
        order = self.records.copy()
        for before in self.changed.values():
            if before is not None:
                del order[place_of(before, order)]
        for key in self.changed:
            order.insert(place_of(records[key], order), records[key])
        return order


@dataclass(slots=True)
class Plan:
    """:meth:`build` may run in any thread; ``Session.adopt`` puts it on screen."""

    grouping: Grouping
    matches: Filter | None
    records: dict[str, Record]
    order: Order
    folds: FoldRule
    folds_before: Fold  # as they were when this began
    present: Arrangement | None = None  # what is on screen, if that is it already unless something is to be hidden
    late: set[str] = field(default_factory=set)  # the keys of what is another since then
    built: Arrangement | None = None
    dropped: bool = False  # nobody wants it any more

    def wanted(self) -> bool:
        """Whether anybody still waits for it; another thread may have another answer at any time."""
        return not self.dropped

    def build(self) -> Plan:
        """Does the work, unless it is done or dropped meanwhile; touches nothing of the session."""
        if self.built is not None or not self.wanted():
            return self
        self.order = Order(self.order.now(self.records))
        every, shown, hidden = self.order.records, list[Record](), list[Record]()
        if self.matches is None:
            shown = every
        else:
            for start in range(0, len(every), SLICE):
                if not self.wanted():
                    return self
                some = every[start : start + SLICE]
                passes = list(map(self.matches, some))
                shown += compress(some, passes)
                hidden += compress(some, map(not_, passes))
        if self.present is not None and not hidden:
            self.built = self.present
            return self
        built = Arrangement(self.grouping, self.folds)
        built.fill(self.records, shown, hidden)
        self.built = built
        return self


class Plans:
    """The order of all that is known, and what is being made of it: the newest plan, and one that is made ahead, while
    nobody waits for it. What comes meanwhile is noted for each."""

    def __init__(self) -> None:
        self._order = Order()
        self._newest: Plan | None = None
        self._ahead: Plan | None = None
        self._retired: list[Arrangement] = []

    def note(self, records: Iterable[str], known: Mapping[str, Record]) -> None:
        """The records with these keys are about to be others than they are ``known`` to be."""
        for key in records:
            self._order.note(key, known.get(key))
            for plan in (self._newest, self._ahead):
                if plan is not None:
                    plan.late.add(key)
        if self._ahead is not None and len(self._ahead.late) > LATE_AT_MOST:
            self._drop_ahead()

    def make(
        self,
        grouping: Grouping,
        matches: Filter | None,
        records: dict[str, Record],
        folds: FoldRule,
        present: Arrangement | None,
    ) -> Plan:
        """The newest plan from now on: the one that was made ahead, where that is it. ``present``: what is on screen,
        if it has this grouping and shows all records."""
        if self._ahead is not None and matches is None and self._ahead.grouping is grouping:
            plan, self._ahead = self._ahead, None
        else:
            plan = self._new(grouping, matches, records, folds, present)
        if self._newest is not None:
            self._newest.dropped = True
        self._newest = plan
        return plan

    def make_ahead(self, grouping: Grouping, records: dict[str, Record], folds: FoldRule) -> Plan:
        """A plan for what will be wanted next, of all records."""
        if self._ahead is None or self._ahead.grouping is not grouping:
            self._drop_ahead()
            self._ahead = self._new(grouping, None, records, folds)
        return self._ahead

    def _new(
        self,
        grouping: Grouping,
        matches: Filter | None,
        records: dict[str, Record],
        folds: FoldRule,
        present: Arrangement | None = None,
    ) -> Plan:
        order = Order(self._order.records, dict(self._order.changed))
        return Plan(grouping, matches, dict(records), order, folds, folds.fold, present)

    def _drop_ahead(self) -> None:
        if self._ahead is not None:
            self._ahead.dropped = True
            self._retire_dropped(self._ahead)
        self._ahead = None

    def built_ahead(self, plan: Plan) -> None:
        """A plan that was made ahead is built."""
        if plan is self._ahead:
            self._take_order(plan)
        self._retire_dropped(plan)

    def adopt(self, plan: Plan) -> Arrangement | None:
        """What goes on screen when this plan is built: nothing comes of one that is not the newest."""
        self._retire_dropped(plan)
        if plan is not self._newest or plan.built is None:
            return None
        self._take_order(plan)
        self._newest = None
        return plan.built

    def _retire_dropped(self, plan: Plan) -> None:
        if plan.dropped and plan.built is not None and plan.built is not plan.present:
            self.retire(plan.built)
            plan.built = None

    def _take_order(self, plan: Plan) -> None:
        self._order = Order(plan.order.records)
        for key in plan.late:
            self._order.note(key, plan.records.get(key))

    def retire(self, arrangement: Arrangement) -> None:
        """This one is not on screen any more."""
        self._retired.append(arrangement)

    def let_go(self) -> None:
        """Takes apart what has been retired, which takes some frames; in any thread."""
        while self._retired:
            self._retired.pop().dissolve()
