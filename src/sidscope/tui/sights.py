"""What stands where something is missing: each reason is its own sight, and says what to do next. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sidscope.domain.records import ReadStatus
from sidscope.tui.commands import first_keys
from sidscope.tui.ink import BLANK, Ink, Row, wrap


class Sight(NamedTuple):
    """A sign, a headline, what it means, and what one can do."""

    sign: str
    head: str
    text: str
    todo: str = ""
    ink: str = "strong"


LOADING = Sight("…", "Reading the context", "It is asked for at Twilio and shown as soon as it is here.", "", "dim")
GONE = Sight(
    "∅",
    "Twilio no longer has this context",
    "It was deleted, or is past the retention of the account (Twilio answered 404). The execution itself is still "
    "listed; what its row says is all that can be known.",
    "SIDs shows what the row names; Story what the contact's other executions tell.",
)
DENIED = Sight(
    "⊘",
    "These credentials may not read this context",
    "Twilio answered 401 or 403. The key lacks the permission to read Studio executions.",
    "Use a main key, or a restricted key with Studio read permission; then {key[refresh]} asks again.",
    "bad",
)
FAILED = Sight(
    "!",
    "Reading the context failed",
    "Twilio did not give a usable answer, after several tries.",
    "{key[refresh]} tries again.",
    "bad",
)
EMPTY = Sight(
    "∅",
    "The context is empty",
    "Twilio has it, but it says nothing: no trigger, no widgets. An execution that ended at once looks like this.",
    "",
)
OFFLINE = Sight(
    "◌",
    "Not in the archive",
    "This context was never read, and sidscope is offline.",
    "Start sidscope without --offline to read it.",
)
UNREACHABLE = Sight(
    "◌",
    "Twilio cannot be reached",
    "This context has not been read yet; the archive has no copy.",
    "It is read as soon as Twilio answers again.",
    "warn",
)
NOT_NEEDED = Sight(
    "◌",
    "Not read",
    "The row of this execution already names its conversation or call, so its context was not needed; and now sidscope "
    "is offline.",
    "Start sidscope without --offline, and it is read when you look at it.",
)
NOTHING_YET = Sight("…", "Looking for executions", "The first rows appear as soon as Twilio names them.", "", "dim")
NOTHING = Sight(
    "◌",
    "No executions",
    "Nothing ran in this time, in any flow of this account.",
    "Look further back: sidscope --since 7d",
)
NOTHING_OFFLINE = Sight(
    "◌",
    "The archive holds nothing for this time",
    "sidscope is offline, so Twilio is not asked.",
    "Start without --offline, or look further back: --since 7d",
)
FILTERED_AWAY = Sight(
    "/", "Nothing matches the filter", "{hidden} are loaded; none passes.", "{key[back]} clears the filter."
)
NO_OUTCOMES = Sight(
    "/",
    "Nothing is known to match",
    "How an execution went is known only where its steps were read: Twilio's list says active or ended, no more. "
    "{hidden} are loaded.",
    "{key[find_failures]} reads the steps of what passes the rest of the filter, a request each. "
    "{key[back]} clears the filter.",
)
NO_OUTCOMES_OFFLINE = NO_OUTCOMES._replace(
    todo="sidscope is offline: start it without --offline, and {key[find_failures]} reads steps. "
    "{key[back]} clears the filter."
)
READING_STEPS = Sight(
    "…",
    "Reading steps",
    "What matches comes in as soon as it is known. {steps:,} are left.",
    "{key[find_failures]} stops. {key[sync]}, then {key[pause]} pauses.",
    "dim",
)
HALF_TYPED = Sight(
    "/",
    "Nothing matches so far",
    "{hidden} are loaded; none passes yet.",
    "Go on typing; {key[next_pane]} completes.",
    "dim",
)
REFUSED = Sight(
    "⊘",
    "Twilio refused these credentials",
    "The account SID, key or secret is not (or no longer) right, so nothing is asked any more.",
    "{key[profiles]} goes to another account; or set others and start again. sidscope doctor says what is wrong.",
    "bad",
)
NO_CONNECTION = Sight(
    "✗",
    "Twilio cannot be reached",
    "There is no connection, and the archive holds nothing for this time. It is tried again by itself.",
    "Check network and proxy; sidscope doctor says how far one comes.",
    "bad",
)
ACCOUNT_DENIED = Sight(
    "⊘",
    "These credentials may not list flows",
    "Twilio answered 403: the key lacks the permission to read Studio flows or executions.",
    "Use a main key, or a restricted key with Studio read permission. {key[profiles]} goes to another account.",
    "bad",
)
THROTTLED = Sight(
    "◌",
    "Twilio asks for patience",
    "It answered 429 for so long that listing was given up for now: others use this account's concurrency too.",
    "It goes on by itself, more slowly; {key[sync]} shows how.",
    "warn",
)
FAULT = Sight(
    "✗",
    "Twilio does not give an answer that can be used",
    "Listing failed, and is tried again by itself. What Twilio said stands at the bottom.",
    "{key[sync]} shows every problem; status.twilio.com whether it is known.",
    "bad",
)
PARTIAL = Sight(
    "◐",
    "No executions in what could be listed",
    "Some flows could not be listed yet, so there may be more. They are tried again by themselves.",
    "{key[sync]} shows which, and why.",
    "warn",
)
PAUSED = Sight(
    "‖",
    "Paused",
    "Nothing is fetched that you do not ask for, and nothing is here yet.",
    "{key[sync]}, then {key[pause]} goes on.",
    "warn",
)
STOPPED = Sight("◌", "sidscope no longer asks Twilio", "The engine has stopped.", "Start sidscope again.", "warn")
NO_CHOICE = Sight("", "", "", "")
LOADING_DETAIL = Sight("…", "Reading the archive", "", "", "dim")


def context_sight(status: str, *, empty: bool, offline: bool, reachable: bool) -> Sight | None:
    """What to show in place of a context; None if there is one to show."""
    match status:
        case ReadStatus.OK:
            return EMPTY if empty else None
        case ReadStatus.GONE:
            return GONE
        case ReadStatus.DENIED:
            return DENIED
        case ReadStatus.FAILED:
            return FAILED
    if offline:
        return NOT_NEEDED if status == ReadStatus.NOT_NEEDED else OFFLINE
    return LOADING if reachable else UNREACHABLE  # looking at it has it read


_TROUBLES = {
    "unreachable": NO_CONNECTION,
    "denied": ACCOUNT_DENIED,
    "throttled": THROTTLED,
    "fault": FAULT,
    "partial": PARTIAL,
}


def list_sight(*, loaded: bool, offline: bool, phase: str, trouble: str | None, paused: bool) -> Sight:
    """What to show in place of a list in which there is nothing, for one of many reasons."""
    if offline:
        return NOTHING_OFFLINE if loaded else NOTHING_YET
    if phase in ("refused", "stopped"):
        return REFUSED if phase == "refused" else STOPPED
    if trouble in _TROUBLES:
        return _TROUBLES[trouble]
    if loaded and phase == "live":
        return NOTHING
    return PAUSED if paused else NOTHING_YET


def sight_rows(sight: Sight, cells: int, *, keys: Mapping[str, str] | None = None, **words: object) -> Sequence[Row]:
    """The sight, laid out in ``cells``. ``keys``: command → its key, if the user has others; ``words``: what its texts
    leave open."""
    if not sight.head:
        return ()
    words["key"] = first_keys() if keys is None else keys
    rows = [BLANK, Row((Ink(f"  {sight.sign} ", sight.ink), Ink(sight.head, sight.ink))), BLANK]
    rows += [Row((Ink(f"    {line}", "dim"),)) for line in wrap(sight.text.format(**words), cells - 6)]
    if sight.todo:
        rows.append(BLANK)
        rows += [Row((Ink(f"    {line}", "plain"),)) for line in wrap(sight.todo.format(**words), cells - 6)]
    return rows
