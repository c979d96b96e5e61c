"""The things of the simulated account: flows, executions, conversations, tasks and calls.

What happens to each of them is written down once, with its time; what Twilio would say of it is then a function of
the time it is asked at. So the account is alive without anything having to be changed, and asking twice is harmless.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import Literal


def make_sid(prefix: str, *parts: object) -> str:
    """The SID of whatever ``parts`` name: the same parts give the same SID in every world of the same seed."""
    digest = blake2b("\x1f".join(map(str, (prefix, *parts))).encode(), digest_size=16)
    return prefix + digest.hexdigest()


def wire(moment: datetime) -> datetime:
    """``moment`` as Twilio's resources tell it: without a fraction of a second."""
    return moment.replace(microsecond=0)


def iso(moment: datetime | None) -> str | None:
    """``2026-10-02T18:08:00Z``: the dates of Studio, Conversations and TaskRouter."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def iso_ms(moment: datetime) -> str:
    """``2026-10-02T18:08:00.123Z``: the dates inside webhooks, hence inside contexts."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


class Wiring(StrEnum):
    """What starts an execution: the trigger event of the flow."""

    CONVERSATION = "incomingConversationMessage"
    LEGACY_CHAT = "incomingMessage (chat)"
    MESSAGE = "incomingMessage"
    CALL = "incomingCall"
    REQUEST = "incomingRequest"


Where = Literal["trigger", "channel", "address", "conversation", "outbound", "inbound", "attributes"]
"""Where in its context an execution names its conversation, if its row does not."""

SOURCE_OF: dict[Where, str] = {
    "trigger": "trigger",
    "channel": "flow",
    "address": "flow",
    "conversation": "widget",
    "outbound": "widget",
    "inbound": "widget",
    "attributes": "attributes",
}
"""The record's ``sid_source`` for each of these places (design.md 3.1)."""

Fate = Literal["ok", "empty", "string", "nested", "gone"]
"""What a reader of the context gets: an object, ``{}``, a JSON string, strings inside, or 404."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A Studio flow; ``role`` is what the stories call it by."""

    sid: str
    role: str
    name: str
    revision: int
    created: datetime
    updated: datetime
    denied: bool = False  # its contexts are refused with 403


@dataclass(frozen=True, slots=True)
class Person:
    """A customer, under the addresses of every channel."""

    key: str
    name: str
    phone: str
    identity: str
    messenger_id: str
    language: str

    def address(self, channel: str) -> str:
        """How Studio spells this customer on ``channel``."""
        match channel:
            case "whatsapp":
                return f"whatsapp:{self.phone}"
            case "messenger":
                return f"messenger:{self.messenger_id}"
            case "webchat":
                return self.identity
            case _:
                return self.phone


@dataclass(slots=True, eq=False)
class Task:
    """An agent's task (WT): its statuses over time, and when Twilio forgets it."""

    sid: str
    interaction_sid: str
    workspace_sid: str
    run: Run
    created: datetime
    statuses: list[tuple[datetime, str, str]] = field(default_factory=list)  # since, status, reason
    purged: datetime | None = None

    def status(self, now: datetime) -> tuple[datetime, str, str]:
        """Since when, which status, and why."""
        return max((s for s in self.statuses if s[0] <= now), key=lambda s: s[0], default=(self.created, "pending", ""))

    def gone(self, now: datetime) -> bool:
        return self.purged is not None and self.purged <= now


@dataclass(slots=True, eq=False)
class Talk:
    """A conversation (CH). ``why`` is the simulator's own reason for having opened it."""

    sid: str
    service_sid: str
    channel: str
    person: Person
    address: str  # the customer's: a messaging address, or an identity in webchat
    proxy: str | None  # the Twilio-side address; None in webchat
    opened: datetime
    why: str
    states: list[tuple[datetime, str]] = field(default_factory=list)
    deleted: datetime | None = None
    left: datetime | None = None  # the customer's participant was removed
    runs: list[Run] = field(default_factory=list)

    def state(self, now: datetime) -> tuple[datetime, str]:
        """Since when, and which state; ``closed`` is final."""
        passed = sorted(s for s in self.states if s[0] <= now)
        closed = [s for s in passed if s[1] == "closed"]
        return closed[0] if closed else passed[-1] if passed else (self.opened, "active")

    def closed(self, now: datetime) -> bool:
        return self.state(now)[1] == "closed"

    def gone(self, now: datetime) -> bool:
        return self.deleted is not None and self.deleted <= now

    def has_customer(self, now: datetime) -> bool:
        return not self.gone(now) and (self.left is None or self.left > now)

    def has_agent(self, now: datetime) -> bool:
        """Whether an agent was invited: another participant, without any address."""
        return any(run.seen_handoff(now) for run in self.runs)

    def takes_messages(self, now: datetime) -> bool:
        """Whether the customer's next message lands here: an address and its proxy have one open conversation."""
        return self.has_customer(now) and not self.closed(now)

    def updated(self, now: datetime) -> datetime:
        """The last sign of life; of a closed conversation, when it was closed."""
        since, state = self.state(now)
        if state == "closed":
            return since
        return max([since, *(r.started for r in self.runs if r.started <= now)])


@dataclass(slots=True, eq=False)
class Call:
    """A call (CA)."""

    sid: str
    from_: str
    to: str
    direction: str
    started: datetime
    ended: datetime | None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Handoff:
    """An execution's send-to-flex widget: when it had its output, and in which of its historical shapes."""

    at: datetime
    task: Task
    shape: Literal["interaction", "task", "voice"] = "interaction"


@dataclass(slots=True, eq=False)
class Run:
    """An execution (FN), with everything that its row, its context and its steps are made from."""

    sid: str
    flow: Flow
    story: str
    person: Person
    wiring: Wiring
    channel: str
    started: datetime
    ended: datetime | None
    contact: str
    sender: str | None  # the Twilio-side address that the context itself tells
    row_address: str | None
    initiated_by: str | None
    version: int | None
    message_sid: str | None = None  # the message that started it
    talk: Talk | None = None
    talk_at: Where = "trigger"
    talk_from: datetime | None = None  # where the conversation is known only later than the start
    call: Call | None = None
    replies: tuple[datetime, ...] = ()  # inbound messages that it consumed itself
    handoff: Handoff | None = None
    fate: Fate = "ok"
    odd: frozenset[str] = frozenset()
    foreign: dict[str, str] = field(default_factory=dict)  # SIDs of other things that the context mentions
    says_updated: bool = True
    expect: str | None = None

    @property
    def overwritten(self) -> bool:
        """Whether later messages replace the first one in ``trigger.conversation`` (twilio-facts.md 2.3)."""
        return "overwritten" in self.odd and self.wiring is Wiring.CONVERSATION

    @property
    def keyed_on_talk(self) -> bool:
        """Whether the row names the conversation instead of the customer (a replayed webhook)."""
        return self.talk is not None and self.row_address is not None and self.row_address.startswith("CH")

    def active(self, now: datetime) -> bool:
        return self.ended is None or self.ended > now

    def seen_talk(self, now: datetime) -> Talk | None:
        """The conversation that the context names at ``now``."""
        return self.talk if self.talk_from is None or self.talk_from <= now else None

    def seen_handoff(self, now: datetime) -> Handoff | None:
        return self.handoff if self.handoff and self.handoff.at <= now else None

    def updated(self, now: datetime) -> datetime | None:
        """``date_updated`` of the row; some rows never say it."""
        if not self.says_updated:
            return None
        if self.ended is not None and self.ended <= now:
            return self.ended
        touches = [self.started, self.started + timedelta(seconds=2), *self.replies]
        if self.handoff:
            touches.append(self.handoff.at)
        return max(t for t in touches if t <= now)

    def spell(self, sid: str) -> str:
        """``sid`` as this execution's context spells it (Twilio's own pattern allows capital hex digits)."""
        return sid[:2] + sid[2:].upper() if "capitals" in self.odd else sid
