"""The sync panel: how it stands with Twilio, what it cost, how often each flow is looked at, what went wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sidscope.domain.times import say_span
from sidscope.tui.ink import BLANK, Ink, Row, fit, wrap
from sidscope.tui.marks import ANOMALY
from sidscope.tui.words import age, ago, brief, count

if TYPE_CHECKING:
    from sidscope.sync.progress import FlowState, SyncState

_NOT_ASKED = "sidscope is offline: only the archive is read, Twilio is not asked. Start without --offline to go on."
_PAUSED = "Paused: no polling, no backlog of contexts. What you look at or search for is still asked for."
_FEW = 50  # cells under which a flow's next look gives way to its name


def sync_rows(
    state: SyncState | None, now: datetime, cells: int, *, live: Ink, offline: bool, complaints: Sequence[str] = ()
) -> list[Row]:
    """The panel in ``cells``, what is wrong first. ``live`` is how it stands, as the header says it; ``complaints`` are
    about the configuration."""
    rows = [
        Row((Ink("  Sync", "strong"), Ink("   space pauses and goes on · r asks now · esc closes", "faint"))),
        BLANK,
    ]
    if offline or state is None:
        rows += [*_troubles(complaints, cells), _pair("state", live)]
        if offline:
            rows += [BLANK, *(_said(line, "dim") for line in wrap(_NOT_ASKED, cells - 4))]
        return rows
    rows += [*_troubles([*complaints, state.problem, state.waits, *state.problems], cells), _pair("state", live)]
    rows += _figures(state, now)
    if state.paused:
        rows += [BLANK, *(_said(line, "warn") for line in wrap(_PAUSED, cells - 4))]
    if state.flows:
        cadence = "   busy ones are asked every 3 s, idle ones up to every 60 s"
        rows += [BLANK, Row((Ink("  Flows", "title"), Ink(cadence, "faint")))]
        rows += [_flow(flow, state.paused, now, cells) for flow in state.flows]
    return rows


def _pair(name: str, *values: Ink) -> Row:
    return Row((Ink("  "), Ink(fit(name, 14), "dim"), *values), stands=True)


def _said(line: str, ink: str) -> Row:
    return Row((Ink("  "), Ink(line, ink)))


def _figures(state: SyncState, now: datetime) -> Iterator[Row]:
    looking = [flow.name for flow in state.flows if flow.looking]
    doing = ", ".join(looking[:3]) + (f" and {len(looking) - 3} more" if len(looking) > 3 else "")
    if state.phase == "listing":
        doing = f"flows {state.flows_listed} of {state.flows_total}"
    elif not doing and state.in_flight:
        doing = "contexts and look-ups"
    yield _pair("fetching", Ink(doing or "nothing", "accent" if doing else "plain"))
    yield _pair("contexts", Ink(f"{state.contexts_left:,} left"), Ink(f" · {_of_all(state)}", "dim"))
    if state.waits:
        yield _pair("", Ink("waiting for Twilio to answer; nothing is lost", "warn"))
    elif state.seconds_left is not None:
        yield _pair("time left", Ink(f"about {say_span(timedelta(seconds=state.seconds_left))}"))
    if state.steps_left or state.steps_done:
        yield _pair("steps", Ink(f"{state.steps_left:,} left"), Ink(f" · {state.steps_done:,} read", "dim"))
    if state.lookups_total:
        yield _pair("look-ups", Ink(f"{state.lookups_done:,} of {state.lookups_total:,}"))
    yield _pair(
        "requests",
        Ink(f"{state.requests:,}"),
        Ink(f" · {state.retries:,} of them again after a failure" if state.retries else "", "dim"),
    )
    refused = f" · refused with 429 {count(state.throttled, 'time')}"
    yield _pair(
        "throttle",
        Ink(f"{state.in_flight} of {state.limit} at once"),
        Ink(refused if state.throttled else " · never refused", "warn" if state.throttled else "dim"),
    )
    yield _pair("as of", Ink(ago(state.last_ok, now)))


def _of_all(state: SyncState) -> str:
    if not state.contexts_left:
        return f"{state.contexts_done:,} read"
    return f"{state.contexts_done:,} of {state.contexts_done + state.contexts_left:,} read"


def _troubles(problems: Iterable[str | None], cells: int) -> Iterator[Row]:
    troubles = dict.fromkeys(each for each in problems if each)
    if not troubles:
        return
    yield Row((Ink("  Problems", "title"),))
    for trouble in troubles:
        for number, line in enumerate(wrap(trouble, cells - 6)):
            yield Row((Ink(f"  {ANOMALY.sign} " if number == 0 else "    ", "warn"), Ink(line)), stands=number == 0)
    yield BLANK


def _flow(flow: FlowState, paused: bool, now: datetime, cells: int) -> Row:
    """Cadence first, the name (a stranger's words) last."""
    every = f"every {round(flow.interval)} s"
    if flow.looking:
        following = Ink("asking…", "accent")
    elif paused:
        following = Ink("paused", "warn")
    else:
        following = Ink(f"next {brief(flow.due - now)}", "dim")
    parts = [Ink("  "), Ink(fit(every, 12))]
    if cells >= _FEW:
        parts += [Ink(fit(following.text, 11), following.ink)]
        parts.append(Ink(fit(f"newest {age(flow.newest, now)}", 14), "dim"))
    if flow.problem:
        parts.append(Ink(f"{ANOMALY.sign} {flow.name}: {flow.problem}", "warn"))
    else:
        parts.append(Ink(flow.name, "plain"))
    return Row(tuple(parts), stands=True)
