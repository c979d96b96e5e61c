"""Finding executions by SID, prefix and address, and those that belong together; always by an index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidscope.archive import Archive, Coverage, StepsWrite, archive_path
from sidscope.domain.records import Channel, Execution, Step
from sidscope.domain.sids import sid_key
from sidscope.domain.value import replace

from .samples import ACCOUNT, FLOW, NOW, at, body, context, execution, sid


@pytest.fixture
def archive() -> Iterator[Archive]:
    with Archive.memory(ACCOUNT) as archive:
        yield archive


def fns(*numbers: int) -> list[str]:
    return [sid_key(sid("FN", number)) for number in numbers]


def test_every_sid_and_address_of_row_context_and_steps_is_found_in_any_case(archive: Archive) -> None:
    row = execution(1)
    widgets = {
        "say": {"outbound": {"Sid": sid("SM", 0xABC), "url": f"https://x/{sid('RE', 0xDEF)}.mp3"}},
        "to_flex": {"sid": sid("WT", 0xA), "workspaceSid": sid("WS", 0xB), "attributes": f'{{"a":"{sid("KD", 0xC)}"}}'},
    }
    archive.write(row, execution(2), context(row, body(0xE, "whatsapp:+4930", **widgets)))
    step = Step(sid("FT", 0xF), row.sid, FLOW, None, None, None)
    archive.write(StepsWrite(row.sid, (step,), NOW))
    archive.flush()
    mentioned = [("SM", 0xABC), ("RE", 0xDEF), ("WT", 0xA), ("WS", 0xB), ("KD", 0xC), ("CH", 0xE), ("FT", 0xF)]
    for prefix, number in mentioned:
        spelled = sid(prefix, number)
        for spelling in (spelled, spelled.upper(), spelled.lower(), sid("SM", 1)):
            assert archive.search(spelling) == fns(1), spelling
        assert archive.search(spelled[:33], prefix=True) == fns(1)
        assert fns(1)[0] in archive.search(spelled[:2], prefix=True)
    for address in ("whatsapp:+4930", row.contact_channel_address or ""):
        assert archive.search(address) == fns(1)
        assert archive.search(address[:-1]) == []
        assert fns(1)[0] in archive.search(address[:-1], prefix=True)
    assert archive.search(sid("FN", 1).lower()) == fns(1)
    assert archive.search(sid("FN", 1)[:33], prefix=True) == fns(2, 1)
    assert archive.search("WHATSAPP:+4930") == []
    assert archive.search(sid("SM", 0xABD)) == archive.search("nonsense") == archive.search("", prefix=False) == []


def test_kinds_that_everything_names_are_found_without_an_index(archive: Archive) -> None:
    row, value = execution(1), body(1, say={"outbound": {"MessagingServiceSid": sid("MG", 3)}})
    value["trigger"]["conversation"]["ChatServiceSid"] = sid("IS", 3)
    archive.write(row, execution(2, flow_sid=sid("FW", 2)), context(row, value))
    archive.flush()
    assert archive.search(FLOW) == archive.search(FLOW.lower()) == fns(1)
    assert archive.search(sid("FW", 0)[:33], prefix=True) == fns(2, 1)
    assert archive.search(sid("IS", 3)) == archive.search(sid("IS", 3).upper()) == fns(1)
    assert archive.search(sid("MG", 3)) == fns(1)
    assert archive.search(sid("IS", 4)) == archive.search(sid("MG", 4)) == []
    assert archive.info().counts["mentions"] == len({"SM 1", "SM 2", "contact 1", "contact 2", "CH 1"})


def test_the_newest_come_first_and_not_more_than_wanted(archive: Archive) -> None:
    archive.write(*(execution(number, initiated_by=sid("SM", 0)) for number in (3, 1, 2)))
    archive.flush()
    assert archive.search(sid("SM", 0)) == fns(3, 2, 1)
    assert len(archive.search(sid("SM", 0), limit=2)) == 2
    assert [known.row.sid for known in archive.window()] == [sid("FN", number) for number in (3, 2, 1)]
    assert [known.row.sid for known in archive.window(limit=1)] == [sid("FN", 3)]
    assert [known.row.sid for known in archive.window(since=at(2), until=at(3))] == [sid("FN", 2)]
    assert archive.oldest_started() == at(1)
    assert archive.execution_count() == 3


def test_a_number_means_its_channels_but_a_channel_only_itself(archive: Archive) -> None:
    for number, prefix in enumerate(("", "whatsapp:", "messenger:", "rcs:", "client:")):
        archive.write(execution(number, contact_channel_address=f"{prefix}+4930"))
    archive.flush()
    assert archive.contact_search("+4930") == fns(3, 2, 1, 0)
    assert archive.contact_search("whatsapp:+4930") == fns(1)
    assert archive.contact_search("+493") == []


def test_a_row_keyed_on_its_conversation_has_the_contact_of_that_conversation(archive: Archive) -> None:
    told = execution(1)
    silent = execution(2, contact_channel_address=sid("CH", 1))
    archive.write(told, silent, execution(3), context(told, body(1, "whatsapp:+4930")))
    archive.flush()
    assert archive.contact_search("+4930") == archive.contact_search("whatsapp:+4930") == fns(2, 1)
    assert {known.row.sid for known in archive.neighbourhood([silent.sid])} == {told.sid, silent.sid}
    assert archive.known([told.sid], related=False)[sid_key(told.sid)].facts.related == ()


def test_active_executions_of_a_flow(archive: Archive) -> None:
    rows = [execution(1, status="active"), execution(2, status="active", flow_sid=sid("FW", 2)), execution(3)]
    archive.write(*rows)
    archive.flush()
    assert archive.active(FLOW) == rows[:1]
    assert archive.active() == rows[:2]
    archive.write(replace(rows[0], status="ended"))
    archive.flush()
    assert archive.active(FLOW) == []


# --- neighbourhood against a model that compares everything with everything

CHANNELS = {"whatsapp:": Channel.WHATSAPP, "": None}


@st.composite
def small_worlds(draw: st.DrawFn) -> list[tuple[Execution, Any]]:
    world = []
    for number in range(draw(st.integers(1, 9))):
        few = st.integers(0, 2)
        contact = draw(st.sampled_from(["whatsapp:+1", "whatsapp:+2", "+1", "+2", "guest", None]))
        row_says = draw(st.sampled_from([contact, sid("CH", draw(few)), None]))
        by = draw(st.sampled_from([sid("SM", number), sid("CA", draw(few)), None]))
        value = body(draw(few), contact) if contact and draw(st.booleans()) else None
        world.append((execution(number, contact_channel_address=row_says, initiated_by=by), value))
    return world


@settings(max_examples=100, deadline=None)
@given(small_worlds(), st.sets(st.integers(0, 8), max_size=3))
def test_neighbourhood_is_the_closure(world: list[tuple[Execution, Any]], asked: set[int]) -> None:
    with Archive.memory(ACCOUNT) as archive:
        archive.write(*(row for row, _ in world))
        archive.write(*(context(row, value) for row, value in world if value))
        archive.flush()
        found = archive.neighbourhood([sid("FN", number) for number in asked])
        facts = {known.row.sid: known.facts for known in archive.window()}

        def joined(left: str, right: str) -> bool:
            a, b = facts[left], facts[right]
            for one, other in ((a.conversation, b.conversation), (a.call, b.call)):
                if one and other and sid_key(one.value) == sid_key(other.value):
                    return True
            same = a.contact and b.contact and a.contact.value == b.contact.value
            return bool(same) and (a.channel == b.channel or None in (a.channel, b.channel))

        closure = {fn for fn in (sid("FN", number) for number in asked) if fn in facts}
        while more := {fn for fn in facts if any(joined(fn, other) for other in closure)} - closure:
            closure |= more
        assert {known.row.sid for known in found} == closure
        assert [known.row.started for known in found] == sorted((k.row.started for k in found), reverse=True)


# --- coverage


def test_spans_that_touch_become_one(archive: Archive) -> None:
    assert archive.coverage(FLOW) is None
    archive.write(Coverage(FLOW, at(10), at(20)), Coverage(FLOW, at(40), at(50)), Coverage(FLOW, at(9), at(9)))
    archive.flush()
    assert archive.covered(FLOW) == [Coverage(FLOW, at(40), at(50)), Coverage(FLOW, at(10), at(20))]
    assert archive.coverage(FLOW) == Coverage(FLOW, at(40), at(50))
    archive.write(Coverage(FLOW, at(20), at(30)), Coverage(FLOW, at(5), at(12)))
    archive.flush()
    assert archive.covered(FLOW) == [Coverage(FLOW, at(40), at(50)), Coverage(FLOW, at(5), at(30))]
    archive.write(Coverage(FLOW, at(25), at(45)))
    archive.flush()
    assert archive.covered(FLOW) == [Coverage(FLOW, at(5), at(50))]
    assert archive.coverage(sid("FW", 2)) is None


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=8))
@settings(max_examples=50, deadline=None)
def test_coverage_is_the_union(spans: list[tuple[int, int]]) -> None:
    with Archive.memory(ACCOUNT) as archive:
        archive.write(*(Coverage(FLOW, at(since), at(until)) for since, until in spans))
        archive.flush()
        covered = {m for span in archive.covered(FLOW) for m in range(13) if span.since <= at(m) < span.until}
        assert covered == {m for since, until in spans for m in range(since, until)}


# --- plans


def test_every_question_uses_an_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All statements that readers and the writer run are caught and explained; none may scan a large table."""
    path = archive_path(tmp_path, ACCOUNT)
    asked: set[str] = set()

    connect = sqlite3.connect

    def traced(*args: Any, **more: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(*args, **more)
        db.set_trace_callback(asked.add)
        return db

    monkeypatch.setattr(sqlite3, "connect", traced)
    row = execution(1)
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        archive.write(row, context(row, body(1)), StepsWrite(row.sid, (), NOW), Coverage(FLOW, at(0), at(1)))
        archive.write(replace(row, date_updated=at(99)))
        archive.flush()
        archive.known([row.sid, sid("FN", 2)])
        archive.unread([row])
        archive.window(at(0), at(9), 100)
        archive.window(limit=100)
        archive.needs_context(at(0), at(9))
        archive.neighbourhood([row.sid])
        archive.active(FLOW)
        archive.oldest_started()
        archive.contact_search("+49")
        archive.context(row.sid)
        archive.steps(row.sid)
        archive.step_context(sid("FT", 1))
        archive.lookups([sid("CH", 1)], [sid("WT", 1)], ["+49"], [sid("CA", 1)])
        archive.covered(FLOW)
        for kind in ("CH", "FN", "FT", "FW"):
            archive.search(sid(kind, 1))
            archive.search(sid(kind, 1)[:9], prefix=True)
        archive.search("+49")
        archive.search("+49", prefix=True)
        archive.purge(at(-10))
    monkeypatch.undo()

    small = ("flows", "account", "sqlite_master", "memberships", "conversations", "calls", "tasks", "CONSTANT")
    db = sqlite3.connect(path)
    explained = 0
    for statement in sorted(asked):
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE")) and "sqlite_master" not in statement:
            explained += 1
            for plan in db.execute(f"EXPLAIN QUERY PLAN {statement}"):
                step = plan[-1]
                scans = step.startswith("SCAN") and not step.startswith(tuple(f"SCAN {table}" for table in small))
                assert not scans or "USING INDEX executions_started" in step or "coverage" in step, (statement, step)
    assert explained > 30
