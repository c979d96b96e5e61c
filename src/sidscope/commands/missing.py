"""What an answer from the archive alone lacks: contexts that were denied or failed. What is pending is no lack then."""

from __future__ import annotations

from collections.abc import Iterable

from sidscope.domain.record import Record
from sidscope.domain.records import ReadStatus


def missing(records: Iterable[Record]) -> list[str]:
    """As sentences, in the words of a run that asks Twilio."""
    lacking = [each for each in records if each.context_status in (ReadStatus.DENIED, ReadStatus.FAILED)]
    if not lacking:
        return []  # which is the usual, and to be told at once
    from sidscope.sync.progress import Problems

    problems = Problems()
    for record in lacking:
        problems.read("context", record.execution_sid, ReadStatus(record.context_status))
    return problems.all()
