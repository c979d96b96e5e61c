"""How records stand in the list: groups, newest first, that fold, and the lines they make. Pure data, no Textual.

Groups are kept sorted and know how many lines they have, so any group, record or line is found by bisection; the lines
themselves are put together for what somebody looks at. A small change costs no more than splicing the groups it
touches and counting the lines anew, however long the list is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from operator import attrgetter
from types import MappingProxyType

from sidscope.domain.record import Record
from sidscope.tui.groups import Group, Kind, Lines, OrderKey, Place, record_key, started

SPLICE_AT_MOST = 64
"""Up to so many touched groups are spliced one by one; more are laid out anew from the first one that changed."""


class Grouping(StrEnum):
    """What the list is grouped by, in the order in which `g` cycles."""

    CONVERSATION = "conversation"
    CONTACT = "contact"
    FLOW = "flow"
    NONE = "none"

    @property
    def next(self) -> Grouping:
        """The one that `g` brings next."""
        order = list(Grouping)
        return order[(order.index(self) + 1) % len(order)]


_GROUP_KEYS: dict[Grouping, Callable[[Record], str]] = {
    Grouping.CONVERSATION: attrgetter("group_key"),
    Grouping.CONTACT: lambda record: record.contact or record.group_key,
    Grouping.FLOW: attrgetter("flow_sid"),
    Grouping.NONE: record_key,
}


def group_key(record: Record, grouping: Grouping) -> str:
    """The key of the group that ``record`` stands in."""
    return _GROUP_KEYS[grouping](record)


_order = attrgetter("order")
_NONE: Mapping[str, Record] = MappingProxyType({})


class Arrangement:
    """The groups and lines of a set of records, kept right as records come, change and go."""

    def __init__(self, grouping: Grouping, is_folded: Callable[[str], bool] = lambda _: False) -> None:
        self.grouping = grouping
        self.groups: dict[str, Group] = {}
        self._is_folded = is_folded
        self._order: list[Group] = []
        self.lines = Lines(self._order)
        self._home: dict[str, Group] = {}
        self._hidden: dict[str, str] = {}  # by execution: the group where the filter hides it
        self._hidden_in: Counter[str] = Counter()

    # --- asking

    def __contains__(self, key: str) -> bool:
        return key in self._home

    def __len__(self) -> int:
        """How many executions are arranged, those in folded groups too."""
        return len(self._home)

    def group_of(self, key: str) -> Group | None:
        """The group that the execution with this key stands in."""
        return self._home.get(key)

    def start_of(self, group: Group) -> int:
        """The index of the group's first line."""
        return self.lines.start_of(bisect_left(self._order, group.order, key=_order))

    def index_of(self, place: Place) -> int | None:
        """The index of the line for ``place``; None where it is not shown (folded away, filtered out)."""
        group = self.groups.get(place.key) if place.kind is Kind.GROUP else self._home.get(place.key)
        if group is None:
            return None
        start = self.start_of(group)
        for offset, line in enumerate(group.lines):
            if line.place == place:
                return start + offset
        return None

    def order_with(self, record: Record) -> OrderKey:
        """Where the record's group would stand if the record were put in."""
        key = group_key(record, self.grouping)
        own = (-started(record).timestamp(), key)
        group = self.groups.get(key)
        return min(own, group.order) if group else own

    def runs_from(self, place: Place, *, down: bool) -> Iterator[Record]:
        """The executions below (or above) a place, the nearest first, those in folded groups too."""
        group = self.groups.get(place.key) if place.kind is Kind.GROUP else self._home.get(place.key)
        if group is None:
            return
        own = self.runs(group)
        if place.kind is Kind.GROUP:
            yield from own if down else ()
        else:
            at = next(index for index, record in enumerate(own) if record_key(record) == place.key)
            yield from own[at + 1 :] if down else reversed(own[:at])
        index, step = bisect_left(self._order, group.order, key=_order), 1 if down else -1
        while 0 <= (index := index + step) < len(self._order):
            runs = self.runs(self._order[index])
            yield from runs if down else reversed(runs)

    def runs(self, group: Group) -> list[Record]:
        """A group's executions as they stand under it."""
        return group.runs[::-1] if group.by_flow else group.runs

    def all_runs(self) -> Iterator[Record]:
        """Every execution from the top, those in folded groups too."""
        for group in self._order:
            yield from self.runs(group)

    # --- changing

    def fill(self, records: Mapping[str, Record], hidden: Mapping[str, Record] = _NONE) -> None:
        """Arranges all of these, by key, where nothing is yet: what ``hide`` and ``put`` do, at half the cost."""
        groups, home, key_of = self.groups, self._home, _GROUP_KEYS[self.grouping]
        self._hidden = {key: key_of(record) for key, record in hidden.items()}
        self._hidden_in = Counter(self._hidden.values())
        for key, record in records.items():
            name = key_of(record)
            group = groups.get(name)
            if group is None:
                group = groups[name] = self._new(name)
            group.records[key] = record
            home[key] = group
        for group in groups.values():
            group.measure()
        self._order += sorted(groups.values(), key=_order)
        self.lines.changed()

    def dissolve(self) -> None:
        """Lets go of everything, a group at a time: at once it would hold the loop for some frames."""
        self._order.clear()
        self.lines.changed()
        self._home.clear()
        while self.groups:
            self.groups.popitem()[1].forget_lines()

    def _new(self, key: str) -> Group:
        hidden = self._hidden_in[key] if self._hidden else 0
        return Group(key, self.grouping is Grouping.FLOW, self._is_folded(key), hidden=hidden)

    def put(self, records: Iterable[Record]) -> None:
        """Adds records, or replaces those of the same execution."""
        dirty: dict[str, Group] = {}
        newcomers: dict[str, list[Record]] = {}
        arriving = {record_key(record): record for record in records}
        self._reveal(arriving, dirty)
        for key, record in arriving.items():
            home = self._home.get(key)
            target_key = group_key(record, self.grouping)
            if home is not None:
                dirty[home.key] = home
                if home.key == target_key:
                    home.records[key] = record
                    continue
                self._remove(home, key)
            newcomers.setdefault(target_key, []).append(record)
        for target_key, arrived in newcomers.items():
            group = self.groups.get(target_key)
            if group is None:
                group = self.groups[target_key] = self._new(target_key)
            dirty[target_key] = group
            for record in arrived:
                key = record_key(record)
                group.records[key] = record
                self._home[key] = group
        self._lay_out(dirty)

    def hide(self, records: Iterable[Record]) -> None:
        """Takes executions out, or keeps them out; their groups count them."""
        dirty: dict[str, Group] = {}
        leaving = {record_key(record): record for record in records}
        self._reveal(leaving, dirty)
        for key, record in leaving.items():
            group = self._home.get(key)
            if group is not None:
                dirty[group.key] = group
                self._remove(group, key)
            target_key = self._hidden[key] = group_key(record, self.grouping)
            self._hidden_in[target_key] += 1
            self._recount(target_key, dirty)
        self._lay_out(dirty)

    def _reveal(self, keys: Iterable[str], dirty: dict[str, Group]) -> None:
        for key in self._hidden.keys() & keys if self._hidden else ():
            target_key = self._hidden.pop(key)
            self._hidden_in[target_key] -= 1
            self._recount(target_key, dirty)

    def _recount(self, key: str, dirty: dict[str, Group]) -> None:
        group = self.groups.get(key)
        if group is not None:
            group.hidden = self._hidden_in[key]
            dirty[key] = group

    def fold(self, key: str, folded: bool) -> None:
        """Folds or unfolds a group."""
        group = self.groups.get(key)
        if group is not None and group.folded != folded:
            group.folded = folded
            self._lay_out({key: group})

    def fold_all(self, is_folded: Callable[[str], bool]) -> None:
        """Folds and unfolds groups as ``is_folded`` says of their keys."""
        dirty = {}
        for key, group in self.groups.items():
            if group.folded != is_folded(key):
                group.folded = not group.folded
                dirty[key] = group
        self._lay_out(dirty)

    def _remove(self, group: Group, key: str) -> None:
        del group.records[key]
        del self._home[key]

    def _lay_out(self, dirty: dict[str, Group]) -> None:
        if len(dirty) <= SPLICE_AT_MOST:
            for group in dirty.values():
                self._splice(group)
        else:
            self._sort_in(dirty)
        self.lines.changed()
        for key, group in dirty.items():
            if not group.records:
                del self.groups[key]

    def _splice(self, group: Group) -> None:
        if group.height:
            del self._order[bisect_left(self._order, group.order, key=_order)]
        group.measure()
        if group.height:
            self._order.insert(bisect_left(self._order, group.order, key=_order), group)

    def _sort_in(self, dirty: dict[str, Group]) -> None:
        """Sorts anew from the first place that changes; what stands above it is not touched."""
        start = len(self._order)
        known = [group.order for group in dirty.values() if group.height]
        if known:  # before measuring, while every group still stands where its order says
            start = bisect_left(self._order, min(known), key=_order)
        for group in dirty.values():
            group.measure()
        shown = [group for group in dirty.values() if group.height]
        if shown:  # none of the touched groups stands above `start`, so that part is still in order
            start = bisect_left(self._order, min(map(_order, shown)), hi=start, key=_order)
        tail = [group for group in self._order[start:] if group.key not in dirty]
        self._order[start:] = sorted(tail + shown, key=_order)


def arrange(
    records: Iterable[Record],
    grouping: Grouping,
    is_folded: Callable[[str], bool] = lambda _: False,
    hidden: Iterable[Record] = (),
) -> Arrangement:
    """All of ``records``, arranged at once; ``hidden`` ones only count."""
    arrangement = Arrangement(grouping, is_folded)
    arrangement.fill(
        {record_key(record): record for record in records}, {record_key(record): record for record in hidden}
    )
    return arrangement
