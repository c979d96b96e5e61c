"""The process that prepares contexts: whatever becomes of it, the same is stored."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidscope.archive import Archive, StepContextWrite
from sidscope.archive.helper import Helper
from sidscope.archive.preparing import Compressed, CompressedStep, prepare
from sidscope.archive.types import Item
from sidscope.domain.jsontext import JsonText
from sidscope.domain.records import Context, ReadStatus, StepContext
from tests.archive.samples import ACCOUNT, NOW, body, context, execution, sid

ROWS = [execution(number) for number in range(1, 8)]


def deep() -> object:
    value: object = 1
    for _ in range(5_000):
        value = [value]
    return value


ITEMS: list[Item] = [
    ROWS[0],
    context(ROWS[0], body(1)),
    context(ROWS[1], '{"trigger": {"message": {"From": "+4915112345678"}}}'),
    context(ROWS[2], None),
    context(ROWS[3], status=ReadStatus.DENIED),
    context(ROWS[4], JsonText(b'{"contact":{"channel":{"address":"whatsapp:+49151"}}}')),
    context(ROWS[5], JsonText(b"[1,")),  # no JSON
    StepContextWrite(StepContext(sid("FT", 1), ROWS[6].sid, ReadStatus.OK, NOW, {"a": "\ud800"})),
]


@pytest.fixture
def helper() -> Iterator[Helper]:
    it = Helper()
    yield it
    it.end()


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


def test_without_being_wanted_there_is_no_process(helper: Helper) -> None:
    assert helper.give(ITEMS)() == prepare(ITEMS)
    assert not helper.running


def test_the_process_makes_the_same(helper: Helper) -> None:
    helper.wanted = True
    for _ in range(3):
        made = helper.give(ITEMS)()
        assert helper.running
        assert made == prepare(ITEMS)
    unreadable, step = made[6], made[7]
    assert isinstance(unreadable, Compressed)
    assert (unreadable.write.context.read_status, unreadable.body) == (ReadStatus.FAILED, None)
    assert isinstance(step, CompressedStep)
    assert step.body is not None


def test_a_process_that_is_killed_takes_nothing_with_it(helper: Helper) -> None:
    helper.wanted = True
    helper.give(ITEMS)()
    os.kill(pid(helper), signal.SIGKILL)
    assert helper.give(ITEMS)() == prepare(ITEMS)
    helper.wanted = True
    assert helper.give(ITEMS)() == prepare(ITEMS)
    assert not helper.running  # one that was killed is not started again and again


def test_where_only_few_come_it_is_let_go(helper: Helper, monkeypatch: pytest.MonkeyPatch) -> None:
    helper.wanted = True
    helper.give(ITEMS)()
    number = pid(helper)
    assert helper.give(ITEMS[:2])() == prepare(ITEMS[:2])
    assert helper.running  # more may come at once
    monkeypatch.setattr("sidscope.archive.helper.REST", 0.0)
    assert helper.give(ITEMS[:2])() == prepare(ITEMS[:2])
    ends(number)


def test_one_that_is_killed_while_it_works(helper: Helper) -> None:
    helper.wanted = True
    take = helper.give(ITEMS)
    os.kill(pid(helper), signal.SIGKILL)
    assert take() == prepare(ITEMS)


def test_what_cannot_be_handed_over_is_prepared_here(helper: Helper) -> None:
    items = [*ITEMS, context(ROWS[6], deep())]
    helper.wanted = True
    made = helper.give(items)()[-1]
    assert isinstance(made, Compressed)
    assert made.write.context.read_status is ReadStatus.FAILED


def test_a_process_that_cannot_be_started(helper: Helper, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    helper.wanted = True
    assert helper.give(ITEMS)() == prepare(ITEMS)
    assert not helper.running


def test_the_process_knows_no_credentials(helper: Helper, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = Path("/proc/self/environ")
    if not environ.exists():
        pytest.skip("needs /proc to look into another process")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "a secret of the environment")
    helper.wanted = True
    helper.give(ITEMS)()
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


def ends(number: int) -> None:
    deadline = time.monotonic() + 10
    while is_running(number):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_archive_starts_one_for_many_and_ends_it_with_itself(tmp_path: Path) -> None:
    rows = [execution(number) for number in range(1, 300)]
    with Archive.open(tmp_path / "a.db", account_sid=ACCOUNT) as archive:
        archive.write(*rows)
        archive.expect(len(rows))
        archive.write(*(context(each, body(1)) for each in rows))
        archive.flush()
        number = pid(archive._writing._helper)
        assert is_running(number)
        kept = archive.context(rows[-1].sid)
        assert kept == Context(rows[-1].sid, ReadStatus.OK, NOW, body(1))
        assert len(archive.search(sid("CH", 1))) == len(rows)
    ends(number)
