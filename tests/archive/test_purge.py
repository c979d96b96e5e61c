"""Forgetting: what is older goes with all that hangs on it alone, also from the bytes of the file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from sidscope.archive import Archive, ArchiveInfo, Coverage, StepContextWrite, StepsWrite, archive_path
from sidscope.domain.records import (
    Call,
    Conversation,
    Flow,
    Membership,
    Memberships,
    ReadStatus,
    Step,
    StepContext,
    Task,
)
from sidscope.domain.sids import sid_key
from sidscope.domain.value import replace

from .samples import ACCOUNT, FLOW, NOW, at, body, context, execution, sid

OK = ReadStatus.OK


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return archive_path(tmp_path / "data", ACCOUNT)


def everything_about(number: int, contact: str) -> list[object]:
    row = execution(number)
    handed = {"to_flex": {"sid": sid("WT", number)}, "said": {"Body": f"secret {number} " * 20}}
    step = Step(sid("FT", number), row.sid, FLOW, None, None, None)
    return [
        row,
        context(row, body(number, contact, **handed)),
        StepsWrite(row.sid, (step,), NOW),
        StepContextWrite(StepContext(step.sid, row.sid, OK, NOW, {"said": f"step of {contact}"})),
        Conversation(sid("CH", number), OK, NOW, "closed"),
        Task(sid("WT", number), OK, NOW, "completed", attributes=f"attributes of {contact}"),
        Memberships(contact, OK, NOW, (Membership(sid("CH", number), address=contact),)),
        execution(100 + number, date_created=row.date_created, initiated_by=sid("CA", number)),
        Call(sid("CA", number), OK, NOW, from_=contact),
    ]


def without_sizes(info: ArchiveInfo) -> dict[str, int]:
    return {table: count for table, count in info.counts.items() if count}


def test_what_is_older_goes_and_the_rest_is_as_if_it_had_never_been(path: Path) -> None:
    keep = everything_about(50, "whatsapp:+4950")
    with Archive.memory(ACCOUNT) as only:
        only.write(*keep)  # type: ignore[arg-type]
        only.flush()
        expected = without_sizes(only.info())
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        for number in range(1, 30):
            archive.write(*everything_about(number, f"whatsapp:+49{number}"))  # type: ignore[arg-type]
        archive.write(*keep, Coverage(FLOW, at(0), at(60)), Coverage(sid("FW", 2), at(0), at(10)))  # type: ignore[arg-type]
        archive.flush()
        gone: list[str] = []
        archive.on_commit = gone.extend
        result = archive.purge(at(45))
        assert result.executions == 29  # those with a call are as old, but were updated later
        assert sorted(gone) == [sid_key(sid("FN", number)) for number in range(1, 30)]
        assert result.counts["steps"] == result.counts["step_contexts"] == 29
        assert result.counts["contexts"] == result.counts["tasks"] == result.counts["memberships"] == 29
        result = archive.purge(at(140))
        assert archive.execution_count() == 1
        archive.purge(at(50))
        assert archive.coverage(FLOW) is None
        assert archive.coverage(sid("FW", 2)) is None
        left = without_sizes(archive.info())
        # the execution with the call of the kept pair was the last to be updated
        assert left["executions"] == 1
        assert set(left) <= set(expected)


def test_last_sign_of_life_counts_and_active_ones_go_too(path: Path) -> None:
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        archive.write(
            execution(1, date_created=at(0), date_updated=at(100)),
            execution(2, date_created=at(0), date_updated=None, status="active"),
            execution(3, date_created=at(0), date_updated=at(49)),
            execution(4, date_created=None, date_updated=at(51)),
            execution(5, date_created=at(50), date_updated=None),
            execution(6, date_created=None, date_updated=None),
        )
        assert archive.purge(at(50)).executions == 3
        assert {known.row.sid for known in archive.window()} == {sid("FN", 1), sid("FN", 4), sid("FN", 5)}
        assert archive.purge(at(50)).executions == 0


def test_coverage_is_trimmed_so_that_the_gap_is_listed_again(path: Path) -> None:
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        archive.write(Coverage(FLOW, at(0), at(20)), Coverage(FLOW, at(30), at(60)), Coverage(FLOW, at(70), at(80)))
        archive.purge(at(50))
        assert archive.covered(FLOW) == [Coverage(FLOW, at(70), at(80)), Coverage(FLOW, at(50), at(60))]


def test_lookups_that_others_still_mention_stay(path: Path) -> None:
    old, new = execution(1, contact_channel_address=sid("CH", 1)), execution(90)
    previous = Membership(sid("CH", 2))
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        archive.write(old, new, context(new, body(1, "whatsapp:+4990")), Flow(FLOW, "one"))
        archive.write(Memberships("whatsapp:+4990", OK, NOW, (previous,)), Memberships("whatsapp:+49", OK, NOW))
        archive.write(*(Conversation(sid("CH", number), OK, NOW, "closed") for number in (1, 2, 3)))
        archive.purge(at(50))
        found = archive.lookups([sid("CH", number) for number in (1, 2, 3)], (), ["whatsapp:+4990", "whatsapp:+49"])
        assert set(found.conversations) == {sid_key(sid("CH", 1)), sid_key(sid("CH", 2))}
        assert set(found.memberships) == {"whatsapp:+4990"}
        assert len(archive.flows()) == 1


def test_nothing_of_it_is_left_in_the_bytes_and_the_file_shrinks(path: Path) -> None:
    contact = "whatsapp:+491712345678"
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        for number in range(300):
            archive.write(*everything_about(number, f"{contact}{number:03}"))  # type: ignore[arg-type]
        archive.flush()
        before = archive.info().bytes

        def found() -> bool:
            return any(contact.encode() in file.read_bytes() for file in path.parent.iterdir())

        assert found()
        archive.purge(NOW + timedelta(days=365))
        assert not found()
        assert archive.execution_count() == 0
        assert archive.info().bytes < before / 4
        row = execution(1)
        archive.write(row, replace(context(row, body(1))))
        archive.flush()
        assert archive.search(sid("CH", 1)) == [sid_key(row.sid)]
