"""By what executions are grouped in the list, and in what order they stand. Pure data, no Textual."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from operator import attrgetter

from sidscope.domain.record import Record
from sidscope.tui.groups import started


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
    Grouping.NONE: attrgetter("execution_sid"),
}


def keys_of(grouping: Grouping) -> Callable[[Record], str]:
    """What tells of a record the key of the group that it stands in."""
    return _GROUP_KEYS[grouping]


def group_key(record: Record, grouping: Grouping) -> str:
    """The key of the group that ``record`` stands in."""
    return keys_of(grouping)(record)


Stamp = tuple[datetime, int, str]
"""What executions are put in order by; no two have the same."""


def stamp(record: Record) -> Stamp:
    """What an execution stands in order by."""
    return started(record), record.reentry_number, record.execution_sid


def newest_first(records: Iterable[Record]) -> list[Record]:
    """These records in order. Their stamps are made first: in one go with them, sorting a hundred thousand would keep
    every other thread from running for three frames."""
    records = list(records)
    stamps = [
        (record.date_created or started(record), record.reentry_number, record.execution_sid) for record in records
    ]
    order = sorted(range(len(records)), key=stamps.__getitem__, reverse=True)
    return [records[index] for index in order]


def place_of(record: Record, order: Sequence[Record]) -> int:
    """Where a record stands, or would stand, among records that are sorted newest first."""
    own = stamp(record)
    return bisect_left(order, True, key=lambda each: stamp(each) <= own)
