"""The one place where states, verdicts, anomalies and read states get their sign, word and ink.

A sign alone tells them apart without colour; where there is room the word stands beside it. Inks are the names of
component classes of :class:`~sidscope.tui.widgets.inked.Palette`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from sidscope.domain.record import Record, Verdict
from sidscope.domain.signs import ODD, SIGNS


class Mark(NamedTuple):
    """A sign of one cell, the word for it, and the ink both are written in."""

    sign: str
    word: str
    ink: str


STATES: Final = {
    "active": Mark("●", "active", "good"),
    "ended": Mark("○", "ended", "dim"),
}
NO_STATE: Final = Mark("·", "state unknown", "dim")

_WORDS: Final = {
    Verdict.REENTRY: ("same", "same"),
    Verdict.HANDOVER: ("handed over", "same"),
    Verdict.FIRST_SEEN: ("first seen", "new"),
    Verdict.NEW_AFTER_TASK: ("after task", "new"),
    Verdict.NEW_AFTER_CLOSE: ("after close", "new"),
    Verdict.NEW_AFTER_WINDOW: ("after 24 h", "new"),
    Verdict.UNEXPLAINED: ("unexplained", "warn"),
    Verdict.NEW_SESSION: ("new session", "plain"),
    Verdict.NEW_CALL: ("new call", "plain"),
    Verdict.NO_CONVERSATION: ("none", "dim"),
    Verdict.UNKNOWN: ("unknown", "dim"),
}
VERDICTS: Final[dict[str, Mark]] = {
    verdict.value: Mark(SIGNS[verdict], word, ink) for verdict, (word, ink) in _WORDS.items()
}

OUTCOMES: Final = {
    "failed": Mark("✗", "failed", "bad"),
    "loop": Mark("✗", "in a loop", "bad"),
    "limit": Mark("✗", "too long", "bad"),
    "cut": Mark("⊣", "cut off", "bad"),
    "timeout": Mark("◷", "timed out", "warn"),
    "unanswered": Mark("∅", "no answer", "warn"),
    "hangup": Mark("⊣", "hung up", "warn"),
    "normal": Mark("✓", "normal", "dim"),
}
"""How an execution went, as far as its steps tell; the worst first."""
NO_OUTCOME: Final = Mark("", "", "dim")

CONTEXTS: Final = {
    "pending": Mark("…", "pending", "dim"),
    "gone": Mark("∅", "gone", "dim"),
    "denied": Mark("⊘", "denied", "bad"),
    "failed": Mark("!", "unreadable", "bad"),  # never ✗: that is an execution that failed
}
"""Read states of a context that must never pass for "no data"; `ok` and `not_needed` need no sign."""

ANOMALIES: Final = {
    "stuck": "stuck",
    "webchat_reused": "webchat conversation used again",
    "reentry_after_close": "started on a closed conversation",
    "overlapping_conversations": "two conversations open at once",
    "message_started_several": "one message started several flows",
}
ANOMALY: Final = Mark(ODD, "anomaly", "warn")
MARKED: Final = Mark("◆", "marked", "accent")

CHANNELS: Final = {
    "whatsapp": "wa",
    "sms": "sms",
    "webchat": "web",
    "voice": "voice",
    "messenger": "msgr",
    "rcs": "rcs",
    "api": "api",
    "unknown": "?",
}
"""Channel → what stands for it where there is little room."""


def state_mark(record: Record) -> Mark:
    """The mark of Twilio's own status of the execution."""
    return STATES.get(record.status or "", NO_STATE)


def outcome_mark(record: Record) -> Mark | None:
    """How it went; None where that is not known."""
    return OUTCOMES.get(record.outcome or "")


def verdict_mark(record: Record) -> Mark:
    """Why this conversation; where that cannot be known, why not (its context is pending, gone, denied…)."""
    if record.verdict == "unknown" and record.context_status in CONTEXTS:
        return CONTEXTS[record.context_status]
    mark = VERDICTS.get(record.verdict, VERDICTS["unknown"])
    if record.verdict == "reentry":
        return mark._replace(sign=f"↻{record.reentry_number + 1}")
    return mark


def context_mark(record: Record) -> Mark | None:
    """A sign for a context that could not be read although the verdict is known without it."""
    if record.verdict == "unknown":
        return None
    return CONTEXTS.get(record.context_status)


def anomaly_words(record: Record) -> list[str]:
    """Each anomaly in words: the sentence that the rules have for it, where they were asked."""
    return list(record.anomaly_reasons) or [ANOMALIES.get(name, name.replace("_", " ")) for name in record.anomalies]
