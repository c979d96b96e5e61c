"""A group of executions in the list, and the lines that it makes. Pure data, no Textual."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, IntEnum
from itertools import accumulate, pairwise
from operator import attrgetter
from typing import NamedTuple, overload

from sidscope.domain.record import Record
from sidscope.domain.records import EPOCH
from sidscope.domain.sids import sid_key

SHORTEST_GAP = 60
"""Seconds between two executions of one conversation from which on the time between them gets a line."""


class Kind(IntEnum):
    """What a line shows."""

    GROUP = 0
    RUN = 1  # an execution
    GAP = 2  # the time between two executions of one conversation


class Part(Enum):
    """Where an execution's line stands in its group."""

    ALONE = "alone"
    INNER = "inner"
    LAST = "last"


class Place(NamedTuple):
    """What the cursor stands on: an execution (by the key of its FN) or a group (by its key)."""

    kind: Kind
    key: str


OrderKey = tuple[float, str]


@dataclass(slots=True, eq=False)
class Group:
    """Executions that belong together."""

    key: str
    by_flow: bool = False
    """They are of one flow, and no one story: the newest stands first."""
    folded: bool = False
    records: dict[str, Record] = field(default_factory=dict)
    hidden: int = 0
    """How many more executions belong to it that the filter hides."""
    order: OrderKey = (0.0, "")
    height: int = 0  # how many lines it has
    newest: Record | None = None  # the execution that began last
    failed: Record | None = None  # the last one that failed
    _lines: list[Line] | None = None

    @property
    def runs(self) -> list[Record]:
        """Its executions in time order."""
        records = list(self.records.values())
        if len(records) > 1:
            records.sort(key=_by_time)
        return records

    @property
    def lines(self) -> list[Line]:
        """What it shows: made when somebody looks, and the same until it changes."""
        if self._lines is None:
            self._lines = _lines_of(self) if self.records else []
        return self._lines

    def measure(self) -> None:
        """Works out where it stands and how many lines it has, from its records and whether it is folded."""
        self.forget_lines()
        self.height = len(self.records)
        if not self.height:
            return
        runs = self.runs
        newest = self.newest = runs[-1]
        self.order = (-started(newest).timestamp(), self.key)
        if self.height == 1:
            self.failed = newest if newest.failed else None
        else:
            self.failed = next((record for record in reversed(runs) if record.failed), None)
        if self.height > 1 or self.by_flow:
            self.height = 1 if self.folded else 1 + self.height
        if self.height > 2 and not self.by_flow:
            self.height += sum(map(is_gap, runs, runs[1:]))

    def forget_lines(self) -> None:
        """Lets go of its lines, which hold it in turn: the collector would find them late."""
        self._lines = None


class Line(NamedTuple):
    """One line of the list. For a group ``record`` is its newest execution; for a gap, the one after the gap."""

    kind: Kind
    group: Group
    record: Record
    part: Part = Part.ALONE
    before: Record | None = None

    @property
    def place(self) -> Place | None:
        """What the cursor would stand on here; None where it cannot stand."""
        if self.kind is Kind.GAP:
            return None
        return Place(self.kind, self.group.key if self.kind is Kind.GROUP else record_key(self.record))


def record_key(record: Record) -> str:
    """The spelling that names a record everywhere in the explorer."""
    return sid_key(record.execution_sid)


def started(record: Record) -> datetime:
    """When the execution began, for putting records in order; the epoch if Twilio does not say."""
    return record.date_created or record.date_updated or EPOCH


def one_contact(record: Record, other: Record) -> bool:
    """Whether both are of one contact or one group, so that one story may tell of both."""
    return other.group_key == record.group_key or (record.contact is not None and other.contact == record.contact)


def _by_time(record: Record) -> tuple[datetime, int, str]:
    return started(record), record.reentry_number, record.execution_sid


def is_gap(before: Record, record: Record) -> bool:
    """Whether the two follow each other on one conversation, with time between them worth a line of its own."""
    return (
        before.group_key == record.group_key
        and record.reentry_number == before.reentry_number + 1
        and (started(record) - started(before)).total_seconds() >= SHORTEST_GAP
    )


_height = attrgetter("height")


def _lines_of(group: Group) -> list[Line]:
    runs = group.runs
    newest = runs[-1]
    if len(runs) == 1 and not group.by_flow:
        return [Line(Kind.RUN, group, newest)]
    lines = [Line(Kind.GROUP, group, newest)]
    if group.folded:
        return lines
    if group.by_flow:
        lines += [Line(Kind.RUN, group, record, Part.INNER) for record in reversed(runs)]
    else:
        lines.append(Line(Kind.RUN, group, runs[0], Part.INNER))
        for before, record in pairwise(runs):
            if is_gap(before, record):
                lines.append(Line(Kind.GAP, group, record, Part.INNER, before))
            lines.append(Line(Kind.RUN, group, record, Part.INNER))
    lines[-1] = lines[-1]._replace(part=Part.LAST)
    return lines


class Lines(Sequence[Line]):
    """The lines of sorted groups, one group's after the other's."""

    def __init__(self, order: list[Group]) -> None:
        self._order = order
        self._ends: array[int] | None = None  # of each group: how many lines there are to its end

    def changed(self) -> None:
        """The groups, or how many lines they have, are others."""
        self._ends = None

    def start_of(self, position: int) -> int:
        """The index of the first line of the group at this position among the groups."""
        return self._counted()[position - 1] if position else 0

    def _counted(self) -> array[int]:
        if self._ends is None:
            self._ends = array("L", accumulate(map(_height, self._order)))
        return self._ends

    def __len__(self) -> int:
        ends = self._counted()
        return ends[-1] if ends else 0

    def __iter__(self) -> Iterator[Line]:
        for group in self._order:
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
        position = bisect_right(self._counted(), index)
        return self._order[position].lines[index - self.start_of(position)]
