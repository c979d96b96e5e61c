"""What goes into the archive and comes out of it beyond the records of the domain."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from sidscope.domain.records import (
    Call,
    Context,
    Conversation,
    Execution,
    Flow,
    Memberships,
    ReadStatus,
    Step,
    StepContext,
    Task,
)
from sidscope.domain.times import iso
from sidscope.domain.value import value


class ArchiveError(Exception):
    """The archive cannot be opened, read or written. The message is one sentence that says what to do."""


class UnusableArchive(ArchiveError):
    """The file is no archive of this account that this version can use: who may write sets it aside."""


@value
class ContextWrite:
    """What came of reading an execution's context, and the row as it was known when the context was asked for. The
    archive finds the facts in both."""

    context: Context
    row: Execution

    @property
    def row_stamp(self) -> str:
        """:func:`row_stamp` of the row."""
        return row_stamp(self.row)


@value
class StepsWrite:
    """What came of reading the steps of one execution at ``read_at``: all of them (possibly none), oldest first.

    ``row_stamp`` is :func:`row_stamp` of the row as it was known when they were asked for.
    """

    execution_sid: str
    steps: tuple[Step, ...]
    read_at: datetime
    read_status: ReadStatus = ReadStatus.OK
    row_stamp: str = ""


@value
class StepContextWrite:
    """What came of reading a step's context; its ``final`` follows from ``row_stamp``, as with steps."""

    context: StepContext
    row_stamp: str = ""


ContextItem = ContextWrite | StepContextWrite
"""What came of reading a context."""


@value
class Coverage:
    """The executions of a flow created in [since, until) have been completely listed."""

    flow_sid: str
    since: datetime
    until: datetime


Item = (
    Flow
    | Execution
    | ContextWrite
    | StepsWrite
    | StepContextWrite
    | Conversation
    | Task
    | Call
    | Memberships
    | Coverage
)
"""What :meth:`Archive.write` takes."""


MANY: Final = 200
"""Contexts for which it is worth to start a process."""


@value
class ArchiveInfo:
    """What an archive holds. ``path`` is None in memory; ``bytes`` counts SQLite's side files too."""

    path: Path | None
    account_sid: str
    bytes: int
    schema_version: int
    counts: dict[str, int]  # table → rows
    contexts: dict[str, int]  # context status → executions
    oldest: datetime | None  # start of the oldest and newest execution
    newest: datetime | None


@value
class PurgeResult:
    """How many rows a purge deleted, by table."""

    counts: dict[str, int]

    @property
    def executions(self) -> int:
        return self.counts.get("executions", 0)


def row_stamp(row: Execution) -> str:
    """What of a row must change before an active execution's context is read again."""
    return f"{row.status or ''}|{iso(row.date_updated) or ''}"


def taken_after_end(stamp: str | None) -> bool:
    """Whether a stamp was taken of a row whose execution had ended, so that its context cannot change any more."""
    return stamp is not None and stamp.startswith("ended|")
