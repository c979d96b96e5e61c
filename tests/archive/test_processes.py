"""Several processes on one archive, and one that is killed: real processes, real files."""

from __future__ import annotations

import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

from sidscope.archive import Archive, archive_path
from sidscope.archive.files import alone_in

from .samples import ACCOUNT, execution, sid

PRELUDE = """
import sys
from pathlib import Path
from sidscope.archive import Archive, ArchiveError, archive_path
from tests.archive.samples import ACCOUNT, body, context, execution, sid
path = archive_path(Path(sys.argv[1]), ACCOUNT)
"""
ROOT = Path(__file__).parents[2]


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(script), *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_processes_that_open_and_write_at_once_lose_nothing(tmp_path: Path) -> None:
    script = """
        first = int(sys.argv[2])
        with Archive.open(path, account_sid=ACCOUNT) as archive:
            assert archive.notice is None, archive.notice
            for number in range(first, first + 400):
                row = execution(number)
                archive.write(row, execution(10_000, status="active"), context(row, body(7)))
                if number % 40 == 0:
                    archive.flush()
                    archive.window(limit=10)
    """
    processes = [start(script, tmp_path / "data", first) for first in (0, 400, 200)]
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (0, "", "")
    with Archive.open(archive_path(tmp_path / "data", ACCOUNT), account_sid=ACCOUNT) as archive:
        assert archive.execution_count() == 801
        assert len(archive.search(sid("CH", 7))) == 800


def test_nothing_is_done_to_the_file_while_another_process_may_be_setting_it_aside(tmp_path: Path) -> None:
    path = archive_path(tmp_path, ACCOUNT)
    script = """
        print("ready", flush=True)
        Archive.open(path, account_sid=ACCOUNT).close()
    """
    with alone_in(tmp_path):
        process = start(script, tmp_path)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.3)
        assert not path.exists()
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")
    assert path.exists()


def test_processes_that_meet_a_corrupt_file_set_it_aside_once(tmp_path: Path) -> None:
    path = archive_path(tmp_path, ACCOUNT)
    path.write_bytes(b"rubbish" * 1000)
    script = """
        archive = Archive.open(path, account_sid=ACCOUNT)
        archive.write(execution(int(sys.argv[2])))
        archive.close()
    """
    processes = [start(script, tmp_path, number) for number in range(3)]
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (0, "", "")
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        assert archive.execution_count() == 3
    assert len([file for file in tmp_path.iterdir() if ".kept-" in file.name]) == 1


def test_killed_at_any_moment_the_file_is_sound_and_what_was_flushed_is_there(tmp_path: Path) -> None:
    script = """
        archive = Archive.open(path, account_sid=ACCOUNT)
        for number in range(1_000_000):
            row = execution(number)
            archive.write(row, context(row, body(number)))
            if number % 50 == 49:
                archive.flush()
                print(number + 1, flush=True)
    """
    path = archive_path(tmp_path / "data", ACCOUNT)
    for attempt in range(4):
        process = start(script, tmp_path / "data")
        assert process.stdout is not None
        flushed = int(process.stdout.readline())
        time.sleep(0.03 * attempt)
        process.send_signal(signal.SIGKILL)
        out, _ = process.communicate(timeout=60)
        flushed = max([flushed, *(int(line) for line in out.splitlines(keepends=True) if line.endswith("\n"))])
        with Archive.open(path, account_sid=ACCOUNT) as archive:
            assert archive.notice is None
            assert archive.execution_count() >= flushed
            last = archive.context(sid("FN", flushed - 1))
            assert last is not None
            assert len(archive.search(sid("CH", flushed - 1))) == 1
        assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_file_that_may_not_grow_is_reported_not_ignored(tmp_path: Path) -> None:
    """The operating system's own refusal, in the middle of writing."""
    Archive.open(archive_path(tmp_path, ACCOUNT), account_sid=ACCOUNT).close()
    script = """
        import resource, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        archive = Archive.open(path, account_sid=ACCOUNT)
        archive.write(execution(1))
        archive.flush()
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))
        try:
            for number in range(2, 20_000):
                archive.write(execution(number))
            archive.flush()
        except ArchiveError as error:
            print(error)
        try:
            archive.close()
        except ArchiveError as error:
            print(error)
    """
    assert resource.RLIMIT_FSIZE
    process = start(script, tmp_path)
    out, err = process.communicate(timeout=60)
    assert err == ""
    assert out.count("cannot be written") == 2
    with Archive.open(archive_path(tmp_path, ACCOUNT), account_sid=ACCOUNT) as archive:
        assert archive.notice is None
        assert archive.known([execution(1).sid])
        archive.write(execution(2))
        archive.flush()
    assert sqlite3.connect(archive_path(tmp_path, ACCOUNT)).execute("PRAGMA integrity_check").fetchone() == ("ok",)
