"""What another process brings in can be asked for: nobody announces it here."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sidscope.archive import Archive, ContextWrite, archive_path
from sidscope.domain.records import Context, Execution, ReadStatus

ACCOUNT = "AC" + "0" * 32
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def execution(number: int, status: str = "active") -> Execution:
    return Execution(f"FN{number:032x}", "FW" + "1" * 32, status, NOW - timedelta(minutes=number))


def test_what_others_wrote_since(tmp_path: Path) -> None:
    path = archive_path(tmp_path, ACCOUNT)
    with Archive.open(path, account_sid=ACCOUNT) as ours, Archive.open(path, account_sid=ACCOUNT) as theirs:
        theirs.write(execution(1), execution(2))
        theirs.flush()
        mark, changed = ours.changes_elsewhere()
        assert changed == []  # whoever asks for the first time has read nothing yet

        ours.write(execution(4))
        ours.flush()
        context = Context(execution(1).sid, ReadStatus.OK, NOW, {"trigger": {"message": {"Body": "hi"}}})
        theirs.write(ContextWrite(context, execution(1)), execution(3), execution(2))
        theirs.flush()
        later, changed = ours.changes_elsewhere(mark)
        assert set(changed) == {execution(1).sid.upper(), execution(3).sid.upper()}  # 2 is as it was; 4 is ours
        assert ours.changes_elsewhere(later) == (later, [])
        assert theirs.changes_elsewhere(mark)[1] == [execution(4).sid.upper()]
    with Archive.open(path, account_sid=ACCOUNT, read_only=True) as reader:
        assert set(reader.changes_elsewhere(mark)[1]) == {execution(number).sid.upper() for number in (1, 3, 4)}


def test_only_the_last_changes_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sidscope.archive.store.CHANGES_KEPT", 2)
    path = archive_path(tmp_path, ACCOUNT)
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        for number in range(5):
            archive.write(execution(number))
            archive.flush()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT number FROM changes").fetchall() == [(4,), (5,)]
