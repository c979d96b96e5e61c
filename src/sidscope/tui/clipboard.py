"""Copying by the first way that can work here, and saying honestly which one it was.

Inside tmux with its default settings plain OSC 52 is lost without a word, so tmux's own buffer comes first
(measured with tmux 3.3a; ``load-buffer -w`` also passes the value on to the outer terminal). Over SSH a local tool
would fill the wrong machine's clipboard, so the terminal is asked by OSC 52; nobody can know whether it obeys.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from sidscope.domain.value import value
from sidscope.safetext import pasteable

OSC52_MOST: Final = 75_000
"""Encoded bytes that terminals surely take in one OSC 52 sequence."""

TIMEOUT: Final = 2.0
"""Seconds that a clipboard tool gets."""


@value
class Copied:
    """How a copy went: the route's name, and a sentence for the user."""

    route: str  # tmux | tool | osc52 | file | none
    sentence: str


def _native_tools(env: Mapping[str, str], platform: str) -> list[tuple[str, ...]]:
    if platform == "darwin":
        return [("pbcopy",)]
    tools: list[tuple[str, ...]] = []
    if env.get("WAYLAND_DISPLAY"):
        tools.append(("wl-copy",))
    if env.get("DISPLAY"):
        tools += [("xclip", "-selection", "clipboard"), ("xsel", "--clipboard", "--input")]
    if platform == "win32" or env.get("WSL_DISTRO_NAME"):
        tools.append(("clip.exe",))
    return tools


def likely_route(env: Mapping[str, str], platform: str = sys.platform) -> Copied:
    """The way that copying a SID would take here now, as far as that can be told without copying anything."""
    if env.get("TMUX") and shutil.which("tmux", path=env.get("PATH")):
        return Copied("tmux", "copies go to tmux's buffer, and through it to the terminal")
    if not env.get("SSH_CONNECTION"):
        for tool in _native_tools(env, platform):
            if shutil.which(tool[0], path=env.get("PATH")):
                return Copied("tool", f"copies are made with {tool[0]}")
    return Copied("osc52", "the terminal is asked to copy by OSC 52, which it may refuse without a word")


def _feed(command: Sequence[str], text: str, env: Mapping[str, str]) -> bool:
    """Runs a tool with the text on its stdin; whether it said that it worked."""
    path = shutil.which(command[0], path=env.get("PATH"))
    if path is None:
        return False
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, the text goes to its stdin
            [path, *command[1:]],
            input=text.encode("utf-8", "replace"),
            stdout=subprocess.DEVNULL,  # xclip stays behind and would hold a pipe open
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT,
            check=False,
            env=dict(env),
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


class Clipboard:
    """The ladder. ``copy`` may take seconds: call it off the event loop.

    ``to_terminal`` writes an escape sequence to the terminal, from any thread; ``folder`` takes the file of the
    last resort.
    """

    def __init__(
        self,
        *,
        to_terminal: Callable[[str], None],
        folder: Path | None,
        env: Mapping[str, str] | None = None,
        platform: str = sys.platform,
        mode: str = "auto",
    ) -> None:
        """``mode``: ``auto``, or the one way to go: ``tmux``, ``native``, ``osc52``, ``file``."""
        self._mode = mode
        self._to_terminal = to_terminal
        self._folder = folder
        self._env = os.environ if env is None else env
        self._platform = platform

    def copy(self, text: str) -> Copied:
        """Copies by the first way that works, or by the one that was chosen; control characters become visible."""
        text = pasteable(text)
        env, mode = self._env, self._mode
        if mode == "file":
            return self._to_file(text, "written")
        if mode == "tmux" or (mode == "auto" and env.get("TMUX")):
            if _feed(("tmux", "load-buffer", "-w", "-"), text, env):
                return Copied("tmux", "copied to tmux's buffer, and through it to the terminal")
            if _feed(("tmux", "load-buffer", "-"), text, env):  # tmux before 3.2 has no -w
                return Copied("tmux", "copied to tmux's buffer only (paste with prefix ])")
        if mode == "native" or (mode == "auto" and not env.get("SSH_CONNECTION")):
            for tool in _native_tools(env, self._platform):
                if _feed(tool, text, env):
                    return Copied("tool", f"copied with {tool[0]}")
        if mode in ("tmux", "native"):
            return Copied("none", f"not copied: the configuration says {mode}, and that did not work")
        encoded = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
        if len(encoded) <= OSC52_MOST:
            self._to_terminal(f"\x1b]52;c;{encoded}\a")
            return Copied("osc52", "sent to the terminal by OSC 52: it may refuse")
        return self._to_file(text)

    def _to_file(self, text: str, why: str = "too long for the terminal's clipboard: written") -> Copied:
        if self._folder is None:
            if self._mode == "file":
                return Copied("none", "not copied: there is no folder for the file")
            return Copied("none", f"too long for the terminal's clipboard ({len(text):,} characters)")
        path = self._folder / "copied.txt"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(text)
        except OSError as error:
            return Copied(
                "none", f"not copied: too long for the terminal, and {path} cannot be written ({error.strerror})"
            )
        return Copied("file", f"{why} to {path}")
