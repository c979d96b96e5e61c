"""The log file: there for warnings, private, rotating, and without anything of anybody in it."""

from __future__ import annotations

import logging
import re
import stat
from pathlib import Path

import pytest

from sidscope.commands.logs import FILES, MOST_BYTES, logging_to
from sidscope.commands.options import UsageError
from tests.cli.conftest import CommandLine, Served

NUMBER = "4917612345678"


def logs_of(sidscope: CommandLine) -> list[Path]:
    return [path for path in sidscope.home.rglob("sidscope.log*") if path.is_file()]


def log_of(sidscope: CommandLine) -> str:
    (path,) = logs_of(sidscope)
    return path.read_text(encoding="utf-8")


def test_what_is_well_is_not_logged(sidscope: CommandLine, account: Served) -> None:
    sidscope.process("list", "--since", account.since)
    assert all(" WARNING " in line for path in logs_of(sidscope) for line in path.read_text().splitlines())


def test_what_failed_is_in_a_private_file(sidscope: CommandLine, account: Served) -> None:
    account.faulty.answer("Executions$", 403, passes=1)
    assert sidscope.process("list", "--since", account.since).code == 1
    (path,) = logs_of(sidscope)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert re.search(r"WARNING sidscope\S+: GET /v2/Flows/FW\w{32}/Executions: Denied, status 403", log_of(sidscope))


@pytest.mark.parametrize("option", ["--no-archive", "--demo"])
def test_who_wants_nothing_kept_gets_no_log(sidscope: CommandLine, account: Served, option: str) -> None:
    account.faulty.answer("Executions$", 403, passes=1)
    sidscope.process("list", "--since", "1h", option, SIDSCOPE_LOG="debug")
    assert logs_of(sidscope) == []


def test_the_most_talkative_log_knows_no_secret_no_address_and_no_body(sidscope: CommandLine, account: Served) -> None:
    told = sidscope.process("list", "--since", account.since, "--format", "json", SIDSCOPE_LOG="debug").records()
    contacts = {record["contact"] for record in told if record["contact"] and not record["contact"].startswith("CH")}
    someone = next(contact for contact in sorted(contacts) if contact.startswith("whatsapp:+"))
    sidscope.process("find", someone, "--explain", SIDSCOPE_LOG="debug")
    log = log_of(sidscope)
    assert "GET /v1/ParticipantConversations: 200" in log, "the request with an address in its query"
    assert "/Context: 200" in log
    for hidden in (*contacts, *(contact.partition("+")[2] or contact for contact in contacts)):
        assert hidden not in log
    assert account.environment["TWILIO_API_SECRET"] not in log
    assert "Body" not in log
    assert "widgets" not in log


def test_strangers_text_and_others_words_are_harmless(tmp_path: Path) -> None:
    path = tmp_path / "log" / "sidscope.log"
    with logging_to(path, {"SIDSCOPE_LOG": "info"}):
        logging.getLogger("sidscope.x").info("flow \x1b]52;c;AAAA\x07 \u202e\nof whatsapp:+%s", NUMBER)
        logging.getLogger("asyncio").error("Task failed\nfuture: <body=%s>", "said in confidence")
        logging.getLogger("twilio.http_client").warning("got %s", {"Body": "said in confidence"})
        try:
            raise ValueError(f"said in confidence by {NUMBER}")
        except ValueError:
            logging.getLogger("sidscope.y").exception("a fault")
    log = path.read_text(encoding="utf-8")
    assert len(log.splitlines()) == 4
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", log)
    assert "whatsapp:+49 … 78" in log
    assert "ValueError at test_logs.py:" in log
    assert NUMBER not in log
    assert "confidence" not in log


def test_it_does_not_grow_without_end(tmp_path: Path) -> None:
    path = tmp_path / "sidscope.log"
    with logging_to(path, {}):
        log = logging.getLogger("sidscope.x")
        for _ in range(5 * MOST_BYTES // 1000):
            log.warning("x" * 990)
    files = list(tmp_path.iterdir())
    assert len(files) == FILES
    assert all(each.stat().st_size <= MOST_BYTES and stat.S_IMODE(each.stat().st_mode) == 0o600 for each in files)


def test_below_warnings_nothing_is_logged_unless_asked_for(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "sidscope.log"
    with logging_to(path, {}):
        logging.getLogger("sidscope.x").info("not this")
        assert not path.exists()
    with logging_to(None, {}):
        logging.getLogger("asyncio").error("nor over the screen")
    with logging_to(Path("/proc/no/such/place"), {}):
        logging.getLogger("sidscope.x").error("nor where it cannot be written")
    assert capfd.readouterr() == ("", "")


def test_a_level_that_there_is_not() -> None:
    with (
        pytest.raises(UsageError, match=r"SIDSCOPE_LOG 'loud' is no level"),
        logging_to(None, {"SIDSCOPE_LOG": "loud"}),
    ):
        pass
