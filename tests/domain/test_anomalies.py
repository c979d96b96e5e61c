"""What stands beside a verdict because it should not be: the anomalies of design.md 3.2."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sidscope.domain.correlate import correlate
from sidscope.domain.record import Known
from sidscope.domain.records import Conversation, Execution, Memberships, ReadStatus

from .builders import (
    NOW,
    OUR_PHONE,
    OUR_WHATSAPP,
    PHONE,
    WEB,
    WHATSAPP,
    at,
    conversation,
    ctx,
    ex,
    known,
    lookups,
    memberships,
    records,
    replay,
    seconds,
    sid,
    talk,
)

Told = Conversation | Memberships


def anomalies(items: list[Known], *told: Told) -> dict[int, tuple[str, ...]]:
    """By execution, of those that have any."""
    return {n: record.anomalies for n, record in records(items, *told).items() if record.anomalies}


def test_webchat_reused() -> None:
    items = [talk(1, 0, 1, contact=WEB), replay(2, 1, 1), talk(3, 2, 1, contact=WEB), talk(4, 3, 2, contact=WEB)]
    assert anomalies(items) == {2: ("webchat_reused",), 3: ("webchat_reused",)}
    assert {records(items)[n].verdict for n in (2, 3)} == {"reentry"}
    assert anomalies([talk(1, 0, 1), talk(2, 1, 1)]) == {}
    assert anomalies([talk(1, 0, 1, contact=WEB), talk(2, 0, 1, contact=WEB, flow=2)]) == {}  # a handover


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (conversation(1, closed=0.5), {2: ("reentry_after_close",), 3: ("reentry_after_close",)}),
        (conversation(1, closed=1.5), {3: ("reentry_after_close",)}),
        (conversation(1, closed=2), {}),
        (conversation(1), {}),
        (conversation(1, status=ReadStatus.GONE), {}),
        (memberships(WHATSAPP, (1, "closed", None), updated=1.5), {3: ("reentry_after_close",)}),
        (memberships(WHATSAPP, (1, "active", None), updated=1.5), {}),
    ],
)
def test_reentry_after_close(told: Told, found: dict[int, tuple[str, ...]]) -> None:
    items = [talk(1, 0, 1), replay(2, 1, 1), talk(3, 2, 1)]
    assert anomalies(items, told) == found
    assert {records(items, told)[n].verdict for n in (2, 3)} == {"reentry"}


OVERLAP = ("overlapping_conversations",)


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ([], {}),
        ([conversation(1)], {2: OVERLAP}),
        ([conversation(1, "inactive")], {2: OVERLAP}),
        ([conversation(1, closed=6)], {2: OVERLAP}),
        ([conversation(1, closed=4)], {}),
        ([conversation(1, closed=5)], {}),
        ([conversation(1, status=ReadStatus.GONE)], {}),
        ([conversation(2)], {}),
        ([memberships(WHATSAPP, (1, "active", None))], {2: OVERLAP}),
    ],
)
def test_overlapping_conversations(told: list[Told], found: dict[int, tuple[str, ...]]) -> None:
    items = [talk(1, 0, 1, sender=OUR_WHATSAPP), talk(2, 5, 2, sender=OUR_WHATSAPP)]
    assert anomalies(items, *told) == found


def test_conversations_in_turns_overlap_whatever_twilio_says() -> None:
    def turn(n: int, ch: int) -> Known:
        return talk(n, n, ch, sender=OUR_WHATSAPP)

    assert anomalies([turn(1, 1), turn(2, 2), turn(3, 1)]) == {2: OVERLAP}
    assert anomalies([turn(1, 1), turn(2, 2), turn(3, 1), turn(4, 2)]) == {2: OVERLAP, 3: OVERLAP}
    assert anomalies([turn(1, 1), turn(2, 2), turn(3, 3), turn(4, 1)]) == {2: OVERLAP, 3: OVERLAP}


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, OUR_WHATSAPP), (OUR_WHATSAPP, None), (None, None), (OUR_WHATSAPP, "whatsapp:+1999")],
)
def test_only_senders_known_to_be_equal_overlap(before: str | None, after: str | None) -> None:
    items = [talk(1, 0, 1, sender=before), talk(2, 5, 2, sender=after)]
    assert anomalies(items, conversation(1)) == {}


def test_senders_told_by_participants_overlap() -> None:
    told = memberships(WHATSAPP, (1, "active", OUR_WHATSAPP), (2, "active", OUR_WHATSAPP))
    assert anomalies([talk(1, 0, 1), talk(2, 5, 2)], told) == {2: OVERLAP}


SEVERAL = ("message_started_several",)


@pytest.mark.parametrize(
    ("items", "found"),
    [
        # one message SID in several flows
        ([talk(1, 0, 1, message=9), talk(2, 1, 2, flow=2, message=9)], {2: SEVERAL}),
        ([talk(1, 0, 1, message=9), talk(2, 1, 2, flow=2, message=9, contact="x")], {2: SEVERAL}),
        # one contact within two seconds in several flows: the same number wired twice
        ([talk(1, 0, 1), talk(2, 0, None, flow=2)], {2: SEVERAL}),
        ([talk(1, 0, None), talk(2, seconds(2), 1, flow=2)], {2: SEVERAL}),
        ([talk(1, 0, None), talk(2, seconds(2.001), 1, flow=2)], {}),
        ([talk(1, 0, None), talk(2, seconds(1), 1, flow=2), talk(3, seconds(1), 2, flow=3)], {2: SEVERAL, 3: SEVERAL}),
        ([talk(1, 0, None), talk(2, seconds(1), None)], {}),
        ([talk(1, 0, None), talk(2, seconds(1), None, flow=2), talk(3, seconds(2), None)], {2: SEVERAL, 3: SEVERAL}),
        # a handover is none, and does not excuse others
        ([talk(1, 0, 1, message=9), replay(2, seconds(0.4), 1, flow=2, message=9)], {}),
        (
            [talk(1, 0, 1, message=9), replay(2, seconds(0.4), 1, flow=2, message=9), talk(3, 0.0005, None, flow=3)],
            {3: SEVERAL},
        ),
        # another person, another channel, a call, a request
        ([talk(1, 0, None), talk(2, 0, None, flow=2, contact="whatsapp:+491")], {}),
        ([talk(1, 0, None), talk(2, 0, None, flow=2, contact=PHONE)], {}),
        ([talk(1, 0, None, contact=PHONE), known(ex(2, flow=2, by=sid("CA"), address=PHONE))], {}),
        (
            [known(ex(n, flow=n, by=sid("RQ", n)), ctx(request={"to": PHONE, "from": OUR_PHONE})) for n in (1, 2)],
            {},
        ),
    ],
)
def test_message_started_several(items: list[Known], found: dict[int, tuple[str, ...]]) -> None:
    assert anomalies(items) == found


@pytest.mark.parametrize(
    ("row", "stuck"),
    [
        (ex(status="active", hours=0), True),
        (ex(status="active", hours=8), False),
        (ex(status="active", hours=8 - seconds(1)), True),
        (ex(status="active", hours=0, updated=9), False),
        (ex(status="active", hours=0, updated=7), True),
        (ex(status="active", hours=None, updated=7), True),
        (ex(status="active", hours=None), False),
        (ex(status="ended", hours=0), False),
        (ex(status=None, hours=0), False),
    ],
)
def test_stuck_after_two_hours_of_silence(row: Execution, stuck: bool) -> None:
    (record,) = records([known(row)], now=at(10)).values()
    assert record.anomalies == ("stuck",) * stuck


def test_stuck_when_told_otherwise() -> None:
    item = known(ex(status="active", hours=0))
    for after, stuck in ((timedelta(hours=9), True), (timedelta(hours=10), False)):
        (record,) = correlate([item], lookups(), now=at(10), stuck_after=after).values()
        assert record.anomalies == ("stuck",) * stuck


def test_anomalies_stand_together() -> None:
    items = [
        talk(1, 0, 1, contact=WEB),
        known(ex(2, hours=1, address=sid("CH", 1), by=sid("IM", 2), status="active")),
    ]
    found = anomalies(items, conversation(1, closed=0.5))
    assert found == {2: ("webchat_reused", "reentry_after_close", "stuck")}
    assert NOW - at(1) > timedelta(hours=2)
