"""A sign of one cell for each verdict, the same on the screen, in the tree and in a ticket."""

from __future__ import annotations

from typing import Final

from sidscope.domain.record import Record, Verdict

SIGNS: Final = {
    Verdict.REENTRY: "↻",
    Verdict.HANDOVER: "⇢",
    Verdict.FIRST_SEEN: "✦",
    Verdict.NEW_AFTER_TASK: "✦",
    Verdict.NEW_AFTER_CLOSE: "✦",
    Verdict.NEW_AFTER_WINDOW: "✦",
    Verdict.UNEXPLAINED: "?",
    Verdict.NEW_SESSION: "◇",
    Verdict.NEW_CALL: "◇",
    Verdict.NO_CONVERSATION: "–",
    Verdict.UNKNOWN: "·",
}
ODD: Final = "⚠"
"""Before an anomaly."""


def again(record: Record) -> str:
    """``↻2`` for the second execution of a conversation or call. Nothing for the first, nor in a group that is
    inferred: its messages have no conversation to come back on."""
    named = record.conversation_sid or record.call_sid
    return f"{SIGNS[Verdict.REENTRY]}{record.reentry_number + 1}" if record.reentry_number and named else ""


def sentences(record: Record) -> list[str]:
    """What is to be said of an execution: why this conversation, after its sign; then each anomaly."""
    odd = [
        f"{ODD} {name.replace('_', ' ')}: {reason}"
        for name, reason in zip(record.anomalies, record.anomaly_reasons, strict=False)
    ]
    return [f"{SIGNS[Verdict(record.verdict)]} {record.verdict_reason}", *odd]
