"""What the engine is doing, what it has spent, and what went wrong: for a status line, stderr and the exit code."""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime

from sidscope.domain.records import ReadStatus
from sidscope.domain.value import value
from sidscope.twilio_api import Denied, Throttled, TwilioApiError, Unreachable


def trouble_of(error: TwilioApiError) -> str:
    """The kind of trouble that an error means, for :attr:`Progress.trouble`."""
    kinds = {Unreachable: "unreachable", Denied: "denied", Throttled: "throttled"}
    return next((name for kind, name in kinds.items() if isinstance(error, kind)), "fault")


@dataclass(slots=True)
class Progress:
    """Plain numbers, written by the engine alone and readable from any thread."""

    phase: str = "starting"  # starting | listing | reading | live | offline | stopped | refused
    flows_total: int = 0
    flows_listed: int = 0
    executions_seen: int = 0
    contexts_done: int = 0
    contexts_left: int = 0
    steps_done: int = 0  # of executions whose steps were asked for all together
    steps_left: int = 0
    lookups_done: int = 0
    lookups_total: int = 0
    last_ok: datetime | None = None
    next_poll: datetime | None = None
    problem: str | None = None
    trouble: str | None = None  # unreachable | denied | throttled | fault, or partial: only some of it is missing
    waits: str | None = None  # why the backlog of contexts waits for Twilio to answer again
    paused: bool = False  # no polling, and no context that nobody looks at


@value
class FlowState:
    """How one flow is kept up to date."""

    name: str
    interval: float  # seconds between two looks
    due: datetime  # the next look
    looking: bool  # right now
    newest: datetime | None
    problem: str | None


@dataclass(slots=True)
class SyncState(Progress):
    """A snapshot of the engine's progress and of the account's traffic, for a status line and the sync panel."""

    requests: int = 0
    throttled: int = 0
    throttling: bool = False  # Twilio has refused requests as too many (429) within the last seconds
    in_flight: int = 0
    limit: int = 0
    retries: int = 0
    seconds_left: int | None = None  # for the contexts, or look-ups, that are still to come; None: not known
    flows: tuple[FlowState, ...] = ()
    problems: tuple[str, ...] = ()  # what could not be read since the start


_REFUSED_LATELY = 20.0  # seconds: longer than the throttle's pause between two probes


class Lately:
    """Whether a number has grown within the last seconds."""

    def __init__(self) -> None:
        self._number = 0
        self._grew: float | None = None

    def grew(self, number: int, now: float) -> bool:
        """``now`` in seconds of a monotonic clock; to be asked again and again."""
        if number > self._number:
            self._number, self._grew = number, now
        return self._grew is not None and now - self._grew < _REFUSED_LATELY


_LOOKS_BACK = 10.0  # seconds: what lies further back says nothing about how fast it goes now
_AT_LEAST = 1.0  # seconds: before that nothing can be said


class Remaining:
    """How long what is left will take, by how fast it went over the last seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def seconds(self, now: float, done: int, left: int) -> int | None:
        """Whole seconds for the ``left``, as many as ``done`` having been done by ``now`` (seconds of a monotonic
        clock); None while nothing is left, or nothing can be said. To be asked again and again."""
        if not left or (self._seen and done < self._seen[-1][1]):
            self._seen.clear()
        if not left:
            return None
        self._seen.append((now, done))
        while now - self._seen[0][0] > _LOOKS_BACK:
            self._seen.popleft()
        began, before = self._seen[0]
        if now - began < _AT_LEAST or done <= before:
            return None
        return math.ceil(left * (now - began) / (done - before))


@dataclass(slots=True)
class Problems:
    """What could not be read, so that nothing missing is ever shown as complete."""

    sentences: list[str] = field(default_factory=list)
    _unread: dict[tuple[str, str], tuple[ReadStatus, str | None]] = field(default_factory=dict)  # and why

    def add(self, sentence: str) -> None:
        """One thing that went wrong, as a sentence."""
        if sentence not in self.sentences:
            self.sentences.append(sentence)

    def read(self, what: str, key: str, status: ReadStatus, why: str | None = None) -> None:
        """The outcome of reading one ``what`` ("context", "conversation"…), and why, where that is known; only denied
        and failed ones matter, until they are read after all."""
        if status in (ReadStatus.DENIED, ReadStatus.FAILED):
            self._unread[what, key] = status, why if status is ReadStatus.FAILED else None
        else:
            self._unread.pop((what, key), None)

    def all(self, *, but: str | None = None) -> list[str]:
        """Every problem as a sentence, or all ``but`` those of one kind of reading; empty if all is complete."""
        words = {ReadStatus.DENIED: "denied to these credentials", ReadStatus.FAILED: "could not be read"}
        reads: Counter[tuple[str, ReadStatus]] = Counter()
        reasons: dict[tuple[str, ReadStatus], str] = {}
        for (what, _), (status, why) in self._unread.copy().items():
            if what == but:
                continue
            reads[what, status] += 1
            if why:
                reasons[what, status] = f" ({why})"
        counted = [
            f"{number} {what}{'s' if number > 1 else ''} {words[status]}{reasons.get((what, status), '')}"
            for (what, status), number in reads.items()
        ]
        return [*self.sentences, *counted]
