"""What the explorer's backlog does while Twilio does not answer: it waits, and loses nothing."""

from __future__ import annotations

from typing import Final

from sidscope.twilio_api import ServerFault, Throttled, TwilioApiError, Unreachable

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
"""Seconds before the first probe, and at most between two."""

AGAIN_AFTER = (60.0, 300.0, 1500.0)
"""Seconds after which a context that failed is tried again; so many times in a run."""

_PASSING: Final = (Unreachable, ServerFault, Throttled)


class Outage:
    """Whether Twilio answers, and how long to wait before the next probe while it does not. Knows no clock."""

    def __init__(self) -> None:
        self.error: TwilioApiError | None = None
        """Why the backlog waits; None while it does not."""
        self.pause = 0.0
        """Seconds until the next probe."""
        self._failed_at: dict[str, int] = {}  # key → how many answers the account had given by then

    @staticmethod
    def may_pass(error: TwilioApiError | None) -> bool:
        """Whether it may be better the next time: no connection, 5xx, 429 without end."""
        return isinstance(error, _PASSING)

    def explains(self, key: str, answers: int) -> bool:
        """Whether such a failure says nothing of the context that was asked for. It does where it comes again although
        the account has given answers since: ``answers`` counts them."""
        before = self._failed_at.get(key)
        self._failed_at[key] = answers
        return before is None or before == answers

    def begins(self, error: TwilioApiError) -> None:
        """Nobody answers."""
        if self.error is None:
            self.pause = FIRST_PAUSE
        self.error = error

    def lasts(self) -> None:
        """A probe has failed too."""
        self.pause = min(LONGEST_PAUSE, self.pause * 2)

    def doubted(self) -> None:
        """What failed has itself to blame: it is soon to be seen whether the others have."""
        self.pause = FIRST_PAUSE

    def ends(self) -> None:
        """Somebody answers again."""
        self.error = None
