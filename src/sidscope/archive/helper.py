"""A process that writes while much comes: the interpreter of this one stays with who asks and paints.

It is given items as they came, writes them to the same file, and tells which executions have changed. Of an archive in
memory, where it has nothing to write to, it gives back what is stored of contexts. It talks through its standard input
and output, and ends with whoever started it.
"""

from __future__ import annotations

import gc
import logging
import os
import pickle
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar

from sidscope.archive.connect import second_writer
from sidscope.archive.preparing import Prepared, join, prepare, produce, weight
from sidscope.archive.store import Store
from sidscope.archive.types import ContextItem, Item

REST = 5.0
"""Seconds in which little has come, after which the process is let go."""

_LITTLE: Final = 40  # rows, or two contexts: handing them over would take as long as writing them here
_PIPE: Final = 2**20  # bytes, where the system lets one say so: a batch is handed over at once

_ANSWERS_WITHIN: Final = 10.0  # seconds; it takes a tenth of one
_ENDS_WITHIN: Final = 2.0

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Helper:
    """Does what it can of a writer's work: nothing, should its process not start or end. Belongs to the writer's
    thread, but for :attr:`wanted`. ``path`` is None of an archive in memory, ``origin`` is the writer's."""

    def __init__(self, path: Path | None, origin: int) -> None:
        self.wanted = False
        """Much is about to come."""
        self.unsure = False
        """It ended over the last batch: that may be written, but nobody was told of what has changed."""
        self._path, self._origin = path, origin
        self._process: subprocess.Popen[bytes] | None = None
        self._useless = False
        self._used = 0.0  # when it was given something

    @property
    def running(self) -> bool:
        """Whether there is a process to end."""
        return self._process is not None

    @property
    def patience(self) -> float | None:
        """Seconds without anything to do after which the process is to be ended; None: there is none."""
        return REST if self.running else None

    def start(self) -> None:
        """Have a process ready, if that is wanted and possible."""
        if self.wanted and not self.running and not self._useless:
            self._try(self._start)

    def write(self, items: Sequence[Item]) -> list[str] | None:
        """Have the items written; the keys of the executions that have changed. None: that is to be done here."""
        self.unsure = False
        if self._path is None or not self._takes(items):
            return None
        changed: list[str] | None = self._try(self._exchange, items)
        self.unsure = changed is None and not self.running
        return changed

    def prepare(self, items: Sequence[Item]) -> list[Prepared]:
        """What :func:`prepare` makes of them."""
        contexts = [item for item in items if isinstance(item, ContextItem)]
        made = self._try(self._exchange, contexts) if self._path is None and self._takes(contexts) else None
        if made is None:
            return prepare(items)
        products = iter(made)
        return [join(item, next(products)) if isinstance(item, ContextItem) else item for item in items]

    def end(self) -> None:
        """Let the process go, until much comes again."""
        self.wanted = False
        process, self._process = self._process, None
        if process:
            with suppress(OSError), _killing(process, _ENDS_WITHIN):  # it may have ended by itself
                process.communicate()

    def _takes(self, items: Sequence[Item]) -> bool:
        """Whether the process is to have these. Where little has come for a while it is let go."""
        if not self.running:
            return False
        if sum(map(weight, items)) >= _LITTLE:
            self._used = time.monotonic()
            return True
        if time.monotonic() - self._used > REST:
            self.end()
        return False

    def _try(self, step: Callable[..., T], *given: Any) -> T | None:
        """What ``step`` gives; None where the process is of no use, now and later."""
        try:
            return step(*given)
        except (OSError, EOFError, pickle.PickleError, RecursionError) as error:
            _log.warning("the archive is written without a process of its own: %s", type(error).__name__)
            self._useless = True
            self.end()
            return None

    def _start(self) -> None:
        if not sys.executable:
            raise OSError
        self._used = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 (ourselves)
            [sys.executable, "-P", "-c", f"import {__name__} as it; it.serve()"],  # -P: not the working directory's
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pipesize=_PIPE,
            env={name: value for name, value in os.environ.items() if not name.startswith("TWILIO_")},
            start_new_session=True,  # ctrl+c is for who asks; this one ends when its input does
        )
        self._send((self._path, self._origin))

    def _exchange(self, items: Sequence[Item]) -> Any:
        if not self._process or not self._process.stdout:
            raise EOFError
        with _killing(self._process, _ANSWERS_WITHIN):
            self._send(items)
            return pickle.load(self._process.stdout)  # noqa: S301 (our own process)

    def _send(self, value: object) -> None:
        if self._process and self._process.stdin:
            self._process.stdin.write(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
            self._process.stdin.flush()


@contextmanager
def _killing(process: subprocess.Popen[bytes], after: float) -> Iterator[None]:
    """Kills a process that hangs (is stopped, waits for a disk) over what is done with it for so many seconds."""
    timer = threading.Timer(after, process.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def serve() -> None:
    """The process: items in, what became of them out, until there are no more."""
    gc.disable()  # there are no cycles in what it makes, and much to walk through
    with suppress(EOFError, BrokenPipeError):
        path, origin = pickle.load(sys.stdin.buffer)  # noqa: S301 (whoever started it)
        work = _preparing if path is None else _writing(Store(second_writer(path), origin))
        while True:
            done = work(pickle.load(sys.stdin.buffer))  # noqa: S301
            sys.stdout.buffer.write(pickle.dumps(done, pickle.HIGHEST_PROTOCOL))
            sys.stdout.buffer.flush()
    os._exit(0)  # somebody waits for that, and there is nothing to put away


def _preparing(contexts: Sequence[ContextItem]) -> object:
    return [produce(each) for each in contexts]


def _writing(store: Store) -> Callable[[Sequence[Item]], object]:
    def write(items: Sequence[Item]) -> object:
        try:
            return store.commit(prepare(items))
        except sqlite3.Error:  # locked, full: whoever gave them tries again, and says so
            return None

    return write
