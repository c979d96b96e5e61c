"""What the name of a step's event says about how a widget was left: the vocabulary of Studio's transitions.

The names are those of flow definitions (https://www.twilio.com/docs/studio/rest-api/v2/flow-definition) and of the
widgets' pages under https://www.twilio.com/docs/studio/widget-library; a name that is not in the table is judged by the
words in it, so that a new widget's ``…Failure`` is not taken for a success.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import Final

from sidscope.domain.patterns import later

ENDED: Final = "Ended"
"""What ``transitioned_to`` says where an execution (or a subflow in it) ends."""


class Outcome(StrEnum):
    """How a widget was left."""

    NORMAL = "normal"
    FAILED = "failed"  # something did not work
    TIMEOUT = "timeout"  # nobody answered in time
    UNANSWERED = "unanswered"  # nobody could be reached, or said anything
    HANGUP = "hangup"  # the caller hung up


_F, _T, _U, _H, _N = Outcome.FAILED, Outcome.TIMEOUT, Outcome.UNANSWERED, Outcome.HANGUP, Outcome.NORMAL

TRANSITIONS: Final[tuple[tuple[str, Outcome, str], ...]] = (
    ("failed", _F, "send-message, make-http-request, make-outgoing-call, run-subflow, record-call, start-conversation"),
    ("fail", _F, "run-function, add-twiml-redirect"),
    ("deliveryFailure", _F, "send-and-wait-for-reply"),
    ("failedToEnqueue", _F, "send-to-flex, enqueue-call"),
    ("callFailure", _F, "send-to-flex, enqueue-call"),
    ("maxFailedAttempts", _F, "capture-payments"),
    ("providerError", _F, "capture-payments"),
    ("validationError", _F, "capture-payments"),
    ("payInterrupted", _U, "capture-payments"),
    ("failure", _F, "connect-virtual-agent"),
    ("timeout", _T, "send-and-wait-for-reply, gather-input-on-call, add-twiml-redirect"),
    ("busy", _U, "make-outgoing-call"),
    ("noAnswer", _U, "make-outgoing-call"),
    ("noAudio", _U, "record-voicemail"),
    ("hangup", _H, "connect-call-to, record-voicemail, capture-payments, connect-virtual-agent"),
    ("incomingMessage", _N, "trigger, send-and-wait-for-reply"),
    ("incomingConversationMessage", _N, "trigger"),
    ("incomingCall", _N, "trigger"),
    ("incomingRequest", _N, "trigger"),
    ("incomingParent", _N, "trigger of a subflow"),
    ("sent", _N, "send-message"),
    ("success", _N, "make-http-request, run-function, record-call, capture-payments, start-conversation"),
    ("match", _N, "split-based-on"),
    ("noMatch", _N, "split-based-on: its else branch"),
    ("next", _N, "set-variables, fork-stream"),
    ("audioComplete", _N, "say-play"),
    ("keypress", _N, "gather-input-on-call"),
    ("speech", _N, "gather-input-on-call"),
    ("callCompleted", _N, "connect-call-to"),
    ("answered", _N, "make-outgoing-call"),
    ("recordingComplete", _N, "record-voicemail"),
    ("callComplete", _N, "send-to-flex, enqueue-call"),
    ("return", _N, "add-twiml-redirect"),
    ("completed", _N, "run-subflow, connect-virtual-agent"),
    ("liveAgentHandoff", _N, "connect-virtual-agent"),
)
"""Event, what it means, the widgets that have it."""

_BY_NAME: Final = {name.casefold(): outcome for name, outcome, _ in TRANSITIONS}
_WORD: Final = later(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_BY_WORD: Final = (
    ({"fail", "failed", "fails", "failure", "failures", "error", "errors", "invalid", "rejected"}, _F),
    ({"timeout", "timedout", "expired"}, _T),
    ({"hangup", "hungup"}, _H),
    ({"busy", "unanswered", "unreachable", "noanswer", "noreply"}, _U),
)
_TWO_WORDS: Final = {
    ("timed", "out"): "timeout",
    ("time", "out"): "timeout",
    ("hang", "up"): "hangup",
    ("hung", "up"): "hangup",
    ("no", "answer"): "noanswer",
    ("no", "reply"): "noreply",
}


def outcome_of(event: str | None) -> Outcome:
    """What an event says about how its widget was left; an unknown or missing one is normal unless its words tell."""
    if not event:
        return Outcome.NORMAL
    known = _BY_NAME.get(event.casefold())
    if known is not None:
        return known
    words = [word.lower() for word in _WORD.findall(event[:200])]
    said = {*words, *(_TWO_WORDS.get(two, "") for two in pairwise(words))}
    return next((outcome for vocabulary, outcome in _BY_WORD if vocabulary & said), Outcome.NORMAL)


def is_end(transitioned_to: str | None) -> bool:
    """Whether a step says that the execution, or the subflow it is in, ended with it."""
    return transitioned_to is not None and transitioned_to.casefold() == ENDED.casefold()
