"""Where an archive lies, who may read it, and how a file that cannot be used is set aside."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sidscope.archive.types import ArchiveError
from sidscope.domain.sids import is_sid

if os.name == "posix":
    import fcntl

SUFFIX: Final = ".sqlite3"
SIDE_FILES: Final = ("-wal", "-shm", "-journal")
DAMAGED: Final = "-damaged"  # a mark beside a file in which SQLite met damage while it was used
PRIVATE_DIRECTORY: Final = 0o700
PRIVATE_FILE: Final = 0o600
_LOCK_SECONDS: Final = 10.0
ADVICE: Final = "choose another with --data-dir, or use --no-archive"


def archive_path(data_dir: Path, account_sid: str) -> Path:
    """The archive of one account. Raises ValueError if that is no account SID (it becomes a file name)."""
    if not is_sid(account_sid, "AC"):
        raise ValueError(f"{account_sid!r} is not an account SID")
    return data_dir / f"AC{account_sid[2:].lower()}{SUFFIX}"


def archived_accounts(data_dir: Path) -> list[str]:
    """The account SIDs that have an archive in ``data_dir``; none if there is no such directory.

    Raises ArchiveError if the directory cannot be read.
    """
    with explained(data_dir):
        if not data_dir.is_dir():
            return []
        names = (path.name.removesuffix(SUFFIX) for path in data_dir.iterdir() if path.name.endswith(SUFFIX))
        return sorted(name for name in names if is_sid(name, "AC"))


def prepare(path: Path) -> None:
    """Make the file private before anything is written, and tighten what exists with wider permissions. To be called
    :func:`alone_in` its directory, where others may be renaming what is there.

    Raises ArchiveError where that is impossible.
    """
    with explained(path):
        with contextlib.suppress(FileExistsError):
            # Ahead of SQLite, whose -wal and -shm then take the permissions of this file.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE_FILE))
        if path.is_dir():
            raise ArchiveError(f"{path} is a directory where the archive should be: {ADVICE}.")
        for file in with_side_files(path):
            _tighten(file, PRIVATE_FILE)
        if not os.access(path, os.R_OK | os.W_OK):
            raise ArchiveError(f"{path} cannot be written: change its permissions, {ADVICE}.")


def prepare_directory(directory: Path) -> None:
    """The same for the directory.

    Raises ArchiveError where that is impossible.
    """
    with explained(directory):
        _prepare_directory(directory)


def check_directory(directory: Path) -> None:
    """Whether :func:`prepare_directory` would succeed and archives could be made there. Touches nothing.

    Raises ArchiveError where that is impossible.
    """
    with explained(directory):
        there = next(place for place in (directory, *directory.parents) if place.exists())
        need_directory(there)
        tightened = there == directory and _is_only_ours(directory) and there.stat().st_uid == os.geteuid()
        if not tightened and not os.access(there, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(there))


def need_directory(there: Path) -> None:
    """Raises ArchiveError for what is there and is a file."""
    if not there.is_dir():
        raise ArchiveError(f"{there} is a file, not a directory: {ADVICE}.")


def _prepare_directory(directory: Path) -> None:
    if directory.exists():
        need_directory(directory)
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        directory.mkdir(mode=PRIVATE_DIRECTORY)
    except FileExistsError:
        # Somebody's own directory (a home, a project) keeps its permissions; the files in it are private anyway.
        if not _is_only_ours(directory):
            return
    _tighten(directory, PRIVATE_DIRECTORY)


def _is_only_ours(directory: Path) -> bool:
    """Whether there is nothing in it but archives, and it is not meant for everybody, as /tmp is."""
    if directory.stat().st_mode & stat.S_ISVTX:
        return False
    return all(SUFFIX in name and is_sid(name.partition(SUFFIX)[0], "AC") for name in os.listdir(directory))


def _tighten(file: Path, mode: int) -> None:
    try:
        found = file.stat()
    except FileNotFoundError:
        return
    # Also after creation: an odd umask may have taken away the owner's own rights.
    if stat.S_IMODE(found.st_mode) != mode and os.name == "posix":
        if found.st_uid != os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o077:
            return  # another's (root looks at it), and private already
        file.chmod(mode)


def with_side_files(path: Path) -> list[Path]:
    """The database and all that SQLite may keep beside it."""
    return [path, *(path.with_name(path.name + suffix) for suffix in SIDE_FILES)]


def set_aside(path: Path, why: str, now: datetime | None = None) -> Path:
    """Give a file that cannot be used (and SQLite's side files) a new name, and say which. Nothing is deleted."""
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    kept = path.with_name(f"{path.name}.kept-{stamp}-{why}")
    count = 1
    while kept.exists():
        count += 1
        kept = path.with_name(f"{path.name}.kept-{stamp}-{why}-{count}")
    with explained(path):
        for file in with_side_files(path):
            # The side files belong to the database by name: they keep theirs.
            with contextlib.suppress(FileNotFoundError):
                file.rename(kept.with_name(kept.name + file.name.removeprefix(path.name)))
        mark(path).unlink(missing_ok=True)
    return kept


def mark(path: Path) -> Path:
    """The mark that says: damage was met in ``path``, check it before it is used again."""
    return path.with_name(path.name + DAMAGED)


def mark_damaged(path: Path) -> None:
    """Leave the mark (best effort: the failure that is being reported matters more)."""
    with contextlib.suppress(OSError):
        os.close(os.open(mark(path), os.O_CREAT | os.O_RDWR, PRIVATE_FILE))


@contextlib.contextmanager
def alone_in(directory: Path) -> Iterator[None]:
    """One process at a time creates, migrates or sets aside archives in ``directory``.

    The lock is on the directory itself: no file to leave behind, and the kernel drops it when the process dies.
    Raises ArchiveError if another process holds it for too long.
    """
    if os.name != "posix":  # not serialised there; SQLite's own locks still hold
        yield
        return
    with explained(directory):
        descriptor = os.open(directory, os.O_RDONLY)
    try:
        deadline = time.monotonic() + _LOCK_SECONDS
        while not _locked(descriptor):
            if time.monotonic() > deadline:
                raise ArchiveError(f"Another sidscope keeps {directory} locked: end it and try again.")
            time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    """Whether the lock is ours now; a file system without locks counts as locked (SQLite has its own)."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the operating system refuses into one sentence with a way out."""
    try:
        yield
    except PermissionError as error:
        raise ArchiveError(f"No permission for {error.filename or path}: change its permissions, {ADVICE}.") from error
    except NotADirectoryError as error:
        raise ArchiveError(f"A part of {path} is a file, not a directory: {ADVICE}.") from error
    except OSError as error:
        raise ArchiveError(f"{error.filename or path} cannot be used ({error.strerror}): {ADVICE}.") from error
