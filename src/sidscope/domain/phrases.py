"""The product's voice: the clauses that sentences about executions are made of.

Short, exact, in Twilio's terms; SIDs in their short form. Times are told against the execution that the sentence is
about, and absolute in UTC, so a sentence changes only with what is known. The explorer puts its own zone and ages in
their place: :func:`~sidscope.domain.times.retold`.
"""

from __future__ import annotations

from datetime import datetime

from sidscope.domain.grouping import Run
from sidscope.domain.records import Channel, Conversation, ReadStatus
from sidscope.domain.sids import short
from sidscope.domain.times import say_read, say_span, say_time

CHANNEL_NAMES = {
    Channel.WHATSAPP: "WhatsApp",
    Channel.SMS: "SMS",
    Channel.WEBCHAT: "webchat",
    Channel.VOICE: "voice",
    Channel.MESSENGER: "Messenger",
    Channel.RCS: "RCS",
}
"""How a channel is called in a sentence."""


def not_told(status: ReadStatus | None, what: str) -> str:
    """Why a look-up told nothing, in a clause: denied, failed (throttled for too long, too), or never asked."""
    match status:
        case ReadStatus.DENIED:
            return f"these credentials may not read {what}"
        case ReadStatus.FAILED:
            return f"reading {what} failed"
    return f"{what} was not read"


def conversation_of(run: Run | None) -> str:
    """The conversation's SID in its short form."""
    return short(run.conversation.value) if run and run.conversation else "the conversation"


def flow_of(run: Run) -> str:
    """The flow's name in quotes, else its SID."""
    return f"“{run.known.flow_name}”" if run.known.flow_name else short(run.known.row.flow_sid)


def execution_of(run: Run) -> str:
    """An execution and its flow: ``FN12…ab in “Main menu”``."""
    return f"{short(run.sid)} in {flow_of(run)}"


def apart(run: Run, earlier: Run) -> str:
    """How long after another one it started: ``2 s later``, ``in the same second``."""
    gap = say_span(run.started - earlier.started)
    return "in the same second" if gap == "0 s" else f"{gap} later"


def before(run: Run, moment: datetime) -> str:
    """A moment against the start of the execution: ``1 h 30 m before (2026-11-22 14:02 UTC)``."""
    return f"{say_span(run.started - moment)} before ({say_time(moment)})"


def closed_when(run: Run, conversation: Conversation) -> str:
    """``was closed 5 m before (…)``; ``is closed`` where Twilio's date cannot be when that happened."""
    moment = conversation.date_closed
    return f"was closed {before(run, moment)}" if moment and moment <= run.started else "is closed"


def state_now(conversation: Conversation) -> str:
    """``active (read 2026-11-22 14:02:09 UTC)``."""
    return f"{conversation.state or 'in an unknown state'} ({say_read(conversation.read_at)})"
