"""A new arrangement of all that is known, in the making: grouped and filtered anew, in any thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sidscope.domain.record import Record
from sidscope.tui.arrangement import Arrangement, Grouping, newest_first, place_of

Filter = Callable[[Record], bool]
Fold = tuple[bool, frozenset[str]]
"""Whether all is folded, and the keys of the groups of which the contrary is true."""


@dataclass(slots=True)
class FoldRule:
    """Which groups are folded: all or none, except those of which the contrary is true. The same object as long as
    there is a session: whoever lays out groups holds on to it."""

    all_folded: bool = False
    toggled: set[str] = field(default_factory=set)

    def __call__(self, key: str) -> bool:
        return self.all_folded is not (key in self.toggled)

    def toggle(self, key: str) -> None:
        """Folds a group, or unfolds it."""
        self.toggled ^= {key}

    def be(self, fold: Fold) -> None:
        """Becomes what another one was."""
        self.all_folded, toggled = fold
        self.toggled.clear()
        self.toggled.update(toggled)

    @property
    def fold(self) -> Fold:
        """How it is now."""
        return self.all_folded, frozenset(self.toggled)


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
    is_folded: FoldRule
    folds: Fold  # as it was at first
    built: Arrangement | None = None

    def build(self) -> Plan:
        """Does the work; touches nothing of the session."""
        self.order = Order(self.order.now(self.records))
        shown, matches, hidden = self.order.records, self.matches, list[Record]()
        if matches is not None:
            shown = []
            for record in self.order.records:
                (shown if matches(record) else hidden).append(record)
        self.built = Arrangement(self.grouping, self.is_folded)
        self.built.fill(self.records, shown, hidden)
        return self
