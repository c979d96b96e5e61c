"""Opening SQLite: the settings of a connection, and what to do with a file that is not a usable archive."""

from __future__ import annotations

import sqlite3
import time
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sidscope.archive import files, schema
from sidscope.archive.files import ADVICE
from sidscope.archive.types import ArchiveError, UnusableArchive
from sidscope.domain.sids import same_sid

BUSY_SECONDS: Final = 2.0
"""How long a connection waits for another process before it says "locked"."""

_OPEN_SECONDS: Final = 5.0
_SMALLEST: Final = 512  # bytes of a database's first page


class Unusable(StrEnum):
    """Why a file cannot be used as an archive; part of the name under which it is kept."""

    NEWER = "newer"
    CORRUPT = "corrupt"
    FOREIGN = "foreign"


_SAID: Final = {
    Unusable.NEWER: "was written by a newer sidscope",
    Unusable.CORRUPT: "is damaged or no SQLite database",
    Unusable.FOREIGN: "belongs to another program or account",
}


def reader_connection(path: Path, *, immutable: bool = False) -> sqlite3.Connection:
    """A connection that can only read. ``immutable``: on a medium where nothing can be written beside the file."""
    db = _connect(_uri(path, "ro", immutable=immutable))
    db.execute("PRAGMA query_only = ON")
    return db


def second_writer(path: Path) -> sqlite3.Connection:
    """Another connection that writes to what :func:`open_writer` has opened; it hardly waits for anybody's lock."""
    db = _configured(_connect(_uri(path, "rw")))
    db.execute("PRAGMA busy_timeout = 200")
    return db


def memory_connection(account_sid: str) -> sqlite3.Connection:
    """An archive in memory: one connection, shared under a lock."""
    db = _configured(_connect("file::memory:"))
    schema.migrate(db, account_sid)
    return db


def _connect(uri: str) -> sqlite3.Connection:
    # Transactions are begun and ended by hand; each connection is used by one thread at a time, not by one alone.
    db = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA temp_store = MEMORY")  # no sorting on disk outside the private directory
    db.execute("PRAGMA trusted_schema = OFF")  # a doctored file cannot run functions through views or triggers
    return db


def _configured(db: sqlite3.Connection) -> sqlite3.Connection:
    if schema.version_of(db) == 0:  # (else it would only cost a write)
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # purge gives pages back without a second copy of the file
    db.execute("PRAGMA journal_mode = WAL")  # readers never wait for the writer
    db.execute("PRAGMA synchronous = NORMAL")  # sound after any crash; only a power cut may lose the last moments
    db.execute("PRAGMA secure_delete = ON")  # what is purged is overwritten, not only forgotten
    db.execute("PRAGMA wal_autocheckpoint = 4000")  # a page of the index is written once, not once every 4 MB
    db.execute("PRAGMA journal_size_limit = 16777216")  # a burst does not leave its log behind for good
    return db


def _uri(path: Path, mode: str, *, immutable: bool = False) -> str:
    return f"file:{quote(str(path.absolute()))}?mode={mode}{'&immutable=1' if immutable else ''}"


def open_writer(path: Path, account_sid: str) -> tuple[sqlite3.Connection, str | None]:
    """A connection that writes to a private archive of the present version, made where there is none.

    A file that cannot be used is set aside, and the second value is the sentence that says so. Raises ArchiveError if
    the file system refuses.
    """
    files.prepare_directory(path.parent)
    with files.alone_in(path.parent):  # until then another process may be setting the file aside
        files.prepare(path)
        opened = _retried(path, account_sid)
        if not isinstance(opened, Unusable):
            return opened, None
        kept = files.set_aside(path, opened)
        files.prepare(path)
        again = _retried(path, account_sid)
        if isinstance(again, Unusable):
            raise ArchiveError(f"{path} cannot be used even when new ({again}): {ADVICE}.")
        return again, f"The archive {_SAID[opened]}: it is kept as {kept}, and a new one was begun."


def open_reader(path: Path, account_sid: str) -> bool:
    """Make sure that ``path`` can be read as it is; whether it must be opened as immutable (a read-only medium).

    Raises ArchiveError if there is no archive of this account in the present version.
    """
    with files.explained(path):
        there = path.exists()
        if not there and path.parent.exists():
            files.need_directory(path.parent)
    if not there:
        raise ArchiveError(f"There is no archive {path} yet: run sidscope once without --offline.")
    for immutable in (False, True):
        try:
            db = reader_connection(path, immutable=immutable)
        except sqlite3.OperationalError as error:
            raise ArchiveError(f"The archive {path} cannot be opened ({error}): {ADVICE}.") from error
        try:
            why = _examine(db, path, account_sid)
            if why is None and schema.version_of(db) < schema.VERSION:
                raise ArchiveError(f"The archive {path} is of an older version: open it once where it can be written.")
        except sqlite3.DatabaseError as error:
            if not immutable and _code(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                continue  # no place for the -shm file that WAL needs
            if not is_corrupt(error):
                raise ArchiveError(f"The archive {path} cannot be read ({error}): {ADVICE}.") from error
            why = Unusable.CORRUPT
        finally:
            db.close()
        if why is not None:
            raise UnusableArchive(f"The archive {path} {_SAID[why]}: {ADVICE}.")
        return immutable
    raise ArchiveError(f"The archive {path} cannot be opened: {ADVICE}.")


def _retried(path: Path, account_sid: str) -> sqlite3.Connection | Unusable:
    """:func:`_make_ready`, again while a running sidscope has the file locked."""
    deadline = time.monotonic() + _OPEN_SECONDS
    while True:
        try:
            return _make_ready(path, account_sid)
        except sqlite3.Error as error:
            # Switching to WAL does not wait for the busy timeout by itself.
            if not is_busy(error):
                raise ArchiveError(f"The archive {path} cannot be opened ({error}): {ADVICE}.") from error
            if time.monotonic() > deadline:
                raise ArchiveError(f"The archive {path} is locked by another program: end it first.") from error
            time.sleep(0.02)


def _make_ready(path: Path, account_sid: str) -> sqlite3.Connection | Unusable:
    """Open and migrate the archive, or say why it cannot be used."""
    db = _connect(_uri(path, "rw"))
    try:
        why = _examine(db, path, account_sid)
        if why is None:
            _configured(db)
            schema.migrate(db, account_sid)
            files.mark(path).unlink(missing_ok=True)
            return db
    except sqlite3.DatabaseError as error:
        if not is_corrupt(error):
            db.close()
            raise
        why = Unusable.CORRUPT
    except BaseException:
        db.close()
        raise
    db.close()
    return why


def _examine(db: sqlite3.Connection, path: Path, account_sid: str) -> Unusable | None:
    """Look at what costs no time in a large file: header, schema, size. A thorough check is made only of a file in
    which damage was met before."""
    if 0 < path.stat().st_size < _SMALLEST:
        return Unusable.CORRUPT  # SQLite would take it for empty and write over it
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return None
    if db.execute("PRAGMA application_id").fetchone()[0] != schema.APPLICATION_ID:
        return Unusable.FOREIGN
    if schema.version_of(db) > schema.VERSION:
        return Unusable.NEWER
    if "account" not in tables:
        return Unusable.CORRUPT
    owner = db.execute("SELECT sid FROM account").fetchone()
    if owner is None or not same_sid(owner[0], account_sid):
        return Unusable.FOREIGN
    if files.mark(path).exists() and db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        return Unusable.CORRUPT
    return None


def is_busy(error: sqlite3.Error) -> bool:
    """Whether somebody else holds the lock, so that trying again makes sense."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_corrupt(error: sqlite3.Error) -> bool:
    """Whether the file itself is at fault."""
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_passing(error: sqlite3.Error) -> bool:
    """Whether it may go away by itself or by the user's doing: locked, disk full, unplugged, read-only."""
    return _code(error) in (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
    )


def _code(error: sqlite3.Error) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)  # extended: the low byte says what kind
    return None if code is None else code & 0xFF
