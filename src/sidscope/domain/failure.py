"""Where it went wrong: a sentence about a path, and the order that puts that first. Names in it are strangers' text."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from sidscope.domain.jsontree import at, child, mapping
from sidscope.domain.patterns import later
from sidscope.domain.steps import ENDINGS, LOOP, MOST_STEPS, Ending, Path, Stay, Visit
from sidscope.domain.times import say_span
from sidscope.domain.transitions import Outcome, is_end
from sidscope.domain.value import value

_SAID: Final = {
    Outcome.FAILED: "Failed at",
    Outcome.TIMEOUT: "Timed out at",
    Outcome.UNANSWERED: "Nobody answered at",
    Outcome.HANGUP: "Hung up at",
}
_PLAIN: Final = frozenset({"failed", "fail", "timeout", "hangup"})  # events that the sentence says already
_LONGEST_REASON: Final = 80
_HTTP_STATUS: Final = later("[1-9][0-9]{2}")


@value
class Headline:
    """What to say first about a path. ``order``: every visit once, what went wrong before the rest."""

    sentence: str
    order: tuple[int, ...]
    visit: int | None  # the one that the sentence is about


def failure_first(path: Path, context: Any = None) -> Headline:
    """The sentence that says where the execution went wrong (or that it did not), and the visits in that order: the
    one the sentence is about, the other wrong ones, then the rest, each in time order.

    ``context``: the failed step's context or the execution's, where it was read; it may say why.
    """
    culprit = _culprit(path)
    first = [culprit.index] if culprit else []
    wrong = [index for index in path.wrong if index not in first]
    told = {*first, *wrong}
    order = (*first, *wrong, *(visit.index for visit in path.visits if visit.index not in told))
    return Headline(_sentence(path, culprit, context), order, culprit.index if culprit else None)


def outcome_of_path(path: Path) -> Ending:
    """How the execution went, in one word: what the sentence of :func:`failure_first` begins with. It failed if any
    widget failed, however it ended later; of an active one UNKNOWN unless something has gone wrong already."""
    culprit = _culprit(path)
    if path.first_failure is None and path.ended_in_the_middle:
        return path.ending
    if culprit is not None:
        return ENDINGS[culprit.outcome]
    return Ending.UNKNOWN if path.ending is Ending.ACTIVE else path.ending


def _culprit(path: Path) -> Visit | None:
    """The first failure; without one, where it ended in the middle; without that, the first thing out of order."""
    if path.first_failure is not None:
        return path.visits[path.first_failure]
    if path.ended_in_the_middle and path.visits:
        return path.visits[path.current] if path.current is not None else _last_left(path)
    return path.visits[path.wrong[0]] if path.wrong else None


def _last_left(path: Path) -> Visit | None:
    """The widget that led to the end, else the last one that was left."""
    left = [visit for visit in path.visits if visit.stay is Stay.LEFT]
    return next(
        (visit for visit in reversed(left) if visit.depth == 0 and is_end(visit.to)), left[-1] if left else None
    )


def _sentence(path: Path, culprit: Visit | None, context: Any) -> str:
    if not path.visits:
        return "No steps: it has not left its trigger yet." if path.ending is Ending.ACTIVE else "No steps."
    clauses = []
    if culprit and culprit.outcome is not Outcome.NORMAL:
        clauses.append(_what(culprit, context))
        if culprit.to:
            clauses.append("then its subflow ended" if culprit.depth and is_end(culprit.to) else f"then {culprit.to}")
    if not (culprit and culprit.depth == 0 and is_end(culprit.to)):
        clauses.append(_how_it_ended(path, bool(clauses)))
    sentence = "; ".join(clause for clause in clauses if clause)
    return f"{sentence[:1].upper()}{sentence[1:]}."


def _what(visit: Visit, context: Any) -> str:
    """``Failed at call_api (2nd visit): HTTP 500 after 3 s``"""
    notes = [_nth(visit.number)] if visit.number > 1 else []
    if visit.event and visit.event.casefold() not in _PLAIN:
        notes.append(visit.event)
    said = f"{_SAID[visit.outcome]} {visit.widget}"
    if notes:
        said += f" ({', '.join(notes)})"
    reason = reason_of(at(context, "widgets", visit.widget))
    if reason:
        said += f": {reason}"
    return f"{said} {_after(visit.dwell)}".rstrip()


def _how_it_ended(path: Path, more: bool) -> str:
    steps = f"{len(path.steps)} step{'s' if len(path.steps) != 1 else ''}"
    where = path.visits[path.current] if path.current is not None else None
    match path.ending:
        case Ending.ACTIVE if where and where.dwell is not None:
            return f"{'now ' if more else ''}in {where.widget} for {say_span(where.dwell)}"
        case Ending.ACTIVE:
            return f"{'now ' if more else ''}in {where.widget}" if where else "still active"
        case Ending.NORMAL:
            return "later ended normally" if more else f"Ended normally after {steps}, nothing failed"
        case Ending.CUT if where:
            return f"ended in {where.widget} {_after(where.dwell)}".rstrip() + ", without a transition"
        case Ending.LOOP:
            last = path.visits[-1]
            return f"stopped by Twilio in a loop: {last.widget} {last.in_a_row} times in a row (the limit is {LOOP})"
        case Ending.LIMIT:
            return f"stopped by Twilio after {steps} (the limit is {MOST_STEPS:,})"
        case Ending.UNKNOWN | Ending.CUT:
            return "how it ended is not known"
    last_left = _last_left(path)
    if last_left is None:
        return "ended"
    how = {Ending.FAILED: "failed", Ending.TIMEOUT: "timed out", Ending.UNANSWERED: "nobody answered"}
    return f"ended when {last_left.widget} {how.get(path.ending, 'was hung up on')}"


def _after(dwell: timedelta | None) -> str:
    if dwell is None:
        return ""
    return f"after {say_span(dwell)}" if dwell >= timedelta(seconds=1) else "at once"


def _nth(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending} visit"


def reason_of(output: Any) -> str | None:
    """Why a widget failed, if what it put out says so: an HTTP status, Twilio's error code and message, how a call
    ended. ``output`` is ``widgets.<name>`` of a context; any JSON is taken."""
    output = mapping(output)
    places = (output, mapping(child(output, "outbound")), mapping(child(output, "inbound")))
    status = child(output, "status_code")
    if isinstance(status, int | str) and _HTTP_STATUS.fullmatch(str(status)) and not 200 <= int(status) < 300:
        return f"HTTP {status}"
    code = _first(places, "ErrorCode", "error_code", "code")
    message = _first(places, "ErrorMessage", "error_message", "message")
    if code:
        return f"error {code}" + (f" ({message})" if message else "")
    call = _first(places, "DialCallStatus", "CallStatus")
    if call and call.casefold() in ("busy", "no-answer", "failed", "canceled"):
        return f"call {call}"
    return message


def _first(places: tuple[dict[str, Any], ...], *names: str) -> str | None:
    for place in places:
        for name in names:
            value = place.get(name)
            if isinstance(value, int | str) and not isinstance(value, bool) and (text := str(value).strip()):
                return text if len(text) <= _LONGEST_REASON else f"{text[: _LONGEST_REASON - 1]}…"
    return None
