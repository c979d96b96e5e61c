"""Hand-made records and archives for the explorer's tests: a few people whose stories are easy to tell apart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sidscope.archive import Archive, ContextWrite
from sidscope.domain.record import Record
from sidscope.domain.records import Context, Execution, Flow, ReadStatus
from sidscope.domain.value import replace

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ACCOUNT = "AC" + "0" * 32


def sid(prefix: str, number: int) -> str:
    """A SID whose short form shows the number."""
    return f"{prefix}{number:02x}{number:030x}"


def record(number: int, *, group: int | None = None, minutes: float = 0, **fields: Any) -> Record:
    """Execution ``number``, started so many minutes before NOW, on conversation ``group``."""
    started = NOW - timedelta(minutes=minutes or number)
    base = Record(
        execution_sid=sid("FN", number),
        flow_sid=sid("FW", 1),
        flow_name="Support",
        flow_version=3,
        status="ended",
        date_created=started,
        date_updated=started + timedelta(seconds=90),
        channel="whatsapp",
        contact=f"whatsapp:+49151{group if group is not None else 1000 + number:08d}",
        sender=None,
        initiated_by=None,
        conversation_sid=sid("CH", group) if group is not None else None,
        call_sid=None,
        task_sid=None,
        interaction_sid=None,
        message_sid=None,
        sid_source="trigger",
        context_status="ok",
        group_key=sid("CH", group) if group is not None else sid("FN", number),
        reentry_number=0,
        verdict="first_seen",
        verdict_basis="inferred",
        verdict_reason="First seen.",
        evidence=(),
        anomalies=(),
        related_sids=(),
    )
    return replace(base, **fields)


def context(contact: str, conversation: str | None, **widgets: Any) -> dict[str, Any]:
    """A context of an execution that an inbound WhatsApp message started."""
    message = {
        "From": contact,
        "To": "whatsapp:+4930123456",
        "Body": "Hallo [/] \x1b]52;c;AAAA\x07",
        "MessageSid": sid("SM", 9),
    }
    if conversation:
        message["ChannelSid"] = conversation
    return {
        "trigger": {"message": message},
        "contact": {"channel": {"address": contact}},
        "flow": {"sid": "x", "channel": {"address": conversation or "whatsapp:+4930123456"}},
        "widgets": widgets,
    }


class Filler:
    """Writes executions into an archive as an engine would."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        archive.write(Flow(sid("FW", 1), "Support"), Flow(sid("FW", 2), "Café ☕ 客服"))

    def add(
        self,
        number: int,
        *,
        minutes: float,
        contact: str = "whatsapp:+4915100000001",
        conversation: int | None = None,
        status: ReadStatus | None = ReadStatus.OK,
        active: bool = False,
        flow: int = 1,
        body: Any = None,
    ) -> Execution:
        """An execution that began so many minutes before NOW; ``status`` None: its context was never read."""
        started = NOW - timedelta(minutes=minutes)
        row = Execution(
            sid("FN", number),
            sid("FW", flow),
            status="active" if active else "ended",
            date_created=started,
            date_updated=started + timedelta(seconds=90),
            contact_channel_address=contact,
            initiated_by=sid("IM", number),
            flow_version=3,
        )
        items: list[Any] = [row]
        if status is not None:
            if body is None and status is ReadStatus.OK:
                body = context(contact, sid("CH", conversation) if conversation else None)
            read = Context(row.sid, status, started + timedelta(seconds=100), body)
            items.append(ContextWrite(read, row))
        self.archive.write(*items)
        return row


def filled(archive: Archive) -> Filler:
    """Ada comes back on CH 1 three times, Bob once, and there is one of every unreadable context."""
    filler = Filler(archive)
    for number, minutes in ((1, 300), (2, 100), (3, 5)):
        filler.add(number, minutes=minutes, conversation=1)
    filler.add(4, minutes=50, contact="whatsapp:+4915100000002", conversation=2, flow=2)
    filler.add(5, minutes=60, contact="whatsapp:+4915100000003", status=ReadStatus.GONE)
    filler.add(6, minutes=61, contact="whatsapp:+4915100000004", status=ReadStatus.DENIED)
    filler.add(7, minutes=62, contact="whatsapp:+4915100000005", status=ReadStatus.FAILED)
    filler.add(8, minutes=63, contact="whatsapp:+4915100000006", status=None)
    filler.add(9, minutes=64, contact="whatsapp:+4915100000007", body={})
    filler.add(10, minutes=65, contact=sid("CH", 10), status=None)
    archive.flush()
    return filler


def open_archive(folder: Path) -> Archive:
    return Archive.open(folder / "archive.sqlite", account_sid=ACCOUNT)


def many(numbers: Iterable[int]) -> list[Record]:
    """Single executions, each of its own contact, the lower the number the newer."""
    return [record(number) for number in numbers]
