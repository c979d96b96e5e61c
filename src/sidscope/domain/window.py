"""WhatsApp's customer service window: 24 hours since the customer's last inbound message.

It belongs to a contact and a sender, whatever the conversation, execution or task
(https://www.twilio.com/docs/api/errors/63016). Only messages whose time is known count, so a window may really be
longer than known; it is never drawn from the dates of a conversation.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sidscope.domain.value import value

WINDOW = timedelta(hours=24)


@value
class Span:
    """One stretch in which free-form messages could be sent: the first and last known inbound, and the lapse."""

    opened: datetime
    last_inbound: datetime

    @property
    def lapses(self) -> datetime:
        return self.last_inbound + WINDOW

    def open_at(self, moment: datetime) -> bool:
        return self.opened <= moment <= self.lapses

    def left(self, now: datetime) -> timedelta:
        """How long it still is open; zero if it has lapsed."""
        return max(self.lapses - now, timedelta(0))


def windows(inbound: Iterable[datetime]) -> tuple[Span, ...]:
    """The windows that these inbound messages open and extend, oldest first."""
    spans: list[Span] = []
    for moment in sorted(inbound):
        if spans and moment <= spans[-1].lapses:
            spans[-1] = Span(spans[-1].opened, moment)
        else:
            spans.append(Span(moment, moment))
    return tuple(spans)
