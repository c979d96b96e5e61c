"""Questions to the archive. Each method runs on one connection inside one snapshot, and every one uses an index."""

# ruff: noqa: S608 (statements are put together from our own column lists alone)

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sidscope.archive.codec import Value, key, moment, text, unmoment, unpack, untext
from sidscope.archive.facts import loaded, related_again
from sidscope.archive.rules import is_final, is_unread
from sidscope.archive.tables import CALL, CONVERSATION, EXECUTION, FLOW, MEMBERSHIP, STEP, TASK, Shape, T
from sidscope.archive.types import Coverage
from sidscope.domain.failure import outcome_of_path
from sidscope.domain.record import Known
from sidscope.domain.records import (
    Context,
    Execution,
    Flow,
    Lookups,
    Memberships,
    ReadStatus,
    Step,
    StepContext,
    StepList,
)
from sidscope.domain.sids import sid_key
from sidscope.domain.steps import Ending, path_of
from sidscope.domain.value import replace

Row = tuple[Any, ...]

CHUNK: Final = 500
"""Parameters per statement: SQLite allows 999 everywhere."""

_N: Final = len(EXECUTION)
_OF: Final = EXECUTION.prefixed("e")
# The number only of those whose steps were read: few, and of these alone more is asked.
_KNOWN: Final = f"{_OF}, CASE WHEN e.steps_read_at IS NOT NULL THEN e.id END, e.context_status, e.facts"
_WITH_RELATED: Final = (
    f"SELECT {_KNOWN}, 1, c.codec, c.body FROM executions e LEFT JOIN contexts c ON c.execution = e.id"
)
_WITHOUT: Final = f"SELECT {_KNOWN}, 0, NULL, NULL FROM executions e"


def chunks(values: Iterable[Value]) -> Iterator[tuple[list[Value], str]]:
    """The distinct values in portions, each with its marks for ``IN (…)``."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), CHUNK):
        portion = distinct[start : start + CHUNK]
        yield portion, ",".join("?" * len(portion))


class Reader:
    """One snapshot of the archive."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def _rows(self, statement: str, parameters: Iterable[Value] = ()) -> Iterator[Row]:
        return iter(self._db.execute(statement, tuple(parameters)))

    def _one(self, statement: str, *parameters: Value) -> Row | None:
        return next(self._rows(statement, parameters), None)

    # --- flows and executions

    def flows(self) -> list[Flow]:
        return [FLOW.record(row) for row in self._rows(f"SELECT {FLOW.columns} FROM flows ORDER BY friendly_name, sid")]

    def execution_count(self) -> int:
        row = self._one("SELECT count(*) FROM executions")
        return int(row[0]) if row else 0

    def oldest_started(self) -> datetime | None:
        row = self._one("SELECT min(started) FROM executions")
        return unmoment(row[0]) if row else None

    def known(self, fns: Iterable[str], *, related: bool) -> dict[str, Known]:
        found = [
            row
            for portion, marks in chunks(text(fn) for fn in fns)
            for row in self._rows(f"{_select(related)} WHERE e.sid IN ({marks})", portion)
        ]
        return {sid_key(known.row.sid): known for known in self._known(found)}

    def by_id(self, ids: Iterable[int], *, related: bool) -> list[Known]:
        """The executions with these row numbers, newest first."""
        rows = [
            row
            for portion, marks in chunks(ids)
            for row in self._rows(f"{_select(related)} WHERE e.id IN ({marks})", portion)
        ]
        found = self._known(rows)
        found.sort(key=lambda known: (known.row.started, known.row.sid), reverse=True)
        return found

    def window(
        self, since: datetime | None, until: datetime | None, limit: int | None, *, related: bool
    ) -> list[Known]:
        where, parameters = _span(since, until, "e.started")
        rows = self._rows(
            f"{_select(related)} WHERE {where} ORDER BY e.started DESC, e.id DESC LIMIT ?",
            (*parameters, -1 if limit is None else limit),
        )
        return self._known(list(rows))

    def starts(self, since: datetime | None, until: datetime | None, limit: int | None) -> list[tuple[str, datetime]]:
        where, parameters = _span(since, until, "started")
        rows = self._rows(
            f"SELECT sid, started FROM executions WHERE {where} ORDER BY started DESC, id DESC LIMIT ?",
            (*parameters, -1 if limit is None else limit),
        )
        return [(untext(row[0]) or "", _time(row[1])) for row in rows]

    def needs_context(self, since: datetime | None, until: datetime | None) -> list[Execution]:
        where, parameters = _span(since, until, "started")
        rows = self._rows(
            f"SELECT {EXECUTION.columns} FROM executions WHERE wanted = 1 AND {where} ORDER BY started DESC, id DESC",
            parameters,
        )
        return [EXECUTION.record(row) for row in rows]

    def unread(self, rows: Iterable[Execution]) -> list[Execution]:
        by_key = {sid_key(row.sid): row for row in rows}
        for portion, marks in chunks(text(row.sid) for row in list(by_key.values())):
            for sid, status, stamp in self._rows(
                f"SELECT sid, context_status, row_stamp FROM executions WHERE sid IN ({marks})", portion
            ):
                if not is_unread(by_key[sid_key(sid)], ReadStatus(status), stamp):
                    del by_key[sid_key(sid)]
        return list(by_key.values())

    def changes(self, after: int | None, origin: int | None) -> tuple[int, list[str]]:
        """See :meth:`Archive.changes_elsewhere`."""
        row = self._one("SELECT max(number) FROM changes")
        last = int(row[0] or 0) if row else 0
        if after is None or last <= after:
            return last, []
        rows = self._rows(
            "SELECT DISTINCT e.sid FROM changes c JOIN executions e ON e.id = c.execution"
            " WHERE c.number > ? AND c.number <= ? AND c.origin IS NOT ?",
            (after, last, origin),
        )
        return last, [sid_key(row[0]) for row in rows]

    def active(self, flow_sid: str | None) -> list[Execution]:
        statement = f"SELECT {EXECUTION.columns} FROM executions WHERE status = 'active'"
        if flow_sid is None:
            rows = self._rows(f"{statement} ORDER BY flow_sid, started DESC")
        else:
            rows = self._rows(f"{statement} AND flow_sid = ? ORDER BY started DESC", (text(flow_sid),))
        return [EXECUTION.record(row) for row in rows]

    def _flow_names(self) -> dict[str, str]:
        return {sid_key(row[0]): untext(row[1]) or "" for row in self._rows("SELECT sid, friendly_name FROM flows")}

    def _known(self, rows: Sequence[Row]) -> list[Known]:
        names = self._flow_names()
        executions = [EXECUTION.record(row) for row in rows]
        outcomes = self._outcomes(
            {row[_N]: execution for row, execution in zip(rows, executions, strict=True) if row[_N] is not None}
        )
        known = []
        for row, execution in zip(rows, executions, strict=True):
            with_steps, status, core, related, codec, body = row[_N:]
            facts = loaded(core)
            if related:
                facts = replace(facts, related=related_again(execution, facts, codec, body))
            outcome = outcomes.get(with_steps) if with_steps is not None else None
            name = names.get(sid_key(execution.flow_sid))
            known.append(Known(execution, facts, ReadStatus(status), name, outcome=outcome))
        return known

    def _outcomes(self, executions: dict[int, Execution]) -> dict[int, Ending]:
        """How those of these executions went, by number, whose steps say so: worked out anew each time, so that it is
        never another one than the steps'."""
        found = {}
        for portion, marks in chunks(executions):
            steps: dict[Value, list[Step]] = {}
            for row in self._rows(
                f"SELECT {STEP.columns}, execution FROM steps WHERE execution IN ({marks})"
                " ORDER BY execution, position",
                portion,
            ):
                execution = executions[row[-1]]
                step = STEP.record(row, execution_sid=execution.sid, flow_sid=execution.flow_sid)
                steps.setdefault(row[-1], []).append(step)
            for number, status, stamp in self._rows(
                f"SELECT id, steps_status, steps_stamp FROM executions WHERE id IN ({marks})", portion
            ):
                final, execution = is_final(ReadStatus(status), stamp), executions[number]
                path = path_of(steps.get(number, ()), execution, now=execution.started, complete=final)
                outcome = outcome_of_path(path)
                if final or outcome is not Ending.UNKNOWN:
                    found[number] = outcome
        return found

    # --- one execution

    def context(self, fn: str) -> Context | None:
        row = self._one(
            "SELECT e.sid, e.context_status, e.read_at, c.codec, c.body FROM executions e"
            " LEFT JOIN contexts c ON c.execution = e.id WHERE e.sid = ?",
            text(fn),
        )
        if row is None or row[2] is None:
            return None
        sid, status, read_at, codec, body = row
        return Context(sid, ReadStatus(status), _time(read_at), None if codec is None else unpack(codec, body))

    def steps(self, fn: str) -> StepList | None:
        row = self._one(
            "SELECT id, sid, flow_sid, steps_status, steps_stamp, steps_read_at FROM executions WHERE sid = ?", text(fn)
        )
        if row is None or row[5] is None:
            return None
        execution, sid, flow_sid, status, stamp, read_at = row
        rows = self._rows(f"SELECT {STEP.columns} FROM steps WHERE execution = ? ORDER BY position", (execution,))
        found = tuple(STEP.record(step, execution_sid=sid, flow_sid=flow_sid) for step in rows)
        return StepList(sid, ReadStatus(status), _time(read_at), found, is_final(ReadStatus(status), stamp))

    def step_context(self, step: str) -> StepContext | None:
        row = self._one(
            "SELECT c.sid, e.sid, c.read_status, c.read_at, c.row_stamp, c.codec, c.body FROM step_contexts c"
            " JOIN executions e ON e.id = c.execution WHERE c.step = ?",
            key(step),
        )
        if row is None:
            return None
        sid, execution, status, read_at, stamp, codec, body = row
        return StepContext(
            step_sid=sid,
            execution_sid=execution,
            read_status=ReadStatus(status),
            read_at=_time(read_at),
            body=None if codec is None else unpack(codec, body),
            final=is_final(ReadStatus(status), stamp),
        )

    # --- look-ups

    def lookups(
        self, conversations: Iterable[str], tasks: Iterable[str], contacts: Iterable[str], calls: Iterable[str]
    ) -> Lookups:
        return Lookups(
            conversations=self._looked_up("conversations", CONVERSATION, conversations),
            tasks=self._looked_up("tasks", TASK, tasks),
            calls=self._looked_up("calls", CALL, calls),
            memberships=self._memberships(contacts),
        )

    def _looked_up(self, table: str, shape: Shape[T], sids: Iterable[str]) -> dict[str, T]:
        found = {}
        for portion, marks in chunks(key(sid) for sid in sids):
            for row in self._rows(f"SELECT {shape.columns} FROM {table} WHERE key IN ({marks})", portion):
                found[sid_key(row[0])] = shape.record(row)
        return found

    def _memberships(self, addresses: Iterable[str]) -> dict[str, Memberships]:
        found = {}
        for portion, marks in chunks(text(address) for address in addresses):
            rows: dict[Value, list[Any]] = {}
            for row in self._rows(
                f"SELECT {MEMBERSHIP.columns}, owner FROM membership_rows WHERE owner IN ({marks})"
                " ORDER BY owner, position",
                portion,
            ):
                rows.setdefault(row[-1], []).append(MEMBERSHIP.record(row))
            for owner, status, read_at in self._rows(
                f"SELECT address, read_status, read_at FROM memberships WHERE address IN ({marks})", portion
            ):
                address = untext(owner) or ""
                found[address] = Memberships(address, ReadStatus(status), _time(read_at), tuple(rows.get(owner, ())))
        return found

    # --- coverage

    def covered(self, flow_sid: str) -> list[Coverage]:
        """All spans that have been completely listed, newest first."""
        rows = self._rows("SELECT since, until FROM coverage WHERE flow_sid = ? ORDER BY since DESC", (text(flow_sid),))
        return [Coverage(flow_sid, _time(since), _time(until)) for since, until in rows]


def _select(related: bool) -> str:
    return _WITH_RELATED if related else _WITHOUT


def _span(since: datetime | None, until: datetime | None, column: str) -> tuple[str, list[Value]]:
    """The condition for started in [since, until)."""
    conditions, parameters = ["1"], []
    if since is not None:
        conditions.append(f"{column} >= ?")
        parameters.append(moment(since))
    if until is not None:
        conditions.append(f"{column} < ?")
        parameters.append(moment(until))
    return " AND ".join(conditions), list(parameters)


def _time(value: int) -> datetime:
    """A column that is never NULL."""
    return unmoment(value)
