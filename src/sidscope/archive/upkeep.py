"""Telling what the archive holds, and forgetting what is older than wanted."""

# ruff: noqa: S608 (statements are put together from constants of this module alone)

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sidscope.archive import schema
from sidscope.archive.codec import moment, unmoment
from sidscope.archive.facts import keys_again
from sidscope.archive.files import with_side_files
from sidscope.archive.tables import EXECUTION
from sidscope.archive.types import ArchiveInfo, PurgeResult
from sidscope.domain.sids import sid_key

_TABLES: Final = (
    "flows",
    "executions",
    "contexts",
    "steps",
    "step_contexts",
    "conversations",
    "calls",
    "tasks",
    "memberships",
    "coverage",
    "mentions",
)
_CHUNK: Final = 500  # executions per transaction: others can write in between
_PAGES: Final = 2_000  # given back to the file system at a time

_ORPHANS: Final = {
    "conversations": "NOT EXISTS (SELECT 1 FROM mentions m WHERE m.key = conversations.key)"
    " AND NOT EXISTS (SELECT 1 FROM membership_rows r WHERE r.conversation = conversations.key)",
    "calls": "NOT EXISTS (SELECT 1 FROM mentions m WHERE m.key = calls.key)",
    "tasks": "NOT EXISTS (SELECT 1 FROM mentions m WHERE m.key = tasks.key)",
}


def info(db: sqlite3.Connection, path: Path | None) -> ArchiveInfo:
    """Counts and sizes. Counting reads the tables: a second per million executions."""

    def one(statement: str) -> Any:
        return db.execute(statement).fetchone()[0]

    size = one("PRAGMA page_count") * one("PRAGMA page_size")
    if path is not None:
        size = 0
        for file in with_side_files(path):
            with contextlib.suppress(FileNotFoundError):
                size += file.stat().st_size
    return ArchiveInfo(
        path=path,
        account_sid=one("SELECT sid FROM account"),
        bytes=size,
        schema_version=schema.version_of(db),
        counts={table: one(f"SELECT count(*) FROM {table}") for table in _TABLES},
        contexts=dict(db.execute("SELECT context_status, count(*) FROM executions GROUP BY 1 ORDER BY 1")),
        oldest=unmoment(one("SELECT min(started) FROM executions")),
        newest=unmoment(one("SELECT max(started) FROM executions")),
    )


def purge(db: sqlite3.Connection, older_than: datetime) -> tuple[PurgeResult, list[str]]:
    """Delete every execution whose last sign of life (``date_updated``, else its start) is older, active or not,
    with all that hangs on it alone, and trim the coverage so that it is listed anew if asked for. Also the keys of
    what went.

    Runs on the writer's connection with secure_delete on, in short transactions: stopped half-way it has deleted
    whole executions, and the rest the next time.
    """
    counts: Counter[str] = Counter()
    gone: list[str] = []
    cutoff = moment(older_than)
    with _transaction(db):
        counts["coverage"] += _trim_coverage(db, cutoff)
    while rows := db.execute(
        # started is never later than the last sign of life, and it has an index
        f"SELECT {EXECUTION.columns}, id FROM executions"
        " WHERE started < ? AND coalesce(date_updated, started) < ? LIMIT ?",
        (cutoff, cutoff, _CHUNK),
    ).fetchall():
        with _transaction(db):
            counts.update(_delete(db, rows))
        gone.extend(sid_key(row[0]) for row in rows)
    with _transaction(db):
        counts.update(_delete_orphans(db))
    _give_back(db)
    return PurgeResult({table: counts[table] for table in _TABLES}), gone


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _delete(db: sqlite3.Connection, rows: Iterable[tuple[Any, ...]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for row in rows:
        execution = row[-1]
        found = db.execute(
            "SELECT c.codec, c.body FROM executions e LEFT JOIN contexts c ON c.execution = e.id WHERE e.id = ?",
            (execution,),
        ).fetchone()
        if found is None:
            continue  # another process was faster
        known = EXECUTION.record(row)
        keys = keys_again(known, *found)
        counts["mentions"] += db.executemany(
            "DELETE FROM mentions WHERE key = ? AND execution = ?", [(key, execution) for key in keys]
        ).rowcount
        for table in ("contexts", "steps", "step_contexts"):
            counts[table] += db.execute(f"DELETE FROM {table} WHERE execution = ?", (execution,)).rowcount
        counts["executions"] += db.execute("DELETE FROM executions WHERE id = ?", (execution,)).rowcount
    return counts


def _delete_orphans(db: sqlite3.Connection) -> Counter[str]:
    counts: Counter[str] = Counter()
    addresses = db.execute(
        "SELECT address FROM memberships"
        " WHERE NOT EXISTS (SELECT 1 FROM executions e WHERE e.contact = memberships.address)"
    ).fetchall()
    db.executemany("DELETE FROM membership_rows WHERE owner = ?", addresses)
    db.executemany("DELETE FROM memberships WHERE address = ?", addresses)
    counts["memberships"] = len(addresses)
    for table, orphaned in _ORPHANS.items():
        counts[table] = db.execute(f"DELETE FROM {table} WHERE {orphaned}").rowcount
    return counts


def _trim_coverage(db: sqlite3.Connection, cutoff: int) -> int:
    deleted = db.execute("DELETE FROM coverage WHERE until <= ?", (cutoff,)).rowcount
    db.execute("UPDATE coverage SET since = ? WHERE since < ?", (cutoff, cutoff))
    return deleted


def _give_back(db: sqlite3.Connection) -> None:
    """Shrink the file, and empty the write-ahead log, in which what was deleted could still be read."""
    free = db.execute("PRAGMA freelist_count").fetchone()[0]
    for _ in range(0, free, _PAGES):
        # Not execute(): it steps once through a statement without columns, and this one frees one page a step.
        db.executescript(f"PRAGMA incremental_vacuum({_PAGES})")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
