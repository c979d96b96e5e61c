"""A group of executions in the list, and the lines that it makes. Pure data, no Textual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, IntEnum
from itertools import pairwise
from typing import NamedTuple

from sidscope.domain.record import Record
from sidscope.domain.records import EPOCH
from sidscope.domain.sids import sid_key
from sidscope.domain.value import value

SHORTEST_GAP = timedelta(minutes=1)
"""So long between two executions of one conversation, and the time between them gets a line."""


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


@value
class Tidings:
    """What a group's line tells of all its executions."""

    failed: Record | None
    """The last one that failed."""
    active: Record | None
    """The last one that has not ended."""
    anomalies: bool
    flows: int


@dataclass(slots=True, eq=False)
class Group:
    """Executions that belong together, as they are while nothing changes."""

    key: str
    records: Sequence[Record]
    """Its executions, the newest first; there is one at least."""
    by_flow: bool = False
    """They are of one flow, and no one story: the newest stands first."""
    folded: bool = False
    hidden: int = 0
    """How many more executions belong to it that the filter hides."""
    _lines: list[Line] | None = None
    _tidings: Tidings | None = None

    @property
    def newest(self) -> Record:
        """The execution that began last."""
        return self.records[0]

    @property
    def tidings(self) -> Tidings:
        """What there is to tell of it: looked for once, in however many executions."""
        if self._tidings is None:
            records = self.records
            self._tidings = Tidings(
                next((record for record in records if record.failed), None),
                next((record for record in records if record.active), None),
                any(record.anomalies for record in records),
                1 if self.by_flow else len({record.flow_sid for record in records}),
            )
        return self._tidings

    @property
    def runs(self) -> Sequence[Record]:
        """Its executions as they stand under it: a flow's the newest first, a story's as it went."""
        return self.records if self.by_flow else self.records[::-1]

    @property
    def lines(self) -> list[Line]:
        """What it shows: made when somebody looks, and the same until it changes."""
        if self._lines is None:
            self._lines = _lines_of(self)
        return self._lines

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


def is_gap(before: Record, record: Record) -> bool:
    """Whether the two follow each other on one conversation, with time between them worth a line of its own."""
    if record.reentry_number != before.reentry_number + 1 or before.group_key != record.group_key:
        return False
    return (record.date_created or started(record)) - (before.date_created or started(before)) >= SHORTEST_GAP


def _lines_of(group: Group) -> list[Line]:
    runs, newest = group.runs, group.newest
    if len(runs) == 1 and not group.by_flow:
        return [Line(Kind.RUN, group, newest)]
    lines = [Line(Kind.GROUP, group, newest)]
    if group.folded:
        return lines
    lines.append(Line(Kind.RUN, group, runs[0], Part.INNER))
    for before, record in pairwise(runs):
        if not group.by_flow and is_gap(before, record):
            lines.append(Line(Kind.GAP, group, record, Part.INNER, before))
        lines.append(Line(Kind.RUN, group, record, Part.INNER))
    lines[-1] = lines[-1]._replace(part=Part.LAST)
    return lines
