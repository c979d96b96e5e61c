"""Whatever ends or stops the explorer, the terminal is given back as it was and the archive is sound."""

from __future__ import annotations

import os
import shlex
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sidscope.demo import World
from tests.benchmarks.terminal import running
from tests.support.account import ServedAccount, simulated_account
from tests.tui.test_terminal import ROOT, Tmux, tmux

__all__ = ["tmux"]

PLAIN = "alternate_on=0 mouse_any_flag=0 cursor_flag=1"


@pytest.fixture(scope="module")
def account() -> Iterator[ServedAccount]:
    with simulated_account(World(3, executions=30, flows=3, arrival=None)) as served:
        yield served


class Shell:
    """A shell in a terminal of its own, in which sidscope is started as its users do."""

    def __init__(self, tmux: Tmux, folder: Path, account: ServedAccount) -> None:
        self.tmux, self.data = tmux, folder / "data"
        env = account.environment | {"SIDSCOPE_DATA_DIR": str(self.data), "HOME": str(folder), "PS1": "ready> "}
        words = [f"{name}={shlex.quote(value)}" for name, value in env.items()]
        tmux(
            "new-session",
            "-d",
            "-x",
            "100",
            "-y",
            "30",
            f"cd {ROOT} && env {' '.join(words)} bash --norc --noprofile -i",
        )
        tmux.waits_for("ready>")
        self.plain = self.modes()

    def explores(self, option: str = "", *, until: str = "● live") -> None:
        self.types(f"{sys.executable} -m sidscope --since 4h {option}; echo exit=$?")
        if until:
            self.tmux.waits_for(until)

    def types(self, line: str) -> None:
        self.tmux("send-keys", "-l", line)
        self.tmux("send-keys", "Enter")

    def modes(self) -> str:
        names = ("alternate_on", "mouse_any_flag", "cursor_flag")
        return self.tmux("display-message", "-p", " ".join(f"{name}=#{{{name}}}" for name in names)).strip()

    def is_as_it_was(self) -> None:
        """What is typed shows, once, and no mode of the explorer is left on."""
        self.tmux("send-keys", "C-l")
        self.types("stty -a | tr ' ' '\\n' | grep -xE -- '-?(echo|icanon|isig|ixon)' | tr '\\n' '+'; echo done")
        self.tmux.waits_for("isig+icanon+", "echo+done")
        assert self.modes() == self.plain == PLAIN

    def pids(self, what: bytes = b"-m\0sidscope") -> list[int]:
        """The explorer's; b"sidscope": and those of the processes that it has started."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if str(self.data).encode() in (entry / "environ").read_bytes():
                    line = (entry / "cmdline").read_bytes()
                    found += [int(entry.name)] if what in line and b"bash" not in line else []
            except OSError:
                continue
        return found

    def archive_is_sound(self) -> None:
        (path,) = self.data.glob("*.sqlite3")
        db = sqlite3.connect(path)
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("SELECT count(*) FROM executions").fetchone()[0] > 5
        db.close()


@pytest.fixture
def shell(tmux: Tmux, tmp_path: Path, account: ServedAccount) -> Shell:
    if not Path("/proc/self/environ").exists():
        pytest.skip("no /proc")
    return Shell(tmux, tmp_path, account)


def test_ctrl_z_goes_to_the_shell_and_fg_comes_back(shell: Shell) -> None:
    shell.explores()
    shell.tmux("send-keys", "j", "m")
    shell.tmux.waits_for("masked")
    shell.tmux("send-keys", "C-z")
    shell.tmux.waits_for("Stopped")
    shell.is_as_it_was()
    shell.types("fg")
    shell.tmux.waits_for("● live", "masked", "Executions", "Story", "? help")
    assert shell.modes().startswith("alternate_on=1 mouse_any_flag=1")
    shell.tmux("send-keys", "?")
    shell.tmux.waits_for("Keys", "esc closes")
    shell.tmux("send-keys", "q")
    deadline = time.monotonic() + 20
    while shell.pids():  # until then it would take what is typed
        assert time.monotonic() < deadline
        time.sleep(0.05)
    shell.types("echo exit=$?")
    shell.tmux.waits_for("exit=0")
    shell.is_as_it_was()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_it_leaves_the_terminal_right(shell: Shell, number: signal.Signals) -> None:
    shell.explores()
    (pid,) = shell.pids()
    os.kill(pid, number)
    shell.tmux.waits_for(f"exit={128 + number}", "what was seen is kept")
    shell.is_as_it_was()
    shell.archive_is_sound()
    assert not shell.pids(b"sidscope")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nor_does_a_signal_in_the_moment_when_the_terminal_is_taken(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sidscope", "--demo", "--data-dir", str(tmp_path)]
    with running(command, {**os.environ, "SIDSCOPE_CONFIG": os.devnull}) as terminal:
        terminal.until(b"\x1b[?1049h")
        os.kill(terminal.process.pid, signal.SIGTERM)
        with suppress(EOFError):
            terminal.watch(20)
        assert terminal.process.wait(5) == 128 + signal.SIGTERM
        assert terminal.painted.count(b"\x1b[?1049l") == 1


def test_where_nothing_is_kept_it_does_not_say_so(shell: Shell) -> None:
    shell.explores("--no-archive")
    (pid,) = shell.pids()
    os.kill(pid, signal.SIGTERM)
    shell.tmux.waits_for(f"exit={128 + signal.SIGTERM}", "The explorer ended early.")
    assert "kept" not in shell.tmux.screen()


def test_a_terminal_that_is_closed_ends_it_and_keeps_the_archive(shell: Shell) -> None:
    shell.explores()
    shell.tmux("send-keys", "g")
    shell.tmux.waits_for("by contact")
    (pid,) = shell.pids()
    shell.tmux("kill-server")
    deadline = time.monotonic() + 20
    while pid in shell.pids():
        assert time.monotonic() < deadline, "it goes on without a terminal"
        time.sleep(0.05)
    shell.archive_is_sound()
    (place,) = shell.data.glob("*.place.json")
    assert '"grouping": "contact"' in place.read_text()


@pytest.mark.parametrize("pause", [0.0, 0.3, 0.8, None], ids=["at once", "soon", "later", "when it has the screen"])
def test_ctrl_c_during_the_start_leaves_the_terminal_right(shell: Shell, pause: float | None) -> None:
    shell.explores(until="")
    deadline = time.monotonic() + 20
    while not shell.pids():  # before, ctrl+c is the shell's
        assert time.monotonic() < deadline, "it never started"
    if pause is None:
        while shell.modes() == shell.plain:
            assert time.monotonic() < deadline, "it never took the screen"
            time.sleep(0.01)
    time.sleep(pause or 0.0)
    shell.tmux("send-keys", "C-c")
    deadline = time.monotonic() + 20
    while "exit=" not in shell.tmux.screen().replace("exit=$?", "") and "^C" not in shell.tmux.screen():
        assert time.monotonic() < deadline, shell.tmux.screen()
        time.sleep(0.05)
    shell.is_as_it_was()
