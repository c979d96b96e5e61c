"""Values for the archive's tests: short to write, valid to Twilio."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sidscope.archive import ContextWrite
from sidscope.domain.records import Context, Execution, ReadStatus

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def sid(prefix: str, number: int) -> str:
    return f"{prefix}{number:032x}"


ACCOUNT = sid("AC", 0xACC)
FLOW = sid("FW", 1)


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def execution(number: int, **fields: Any) -> Execution:
    defaults: dict[str, Any] = {
        "sid": sid("FN", number),
        "flow_sid": FLOW,
        "status": "ended",
        "date_created": at(number),
        "date_updated": at(number + 1),
        "contact_channel_address": f"whatsapp:+49{number:09d}",
        "initiated_by": sid("SM", number),
        "flow_version": 3,
    }
    return Execution(**defaults | fields)


def body(conversation: int, contact: str = "whatsapp:+49000000001", **widgets: Any) -> dict[str, Any]:
    return {
        "trigger": {
            "conversation": {
                "ConversationSid": sid("CH", conversation),
                "Author": contact,
                "Source": "WHATSAPP",
                "AccountSid": ACCOUNT,
            }
        },
        "contact": {"channel": {"address": contact}},
        "widgets": widgets,
    }


def context(
    row: Execution, value: Any = None, status: ReadStatus = ReadStatus.OK, read_at: datetime = NOW
) -> ContextWrite:
    """The outcome of reading the context of ``row`` as it is now."""
    read = status is ReadStatus.OK
    return ContextWrite(
        context=Context(row.sid, status, read_at, value if read else None),
        row=row,
    )
