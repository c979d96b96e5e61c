"""The things Twilio tells us about, as plain values. All times are aware datetimes in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sidscope.domain.value import NOTHING, value

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ReadStatus(StrEnum):
    """How the look-up of one resource ended; for contexts this is the record's ``context_status``."""

    NOT_NEEDED = "not_needed"
    OK = "ok"
    GONE = "gone"  # 404: deleted or past retention; final once the execution has ended
    DENIED = "denied"  # 401, 403
    FAILED = "failed"  # gave up after retries, or an answer that cannot be used
    PENDING = "pending"  # wanted, not read yet


class Channel(StrEnum):
    """How the contact talks to us."""

    WHATSAPP = "whatsapp"
    SMS = "sms"
    WEBCHAT = "webchat"
    VOICE = "voice"
    MESSENGER = "messenger"
    RCS = "rcs"
    API = "api"
    UNKNOWN = "unknown"


@value
class Flow:
    """A Studio flow (FW), as in the list of flows: without its definition."""

    sid: str
    friendly_name: str
    status: str | None = None  # draft | published
    revision: int | None = None
    date_created: datetime | None = None
    date_updated: datetime | None = None


@value
class Execution:
    """One run of a flow (FN): a row of ``GET /v2/Flows/{FW}/Executions``.

    Every field but the SIDs may be missing at Twilio (all are nullable in its description).
    """

    sid: str
    flow_sid: str
    status: str | None = None  # active | ended
    date_created: datetime | None = None
    date_updated: datetime | None = None
    contact_channel_address: str | None = None
    initiated_by: str | None = None
    flow_version: int | None = None

    @property
    def started(self) -> datetime:
        """When it began, for putting executions in order; the epoch if Twilio does not say."""
        return self.date_created or self.date_updated or EPOCH

    @property
    def active(self) -> bool:
        """Whether Twilio still calls it active (which does not mean that it is alive)."""
        return self.status == "active"


@value
class Step:
    """One transition inside an execution (FT); the API lists them newest first."""

    sid: str
    execution_sid: str
    flow_sid: str
    name: str | None  # the event that caused the transition
    transitioned_from: str | None
    transitioned_to: str | None
    type: str | None = None
    parent_step_sid: str | None = None
    date_created: datetime | None = None
    date_updated: datetime | None = None


@value
class StepList:
    """What came of reading the steps of an execution. ``steps`` are those last read, oldest first, whatever became of
    later readings; only with status ok can they be none."""

    execution_sid: str
    read_status: ReadStatus
    read_at: datetime
    steps: tuple[Step, ...] = ()
    final: bool = False  # read after the execution had ended: nothing new will ever come


@value
class StepContext:
    """What came of reading the context of one step: the variables as they were at its end."""

    step_sid: str
    execution_sid: str
    read_status: ReadStatus
    read_at: datetime
    body: Any = None  # whatever JSON Twilio sent under "context"
    final: bool = False  # read after the execution had ended


@value
class Conversation:
    """A look-up of a conversation (CH). ``closed`` is final: a closed conversation cannot be reopened."""

    sid: str
    read_status: ReadStatus
    read_at: datetime
    state: str | None = None  # initializing | inactive | active | closed
    chat_service_sid: str | None = None
    date_created: datetime | None = None
    date_updated: datetime | None = None
    date_closed: datetime | None = None  # only where the state is closed: the latest it can have been

    @property
    def closed(self) -> bool:
        return self.state == "closed"

    @property
    def final(self) -> bool:
        """Whether asking again can never tell anything new."""
        return self.closed or self.read_status is ReadStatus.GONE


@value
class Task:
    """A look-up of an agent's task (WT)."""

    sid: str
    read_status: ReadStatus
    read_at: datetime
    assignment_status: str | None = None  # pending reserved assigned wrapping completed canceled
    workspace_sid: str | None = None
    reason: str | None = None
    date_created: datetime | None = None
    date_updated: datetime | None = None
    attributes: str | None = None

    @property
    def final(self) -> bool:
        """Whether asking again can never tell anything new."""
        return self.read_status is ReadStatus.GONE or self.assignment_status in ("completed", "canceled")


@value
class Call:
    """A look-up of a call (CA)."""

    sid: str
    read_status: ReadStatus
    read_at: datetime
    status: str | None = None
    direction: str | None = None
    from_: str | None = None
    to: str | None = None
    parent_call_sid: str | None = None
    date_created: datetime | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None

    @property
    def final(self) -> bool:
        """Whether asking again can never tell anything new."""
        return self.read_status is ReadStatus.GONE or self.end_time is not None


@value
class Membership:
    """One conversation that an address takes part in: a row of ``GET /v1/ParticipantConversations``."""

    conversation_sid: str
    conversation_state: str | None = None
    chat_service_sid: str | None = None
    address: str | None = None
    proxy_address: str | None = None  # the sender
    date_created: datetime | None = None
    date_updated: datetime | None = None


@value
class Memberships:
    """A look-up of all conversations of one address, at one moment."""

    address: str
    read_status: ReadStatus
    read_at: datetime
    rows: tuple[Membership, ...] = ()


@value
class Participant:
    """Somebody in a conversation (MB): a row of ``GET /v1/Conversations/{CH}/Participants``."""

    sid: str
    conversation_sid: str
    identity: str | None = None
    address: str | None = None
    proxy_address: str | None = None


@value
class Context:
    """What came of reading an execution's context: the status and, where it is ok, the body, decoded or as
    :class:`~sidscope.domain.jsontext.JsonText`."""

    execution_sid: str
    read_status: ReadStatus
    read_at: datetime
    body: Any = None  # whatever JSON Twilio sent under "context"


@value
class Lookups:
    """What is known beyond executions, keyed by :func:`~sidscope.domain.sids.sid_key` (memberships: by address)."""

    conversations: Mapping[str, Conversation] = NOTHING
    tasks: Mapping[str, Task] = NOTHING
    calls: Mapping[str, Call] = NOTHING
    memberships: Mapping[str, Memberships] = NOTHING
