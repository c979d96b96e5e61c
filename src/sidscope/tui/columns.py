"""The list's columns: which fit a width, and what each line writes into them. Pure; no widgets.

Everything sidscope writes itself stands left, the strangers' words (contact, then flow name) stand last: should a
terminal measure an odd character differently, nothing to its right can be pushed out of line.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sidscope.domain.record import Record
from sidscope.domain.sids import short
from sidscope.domain.times import say_span
from sidscope.tui import discretion
from sidscope.tui.day_strip import day_strip
from sidscope.tui.groups import Group, Kind, Line, Part, record_key, started
from sidscope.tui.ink import Ink, fit
from sidscope.tui.marks import (
    ANOMALY,
    CHANNELS,
    MARKED,
    Mark,
    context_mark,
    outcome_mark,
    state_mark,
    verdict_mark,
)
from sidscope.tui.ordering import Grouping
from sidscope.tui.words import age, brief, count


class Column(NamedTuple):
    """One column: its title and its width in cells, the space after it not counted."""

    name: str
    title: str
    width: int


_WHY: Final = 13  # cells for the words of a verdict, and for a group's day
_STATE: Final = 12  # cells for how an execution stands and how it went, in words
_FULL: Final = (
    Column("state", "state", _STATE),
    Column("age", "age", 5),
    Column("ran", "ran", 5),
    Column("channel", "channel", 9),
    Column("sid", "SID", 7),
    Column("why", "why", _WHY),
    Column("alarm", "", 2),
)
FOLD_SIGN: Final = 4
"""Cells at a line's beginning that hold the sign to click on for folding a group."""
_GUTTER: Final = 4  # cursor, fold sign or branch, space
_CONTACT_LEAST, _CONTACT_MOST, _FLOW_LEAST, _FLOW_WELL = 15, 26, 8, 13


def columns(width: int) -> tuple[Column, ...]:
    """The columns that fit ``width``: the less telling ones go first, contact and flow share what is left."""
    chosen = {column.name: column for column in _FULL}
    for flow_least, step in (
        (_FLOW_WELL, lambda: chosen.update(state=Column("state", "", 2))),
        (_FLOW_WELL, lambda: chosen.update(channel=Column("channel", "via", 5))),
        (_FLOW_WELL, lambda: chosen.pop("ran")),
        (_FLOW_LEAST, lambda: chosen.update(why=Column("why", "why", 3))),
        (_FLOW_LEAST, lambda: chosen.pop("channel")),
    ):
        if _rest(chosen.values(), width) < _CONTACT_LEAST + 1 + flow_least:
            step()
    rest = _rest(chosen.values(), width)
    if rest < _CONTACT_LEAST + 1 + 4:
        return (*chosen.values(), Column("contact", "contact", max(rest, 1)))
    contact = min(_CONTACT_MOST, max(_CONTACT_LEAST, (rest - 1) * 45 // 100))
    return (*chosen.values(), Column("contact", "contact", contact), Column("flow", "flow", rest - 1 - contact))


def _rest(chosen: Iterable[Column], width: int) -> int:
    return width - _GUTTER - sum(column.width + 1 for column in chosen)


def titles(layout: Sequence[Column]) -> list[Ink]:
    """The line above the list that names the columns."""
    parts = [Ink(" " * _GUTTER, "title")]
    for column in layout:
        title = column.title.rjust(column.width) if column.name in ("age", "ran") else column.title
        parts.append(Ink(fit(title, column.width) + " ", "title"))
    return _trimmed(parts)


def line_parts(
    line: Line, layout: Sequence[Column], grouping: Grouping, now: datetime, marked: Collection[str] = ()
) -> list[Ink]:
    """One line of the list, without the cursor's own sign (the first cell is left free for it)."""
    if line.kind is Kind.GAP and line.before is not None:
        gap = say_span(started(line.record) - started(line.before))
        return [Ink("  │ ", "rail"), Ink(f"      +{gap}", "dim")]
    day: list[Ink] = []
    if line.kind is Kind.GROUP:
        fields = _group_fields(line.group, grouping, now)
        day = _day(line.group, layout, grouping, now)
        if day and any(column.name == "ran" for column in layout):
            fields["ran"] = _times(line.group)
        lead = Ink("  ▸ " if line.group.folded else "  ▾ ", "strong")
    else:
        fields = _run_fields(line, grouping, now)
        lead = Ink({Part.ALONE: "    ", Part.INNER: "  ├ ", Part.LAST: "  └ "}[line.part], "rail")
    parts = [lead]
    if is_marked(line, marked):
        parts = [Ink(" "), Ink(MARKED.sign, MARKED.ink), lead._replace(text=lead.text[2:])]
    for column in layout:
        if column.name == "why" and day:
            parts += [*day, Ink(" ")]
            continue
        field = fields.get(column.name, Ink("", "plain"))
        text = field.text
        if column.name == "channel" and column.width < 9:
            text = CHANNELS.get(text, text)
        if column.name == "state" and column.width < _STATE:
            text = text[: column.width]
        if column.name == "why" and column.width < _WHY:
            text = text.split(" ", 1)[0]
        if column.name in ("age", "ran"):
            text = text.rjust(column.width)
        parts.append(Ink(fit(text, column.width) + " ", field.ink))
    return _trimmed(parts)


def _day(group: Group, layout: Sequence[Column], grouping: Grouping, now: datetime) -> list[Ink]:
    """What a group's line has in the column "why": its last 24 hours, after the number of its executions unless that
    stands in "ran"; nothing where a group is no one story, or the column too narrow."""
    names = {column.name: column.width for column in layout}
    if grouping is Grouping.FLOW or names["why"] < _WHY:
        return []
    if "ran" in names:
        return day_strip(group.records, now, _WHY)
    times = _times(group)
    return [times._replace(text=fit(times.text, 4)), *day_strip(group.records, now, _WHY - 4)]


def _how_many(group: Group) -> str:
    shown = len(group.records)
    return f"{shown:,} of {count(shown + group.hidden, 'run')}" if group.hidden else count(shown, "run")


def _times(group: Group) -> Ink:
    shown = len(group.records)
    return Ink(f"{shown}/{shown + group.hidden}" if group.hidden else f"×{shown}", "strong")


def is_marked(line: Line, marked: Collection[str]) -> bool:
    """Whether the line's execution is marked; for a folded group, whether any of it is."""
    if not marked or line.kind is Kind.GAP:
        return False
    if line.kind is Kind.RUN:
        return record_key(line.record) in marked
    return line.group.folded and any(record_key(record) in marked for record in line.group.records)


def _trimmed(parts: list[Ink]) -> list[Ink]:
    """Without the space after the last column."""
    return [*parts[:-1], parts[-1]._replace(text=parts[-1].text[:-1])]


def age_text(line: Line, layout: Sequence[Column], grouping: Grouping, now: datetime) -> str:
    """What the line says of "now": when this is another text, the line must be painted again."""
    if line.kind is Kind.GROUP:
        day = _day(line.group, layout, grouping, now)
        return age(started(line.record), now) + "".join(part.text for part in day)
    return age(started(line.record), now) + ran_text(line.record, now)


def contact_text(record: Record) -> str:
    """The contact without the channel's prefix where the channel column says the same."""
    contact = discretion.address(record.contact or "")
    prefix, colon, rest = contact.partition(":")
    return rest if colon and prefix == record.channel else contact


def ran_text(record: Record, now: datetime) -> str:
    """How long it ran; for an active one the time since its last sign of life is not running time, so a dash."""
    if record.active or record.date_created is None or record.date_updated is None:
        return ""
    return brief(record.date_updated - record.date_created)


def _run_fields(line: Line, grouping: Grouping, now: datetime) -> dict[str, Ink]:
    record = line.record
    state, why, unread = state_mark(record), verdict_mark(record), context_mark(record)
    inner = line.part is not Part.ALONE and grouping is not Grouping.FLOW
    head = line.group.newest
    repeats = inner and record.contact == head.contact
    fields = {
        "state": _state(state, outcome_mark(record)),
        "age": Ink(age(record.date_created, now), "plain"),
        "ran": Ink(ran_text(record, now), "dim"),
        "channel": Ink("" if inner and record.channel == head.channel else record.channel or "?", "dim"),
        "sid": Ink(short(record.execution_sid), "sid"),
        "why": Ink(f"{why.sign} {why.word}", why.ink),
        "contact": Ink("" if repeats else contact_text(record), "plain"),
        "flow": Ink(record.flow_name or short(record.flow_sid), "dim"),
    }
    if record.anomalies:
        number = len(record.anomalies)
        fields["alarm"] = Ink(ANOMALY.sign + (str(number) if number > 1 else ""), ANOMALY.ink)
    elif unread:
        fields["alarm"] = Ink(unread.sign, unread.ink)
    return fields


def _state(state: Mark, outcome: Mark | None) -> Ink:
    """Twilio's status and how it went, a sign each; the word is that of the one which says more."""
    says = outcome or state
    return Ink(f"{state.sign}{outcome.sign if outcome else ' '} {says.word}", says.ink)


def _group_fields(group: Group, grouping: Grouping, now: datetime) -> dict[str, Ink]:
    newest, told = group.newest, group.tidings
    state = state_mark(told.active or newest)
    sid = newest.flow_sid if grouping is Grouping.FLOW else newest.conversation_sid or newest.call_sid
    if grouping is Grouping.CONTACT:
        sid = None
    fields = {
        "state": _state(state, outcome_mark(told.failed) if told.failed else None),
        "age": Ink(age(started(newest), now), "strong"),
        "sid": Ink(short(sid) if sid else ("contact" if newest.contact else "run"), "sidstrong"),
        "why": Ink(_how_many(group), "strong"),
        "flow": Ink(newest.flow_name or short(newest.flow_sid), "strong")
        if told.flows == 1
        else Ink(count(told.flows, "flow"), "dim"),
    }
    if grouping is not Grouping.FLOW:
        fields["channel"] = Ink(newest.channel or "?", "plain")
        fields["contact"] = Ink(contact_text(newest), "strong")
    if told.anomalies:
        fields["alarm"] = Ink(ANOMALY.sign, ANOMALY.ink)
    return fields


__all__ = ["Column", "age_text", "columns", "line_parts", "titles"]
