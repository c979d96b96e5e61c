"""The ladder of copying, with real programs standing in for clipboard tools."""

from __future__ import annotations

import base64
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from sidscope.tui.clipboard import OSC52_MOST, Clipboard


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def tool(folder: Path, name: str, script: str) -> Path:
    """An executable that notes what it was given."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def clipboard(tmp_path: Path, terminal: list[str], platform: str = "linux", **env: str) -> Clipboard:
    path = f"{tmp_path / 'bin'}:/usr/bin:/bin"
    return Clipboard(
        to_terminal=terminal.append, folder=tmp_path / "data", env={"PATH": path, **env}, platform=platform
    )


def test_inside_tmux_its_buffer_is_used(tmp_path: Path, tools: Path) -> None:
    tool(tools, "tmux", f'echo "$@" > {tmp_path}/args; cat > {tmp_path}/got')
    copied = clipboard(tmp_path, [], TMUX="/tmp/tmux,1,0", DISPLAY=":0").copy("CH1")  # noqa: S108
    assert copied.route == "tmux"
    assert (tmp_path / "args").read_text() == "load-buffer -w -\n"
    assert (tmp_path / "got").read_text() == "CH1"


@pytest.mark.parametrize(
    ("mode", "route"), [("native", "tool"), ("tmux", "none"), ("osc52", "osc52"), ("file", "file")]
)
def test_the_way_that_the_configuration_names_is_the_only_one(
    tmp_path: Path, tools: Path, mode: str, route: str
) -> None:
    tool(tools, "xclip", "cat > /dev/null")
    tool(tools, "tmux", "exit 1")
    env = {"PATH": str(tools) + ":/usr/bin:/bin", "TMUX": "x", "DISPLAY": ":0", "SSH_CONNECTION": "x"}
    chosen = Clipboard(to_terminal=lambda _: None, folder=tmp_path / "data", env=env, platform="linux", mode=mode)
    assert chosen.copy("CH1").route == route


def test_a_tmux_too_old_to_pass_it_on_says_so(tmp_path: Path, tools: Path) -> None:
    tool(tools, "tmux", f'[ "$2" = "-w" ] && exit 1; cat > {tmp_path}/got')
    copied = clipboard(tmp_path, [], TMUX="x").copy("CH1")
    assert "only" in copied.sentence
    assert (tmp_path / "got").read_text() == "CH1"


@pytest.mark.parametrize(
    ("platform", "name", "env"),
    [
        ("darwin", "pbcopy", {}),
        ("linux", "wl-copy", {"WAYLAND_DISPLAY": "w"}),
        ("linux", "xclip", {"DISPLAY": ":0"}),
        ("linux", "xsel", {"DISPLAY": ":0"}),
        ("linux", "clip.exe", {"WSL_DISTRO_NAME": "Debian"}),
    ],
)
def test_the_local_tool_is_used_where_there_is_one(
    tmp_path: Path, tools: Path, platform: str, name: str, env: dict[str, str]
) -> None:
    tool(tools, name, f"cat > {tmp_path}/got")
    copied = clipboard(tmp_path, [], platform, **env).copy("Grüße 客")
    assert copied.route == "tool"
    assert name in copied.sentence
    assert (tmp_path / "got").read_text() == "Grüße 客"


def test_over_ssh_the_terminal_is_asked_because_a_tool_would_fill_the_wrong_clipboard(
    tmp_path: Path, tools: Path
) -> None:
    tool(tools, "xclip", f"cat > {tmp_path}/got")
    terminal: list[str] = []
    copied = clipboard(tmp_path, terminal, DISPLAY=":0", SSH_CONNECTION="1 2 3 4").copy("CH1")
    assert copied.route == "osc52"
    assert "may refuse" in copied.sentence
    assert terminal == [f"\x1b]52;c;{base64.b64encode(b'CH1').decode()}\a"]
    assert not (tmp_path / "got").exists()


@pytest.mark.parametrize("script", ["exit 1", "cat > /dev/null; exit 3"])
def test_a_tool_that_fails_is_not_believed(tmp_path: Path, tools: Path, script: str) -> None:
    tool(tools, "xclip", script)
    terminal: list[str] = []
    assert clipboard(tmp_path, terminal, DISPLAY=":0").copy("CH1").route == "osc52"
    assert terminal


def test_a_tool_that_hangs_is_given_up(tmp_path: Path, tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sidscope.tui.clipboard.TIMEOUT", 0.2)
    tool(tools, "xclip", "exec sleep 30")
    assert clipboard(tmp_path, [], DISPLAY=":0").copy("CH1").route == "osc52"


def test_what_is_too_long_for_a_terminal_goes_to_a_private_file(tmp_path: Path, tools: Path) -> None:
    terminal: list[str] = []
    long = "x" * OSC52_MOST
    copied = clipboard(tmp_path, terminal).copy(long)
    path = tmp_path / "data" / "copied.txt"
    assert copied.route == "file"
    assert str(path) in copied.sentence
    assert path.read_text() == long
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not terminal


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, tools: Path) -> None:
    (tmp_path / "data").write_text("a file in the way")
    copied = clipboard(tmp_path, []).copy("x" * OSC52_MOST)
    assert copied.route == "none"
    assert "not copied" in copied.sentence


@pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed")
def test_a_real_tmux_holds_what_was_copied(tmp_path: Path) -> None:
    socket = tmp_path / "tmux.sock"
    tmux = ["tmux", "-S", str(socket)]
    subprocess.run([*tmux, "new-session", "-d", "sleep 30"], check=True)
    try:
        copied = Clipboard(
            to_terminal=lambda _: None, folder=None, env={"PATH": "/usr/bin:/bin", "TMUX": f"{socket},1,0"}
        ).copy("CH42")
        assert copied.route == "tmux"
        shown = subprocess.run([*tmux, "show-buffer"], check=True, capture_output=True, text=True)
        assert shown.stdout == "CH42"
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
