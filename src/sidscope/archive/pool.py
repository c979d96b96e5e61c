"""Connections to read from."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from sidscope.archive import connect, files
from sidscope.archive.codec import Damaged
from sidscope.archive.types import ArchiveError


class Pool:
    """Connections for readers: as many as ever read at once."""

    def __init__(self, connection: Callable[[], sqlite3.Connection], path: Path) -> None:
        self._connect = connection
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A connection on which all statements see the same state."""
        try:
            db = self._take()
            try:
                db.execute("BEGIN")
                yield db
            finally:
                self._give(db)
        except (sqlite3.Error, Damaged) as error:
            if isinstance(error, Damaged) or connect.is_corrupt(error):
                files.mark_damaged(self._path)
                raise ArchiveError(
                    f"The archive {self._path} is damaged: start sidscope again and it will be kept aside."
                ) from error
            raise ArchiveError(f"The archive {self._path} cannot be read ({error}): check its disk.") from error

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise ArchiveError(f"The archive {self._path} is closed.")
            if self._idle:
                return self._idle.pop()
        return self._connect()

    def _give(self, db: sqlite3.Connection) -> None:
        if db.in_transaction:
            db.execute("ROLLBACK")
        with self._lock:
            if not self._closed:
                self._idle.append(db)
                return
        db.close()

    def close(self) -> None:
        """Close what is idle now; what is in use when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for db in idle:
            db.close()


class Shared:
    """The one connection of an archive in memory, which readers and writer use in turn."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._busy = threading.Lock()
        self._next = threading.Lock()
        self._closed = False

    @contextlib.contextmanager
    def turn(self) -> Iterator[sqlite3.Connection]:
        """Have the connection alone. Who waits holds ``_next``, so a busy writer cannot overtake a reader for ever."""
        with self._next:
            self._busy.acquire()
        try:
            yield self._db
        finally:
            self._busy.release()

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """The connection, with nothing uncommitted in it."""
        try:
            with self.turn() as db:
                if self._closed:
                    raise ArchiveError("The archive in memory is closed.")
                yield db
        except sqlite3.Error as error:
            raise ArchiveError(f"The archive in memory cannot be read ({error}).") from error

    def close(self) -> None:
        """The writer closes the connection itself."""
        self._closed = True
