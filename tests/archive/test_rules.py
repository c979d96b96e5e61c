"""What was seen is kept: round trips, and what becomes of a second answer about the same thing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidscope.archive import Archive, StepsWrite
from sidscope.archive.codec import CODEC, key, key_range, moment, pack, text, unmoment, unpack, untext
from sidscope.archive.rules import merged_execution, merged_lookup
from sidscope.domain.evidence import extract
from sidscope.domain.records import (
    Call,
    Conversation,
    Execution,
    Flow,
    Membership,
    Memberships,
    ReadStatus,
    Step,
    StepList,
    Task,
)
from sidscope.domain.sids import sid_key
from sidscope.domain.value import replace
from tests.support.jsonvalues import JSON_VALUES

from .samples import ACCOUNT, FLOW, NOW, at, body, context, execution, sid

FN = sid("FN", 1)


@pytest.fixture
def archive() -> Iterator[Archive]:
    with Archive.memory(ACCOUNT) as archive:
        yield archive


def changes(archive: Archive, *items: Any) -> list[str]:
    """The keys that writing these says have changed."""
    seen: list[str] = []
    archive.on_commit = seen.extend
    archive.write(*items)
    archive.flush()
    archive.on_commit = None
    return seen


def known_status(archive: Archive, fn: str = FN) -> ReadStatus:
    return archive.known([fn])[sid_key(fn)].context_status


# --- round trips

texts = st.text(st.characters(), max_size=40)  # lone surrogates, NUL and all
moments = st.datetimes(timezones=st.just(UTC), min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30))
seconds = st.integers(1, 4_000_000_000).map(lambda value: datetime.fromtimestamp(value, UTC))  # as Studio writes them
executions = st.builds(
    Execution,
    sid=st.just(FN),
    flow_sid=st.just(FLOW),
    status=st.sampled_from([None, "active", "ended", "odd"]),
    date_created=st.none() | seconds,
    date_updated=st.none() | seconds,
    contact_channel_address=st.none() | texts | st.just(sid("CH", 5)),
    initiated_by=st.none() | texts | st.just(sid("CA", 5)),
    flow_version=st.none() | st.integers(-(2**63), 2**63 - 1),
)


@settings(max_examples=60, deadline=None)
@given(executions, JSON_VALUES)
def test_rows_facts_and_bodies_come_back_as_they_were(row: Execution, value: Any) -> None:
    with Archive.memory(ACCOUNT) as archive:
        archive.write(row)
        archive.flush()
        known = archive.known([FN])[sid_key(FN)]
        assert known.row == row
        assert known.facts == extract(row)
        write = context(row, value)
        archive.write(write)
        archive.flush()
        assert archive.context(FN) == write.context
        assert archive.known([FN])[sid_key(FN)].facts == extract(row, value, read=True, related=False)
        assert archive.window() == [archive.known([FN])[sid_key(FN)]]


@given(texts)
def test_any_text_is_stored(value: str) -> None:
    stored = text(value)
    assert stored is None or isinstance(stored, str | bytes)
    assert untext(stored) == value


@given(moments)
def test_times_are_exact_and_sort(value: datetime) -> None:
    assert unmoment(moment(value)) == value
    assert moment(value) < moment(value + timedelta(microseconds=1))


@given(st.integers(0, 2**128 - 1), st.integers(2, 33))
def test_keys_ignore_case_and_prefixes_span_them(number: int, length: int) -> None:
    spelled = sid("CH", number)
    assert key(spelled) == key(spelled.upper()) == key("ch" + spelled[2:])
    span = key_range(spelled[:length])
    assert span is not None
    found = key(spelled)
    assert isinstance(found, bytes)
    assert span[0] <= found <= span[1]
    assert key_range("+49") is None


def test_a_body_too_deep_to_spell_counts_as_failed(archive: Archive) -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    row = execution(1)
    write = replace(context(row, {}), context=replace(context(row, {}).context, body=deep))
    archive.write(row, write)
    archive.flush()
    assert known_status(archive) is ReadStatus.FAILED
    while deep:  # Python itself would recurse to free it
        deep = deep.pop()


def test_flows_steps_and_lookups_come_back(archive: Archive) -> None:
    flow = Flow(FLOW, "Süd \u202e \x00", "published", 7, at(0), at(1))
    steps = tuple(
        Step(sid("FT", n), FN, FLOW, "incoming", f"a{n}", None, "x", sid("FT", n - 1) if n else None, at(n), None)
        for n in range(3)
    )
    conversation = Conversation(sid("CH", 1), ReadStatus.OK, NOW, "active", sid("IS", 1), at(0), at(1))
    task = Task(sid("WT", 1), ReadStatus.OK, NOW, "assigned", sid("WS", 1), None, at(0), at(1), '{"a": 1}')
    call = Call(sid("CA", 1), ReadStatus.OK, NOW, "in-progress", "inbound", "+49", "+1", None, at(0), at(1), None)
    memberships = Memberships(
        "whatsapp:+49",
        ReadStatus.OK,
        NOW,
        (
            Membership(sid("CH", 1), "active", sid("IS", 1), "whatsapp:+49", "whatsapp:+1", at(0), at(1)),
            Membership(sid("CH", 2)),
        ),
    )
    archive.write(flow, execution(1), StepsWrite(FN, steps, NOW), conversation, task, call, memberships)
    archive.write(StepsWrite(sid("FN", 99), steps, NOW))  # of an execution that is not there
    archive.flush()
    assert archive.flows() == [flow]
    assert archive.known([FN.lower()])[sid_key(FN)].flow_name == flow.friendly_name
    assert archive.steps(FN) == StepList(FN, ReadStatus.OK, NOW, steps, final=False)
    assert archive.steps(sid("FN", 99)) is None
    found = archive.lookups(
        [sid("CH", 1).lower(), sid("CH", 9)], [sid("WT", 1)], ["whatsapp:+49", "+49"], [sid("CA", 1)]
    )
    assert found.conversations == {sid_key(conversation.sid): conversation}
    assert found.tasks == {sid_key(task.sid): task}
    assert found.calls == {sid_key(call.sid): call}
    assert found.memberships == {"whatsapp:+49": memberships}


# --- executions


def test_writing_the_same_again_changes_nothing(archive: Archive) -> None:
    row = execution(1)
    lookups = [
        Flow(FLOW, "one"),
        Conversation(sid("CH", 1), ReadStatus.OK, NOW, "active"),
        Memberships(row.contact_channel_address or "", ReadStatus.OK, NOW, (Membership(sid("CH", 1)),)),
        StepsWrite(FN, (), NOW),
    ]
    items = [row, context(row, body(1)), *lookups]
    assert set(changes(archive, *items)) == {sid_key(FN)}
    before = archive.known([FN])
    assert changes(archive, *items) == []
    assert changes(archive, replace(row, sid=FN.upper())) == []
    assert changes(archive, *(replace(item, read_at=at(9)) for item in lookups[1:])) == []
    assert archive.known([FN]) == before


def test_an_older_listing_never_reopens_an_ended_execution(archive: Archive) -> None:
    active = execution(1, status="active", date_updated=at(1))
    ended = execution(1, status="ended", date_updated=at(5))
    odd = execution(1, status="active", date_updated=at(9))
    for order in permutations([active, ended, odd]):
        with Archive.memory(ACCOUNT) as memory:
            memory.write(*order)
            memory.flush()
            assert memory.known([FN])[sid_key(FN)].row == ended
    assert changes(archive, active) == [sid_key(FN)]
    assert changes(archive, ended) == [sid_key(FN)]
    assert changes(archive, active) == []


def test_the_newer_row_wins_and_nothing_known_is_emptied() -> None:
    old = execution(1, status="active", date_updated=at(5))
    assert merged_execution(old, replace(old, date_updated=at(4), flow_version=1)) == old
    newer = replace(old, date_updated=at(6), initiated_by=None)
    assert merged_execution(old, newer) == replace(old, date_updated=at(6))


@given(st.lists(executions, min_size=1, max_size=4))
def test_merging_is_stable(rows: list[Execution]) -> None:
    merged = rows[0]
    for row in rows[1:]:
        merged = merged_execution(merged, row)
    for row in rows:
        if row.status == "ended":
            assert merged.status == "ended"
    assert merged_execution(merged, merged) == merged


def test_facts_follow_the_row_until_and_after_its_context_is_read(archive: Archive) -> None:
    row = execution(1, status="active", contact_channel_address=None, initiated_by=None)
    archive.write(row)
    assert changes(archive, replace(row, contact_channel_address=sid("CH", 7))) == [sid_key(FN)]
    assert archive.search(sid("CH", 7)) == [sid_key(FN)]
    assert known_status(archive) is ReadStatus.NOT_NEEDED
    row = archive.known([FN])[sid_key(FN)].row
    archive.write(context(row, body(7)))
    ended = replace(row, status="ended", date_updated=at(9), initiated_by=sid("SM", 5))
    archive.write(ended)
    archive.flush()
    assert archive.known([FN])[sid_key(FN)].facts == extract(ended, body(7), read=True)
    assert archive.search(sid("SM", 5)) == archive.search("whatsapp:+49000000001") == [sid_key(FN)]


def test_keys_that_a_better_context_no_longer_mentions_are_forgotten(archive: Archive) -> None:
    row = execution(1, status="active")
    archive.write(row, context(row, body(1), read_at=at(0)))
    archive.write(context(row, body(2, contact="whatsapp:+1"), read_at=at(1)))
    archive.flush()
    assert archive.search(sid("CH", 2)) == archive.search("whatsapp:+1") == [sid_key(FN)]
    assert archive.search(sid("CH", 1)) == []


# --- contexts

ACTIVE = execution(1, status="active", date_updated=at(1))
ENDED = execution(1, status="ended", date_updated=at(5))
OK, GONE, DENIED, FAILED = ReadStatus.OK, ReadStatus.GONE, ReadStatus.DENIED, ReadStatus.FAILED


@pytest.mark.parametrize(
    ("outcomes", "kept", "wanted"),
    [
        ([], ReadStatus.PENDING, True),
        ([(ENDED, OK)], OK, False),
        ([(ENDED, GONE)], GONE, False),
        ([(ENDED, DENIED)], DENIED, True),
        ([(ENDED, FAILED)], FAILED, True),
        ([(ENDED, ReadStatus.PENDING)], ReadStatus.PENDING, True),
        ([(ENDED, FAILED), (ENDED, ReadStatus.PENDING)], FAILED, True),
        ([(ENDED, FAILED), (ENDED, OK)], OK, False),
        ([(ENDED, OK), (ENDED, FAILED)], OK, False),
        ([(ENDED, OK), (ENDED, GONE)], OK, False),
        ([(ENDED, OK), (ENDED, DENIED)], OK, False),
        ([(ENDED, GONE), (ENDED, FAILED)], GONE, False),
        ([(ENDED, GONE), (ENDED, DENIED)], GONE, False),
        ([(ENDED, GONE), (ENDED, OK)], OK, False),
        ([(ENDED, FAILED), (ENDED, DENIED)], DENIED, True),
        ([(ACTIVE, OK)], OK, True),  # the row has changed since
        ([(ACTIVE, OK), (ENDED, GONE)], OK, False),  # nothing more will ever come
        ([(ACTIVE, OK), (ENDED, FAILED)], OK, True),
        ([(ACTIVE, GONE)], GONE, True),
        ([(ACTIVE, GONE), (ENDED, FAILED)], FAILED, True),
    ],
)
def test_what_becomes_of_a_contexts_outcome(
    archive: Archive, outcomes: list[tuple[Execution, ReadStatus]], kept: ReadStatus, wanted: bool
) -> None:
    archive.write(ACTIVE, ENDED)
    for minute, (row, status) in enumerate(outcomes):
        archive.write(context(row, body(1), status, read_at=at(minute)))
    archive.flush()
    assert known_status(archive) is kept
    assert [row.sid for row in archive.needs_context()] == ([FN] if wanted else [])
    found = archive.context(FN)
    if kept is OK:
        assert found is not None
        assert found.body == body(1)
        assert archive.search(sid("CH", 1)) == [sid_key(FN)]


def test_an_active_context_is_read_again_only_when_its_row_changed(archive: Archive) -> None:
    archive.write(ACTIVE, context(ACTIVE, body(1)))
    archive.flush()
    assert archive.needs_context() == []
    assert archive.unread([ACTIVE]) == []
    later = replace(ACTIVE, date_updated=at(3))
    assert archive.unread([later]) == [later]
    archive.write(later)
    archive.flush()
    assert archive.needs_context() == [later]
    archive.write(context(later, body(1)))
    archive.flush()
    assert archive.needs_context() == []


def test_rows_that_name_a_conversation_or_call_need_no_context(archive: Archive) -> None:
    rows = [
        execution(1, contact_channel_address=sid("CH", 1)),
        execution(2, initiated_by=sid("CA", 1)),
        execution(3),
        execution(4),
    ]
    archive.write(*rows)
    archive.flush()
    assert [row.sid for row in archive.needs_context()] == [sid("FN", 4), sid("FN", 3)]
    assert [row.sid for row in archive.needs_context(since=at(4))] == [sid("FN", 4)]
    assert [row.sid for row in archive.needs_context(until=at(4))] == [sid("FN", 3)]
    assert known_status(archive, sid("FN", 1)) is ReadStatus.NOT_NEEDED
    archive.write(context(rows[0], status=DENIED))  # somebody looked at it
    archive.flush()
    assert known_status(archive, sid("FN", 1)) is DENIED


def test_a_late_older_answer_does_not_replace_a_newer_context(archive: Archive) -> None:
    archive.write(ACTIVE, context(ACTIVE, body(2), read_at=at(2)), context(ACTIVE, body(1), read_at=at(1)))
    archive.flush()
    found = archive.context(FN)
    assert found is not None
    assert found.body == body(2)


# --- look-ups


def conversation(status: ReadStatus, minute: int, state: str | None = None, **fields: Any) -> Conversation:
    return Conversation(sid("CH", 1), status, at(minute), state, **fields)


def test_closed_is_final_and_gone_keeps_what_was_seen() -> None:
    closed = conversation(OK, 3, "closed", date_closed=at(2))
    active = conversation(OK, 1, "active", chat_service_sid=sid("IS", 1), date_created=at(0))
    for later in (conversation(GONE, 9), conversation(FAILED, 9), conversation(OK, 9, "active"), active):
        assert merged_lookup(closed, later) == closed
    assert merged_lookup(active, closed) == closed
    assert merged_lookup(conversation(OK, 9, "active"), closed) == closed
    assert merged_lookup(active, conversation(DENIED, 9)) == active
    gone = merged_lookup(active, conversation(GONE, 9))
    assert (gone.read_status, gone.state, gone.chat_service_sid) == (GONE, None, sid("IS", 1))
    assert merged_lookup(gone, active) == gone
    assert merged_lookup(conversation(FAILED, 5), conversation(OK, 1, "active")).read_status is OK
    assert merged_lookup(conversation(FAILED, 5), conversation(DENIED, 6)).read_status is DENIED


@given(
    st.lists(
        st.builds(
            conversation,
            st.sampled_from(list(ReadStatus)),
            st.integers(0, 9),
            st.sampled_from([None, "active", "closed"]),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_no_order_of_answers_loses_a_closed_conversation(answers: list[Conversation]) -> None:
    kept = answers[0]
    for answer in answers[1:]:
        kept = merged_lookup(kept, answer)
    if any(answer.read_status is OK and answer.closed for answer in answers):
        assert kept.closed
    if any(answer.read_status in (OK, GONE) for answer in answers):
        assert kept.read_status in (OK, GONE)


def test_lookups_name_the_executions_they_bear_on(archive: Archive) -> None:
    one = execution(1, contact_channel_address=sid("CH", 1))
    two = execution(2, initiated_by=sid("CA", 1))
    three = execution(3)
    handed = {"to_flex": {"sid": sid("WT", 1)}}
    archive.write(one, two, three, context(three, body(3, "whatsapp:+5", **handed)))
    archive.flush()
    assert changes(archive, conversation(OK, 1, "active")) == [sid_key(one.sid)]
    assert changes(archive, Call(sid("CA", 1), OK, NOW)) == [sid_key(two.sid)]
    assert changes(archive, Task(sid("WT", 1), OK, NOW, "assigned")) == [sid_key(three.sid)]
    assert changes(archive, Memberships("whatsapp:+5", OK, NOW)) == [sid_key(three.sid)]
    assert changes(archive, Memberships("whatsapp:+5", FAILED, at(1))) == []
    assert len(changes(archive, Flow(FLOW, "new name"))) == 3


WITHOUT = """
import json, sys
sys.modules["isal"] = None
from sidscope.archive.codec import CODEC, pack, unpack
body = json.load(sys.stdin)
assert unpack(CODEC, pack(body)) == body
sys.stdout.buffer.write(pack(body))
"""


@given(JSON_VALUES)
def test_what_is_packed_is_unpacked(body: Any) -> None:
    assert unpack(CODEC, pack(body)) == body


def test_where_there_is_no_isal_for_the_machine_zlib_packs_the_same() -> None:
    body = {"trigger": {"message": {"Body": "Grüße " * 500}}}
    packed = subprocess.run(
        [sys.executable, "-c", WITHOUT], input=json.dumps(body).encode(), capture_output=True, check=True
    ).stdout
    assert unpack(CODEC, packed) == body
    assert packed != pack(body)  # it was another library
