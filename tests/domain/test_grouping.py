"""Group keys, places in the group, and what one execution learns from another (design.md 3.1)."""

from __future__ import annotations

from typing import Any

import pytest

from sidscope.domain.record import Known
from sidscope.domain.records import ReadStatus

from .builders import (
    OUR_PHONE,
    OUR_WHATSAPP,
    PHONE,
    WEB,
    WHATSAPP,
    ctx,
    ex,
    flex,
    known,
    memberships,
    records,
    replay,
    seconds,
    sid,
    talk,
)

CH, CA = sid("CH", 1), sid("CA", 1)


def groups(*items: Known) -> dict[int, tuple[str, int]]:
    return {n: (record.group_key, record.reentry_number) for n, record in records(items).items()}


@pytest.mark.parametrize(
    ("item", "key"),
    [
        (replay(1, 0, 1), CH),
        (talk(1, 0, 1), CH),
        (known(ex(by=CA, address=PHONE)), CA),
        (known(ex(address=CH, by=CA)), CH),
        (known(ex(by=sid("RQ")), ctx(request={"to": PHONE}, dial={"CallSid": CA})), CA),
        (talk(1, 0, None), sid("FN", 1)),
        (known(ex(by=sid("RQ"), address=PHONE), ctx(request={"to": PHONE})), sid("FN", 1)),
        (known(ex(), status=ReadStatus.GONE), sid("FN", 1)),
    ],
)
def test_group_key(item: Known, key: str) -> None:
    assert groups(item) == {1: (key, 0)}


def test_executions_of_a_conversation_are_counted_in_time_order() -> None:
    found = groups(replay(3, 30, 1), talk(1, 0, 1), talk(4, 40, 2), replay(2, 0.5, 1, flow=2))
    assert found == {1: (CH, 0), 2: (CH, 1), 3: (CH, 2), 4: (sid("CH", 2), 0)}


def test_handovers_count_too() -> None:
    found = groups(talk(1, 0, 1, message=9), replay(2, seconds(0.4), 1, flow=2, message=9), replay(3, 1, 1))
    assert [found[n] for n in (1, 2, 3)] == [(CH, 0), (CH, 1), (CH, 2)]


def test_several_executions_of_one_call_count() -> None:
    assert groups(known(ex(1, by=CA)), known(ex(2, by=CA.lower(), hours=1))) == {1: (CA, 0), 2: (CA, 1)}


def test_equal_times_put_the_row_that_names_the_customer_first() -> None:
    assert groups(replay(1, 0, 1, flow=2), talk(2, 0, 1)) == {2: (CH, 0), 1: (CH, 1)}


def test_one_conversation_in_two_spellings_is_one_group_called_as_first_spelled() -> None:
    shout, quiet = "CH" + "AB" * 16, "CH" + "ab" * 16
    found = records([talk(1, 0, shout), talk(2, 1, quiet)])
    assert [(r.group_key, r.reentry_number, r.conversation_sid) for r in found.values()] == [
        (shout, 0, shout),
        (shout, 1, quiet),
    ]


FIRST = sid("FN", 1)


@pytest.mark.parametrize(
    ("hours", "keys"),
    [
        ((0, 23), {1: (FIRST, 0), 2: (FIRST, 1)}),
        ((0, 24), {1: (FIRST, 0), 2: (FIRST, 1)}),
        ((0, 24 + seconds(1)), {1: (FIRST, 0), 2: (sid("FN", 2), 0)}),
        ((0, 20, 40, 60, 85), {1: (FIRST, 0), 2: (FIRST, 1), 3: (FIRST, 2), 4: (FIRST, 3), 5: (sid("FN", 5), 0)}),
    ],
)
def test_messages_without_a_conversation_run_while_each_starts_within_a_day(
    hours: tuple[float, ...], keys: dict[int, tuple[str, int]]
) -> None:
    assert groups(*(talk(n, hour, None, sender=OUR_WHATSAPP) for n, hour in enumerate(hours, 1))) == keys


@pytest.mark.parametrize(
    "other",
    [
        talk(2, 1, None, contact="whatsapp:+491", sender=OUR_WHATSAPP),
        talk(2, 1, None, sender="whatsapp:+1999"),
        talk(2, 1, None, contact=PHONE, sender=OUR_WHATSAPP),
        talk(2, 1, 1, sender=OUR_WHATSAPP),
    ],
)
def test_a_run_is_of_one_contact_sender_and_channel(other: Known) -> None:
    assert groups(talk(1, 0, None, sender=OUR_WHATSAPP), other)[2][1] == 0


def test_sent_messages_run_too_but_requests_stand_alone() -> None:
    def survey(n: int, **widgets: Any) -> Known:
        body = ctx(request={"to": PHONE, "from": OUR_PHONE}, contact=PHONE, sender=OUR_PHONE, **widgets)
        return known(ex(n, hours=n, by=sid("RQ", n)), body)

    sms = {"outbound": {"Sid": sid("SM"), "To": PHONE}}
    assert groups(survey(1, ask=sms), survey(2, ask=sms)) == {1: (FIRST, 0), 2: (FIRST, 1)}
    assert groups(survey(1), survey(2)) == {1: (FIRST, 0), 2: (sid("FN", 2), 0)}


@pytest.mark.parametrize("status", [ReadStatus.GONE, ReadStatus.DENIED, ReadStatus.FAILED, ReadStatus.PENDING])
@pytest.mark.parametrize("address", [None, WHATSAPP])
def test_whose_conversation_cannot_be_known_is_alone(status: ReadStatus, address: str | None) -> None:
    unread = [known(ex(n, hours=n, address=address, by=sid("SM", n)), status=status) for n in (1, 2)]
    assert groups(*unread) == {1: (FIRST, 0), 2: (sid("FN", 2), 0)}


def test_an_empty_context_leaves_it_alone_too() -> None:
    empty = [known(ex(n, hours=n, address=WHATSAPP, by=sid("SM", n)), {}) for n in (1, 2)]
    assert groups(*empty) == {1: (FIRST, 0), 2: (sid("FN", 2), 0)}


# --- what another execution of the conversation tells --------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "contact", "channel"),
    [
        (talk(1, 0, 1), WHATSAPP, "whatsapp"),
        (talk(1, 9, 1), WHATSAPP, "whatsapp"),  # a later one tells as well
        (talk(1, 0, 1, contact=PHONE), PHONE, "sms"),
        (talk(1, 0, 1, contact=WEB), WEB, "webchat"),
        (talk(1, 0, 2), None, None),
        (replay(1, 0, 1), None, None),
        # voice and api are what that execution did, not how the conversation came
        (known(ex(1), ctx(conversation={"ConversationSid": CH}, contact=PHONE, d={"CallSid": CA})), PHONE, "sms"),
        (known(ex(1, by=sid("RQ")), ctx(request={"to": "bob"}, s={"conversation": {"sid": CH}})), "bob", "webchat"),
    ],
)
def test_a_row_keyed_on_its_conversation_learns_the_contact(
    other: Known, contact: str | None, channel: str | None
) -> None:
    record = records([other, replay(2, 5, 1)])[2]
    assert (record.contact, record.channel, record.context_status) == (contact, channel, "not_needed")


def test_channel_is_unknown_only_where_the_context_was_asked_for() -> None:
    statuses = {status: records([known(ex(), status=status)])[1].channel for status in ReadStatus}
    assert statuses == {
        ReadStatus.NOT_NEEDED: None,
        ReadStatus.PENDING: None,
        ReadStatus.OK: "unknown",
        ReadStatus.GONE: "unknown",
        ReadStatus.DENIED: "unknown",
        ReadStatus.FAILED: "unknown",
    }


def test_sender_as_participants_name_it_where_nothing_else_does() -> None:
    told = memberships(WHATSAPP, (1, "active", OUR_WHATSAPP), (2, "closed", None))
    found = records([talk(1, 0, 1), talk(2, 1, 2), talk(3, 2, 1, sender="whatsapp:+1777"), replay(4, 3, 1)], told)
    assert [found[n].sender for n in (1, 2, 3, 4)] == [OUR_WHATSAPP, None, "whatsapp:+1777", OUR_WHATSAPP]
    assert records([talk(1, 0, 1)])[1].sender is None


def test_the_record_names_every_sid_and_its_source() -> None:
    record = records([talk(1, 0, 1, message=4, agent=flex(2, interaction=3))])[1]
    assert (record.conversation_sid, record.task_sid, record.interaction_sid, record.message_sid) == (
        CH,
        sid("WT", 2),
        sid("KD", 3),
        sid("IM", 4),
    )
    assert (record.sid_source, record.context_status, record.call_sid) == ("trigger", "ok", None)
    assert records([known(ex(by=CA))])[1].sid_source == "row"
    assert records([talk(1, 0, None)])[1].sid_source == "none"
