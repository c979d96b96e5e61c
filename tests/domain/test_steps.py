"""The path through the widgets: dwell times, nesting, marks, how it ended, and where it went wrong first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidscope.demo import World
from sidscope.demo.steps import steps_of
from sidscope.domain.failure import failure_first, outcome_of_path, reason_of
from sidscope.domain.records import Execution, Step
from sidscope.domain.steps import LOOP, MOST_STEPS, Ending, Path, Stay, path_of
from sidscope.domain.transitions import TRANSITIONS, Outcome, outcome_of

from .builders import NOW, START, ex, sid

Row = tuple[float | None, str | None, str | None, str | None]
"""Seconds after the start, from, event, to."""


def step(
    n: int, row: Row, *, parent: int | None = None, type_: str | None = "widget", updated: float | None = None
) -> Step:
    seconds, left, event, entered = row
    return Step(
        sid=sid("FT", n),
        execution_sid=sid("FN", 1),
        flow_sid=sid("FW", 1),
        name=event,
        transitioned_from=left,
        transitioned_to=entered,
        type=type_,
        parent_step_sid=sid("FT", parent) if parent is not None else None,
        date_created=after(seconds),
        date_updated=after(updated),
    )


def after(seconds: float | None) -> datetime | None:
    return None if seconds is None else START + timedelta(seconds=seconds)


def row(status: str | None = "ended", ended: float | None = None) -> Execution:
    return ex(1, status=status, updated=None if ended is None else ended / 3600)


def path(*rows: Row, status: str | None = "ended", ended: float | None = None, complete: bool = True) -> Path:
    steps = [step(n, each) for n, each in enumerate(rows)]
    return path_of(steps, row(status, ended), now=NOW, complete=complete)


def stays(found: Path) -> list[tuple[str, float | None, str]]:
    """Widget, seconds, what became of it."""
    return [(v.widget, v.dwell.total_seconds() if v.dwell is not None else None, v.stay.value) for v in found.visits]


HAPPY: tuple[Row, ...] = (
    (0, "Trigger", "incomingMessage", "welcome"),
    (1, "welcome", "sent", "ask"),
    (61, "ask", "incomingMessage", "bye"),
    (62, "bye", "sent", "Ended"),
)


def test_dwell_is_from_entering_to_leaving() -> None:
    found = path(*HAPPY, ended=62)
    assert stays(found) == [("Trigger", 0, "left"), ("welcome", 1, "left"), ("ask", 60, "left"), ("bye", 1, "left")]
    ask = found.visits[2]
    assert (ask.event, ask.to, ask.entered, ask.left) == ("incomingMessage", "bye", after(1), after(61))
    assert (ask.step_in, ask.step_out) == (sid("FT", 1), sid("FT", 2))
    assert (found.ending, found.ended_in_the_middle, found.current, found.wrong) == (Ending.NORMAL, False, None, ())
    assert failure_first(found).sentence == "Ended normally after 4 steps, nothing failed."


def test_the_last_widget_of_an_active_execution_runs_until_now() -> None:
    found = path(*HAPPY[:2], status="active", ended=1)
    assert stays(found)[-1] == ("ask", (NOW - START).total_seconds() - 1, "inside")
    assert (found.ending, found.current, found.until) == (Ending.ACTIVE, 2, NOW)
    assert failure_first(found).sentence == "In ask for 29 d 23 h."


def test_the_last_widget_of_an_ended_one_runs_until_it_was_updated() -> None:
    found = path(*HAPPY[:2], ended=3601)
    assert stays(found)[-1] == ("ask", 3600, "cut")
    assert (found.ending, found.ended_in_the_middle, found.wrong) == (Ending.CUT, True, (2,))
    assert failure_first(found).sentence == "Ended in ask after 1 h, without a transition."
    assert failure_first(found).order == (2, 0, 1)


def test_without_a_date_of_the_end_the_last_dwell_is_what_the_steps_tell() -> None:
    assert stays(path(*HAPPY[:2]))[-1] == ("ask", 0, "cut")


def test_steps_from_before_the_end_say_nothing_about_it() -> None:
    found = path(*HAPPY[:2], ended=3601, complete=False)
    assert (found.ending, found.wrong) == (Ending.UNKNOWN, ())
    assert stays(found)[-1] == ("ask", None, "unknown")
    assert failure_first(found).sentence == "How it ended is not known."


def test_no_steps() -> None:
    assert path().ending is Ending.UNKNOWN
    assert failure_first(path()).sentence == "No steps."
    assert failure_first(path(status="active")).sentence == "No steps: it has not left its trigger yet."
    assert failure_first(path()).order == ()


ENDINGS = [
    ("failed", Ending.FAILED, "Failed at call_api after 3 s; then Ended."),
    ("fail", Ending.FAILED, "Failed at call_api after 3 s; then Ended."),
    ("deliveryFailure", Ending.FAILED, "Failed at call_api (deliveryFailure) after 3 s; then Ended."),
    ("failedConversation", Ending.FAILED, "Failed at call_api (failedConversation) after 3 s; then Ended."),
    ("timeout", Ending.TIMEOUT, "Timed out at call_api after 3 s; then Ended."),
    ("busy", Ending.UNANSWERED, "Nobody answered at call_api (busy) after 3 s; then Ended."),
    ("hangup", Ending.HANGUP, "Hung up at call_api after 3 s; then Ended."),
    ("callComplete", Ending.NORMAL, "Ended normally after 2 steps, nothing failed."),
    (None, Ending.NORMAL, "Ended normally after 2 steps, nothing failed."),
]


@pytest.mark.parametrize(("event", "ending", "sentence"), ENDINGS)
def test_how_it_ended(event: str | None, ending: Ending, sentence: str) -> None:
    found = path((0, "Trigger", "incomingCall", "call_api"), (3, "call_api", event, "Ended"), ended=3)
    assert (found.ending, failure_first(found).sentence) == (ending, sentence)
    assert found.ended_in_the_middle == (ending is not Ending.NORMAL)


def test_a_handled_failure_comes_first_and_what_came_after_is_told() -> None:
    rows: tuple[Row, ...] = (
        (0, "Trigger", "incomingMessage", "call_api"),
        (1, "call_api", "success", "ask"),
        (2, "ask", "timeout", "call_api"),
        (5, "call_api", "failed", "sorry"),
        (6, "sorry", "failed", "bye"),
        (7, "bye", "sent", "Ended"),
    )
    found = path(*rows, ended=7)
    headline = failure_first(found, {"widgets": {"call_api": {"status_code": 503}}})
    assert headline.sentence == (
        "Failed at call_api (2nd visit): HTTP 503 after 3 s; then sorry; later ended normally."
    )
    assert headline.visit == found.first_failure == 3
    assert headline.order == (3, 2, 4, 0, 1, 5)
    active = path(*rows[:4], status="active")
    assert failure_first(active).sentence.endswith("; then sorry; now in sorry for 29 d 23 h.")
    cut = path(*rows[:4], ended=65)
    assert failure_first(cut).sentence.endswith("; then sorry; ended in sorry after 1 m, without a transition.")
    assert failure_first(path(*rows[:5], (7, "bye", "hangup", "Ended"))).sentence.endswith(
        "; ended when bye was hung up on."
    )


def test_a_lesser_trouble_is_told_only_where_nothing_failed_and_the_end_was_in_order() -> None:
    rows: tuple[Row, ...] = ((0, "Trigger", "incomingMessage", "ask"), (1, "ask", "timeout", "remind"))
    normal = path(*rows, (2, "remind", "sent", "Ended"))
    assert failure_first(normal).sentence == "Timed out at ask after 1 s; then remind; later ended normally."
    cut = path(*rows, ended=3601)
    assert failure_first(cut).sentence == "Ended in remind after 1 h, without a transition."


def test_same_widget_again_and_loops() -> None:
    asks: list[Row] = [(n, "ask", "timeout", "ask") for n in range(1, LOOP)]
    found = path((0, "Trigger", "incomingMessage", "ask"), *asks, ended=LOOP)
    assert [v.number for v in found.visits[1:]] == [v.in_a_row for v in found.visits[1:]] == list(range(1, LOOP + 1))
    assert (found.ending, found.loops, found.ended_in_the_middle) == (Ending.LOOP, (LOOP,), True)
    assert failure_first(found).sentence == ("Stopped by Twilio in a loop: ask 10 times in a row (the limit is 10).")
    assert path((0, "Trigger", "x", "ask"), *asks[1:], ended=LOOP).ending is Ending.CUT
    between: list[Row] = [(n, *pair) for n in range(9) for pair in (("ask", "timeout", "say"), ("say", "sent", "ask"))]
    found = path((0, "Trigger", "x", "ask"), *between, ended=99)
    assert (found.visits[-1].number, found.visits[-1].in_a_row, found.ending) == (10, 1, Ending.CUT)


def test_the_limit_of_steps() -> None:
    rows: list[Row] = [(n, "ab"[n % 2], "next", "ba"[n % 2]) for n in range(MOST_STEPS)]
    found = path(*rows, ended=MOST_STEPS)
    assert found.ending is Ending.LIMIT
    assert failure_first(found).sentence == "Stopped by Twilio after 1000 steps (the limit is 1,000)."


# --- subflows

SUBFLOW = [  # a subflow has its own trigger and its own end
    step(0, (0, "Trigger", "incomingMessage", "check")),
    step(1, (1, "Trigger", "incomingParent", "http"), parent=0),
    step(2, (4, "http", "failed", "Ended"), parent=0),
    step(3, (4, "check", "failed", "ask")),
]


def test_steps_of_a_subflow_are_nested_and_its_end_is_not_the_executions() -> None:
    found = path_of(SUBFLOW, row(ended=10), now=NOW)
    assert [(v.widget, v.depth, v.number) for v in found.visits] == [
        ("Trigger", 0, 1),
        ("check", 0, 1),
        ("Trigger", 1, 1),
        ("http", 1, 1),
        ("ask", 0, 1),
    ]
    assert stays(found) == [
        ("Trigger", 0, "left"),
        ("check", 4, "left"),
        ("Trigger", 1, "left"),
        ("http", 3, "left"),
        ("ask", 6, "cut"),
    ]
    assert found.ending is Ending.CUT
    assert found.first_failure == 3
    assert failure_first(found).order == (3, 1, 4, 0, 2)
    assert failure_first(found).sentence == (
        "Failed at http after 3 s; then its subflow ended; ended in ask after 6 s, without a transition."
    )


def test_an_execution_inside_of_a_subflow_is_also_in_the_widget_that_runs_it() -> None:
    found = path_of(SUBFLOW[:2], row("active"), now=NOW)
    assert [(v.widget, v.stay) for v in found.visits if v.stay is Stay.INSIDE] == [
        ("check", Stay.INSIDE),
        ("http", Stay.INSIDE),
    ]
    assert found.current == 3
    found = path_of(SUBFLOW[:3], row("ended"), now=NOW)  # the subflow ended, its widget did not
    assert (found.ending, found.visits[found.current or 0].widget) == (Ending.CUT, "check")


def test_the_same_subflow_again_begins_anew() -> None:
    again = [
        step(4, (5, "ask", "incomingMessage", "check")),
        step(5, (6, "Trigger", "incomingParent", "http"), parent=4),
        step(6, (7, "http", "success", "Ended"), parent=4),
        step(7, (7, "check", "completed", "Ended")),
    ]
    found = path_of([*SUBFLOW, *again], row(ended=7), now=NOW)
    assert [(v.widget, v.number) for v in found.visits if v.depth] == [
        ("Trigger", 1),
        ("http", 1),
        ("Trigger", 2),
        ("http", 2),
    ]
    assert [v.dwell for v in found.visits if v.widget == "Trigger" and v.depth] == [timedelta(seconds=1)] * 2
    assert found.ending is Ending.NORMAL


def test_parents_that_are_missing_or_go_round_in_a_circle() -> None:
    missing = path_of([step(1, (0, "a", "next", "b"), parent=9)], row(), now=NOW)
    assert [v.depth for v in missing.visits] == [1, 1]
    circle = [step(1, (0, "a", "next", "b"), parent=2), step(2, (1, "b", "next", "c"), parent=1)]
    itself = [step(1, (0, "a", "next", "b"), parent=1)]
    for steps in (circle, itself):
        assert [v.widget for v in path_of(steps, row(), now=NOW).visits] == ["a", "b", "c"][: len(steps) + 1]


# --- what may be wrong with a list


def test_any_order_and_steps_of_the_same_second() -> None:
    expected = stays(path(*HAPPY, ended=62))
    steps = [step(n, each) for n, each in enumerate(HAPPY)]
    for order in (steps[::-1], [steps[2], steps[0], steps[3], steps[1]]):
        assert stays(path_of(order, row(ended=62), now=NOW)) == expected
    same = [step(n, (0, *each[1:])) for n, each in enumerate(HAPPY)]
    for order in (same, same[::-1]):
        assert [v.widget for v in path_of(order, row(), now=NOW).visits] == ["Trigger", "welcome", "ask", "bye"]


def test_missing_dates_and_missing_steps() -> None:
    none = path((None, "Trigger", "x", "a"), (None, "a", "next", "b"), (None, "b", "next", "Ended"))
    assert stays(none) == [("Trigger", None, "left"), ("a", None, "left"), ("b", None, "left")]
    assert none.ending is Ending.NORMAL
    some = path((0, "Trigger", "x", "a"), (None, "a", "next", "b"), (5, "b", "next", "Ended"))
    assert stays(some) == [("Trigger", 0, "left"), ("a", None, "left"), ("b", None, "left")]
    gap = path((0, "Trigger", "x", "a"), (5, "c", "next", "Ended"))
    assert stays(gap) == [("Trigger", 0, "left"), ("a", None, "unknown"), ("c", None, "left")]
    assert (gap.ending, gap.current) == (Ending.NORMAL, None)
    backwards = path_of(
        [step(0, HAPPY[0]), step(1, (None, "welcome", "sent", "ask"), updated=7)], row(ended=3), now=NOW
    )
    assert stays(backwards)[1:] == [("welcome", 7, "left"), ("ask", 0, "cut")]
    nowhere = path((0, None, None, None), (1, "a", "next", None))
    assert stays(nowhere) == [("a", None, "left")]
    assert nowhere.ending is Ending.UNKNOWN


def test_the_steps_of_every_execution_of_the_demo() -> None:
    world = World(3, NOW, executions=400, flows=6, arrival=None)
    endings: set[Ending] = set()
    for run in world.runs(NOW):
        rows = [
            Step(s.sid, run.sid, run.flow.sid, s.name, s.left, s.entered, s.type, s.parent, s.at)
            for s in steps_of(run, world.account_sid, NOW)
        ]
        active = run.active(NOW)
        execution = Execution(run.sid, run.flow.sid, "active" if active else "ended", run.started, run.updated(NOW))
        found = path_of(rows, execution, now=NOW)
        endings.add(found.ending)
        assert (found.ending is Ending.ACTIVE) == active
        assert len(found.visits) == len(rows) + active  # each step leaves one, the last one may not be left
        left = [v for v in found.visits if v.stay is Stay.LEFT]
        assert all(v.dwell is not None and v.type for v in left)
        assert [v.to for v in left[:-1]] == [v.widget for v in found.visits[1 : len(left)]]
        check(found)
    assert endings >= {Ending.ACTIVE, Ending.NORMAL, Ending.FAILED}


# --- anything at all


def check(found: Path) -> None:
    """What holds for every path."""
    assert [v.index for v in found.visits] == list(range(len(found.visits)))
    assert all(v.dwell is None or v.dwell >= timedelta(0) for v in found.visits)
    assert all(v.dwell is not None for v in found.visits if v.entered and v.left)
    headline = failure_first(found)
    assert sorted(headline.order) == list(range(len(found.visits)))
    assert headline.sentence.endswith(".")
    marked = len(found.wrong) + (headline.visit is not None and headline.visit not in found.wrong)
    assert set(found.wrong) <= set(headline.order[:marked])
    if found.first_failure is not None:
        assert headline.order[0] == headline.visit == found.first_failure


NAMES = st.sampled_from(["Trigger", "a", "b", "c", "Ended", "ended", "", None]) | st.text(max_size=3)
EVENTS = st.sampled_from([name for name, _, _ in TRANSITIONS]) | st.text(max_size=6) | st.none()
TIMES = st.none() | st.integers(0, 5)
STEPS = st.lists(st.tuples(TIMES, NAMES, EVENTS, NAMES, st.none() | st.integers(0, 6)), max_size=14)


@settings(deadline=None, max_examples=200)
@given(STEPS, st.sampled_from(["active", "ended", None, "new"]), TIMES, st.booleans())
def test_any_steps(rows: Sequence[Any], status: str | None, ended: int | None, complete: bool) -> None:
    steps = [step(n % 12, each[:4], parent=each[4]) for n, each in enumerate(rows)]
    found = path_of(steps, row(status, ended), now=NOW, complete=complete)
    check(found)
    assert sorted(map(id, found.steps)) == sorted(map(id, steps))
    assert sum(v.stay is Stay.LEFT for v in found.visits) == sum(bool(each[1]) for each in rows)
    assert (found.ending is Ending.ACTIVE) == (status == "active")


CHAINS = st.lists(st.sampled_from("abc"), min_size=1, max_size=12)


@settings(deadline=None, max_examples=100)
@given(CHAINS, st.lists(st.integers(0, 3), min_size=14, max_size=14), st.booleans())
def test_a_whole_chain_in_whole_seconds_comes_back(names: list[str], gaps: list[int], backward: bool) -> None:
    chain = ["Trigger", *names, "Ended"]
    moments = [sum(gaps[:n]) for n in range(len(chain))]
    steps = [step(n, (moments[n], chain[n], "next", chain[n + 1])) for n in range(len(chain) - 1)]
    found = path_of(steps[::-1] if backward else steps, row(ended=moments[len(steps) - 1]), now=NOW)
    if not backward or all(gaps[: len(steps) - 1]):
        assert [v.widget for v in found.visits] == chain[:-1]
        assert sum((v.dwell or timedelta() for v in found.visits), timedelta()) == timedelta(
            seconds=moments[len(steps) - 1]
        )


# --- the vocabulary, and why


def test_the_vocabulary_names_each_event_once() -> None:
    names = [name.casefold() for name, _, _ in TRANSITIONS]
    assert len(set(names)) == len(names)
    assert all(outcome_of(name) is outcome is outcome_of(name.upper()) for name, outcome, _ in TRANSITIONS)


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        ("failedConversation", Outcome.FAILED),
        ("some_error", Outcome.FAILED),
        ("HTTPError", Outcome.FAILED),
        ("recordingTimeout", Outcome.TIMEOUT),
        ("timed out", Outcome.TIMEOUT),
        ("lineBusy", Outcome.UNANSWERED),
        ("no-answer", Outcome.UNANSWERED),
        ("callerHungUp", Outcome.HANGUP),
        ("terrorist", Outcome.NORMAL),
        ("unfailing", Outcome.NORMAL),
        ("business", Outcome.NORMAL),
        ("", Outcome.NORMAL),
        (None, Outcome.NORMAL),
    ],
)
def test_events_that_are_not_in_the_table_are_judged_by_their_words(event: str | None, outcome: Outcome) -> None:
    assert outcome_of(event) is outcome


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ({"status_code": 500, "body": "no"}, "HTTP 500"),
        ({"status_code": "404"}, "HTTP 404"),
        ('{"status_code": 502}', "HTTP 502"),
        ({"status_code": 200, "ErrorCode": 30003}, "error 30003"),
        ({"outbound": {"ErrorCode": 63016, "ErrorMessage": "outside the window"}}, "error 63016 (outside the window)"),
        ({"outbound": {"ErrorCode": None, "Status": "failed"}}, None),
        ({"DialCallStatus": "no-answer"}, "call no-answer"),
        ({"DialCallStatus": "completed"}, None),
        ({"ErrorMessage": "x" * 99}, "x" * 79 + "…"),
        ({"status_code": "²³"}, None),
        ({"status_code": True}, None),
        ({}, None),
        (None, None),
        ([1], None),
    ],
)
def test_the_reason(output: Any, reason: str | None) -> None:
    assert reason_of(output) == reason


@pytest.mark.parametrize(
    ("rows", "how", "outcome"),
    [
        (HAPPY, {}, "normal"),
        (HAPPY[:3], {}, "cut"),
        (HAPPY[:3], {"status": "active"}, "unknown"),
        (HAPPY[:3], {"complete": False}, "unknown"),
        ((), {}, "unknown"),
        (((0, "call", "failed", "sorry"), (1, "sorry", "sent", "Ended")), {}, "failed"),
        (((0, "call", "failed", "sorry"),), {"status": "active"}, "failed"),
        (((0, "call", "failed", "sorry"),), {"complete": False}, "failed"),
        (((0, "call", "failed", "ask"), (1, "ask", "timeout", "Ended")), {}, "failed"),
        (((0, "ask", "timeout", "Ended"),), {}, "timeout"),
        (((0, "ask", "timeout", "bye"), (1, "bye", "sent", "Ended")), {}, "timeout"),
        (((0, "call", "noAnswer", "Ended"),), {}, "unanswered"),
        (((0, "call", "hangup", "Ended"),), {}, "hangup"),
        (tuple((n, "again", "match", "again") for n in range(LOOP)), {}, "loop"),
    ],
)
def test_the_outcome_is_what_the_sentence_begins_with(rows: Sequence[Row], how: dict[str, Any], outcome: str) -> None:
    assert outcome_of_path(path(*rows, **how)).value == outcome
