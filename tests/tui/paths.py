"""Steps for the explorer's tests: a path that fails, with what each step left behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sidscope.archive import Archive, StepContextWrite, StepsWrite, row_stamp
from sidscope.domain.records import Execution, ReadStatus, Step, StepContext
from tests.tui.samples import NOW, context, sid

FAILING = (
    (0, "Trigger", "trigger", "incomingMessage", "ask"),
    (0, "ask", "send-and-wait-for-reply", "incomingMessage", "call_api"),
    (42, "call_api", "make-http-request", "failed", "sorry"),
    (45, "sorry", "send-message", "sent", "Ended"),
)
"""Seconds after the start, the widget left, its type, the event, the widget entered."""


def steps_of(row: Execution, path: Any = FAILING) -> tuple[Step, ...]:
    assert row.date_created is not None
    return tuple(
        Step(
            sid("FT", number),
            row.sid,
            row.flow_sid,
            event,
            left,
            entered,
            type_,
            date_created=row.date_created + timedelta(seconds=seconds),
        )
        for number, (seconds, left, type_, event, entered) in enumerate(path, start=1)
    )


def variables(number: int) -> dict[str, Any]:
    """The context of the step with this number: each one holds what its widget added."""
    widgets: dict[str, Any] = {}
    if number >= 2:
        widgets["ask"] = {"inbound": {"Body": "Hallo \x1b]52;c;AAAA\x07", "MessageSid": sid("SM", 44)}}
    if number >= 3:
        widgets["call_api"] = {"status_code": 500, "tries": 1}
    if number >= 4:
        widgets["call_api"] = {"status_code": 500, "tries": 2}
    return context("whatsapp:+4915100000001", sid("CH", 1), **widgets)


def with_steps(
    archive: Archive,
    row: Execution,
    path: Any = FAILING,
    *,
    status: ReadStatus = ReadStatus.OK,
    contexts: dict[int, ReadStatus] | None = None,
) -> None:
    """Writes what an engine would have read: the steps, and the contexts of those that were looked into."""
    stamp = row_stamp(row)
    archive.write(StepsWrite(row.sid, steps_of(row, path) if status is ReadStatus.OK else (), NOW, status, stamp))
    for number, read in (contexts or {}).items():
        body = variables(number) if read is ReadStatus.OK else None
        archive.write(StepContextWrite(StepContext(sid("FT", number), row.sid, read, NOW, body), stamp))
    archive.flush()
