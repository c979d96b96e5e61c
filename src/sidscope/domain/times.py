"""Reading times as Twilio and people write them, and saying them in words. Pure; "now" comes as an argument."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sidscope.domain.patterns import later

CLOCK_SKEW = timedelta(minutes=15)
"""How far our clock may be ahead of Twilio's without a gap between two listings."""

_SPAN = later(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_YEARS = range(1970, 9000)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_time(value: Any) -> datetime | None:
    """An aware UTC datetime from ISO 8601 (Studio, Conversations) or RFC 2822 (Calls); None if it is neither, or a time
    that cannot be meant (a day before or after it must still be a datetime).

    A time without a zone is UTC, as Twilio writes it.
    """
    moment = _read(value)
    return moment if moment and moment.year in _YEARS else None


def _read(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return _utc(value)
    if not isinstance(value, str) or not value or len(value) > 64:
        return None
    try:
        return _utc(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        pass
    from email.utils import parsedate_to_datetime  # rarely needed, and heavy to load

    try:
        return _utc(parsedate_to_datetime(value))
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _utc(value: datetime) -> datetime:
    if value.tzinfo is UTC:
        return value
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def parse_span(text: str) -> timedelta | None:
    """``24h``, ``7d``, ``90m``, ``2w``; None if it is not written so or is longer than a datetime can go back."""
    match = _SPAN.fullmatch(text.strip().lower())
    if not match:
        return None
    try:
        span = timedelta(**{_UNITS[match[2]]: float(match[1])})
    except OverflowError:
        return None
    return span if span < timedelta(days=365 * 100) else None


def parse_since(text: str, now: datetime) -> datetime | None:
    """A moment given as a span back from now (``24h``, ``7d``) or as an ISO 8601 time; None if it is neither."""
    span = parse_span(text)
    if span is not None:
        return now - span
    try:
        return _utc(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError):
        return None


def iso(value: datetime | None) -> str | None:
    """ISO 8601 in UTC with Z and whole seconds (milliseconds, microseconds kept where there are any)."""
    if value is None:
        return None
    value = value.astimezone(UTC)
    precision = "microseconds" if value.microsecond % 1000 else "milliseconds" if value.microsecond else "seconds"
    text = value.isoformat(timespec=precision)
    return text.replace("+00:00", "Z")


def say_span(span: timedelta) -> str:
    """A length of time in at most two units: ``3 h 12 m``, ``45 s``, ``2 d 4 h``."""
    seconds = max(0, round(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} m" if minutes >= 10 or not seconds else f"{minutes} m {seconds} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} m" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


_TOLD = later(r"(read )?(\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?) UTC")


def retold(sentence: str, tell: Callable[[datetime, bool], str]) -> str:
    """A sentence with each moment of :func:`say_time` told by ``tell`` instead; the flag says that it is one at which
    something was read, which interests people as an age."""

    def replace(match: re.Match[str]) -> str:
        moment = parse_time(match[2])
        return (match[1] or "") + tell(moment, bool(match[1])) if moment else match[0]

    return _TOLD.sub(replace, sentence)


def reads_in(sentence: str) -> set[datetime]:
    """The moments of :func:`say_read` in a sentence."""
    if "(read " not in sentence:
        return set()
    found = (parse_time(match[2]) for match in _TOLD.finditer(sentence) if match[1])
    return {moment for moment in found if moment}


def say_time(value: datetime) -> str:
    """A moment, absolute, to the minute: ``2026-11-22 14:02 UTC``."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def say_read(value: datetime) -> str:
    """When something was read, absolute, to the second, as its age is told in seconds: ``read 2026-11-22 14:02:09
    UTC``."""
    return value.astimezone(UTC).strftime("read %Y-%m-%d %H:%M:%S UTC")
