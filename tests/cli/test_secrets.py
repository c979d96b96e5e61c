"""The secret is where it has to be, in the Authorization header, and in nothing that sidscope leaves behind."""

from __future__ import annotations

import base64
import time
from pathlib import Path

import pytest

from sidscope.cli import _parser
from tests.cli.conftest import CommandLine, Served


def spellings(account: Served) -> tuple[bytes, ...]:
    login = account.world.credentials()
    pair = base64.b64encode(f"{login.username}:{login.password}".encode())
    return login.password.encode(), pair.rstrip(b"="), base64.b64encode(login.password.encode()).rstrip(b"=")


def test_nothing_that_is_printed_or_kept_holds_it(sidscope: CommandLine, account: Served) -> None:
    account.faulty.answer("/Executions$", 500, passes=6)
    recording = sidscope.home / "session.jsonl"
    printed = []
    for arguments in (
        ("list", "--explain", "--format", "json"),
        ("list", "--record", recording, "--record-unmasked"),
        ("find", "CH" + "0" * 32),
        ("archive", "info"),
        ("doctor", "--json"),
        ("list", "--profile", "none"),
    ):
        done = sidscope(*arguments, "--since", account.since, SIDSCOPE_LOG="debug")
        printed.append(done.out.encode() + done.err.encode())
    account.faulty.heal()
    account.faulty.answer(".", 401)
    refused = sidscope("list", "--since", account.since, SIDSCOPE_LOG="debug")
    printed.append(refused.err.encode())
    kept = {path: path.read_bytes() for path in sidscope.home.rglob("*") if path.is_file()}
    assert {path.suffix for path in kept} >= {".sqlite3", ".jsonl", ".log"}
    for secret in spellings(account):
        assert not any(secret in text for text in printed)
        assert [path for path, content in kept.items() if secret in content] == []


def test_ps_does_not_show_it(sidscope: CommandLine, account: Served) -> None:
    """No option takes a secret, and no child gets one as an argument."""
    options = {text for name in ("explore", "list", "doctor") for text in _parser(name)._option_string_actions}
    assert not {option for option in options if any(word in option for word in ("secret", "token", "password", "key"))}
    if not Path("/proc/self/cmdline").exists():
        pytest.skip("no /proc")
    with account.faulty.holding("/Executions$"):
        process = sidscope.start("list", "--since", "1h")
        while not account.faulty.requests:
            time.sleep(0.01)
        shown = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    process.communicate(timeout=30)
    assert b"list" in shown
    assert not any(secret in shown for secret in spellings(account))
