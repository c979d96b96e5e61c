"""How records stand in the list: groups, newest first, that fold, and the lines they make. Pure data, no Textual.

What is kept of a group is its executions and whether it has more than one line; the names of the groups stand sorted,
so any group, record or line is found by bisection. A :class:`Group` and its lines are made for what somebody looks at.
A small change costs no more than splicing the groups it touches and counting the lines from there on, however long the
list is.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import accumulate, islice, repeat
from typing import overload

from sidscope.domain.record import Record
from sidscope.tui.folds import FoldRule
from sidscope.tui.groups import Group, Kind, Line, Place, is_gap, record_key
from sidscope.tui.ordering import Grouping, Stamp, group_key, keys_of, newest_first, place_of, stamp

SPLICE_AT_MOST = 64
"""Up to so many groups that move are spliced one by one; more are sorted in from the first place that changes."""


def _height(runs: Sequence[Record]) -> int:
    """How many lines a group of more than one execution has, newest first, when it is not folded."""
    return 1 + len(runs) + sum(map(is_gap, runs[1:], runs))


class Arrangement:
    """The groups and lines of a set of records, kept right as records come, change and go. When other groups are folded
    than before, :meth:`fold` or :meth:`fold_all` has to be called."""

    def __init__(self, grouping: Grouping, folds: FoldRule | None = None) -> None:
        self.grouping = grouping
        self._folds = folds or FoldRule()
        self._records: dict[str, Record] = {}  # those that the filter hides too
        self._runs: dict[str, list[Record]] = {}  # by group: its executions, the newest first
        self._newest: dict[str, Record] = {}  # by group: the execution that it stands in the order for
        self._order: list[str] = []  # the keys of the groups, that with the newest execution first
        self._tall: dict[str, int] = {}  # by group: how many lines it has, if more than one
        self._ends = array("L")  # of each group: how many lines there are to its end; known of so many from the top
        self._seen: dict[str, Group] = {}  # those that somebody has looked at
        self._hidden: set[str] = set()  # the keys of what the filter hides
        self._hidden_in: Counter[str] = Counter()  # by group: how many of them

    # --- asking

    def __contains__(self, key: str) -> bool:
        return key in self._records and key not in self._hidden

    def __len__(self) -> int:
        """How many executions are arranged, those in folded groups too."""
        return len(self._records) - len(self._hidden)

    @property
    def lines(self) -> Lines:
        """All lines from the top, as they are at any time."""
        return Lines(self)

    @property
    def unfolded(self) -> bool:
        """Whether there is a group that could be folded."""
        return bool(self._tall)

    def group(self, key: str) -> Group | None:
        """The group with this key: the same object until it changes."""
        group = self._seen.get(key)
        if group is None and (runs := self._runs.get(key)) is not None:
            by_flow = self.grouping is Grouping.FLOW
            group = self._seen[key] = Group(key, runs, by_flow, self._folds(key), self._hidden_in[key])
        return group

    def groups(self) -> Iterator[Group]:
        """All groups from the top."""
        for key in self._order:
            if (group := self.group(key)) is not None:
                yield group

    def group_of(self, key: str) -> Group | None:
        """The group that the execution with this key stands in."""
        return self.group(group_key(self._records[key], self.grouping)) if key in self else None

    def index_of(self, place: Place) -> int | None:
        """The index of the line for ``place``; None where it is not shown (folded away, filtered out)."""
        group = self.group(place.key) if place.kind is Kind.GROUP else self.group_of(place.key)
        if group is None:
            return None
        start = self.start_of(self._position(group.key))
        for offset, line in enumerate(group.lines):
            if line.place == place:
                return start + offset
        return None

    def stands_below(self, record: Record, group: Group) -> bool:
        """Whether the record would stand in a group below this one if it were put in."""
        own, there = stamp(record), self._newest.get(group_key(record, self.grouping))
        return max(own, stamp(there) if there is not None else own) < stamp(group.newest)

    def runs_from(self, place: Place, *, down: bool) -> Iterator[Record]:
        """The executions below (or above) a place, the nearest first, those in folded groups too."""
        group = self.group(place.key) if place.kind is Kind.GROUP else self.group_of(place.key)
        if group is None:
            return
        own = group.runs
        if place.kind is Kind.GROUP:
            yield from own if down else ()
        else:
            at = next(index for index, record in enumerate(own) if record_key(record) == place.key)
            yield from own[at + 1 :] if down else reversed(own[:at])
        index, step = self._position(group.key), 1 if down else -1
        while 0 <= (index := index + step) < len(self._order):
            runs = self._runs_of(self._order[index])
            yield from runs if down else reversed(runs)

    def all_runs(self) -> Iterator[Record]:
        """Every execution from the top, those in folded groups too."""
        for key in self._order:
            yield from self._runs_of(key)

    def _runs_of(self, key: str) -> list[Record]:
        """A group's executions as they stand under it."""
        runs = self._runs[key]
        return runs if self.grouping is Grouping.FLOW else runs[::-1]

    # --- lines

    def height(self) -> int:
        """How many lines there are."""
        ends = self._counted()
        return ends[-1] if ends else 0

    def line(self, index: int) -> Line:
        """The line at an index that there is."""
        position = bisect_right(self._counted(), index)
        group = self.group(self._order[position])
        assert group is not None, "what stands in the order has executions"  # noqa: S101
        return group.lines[index - self.start_of(position)]

    def start_of(self, position: int) -> int:
        """The index of the first line of the group at this position among the groups."""
        return self._counted()[position - 1] if position else 0

    def _counted(self) -> array[int]:
        ends, order = self._ends, self._order
        if len(ends) < len(order):
            heights = map(self._tall.get, islice(order, len(ends), None), repeat(1))
            ends.extend(islice(accumulate(heights, initial=ends[-1] if ends else 0), 1, None))
        return ends

    def _count_from(self, position: int) -> None:
        """From this group on the lines are others: they are counted anew when somebody asks."""
        del self._ends[position:]

    def _position(self, key: str) -> int:
        return self._position_for(stamp(self._newest[key]))

    def _position_for(self, own: Stamp) -> int:
        newest = self._newest
        return bisect_left(self._order, True, key=lambda key: stamp(newest[key]) <= own)

    def _heights(self, groups: dict[str, list[Record]]) -> dict[str, int]:
        """Of these groups, how many lines those have that have more than one."""
        if self.grouping is Grouping.FLOW:
            heights = [1 + len(runs) for runs in groups.values()]
        else:  # without a call for the many that have one execution or two: that would be most of the time it takes
            heights = [
                1 if len(runs) == 1 else 3 + is_gap(runs[1], runs[0]) if len(runs) == 2 else _height(runs)
                for runs in groups.values()
            ]
        tall = {key: height for key, height in zip(groups, heights, strict=True) if height > 1}
        for key in self._folds.among(groups.keys()):
            tall.pop(key, None)
        return tall

    # --- changing

    def fill(self, records: dict[str, Record], shown: Sequence[Record], hidden: Sequence[Record] = ()) -> None:
        """Arranges all of these where nothing is yet: what ``hide`` and ``put`` do, at a fraction of the cost.
        ``records`` are all by key, and the arrangement's own from now on; of them ``shown``, newest first, and
        ``hidden``."""
        key_of = keys_of(self.grouping)
        self._records = records
        self._hidden = set(map(record_key, hidden))
        self._hidden_in = Counter(map(key_of, hidden))
        groups, newest = self._runs, self._newest
        for record in shown:
            key = key_of(record)
            if (runs := groups.get(key)) is None:
                groups[key] = [record]
                newest[key] = record
            else:
                runs.append(record)
        self._order = list(groups)
        self._count_all()
        self._counted()

    def dissolve(self) -> None:
        """Lets go of everything, a group at a time: at once it would hold the loop for some frames."""
        self._forget_groups()
        self._order.clear()
        self._newest.clear()
        self._count_from(0)
        while self._runs:
            self._runs.popitem()

    def put(self, records: Iterable[Record]) -> None:
        """Adds records, or replaces those of the same execution."""
        dirty: set[str] = set()
        for record in records:
            self._take_out(record_key(record), dirty)
            self._records[record_key(record)] = record
            group = group_key(record, self.grouping)
            dirty.add(group)
            runs = self._runs.setdefault(group, [])
            runs.insert(place_of(record, runs), record)
        self._lay_out(dirty)

    def hide(self, records: Iterable[Record]) -> None:
        """Takes executions out, or keeps them out; their groups count them."""
        dirty: set[str] = set()
        for record in records:
            key = record_key(record)
            self._take_out(key, dirty)
            self._records[key] = record
            self._hidden.add(key)
            group = group_key(record, self.grouping)
            self._hidden_in[group] += 1
            dirty.add(group)
        self._lay_out(dirty)

    def _take_out(self, key: str, dirty: set[str]) -> None:
        """Takes an execution out of its group, if there is one, be it hidden there or not."""
        record = self._records.pop(key, None)
        if record is None:
            return
        group = group_key(record, self.grouping)
        dirty.add(group)
        if key in self._hidden:
            self._hidden.discard(key)
            self._hidden_in[group] -= 1
        else:
            del self._runs[group][place_of(record, self._runs[group])]

    def fold(self, key: str) -> None:
        """This group is folded, or is not any more."""
        self._count([key])

    def fold_all(self) -> None:
        """Any group may be folded now, or not any more."""
        self._forget_groups()
        self._count_all()

    def _count_all(self) -> None:
        self._tall = self._heights(self._runs)
        self._count_from(0)

    def _count(self, keys: Collection[str]) -> None:
        """Has groups that changed, or are there no more, looked at and counted anew."""
        for key in keys:
            self._tall.pop(key, None)
            if (group := self._seen.pop(key, None)) is not None:
                group.forget_lines()
        self._tall |= self._heights({key: self._runs[key] for key in keys if key in self._runs})
        if (first := self._first_of(self._newest[key] for key in keys if key in self._newest)) is not None:
            self._count_from(first)

    def _first_of(self, newest: Iterable[Record]) -> int | None:
        """Where the first of these groups stands, or would stand, each given by its newest execution."""
        first = max(map(stamp, newest), default=None)
        return None if first is None else self._position_for(first)

    def _forget_groups(self) -> None:
        for group in self._seen.values():
            group.forget_lines()
        self._seen.clear()

    def _lay_out(self, dirty: set[str]) -> None:
        """Brings order and heights up to date with the executions of these groups."""
        moving = []
        for key in dirty:
            runs, newest = self._runs.get(key), self._newest.get(key)
            if not runs:
                self._runs.pop(key, None)
            elif newest is not None and stamp(newest) == stamp(runs[0]):
                self._newest[key] = runs[0]  # the same, or what it has become: it stands where it stood
                continue
            moving.append(key)
        self._move(moving)
        self._count(dirty)

    def _move(self, keys: list[str]) -> None:
        """Takes these groups out of the order, and sorts in those that there still are."""
        out = sorted(self._position(key) for key in keys if key in self._newest)
        if out:
            self._count_from(out[0])
        for key in keys:
            self._newest.pop(key, None)
        shown = {key: runs[0] for key in keys if (runs := self._runs.get(key))}
        if len(keys) <= SPLICE_AT_MOST:
            for position in reversed(out):
                del self._order[position]
            for key, record in shown.items():
                self._order.insert(self._position_for(stamp(record)), key)
                self._newest[key] = record
        else:
            self._sort_in(out, shown)

    def _sort_in(self, out: list[int], shown: dict[str, Record]) -> None:
        """The same for many: sorts anew from the first place that changes; what stands above it is not touched."""
        order, newest = self._order, self._newest
        if out:
            order[out[0] :] = [key for key in order[out[0] :] if key in newest]
        if (start := self._first_of(shown.values())) is not None:
            start = min([start, *out[:1]])
            newest.update(shown)
            order[start:] = sorted([*order[start:], *shown], key=lambda key: stamp(newest[key]), reverse=True)


class Lines(Sequence[Line]):
    """The lines of an arrangement."""

    def __init__(self, arrangement: Arrangement) -> None:
        self._arrangement = arrangement

    def __len__(self) -> int:
        return self._arrangement.height()

    def __iter__(self) -> Iterator[Line]:
        for group in self._arrangement.groups():
            yield from group.lines

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> list[Line]: ...
    def __getitem__(self, index: int | slice) -> Line | list[Line]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        index = index if index >= 0 else len(self) + index
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self._arrangement.line(index)


def arrange(
    records: Iterable[Record],
    grouping: Grouping,
    folds: FoldRule | None = None,
    hidden: Iterable[Record] = (),
) -> Arrangement:
    """All of ``records``, arranged at once; ``hidden`` ones only count."""
    arrangement = Arrangement(grouping, folds)
    shown, hidden = list(records), list(hidden)
    every = {record_key(record): record for record in (*shown, *hidden)}
    arrangement.fill(every, newest_first(shown), hidden)
    return arrangement
