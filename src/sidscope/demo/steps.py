"""The steps of an execution: one for each transition, made from the same visits as its context."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sidscope.demo.account import Run, make_sid
from sidscope.demo.contexts import visits_until
from sidscope.demo.visits import Json


@dataclass(frozen=True, slots=True)
class StepRow:
    """One transition; ``outputs`` is what its widgets had put out until then."""

    sid: str
    name: str
    left: str
    entered: str
    type: str
    at: datetime
    parent: str | None
    outputs: Json


def steps_of(run: Run, account_sid: str, now: datetime) -> list[StepRow]:
    """Newest first, as Twilio lists them. Steps of a subflow name their Run Subflow step."""
    trigger = run.wiring.value.split(" ")[0]
    left, event, kind, at = "Trigger", trigger, "trigger", run.started
    steps: list[StepRow] = []
    outputs: Json = {}
    visits = visits_until(run, account_sid, now)
    for index, visit in enumerate(visits):
        parent = make_sid("FT", run.sid, visit.within) if visit.within is not None else None
        sid = make_sid("FT", run.sid, index)
        steps.append(StepRow(sid, event, left, visit.name, kind, at, parent, dict(outputs)))
        if visit.output is not None:
            outputs[visit.name] = visit.output
        left, event, kind, at = visit.name, visit.event, visit.type, visit.at
    if not run.active(now) and run.ended:
        sid = make_sid("FT", run.sid, len(visits))
        steps.append(StepRow(sid, event or "timeout", left, "Ended", kind, max(at, run.ended), None, dict(outputs)))
    return steps[::-1]
