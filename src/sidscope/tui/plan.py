"""A new arrangement of all that is known, in the making: grouped and filtered anew, in any thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sidscope.domain.record import Record
from sidscope.tui.arrangement import Arrangement
from sidscope.tui.folds import Fold, FoldRule
from sidscope.tui.ordering import Grouping, newest_first, place_of

Filter = Callable[[Record], bool]

INSERT_AT_MOST = 1_000
"""Up to so many changed records are sorted in one by one; with more, all are sorted."""


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
    built: Arrangement | None = None

    def build(self) -> Plan:
        """Does the work; touches nothing of the session."""
        self.order = Order(self.order.now(self.records))
        shown, matches, hidden = self.order.records, self.matches, list[Record]()
        if matches is not None:
            shown = []
            for record in self.order.records:
                (shown if matches(record) else hidden).append(record)
        self.built = Arrangement(self.grouping, self.folds)
        self.built.fill(self.records, shown, hidden)
        return self
