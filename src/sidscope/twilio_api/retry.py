"""How long to wait, how often to try, when to give up. Pure: times and chance come in as arguments."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random

from sidscope.domain.value import value


@value
class Backoff:
    """Exponential backoff with full jitter: each wait is anything between 0 and a ceiling that doubles.

    ``tries`` counts the first one too; ``patience`` is how many seconds after the first try began a further one
    may still begin. ``first`` and ``longest`` are the ceilings in seconds.
    """

    tries: int
    patience: float
    first: float
    longest: float

    def wait(self, tried: int, since: float, asked: float | None, chance: Random) -> float | None:
        """Seconds to wait after ``tried`` tries, at least what the server ``asked`` for; None to give up.

        ``since`` is the time in seconds since the first try began.
        """
        if tried >= self.tries:
            return None
        drawn = chance.uniform(0.0, min(self.longest, self.first * 2.0 ** (tried - 1)))
        wait = drawn if asked is None else asked + min(drawn, self.first)
        return wait if since + wait <= self.patience else None


@value
class Policy:
    """The transport's times, all in seconds.

    With these a server that is down is reported after about 4 s, one that swallows everything after at most
    20 s, one that refuses everything (429) after at most 45 s.
    """

    connect: float = 5.0
    read: float = 10.0  # between two pieces of an answer
    whole: float = 30.0  # one try, from sending to the last piece
    faults: Backoff = Backoff(tries=6, patience=15.0, first=0.25, longest=8.0)
    refusals: Backoff = Backoff(tries=14, patience=45.0, first=0.1, longest=8.0)


def retry_after(header: str | None, now: datetime) -> float | None:
    """The seconds that a Retry-After header asks to wait (RFC 9110, 10.2.3: seconds or an HTTP date).

    None if there is none or it says nothing; a date in the past is 0.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text) if len(text) < 10 else float("inf")
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())
