"""Why this conversation: design.md 3.2, every verdict with every way to it, and the order in which they are asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from sidscope.domain.record import Known, Verdict
from sidscope.domain.records import Conversation, Memberships, ReadStatus, Task
from sidscope.domain.verdicts import RULES

from .builders import (
    NOW,
    OUR_WHATSAPP,
    PHONE,
    WEB,
    WHATSAPP,
    conversation,
    ctx,
    ex,
    flex,
    known,
    lookups,
    memberships,
    records,
    replay,
    seconds,
    sid,
    talk,
    task,
)

Told = Conversation | Task | Memberships
CALL, MESSAGE, REQUEST = sid("CA"), sid("IM"), sid("RQ")
GONE, DENIED, FAILED, PENDING = ReadStatus.GONE, ReadStatus.DENIED, ReadStatus.FAILED, ReadStatus.PENDING
AGENT = flex(1)


def verdict(items: Sequence[Known], *told: Told) -> tuple[str, str]:
    """Verdict and basis of the execution with the highest number."""
    found = records(items, *told)
    record = found[max(found)]
    return record.verdict, record.verdict_basis


def test_the_rules_are_asked_in_the_order_of_the_table() -> None:
    assert [f"_{name}" for name in Verdict if name is not Verdict.UNEXPLAINED] == [rule.__name__ for rule in RULES]


# --- unknown, no_conversation ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [GONE, DENIED, FAILED, PENDING])
@pytest.mark.parametrize("row", [ex(), ex(by=MESSAGE, address=WHATSAPP), ex(by=REQUEST, address=PHONE)])
def test_unknown_where_the_context_that_would_tell_was_not_read(row: object, status: ReadStatus) -> None:
    assert verdict([known(row, status=status)]) == ("unknown", "unknown")  # type: ignore[arg-type]


@pytest.mark.parametrize("body", [{}, "{}", {"flow": {"sid": sid("FN")}}])
def test_unknown_where_the_context_is_empty(body: object) -> None:
    assert verdict([known(ex(by=MESSAGE, address=WHATSAPP), body)]) == ("unknown", "unknown")


@pytest.mark.parametrize("status", list(ReadStatus))
def test_a_row_that_settles_is_never_unknown(status: ReadStatus) -> None:
    assert verdict([known(ex(by=CALL, address=PHONE), status=status)]) == ("new_call", "observed")
    assert verdict([known(ex(by=MESSAGE, address=sid("CH")), status=status)]) == ("first_seen", "inferred")


@pytest.mark.parametrize(
    "item",
    [
        talk(1, 0, None),
        talk(1, 0, None, contact=PHONE),
        known(ex(by=REQUEST), ctx(request={"to": PHONE})),
        known(ex(by=REQUEST), ctx(request={"to": WHATSAPP})),
        known(ex(by=REQUEST), ctx(request={"to": PHONE}, ask={"outbound": {"Sid": sid("SM"), "To": PHONE}})),
    ],
)
def test_no_conversation(item: Known) -> None:
    assert verdict([talk(0, -1, 7), item]) == ("no_conversation", "observed")


# --- handover, reentry -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        # the same message, at any distance
        ([talk(1, 0, 1, message=9), replay(2, seconds(0.45), 1, flow=2, message=9)], "handover"),
        ([talk(1, 0, 1, message=9), replay(2, 3, 1, flow=2, message=9)], "handover"),
        ([talk(1, 0, 1, message=9), replay(2, 1, 1, message=8), replay(3, 2, 1, flow=2, message=9)], "handover"),
        # at most two seconds before, by whatever message
        ([talk(1, 0, 1), replay(2, seconds(2), 1, flow=2)], "handover"),
        ([talk(1, 0, 1), replay(2, seconds(2.001), 1, flow=2)], "reentry"),
        # another flow it must be, however it is spelled
        ([talk(1, 0, 1, message=9), replay(2, seconds(0.45), 1, message=9)], "reentry"),
        ([talk(1, 0, 1, flow=10), replay(2, seconds(1), 1, flow=11), replay(3, seconds(2), 1, flow=11)], "handover"),
        ([talk(1, 0, 1, flow=10), replay(2, seconds(2), 1, flow=11), replay(3, seconds(3), 1, flow=11)], "reentry"),
        # the same conversation it must be
        ([talk(1, 0, 1, message=9), talk(2, seconds(1), 2, flow=2, message=9)], "unexplained"),
        # an earlier execution it must be
        ([talk(2, 0, 1, message=9), replay(1, seconds(1), 1, flow=2, message=9)], "first_seen"),
    ],
)
def test_handover(items: list[Known], expected: str) -> None:
    assert verdict(items)[0] == expected


def test_flows_compare_without_case() -> None:
    first, second = talk(1, 0, 1, flow=0xAB), talk(2, seconds(1), 1, flow=0xAB)
    shouted = Known(
        ex(2, hours=seconds(1), address=WHATSAPP, flow=0xAB).__class__(
            sid=sid("FN", 2),
            flow_sid=sid("FW", 0xAB).upper(),
            date_created=second.row.date_created,
        ),
        second.facts,
        second.context_status,
    )
    assert verdict([first, shouted]) == ("reentry", "observed")


@pytest.mark.parametrize("gap", [seconds(3), 1, 24, 24 * 9])
@pytest.mark.parametrize("told", [[], [conversation(1)], [conversation(1, closed=-1)], [conversation(1, status=GONE)]])
def test_reentry_whatever_the_window_and_the_state(gap: float, told: list[Told]) -> None:
    assert verdict([talk(1, 0, 1, agent=AGENT), replay(2, gap, 1)], *told) == ("reentry", "observed")


def test_reentry_by_another_contact_on_the_same_conversation() -> None:
    assert verdict([talk(1, 0, 1), talk(2, 5, 1, contact="whatsapp:+491")]) == ("reentry", "observed")


# --- webchat, voice ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([talk(1, 0, 1, contact=WEB)], ("new_session", "observed")),
        ([talk(1, 0, 1, contact=WEB), talk(2, 1, 2, contact=WEB)], ("new_session", "observed")),
        ([talk(1, 0, 1, contact=WEB), talk(2, 1, 1, contact=WEB)], ("reentry", "observed")),
        ([talk(1, 0, 1, contact=WEB), talk(2, 0, 1, contact=WEB, flow=2)], ("handover", "observed")),
        ([known(ex(1, by=CALL))], ("new_call", "observed")),
        ([known(ex(1, by=CALL)), known(ex(2, by=CALL, hours=1))], ("new_call", "observed")),
        ([known(ex(1, by=REQUEST), ctx(request={"to": PHONE}, d={"CallSid": CALL}))], ("new_call", "observed")),
        ([known(ex(1), ctx(call={"From": PHONE}))], ("no_conversation", "observed")),
    ],
)
def test_sessions_and_calls(items: list[Known], expected: tuple[str, str]) -> None:
    assert verdict(items) == expected


# --- first_seen: who is compared with whom -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "earlier",
    [
        [],
        [talk(1, 0, None)],  # without a CH
        [talk(1, 0, 1, contact=PHONE)],  # one person on another channel
        [talk(1, 0, 1, contact="whatsapp:+4915112345679")],
        [replay(1, 0, 1)],  # whose contact nobody tells
        [talk(1, 9, 1)],  # later
        [known(ex(1, by=CALL, address=WHATSAPP))],
        [known(ex(1, address=WHATSAPP, by=MESSAGE), status=GONE)],
    ],
)
def test_first_seen(earlier: list[Known]) -> None:
    assert verdict([*earlier, talk(2, 5, 2)]) == ("first_seen", "inferred")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, None, "unexplained"),
        (OUR_WHATSAPP, None, "unexplained"),
        (None, OUR_WHATSAPP, "unexplained"),
        (OUR_WHATSAPP, OUR_WHATSAPP, "unexplained"),
        (OUR_WHATSAPP, "whatsapp:+1999", "first_seen"),
    ],
)
def test_senders_separate_where_both_are_known(before: str | None, after: str | None, expected: str) -> None:
    assert verdict([talk(1, 0, 1, sender=before), talk(2, 1, 2, sender=after)])[0] == expected


def test_the_contact_of_a_conversation_is_inherited_both_ways() -> None:
    earlier = [replay(1, 0, 1), talk(2, 1, 1)]
    assert records([*earlier, talk(3, 2, 2)])[3].verdict == "unexplained"
    assert records([talk(1, 0, 1), replay(2, 1, 2), talk(3, 9, 2)])[2].verdict == "unexplained"


def test_the_previous_conversation_is_the_last_one_used() -> None:
    items = [talk(1, 0, 1), talk(2, 1, 2), replay(3, 2, 1), talk(4, 3, 3)]
    assert verdict(items, conversation(1, closed=2.5)) == ("new_after_close", "observed")
    assert verdict(items, conversation(2, closed=2.5)) == ("unexplained", "unknown")


def test_first_seen_says_how_far_back_is_known() -> None:
    from sidscope.domain.correlate import correlate

    (record,) = correlate([talk(1, 0, 1)], lookups(), now=NOW, known_since=NOW - timedelta(days=40)).values()
    assert record.verdict_reason.endswith("(executions are known since 2026-10-22 12:00 UTC).")


# --- new_after_*, unexplained ------------------------------------------------------------------------------------

SENT = [talk(1, 0, 1, agent=AGENT), talk(2, 5, 2)]  # on CH 1 to an agent, then CH 2 within the window
LATE = [talk(1, 0, 1, agent=AGENT), talk(2, 25, 2)]
PLAIN = [talk(1, 0, 1), talk(2, 5, 2)]
PLAIN_LATE = [talk(1, 0, 1), talk(2, 24 + seconds(1), 2)]
OPEN, CLOSED, DELETED = conversation(1), conversation(1, closed=4), conversation(1, status=GONE)
STATES = ("pending", "reserved", "assigned", "wrapping")


@pytest.mark.parametrize(
    ("items", "told", "expected"),
    [
        # the task is completed, deleted, or anything but cancelled while the conversation is closed
        (SENT, [task(1, "completed")], ("new_after_task", "observed")),
        (SENT, [task(1, "completed"), CLOSED], ("new_after_task", "observed")),
        (SENT, [task(1, "completed"), OPEN], ("new_after_task", "observed")),
        (LATE, [task(1, "completed"), DELETED], ("new_after_task", "observed")),
        (SENT, [task(1, status=GONE)], ("new_after_task", "inferred")),
        (SENT, [task(1, status=GONE), CLOSED], ("new_after_task", "inferred")),
        (SENT, [task(1, status=GONE), OPEN], ("new_after_task", "inferred")),
        *[(SENT, [task(1, state), CLOSED], ("new_after_task", "observed")) for state in STATES],
        *[(SENT, [task(1, state), OPEN], ("unexplained", "unknown")) for state in STATES],
        *[(LATE, [task(1, state), OPEN], ("new_after_window", "inferred")) for state in STATES],
        # the task or the conversation was not read: the hand-over seen in a context already tells
        (SENT, [], ("new_after_task", "inferred")),
        (LATE, [], ("new_after_task", "inferred")),
        (SENT, [CLOSED], ("new_after_task", "inferred")),
        (SENT, [DELETED], ("new_after_task", "inferred")),
        (SENT, [task(1, status=DENIED), CLOSED], ("new_after_task", "inferred")),
        (SENT, [task(1, status=FAILED)], ("new_after_task", "inferred")),
        (SENT, [task(1, "assigned")], ("new_after_task", "inferred")),
        (SENT, [task(1, "assigned"), conversation(1, status=DENIED)], ("new_after_task", "inferred")),
        ([talk(1, 0, 1, agent=flex(None)), talk(2, 5, 2)], [], ("new_after_task", "inferred")),
        # a cancelled task explains nothing
        (SENT, [task(1, "canceled"), CLOSED], ("new_after_close", "observed")),
        (SENT, [task(1, "canceled"), DELETED], ("new_after_close", "inferred")),
        (SENT, [task(1, "canceled"), OPEN], ("unexplained", "unknown")),
        (SENT, [task(1, "canceled")], ("unexplained", "unknown")),
        (LATE, [task(1, "canceled"), OPEN], ("new_after_window", "inferred")),
        # closed or deleted, without a task
        (PLAIN, [CLOSED], ("new_after_close", "observed")),
        (PLAIN, [DELETED], ("new_after_close", "inferred")),
        (PLAIN_LATE, [CLOSED], ("new_after_close", "observed")),
        (PLAIN_LATE, [DELETED], ("new_after_close", "inferred")),
        (PLAIN, [task(1, "completed"), CLOSED], ("new_after_close", "observed")),  # nobody's task
        (PLAIN, [memberships(WHATSAPP, (1, "closed", None))], ("new_after_close", "observed")),
        (PLAIN, [memberships(WHATSAPP, (1, "active", None))], ("unexplained", "unknown")),
        # not known closed, and the window had lapsed
        (PLAIN_LATE, [], ("new_after_window", "inferred")),
        (PLAIN_LATE, [OPEN], ("new_after_window", "inferred")),
        (PLAIN_LATE, [conversation(1, "inactive")], ("new_after_window", "inferred")),
        (PLAIN_LATE, [conversation(1, status=DENIED)], ("new_after_window", "inferred")),
        ([talk(1, 0, 1), talk(2, 24, 2)], [], ("unexplained", "unknown")),
        # inside the window, nothing explains it
        (PLAIN, [], ("unexplained", "unknown")),
        (PLAIN, [OPEN], ("unexplained", "unknown")),
        (PLAIN, [conversation(1, status=DENIED)], ("unexplained", "unknown")),
        (PLAIN, [conversation(1, status=FAILED)], ("unexplained", "unknown")),
        (PLAIN, [conversation(2, closed=6)], ("unexplained", "unknown")),
    ],
)
def test_a_new_conversation(items: list[Known], told: list[Told], expected: tuple[str, str]) -> None:
    assert verdict(items, *told) == expected


def test_the_last_task_of_the_previous_conversation_counts() -> None:
    items = [talk(1, 0, 1, agent=flex(1)), talk(2, 1, 1, agent=flex(2)), replay(3, 2, 1), talk(4, 3, 2)]
    assert verdict(items, task(1, "canceled"), task(2, "completed")) == ("new_after_task", "observed")
    assert verdict(items, task(1, "completed"), task(2, "canceled"), CLOSED) == ("new_after_close", "observed")


@pytest.mark.parametrize(
    ("between", "expected"),
    [
        # what keeps the window open: any known inbound message of the contact to that sender
        ([], "new_after_window"),
        ([talk(2, 20, None)], "unexplained"),
        ([talk(2, 20, None, sender=OUR_WHATSAPP)], "unexplained"),
        ([talk(2, -1, 1, ask={"inbound": {"DateCreated": "2026-11-02T08:00:00Z"}})], "unexplained"),
        # and what does not
        ([talk(2, 20, None, sender="whatsapp:+1999")], "new_after_window"),
        ([talk(2, 20, None, contact=PHONE)], "new_after_window"),
        ([known(ex(2, hours=20, by=CALL, address=WHATSAPP))], "new_after_window"),
        ([known(ex(2, hours=20, by=REQUEST), ctx(request={"to": WHATSAPP}))], "new_after_window"),
        ([talk(2, 25, None, message=3)], "new_after_window"),  # the very message that started it
    ],
)
def test_the_window_spans_conversations(between: list[Known], expected: str) -> None:
    new = talk(3, 25, 2, sender=OUR_WHATSAPP)
    assert verdict([talk(1, 0, 1, sender=OUR_WHATSAPP), *between, new])[0] == expected


def test_without_any_known_inbound_message_the_window_explains_nothing() -> None:
    silent = known(ex(1, by=REQUEST), ctx(request={"to": WHATSAPP}, start={"conversation": {"sid": sid("CH", 1)}}))
    assert verdict([silent, talk(2, 99, 2)]) == ("unexplained", "unknown")


# --- what Twilio said of a conversation, in two places --------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([conversation(1, status=DENIED), memberships(WHATSAPP, (1, "closed", None))], "new_after_close"),
        ([conversation(1), memberships(WHATSAPP, (1, "closed", None))], "new_after_close"),
        ([conversation(1, closed=4), memberships(WHATSAPP, (1, "active", None))], "new_after_close"),
        ([conversation(1), memberships(WHATSAPP, (1, "active", None))], "unexplained"),
        (
            [DELETED, memberships(WHATSAPP, (1, "active", None), read=NOW - timedelta(hours=1))],
            "new_after_close",
        ),
        ([DELETED, memberships(WHATSAPP, (1, "active", None), read=NOW + timedelta(hours=1))], "unexplained"),
    ],
)
def test_closed_is_final_and_else_the_latest_answer_holds(told: list[Told], expected: str) -> None:
    assert verdict(PLAIN, *told)[0] == expected


# --- evidence ----------------------------------------------------------------------------------------------------


def test_every_verdict_carries_evidence_and_a_reason() -> None:
    stories: list[tuple[Sequence[Known], Sequence[Told]]] = [
        ([known(ex(), status=GONE)], []),
        ([talk(1, 0, 1), talk(2, 0, 1, flow=2)], []),
        ([talk(1, 0, 1), talk(2, 1, 1)], [conversation(1)]),
        ([talk(1, 0, 1, contact=WEB)], []),
        ([known(ex(by=CALL))], []),
        ([talk(1, 0, None)], []),
        ([talk(1, 0, 1)], []),
        (SENT, [task(1, "completed"), CLOSED]),
        (PLAIN, [CLOSED]),
        (PLAIN_LATE, []),
        (PLAIN, []),
    ]
    seen = []
    for items, told in stories:
        found = records(items, *told)
        record = found[max(found)]
        seen.append(record.verdict)
        assert record.verdict_reason.endswith(".")
        assert record.evidence
        for item in record.evidence:
            assert item.fact
            assert item.source
            assert item.sid
    assert seen == list(Verdict)


def test_evidence_of_a_task_says_what_when_and_where() -> None:
    record = records(SENT, task(1, "completed"), CLOSED)[2]
    told = [(item.fact, item.sid, item.source) for item in record.evidence]
    assert told == [
        ("sent to an agent by FN00…01", sid("WT", 1), "widgets.agent"),
        ("conversation closed", sid("CH", 1), "conversation"),
        ("task completed", sid("WT", 1), "task"),
    ]
    assert record.evidence[1].time == CLOSED.date_closed
    assert "although the window was open" in record.verdict_reason


@pytest.mark.parametrize(
    ("told", "hint"),
    [
        ([], "reading CH00…01 would"),
        ([conversation(1, status=DENIED)], "these credentials may not"),
        ([conversation(1, status=FAILED)], "that failed"),
        ([OPEN], "CH00…01 is active"),
    ],
)
def test_unexplained_says_which_look_up_would_explain(told: list[Told], hint: str) -> None:
    assert hint in records(PLAIN, *told)[2].verdict_reason
