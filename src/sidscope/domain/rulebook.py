"""The rules in words, as the explorer's Rules screen and README tell them (design.md 3.1 to 3.3)."""

from __future__ import annotations

from typing import Final

from sidscope.domain.record import Anomaly, Verdict
from sidscope.domain.records import Channel

BELONGING: Final = (
    "Executions of one conversation (CH) are a group, and so are executions of one call (CA). The SID comes from the "
    "list row, else from the execution's context: trigger, flow, widgets, task attributes, in this order.",
    "Messaging without a conversation is grouped by contact, sender and channel while each start is within 24 hours of "
    "the one before; that is inferred.",
)
"""Which executions belong together."""

COMPARING: Final = (
    "Executions of one contact on one channel, with one sender where both are known, are compared in time order; the "
    "first of these that holds is the verdict.",
)
"""How a verdict is found."""

MEANINGS: Final = {
    Verdict.UNKNOWN: "the context that would tell is gone, denied, empty or not read",
    Verdict.HANDOVER: "another flow took over: same conversation, same message or at most 2 s later",
    Verdict.REENTRY: "an earlier execution had the same conversation: it was still open",
    Verdict.NEW_SESSION: "webchat: each session has a conversation of its own",
    Verdict.NEW_CALL: "voice: each call has a SID of its own",
    Verdict.NO_CONVERSATION: "messaging or REST without one",
    Verdict.FIRST_SEEN: "no earlier conversation of this contact is known",
    Verdict.NEW_AFTER_TASK: "the agent's task on the previous conversation ended it",
    Verdict.NEW_AFTER_CLOSE: "the previous conversation is closed or deleted, without a task that explains it",
    Verdict.NEW_AFTER_WINDOW: "more than 24 hours after the last known inbound message",
    Verdict.UNEXPLAINED: "nothing known explains it; it says which look-up would",
}
"""When each verdict holds, in the order in which they are asked."""

ODD_MEANINGS: Final = {
    Anomaly.WEBCHAT_REUSED: "a webchat conversation was used again",
    Anomaly.REENTRY_AFTER_CLOSE: "started on a conversation that was closed before",
    Anomaly.OVERLAPPING_CONVERSATIONS: "two conversations of one contact and sender were open at once",
    Anomaly.MESSAGE_STARTED_SEVERAL: "one message, or one contact within 2 s, started several flows",
    Anomaly.STUCK: "active, and silent for more than 2 hours",
}
"""What each anomaly is."""

WINDOW: Final = (
    "WhatsApp's customer service window opens, and is extended to 24 hours, with every message of the contact to that "
    "sender, whatever the conversation, execution or task. It says whether free-form messages may be sent, not which "
    "conversation a message gets: one conversation spans windows, and one window spans conversations. Only messages "
    "whose time is known count, so it may really be longer.",
)
"""The customer service window."""

_UNTIL_CLOSED: Final = (
    "One conversation for each pair of contact and sender, until it is closed: by an agent who completes the task, by "
    "a timer, or by software. Whoever writes before that comes back on it"
)
ON_CHANNEL: Final = {
    Channel.WHATSAPP: f"{_UNTIL_CLOSED}, inside the 24-hour window or not. A completed task ends it inside the window, "
    "too.",
    Channel.SMS: f"{_UNTIL_CLOSED}. There is no window.",
    Channel.WEBCHAT: "Every session has a conversation and an execution of its own; one that is used again is odd.",
    Channel.VOICE: "Every call has a SID and an execution of its own. TwiML may send a call on to another flow: "
    "another execution of the same call.",
    Channel.MESSENGER: f"{_UNTIL_CLOSED}.",
    Channel.RCS: f"{_UNTIL_CLOSED}.",
    Channel.API: "Started by the REST API, and neither a conversation nor a call so far: Start Conversation and Make "
    "Outgoing Call bring one.",
    Channel.UNKNOWN: "Neither the row nor the context tells the channel.",
}
"""What that means on each channel."""


def verdict_table() -> str:
    """The table for README, in Markdown."""
    return (
        "\n".join(["| verdict | |", "| --- | --- |", *(f"| `{v}` | {says} |" for v, says in MEANINGS.items())]) + "\n"
    )
