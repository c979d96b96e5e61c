"""What does not work on the way: the exit code, the sentence, and nothing lost."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from sidscope.commands.output import write_records, write_tree
from tests.cli.conftest import CommandLine, Done, Served
from tests.support.oracle import JsonRecord, differences
from tests.tui.samples import record as sample


def all_but(account: Served, flow_sid: str) -> list[JsonRecord]:
    """Which executions there are in the other flows; what they are may depend on those of this one."""
    truth = account.world.truth(account.world.zero, since=account.day, explain=False)
    return [{"execution_sid": r["execution_sid"]} for r in truth if r["flow_sid"] != flow_sid]


def test_a_flow_that_is_denied_is_named_and_the_rest_is_there(sidscope: CommandLine, account: Served) -> None:
    flow = account.world.flows[0]
    account.faulty.answer(f"{flow.sid}/Executions$", 403)
    done = sidscope("list", "--since", account.since, "--format", "jsonl")
    assert done.code == 1
    assert any(flow.name in line and "403" in line for line in done.err.splitlines())
    assert differences(done.records(), all_but(account, flow.sid)) == []
    account.faulty.heal()
    again = sidscope("list", "--since", account.since, "--format", "jsonl")
    assert len(again.records()) == len(account.world.truth(account.world.zero, since=account.day))
    assert flow.name not in again.err


def test_look_ups_that_are_denied_make_it_incomplete(sidscope: CommandLine, account: Served) -> None:
    account.faulty.answer("/v1/", 403)
    done = sidscope("list", "--since", account.since, "--explain", "--format", "jsonl")
    assert done.code == 1
    for what in ("conversations", "tasks", "participants"):
        assert re.search(rf"incomplete: \d+ {what} denied", done.err)
    assert {record["verdict"] for record in done.records()} >= {"reentry", "new_after_task", "unexplained"}


def test_refused_credentials_at_the_start_and_half_way(sidscope: CommandLine, account: Served) -> None:
    done = sidscope("list", TWILIO_API_SECRET="wrong")
    assert done.code == 3
    assert "refused" in done.sentence()
    for pattern, passes in (("/Executions$", 3), ("/Context$", 20)):
        account.faulty.answer(pattern, 401, passes=passes)
        done = sidscope("list", "--since", account.since)
        assert done.code == 3
        assert "refused" in done.sentence()
        account.faulty.heal()
    account.faulty.answer("/v1/", 401, passes=5)
    done = sidscope("list", "--since", account.since, "--explain")
    assert done.code == 3
    assert "refused" in done.sentence()
    account.faulty.heal()
    account.faulty.requests.clear()
    sidscope("list", "--since", account.since)
    assert account.faulty.count("/Context$") < 300  # what was read before is kept


def test_a_flow_that_faults_and_an_account_where_nobody_listens(sidscope: CommandLine, account: Served) -> None:
    """All three at once, for each takes its time before it gives up."""
    flow = account.world.flows[1]
    account.faulty.answer(f"{flow.sid}/Executions$", 500)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        nobody = f"http://127.0.0.1:{listening.getsockname()[1]}"
    faulting = sidscope.start("list", "--since", account.since, "--format", "jsonl")
    runs = [
        sidscope.start(*arguments, SIDSCOPE_API_URL=nobody, SIDSCOPE_DATA_DIR=str(sidscope.home / arguments[0]))
        for arguments in (("list",), ("find", "+4915100"))
    ]
    for process in runs:
        done = Done(0, *process.communicate(timeout=30))
        assert process.returncode == 4
        assert "--offline" in done.sentence()
    done = Done(0, *faulting.communicate(timeout=60))
    assert faulting.returncode == 1
    assert any(flow.name in line and "500" in line for line in done.err.splitlines())
    assert len(done.records()) == len(all_but(account, flow.sid))
    assert account.faulty.count(f"{flow.sid}/Executions$") > 2


def test_a_reader_that_leaves_is_no_error(sidscope: CommandLine, account: Served) -> None:
    sidscope("list", "--since", account.since)
    listing = f"list --offline --since {account.since} --format jsonl"
    for command in (listing, listing.replace("jsonl", "json"), "archive info", "--help", "--version"):
        done = subprocess.run(
            ["/bin/sh", "-c", f'{{ "$0" -m sidscope {command}; echo "code $?" >&2; }} | true', sys.executable],
            env=sidscope.env(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.stderr == "code 0\n"


def test_on_a_terminal_stderr_tells_what_is_being_read(sidscope: CommandLine, account: Served) -> None:
    flow = account.world.flows[0].sid
    arguments = ("list", "--since", account.since, "--explain", "--limit", "5")
    waits = [(f"{flow}/Executions$", r"listing: flows 7/8 · \d+ executions · \d+ requests")]
    waits.append(("[0-3]/Context$", r"reading: contexts \d+/\d+ · \d+ executions · \d+ requests"))
    waits.append(("/ParticipantConversations$", r"look-ups 0/\d+ · \d+ executions · \d+ requests"))
    with ExitStack() as stack:
        held = [(text, stack.enter_context(account.faulty.holding(path))) for path, text in waits]
        code, out, err = on_terminal(sidscope, arguments, dict(held))
    assert code == 1
    assert out.count("\n") == 6
    assert "\x1b" not in out
    lines = [line.strip() for line in re.split(r"\r\x1b\[K", err)]
    assert all(any(re.search(text, line) for line in lines) for _, text in waits)
    assert all(len(line) < 80 for line in lines[:-1])
    assert lines[-1].startswith("sidscope: incomplete: ")  # the last one is wiped before anything else is said


def on_terminal(
    sidscope: CommandLine, arguments: Sequence[str], held: Mapping[str, threading.Event]
) -> tuple[int, str, str]:
    """Runs it with a terminal for stderr alone; what came on each. As soon as a text has been seen on that, what was
    held for it goes on."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "sidscope", *arguments],
        env=sidscope.env(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    err = bytearray()
    assert process.stdout is not None
    with suppress(OSError):  # the other end is closed
        while select.select([ours], [], [], 30)[0]:
            err += os.read(ours, 4096)
            for text, go_on in held.items():
                if re.search(text, err.decode(errors="replace")):
                    go_on.set()
    out = process.stdout.read()
    os.close(ours)
    process.stdout.close()
    return process.wait(30), out, err.decode()


def test_ctrl_c_ends_it_and_keeps_what_was_fetched(sidscope: CommandLine, account: Served) -> None:
    account.faulty.requests.clear()
    with account.faulty.holding("[0-2]/Context$"):
        process = sidscope.start("list", "--since", account.since, "--format", "jsonl")
        deadline = time.monotonic() + 30
        while (
            account.faulty.count("/Context$") < 12 or account.kinds().count("execution_context") < 4
        ) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "")
    records = sidscope("list", "--since", account.since, "--offline", "--format", "jsonl").records()
    assert len(records) > 50
    assert {record["context_status"] for record in records} >= {"ok", "pending"}


def test_ctrl_c_while_it_is_still_loading_prints_nothing(sidscope: CommandLine) -> None:
    code = """
import os, runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it is ignored
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "sidscope.cli":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Slow())
runpy.run_module("sidscope", run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", code], env=sidscope.env(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_kill_leaves_a_sound_archive(sidscope: CommandLine, account: Served) -> None:
    with account.faulty.holding("[0-3]/Context$"):
        process = sidscope.start("list", "--since", account.since)
        deadline = time.monotonic() + 30
        while account.faulty.count("/Context$") < 10 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.kill()
        process.communicate(timeout=30)
    done = sidscope("list", "--since", account.since, "--format", "jsonl")
    assert "kept" not in done.err
    assert len(done.records()) == len(account.world.truth(account.world.zero, since=account.day))


def test_output_of_strangers_texts_is_harmless(sidscope: CommandLine, account: Served, tmp_path: Path) -> None:
    for arguments in (("list", "--since", account.since), ("find", account.world.stories["reentry"].runs[0].contact)):
        done = sidscope(*arguments)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", done.out)
    with suppress(FileNotFoundError):
        assert not (tmp_path / "never").exists()


@pytest.mark.parametrize("form", ["csv", "table"])
def test_a_locale_that_cannot_write_a_name_is_no_reason_to_fail(
    sidscope: CommandLine, account: Served, form: str
) -> None:
    sidscope("list")
    done = sidscope.process("list", "--offline", "--format", form, PYTHONUTF8="0", LC_ALL="C", PYTHONIOENCODING="ascii")
    assert (done.code, done.err) == (1, "sidscope: incomplete: 1 context denied to these credentials\n")
    assert "Caf? Zoe?" in done.out


EVIL = "\x1b]52;c;ZXZpbA==\x07\x9b31m\u202egnp.exe\r\n\x00\u2028"


@pytest.mark.parametrize("form", ["table", "tree", "csv"])
def test_no_form_prints_what_strangers_wrote_raw(form: str) -> None:
    words: dict[str, Any] = {"contact": EVIL, "channel": EVIL, "status": EVIL, "verdict_reason": EVIL}
    record = sample(1, flow_name=f"flow {EVIL}", **words)
    out = io.StringIO()
    if form == "tree":
        write_tree({"conversations": [], "calls": [], "tasks": []}, [record], out, columns=None)
    else:
        write_records([record], form, out, columns=None)
    assert "52;c;ZXZpbA==" in out.getvalue()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", out.getvalue())
