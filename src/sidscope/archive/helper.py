"""A process that prepares contexts while many come: the interpreter of this one stays with who asks and paints.

It is given contexts as they came and gives back what is stored of them, through its standard input and output; it
ends with whoever started it, and holds nothing else of the archive.
"""

from __future__ import annotations

import gc
import logging
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

from sidscope.archive.preparing import Prepared, Product, join, prepare, produce
from sidscope.archive.types import ContextItem, Item

REST = 5.0
"""Seconds without many contexts, after which the process is let go."""

_FEW: Final = 2  # fewer contexts are prepared here: handing them over would take as long

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Helper:
    """Prepares items as :func:`prepare` does, and as well, should its process not start or end. Belongs to one thread,
    but for :attr:`wanted`."""

    def __init__(self) -> None:
        self.wanted = False
        """Many contexts are coming."""
        self._process: subprocess.Popen[bytes] | None = None
        self._useless = False
        self._used = 0.0  # when it was given something

    @property
    def running(self) -> bool:
        """Whether there is a process to end."""
        return self._process is not None

    @property
    def patience(self) -> float | None:
        """Seconds without anything to prepare after which the process is to be ended; None: there is none."""
        return REST if self.running else None

    def give(self, items: Sequence[Item]) -> Callable[[], list[Prepared]]:
        """Begin to prepare the items. What is returned waits for what :func:`prepare` makes of them; it is to be called
        before anything else is given."""
        contexts = [item for item in items if isinstance(item, ContextItem)]
        if self.wanted and not self.running and not self._useless:
            self._try(self._start)
        given = self.running and len(contexts) >= _FEW and self._try(self._send, contexts)
        if given:
            self._used = time.monotonic()
        elif self.running and time.monotonic() - self._used > REST:
            self.end()

        def take() -> list[Prepared]:
            products = self._try(self._receive) if given else None
            if products is None:
                return prepare(items)
            made = iter(products)
            return [join(item, next(made)) if isinstance(item, ContextItem) else item for item in items]

        return take

    def end(self) -> None:
        """Let the process go, until many contexts come again."""
        self.wanted = False
        process, self._process = self._process, None
        if process:
            with suppress(OSError):  # it has ended by itself
                process.communicate()

    def _try(self, step: Callable[..., T], *given: Any) -> T | None:
        """What ``step`` gives; None where the process is of no use, now and later."""
        try:
            return step(*given)
        except (OSError, EOFError, pickle.PickleError, RecursionError) as error:
            _log.warning("contexts are prepared without a process of their own: %s", type(error).__name__)
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
            env={name: value for name, value in os.environ.items() if not name.startswith("TWILIO_")},
            start_new_session=True,  # ctrl+c is for who asks; this one ends when its input does
        )

    def _send(self, contexts: Sequence[ContextItem]) -> bool:
        if not self._process or not self._process.stdin:
            return False
        pickle.dump(contexts, self._process.stdin, pickle.HIGHEST_PROTOCOL)
        self._process.stdin.flush()
        return True

    def _receive(self) -> list[Product] | None:
        if not self._process or not self._process.stdout:
            return None
        products: list[Product] = pickle.load(self._process.stdout)  # noqa: S301 (our own process)
        return products


def serve() -> None:
    """The process: contexts in, products out, until there are no more."""
    gc.disable()  # there are no cycles in what it makes, and much to walk through
    with suppress(EOFError, BrokenPipeError):
        while True:
            contexts = pickle.load(sys.stdin.buffer)  # noqa: S301 (whoever started it)
            pickle.dump([produce(each) for each in contexts], sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
            sys.stdout.buffer.flush()
    os._exit(0)  # somebody waits for that, and there is nothing to put away
