"""Finding executions: by any SID or address, and those that belong together."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Final

from sidscope.archive.codec import Value, key, key_range, spelled, text, unpack
from sidscope.archive.facts import NOISE
from sidscope.archive.reader import chunks
from sidscope.archive.tables import EXECUTION
from sidscope.domain.channels import spellings
from sidscope.domain.evidence import mentioned
from sidscope.domain.records import Channel
from sidscope.domain.sids import is_sid, sid_key

# ruff: noqa: S608 (statements are put together from constants of this module alone)

Node = tuple[int, Value, Value, Value, str | None]
"""Of an execution: id, conversation, call, contact, channel."""

_NODE: Final = "SELECT id, conversation, call, contact, channel FROM executions"
_SID_LENGTH: Final = 34


class Finder:
    """One snapshot of the index."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def search(self, wanted: str, *, prefix: bool, limit: int) -> list[str]:
        """See :meth:`Archive.search`."""
        if is_sid(wanted):
            found = self._by_sid(wanted, limit)
        elif prefix:
            found = self._by_prefix(wanted, limit)
        else:
            found = self._ids("SELECT execution FROM mentions WHERE key = ? LIMIT ?", text(wanted), limit)
        return self._newest_first(found)[:limit]

    def of_contact(self, address: str) -> list[str]:
        """See :meth:`Archive.contact_search`."""
        found: set[int] = set()
        conversations: set[Value] = set()
        for spelling in spellings(address):
            for node in self._nodes("contact = ?", [text(spelling)]):
                found.add(node[0])
                conversations.add(node[1])
        for portion, marks in chunks(conversations - {None}):
            for node in self._nodes(f"conversation IN ({marks})", portion):
                if node[3] is None:  # keyed on its CH: the customer is known from the others
                    found.add(node[0])
        return self._newest_first(found)

    def neighbourhood(self, fns: Iterable[str]) -> set[int]:
        """The ids of these executions and of all that are reached from them, in any number of steps, over the same
        conversation, the same call, or the same contact on the same channel. A channel not known yet may be any."""
        found: set[int] = set()
        asked: dict[str, set[Value]] = {"conversation": set(), "call": set(), "contact": set()}
        of_contact: dict[Value, list[Node]] = {}
        walked: set[tuple[Value, str | None]] = set()
        frontier = [
            node
            for portion, marks in chunks(text(fn) for fn in fns)
            for node in self._nodes(f"sid IN ({marks})", portion)
        ]
        while frontier:
            found.update(node[0] for node in frontier)
            reached: list[Node] = []
            for position, column in ((1, "conversation"), (2, "call"), (3, "contact")):
                values = {node[position] for node in frontier} - {None} - asked[column]
                asked[column] |= values
                for portion, marks in chunks(values):
                    for node in self._nodes(f"{column} IN ({marks})", portion):
                        if column == "contact":
                            of_contact.setdefault(node[3], []).append(node)
                        else:
                            reached.append(node)
            for contact, channel in {(node[3], _channel(node)) for node in frontier} - walked:
                if contact is not None:
                    walked.add((contact, channel))
                    reached.extend(
                        node for node in of_contact[contact] if channel is None or _channel(node) in (None, channel)
                    )
            frontier = list({node[0]: node for node in reached if node[0] not in found}.values())
        return found

    def _nodes(self, where: str, parameters: list[Value]) -> Iterator[Node]:
        return iter(self._db.execute(f"{_NODE} WHERE {where}", parameters))

    def _ids(self, statement: str, *parameters: Value) -> set[int]:
        return {row[0] for row in self._db.execute(statement, parameters)}

    def _by_sid(self, sid: str, limit: int) -> set[int]:
        kind = sid[:2].upper()
        found = self._ids("SELECT execution FROM mentions WHERE key = ? LIMIT ?", key(sid), limit)
        if kind == "FN":
            found |= self._ids("SELECT id FROM executions WHERE sid = ?", sid)
        elif kind == "FT":
            found |= self._ids("SELECT execution FROM steps WHERE sid = ?", sid)
        elif kind == "FW":
            found |= self._ids("SELECT id FROM executions WHERE flow_sid = ? ORDER BY started DESC LIMIT ?", sid, limit)
        if kind in NOISE and not found:
            found = self._scan(sid, limit)
        return found

    def _scan(self, sid: str, limit: int) -> set[int]:
        """Executions that mention a SID of a kind that is not indexed, newest first. Nearly all do, so this ends soon;
        where none does it reads everything."""
        wanted, found = sid_key(sid), set()
        for execution, *row, codec, body in self._db.execute(
            f"SELECT e.id, {EXECUTION.prefixed('e')}, c.codec, c.body"
            " FROM executions e LEFT JOIN contexts c ON c.execution = e.id ORDER BY e.started DESC"
        ):
            if codec is not None and wanted.encode() not in spelled(codec, body).upper():
                continue  # nor does anything that is made of it
            record = EXECUTION.record(row)
            told = unpack(codec, body) if codec is not None and body is not None else None
            in_row = {sid_key(named) for named in (record.contact_channel_address, record.initiated_by) if named}
            if wanted in in_row or wanted in mentioned(told):
                found.add(execution)
                if len(found) >= limit:
                    break
        return found

    def _by_prefix(self, prefix: str, limit: int) -> set[int]:
        span = key_range(prefix) if 2 <= len(prefix) < _SID_LENGTH else None
        if span is None:
            return self._ids(
                "SELECT DISTINCT execution FROM mentions WHERE key >= ? AND key < ? LIMIT ?",
                text(prefix),
                text(prefix + "\U0010ffff"),
                limit,
            )
        found = self._ids("SELECT DISTINCT execution FROM mentions WHERE key >= ? AND key <= ? LIMIT ?", *span, limit)
        last = prefix + "g"  # past every hexadecimal digit
        match prefix[:2].upper():
            case "FN":
                found |= self._ids("SELECT id FROM executions WHERE sid >= ? AND sid < ? LIMIT ?", prefix, last, limit)
            case "FT":
                found |= self._ids(
                    "SELECT execution FROM steps WHERE sid >= ? AND sid < ? LIMIT ?", prefix, last, limit
                )
            case "FW":
                found |= self._ids(
                    "SELECT id FROM executions WHERE flow_sid >= ? AND flow_sid < ? LIMIT ?", prefix, last, limit
                )
        return found

    def _newest_first(self, ids: Iterable[int]) -> list[str]:
        rows: list[tuple[Any, ...]] = []
        for portion, marks in chunks(ids):
            rows.extend(self._db.execute(f"SELECT started, id, sid FROM executions WHERE id IN ({marks})", portion))
        return [sid_key(row[2]) for row in sorted(rows, reverse=True)]


def _channel(node: Node) -> str | None:
    return None if node[4] == Channel.UNKNOWN.value else node[4]
