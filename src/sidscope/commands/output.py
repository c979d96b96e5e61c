"""Records as a table, JSON, JSON lines or CSV, and the story of a SID as a tree.

JSON is ASCII with escapes, so it round-trips whatever strangers wrote and cannot drive a terminal; the other forms
pass every text through :mod:`sidscope.safetext`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, TextIO

from sidscope.domain.record import KEYS, Record
from sidscope.domain.sids import is_sid, short
from sidscope.domain.signs import again, sentences
from sidscope.domain.times import say_span
from sidscope.safetext import Safe, clip, csv_cell, pad, safe, width


def terminal_columns() -> int | None:
    """The width of stdout's terminal; None if it is none."""
    if not sys.stdout.isatty():
        return None
    import shutil

    return shutil.get_terminal_size().columns


def write_json(document: Any, out: TextIO) -> None:
    """One JSON document, indented."""
    json.dump(document, out, ensure_ascii=True, indent=2)
    out.write("\n")


def write_records(records: Sequence[Record], form: str, out: TextIO, *, columns: int | None) -> None:
    """The records in one of the forms of ``list``; ``columns`` is the width of the terminal, None if it is none."""
    if form == "json":
        write_json([record.as_dict() for record in records], out)
    elif form == "jsonl":
        for record in records:
            out.write(json.dumps(record.as_dict(), ensure_ascii=True) + "\n")
    elif form == "csv":
        import csv

        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(KEYS)
        writer.writerows([_cell(value) for value in record.as_dict().values()] for record in records)
    else:
        write_table(records, out, columns=columns)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return csv_cell(json.dumps(value, ensure_ascii=True, separators=(",", ":")))
    return csv_cell(str(value))


_HEADINGS = ("STARTED (UTC)", "STATE", "CHANNEL", "CONTACT", "EXECUTION", "CONVERSATION / CALL", "↻", "VERDICT", "FLOW")
_LONGEST = 60  # cells that one column may take


def write_table(records: Sequence[Record], out: TextIO, *, columns: int | None) -> None:
    """One line per execution; whole SIDs where there is room, the flow's name (the user's text) last."""
    if not records:
        return
    headings = [safe(heading) for heading in _HEADINGS]
    rows = [headings, *(_row(record, whole=True) for record in records)]
    if columns is not None and sum(_widths(rows)) > columns:
        rows = [headings, *(_row(record, whole=False) for record in records)]
    widths = _widths(rows)
    for row in rows:
        cells = [pad(cell, size) for cell, size in zip(row[:-1], widths, strict=False)]
        line = Safe("  ".join([*cells, row[-1]]).rstrip())
        out.write((clip(line, columns) if columns else line) + "\n")


def _widths(rows: Sequence[Sequence[Safe]]) -> list[int]:
    return [max(map(width, column)) for column in zip(*rows, strict=True)]


def _row(record: Record, *, whole: bool) -> list[Safe]:
    key = record.conversation_sid or record.call_sid
    unread = "" if record.context_status in ("ok", "not_needed") else f" ({record.context_status})"
    return [
        _shown(record.date_created.strftime("%m-%d %H:%M:%S") if record.date_created else "?"),
        _word(record.status or "?"),
        _word(record.channel or "-"),
        _shown(record.contact or "-"),
        _shown(record.execution_sid if whole else short(record.execution_sid)),
        _shown("-" if key is None else key if whole else short(key)),
        _word(again(record)),
        _word(record.verdict + unread + "".join(f" !{anomaly}" for anomaly in record.anomalies)),
        _word(record.flow_name or record.flow_sid),
    ]


def _shown(text: str) -> Safe:
    return clip(safe(text, 4 * _LONGEST), _LONGEST)


_word = lru_cache(1_024)(_shown)  # the same few stand in every row


def write_tree(document: dict[str, Any], records: Sequence[Record], out: TextIO, *, columns: int | None) -> None:
    """The groups of what was found, oldest first, with the sentences on each execution; ``columns`` is the width of the
    terminal that they are to be wrapped to, None if it is none."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(record.group_key, []).append(record)
    states = {item["sid"].upper(): item for kind in ("conversations", "calls") for item in document[kind]}
    for key, members in groups.items():
        first = members[0]
        head = [key, *(safe(text, 80) for text in (first.channel, first.contact) if text)]
        read = states.get(key.upper(), {})
        unread = read.get("read_status")
        told = read.get("state") or read.get("status") or (unread if unread != "ok" else None)
        if told is None and states and is_sid(key, "CH", "CA"):  # beside others that were read
            told = "not read"
        out.write("  ".join([*head, *([f"[{safe(told, 40)}]"] if told else [])]) + "\n")
        before: datetime | None = None
        for record in members:
            branch = "└─" if record is members[-1] else "├─"
            trunk = "  " if record is members[-1] else "│ "
            if before and record.date_created:
                out.write(f"│   +{say_span(record.date_created - before)}\n")
            before = record.date_created
            out.write(f"{branch} {_headline(record)}\n")
            for sentence in sentences(record):
                for line in _wrapped(safe(sentence, 1000), columns):
                    out.write(f"{trunk}   {line}\n")
            for label, sid in _sids(record):
                out.write(f"{trunk}   {label} {sid}\n")
    for task in document["tasks"]:
        out.write(f"{task['sid']}  [{safe(str(task['status'] or task['read_status']), 40)}]\n")


def _wrapped(sentence: Safe, columns: int | None) -> list[str]:
    """The lines of a sentence; those after the first stand under its text."""
    if columns is None:
        return [sentence]
    import textwrap

    return textwrap.wrap(sentence, max(columns - 5, 20), subsequent_indent="  ", break_on_hyphens=False)


def _headline(record: Record) -> str:
    when = record.date_created.strftime("%Y-%m-%d %H:%M:%S UTC") if record.date_created else "?"
    number = f" {sign}" if (sign := again(record)) else ""
    marks = "".join(f" !{anomaly}" for anomaly in record.anomalies)
    why = f"{record.verdict} ({record.verdict_basis})"
    flow = clip(safe(record.flow_name or record.flow_sid, 200), 40)
    return f"{record.execution_sid}{number}  {when}  {safe(record.status or '?', 12)}  {flow}  {why}{marks}"


def _sids(record: Record) -> list[tuple[str, str]]:
    named = (
        ("task", record.task_sid),
        ("interaction", record.interaction_sid),
        ("message", record.message_sid),
        ("call", record.call_sid if record.group_key != record.call_sid else None),
    )
    return [(label, sid) for label, sid in named if sid and is_sid(sid)]
