"""The log: a file that only its owner can read, in the platform's place for logs, for the day something goes wrong.

By default it holds warnings: what Twilio did not give, and faults of sidscope's own. ``SIDSCOPE_LOG=info`` also writes
down each request (method and path: never the query, the headers or a body), ``debug`` each retry. Addresses are masked,
strangers' text is made harmless, and of what other libraries say only the first line of their own words is taken, never
the values they would put in: nobody can know what these hold.
"""

from __future__ import annotations

import io
import logging
import os
import traceback
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final

from platformdirs import user_log_path

from sidscope.commands.options import Options, UsageError
from sidscope.safetext import safe
from sidscope.veil import hide_addresses

LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
MOST_BYTES: Final = 1_000_000
"""The size at which a file is set aside and the next one begun; so many are kept: :data:`FILES`."""
FILES: Final = 3
OURS: Final = "sidscope"


def log_file() -> Path:
    """Where the log is."""
    return user_log_path(OURS, appauthor=False) / "sidscope.log"


def log_of(options: Options, env: Mapping[str, str]) -> AbstractContextManager[None]:
    """The log of a command with these options; none where nothing is to be kept."""
    return logging_to(None if options.demo or options.no_archive else log_file(), env)


@contextmanager
def logging_to(path: Path | None, env: Mapping[str, str]) -> Iterator[None]:
    """While the block runs, warnings (or what SIDSCOPE_LOG says) go to this file, made with the first of them; with
    None they go nowhere, least of all over the screen. Raises UsageError for a level that there is not."""
    wanted = env.get("SIDSCOPE_LOG", "").strip().lower() or "warning"
    if wanted not in LEVELS:
        raise UsageError(f"SIDSCOPE_LOG {safe(wanted, 40)!r} is no level: debug, info, warning or error.")
    handler: logging.Handler = logging.NullHandler()
    if path is not None:
        handler = _PrivateFile(path, maxBytes=MOST_BYTES, backupCount=FILES - 1, encoding="utf-8", delay=True)
        handler.setFormatter(_Discreet())
    ours, root = logging.getLogger(OURS), logging.getLogger()
    level = ours.level
    ours.setLevel(LEVELS[wanted])
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        ours.setLevel(level)
        handler.close()


class _PrivateFile(RotatingFileHandler):
    """0600 in a directory of 0700. A log that cannot be written is no reason to disturb anybody."""

    def _open(self) -> io.TextIOWrapper:
        path = Path(self.baseFilename)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with suppress(OSError):
            os.fchmod(descriptor, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="replace")

    def handleError(self, record: logging.LogRecord) -> None:
        """Nothing: there is nowhere to say it."""


class _Discreet(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        said = record.getMessage() if _is_ours(record.name) else str(record.msg).partition("\n")[0]
        parts = [self.formatTime(record), record.levelname, f"{record.name}:", safe(hide_addresses(said), 1000)]
        if record.exc_info and record.exc_info[1] is not None:
            parts.append(_told(record.exc_info[1]))
        return " ".join(parts)

    def formatException(self, ei: Any) -> str:
        """Nothing: the exception's own words may hold anything."""
        return ""


def _is_ours(name: str) -> bool:
    return name == OURS or name.startswith(f"{OURS}.")


def _told(error: BaseException) -> str:
    """The kind of an exception and the way to it, without its words and without a single value."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    way = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
    return f"[{type(error).__name__} at {way}]" if way else f"[{type(error).__name__}]"
