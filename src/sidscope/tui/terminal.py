"""The terminal that the explorer needs: it reads keys from stdin and, being Textual, paints on stderr."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, TextIO


class NoTerminal(Exception):
    """There is no terminal to explore in; the message says what to do. The exit code is 2."""

    exit_code = 2


def require_terminal(stdin: TextIO | None = None, stderr: TextIO | None = None) -> None:
    """Makes sure that both are terminals.

    Raises:
        NoTerminal: if one is not.
    """
    stdin, stderr = stdin or sys.stdin, stderr or sys.stderr
    missing = [name for name, stream in (("stdin", stdin), ("stderr", stderr)) if not _is_terminal(stream)]
    if missing:
        raise NoTerminal(
            f"The explorer needs a terminal, and has none on {' and '.join(missing)}. "
            "For scripts there are: sidscope list, sidscope find."
        )


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


@contextmanager
def stdout_aside() -> Iterator[None]:
    """While the explorer paints on stderr, stdout leads there too if it is no terminal: Textual asks it for the
    terminal's size, and nothing but SIDs may ever get into a pipe."""
    output, screen = sys.__stdout__, sys.__stderr__
    if output is None or screen is None or _is_terminal(output):
        yield
        return
    output.flush()
    kept = os.dup(output.fileno())
    os.dup2(screen.fileno(), output.fileno())
    try:
        yield
    finally:
        output.flush()
        os.dup2(kept, output.fileno())
        os.close(kept)


def leave_on_signals(leave: Callable[[int], None]) -> None:
    """Has ``leave`` called with the shell's exit code when the process is told to end or its terminal goes away, so
    that the terminal is given back as it was. Needs a running loop; without one in the main thread nothing changes."""

    def told(number: int) -> None:
        let_go_of_lost_terminals()
        leave(128 + number)

    for name in ("SIGTERM", "SIGHUP", "SIGQUIT"):
        number = getattr(signal, name, None)
        if number is not None:
            with suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, a thread
                asyncio.get_running_loop().add_signal_handler(number, told, number)


def resume_only_where_there_is_a_terminal() -> None:
    """A terminal that is closed sends SIGHUP and SIGCONT (POSIX, 11.1.10): Textual, whose driver has to be there, would
    take the second one for the return from ctrl+z, begin to paint, and then wait for ever for somebody to take the
    output."""
    if not hasattr(signal, "SIGCONT"):
        return
    resume: Any = signal.getsignal(signal.SIGCONT)

    def continued(number: int, frame: FrameType | None) -> None:
        if not let_go_of_lost_terminals() and callable(resume):
            resume(number, frame)

    with suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGCONT, continued)


def let_go_of_lost_terminals() -> bool:
    """Points stdin, stdout and stderr to nowhere where they are terminals that are gone, so that the last words of
    whoever still writes there do no harm. Whether there was one."""
    lost = [fd for fd in (0, 1, 2) if _is_lost(fd)]
    if lost:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for fd in lost:
            os.dup2(nowhere, fd)
        os.close(nowhere)
    return bool(lost)


def _is_lost(fd: int) -> bool:
    try:
        is_device = stat.S_ISCHR(os.fstat(fd).st_mode)
        return is_device and not os.isatty(fd) and not os.path.samestat(os.fstat(fd), os.stat(os.devnull))
    except OSError:
        return False
