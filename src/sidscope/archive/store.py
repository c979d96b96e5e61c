"""Applying what was written to the database: idempotent, and silent about what was known already.

All of it is done in transactions of a writer's own connection.
"""

# ruff: noqa: S608 (statements are put together from our own column lists alone)

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sidscope.archive import rules
from sidscope.archive.codec import CODEC, Value, key, moment, text, unmoment
from sidscope.archive.facts import StoredFacts, keys_again, keys_of_row, stored_again
from sidscope.archive.preparing import Compressed, CompressedStep, Prepared
from sidscope.archive.schema import CHANGES_KEPT
from sidscope.archive.tables import CALL, CONVERSATION, EXECUTION, FLOW, MEMBERSHIP, STEP, TASK, Shape
from sidscope.archive.types import ContextWrite, Coverage, StepContextWrite, StepsWrite, taken_after_end
from sidscope.domain.records import Call, Conversation, Execution, Flow, Memberships, ReadStatus, Step, Task
from sidscope.domain.sids import sid_key
from sidscope.domain.value import replace

_N: Final = len(EXECUTION)

Outcome = tuple[ReadStatus, str | None, datetime | None]
"""How a reading ended, of which row (its stamp), and when."""

_NEVER_READ: Final[Outcome] = (ReadStatus.PENDING, None, None)


class Store:
    """The tables as the writer sees them. ``changed`` collects the ids of executions of which more is known now;
    ``origin`` names this writer among all that write to the archive."""

    def __init__(self, db: sqlite3.Connection, origin: int = 0) -> None:
        self._db = db
        self._origin = origin
        self.changed: set[int] = set()

    def commit(self, items: Iterable[Prepared]) -> list[str]:
        """Write all of these or, where an error is raised, none. The keys of the executions that have changed, which
        are noted for other processes too."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for item in items:
                self.apply(item)
            changed = self._changed_keys()
            self._db.execute("COMMIT")
        except BaseException:
            self.changed.clear()
            if self._db.in_transaction:  # SQLite ends it by itself on some errors
                self._db.execute("ROLLBACK")
            raise
        return changed

    def all_changed(self) -> list[str]:
        """The keys of all executions that this writer is known to have changed."""
        rows = self._db.execute(
            "SELECT DISTINCT sid FROM changes JOIN executions ON id = execution WHERE origin = ?", (self._origin,)
        )
        return [sid_key(row[0]) for row in rows]

    def _changed_keys(self) -> list[str]:
        ids, self.changed = self.changed, set()
        self._note(ids)
        found = []
        for execution in ids:
            row = self._one("SELECT sid FROM executions WHERE id = ?", execution)
            if row:
                found.append(sid_key(row[0]))
        return found

    def _note(self, ids: Iterable[int]) -> None:
        self._db.executemany(
            "INSERT INTO changes (execution, origin) VALUES (?, ?)", [(each, self._origin) for each in sorted(ids)]
        )
        row = self._one("SELECT max(number) FROM changes")
        if row and row[0]:
            self._db.execute("DELETE FROM changes WHERE number <= ?", (row[0] - CHANGES_KEPT,))

    def apply(self, item: Prepared) -> None:
        match item:
            case Execution():
                self._execution(item)
            case Compressed():
                self._context(item.write, item.body, item.facts)
            case Flow():
                self._flow(item)
            case StepsWrite():
                self._steps(item)
            case CompressedStep():
                self._step_context(item.write, item.body)
            case Conversation():
                if self._lookup("conversations", CONVERSATION, item):
                    self._touch("SELECT id FROM executions WHERE conversation = ?", key(item.sid))
            case Task():
                if self._lookup("tasks", TASK, item):
                    self._touch("SELECT execution FROM mentions WHERE key = ?", key(item.sid))
            case Call():
                if self._lookup("calls", CALL, item):
                    self._touch("SELECT id FROM executions WHERE call = ?", key(item.sid))
            case Memberships():
                if self._memberships(item):
                    self._touch("SELECT id FROM executions WHERE contact = ?", text(item.address))
            case Coverage():
                self._coverage(item)
            case _:
                raise TypeError(f"the archive does not store {type(item).__name__}")

    def _one(self, statement: str, *parameters: Value) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._db.execute(statement, parameters).fetchone()
        return row

    def _touch(self, statement: str, parameter: Value) -> None:
        self.changed.update(row[0] for row in self._db.execute(statement, (parameter,)))

    # --- flows

    def _flow(self, flow: Flow) -> None:
        row = self._one(f"SELECT {FLOW.columns} FROM flows WHERE sid = ?", text(flow.sid))
        values = FLOW.values(flow)
        if row is not None and list(row[1:]) == values[1:]:
            return
        self._db.execute(f"INSERT OR REPLACE INTO flows ({FLOW.columns}) VALUES ({FLOW.marks})", values)
        if row is None or row[1] != values[1]:
            self._touch("SELECT id FROM executions WHERE flow_sid = ?", values[0])

    # --- executions and contexts

    def _execution(self, new: Execution) -> None:
        found = self._one(
            f"SELECT {EXECUTION.columns}, id, context_status, row_stamp, facts FROM executions WHERE sid = ?",
            text(new.sid),
        )
        if found is None:
            self._insert(new)
            return
        old = EXECUTION.record(found)
        row = rules.merged_execution(old, new)
        if EXECUTION.values(row) == list(found[:_N]):
            return
        execution, status, stamp, _ = found[_N:]
        read = ReadStatus(status)
        if read in rules.UNREAD:
            read = rules.unread_status(row)
        self._db.execute(
            f"UPDATE executions SET {EXECUTION.assigned}, started = ?, context_status = ?, wanted = ? WHERE id = ?",
            (
                *EXECUTION.values(row),
                moment(row.started),
                read.value,
                rules.wants_context(row, read, stamp),
                execution,
            ),
        )
        if replace(row, status=old.status, date_updated=old.date_updated) != old:  # more than its end is new
            old_keys = self._keys(execution, old)
            self._replace_facts(execution, row, old_keys, stored_again(row, *self._body(execution)))
        self.changed.add(execution)

    def _insert(self, row: Execution) -> None:
        facts = stored_again(row, None, None)
        status = rules.unread_status(row)
        cursor = self._db.execute(
            f"INSERT INTO executions ({EXECUTION.columns}, started, wanted, context_status, conversation, call,"
            f" contact, channel, facts) VALUES ({EXECUTION.marks}, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *EXECUTION.values(row),
                moment(row.started),
                rules.wants_context(row, status, None),
                status.value,
                facts.conversation,
                facts.call,
                facts.contact,
                facts.channel,
                facts.core,
            ),
        )
        execution = int(cursor.lastrowid or 0)
        self._add_mentions(execution, facts.keys | keys_of_row(row))
        self.changed.add(execution)

    def _body(self, execution: int) -> tuple[int | None, bytes | None]:
        """The context that is kept: codec and body."""
        found = self._one("SELECT codec, body FROM contexts WHERE execution = ?", execution)
        return (found[0], found[1]) if found else (None, None)

    def _keys(self, execution: int, row: Execution) -> frozenset[Value]:
        """The keys under which an execution is found with the context that is kept."""
        return keys_again(row, *self._body(execution))

    def _context(self, write: ContextWrite, body: bytes | None, facts: StoredFacts) -> None:
        context = write.context
        found = self._one(
            f"SELECT {EXECUTION.columns}, id, context_status, row_stamp, read_at FROM executions WHERE sid = ?",
            text(context.execution_sid),
        )
        if found is None:
            return  # purged while its context was on the way
        row = EXECUTION.record(found)
        execution, status, stamp, read_at = found[_N:]
        old = (ReadStatus(status), stamp, unmoment(read_at))
        keep = rules.context_to_keep(old, (context.read_status, write.row_stamp, context.read_at))
        if keep is rules.Keep.OLD:
            return
        now = context.read_status if keep is rules.Keep.NEW else old[0]
        self._db.execute(
            "UPDATE executions SET context_status = ?, row_stamp = ?, read_at = ?, wanted = ? WHERE id = ?",
            (
                now.value,
                write.row_stamp,
                moment(context.read_at) if keep is rules.Keep.NEW else read_at,
                rules.wants_context(row, now, write.row_stamp),
                execution,
            ),
        )
        if keep is rules.Keep.STAMP:
            return
        changed = now is not old[0]
        codec, before = self._body(execution)
        old_keys = keys_again(row, codec, before)
        if body is not None and before != body:
            self._db.execute("INSERT OR REPLACE INTO contexts VALUES (?, ?, ?)", (execution, CODEC, body))
            changed = True
        if self._replace_facts(execution, row, old_keys, facts) or changed:
            self.changed.add(execution)

    def _replace_facts(self, execution: int, row: Execution, old_keys: frozenset[Value], facts: StoredFacts) -> bool:
        """Write facts and what is indexed of them; whether anything was different. ``old_keys`` are those that the
        execution had before its row or context was replaced."""
        found = self._one("SELECT facts FROM executions WHERE id = ?", execution)
        if found is None:
            return False
        keys = facts.keys | keys_of_row(row)
        if found[0] == facts.core and old_keys == keys:
            return False
        self._db.execute(
            "UPDATE executions SET conversation = ?, call = ?, contact = ?, channel = ?, facts = ? WHERE id = ?",
            (facts.conversation, facts.call, facts.contact, facts.channel, facts.core, execution),
        )
        self._db.executemany(
            "DELETE FROM mentions WHERE key = ? AND execution = ?",
            [(gone, execution) for gone in old_keys - keys],
        )
        self._add_mentions(execution, keys - old_keys)
        return True

    def _add_mentions(self, execution: int, keys: Iterable[Value]) -> None:
        self._db.executemany("INSERT OR IGNORE INTO mentions VALUES (?, ?)", [(each, execution) for each in keys])

    def _steps(self, write: StepsWrite) -> None:
        found = self._one(
            "SELECT id, steps_status, steps_stamp, steps_read_at FROM executions WHERE sid = ?",
            text(write.execution_sid),
        )
        if found is None:
            return  # purged meanwhile
        execution, *before = found
        old, new = _outcome(*before), (write.read_status, write.row_stamp, write.read_at)
        keep = rules.context_to_keep(old, new)
        if keep is rules.Keep.OLD:
            return
        status = write.read_status if keep is rules.Keep.NEW else old[0]
        read_at = write.read_at if keep is rules.Keep.NEW else old[2]
        self._db.execute(
            "UPDATE executions SET steps_status = ?, steps_stamp = ?, steps_read_at = ? WHERE id = ?",
            (status.value, write.row_stamp, moment(read_at), execution),
        )
        if status is not old[0] or taken_after_end(write.row_stamp) != taken_after_end(old[1]):
            self.changed.add(execution)
        if write.read_status is ReadStatus.OK:
            self._replace_steps(execution, write.steps)

    def _replace_steps(self, execution: int, steps: Iterable[Step]) -> None:
        rows = [STEP.values(step) for step in steps]
        old = self._db.execute(f"SELECT {STEP.columns} FROM steps WHERE execution = ? ORDER BY position", (execution,))
        if [list(row) for row in old.fetchall()] == rows:
            return
        self._db.execute("DELETE FROM steps WHERE execution = ?", (execution,))
        self._db.executemany(
            f"INSERT INTO steps (execution, position, {STEP.columns}) VALUES (?, ?, {STEP.marks})",
            [(execution, position, *values) for position, values in enumerate(rows)],
        )
        self.changed.add(execution)

    def _step_context(self, write: StepContextWrite, body: bytes | None) -> None:
        context = write.context
        found = self._one("SELECT id FROM executions WHERE sid = ?", text(context.execution_sid))
        if found is None:
            return  # purged meanwhile
        (execution,) = found
        step = key(context.step_sid)
        before = self._one(
            "SELECT read_status, row_stamp, read_at, body, execution FROM step_contexts WHERE step = ?", step
        )
        old = _outcome(*before[:3]) if before and before[4] == execution else _NEVER_READ
        keep = rules.context_to_keep(old, (context.read_status, write.row_stamp, context.read_at))
        if keep is rules.Keep.OLD:
            return
        if keep is rules.Keep.STAMP:
            self._db.execute("UPDATE step_contexts SET row_stamp = ? WHERE step = ?", (write.row_stamp, step))
            self.changed.add(execution)
            return
        self._db.execute(
            "INSERT OR REPLACE INTO step_contexts (step, execution, sid, read_status, read_at, row_stamp, codec, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                step,
                execution,
                text(context.step_sid),
                context.read_status.value,
                moment(context.read_at),
                write.row_stamp,
                CODEC if body is not None else None,
                body,
            ),
        )
        if before is None or context.read_status is not old[0] or body != before[3]:
            self.changed.add(execution)

    # --- look-ups

    def _lookup(self, table: str, shape: Shape[rules.Lookup], new: rules.Lookup) -> bool:
        """Store what is better; whether it says anything new (a mere later time of reading does not)."""
        found = self._one(f"SELECT {shape.columns} FROM {table} WHERE key = ?", key(new.sid))
        if found is not None:
            old = shape.record(found)
            new = replace(rules.merged_lookup(old, new), sid=old.sid)
            if new == old:
                return False
        self._db.execute(
            f"INSERT OR REPLACE INTO {table} (key, {shape.columns}) VALUES (?, {shape.marks})",
            (key(new.sid), *shape.values(new)),
        )
        return found is None or replace(new, read_at=old.read_at) != old

    def _memberships(self, new: Memberships) -> bool:
        address = text(new.address)
        found = self._one("SELECT read_status, read_at FROM memberships WHERE address = ?", address)
        rows = [MEMBERSHIP.values(row) for row in new.rows]
        if found is not None:
            status, read_at = ReadStatus(found[0]), unmoment(found[1])
            answered = new.read_status in rules.ANSWERED
            if status in rules.ANSWERED and not answered:
                return False
            if read_at is not None and new.read_at < read_at and (status in rules.ANSWERED) == answered:
                return False
        self._db.execute(
            "INSERT OR REPLACE INTO memberships VALUES (?, ?, ?)",
            (address, new.read_status.value, moment(new.read_at)),
        )
        before = self._db.execute(
            f"SELECT {MEMBERSHIP.columns} FROM membership_rows WHERE owner = ? ORDER BY position", (address,)
        ).fetchall()
        if found is not None and found[0] == new.read_status and [list(row) for row in before] == rows:
            return False
        self._db.execute("DELETE FROM membership_rows WHERE owner = ?", (address,))
        self._db.executemany(
            f"INSERT INTO membership_rows (owner, position, conversation, {MEMBERSHIP.columns})"
            f" VALUES (?, ?, ?, {MEMBERSHIP.marks})",
            [
                (address, position, key(row.conversation_sid), *values)
                for position, (row, values) in enumerate(zip(new.rows, rows, strict=True))
            ],
        )
        return True

    # --- coverage

    def _coverage(self, new: Coverage) -> None:
        since, until = moment(new.since), moment(new.until)
        if since >= until:
            return
        flow = text(new.flow_sid)
        touching = self._db.execute(
            "SELECT since, until FROM coverage WHERE flow_sid = ? AND since <= ? AND until >= ?", (flow, until, since)
        ).fetchall()
        for old_since, old_until in touching:
            since, until = min(since, old_since), max(until, old_until)
            self._db.execute("DELETE FROM coverage WHERE flow_sid = ? AND since = ?", (flow, old_since))
        self._db.execute("INSERT INTO coverage VALUES (?, ?, ?)", (flow, since, until))


def _outcome(status: str, stamp: str, read_at: int | None) -> Outcome:
    """How what is stored was read, as the rules take it."""
    return _NEVER_READ if read_at is None else (ReadStatus(status), stamp, unmoment(read_at))
