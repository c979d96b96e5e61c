"""The way of one execution through its widgets, out of its steps.

A step is one transition: the event ``name`` led ``transitioned_from`` one widget ``transitioned_to`` another at
``date_created``; its ``type`` is that of the widget left (https://www.twilio.com/docs/studio/rest-api/v2/step). Steps
of a subflow stand in the same list and name, as ``parent_step_sid``, the step of their Run Subflow widget. So a stay in
a widget lies between two steps: the one that led in and the one that led out, whose context holds what it put out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from sidscope.domain.records import EPOCH, Execution, Step
from sidscope.domain.sids import sid_key
from sidscope.domain.transitions import Outcome, is_end, outcome_of
from sidscope.domain.value import replace, value

LOOP: Final = 10
"""Twilio stops an execution that runs the same widget so often in a row
(https://www.twilio.com/docs/studio/user-guide/studio-faq)."""

MOST_STEPS: Final = 1000
"""Twilio ends an execution after so many steps (same source)."""


class Ending(StrEnum):
    """How an execution ended, as far as its steps tell."""

    ACTIVE = "active"
    NORMAL = "normal"  # by a transition to "Ended" that nothing is wrong with
    FAILED = "failed"  # by one that says that something failed, or nobody answered, or hung up
    TIMEOUT = "timeout"
    UNANSWERED = "unanswered"
    HANGUP = "hangup"
    CUT = "cut"  # inside a widget, without any transition: stopped from outside, or a hang-up that nobody handles
    LOOP = "loop"  # stopped by Twilio: the same widget too often in a row
    LIMIT = "limit"  # stopped by Twilio: too many steps
    UNKNOWN = "unknown"  # there are no steps, or they were read before it ended


ENDINGS: Final = {
    Outcome.NORMAL: Ending.NORMAL,
    Outcome.FAILED: Ending.FAILED,
    Outcome.TIMEOUT: Ending.TIMEOUT,
    Outcome.UNANSWERED: Ending.UNANSWERED,
    Outcome.HANGUP: Ending.HANGUP,
}

_INSIDE: Final = (Ending.ACTIVE, Ending.CUT, Ending.LOOP, Ending.LIMIT)  # it is, or was then, in a widget


class Stay(StrEnum):
    """What became of a stay in a widget."""

    LEFT = "left"
    INSIDE = "inside"  # the execution is active and here
    CUT = "cut"  # the execution ended while here
    UNKNOWN = "unknown"  # no step says how it was left


@value
class Visit:
    """One stay in a widget. All names are strangers' text."""

    index: int  # in the path, from 0, by the time of entering
    widget: str
    type: str | None  # the widget's type; known once it was left
    depth: int  # 0 in the flow itself, 1 in a subflow
    stay: Stay
    entered: datetime | None
    left: datetime | None  # for a stay that was cut: when the execution ended
    event: str | None  # by which it was left
    to: str | None  # where that led: a widget's name or "Ended"
    outcome: Outcome
    number: int  # which visit of this widget (at this depth), from 1
    in_a_row: int  # which one without another widget in between, from 1
    step_in: str | None  # FT: its context is how things were before
    step_out: str | None  # FT: its context is how things were after
    dwell: timedelta | None  # for an active execution's present widget: until now

    @property
    def wrong(self) -> bool:
        """Whether something was out of order here: it failed, nobody answered, hung up, or it was cut off."""
        return self.outcome is not Outcome.NORMAL or self.stay is Stay.CUT


@value
class Path:
    """The widgets that an execution came by, in time order, and how it ended."""

    visits: tuple[Visit, ...]
    steps: tuple[Step, ...]  # in time order
    ending: Ending
    current: int | None  # the visit it is in, or was in when it ended
    first_failure: int | None  # the visit that was the first to fail
    loops: tuple[int, ...]  # visits that were the tenth of one widget in a row
    until: datetime | None  # now, or when it ended

    @property
    def ended_in_the_middle(self) -> bool:
        """Whether it ended otherwise than by a transition to "Ended" that nothing is wrong with."""
        return self.ending not in (Ending.ACTIVE, Ending.NORMAL, Ending.UNKNOWN)

    @property
    def wrong(self) -> tuple[int, ...]:
        """The visits where something was out of order, in time order."""
        return tuple(visit.index for visit in self.visits if visit.wrong)


def path_of(steps: Iterable[Step], row: Execution, *, now: datetime, complete: bool = True) -> Path:
    """The path of the execution ``row`` through its steps, given in any order.

    ``complete``: the steps were read after it had ended (else nothing is said about how it ended). Missing times,
    missing steps, unknown parents and parents in a circle are taken as they come; nothing is ever raised.
    """
    ordered = in_time_order(steps)
    until = now if row.active else _ended_at(row, ordered)
    walk = _Walk(_depths(ordered), row)
    for step, moment in ordered:
        walk.take(step, moment)
    visits = walk.visits
    ending = _ending(row, walk, complete)
    current = walk.present() if ending in _INSIDE else None
    if current is not None:
        stay = Stay.INSIDE if ending is Ending.ACTIVE else Stay.CUT
        for index in walk.open_around(current):
            visits[index] = _stayed(visits[index], stay, until)
    return Path(
        visits=tuple(visits),
        steps=tuple(step for step, _ in ordered),
        ending=ending,
        current=current,
        first_failure=walk.first_failure,
        loops=tuple(visit.index for visit in visits if visit.in_a_row == LOOP),
        until=until,
    )


def in_time_order(steps: Iterable[Step]) -> list[tuple[Step, datetime | None]]:
    """The steps, oldest first, each with its time. Steps of the same second (Twilio tells whole ones) stay in the
    order given, or all in the opposite one if they link up better then; one without a time stays behind the one before
    it."""
    given = list(steps)
    forward, backward = _by_time(given), _by_time(given[::-1])
    return backward if _links(backward) > _links(forward) else forward


def _by_time(steps: Sequence[Step]) -> list[tuple[Step, datetime | None]]:
    moment, keyed = EPOCH, []
    for step in steps:
        own = step.date_created or step.date_updated
        moment = own or moment
        keyed.append((moment, step, own))
    keyed.sort(key=lambda item: item[0])
    return [(step, own) for _, step, own in keyed]


def _links(steps: Sequence[tuple[Step, datetime | None]]) -> int:
    """How many steps begin where the one before led."""
    return sum(
        before.transitioned_to is not None and before.transitioned_to == after.transitioned_from
        for (before, _), (after, _) in pairwise(steps)
    )


def _depths(steps: Iterable[tuple[Step, datetime | None]]) -> dict[str, int]:
    """How deep in subflows each step with a parent is, by key. A parent that is missing is one in the flow itself;
    where parents go round in a circle, the circle is followed once."""
    parents = {sid_key(step.sid): sid_key(step.parent_step_sid) for step, _ in steps if step.parent_step_sid}
    depths: dict[str, int] = {}
    for key in parents:
        chain: list[str] = []
        seen: set[str] = set()
        while key in parents and key not in depths and key not in seen:
            seen.add(key)
            chain.append(key)
            key = parents[key]
        depth = depths.get(key, 0) if key not in seen else 0
        for member in reversed(chain):
            depth += 1
            depths[member] = depth
    return depths


def _ended_at(row: Execution, ordered: Sequence[tuple[Step, datetime | None]]) -> datetime | None:
    last = next((moment for _, moment in reversed(ordered) if moment), None)
    if row.date_updated and last:
        return max(row.date_updated, last)
    return row.date_updated or last


class _Walk:
    """Goes through the steps and keeps which widgets have been entered and not left."""

    def __init__(self, depths: dict[str, int], row: Execution) -> None:
        self.visits: list[Visit] = []
        self.taken = 0
        self.last: Step | None = None  # the one that ended the execution itself
        self.first_failure: int | None = None
        self._depths = depths
        self._started = row.date_created
        self._open: list[int] = []  # entered and not left, in order
        self._counts: dict[tuple[str, int], int] = {}
        self._last: dict[int, Visit] = {}  # by depth

    def take(self, step: Step, moment: datetime | None) -> None:
        self.taken += 1
        depth = self._depths.get(sid_key(step.sid), 0)
        if depth == 0 and is_end(step.transitioned_to):
            self.last = step
        if step.transitioned_from:
            index = self._opened(step.transitioned_from, depth)
            if index is None:
                index = self._enter(step.transitioned_from, depth, self._began(step, depth), None)
            self._open.remove(index)
            visit = self.visits[index]
            self.visits[index] = replace(
                visit,
                type=step.type,
                stay=Stay.LEFT,
                left=moment,
                event=step.name,
                to=step.transitioned_to,
                outcome=outcome_of(step.name),
                step_out=step.sid,
                dwell=_between(visit.entered, moment),
            )
            if self.first_failure is None and self.visits[index].outcome is Outcome.FAILED:
                self.first_failure = index
        if step.transitioned_to and not is_end(step.transitioned_to):
            self._enter(step.transitioned_to, depth, moment, step.sid)

    def present(self) -> int | None:
        """The widget entered last and not left."""
        return self._open[-1] if self._open else None

    def open_around(self, current: int) -> list[int]:
        """``current`` and the Run Subflow widgets that it is inside of."""
        found, depth = [], self.visits[current].depth + 1
        for index in reversed(self._open):
            if self.visits[index].depth < depth:
                found.append(index)
                depth = self.visits[index].depth
        return found

    def _opened(self, widget: str, depth: int) -> int | None:
        """The stay in this widget that a step of this depth ends: that depth's own, else any."""
        found = [index for index in self._open if self.visits[index].widget == widget]
        same = [index for index in found if self.visits[index].depth == depth]
        return max(same or found, default=None)

    def _began(self, step: Step, depth: int) -> datetime | None:
        """When the widget was entered that this step leaves and to which none led: only of a trigger that is known."""
        if step.type != "trigger" and step.transitioned_from != "Trigger":
            return None
        if not self.visits:
            return self._started
        around = next((index for index in reversed(self._open) if self.visits[index].depth < depth), None)
        return self.visits[around].entered if around is not None and depth not in self._last else None

    def _enter(self, widget: str, depth: int, moment: datetime | None, step: str | None) -> int:
        before = self._last.get(depth)
        for deeper in [level for level in self._last if level > depth]:
            del self._last[deeper]  # the next subflow begins anew
        number = self._counts[widget, depth] = self._counts.get((widget, depth), 0) + 1
        visit = Visit(
            index=len(self.visits),
            widget=widget,
            type=None,
            depth=depth,
            stay=Stay.UNKNOWN,
            entered=moment,
            left=None,
            event=None,
            to=None,
            outcome=Outcome.NORMAL,
            number=number,
            in_a_row=before.in_a_row + 1 if before and before.widget == widget else 1,
            step_in=step,
            step_out=None,
            dwell=None,
        )
        self.visits.append(visit)
        self._open.append(visit.index)
        self._last[depth] = visit
        return visit.index


def _ending(row: Execution, walk: _Walk, complete: bool) -> Ending:
    if row.active:
        return Ending.ACTIVE
    if not walk.visits or not complete:
        return Ending.UNKNOWN
    if walk.visits[-1].in_a_row >= LOOP:
        return Ending.LOOP
    if walk.last:
        return ENDINGS[outcome_of(walk.last.name)]
    if walk.taken >= MOST_STEPS:
        return Ending.LIMIT
    return Ending.CUT if row.status == "ended" and walk.present() is not None else Ending.UNKNOWN


def _stayed(visit: Visit, stay: Stay, until: datetime | None) -> Visit:
    left = until if stay is Stay.CUT else None
    return replace(visit, stay=stay, left=left, dwell=_between(visit.entered, until))


def _between(entered: datetime | None, left: datetime | None) -> timedelta | None:
    return max(left - entered, timedelta(0)) if entered and left else None
