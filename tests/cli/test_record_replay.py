"""--record and --replay as their user has them: the same output without network or credentials, and nobody's data."""

from __future__ import annotations

import argparse
import json
import resource
import stat
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sidscope.archive import read_records
from sidscope.commands.opening import opened
from sidscope.commands.options import add_common, add_session, options_of
from sidscope.demo import World, people
from sidscope.domain.evidence import settles
from sidscope.sync.engine import SCREENFUL
from sidscope.sync.thread import EngineThread

from .conftest import CommandLine, Served, serve

PERSONAL = ("contact", "sender", "from", "to")


@pytest.fixture
def tape(sidscope: CommandLine) -> Path:
    return sidscope.home / "session.jsonl"


def nobody(sidscope: CommandLine) -> CommandLine:
    """The same machine without credentials or a way to Twilio."""
    return CommandLine(sidscope.home / "elsewhere", sidscope.monkeypatch, sidscope.capsys)


def masked(document: Any, names: dict[str, str]) -> Any:
    """The document with numbers for addresses, the same one for the same address."""
    if isinstance(document, dict):
        return {
            key: names.setdefault(value, f"#{len(names)}")
            if key in PERSONAL and isinstance(value, str)
            else masked(value, names)
            for key, value in document.items()
        }
    return [masked(item, names) for item in document] if isinstance(document, list) else document


def same_but_for_addresses(left: Any, right: Any) -> bool:
    """Whether the addresses of both can be told apart equally well, and all else is equal."""
    return bool(masked(left, {}) == masked(right, {}))


def personal(account: Served) -> Iterable[str]:
    """What the simulated account knows of people, as JSON might spell it."""
    world = account.world
    runs = [run for flow in world.flows for run in world.runs_of(flow.sid, world.zero)]
    for person in {run.person.key: run.person for run in runs}.values():
        yield from (person.name, person.phone.lstrip("+"), person.messenger_id)
        yield from ([person.identity] if len(person.identity) > 4 else [])
    yield from (text for text in (*people.TEXTS, *people.ANSWERS, *people.PRODUCTS) if len(text) > 6)


def test_a_recorded_list_comes_out_again(sidscope: CommandLine, account: Served, tape: Path) -> None:
    there = sidscope("list", "--explain", "--record", tape, "--format", "json", "--since", account.since)
    assert f"Recorded {len(account.app.log)} requests in {tape}, addresses and texts masked" in there.err
    assert len(there.json()) > 50
    requests = len(account.app.log)
    again = nobody(sidscope)("list", "--explain", "--replay", tape, "--format", "json")
    assert len(account.app.log) == requests
    assert again.code == there.code
    assert same_but_for_addresses(again.json(), there.json())
    assert again.json() != there.json()
    again_err = [line for line in there.err.splitlines() if "Recorded" not in line]
    assert again.err.splitlines() == again_err


def test_a_recording_holds_nothing_secret_and_nobodys_data(sidscope: CommandLine, account: Served, tape: Path) -> None:
    sidscope("list", "--explain", "--record", tape, "--since", account.since)
    assert stat.S_IMODE(tape.stat().st_mode) == 0o600
    assert not sidscope.data_dir.exists()
    data = tape.read_bytes()
    login = account.world.credentials()
    token = account.world.credentials(api_key=False).password
    assert login.account_sid.encode() in data
    for secret in (login.password, login.username, token, "Authorization", "authorization"):
        assert secret.encode() not in data
    for text in personal(account):
        once = json.dumps(text)[1:-1]
        spellings = {text, once, json.dumps(once)[1:-1]}
        assert not any(spelled.encode() in data for spelled in spellings), text


def test_unmasked_it_is_the_same_to_the_letter(sidscope: CommandLine, account: Served, tape: Path) -> None:
    options = ("--since", account.since, "--format", "jsonl")
    there = sidscope("list", "--record", tape, "--record-unmasked", *options)
    assert "NOT masked" in there.err
    assert nobody(sidscope)("list", "--replay", tape, "--format", "jsonl").out == there.out
    assert account.world.credentials().password.encode() not in tape.read_bytes()


@pytest.mark.parametrize("kind", ["execution_sid", "conversation_sid", "call_sid", "task_sid", "message_sid"])
def test_a_recorded_find_comes_out_again(sidscope: CommandLine, account: Served, tape: Path, kind: str) -> None:
    truth = account.world.truth(account.clock.now, since=account.day)
    sid = next(record[kind] for record in truth if record[kind])
    options = ("find", sid, "--format", "json")
    there = sidscope(*options, "--since", account.since, "--record", tape)
    again = nobody(sidscope)(*options, "--replay", tape)
    assert there.json()["executions"]
    assert same_but_for_addresses(again.json(), there.json())
    assert again.code == there.code


def test_what_was_not_recorded_is_missing_and_said(sidscope: CommandLine, account: Served, tape: Path) -> None:
    there = sidscope("list", "--record", tape, "--format", "json", "--since", "24h")
    narrower = nobody(sidscope)("list", "--replay", tape, "--since", "12h", "--format", "json")
    assert 0 < len(narrower.json()) < len(there.json())
    assert "does not hold" not in narrower.err
    wider = nobody(sidscope)("list", "--replay", tape, "--since", "7d", "--format", "json")
    assert wider.code == 1
    assert "could not be listed: the recording does not hold this request; record again with" in wider.err
    other = nobody(sidscope)("find", "CH" + "0" * 32, "--replay", tape)
    assert other.code == 1
    assert "Nothing about" in other.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("list", "--replay", "none.jsonl"), "none.jsonl cannot be read (No such file or directory): --replay needs"),
        (("list", "--replay", "."), ". cannot be read (Is a directory): --replay needs"),
        (("list", "--replay", "README.md"), "README.md is no recording: --replay plays what --record has written."),
        (
            ("list", "--replay", "x", "--record", "y"),
            "--replay plays the account of its recording: leave out --record.",
        ),
        (("list", "--replay", "x", "--demo"), "--replay plays the account of its recording: leave out --demo."),
        (("find", "CH1", "--replay", "x", "--offline"), "--replay plays the account of its recording: leave out"),
        (("list", "--replay", "x", "--profile", "p"), "--replay plays the account of its recording: leave out --prof"),
        (("list", "--record", "x", "--offline"), "--offline asks Twilio nothing, so there is nothing to --record."),
        (("list", "--record-unmasked"), "--record-unmasked goes with --record FILE."),
        (("archive", "info", "--record", "x"), "There is no option --record: sidscope --help lists them."),
    ],
)
def test_what_makes_no_sense_is_one_sentence(sidscope: CommandLine, arguments: tuple[str, ...], sentence: str) -> None:
    done = sidscope(*arguments)
    assert done.code == 2
    assert done.sentence().startswith(sentence)


def test_a_file_that_is_there_is_never_written_over(sidscope: CommandLine, account: Served, tape: Path) -> None:
    tape.write_text("mine")
    done = sidscope("list", "--record", tape)
    assert done.code == 2
    assert done.sentence() == f"{tape} is there already: choose another file for --record."
    assert tape.read_text() == "mine"
    assert account.app.log == []


def test_a_cut_off_recording_is_refused(sidscope: CommandLine, account: Served, tape: Path) -> None:
    sidscope("list", "--record", tape)
    tape.write_bytes(tape.read_bytes()[:-100])
    done = nobody(sidscope)("list", "--replay", tape)
    assert done.code == 2
    assert "is cut off after" in done.sentence()


def test_a_full_disk_costs_the_recording_and_not_the_list(sidscope: CommandLine, account: Served, tape: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "sidscope", "list", "--record", tape, "--format", "jsonl", "--since", account.since],
        env=sidscope.env(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000)),
    )
    assert process.returncode == 1
    assert f"The recording {tape} is not complete (File too large): make room and record again." in process.stderr
    assert len(process.stdout.splitlines()) > 50
    assert "is cut off after" in nobody(sidscope)("list", "--replay", tape).sentence()


def test_it_works_on_the_demo_too(sidscope: CommandLine, tape: Path) -> None:
    there = sidscope("list", "--demo", "--since", "3h", "--record", tape, "--format", "json")
    again = nobody(sidscope)("list", "--replay", tape, "--format", "json")
    assert (there.code, again.code) == (0, 0)
    assert same_but_for_addresses(again.json(), there.json())


def explored(sidscope: CommandLine, *arguments: str, wanted: str | None = None) -> tuple[list[Any], str, Any]:
    """What the explorer knows once it is live and has read the context of the row that it is on: all records, that
    row, its context."""
    parser = argparse.ArgumentParser()
    add_common(parser, "explore")
    add_session(parser)
    environment = sidscope.env()
    options = options_of(parser.parse_args(arguments), (), environment, datetime.now(UTC), command="explore")
    something = threading.Event()

    def wait_for(what: Callable[[], Any]) -> Any:
        for _ in range(1000):
            if found := what():
                return found
            something.wait(0.05)
            something.clear()
        raise AssertionError("it never came")

    with opened(options, environment, sidscope.home, lambda: datetime.now(UTC)) as account:
        archive, open_account = account.archive, account.open_account
        assert open_account is not None
        engine = EngineThread(
            open_account, archive, since=lambda: options.since, on_event=lambda _: something.set(), now=account.now
        )
        engine.start()
        try:
            wait_for(lambda: engine.state.phase == "live" and engine.state.contexts_left == 0)
            window = [known.row for known in archive.window(options.since, None, related=False)]
            wanted = wanted or next(row.sid for row in window if settles(row) and not row.active)
            engine.look_at(wanted)
            context = wait_for(lambda: archive.context(wanted))
            archive.flush()
            known = read_records(archive, [row.sid for row in window], now=options.started)
            return [record.as_dict() for record in known.values()], wanted, context
        finally:
            engine.stop()


def test_the_explorer_sees_the_same_again(sidscope: CommandLine, account: Served, tape: Path) -> None:
    there, row, context = explored(sidscope, "--record", str(tape), "--since", account.since)
    again, _, shown = explored(nobody(sidscope), "--replay", str(tape), wanted=row)
    assert same_but_for_addresses(again, there)
    assert shown.read_status == context.read_status
    assert shown.read_at == context.read_at


def test_a_list_comes_out_of_what_the_explorer_recorded(sidscope: CommandLine, tape: Path) -> None:
    for account in serve(World(5, executions=400, flows=8, arrival=None, private=False)):  # more than a screenful
        sidscope.environment |= account.environment
        there, _, _ = explored(sidscope, "--record", str(tape), "--since", account.since)
        flows = Counter(record["flow_sid"] for record in there)
        assert max(flows.values()) > SCREENFUL
        done = nobody(sidscope)("list", "--replay", tape, "--format", "json")
        assert (done.code, done.err) == (0, "")
        assert {record["execution_sid"] for record in done.records()} == {record["execution_sid"] for record in there}
