"""The scenario language: who does what when. Stories and random traffic are both written in it.

Times: ``at`` is in hours relative to the world's now (negative: ago); everything else in minutes after that.
What Twilio makes of it (which conversation, which SIDs) is for the simulator to find out.

``expect`` is the author's own claim about each execution the event makes, in order, several separated by ``;``:
``verdict [basis] [+anomaly…]``. The truth is not made from it: tests hold the truth against it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sidscope.demo.account import Fate, Where


@dataclass(frozen=True, slots=True)
class Agent:
    """A flow hands its conversation (or caller) to an agent, and what becomes of the task."""

    after: float = 3.0  # after the start of the execution
    takes: float | None = 2.0  # until somebody accepts
    ends: float | None = None  # after the handing over, until the last status
    status: str = "completed"  # the last status: completed, canceled, wrapping
    closes: bool = True  # the conversation with it (never by cancelling)
    purged: float | None = None  # after the end, until TaskRouter forgets the task
    shape: str = "interaction"  # of the widget's output: interaction, task (legacy), voice


@dataclass(frozen=True, slots=True, kw_only=True)
class Writes:
    """The customer sends a message."""

    at: float
    flow: str = "entry"
    channel: str = "whatsapp"
    line: int = 0  # to which of our addresses
    lasts: float | None = 4.0  # None: never ends
    replies: tuple[float, ...] = ()
    agent: Agent | None = None
    replay: tuple[str, ...] = ()  # the webhook is replayed to these flows
    also: str | None = None  # the sender's messaging webhook is live too: this flow gets the message as well
    on_closed: bool = False  # replayed on the conversation although it is closed
    second: bool = False  # somebody's function opens another conversation beside the open one
    same_session: bool = False  # webchat: comes back to the session it has
    talk_at: Where = "trigger"
    fate: Fate = "ok"
    odd: tuple[str, ...] = ()
    expect: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rings:
    """The customer calls."""

    at: float
    flow: str = "voice"
    lasts: float | None = 6.0
    agent: Agent | None = None
    redirect: str | None = None  # TwiML sends the same call to this flow after a minute
    fate: Fate = "ok"
    odd: tuple[str, ...] = ()
    expect: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Our own software starts a flow by REST, towards the customer."""

    at: float
    what: str  # "survey" (SMS, no conversation), "talk" (Start Conversation), "call", "job" (nothing is sent)
    flow: str = "outbound"
    channel: str = "sms"
    line: int = 0
    lasts: float | None = 5.0
    replies: tuple[float, ...] = ()
    talk_at: Where = "channel"
    fate: Fate = "ok"
    odd: tuple[str, ...] = ()
    expect: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happens:
    """Something happens to the conversation that the customer used last."""

    at: float
    what: str  # "closed", "inactive", "deleted", "left" (the customer's participant is removed)


Event = Writes | Rings | Request | Happens


@dataclass(frozen=True, slots=True)
class Story:
    """One customer's dealings with us."""

    name: str
    says: str
    events: tuple[Event, ...]
