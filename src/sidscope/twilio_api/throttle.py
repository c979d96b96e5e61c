"""How many requests of one account may be under way at once: Twilio's limit, found and kept.

Twilio refuses (429, code 20429) by *concurrency*, at a number it does not publish. That number shows itself:
a request refused while ``n`` others of ours were under way proves that it is at most ``n``. So we start quickly,
stop at the first refusal, hold what is proved, and try a little more from time to time ("probe-hold",
measured against nine other schemes: it wastes the fewest requests, and every 429 of ours may be one that
the account's own traffic gets).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto

from sidscope.domain.value import value

START = 10
CAP = 50

_FIRST_WAIT, _LONGEST_WAIT = 1.0, 16.0  # seconds between two probes
_LARGEST_STEP = 8
_FIRST_CUT, _LARGEST_CUT = 1, 5  # tenths of the limit; three times as much each time, until one is enough
_TRIALS, _LONGEST_TRIAL = 2, 1.0  # so many are sent under a limit that has been cut until one is answered; seconds
_PATIENT_REFUSALS = 3  # so many in a row without one success close the gate
_FIRST_CLOSURE, _LONGEST_CLOSURE = 0.02, 1.0  # seconds


@dataclass(slots=True)
class Counters:
    """What the account's traffic looks like right now. Plain numbers, readable from any thread."""

    requests: int = 0  # sent, retries included
    retries: int = 0
    throttled: int = 0  # answers with 429
    answered: int = 0  # answers that say that the server is well: neither 429 nor 5xx
    in_flight: int = 0
    limit: int = START  # how many we allow ourselves at once
    concurrent_reported: int | None = None  # Twilio's own count, where it sends Twilio-Concurrent-Requests
    clock_skew: float | None = None  # seconds that Twilio's clock (its Date header) is ahead of ours; about one exact


class Outcome(Enum):
    """What an answer says about the limit."""

    ANSWERED = auto()  # the server took the request
    REFUSED = auto()  # 429
    UNKNOWN = auto()  # no answer, cancelled, a fault of the server


@value
class Permit:
    """One request under way."""

    ahead: int  # how many others were under way when it was sent
    round: int  # of the Hold it was sent in


class Hold:
    """The limit, as a pure state machine: it is told what happened and when (seconds of any monotonic clock).

    ``limit`` is how many requests may be under way, ``closed_until`` when the next may be sent at all.
    """

    def __init__(self, start: int = START, cap: int = CAP) -> None:
        self.cap = max(1, cap)
        self.limit = max(1, min(start, self.cap))
        self.closed_until = 0.0
        self.refused_since: float | None = None  # since when there were refusals and not one success
        self._held: int | None = None  # proved to be fine; None while still starting
        self._round = 0  # grows with every correction: what was sent before it proves nothing new
        self._probing = False
        self._step = 1
        self._cut = _FIRST_CUT  # grows until something that was sent after the last one is answered
        self._trials: int | None = None  # sent since the last cut; None: it is known to be enough
        self._trial_ends = 0.0
        self._wait = _FIRST_WAIT
        self._next_probe = 0.0
        self._in_a_row = 0

    def permit(self, in_flight: int, now: float) -> Permit | None:
        """Leave to send one more request now, ``in_flight`` being under way; None if it has to wait."""
        if now < self.closed_until:
            return None
        if self._trials is not None and self._trials >= _TRIALS and in_flight and now < self._trial_ends:
            return None  # to fill up to a limit that may still be too high would be refusals at once
        if in_flight >= self.limit and not self._probe(now):
            return None
        if in_flight >= self.limit:
            return None
        if self._trials is not None:
            self._trials += 1
        return Permit(in_flight, self._round)

    def answered(self, permit: Permit, now: float, in_flight: int) -> None:
        """The server took a request; ``in_flight`` were under way then, this one among them."""
        self._in_a_row = 0
        self.refused_since = None
        self.closed_until = now
        if permit.round == self._round:
            self._cut = _FIRST_CUT
            self._trials = None
        if self._held is None:
            if in_flight >= self.limit:  # so many are fine: refusals come sooner than answers
                self.limit = min(self.cap, self.limit + 1)
        elif self._probing and permit.ahead + 1 >= self.limit:
            self._held = self.limit
            self._probing = False
            self._step = min(_LARGEST_STEP, self._step * 2)
            self._wait = _FIRST_WAIT
            self._next_probe = now

    def refused(self, permit: Permit, now: float) -> None:
        """The server refused a request, so its limit is at most the number that were ahead of it."""
        self._in_a_row += 1
        if self.refused_since is None:
            self.refused_since = now
        if self._in_a_row >= _PATIENT_REFUSALS:
            doublings = min(self._in_a_row - _PATIENT_REFUSALS, 10)
            self.closed_until = now + min(_LONGEST_CLOSURE, _FIRST_CLOSURE * 2.0**doublings)
        if self._held is None:
            self._settle(min(self.limit, permit.ahead), now)
        elif permit.round != self._round:  # sent before the last correction, which has seen to it
            return
        elif self._probing and permit.ahead >= self._held:
            self._wait = min(_LONGEST_WAIT, self._wait * 2)
            self._settle(self._held, now)
        else:  # no probe's fault: the server's limit has fallen
            self._settle(min(self._held - -(-self._held * self._cut // 10), permit.ahead), now)
            self._cut = min(_LARGEST_CUT, 3 * self._cut)
            self._trials, self._trial_ends = 0, now + _LONGEST_TRIAL

    def _probe(self, now: float) -> bool:
        """Somebody waits for a place: try a higher limit, if it is time to."""
        if self._held is None or self._probing or now < self._next_probe or self.limit >= self.cap:
            return False
        self.limit = min(self.cap, self._held + self._step)
        self._probing = True
        return True

    def _settle(self, limit: int, now: float) -> None:
        self.limit = self._held = max(1, limit)
        self._round += 1
        self._probing = False
        self._step = 1
        self._next_probe = now + self._wait


class Throttle:
    """The gate that every request of the account goes through, first come first served.

    Belongs to one event loop. ``clock`` gives monotonic seconds, ``sleep`` waits for some.
    """

    def __init__(
        self, hold: Hold, counters: Counters, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._hold = hold
        self._counters = counters
        self._clock = clock
        self._sleep = sleep
        self._waiting: deque[asyncio.Future[Permit]] = deque()
        self._alarm: asyncio.Task[None] | None = None
        counters.limit = hold.limit

    async def enter(self, *, again: bool = False) -> Permit:
        """Wait for a place. A request that was refused comes ``again``: before those not yet tried."""
        if not self._waiting and (permit := self._admit()) is not None:
            return permit
        future: asyncio.Future[Permit] = asyncio.get_running_loop().create_future()
        if again:
            self._waiting.appendleft(future)
        else:
            self._waiting.append(future)
        self._serve()
        try:
            return await future
        except asyncio.CancelledError:
            if not future.cancelled():  # it had its place already
                self.leave(future.result(), Outcome.UNKNOWN)
            raise

    def leave(self, permit: Permit, outcome: Outcome) -> None:
        """Give the place back and say what came of it."""
        now = self._clock()
        in_flight = self._counters.in_flight
        self._counters.in_flight -= 1
        if outcome is Outcome.ANSWERED:
            self._counters.answered += 1
            self._hold.answered(permit, now, in_flight)
        elif outcome is Outcome.REFUSED:
            self._hold.refused(permit, now)
        self._serve()
        self._counters.limit = self._hold.limit

    def refused_for(self) -> float:
        """For how many seconds there have been refusals and not one success."""
        since = self._hold.refused_since
        return 0.0 if since is None else self._clock() - since

    def close(self) -> None:
        """Nobody comes any more."""
        if self._alarm is not None:
            self._alarm.cancel()

    def _admit(self) -> Permit | None:
        permit = self._hold.permit(self._counters.in_flight, self._clock())
        if permit is not None:
            self._counters.in_flight += 1
        return permit

    def _serve(self) -> None:
        """Let in whoever may come in; see to it that a closed gate is tried again when it opens."""
        while self._waiting:
            if self._waiting[0].done():  # cancelled while it waited
                self._waiting.popleft()
                continue
            permit = self._admit()
            if permit is None:
                break
            self._waiting.popleft().set_result(permit)
        closed_for = self._hold.closed_until - self._clock()
        if self._waiting and closed_for > 0 and (self._alarm is None or self._alarm.done()):
            self._alarm = asyncio.ensure_future(self._open_in(closed_for))

    async def _open_in(self, seconds: float) -> None:
        await self._sleep(seconds)
        self._alarm = None
        self._serve()
