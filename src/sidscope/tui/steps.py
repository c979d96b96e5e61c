"""The Steps tab as rows: where it went wrong, then the way through the widgets, and under a step that was looked into
what it changed. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from sidscope.domain.changes import Change, ChangeKind
from sidscope.domain.records import ReadStatus
from sidscope.domain.sids import is_sid
from sidscope.domain.steps import LOOP, Ending, Stay, Visit
from sidscope.domain.times import say_span
from sidscope.domain.transitions import Outcome, is_end
from sidscope.safetext import safe, width
from sidscope.tui.ink import BLANK, Ink, Row, fit, wrap
from sidscope.tui.marks import OUTCOMES, Mark
from sidscope.tui.sights import Sight
from sidscope.tui.steps_reader import Look, StepsDetail, steps_around
from sidscope.tui.words import ago, brief, clock, count, day

HEADLINE: Final = "headline"
"""The ``item`` of the row on top, from which `enter` goes to the step it is about."""

STAYS: Final = {
    Stay.CUT: Mark("⊣", "cut off here", "bad"),
    Stay.INSIDE: Mark("●", "here now", "good"),
    Stay.UNKNOWN: Mark("·", "left unseen", "dim"),
}
_ENDINGS: Final = {
    Ending.ACTIVE: Mark("●", "still running", "good"),
    Ending.NORMAL: OUTCOMES["normal"]._replace(word="ended normally"),
    Ending.UNKNOWN: Mark("·", "", "dim"),
}
_ENDED_BADLY: Final = Mark("✗", "did not end normally", "bad")
_CHANGES: Final = {
    ChangeKind.ADDED: Mark("+", "added", "good"),
    ChangeKind.CHANGED: Mark("~", "changed", "accent"),
    ChangeKind.REMOVED: Mark("−", "removed", "warn"),
}
_DEEPEST: Final = 6  # levels of subflows that are indented
_MOST_LINES: Final = 4  # lines that one value gets

LOADING: Final = Sight("…", "Reading the steps", "They are asked for at Twilio: one request.", "", "dim")
GONE: Final = Sight(
    "∅",
    "Twilio no longer has these steps",
    "The execution was deleted, or is past the retention of the account (Twilio answered 404).",
    "Story tells what the contact's other executions say.",
)
DENIED: Final = Sight(
    "⊘",
    "These credentials may not read these steps",
    "Twilio answered 401 or 403. The key lacks the permission to read Studio executions.",
    "Use a main key, or a restricted key with Studio read permission; then r asks again.",
    "bad",
)
FAILED: Final = Sight(
    "!",
    "Reading the steps failed",
    "Twilio did not give a usable answer, after several tries.",
    "r tries again.",
    "bad",
)
NONE: Final = Sight(
    "∅", "No steps", "Twilio knows the execution, but not a single step of it: nothing has led out of its trigger."
)
OFFLINE: Final = Sight(
    "◌",
    "Not in the archive",
    "These steps were never read (they are, when somebody looks at them), and sidscope is offline.",
    "Start sidscope without --offline to read them: one request.",
)
UNREACHABLE: Final = Sight(
    "◌",
    "Twilio cannot be reached",
    "These steps have not been read yet; the archive has no copy.",
    "They are read as soon as Twilio answers again, or with r.",
    "warn",
)


class Shown(NamedTuple):
    """How the tab stands, besides what was read."""

    offline: bool = False
    waiting: frozenset[str] = frozenset()  # steps (FT) that Twilio is being asked for
    unfolded: frozenset[int] = frozenset()  # visits whose times and SIDs are shown too
    hint: bool = False  # nobody has looked into a step yet, so it is said how


def steps_sight(detail: StepsDetail, *, offline: bool, reachable: bool) -> Sight | None:
    """What to show in place of the steps; None if there are any."""
    read = detail.read
    if read is None:
        return OFFLINE if offline else LOADING if reachable else UNREACHABLE
    if read.steps:
        return None
    return {ReadStatus.GONE: GONE, ReadStatus.DENIED: DENIED, ReadStatus.OK: NONE}.get(read.read_status, FAILED)


def step_rows(detail: StepsDetail, shown: Shown, now: datetime, cells: int) -> list[Row]:
    """The whole tab for a pane of ``cells``."""
    rows = [*_headline(detail, cells), *_summary(detail, shown.hint, now, cells), BLANK]
    today = day(now, now)
    for visit in detail.path.visits:
        if visit.entered is not None and day(visit.entered, now) != today:
            today = day(visit.entered, now)
            rows.append(Row((Ink(f"   {today}", "title"),)))
        look = detail.looks.get(visit.index)
        rows.append(_visit(visit, visit.index == detail.headline.visit, look is not None, cells))
        if look is not None:
            rows += _look(detail, visit, look, shown, cells)
    return rows


def _headline(detail: StepsDetail, cells: int) -> Iterator[Row]:
    path, culprit = detail.path, detail.headline.visit
    mark = mark_of(path.visits[culprit]) if culprit is not None else None
    mark = mark or _ENDINGS.get(path.ending, _ENDED_BADLY)
    for number, line in enumerate(wrap(detail.headline.sentence, cells - 4)):
        sign = mark.sign if number == 0 else " "
        ink = "plain" if mark.ink == "dim" else mark.ink
        yield Row(
            (Ink(f" {sign} ", mark.ink), Ink(line, ink)),
            value=detail.headline.sentence,
            item=HEADLINE if number == 0 else None,
            stands=number == 0,
        )


def _summary(detail: StepsDetail, hint: bool, now: datetime, cells: int) -> Iterator[Row]:
    path, read = detail.path, detail.read
    words = count(len(path.steps), "step")
    entered = next((visit.entered for visit in path.visits if visit.entered), None)
    if entered and path.until:
        words += f" over {say_span(path.until - entered)}"
    ending = _ENDINGS.get(path.ending, _ENDED_BADLY).word
    parts = [words, *([ending] if ending else []), *([f"read {ago(read.read_at, now)}"] if read else [])]
    yield from (Row((Ink(f"   {line}", "dim"),)) for line in wrap(" · ".join(parts), cells - 4))
    if read and read.read_status is not ReadStatus.OK:
        yield Row((Ink(f"   ⚠ reading them again: {read.read_status}; r tries once more", "warn"),))
    words = "enter: what a step changed (1–2 requests)" if hint else ""
    for line in wrap(words, cells - 4):
        yield Row((Ink(f"   {line}", "faint"),))


def mark_of(visit: Visit) -> Mark | None:
    """The sign and word of a stay that is not just one that was left in order."""
    if visit.outcome is not Outcome.NORMAL:
        return OUTCOMES[visit.outcome.value]
    return STAYS.get(visit.stay)


def _visit(visit: Visit, culprit: bool, opened: bool, cells: int) -> Row:
    mark = mark_of(visit)
    dwell = "" if visit.dwell is None else say_span(visit.dwell) if cells >= 48 else brief(visit.dwell)
    ink = "strong" if culprit or (mark and mark.ink != "dim") else "plain"
    parts = [
        Ink(" "),
        Ink(mark.sign if mark else " ", mark.ink if mark else "plain"),
        Ink(f" {clock(visit.entered) if visit.entered else '   ?    '} ", "dim"),
        Ink(fit(dwell, 9 if cells >= 48 else 5, right=True), "plain"),
        Ink(f"  {'  ' * min(visit.depth, _DEEPEST)}", "rail"),
        Ink("▾ " if opened else "▸ ", "dim"),
    ]
    if mark and mark.word:
        parts.append(Ink(f"{mark.word}: ", mark.ink))
    parts.append(Ink(visit.widget, ink))
    if visit.in_a_row >= LOOP:
        parts.append(Ink(f"  {visit.in_a_row} times in a row", "warn"))
    elif visit.number > 1:
        parts.append(Ink(f"  ×{visit.number}", "accent"))
    if visit.event and not (mark and visit.event.casefold() == mark.word):
        parts.append(Ink(f"  {visit.event}", "dim"))
    if is_end(visit.to):
        parts.append(Ink(" → Ended", "dim"))
    return Row(tuple(parts), value=visit.step_out or visit.step_in, item=str(visit.index), stands=True)


# --- what a step changed


def _look(detail: StepsDetail, visit: Visit, look: Look, shown: Shown, cells: int) -> Iterator[Row]:
    if look.changes is None:
        ink, words = _unread(detail, visit, look, shown)
        for line in wrap(words, cells - 9):
            yield Row((Ink(f"       {line}", ink),))
        return
    found = look.changes
    since = "Until now" if visit.stay is Stay.INSIDE else "It" if visit.step_out else "Until the end"
    told = [
        f"{sum(change.kind is kind for change in found.items):,} {mark.word}"
        for kind, mark in _CHANGES.items()
        if any(change.kind is kind for change in found.items)
    ]
    summary = (
        f"{since} changed nothing" if not found.total else ", ".join(told) or f"{since} changed only what is folded"
    )
    yield Row((Ink(f"       {summary}", "dim"),))
    for change in found.items:
        yield from _change(change, cells)
    if found.more:
        yield Row((Ink(f"       and {found.more:,} more", "dim"),))
    folded = len(found.noise) + found.more_noise
    if folded:
        unfolded = visit.index in shown.unfolded
        sign = "▾" if unfolded else "▸"
        words = f"{sign} {count(folded, 'time or SID', 'times and SIDs')}"
        yield Row((Ink("       "), Ink(words, "faint")), item=f"{visit.index} noise", stands=True)
        for change in found.noise if unfolded else ():
            yield from _change(change, cells)


def _unread(detail: StepsDetail, visit: Visit, look: Look, shown: Shown) -> tuple[str, str]:
    asked = len({step for step in steps_around(detail.path, visit) if step} & detail.missing & shown.waiting)
    if asked:
        return "dim", f"… reading what was there before and after: {count(asked, 'request')}"
    match look.status:
        case ReadStatus.GONE:
            return "dim", "∅ gone: Twilio no longer has the variables of this step"
        case ReadStatus.DENIED:
            return "bad", "⊘ denied: these credentials may not read the variables of this step"
        case ReadStatus.FAILED:
            return "bad", "! unreadable: Twilio gave no usable answer; closing and opening the step tries again"
    if look.still_here:
        return "dim", "◌ nothing led out of it, and the execution's own context is not there to compare with"
    if shown.offline:
        return "dim", "◌ the variables of this step are not in the archive, and sidscope is offline"
    return "warn", "◌ not read; closing and opening the step tries again"


def _change(change: Change, cells: int) -> Iterator[Row]:
    mark = _CHANGES[change.kind]
    path = change.path or "(everything)"
    head = (Ink(f"       {mark.sign} ", mark.ink), Ink(path, "key"))
    value = change.old if change.kind is ChangeKind.REMOVED else change.new
    row = Row(head, value=plain(value), path=change.path, stands=True)
    if change.kind is ChangeKind.CHANGED:
        said = [Ink(said_value(change.old), "faint"), Ink(" → ", "dim"), Ink(said_value(change.new), _ink(change.new))]
    else:
        said = [Ink(said_value(value), _ink(value) if change.kind is ChangeKind.ADDED else "faint")]
    taken = 12 + width(safe(path, 400)) + sum(width(safe(part.text, 400)) for part in said)
    if taken <= cells:
        yield row._replace(parts=(*head, Ink("  "), *said))
        return
    yield row
    for part in said:
        if part.text == " → ":
            continue
        lines = list(wrap(part.text[:2000], cells - 13))
        for line in lines[:_MOST_LINES]:
            yield Row((Ink(f"           {line}", part.ink),))
        if len(lines) > _MOST_LINES:
            yield Row((Ink("           …", "faint"),))


def said_value(value: Any) -> str:
    """A value as the tree shows it: SIDs bare, other strings in quotes."""
    return value if is_sid(value) else json.dumps(value, ensure_ascii=False)


def plain(value: Any) -> str:
    """What copying the value gives."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _ink(value: Any) -> str:
    if isinstance(value, str):
        return "sid" if is_sid(value) else "string"
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else "literal"
