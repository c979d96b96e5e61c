"""The lines around list and detail: header, status, titles, footer, help. Words and inks only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from sidscope.config import in_short
from sidscope.domain.sids import short
from sidscope.safetext import clip, safe, width
from sidscope.tui import discretion
from sidscope.tui.commands import COMMANDS, HELP, LIST, Command, Situation, blocked, first_keys, key_names
from sidscope.tui.groups import Kind
from sidscope.tui.ink import BLANK, Ink, Row, fit, wrap
from sidscope.tui.marks import ANOMALY, CONTEXTS, MARKED, OUTCOMES, STATES, VERDICTS
from sidscope.tui.ordering import Grouping
from sidscope.tui.picture_signs import LEGEND
from sidscope.tui.session import Session
from sidscope.tui.words import ago, brief, count, in_utc

if TYPE_CHECKING:
    from sidscope.sync.progress import SyncState
    from sidscope.tui.app import ExplorerApp

Line = tuple[Sequence[Ink], Sequence[Ink]]

_ROOMY = 70  # cells from which the header has room for more than whose account it is and how live
_NOW = timedelta(seconds=10)  # that long ago is now: flows in turn are asked about as often

_PHASES = {
    "starting": ("◌ connecting", "dim"),
    "listing": ("◐ listing", "accent"),
    "reading": ("◐ reading", "accent"),
    "live": ("● live", "good"),
    "offline": ("✗ no connection", "bad"),
    "stopped": ("◌ stopped", "warn"),
    "refused": ("⊘ credentials refused", "bad"),
}
_TROUBLES = {
    "unreachable": ("✗ no connection", "bad"),
    "denied": ("⊘ denied", "bad"),
    "throttled": ("◌ throttled", "warn"),
    "fault": ("✗ Twilio fails", "bad"),
    "partial": ("◐ partly live", "warn"),
}


def live_state(app: ExplorerApp) -> Ink:
    """How it stands with Twilio, as a sign and a word."""
    if app.offline:
        return Ink("◌ offline, archive only", "warn")
    if app.state is None:
        return Ink(*_PHASES["starting"])
    words, ink = _PHASES.get(app.state.phase, (app.state.phase, "dim"))
    if app.state.trouble in _TROUBLES and app.state.phase not in ("stopped", "refused"):
        return Ink(*_TROUBLES[app.state.trouble])
    if app.state.paused and app.state.phase not in ("stopped", "refused", "offline"):
        return Ink("‖ paused", "warn")
    if app.state.phase == "listing" and app.state.flows_total:
        words += f" {app.state.flows_listed} of {count(app.state.flows_total, 'flow')}"
    if app.state.throttling and app.state.phase in ("listing", "reading", "live"):
        return Ink(f"{words}, throttled", "warn")
    return Ink(words, ink)


def header(app: ExplorerApp) -> Line:
    """Whose account this is, and how live what is shown is."""
    left = [Ink(" sidscope ", "badge"), Ink(" "), Ink(f" {safe(app.account_label, 60)} ", "account")]
    if app.demo and app.size.width >= _ROOMY:
        left.append(Ink("  simulated account", "accent"))
    right = [Ink("UTC · ", "dim")] if in_utc() else []
    if app.state is not None and app.state.last_ok is not None:
        fresh = app.now() - app.state.last_ok < _NOW
        right.append(Ink(f"as of {'now' if fresh else ago(app.state.last_ok, app.now())} · ", "dim"))
    if discretion.masked():
        right.insert(0, Ink("▒ masked · ", "accent"))
    live = live_state(app)
    return left, [*right, live._replace(text=f"{live.text} ")]


def status(app: ExplorerApp) -> Line:
    """What is resolved and what is left, and what it cost; a problem pushes the figures aside."""
    session, state = app.session, app.state
    if app.complaints and not app.problem and not app.acted:
        others, key = len(app.complaints) - 1, first_keys(app.commands)[HELP]
        way = f"+{others:,} more: {key} " if others else f"{key} help "
        room = app.size.width - width(way) - 1
        return [Ink(clip(safe(f" {ANOMALY.sign} {in_short(app.complaints[0])}", 300), room), "warn")], [Ink(way, "dim")]
    if app.problem:
        return [Ink(f" {ANOMALY.sign} {safe(app.problem, 300)}", "warn")], []
    if state is not None and state.problem:
        left_to_read = [Ink(f"{state.contexts_left:,} left ", "accent")] if state.contexts_left else []
        return [Ink(f" {ANOMALY.sign} {safe(state.problem, 300)}", "warn")], left_to_read
    total = session.total
    left: list[Ink] = [Ink(f" {count(total, 'execution')}", "plain")]
    if not app.loaded:
        left.append(Ink(" · reading the archive…", "dim"))
    wrong: list[Ink] = []
    if app.complaints:
        wrong.append(Ink(f"{ANOMALY.sign} configuration: {first_keys(app.commands)[HELP]} ", "warn"))
    if state is None:
        return left, wrong
    left += _resolved(session, state)
    if state.steps_left:
        left += [Ink(f" · steps of {state.steps_left:,} to read", "accent")]
    right = [Ink(f"limit {state.limit} at once · ", "dim"), *wrong, Ink(f"{count(state.requests, 'request')} ", "dim")]
    if state.throttled:
        right.append(Ink(f"· throttled {count(state.throttled, 'time')} ", "warn"))
    return left, right


def _resolved(session: Session, state: SyncState) -> Iterator[Ink]:
    """How many contexts are settled, how many are not and will be, and how many could not be read: those never count
    as resolved."""
    total, unread = session.total, state.contexts_left
    missing = {CONTEXTS[name].word: number for name in ("denied", "failed") if (number := session.contexts[name])}
    if unread or (total and state.phase == "live"):
        resolved = max(0, total - unread - sum(missing.values()))
        yield Ink(f" · {resolved:,} resolved" if unread or missing else " · all resolved", "dim")
    for word, number in missing.items():
        yield Ink(f" · {number:,} {word}", "bad")
    if unread:
        yield Ink(f" · {unread:,} left", "accent")
        if state.waits:
            yield Ink(", waiting for Twilio", "warn")
        elif state.seconds_left is not None:
            yield Ink(f", about {brief(timedelta(seconds=state.seconds_left))}", "accent")


def list_title(app: ExplorerApp, focused: bool) -> Line:
    """What the list is, what is marked or to be picked, and how much has arrived that it does not show yet."""
    session = app.session
    grouping = "not grouped" if session.grouping is Grouping.NONE else f"by {session.grouping}"
    what = f"Pick {_with_article(app.picking.kind)}" if app.picking is not None else "Executions"
    left = [Ink("  "), Ink(what, "tab" if focused else "dim"), Ink(f"  {grouping}", "dim")]
    total = session.total
    if session.matches is not None:
        left.append(Ink(f" · {session.shown:,} of {total:,}", "dim"))
        if app.finding.about_outcome and app.outcomes_known:
            left.append(Ink(f" · {app.outcomes_known}", "warn"))
    if app.box.text and not app.finding.filter_on:
        left.append(Ink(" · filter off", "warn"))
    if session.marked:
        only = " only" if app.finding.only_marked else ""
        left.append(Ink(f" · {MARKED.sign} {len(session.marked):,} marked{only}", MARKED.ink))
    if not session.held:
        return left, []
    key = first_keys(app.commands)["let_in"]
    return left, [Ink(f"{key} lets in ", "dim"), Ink(f"+{session.held:,} new ", "accent")]


def _with_article(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def footer(commands: Iterable[Command], cells: int) -> Line:
    """Keys and names, as many as fit; help and quit always."""
    shown = [(key_names(command).split(" ")[0], command.name) for command in commands]
    taken = 1 + sum(len(key) + len(name) + 4 for key, name in shown)
    while taken > cells and len(shown) > 2:
        key, name = shown.pop(-3)
        taken -= len(key) + len(name) + 4
    parts = [part for key, name in shown for part in (Ink(key, "key"), Ink(f" {name}   ", "dim"))]
    return [Ink(" "), *parts], []


def sid_under_cursor(session: Session) -> str | None:
    """What `y` copies in the list: the execution's SID; on a group, what the group is named after."""
    cursor, record = session.cursor, session.selected
    if cursor is None or record is None:
        return None
    if cursor.kind is Kind.RUN:
        return record.execution_sid
    match session.grouping:
        case Grouping.FLOW:
            return record.flow_sid
        case Grouping.CONTACT:
            return record.contact
    return record.conversation_sid or record.call_sid or record.execution_sid


def help_rows(
    now: Situation, cells: int, commands: Sequence[Command] = COMMANDS, complaints: Sequence[str] = ()
) -> list[Row]:
    """What is wrong with the configuration; every command by section, those that do nothing now greyed with the
    reason; then what the signs mean."""
    rules = next((key_names(each).split(" ")[0] for each in commands if each.id == "rules" and each.keys), None)
    hint = f" · {rules} tells the rules, with your figures" if rules else ""
    rows = [Row((Ink("  Keys", "strong"), Ink(f"   esc closes{hint}", "faint")))]
    if complaints:
        rows += [BLANK, Row((Ink("  Configuration", "title"),))]
        lines = [wrap(complaint, cells - 6) for complaint in complaints]
        rows += [
            Row((Ink(f"  {ANOMALY.sign} " if not number else "    ", "warn"), Ink(line, "plain")))
            for each in lines
            for number, line in enumerate(each)
        ]
    section = ""
    for command in commands:
        if command.section != section:
            section = command.section
            rows += [BLANK, Row((Ink(f"  {section}", "title"),))]
        situation = now._replace(pane=LIST) if now.pane == HELP else now
        reason = blocked(command, situation)
        rows.append(
            Row(
                (
                    Ink("  "),
                    Ink(fit(key_names(command), 14), "faint" if reason else "key"),
                    Ink(command.what, "faint" if reason else "plain"),
                    Ink(f"  ({reason})" if reason else "", "faint"),
                ),
                stands=True,
            )
        )
    rows += [BLANK, Row((Ink("  Signs", "title"),))]
    rows += [Row((Ink("  "), Ink(fit(sign, 14), ink), Ink(words, "plain")), stands=True) for sign, words, ink in _SIGNS]
    rows += [BLANK, Row((Ink("  The picture of a story", "title"),))]
    rows += [Row((Ink("  "), Ink(fit(sign, 14), ink), Ink(words, "plain")), stands=True) for sign, words, ink in LEGEND]
    return [row for each in rows for row in _fold(each, cells)]


def _fold(row: Row, cells: int) -> list[Row]:
    text = "".join(part.text for part in row.parts[2:])
    if len(row.parts) < 3 or len(text) + 16 <= cells:
        return [row]
    first, *more = wrap(text, cells - 17)
    ink = row.parts[2].ink
    return [
        row._replace(parts=(*row.parts[:2], Ink(first, ink))),
        *(Row((Ink(" " * 16), Ink(line, ink)), stands=row.stands) for line in more),  # its very end is come to, too
    ]


_SIGNS = (
    (STATES["active"].sign, "the execution is active", STATES["active"].ink),
    (STATES["ended"].sign, "it has ended", STATES["ended"].ink),
    ("‹_✦__2_↻", "a group's last 24 hours: the sign of each execution, a number for several, ‹ for earlier", "plain"),
    ("×3", "the group has three executions", "strong"),
    ("↻2 ↻3", "the same conversation again: its second, third execution", VERDICTS["reentry"].ink),
    (VERDICTS["handover"].sign, "handed over: another flow took the same message", VERDICTS["handover"].ink),
    (VERDICTS["first_seen"].sign, "a new conversation, and why", VERDICTS["first_seen"].ink),
    (VERDICTS["unexplained"].sign, "a new conversation that nothing known explains", VERDICTS["unexplained"].ink),
    (VERDICTS["new_call"].sign, "calls and webchat sessions, which are always new", VERDICTS["new_call"].ink),
    (VERDICTS["no_conversation"].sign, "no conversation at all", VERDICTS["no_conversation"].ink),
    (OUTCOMES["failed"].sign, "something in it failed: see Steps", OUTCOMES["failed"].ink),
    (OUTCOMES["cut"].sign, "it was cut off, or somebody hung up", OUTCOMES["cut"].ink),
    (OUTCOMES["timeout"].sign, "nobody answered in time", OUTCOMES["timeout"].ink),
    (OUTCOMES["normal"].sign, "nothing went wrong in it; without such a sign its steps were not read", "dim"),
    (MARKED.sign, "marked by you, with space", MARKED.ink),
    (ANOMALY.sign, "something that should not be: see Story", ANOMALY.ink),
    (CONTEXTS["pending"].sign, "its context is still to be read", CONTEXTS["pending"].ink),
    (CONTEXTS["gone"].sign, "Twilio no longer has its context", CONTEXTS["gone"].ink),
    (CONTEXTS["denied"].sign, "these credentials may not read it", CONTEXTS["denied"].ink),
    (CONTEXTS["failed"].sign, "its context could not be read", CONTEXTS["failed"].ink),
)

__all__ = ["footer", "header", "help_rows", "list_title", "live_state", "short", "sid_under_cursor", "status"]
