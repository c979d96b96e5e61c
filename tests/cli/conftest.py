"""The command line as its user has it: processes and in-process runs against a simulated account on a socket."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sidscope.cli import main
from sidscope.demo import SimulatedAccount, World
from tests.support.account import Clock, serving
from tests.support.faults import Faulty

CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("TWILIO_", "SIDSCOPE_", "COLUMNS", "XDG_"))
}
"""The environment without any account of whoever runs the tests."""


@dataclass
class Served:
    """A simulated account on a socket; its clock stands still."""

    url: str
    app: SimulatedAccount
    faulty: Faulty
    clock: Clock

    @property
    def world(self) -> World:
        return self.app.world

    @property
    def since(self) -> str:
        """24 hours before the account's now, as an option's value."""
        return self.day.isoformat()

    @property
    def day(self) -> datetime:
        return self.world.zero - timedelta(hours=24)

    @property
    def environment(self) -> dict[str, str]:
        login = self.world.credentials()
        return {
            "SIDSCOPE_API_URL": self.url,
            "TWILIO_ACCOUNT_SID": login.account_sid,
            "TWILIO_API_KEY": login.username,
            "TWILIO_API_SECRET": login.password,
        }

    def kinds(self) -> list[str | None]:
        """The kinds of the requests so far."""
        return [request.kind for request in self.app.log]


@dataclass
class Done:
    """What came of a run."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)

    def records(self) -> list[dict[str, Any]]:
        """The records, in whichever of the three forms they were printed."""
        if self.out.startswith("execution_sid,"):
            return [from_csv(row) for row in csv.DictReader(io.StringIO(self.out))]
        if self.out.startswith("["):
            return list(json.loads(self.out))
        return [json.loads(line) for line in self.out.splitlines()]

    def sentence(self) -> str:
        """The one sentence on stderr; nothing else may have been printed."""
        assert self.out == ""
        assert self.err.startswith("sidscope: ")
        assert self.err.count("\n") == 1
        assert self.err.rstrip().endswith((".", "…"))
        assert "Traceback" not in self.err
        return self.err.strip().removeprefix("sidscope: ")


def from_csv(row: Mapping[str, str]) -> dict[str, Any]:
    """A record as JSON has it, out of the cells of a line."""
    record: dict[str, Any] = {key: value or None for key, value in row.items()}
    for key in ("evidence", "anomalies", "related_sids"):
        record[key] = json.loads(row[key])
    for key in ("flow_version", "reentry_number"):
        record[key] = int(row[key]) if row[key] else None
    return record


@dataclass
class CommandLine:
    """Runs sidscope with an environment of its own: no account, no archive but in ``home``."""

    home: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    environment: dict[str, str] = field(default_factory=dict)

    def env(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        own = {"HOME": str(self.home), "SIDSCOPE_DATA_DIR": str(self.home / "data"), "PYTHONUTF8": "1"}
        return CLEAN | own | self.environment | dict(extra or {})

    @property
    def data_dir(self) -> Path:
        return self.home / "data"

    def __call__(self, *arguments: object, **extra: str) -> Done:
        """In this process: quicker."""
        with self.monkeypatch.context() as patch:
            for name in set(os.environ) - set(self.env(extra)):
                patch.delenv(name)
            for name, value in self.env(extra).items():
                patch.setenv(name, value)
            self.capsys.readouterr()
            code = main([str(argument) for argument in arguments])
            return Done(code, *self.capsys.readouterr())

    def process(self, *arguments: object, **extra: str) -> Done:
        """As a process of its own."""
        process = self.start(*arguments, **extra)
        out, err = process.communicate(timeout=60)
        return Done(process.returncode, out, err)

    def start(self, *arguments: object, **extra: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "sidscope", *map(str, arguments)],
            env=self.env(extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # in the background it is ignored
        )


@pytest.fixture
def sidscope(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(tmp_path, monkeypatch, capsys)


def serve(world: World, **options: Any) -> Iterator[Served]:
    clock = Clock(world.zero)
    app = SimulatedAccount(world, clock=clock, **options)
    faulty = Faulty(app)
    with serving(faulty) as url:
        yield Served(url, app, faulty, clock)


@pytest.fixture(scope="session")
def shared() -> Iterator[Served]:
    """One account for all tests of the command line: the named stories, which show everything there is, and few
    others. Seen now, for commands take the time from the machine."""
    yield from serve(World(11, executions=1, flows=8, arrival=None))


@pytest.fixture
def account(shared: Served, sidscope: CommandLine) -> Iterator[Served]:
    """The shared account, with an empty log and nothing wrong; ``sidscope`` knows its credentials."""
    shared.app.log.clear()
    shared.faulty.requests.clear()
    sidscope.environment |= shared.environment
    yield shared
    shared.faulty.heal()


Run = Callable[..., Done]


@pytest.fixture
def filled(sidscope: CommandLine, account: Served) -> CommandLine:
    """With an archive that holds the account's last 24 hours."""
    sidscope("list", "--since", account.since)
    account.app.log.clear()
    return sidscope
