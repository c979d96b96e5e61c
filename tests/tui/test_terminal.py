"""The explorer in a real terminal: started, quit, copied from, crashed; and without a terminal."""

from __future__ import annotations

import io
import os
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidscope.tui.terminal import NoTerminal, require_terminal

ROOT = Path(__file__).parents[2]
STARTS = "import sys; from sidscope.cli import main; sys.exit(main(['--demo']))"
FAULT = """
import sys
from sidscope.archive import Archive
from sidscope.settings import Credentials, Secret
from sidscope.tui.app import ExplorerApp
secret = Credentials("AC1", "SK1", Secret("hunter2hunter2"))
app = ExplorerApp(Archive.memory("AC" + "0" * 32), None, account_label="x")
def fault():
    password = secret.password.reveal()
    raise RuntimeError("[/] \\x1b]52;c;AAAA\\x07 gone wrong " + str(len(password)))
app.call_later(lambda: app.set_timer(0.3, fault))
app.run()
sys.exit(app.return_code)
"""


def test_without_a_terminal_one_sentence_says_what_to_do() -> None:
    with pytest.raises(NoTerminal, match=r"needs a terminal, and has none on stdin and stderr.*sidscope list"):
        require_terminal(io.StringIO(), io.StringIO())
    assert NoTerminal.exit_code == 2


def test_the_command_without_a_terminal_ends_with_2() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STARTS],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "needs a terminal" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr


def test_a_fault_leaves_the_terminal_clean_and_prints_no_local_variables() -> None:
    pid, terminal = os.forkpty()
    if pid == 0:  # pragma: no cover - the child
        os.environ.update(TERM="xterm-256color", TEXTUAL_ANIMATIONS="none")
        os.execv(sys.executable, [sys.executable, "-c", FAULT])  # noqa: S606
    seen = b""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                seen += os.read(terminal, 65536)
            except OSError:  # the child has gone
                break
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 1
    after = seen[seen.rindex(b"\x1b[?1049l") :].decode("utf-8", "replace")
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", after)
    assert "sidscope stopped because of a fault of its own: RuntimeError: [/] ␛]52;c;AAAA␇ gone wrong" in " ".join(
        plain.split()
    )
    assert "hunter2" not in plain
    assert "password" not in plain
    assert "\x1b]52" not in after


class Tmux:
    """A tmux of the test's own."""

    def __init__(self, folder: Path) -> None:
        self._base = ["tmux", "-S", str(folder / "tmux.sock"), "-f", "/dev/null"]

    def __call__(self, *arguments: str) -> str:
        # With these in its environment a program would never learn of another size.
        env = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "TMUX")}
        done = subprocess.run([*self._base, *arguments], capture_output=True, text=True, check=False, env=env)
        return done.stdout

    def start(self, command: str, size: tuple[int, int]) -> None:
        self("new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), f"{command}; echo exit=$?; sleep 60")

    def screen(self) -> str:
        return self("capture-pane", "-p")

    def waits_for(self, *words: str) -> str:
        deadline = time.monotonic() + 30
        while not all(word in (screen := self.screen()) for word in words):
            assert time.monotonic() < deadline, f"never came: {words}\n{screen}"
            time.sleep(0.1)
        return screen


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    if not shutil.which("tmux"):
        pytest.skip("tmux is not installed")
    tmux = Tmux(tmp_path)
    yield tmux
    tmux("kill-server")


def test_in_a_real_terminal_one_starts_moves_copies_resizes_and_quits(tmux: Tmux) -> None:
    tmux.start(f'cd {ROOT} && {sys.executable} -c "{STARTS}"', (140, 40))
    tmux.waits_for("● live", "Story")
    tmux("send-keys", "j", "j")
    tmux.waits_for("▌")
    tmux("send-keys", "y")
    tmux.waits_for("copied to tmux's buffer")
    copied = tmux("show-buffer")
    assert re.fullmatch(r"(FN|CH|CA)[0-9a-f]{32}|\S+", copied)
    tmux("resize-window", "-x", "80", "-y", "24")
    tmux.waits_for("Story", "Executions")
    tmux("resize-window", "-x", "30", "-y", "8")
    tmux.waits_for("44×10")
    tmux("resize-window", "-x", "100", "-y", "30")
    tmux.waits_for("Story", "Executions")
    tmux("send-keys", "q")
    screen = tmux.waits_for("exit=0")
    assert "Story" not in screen


def test_what_is_wrong_with_the_configuration_is_said_again_after_leaving(tmux: Tmux, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('theem = "dark"\nutc = "yes"\nclipbord = "auto"\nqueries = 1\n')
    starts = STARTS.replace("'--demo'", f"'--demo','--data-dir','{tmp_path / 'data'}'")
    tmux.start(f'cd {ROOT} && SIDSCOPE_CONFIG={config} {sys.executable} -c "{starts}"', (80, 24))
    tmux.waits_for("⚠ config.toml:1: there is no setting 'theem' (is 'theme' meant?).", "+3 more: ?")
    tmux("send-keys", "q")
    screen = tmux.waits_for("exit=0").replace("\n", "")
    assert "config.toml:1: there is no setting 'theem' (is 'theme' meant?). And 3 more: sidscope doctor" in screen


@pytest.mark.parametrize(("said", "fps"), [({}, 120), ({"TEXTUAL_FPS": "30"}, 30)])
def test_it_paints_twice_as_often_as_textual_does_by_itself_unless_told(said: dict[str, str], fps: int) -> None:
    env = {name: value for name, value in os.environ.items() if name != "TEXTUAL_FPS"} | said
    program = "import sidscope.tui.app, textual.constants as it; print(it.MAX_FPS)"
    told = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    assert int(told.stdout) == fps
