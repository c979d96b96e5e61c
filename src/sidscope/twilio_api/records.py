"""From what Twilio sent to the records of the domain.

Nothing is trusted to have the described type: every field but a SID may be missing or of another type and then
counts as not told. A thing without a usable SID is BadResponse. Reads both the SDK's instances, whose
attributes are the payload's fields, and plain payloads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from sidscope.domain.patterns import later
from sidscope.domain.records import (
    Call,
    Conversation,
    Execution,
    Flow,
    Membership,
    Participant,
    ReadStatus,
    Step,
    Task,
)
from sidscope.domain.value import value
from sidscope.twilio_api.errors import BadResponse

_USABLE_SID = later("[0-9A-Za-z]{1,64}")  # not strictly a SID (Twilio's own samples are not), but safe in a path


@value
class Message:
    """A look-up of a message of the Messages API (SM, MM)."""

    sid: str
    read_status: ReadStatus
    read_at: datetime
    from_: str | None = None
    to: str | None = None
    direction: str | None = None
    status: str | None = None
    date_created: datetime | None = None
    date_sent: datetime | None = None


def usable_sid(value: object) -> str:
    """``value`` if it can stand in a path as a SID. Raises BadResponse otherwise."""
    if isinstance(value, str) and _USABLE_SID.fullmatch(value):
        return value
    raise BadResponse("an answer without a usable SID")


def flow(it: Any) -> Flow:
    sid = usable_sid(it.sid)
    return Flow(
        sid=sid,
        friendly_name=text(it.friendly_name) or sid,
        status=text(it.status),
        revision=number(it.revision),
        date_created=moment(it.date_created),
        date_updated=moment(it.date_updated),
    )


def execution(it: Any, flow_sid: str) -> Execution:
    return Execution(
        sid=usable_sid(it.sid),
        flow_sid=flow_sid,  # as asked: the one it can be read under
        status=text(it.status),
        date_created=moment(it.date_created),
        date_updated=moment(it.date_updated),
        contact_channel_address=text(it.contact_channel_address),
        initiated_by=text(it.initiated_by),
        flow_version=number(it.flow_version),
    )


def step(it: Any, flow_sid: str, execution_sid: str) -> Step:
    return Step(
        sid=usable_sid(it.sid),
        execution_sid=execution_sid,
        flow_sid=flow_sid,
        name=text(it.name),
        transitioned_from=text(it.transitioned_from),
        transitioned_to=text(it.transitioned_to),
        type=text(it.type),
        parent_step_sid=text(it.parent_step_sid),
        date_created=moment(it.date_created),
        date_updated=moment(it.date_updated),
    )


def oldest_first(steps: Iterable[Step]) -> list[Step]:
    """Steps in the order they happened, out of a list that Twilio gives newest first."""
    newest_first = list(steps)
    dates = [s.date_created for s in newest_first if s.date_created is not None]
    if dates and dates[0] < dates[-1]:  # the order is no contract
        return newest_first
    return newest_first[::-1]


def conversation(it: Any, sid: str, read_at: datetime) -> Conversation:
    usable_sid(it.sid)
    state = text(it.state)
    updated = moment(it.date_updated)
    closed = None
    if state == "closed":
        timers = it.timers if isinstance(it.timers, Mapping) else {}
        timer = moment(timers.get("date_closed"))
        # A timer tells when it would have been closed at the latest; whoever closed it earlier updated it.
        closed = timer if timer is not None and (updated is None or timer < updated) else updated
    return Conversation(
        sid=sid,
        read_status=ReadStatus.OK,
        read_at=read_at,
        state=state,
        chat_service_sid=text(it.chat_service_sid),
        date_created=moment(it.date_created),
        date_updated=updated,
        date_closed=closed,
    )


def participant(it: Any, conversation_sid: str) -> Participant:
    binding = it.messaging_binding if isinstance(it.messaging_binding, Mapping) else {}
    return Participant(
        sid=usable_sid(it.sid),
        conversation_sid=conversation_sid,
        identity=text(it.identity),
        address=text(binding.get("address")),
        proxy_address=text(binding.get("proxy_address")),
    )


def membership(it: Any) -> Membership:
    binding = it.participant_messaging_binding
    binding = binding if isinstance(binding, Mapping) else {}
    return Membership(
        conversation_sid=usable_sid(it.conversation_sid),
        conversation_state=text(it.conversation_state),
        chat_service_sid=text(it.chat_service_sid),
        address=text(binding.get("address")),
        proxy_address=text(binding.get("proxy_address")),
        date_created=moment(it.conversation_date_created),
        date_updated=moment(it.conversation_date_updated),
    )


def task(it: Any, sid: str, workspace_sid: str, read_at: datetime) -> Task:
    usable_sid(it.sid)
    return Task(
        sid=sid,
        read_status=ReadStatus.OK,
        read_at=read_at,
        assignment_status=text(it.assignment_status),
        workspace_sid=text(it.workspace_sid) or workspace_sid,
        reason=text(it.reason),
        date_created=moment(it.date_created),
        date_updated=moment(it.date_updated),
        attributes=text(it.attributes),
    )


def call(payload: Mapping[str, Any], sid: str, read_at: datetime) -> Call:
    usable_sid(payload.get("sid"))
    return Call(
        sid=sid,
        read_status=ReadStatus.OK,
        read_at=read_at,
        status=text(payload.get("status")),
        direction=text(payload.get("direction")),
        from_=text(payload.get("from")),
        to=text(payload.get("to")),
        parent_call_sid=text(payload.get("parent_call_sid")),
        date_created=moment(payload.get("date_created")),
        start_time=moment(payload.get("start_time")),
        end_time=moment(payload.get("end_time")),
    )


def message(payload: Mapping[str, Any], sid: str, read_at: datetime) -> Message:
    usable_sid(payload.get("sid"))
    return Message(
        sid=sid,
        read_status=ReadStatus.OK,
        read_at=read_at,
        from_=text(payload.get("from")),
        to=text(payload.get("to")),
        direction=text(payload.get("direction")),
        status=text(payload.get("status")),
        date_created=moment(payload.get("date_created")),
        date_sent=moment(payload.get("date_sent")),
    )


def text(value: object) -> str | None:
    """``value`` if it is a string with something in it."""
    return value if isinstance(value, str) and value else None


def number(value: object) -> int | None:
    """``value`` if it is a whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def moment(value: object) -> datetime | None:
    """A time of Twilio's as an aware datetime in UTC; None for what is none.

    ISO 8601 with or without fractions and offset (the SDK parses only whole seconds with a Z and passes all
    else on as text), and RFC 2822 (calls and messages). Without an offset it is UTC, as Twilio's times are.
    """
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value) if value[:1].isdigit() else parsedate_to_datetime(value)
        if not isinstance(value, datetime):
            return None
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
