"""A process in a terminal of its own (a pseudo-terminal), as its user has it: what it paints, and when."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

COLUMNS, ROWS = 140, 40
PATIENCE = 60.0  # seconds
TICK = 3_000
"""Bytes: what is painted in one go and is shorter is no more than what the clock changes: an age, and once a minute how
long the window of a story is open."""

_IN_ONE_GO = 0.02  # seconds


class Terminal:
    """What one process paints. Times are seconds of ``time.perf_counter``."""

    def __init__(self, process: subprocess.Popen[bytes], handle: int, began: float) -> None:
        self.process, self.began = process, began
        self._handle = handle
        self.painted = bytearray()
        self.seen = began  # when anything was painted last
        self.last = began  # when something was painted last that is more than a tick
        self._in_one_go = 0

    def _read(self, patience: float) -> bool:
        """Takes what is painted within so many seconds; whether something was. Raises EOFError once it has ended."""
        if not select.select([self._handle], [], [], max(0.0, patience))[0]:
            return False
        try:
            data = os.read(self._handle, 1 << 16)
        except OSError:  # the process is gone
            data = b""
        if not data:
            raise EOFError(f"ended: {bytes(self.painted[-2000:])!r}")
        self.painted += data
        now = time.perf_counter()
        self._in_one_go = len(data) + (self._in_one_go if now - self.seen < _IN_ONE_GO else 0)
        self.seen = now
        if self._in_one_go > TICK:
            self.last = now
        return True

    def until(self, words: bytes) -> float:
        """Seconds from the start of the process until these words were painted."""
        deadline = time.perf_counter() + PATIENCE
        while words not in self.painted:
            self._read(0.5)
            if time.perf_counter() > deadline:
                raise AssertionError(f"{words!r} never came: {bytes(self.painted[-2000:])!r}")
        return self.seen - self.began

    def quiet(self, seconds: float, patience: float = PATIENCE) -> None:
        """Waits until nothing but ticks has been painted for so long."""
        began = time.perf_counter()
        while (left := max(self.last, began) + seconds - time.perf_counter()) > 0:
            self._read(left)
            if time.perf_counter() > began + patience:
                raise AssertionError("never quiet")

    def press(self, key: bytes, *, quiet: float = 0.15) -> float:
        """Seconds from a key to the last thing that was painted for it, or to the first where that is no more than
        a tick paints."""
        self.painted.clear()
        pressed, first = time.perf_counter(), None
        os.write(self._handle, key)
        while self.last < pressed and time.perf_counter() < pressed + quiet:
            if self._read(quiet) and first is None:
                first = self.seen
        self.quiet(quiet)
        return (self.last if self.last > pressed else first or pressed) - pressed

    def until_end(self) -> None:
        """Waits until the process has ended by itself; it must have ended well."""
        with suppress(EOFError):
            while True:
                self._read(PATIENCE)
        code = self.process.wait(PATIENCE)
        if code:
            raise AssertionError(f"exit code {code}: {bytes(self.painted[-2000:])!r}")

    @property
    def rss(self) -> int:
        """Bytes of memory that the process has in use now."""
        return resident(self.process.pid)

    @property
    def cpu(self) -> float:
        """Seconds of processor time that the process has used, all threads."""
        return processor_time(self.process.pid)

    def watch(self, seconds: float) -> None:
        """Lets time pass, taking what is painted."""
        deadline = time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            self._read(left)


def resident(pid: int) -> int:
    """Bytes in use, from /proc (Linux alone)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def processor_time(pid: int) -> float:
    """Seconds of processor time of all threads that live."""
    return sum(thread_times(pid).values())


def thread_times(pid: int) -> dict[int, float]:
    """Seconds of processor time of each thread that lives, to the nanosecond, from /proc (Linux alone)."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return {int(task.name): int((task / "schedstat").read_text().split()[0]) / 1e9 for task in tasks}


@contextmanager
def running(command: Sequence[str], env: Mapping[str, str]) -> Iterator[Terminal]:
    """The command in a terminal of 140 × 40; killed at the end."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**env, "TERM": "xterm-256color", "COLORTERM": "truecolor", "TEXTUAL_ANIMATIONS": "none"},
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours, began)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(ours)
