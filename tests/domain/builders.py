"""Executions, contexts and look-ups in few words. Times are hours after ``START``; a number names one of a kind."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sidscope.domain.correlate import correlate
from sidscope.domain.evidence import extract
from sidscope.domain.record import Known, Record
from sidscope.domain.records import (
    Conversation,
    Execution,
    Lookups,
    Membership,
    Memberships,
    ReadStatus,
    Task,
)
from sidscope.domain.sids import sid_key

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
NOW = START + timedelta(days=30)
WHATSAPP, PHONE, OTHER_PHONE, WEB = "whatsapp:+4915112345678", "+4915112345678", "+4915187654321", "visitor-7f3a"
OUR_WHATSAPP, OUR_PHONE = "whatsapp:+15005550006", "+15005550006"


def sid(prefix: str, number: int = 1) -> str:
    """``CH`` and 7 give ``CH000…007``."""
    return f"{prefix}{number:032x}"


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def seconds(count: float) -> float:
    """For times that are told in hours."""
    return count / 3600


def ex(
    n: int = 1,
    *,
    hours: float | None = 0.0,
    address: str | None = None,
    by: str | None = None,
    flow: int = 1,
    status: str | None = "ended",
    updated: float | None = None,
) -> Execution:
    """The row of execution ``n``."""
    return Execution(
        sid=sid("FN", n),
        flow_sid=sid("FW", flow),
        status=status,
        date_created=None if hours is None else at(hours),
        date_updated=None if updated is None else at(updated),
        contact_channel_address=address,
        initiated_by=by,
    )


def ctx(
    *,
    message: dict[str, Any] | None = None,
    conversation: dict[str, Any] | None = None,
    call: dict[str, Any] | None = None,
    request: dict[str, Any] | None = None,
    contact: str | None = None,
    sender: str | None = None,
    channel: dict[str, Any] | None = None,
    variables: dict[str, Any] | None = None,
    **widgets: Any,
) -> dict[str, Any]:
    """An execution context: one subtree per trigger, ``sender`` under ``flow.channel.address``, widgets by name."""
    trigger = {"message": message, "conversation": conversation, "call": call, "request": request}
    flow_channel = dict(channel or {}) | ({"address": sender} if sender else {})
    return {
        "trigger": {name: payload for name, payload in trigger.items() if payload is not None},
        "contact": {"channel": {"address": contact}} if contact else {},
        "flow": {
            "sid": sid("FN"),
            "flow_sid": sid("FW"),
            **({"channel": flow_channel} if flow_channel else {}),
            **({"variables": variables} if variables else {}),
        },
        "widgets": widgets,
    }


def flex(task: int | None = 1, *, interaction: int = 1, **attributes: str) -> dict[str, Any]:
    """The output of send-to-flex: an Interaction whose routing holds the task."""
    properties = {"sid": sid("WT", task), "workspace_sid": sid("WS")} if task else {"workspace_sid": sid("WS")}
    return {"sid": sid("KD", interaction), "routing": {"properties": properties | {"attributes": attributes}}}


def known(row: Execution, body: Any = None, status: ReadStatus | None = None) -> Known:
    """``row`` with its context: ok if there is one, else not needed, unless told otherwise."""
    read = body is not None
    status = status or (ReadStatus.OK if read else ReadStatus.NOT_NEEDED)
    return Known(row, extract(row, body, read=read), status, flow_name=None)


def talk(
    n: int,
    hours: float,
    ch: int | str | None,
    *,
    contact: str | None = WHATSAPP,
    sender: str | None = None,
    flow: int = 1,
    message: int | None = None,
    **widgets: Any,
) -> Known:
    """An execution that a message in conversation ``ch`` started, with its context; without a conversation if None."""
    im = sid("IM" if ch is not None else "SM", n if message is None else message)
    row = ex(n, hours=hours, address=contact, by=im, flow=flow)
    payload: dict[str, Any] = {"MessageSid": im}
    if ch is not None:
        payload |= {"ConversationSid": ch if isinstance(ch, str) else sid("CH", ch), "Author": contact}
        return known(row, ctx(conversation=payload, contact=contact, sender=sender, **widgets))
    return known(row, ctx(message=payload | {"From": contact}, contact=contact, sender=sender, **widgets))


def replay(n: int, hours: float, ch: int, *, flow: int = 1, message: int | None = None) -> Known:
    """An execution whose row names conversation ``ch`` and no contact; its context was not needed."""
    by = sid("IM", n if message is None else message)
    return known(ex(n, hours=hours, address=sid("CH", ch), by=by, flow=flow))


def conversation(
    ch: int, state: str | None = "active", *, status: ReadStatus = ReadStatus.OK, closed: float | None = None
) -> Conversation:
    """A look-up of conversation ``ch``, read at NOW; ``closed`` is when that happened."""
    return Conversation(
        sid=sid("CH", ch),
        read_status=status,
        read_at=NOW,
        state="closed" if closed is not None else state if status is ReadStatus.OK else None,
        date_closed=None if closed is None else at(closed),
    )


def task(number: int, assignment: str | None = None, *, status: ReadStatus = ReadStatus.OK) -> Task:
    return Task(sid("WT", number), status, NOW, assignment_status=assignment, date_updated=at(1))


def memberships(
    address: str, *rows: tuple[int, str | None, str | None], read: datetime = NOW, updated: float | None = None
) -> Memberships:
    """ParticipantConversations of ``address``; each row is a conversation, its state and the proxy address."""
    changed = None if updated is None else at(updated)
    return Memberships(
        address,
        ReadStatus.OK,
        read,
        tuple(
            Membership(sid("CH", ch), state, address=address, proxy_address=proxy, date_updated=changed)
            for ch, state, proxy in rows
        ),
    )


def lookups(*items: Conversation | Task | Memberships) -> Lookups:
    return Lookups(
        conversations={sid_key(item.sid): item for item in items if isinstance(item, Conversation)},
        tasks={sid_key(item.sid): item for item in items if isinstance(item, Task)},
        memberships={item.address: item for item in items if isinstance(item, Memberships)},
    )


def records(items: Iterable[Known], *told: Conversation | Task | Memberships, now: datetime = NOW) -> dict[int, Record]:
    """The records of these executions, by their number."""
    found = correlate(items, lookups(*told), now=now)
    return {int(key[2:], 16): record for key, record in found.items()}
