"""Steps and the contexts of single steps: how a reading ended is kept, and what was seen is never lost to a failure."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidscope.archive import Archive, StepContextWrite, StepsWrite, archive_path, row_stamp, schema
from sidscope.archive.codec import moment
from sidscope.archive.facts import stored
from sidscope.domain.evidence import extract
from sidscope.domain.records import Execution, ReadStatus, Step, StepContext, StepList
from sidscope.domain.sids import sid_key
from sidscope.domain.value import replace

from .samples import ACCOUNT, FLOW, NOW, at, execution, sid

OK, GONE, DENIED, FAILED = ReadStatus.OK, ReadStatus.GONE, ReadStatus.DENIED, ReadStatus.FAILED
ACTIVE, ENDED = execution(1, status="active", date_updated=at(1)), execution(1, status="ended", date_updated=at(9))
FN, FT = ENDED.sid, sid("FT", 1)
STEP = Step(FT, FN, FLOW, "incomingMessage", "Trigger", "ask", "trigger", None, at(0), None)


@pytest.fixture
def archive() -> Iterator[Archive]:
    with Archive.memory(ACCOUNT) as archive:
        archive.write(ENDED)
        archive.flush()
        yield archive


def steps(row: Execution, *found: Step, status: ReadStatus = OK, read: float = 10) -> StepsWrite:
    return StepsWrite(FN, found, at(read), status, row_stamp(row))


def step_context(row: Execution, body: Any = None, *, status: ReadStatus = OK, read: float = 10) -> StepContextWrite:
    return StepContextWrite(StepContext(FT, FN, status, at(read), body), row_stamp(row))


def changed(archive: Archive, *items: Any) -> list[str]:
    seen: list[str] = []
    archive.on_commit = seen.extend
    archive.write(*items)
    archive.flush()
    archive.on_commit = None
    return seen


def test_no_steps_and_steps_that_could_not_be_read_are_told_apart(archive: Archive) -> None:
    assert archive.steps(FN) is None
    for status in (FAILED, DENIED, GONE):
        assert changed(archive, steps(ENDED, status=status)) == [sid_key(FN)]
        assert archive.steps(FN) == StepList(FN, status, at(10), (), final=status is GONE)
    assert changed(archive, steps(ENDED, status=FAILED, read=11)) == []
    assert archive.steps(FN) == StepList(FN, GONE, at(10), (), final=True)


@pytest.mark.parametrize("status", [FAILED, DENIED, GONE])
def test_what_was_seen_stays(archive: Archive, status: ReadStatus) -> None:
    archive.write(steps(ACTIVE, STEP), step_context(ACTIVE, {"a": 1}))
    archive.write(steps(ENDED, status=status, read=12), step_context(ENDED, status=status, read=12))
    archive.flush()
    deleted = status is GONE  # then it is all there will ever be
    assert archive.steps(FN) == StepList(FN, OK, at(10), (STEP,), final=deleted)
    assert archive.step_context(FT) == StepContext(FT, FN, OK, at(10), {"a": 1}, final=deleted)


def test_only_what_was_read_after_the_end_is_final(archive: Archive) -> None:
    assert changed(archive, steps(ACTIVE, STEP)) == [sid_key(FN)]
    assert changed(archive, steps(ACTIVE, STEP, read=11)) == []
    found = archive.steps(FN)
    assert found == StepList(FN, OK, at(11), (STEP,), final=False)
    assert changed(archive, steps(ENDED, STEP, read=12)) == [sid_key(FN)]
    assert changed(archive, steps(ENDED, read=11)) == []  # an answer that comes late
    assert archive.steps(FN) == StepList(FN, OK, at(12), (STEP,), final=True)


def test_step_contexts_come_back(archive: Archive) -> None:
    assert archive.step_context(FT) is None
    body = {"widgets": {"ask": {"inbound": {"Body": "\ud800 yes\x00"}}}, "flow": None}
    assert changed(archive, step_context(ACTIVE, body)) == [sid_key(FN)]
    assert changed(archive, step_context(ACTIVE, body, read=11)) == []
    assert changed(archive, step_context(ACTIVE, {**body, "flow": 1}, read=12)) == [sid_key(FN)]
    found = archive.step_context(FT.lower())
    assert found == StepContext(FT, FN, OK, at(12), {**body, "flow": 1}, final=False)
    archive.write(step_context(ENDED, None, read=13))  # null is an answer as well
    archive.flush()
    assert archive.step_context(FT) == StepContext(FT, FN, OK, at(13), None, final=True)


def test_a_body_that_cannot_be_stored_counts_as_failed(archive: Archive) -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    archive.write(step_context(ENDED, deep))
    archive.flush()
    found = archive.step_context(FT)
    assert found is not None
    assert (found.read_status, found.final) == (FAILED, False)
    while deep:  # Python itself would recurse to free it
        deep = deep.pop()


def test_of_an_execution_that_was_purged_nothing_is_kept(archive: Archive) -> None:
    archive.write(steps(ENDED, STEP), step_context(ENDED, {"a": 1}))
    result = archive.purge(at(60))
    assert (result.executions, result.counts["steps"], result.counts["step_contexts"]) == (1, 1, 1)
    assert (archive.steps(FN), archive.step_context(FT)) == (None, None)
    assert changed(archive, steps(ENDED, STEP), step_context(ENDED, {"a": 1})) == []
    assert archive.info().counts["step_contexts"] == 0


READINGS = st.builds(
    lambda row, status, read: (row, status, read),
    st.sampled_from([ACTIVE, ENDED]),
    st.sampled_from([OK, GONE, DENIED, FAILED]),
    st.integers(0, 3),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(READINGS, min_size=1, max_size=6))
def test_any_order_of_readings_keeps_the_best(readings: list[tuple[Execution, ReadStatus, int]]) -> None:
    with Archive.memory(ACCOUNT) as archive:
        archive.write(ENDED)
        for row, status, read in readings:
            found = (replace(STEP, date_created=at(read)),) if status is OK else ()
            archive.write(
                steps(row, *found, status=status, read=read), step_context(row, read, status=status, read=read)
            )
        archive.flush()
        kept, context = archive.steps(FN), archive.step_context(FT)
        assert kept is not None
        assert context is not None
        assert (kept.read_status, kept.read_at, kept.final) == (context.read_status, context.read_at, context.final)
        oks = [read for _, status, read in readings if status is OK]
        if oks:
            assert kept.read_status is OK
            assert kept.read_at == at(max(oks))
            assert kept.steps[0].date_created == at(max(oks))
            assert context.body == max(oks)
        else:
            assert not kept.steps


def test_final_whatever_the_order() -> None:
    writes = [steps(ACTIVE, STEP, read=1), steps(ENDED, STEP, read=2), steps(ENDED, status=FAILED, read=3)]
    for order in permutations(writes):
        with Archive.memory(ACCOUNT) as archive:
            archive.write(ENDED, *order)
            archive.flush()
            assert archive.steps(FN) == StepList(FN, OK, at(2), (STEP,), final=True)


# --- from version 1


def version_1(path: Path) -> None:
    """An archive as the first version left it: an execution with steps, one whose steps were never read."""
    path.parent.mkdir(mode=0o700)
    db = sqlite3.connect(path, isolation_level=None)
    for statement in schema.statements(schema.MIGRATIONS[0]):
        db.execute(statement)
    db.execute("INSERT INTO account VALUES (?)", (ACCOUNT,))
    db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    for number, read_at in ((1, moment(NOW)), (2, None)):
        row = execution(number)
        db.execute(
            "INSERT INTO executions (id, sid, flow_sid, status, date_created, date_updated, started, wanted,"
            " context_status, steps_read_at, facts) VALUES (?, ?, ?, 'ended', ?, ?, ?, 0, 'pending', ?, ?)",
            (
                number,
                row.sid,
                row.flow_sid,
                moment(row.date_created),
                moment(row.date_updated),
                moment(row.started),
                read_at,
                stored(row.sid, extract(row)).core,
            ),
        )
    db.execute(
        "INSERT INTO steps (execution, position, sid, name, transitioned_from, transitioned_to, type, date_created)"
        " VALUES (1, 0, ?, 'incomingMessage', 'Trigger', 'ask', 'trigger', ?)",
        (FT, moment(at(0))),
    )
    db.execute("PRAGMA user_version = 1")
    db.close()


def test_an_archive_of_version_1_is_brought_up_to_date(tmp_path: Path) -> None:
    path = archive_path(tmp_path / "data", ACCOUNT)
    version_1(path)
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        assert archive.notice is None
        assert archive.info().schema_version == schema.VERSION == 3
        assert archive.steps(FN) == StepList(FN, OK, NOW, (STEP,), final=False)  # version 1 did not tell
        assert archive.steps(sid("FN", 2)) is None
        archive.write(steps(ENDED, STEP), step_context(ENDED, {"a": 1}))
    with Archive.open(path, account_sid=ACCOUNT, read_only=True) as archive:
        assert archive.steps(FN) == StepList(FN, OK, at(10), (STEP,), final=True)
        found = archive.step_context(FT)
        assert found is not None
        assert json.dumps(found.body) == '{"a": 1}'


def outcome(archive: Archive) -> str | None:
    """How the execution went, the same however it is read."""
    found = [
        archive.known([FN])[sid_key(FN)],
        archive.known([FN], related=False)[sid_key(FN)],
        *archive.window(),
        *archive.neighbourhood([FN]),
    ]
    (said,) = {known.outcome for known in found}
    return said.value if said else None


def test_how_an_execution_went_is_known_once_its_steps_are_read_to_their_end() -> None:
    with Archive.memory(ACCOUNT) as archive:
        archive.write(ACTIVE)
        archive.flush()
        assert outcome(archive) is None
        archive.write(steps(ACTIVE, STEP))
        archive.flush()
        assert outcome(archive) is None  # it goes on
        failed = replace(STEP, sid=sid("FT", 2), name="failed", transitioned_from="ask", transitioned_to="sorry")
        before, _ = archive.changes_elsewhere()
        assert changed(archive, steps(ACTIVE, STEP, failed, read=11)) == [sid_key(FN)]
        assert outcome(archive) == "failed"  # whatever comes next
        assert archive.changes_elsewhere(before)[0] > before  # another process learns of it too
        archive.write(ENDED, steps(ENDED, STEP, replace(failed, name="timeout", transitioned_to="Ended"), read=12))
        archive.flush()
        assert outcome(archive) == "timeout"


def test_steps_that_twilio_no_longer_has_leave_the_outcome_unknown_for_good_and_refused_ones_open(
    archive: Archive,
) -> None:
    archive.write(steps(ENDED, status=DENIED))
    archive.flush()
    assert outcome(archive) is None
    archive.write(steps(ENDED, status=GONE, read=11))
    archive.flush()
    assert outcome(archive) == "unknown"


def test_steps_read_before_the_end_do_not_tell_how_it_ended() -> None:
    with Archive.memory(ACCOUNT) as archive:
        archive.write(ACTIVE, steps(ACTIVE, STEP), ENDED)
        archive.flush()
        assert outcome(archive) is None
