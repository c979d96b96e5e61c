"""What of two answers about one thing is kept: what was seen is never lost to an older or a failed answer.

Pure functions; with them any order of writes, also of two processes, ends in the same archive.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Final, TypeVar

from sidscope.archive.types import row_stamp, taken_after_end
from sidscope.domain.evidence import settles
from sidscope.domain.records import EPOCH, Call, Conversation, Execution, ReadStatus, Task
from sidscope.domain.value import names_of, replace

ANSWERED: Final = (ReadStatus.OK, ReadStatus.GONE)
UNREAD: Final = (ReadStatus.NOT_NEEDED, ReadStatus.PENDING)

Lookup = TypeVar("Lookup", Conversation, Task, Call)

_STATE: Final = frozenset({"state", "assignment_status", "status", "date_closed"})


def merged_execution(old: Execution, new: Execution) -> Execution:
    """Ended wins over active, then the newer ``date_updated``; what one of them leaves out the other fills in."""
    if (old.status == "ended") != (new.status == "ended"):
        winner, loser = (old, new) if old.status == "ended" else (new, old)
    elif (new.date_updated or EPOCH) >= (old.date_updated or EPOCH):
        winner, loser = new, old
    else:
        winner, loser = old, new
    return replace(
        winner,
        sid=old.sid,  # one spelling for good
        flow_sid=old.flow_sid,
        status=winner.status or loser.status,
        date_created=winner.date_created or loser.date_created,
        date_updated=winner.date_updated or loser.date_updated,
        contact_channel_address=winner.contact_channel_address or loser.contact_channel_address,
        initiated_by=winner.initiated_by or loser.initiated_by,
        flow_version=loser.flow_version if winner.flow_version is None else winner.flow_version,
    )


def unread_status(row: Execution) -> ReadStatus:
    """The context status of a row whose context was never asked for."""
    return ReadStatus.NOT_NEEDED if settles(row) else ReadStatus.PENDING


def wants_context(row: Execution, status: ReadStatus, stamp: str | None) -> bool:
    """Whether the context is needed to group the row and was not read for the row as it is now. A refused or failed
    reading is wanted again: the caller spends that once a run."""
    return not settles(row) and is_unread(row, status, stamp)


def is_unread(row: Execution, status: ReadStatus, stamp: str | None) -> bool:
    """Whether reading the context could tell more than was read, be it needed for grouping or not."""
    if status not in ANSWERED:
        return True
    return not taken_after_end(stamp) and stamp != row_stamp(row)


def is_final(status: ReadStatus, stamp: str | None) -> bool:
    """Whether what was read can never change: it is an answer, and the execution had ended before."""
    return status in ANSWERED and taken_after_end(stamp)


class Keep(Enum):
    """What becomes of a context's outcome."""

    OLD = "old"  # the new one tells nothing
    STAMP = "stamp"  # what was read stays, and is known to be all there is for this row
    NEW = "new"


def context_to_keep(old: tuple[ReadStatus, str | None, datetime | None], new: tuple[ReadStatus, str, datetime]) -> Keep:
    """Each outcome is (status, row stamp, read at)."""
    old_status, old_stamp, old_read = old
    status, stamp, read = new
    if old_status in UNREAD:
        return Keep.NEW
    older = old_read is not None and read < old_read
    if status is ReadStatus.OK:
        return Keep.OLD if older and old_status is ReadStatus.OK else Keep.NEW
    if old_status is ReadStatus.OK:
        # Deleted since: the body that was seen stays, nothing newer will ever come.
        return Keep.STAMP if status is ReadStatus.GONE and not older and stamp != old_stamp else Keep.OLD
    if status in UNREAD or older or (old_status is ReadStatus.GONE and taken_after_end(old_stamp)):
        return Keep.OLD
    return Keep.NEW


def merged_lookup(old: Lookup, new: Lookup) -> Lookup:
    """Final answers stay; an answer beats a refusal; else the later look-up counts."""
    if old.read_status in ANSWERED and new.read_status not in ANSWERED:
        return old
    if old.read_status is ReadStatus.OK and old.final:
        return old
    if new.read_at < old.read_at and not (new.read_status in ANSWERED and old.read_status not in ANSWERED):
        # A final state was true when it was seen and still is, however late the answer comes in.
        return new if new.read_status is ReadStatus.OK and new.final else old
    if new.read_status is ReadStatus.GONE and old.read_status is ReadStatus.OK:
        # Deleted since: its dates and services are still what they were, its state is not.
        seen = {name: getattr(old, name) for name in names_of(type(old)) if name not in _STATE}
        return replace(new, **{name: value for name, value in seen.items() if getattr(new, name) is None})
    return new
