"""One writer thread: order, batches, back-pressure, trouble that shows, readers that do not wait."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidscope.archive import Archive, ArchiveError, archive_path
from sidscope.archive import writer as writer_module
from sidscope.domain.sids import sid_key

from .samples import ACCOUNT, at, body, context, execution, sid


@pytest.fixture(params=["file", "memory"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    if request.param == "memory":
        with Archive.memory(ACCOUNT) as archive:
            yield archive
    else:
        with Archive.open(archive_path(tmp_path, ACCOUNT), account_sid=ACCOUNT) as archive:
            yield archive


def test_what_is_flushed_is_seen_by_every_thread(archive: Archive) -> None:
    for number in range(1200):
        archive.write(execution(number))
    archive.flush()
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(archive.execution_count())) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [1200] * 5


def test_what_is_written_is_committed_soon_without_a_flush(archive: Archive) -> None:
    committed = threading.Event()
    archive.on_commit = lambda keys: committed.set()
    archive.write(execution(1))
    assert committed.wait(5)
    assert archive.execution_count() == 1


def test_closing_writes_what_waits(tmp_path: Path) -> None:
    path = archive_path(tmp_path, ACCOUNT)
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        archive.write(*(execution(number) for number in range(3000)))
    with pytest.raises(ArchiveError, match="closed"):
        archive.write(execution(1))
    with pytest.raises(ArchiveError, match="closed"):
        archive.window()
    archive.close()  # twice is no harm
    with Archive.open(path, account_sid=ACCOUNT, read_only=True) as archive:
        assert archive.execution_count() == 3000


def test_a_commit_names_what_changed_once_each(archive: Archive) -> None:
    commits: list[list[str]] = []
    archive.on_commit = commits.append
    row = execution(1, status="active")
    archive.write(row, execution(1), context(row, body(1)), execution(2))
    archive.flush()
    assert sorted(key for keys in commits for key in keys) == [sid_key(sid("FN", 1)), sid_key(sid("FN", 2))]


def test_writing_from_on_commit_cannot_block_the_writer(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "_ROOM", 1)
    archive.on_commit = lambda keys: archive.write(*(execution(number) for number in range(50)))
    archive.write(execution(1000))
    archive.flush()
    archive.flush()
    assert archive.execution_count() == 51


def test_an_observers_mistake_loses_nothing_and_comes_out(tmp_path: Path) -> None:
    archive = Archive.open(archive_path(tmp_path, ACCOUNT), account_sid=ACCOUNT)

    def broken(keys: list[str]) -> None:
        raise RuntimeError("screen is gone")

    archive.on_commit = broken
    archive.write(execution(1))
    with pytest.raises(ArchiveError, match="screen is gone"):
        archive.flush()
    archive.on_commit = None
    archive.write(execution(2))
    with pytest.raises(ArchiveError, match="screen is gone"):
        archive.close()
    with Archive.open(archive_path(tmp_path, ACCOUNT), account_sid=ACCOUNT) as archive:
        assert archive.execution_count() == 2


def test_the_queue_is_bounded(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "_ROOM", 100)
    held, release = threading.Event(), threading.Event()

    def hold(keys: list[str]) -> None:
        held.set()
        release.wait(10)

    archive.on_commit = hold
    archive.write(execution(0))
    assert held.wait(5)
    archive.on_commit = None
    for number in range(1, 100):
        archive.write(execution(number))
    assert archive.room is False
    done = threading.Event()

    def one_more() -> None:
        archive.write(execution(100))
        done.set()

    threading.Thread(target=one_more).start()
    assert not done.wait(0.1)
    release.set()
    assert done.wait(5)
    archive.flush()
    assert archive.execution_count() == 101


def test_readers_never_wait_for_a_transaction(tmp_path: Path) -> None:
    path = archive_path(tmp_path, ACCOUNT)
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        archive.write(execution(1))
        archive.flush()
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM executions")
        assert archive.execution_count() == 1
        archive.write(execution(2))
        assert archive.execution_count() == 1  # and neither does who writes
        other.execute("ROLLBACK")
        other.close()
        archive.flush()
        assert archive.execution_count() == 2


def test_a_full_disk_shows_and_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "_PAUSE", 0.01)
    with Archive.open(archive_path(tmp_path, ACCOUNT), account_sid=ACCOUNT) as archive:
        archive.write(execution(1))
        archive.flush()
        limit_pages(archive, 1)
        archive.write(*(execution(number) for number in range(2, 900)))
        with pytest.raises(ArchiveError, match=r"disk is full\): free some space on its disk"):
            archive.flush()
        assert archive.problem is not None
        assert archive.problem.startswith("The archive cannot be written (database or disk is full): free some space")
        assert archive.problem.endswith(f"It is {archive.path}.")
        assert archive.execution_count() == 1  # reading goes on
        limit_pages(archive, 2**30)
        deadline = time.monotonic() + 5
        while archive.problem and time.monotonic() < deadline:
            time.sleep(0.01)
        archive.flush()
        assert archive.execution_count() == 899


def test_a_full_disk_at_the_end_is_not_swallowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "_PAUSE", 0.01)
    monkeypatch.setattr(writer_module, "_ROOM", 1000)
    archive = Archive.open(archive_path(tmp_path, ACCOUNT), account_sid=ACCOUNT)
    archive.write(execution(1))
    archive.flush()
    limit_pages(archive, 1)

    def write_on() -> None:
        for start in range(0, 5000, 100):  # never blocks for ever, either
            archive.write(*(execution(number) for number in range(start, start + 100)))

    with pytest.raises(ArchiveError, match="disk is full"):
        write_on()
    with pytest.raises(ArchiveError, match="disk is full"):
        archive.close()
    with Archive.open(archive_path(tmp_path, ACCOUNT), account_sid=ACCOUNT) as archive:
        assert archive.notice is None
        assert archive.execution_count() == 1


def limit_pages(archive: Archive, pages: int) -> None:
    """SQLite's own way to a disk that is full, on the writer's connection."""
    assert archive._writer is not None
    archive._writer._db.execute(f"PRAGMA max_page_count = {pages}")


def test_an_item_of_the_wrong_type_breaks_loudly(tmp_path: Path) -> None:
    archive = Archive.open(archive_path(tmp_path, ACCOUNT), account_sid=ACCOUNT)
    archive.write("nonsense")  # type: ignore[arg-type]
    with pytest.raises(ArchiveError, match="does not store str"):
        archive.flush()
    with pytest.raises(ArchiveError, match="does not store str"):
        archive.write(execution(1))
    with pytest.raises(ArchiveError, match="does not store str"):
        archive.close()


def test_info(archive: Archive) -> None:
    row = execution(1)
    archive.write(row, execution(2), context(row, body(1)))
    archive.flush()
    info = archive.info()
    assert info.account_sid == ACCOUNT
    assert info.path == archive.path
    assert info.bytes > 10_000
    assert info.counts["executions"] == 2
    assert info.counts["contexts"] == 1
    assert info.contexts == {"ok": 1, "pending": 1}
    assert (info.oldest, info.newest) == (at(1), at(2))
