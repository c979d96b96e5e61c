"""Opening an address in the user's browser, where there is one on this machine that does not take the terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

TIMEOUT: Final = 5.0
"""Seconds that the opener gets to hand the address over; it may go on for longer."""


class Browser:
    """The desktop's own opener. Python's ``webbrowser`` would also start text browsers, in our terminal, and let
    others write into it."""

    def __init__(self, env: Mapping[str, str] | None = None, platform: str = sys.platform) -> None:
        self._env = os.environ if env is None else env
        self._platform = platform

    def why_not(self) -> str | None:
        """Why there is no browser to open here, or None."""
        env = self._env
        if env.get("SSH_CONNECTION") or env.get("SSH_TTY"):
            return "over ssh there is no browser here"
        if self._platform in ("darwin", "win32") or env.get("WSL_DISTRO_NAME"):
            return None
        return None if env.get("DISPLAY") or env.get("WAYLAND_DISPLAY") else "there is no desktop here"

    def open(self, url: str) -> str | None:
        """Opens ``url``; why that did not work, or None. May take seconds: call it off the event loop."""
        reason = self.why_not()
        if reason is not None:
            return reason
        if self._platform == "darwin":
            command = ["open", url]
        elif self._platform == "win32":
            command = ["rundll32", "url.dll,FileProtocolHandler", url]
        elif self._env.get("WSL_DISTRO_NAME") and shutil.which("wslview", path=self._env.get("PATH")):
            command = ["wslview", url]
        else:
            command = ["xdg-open", url]
        path = shutil.which(command[0], path=self._env.get("PATH"))
        if path is None:
            return f"{command[0]} is not installed"
        try:
            process = subprocess.Popen(  # noqa: S603 - a fixed command, the address is one argument of it
                [path, *command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=dict(self._env),
                start_new_session=True,
            )
            failed = process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            return None  # the browser itself, which stays
        except OSError as error:
            return f"{command[0]} does not start ({error.strerror})"
        return f"{command[0]} did not find a browser" if failed else None
