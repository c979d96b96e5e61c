"""The process that writes while much comes: whatever becomes of it, the same is stored and told."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sidscope.archive import Archive, StepContextWrite, connect
from sidscope.archive.helper import Helper
from sidscope.archive.preparing import Compressed, CompressedStep, prepare, weight
from sidscope.archive.store import Store
from sidscope.archive.types import Item
from sidscope.archive.writer import Writer
from sidscope.domain.jsontext import JsonText
from sidscope.domain.records import Context, ReadStatus, StepContext
from sidscope.domain.sids import sid_key
from tests.archive.samples import ACCOUNT, NOW, body, context, execution, sid

ORIGIN = 7
ROWS = [execution(number) for number in range(1, 8)]


def deep() -> object:
    value: object = 1
    for _ in range(5_000):
        value = [value]
    return value


ITEMS: list[Item] = [
    *ROWS,
    context(ROWS[0], body(1)),
    context(ROWS[1], '{"trigger": {"message": {"From": "+4915112345678"}}}'),
    context(ROWS[2], None),
    context(ROWS[3], status=ReadStatus.DENIED),
    context(ROWS[4], JsonText(b'{"contact":{"channel":{"address":"whatsapp:+49151"}}}')),
    context(ROWS[5], JsonText(b"[1,")),  # no JSON
    StepContextWrite(StepContext(sid("FT", 1), ROWS[6].sid, ReadStatus.OK, NOW, {"a": "\ud800"})),
]
KEYS = {sid_key(row.sid) for row in ROWS}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where an empty archive lies."""
    path = tmp_path / "a.db"
    Archive.open(path, account_sid=ACCOUNT).close()
    return path


Make = Callable[[Path | None], Helper]


@pytest.fixture
def helping() -> Iterator[Make]:
    """Makes a helper that has its process, for an archive in that path or in memory."""
    with contextlib.ExitStack() as stack:

        def make(path: Path | None) -> Helper:
            it = Helper(path, ORIGIN)
            stack.callback(it.end)
            it.wanted = True
            it.start()
            return it

        yield make


def pid(helper: Helper) -> int:
    process = helper._process
    assert process is not None
    return process.pid


def is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def ends(number: int) -> None:
    deadline = time.monotonic() + 10
    while is_running(number):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def everything_in(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as db:
        return list(db.iterdump())


def test_there_are_enough_items_to_be_worth_a_process() -> None:
    assert sum(map(weight, ITEMS)) >= 40


def test_without_being_wanted_there_is_no_process(path: Path) -> None:
    helper = Helper(path, ORIGIN)
    helper.start()
    assert helper.write(ITEMS) is None
    assert helper.prepare(ITEMS) == prepare(ITEMS)
    assert not helper.running


def test_the_process_writes_the_same(path: Path, helping: Make, tmp_path: Path) -> None:
    changed = helping(path).write(ITEMS)
    other = tmp_path / "other.db"
    db, _ = connect.open_writer(other, ACCOUNT)
    assert changed == Store(db, ORIGIN).commit(prepare(ITEMS))
    assert set(changed) == KEYS
    db.close()
    assert everything_in(path) == everything_in(other)


def test_what_is_known_already_is_no_change(path: Path, helping: Make) -> None:
    helper = helping(path)
    helper.write(ITEMS)
    assert helper.write(ITEMS) == []


def test_of_an_archive_in_memory_it_prepares_contexts(helping: Make) -> None:
    helper = helping(None)
    for _ in range(3):
        assert helper.write(ITEMS) is None
        made = helper.prepare(ITEMS)
        assert helper.running
        assert made == prepare(ITEMS)
    unreadable, step = made[-2:]
    assert isinstance(unreadable, Compressed)
    assert (unreadable.write.context.read_status, unreadable.body) == (ReadStatus.FAILED, None)
    assert isinstance(step, CompressedStep)
    assert step.body is not None


def test_a_process_that_is_killed_is_not_started_again_and_again(path: Path, helping: Make) -> None:
    helper = helping(path)
    helper.write(ITEMS)
    os.kill(pid(helper), signal.SIGKILL)
    assert helper.write(ITEMS) is None
    assert helper.unsure
    helper.wanted = True
    helper.start()
    assert not helper.running
    assert helper.write(ITEMS) is None
    assert not helper.unsure


@pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be stopped there")
def test_one_that_hangs_is_killed(path: Path, helping: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sidscope.archive.helper._ANSWERS_WITHIN", 0.2)
    monkeypatch.setattr("sidscope.archive.helper._ENDS_WITHIN", 0.2)
    helper, idle = helping(path), helping(path)
    numbers = pid(helper), pid(idle)
    for each in numbers:
        os.kill(each, signal.SIGSTOP)
    assert helper.write(ITEMS) is None
    assert helper.unsure
    idle.end()
    for each in numbers:
        ends(each)


def test_where_only_little_comes_it_is_let_go(path: Path, helping: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = helping(path)
    helper.write(ITEMS)
    number = pid(helper)
    assert helper.write(ITEMS[:2]) is None
    assert helper.running  # more may come at once
    monkeypatch.setattr("sidscope.archive.helper.REST", 0.0)
    assert helper.write(ITEMS[:2]) is None
    ends(number)


def test_while_somebody_else_writes_it_leaves_that_to_who_can_wait(path: Path, helping: Make) -> None:
    helper = helping(path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert helper.write(ITEMS) is None
        assert (helper.running, helper.unsure) == (True, False)
        other.execute("ROLLBACK")
    assert set(helper.write(ITEMS) or ()) == KEYS


def test_what_cannot_be_handed_over_is_done_here(path: Path, helping: Make) -> None:
    items = [*ITEMS, context(ROWS[6], deep())]
    assert helping(path).write(items) is None
    made = helping(None).prepare(items)[-1]
    assert isinstance(made, Compressed)
    assert made.write.context.read_status is ReadStatus.FAILED


def test_a_process_that_cannot_be_started(
    path: Path, helping: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    helper = helping(path)
    assert not helper.running
    assert helper.write(ITEMS) is None


def test_a_process_that_cannot_open_the_archive(helping: Make, tmp_path: Path) -> None:
    helper = helping(tmp_path / "nowhere" / "a.db")
    assert helper.write(ITEMS) is None
    assert not helper.running


def test_the_process_knows_no_credentials(path: Path, helping: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = Path("/proc/self/environ")
    if not environ.exists():
        pytest.skip("needs /proc to look into another process")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "a secret of the environment")
    helper = helping(path)
    helper.write(ITEMS)
    assert b"secret" not in Path(f"/proc/{pid(helper)}/environ").read_bytes()


KILLED = """
import os, signal, sys
from pathlib import Path
from sidscope.archive import Archive
from tests.archive.samples import ACCOUNT, body, context, execution
rows = [execution(number) for number in range(1, 300)]
archive = Archive.open(Path(sys.argv[1]), account_sid=ACCOUNT)
archive.write(*rows)
archive.expect(len(rows))
archive.write(*(context(each, body(1)) for each in rows))
archive.flush()
print(archive._writing._helper._process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_does_not_outlive_whoever_started_it(tmp_path: Path) -> None:
    told = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "a.db")], capture_output=True, text=True)
    assert told.returncode == -signal.SIGKILL, told.stderr
    ends(int(told.stdout))


def written(archive: Archive) -> Writer:
    assert archive._writer is not None
    return archive._writer


@pytest.fixture(params=["file", "memory"])
def archive(request: pytest.FixtureRequest, path: Path) -> Iterator[Archive]:
    made = Archive.memory(ACCOUNT) if request.param == "memory" else Archive.open(path, account_sid=ACCOUNT)
    with made:
        yield made


def test_the_archive_starts_one_for_many_and_ends_it_with_itself(archive: Archive) -> None:
    rows = [execution(number) for number in range(1, 300)]
    told: set[str] = set()
    archive.on_commit = told.update
    archive.write(*rows)
    archive.expect(len(rows))
    archive.write(*(context(each, body(1)) for each in rows))
    archive.flush()
    number = pid(written(archive)._helper)
    assert is_running(number)
    kept = archive.context(rows[-1].sid)
    assert kept == Context(rows[-1].sid, ReadStatus.OK, NOW, body(1))
    assert len(archive.search(sid("CH", 1))) == len(rows)
    assert told == {sid_key(row.sid) for row in rows}
    archive.close()
    ends(number)


def test_it_is_there_before_anything_is(archive: Archive) -> None:
    archive.expect()
    archive.flush()
    assert is_running(pid(written(archive)._helper))
    archive.expect()
    archive.close()
    archive.expect()  # nothing will come any more


def test_one_that_is_killed_while_it_works_loses_nothing_and_everything_is_told(archive: Archive) -> None:
    rows = [execution(number) for number in range(1, 2_000)]
    told: set[str] = set()
    archive.on_commit = told.update
    archive.expect()
    archive.flush()
    number = pid(written(archive)._helper)
    archive.write(*rows)
    archive.flush()
    told.clear()
    for each in rows:
        archive.write(context(each, body(1)))
    while not told:  # some of it is written
        time.sleep(0.001)
    os.kill(number, signal.SIGKILL)
    archive.flush()
    assert not written(archive)._helper.running
    assert len(archive.search(sid("CH", 1), limit=len(rows))) == len(rows)
    assert told == {sid_key(row.sid) for row in rows}
    assert archive.problem is None


def test_what_it_wrote_before_it_could_say_so_is_told_too(path: Path) -> None:
    told: set[str] = set()
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        archive.on_commit = told.update
        archive.expect()
        archive.flush()
        helper = written(archive)._helper
        assert set(helper.write(ITEMS) or ()) == KEYS  # nobody passes this on
        os.kill(pid(helper), signal.SIGKILL)
        archive.write(*ITEMS)
        archive.flush()
    assert told == KEYS
