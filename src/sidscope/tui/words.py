"""Times and lengths as the screen writes them: short, in local time or UTC, "now" given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from sidscope.domain.numbers import count
from sidscope.domain.times import retold

_zone: tzinfo | None = None  # of the one screen that a process has; None: the local one


def use_utc(utc: bool) -> None:
    """From now on times are written in UTC, or in the local zone."""
    global _zone
    _zone = UTC if utc else None


def in_utc() -> bool:
    """Whether times are written in UTC."""
    return _zone is not None


def zone() -> tzinfo | None:
    """The zone that times are written in; None: the local one."""
    return _zone


def brief(span: timedelta) -> str:
    """A length of time in one unit, at most 5 cells: ``45 s``, ``12 m``, ``3 h``, ``5 d``."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} m"
    if seconds < 86400:
        return f"{seconds // 3600} h"
    return f"{min(seconds // 86400, 999)} d"


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago, in one unit; a dash if the moment is not known. Counted from the whole second, as sentences name
    it, so that two who tell of one moment agree. Seconds go by tens from the tenth on: where nothing happens but time,
    the screen is not painted every second."""
    if moment is None:
        return "–"
    passed = now - moment.replace(microsecond=0)
    seconds = int(passed.total_seconds())
    return f"{seconds // 10 * 10} s" if 10 <= seconds < 60 else brief(passed)


def ago(moment: datetime | None, now: datetime) -> str:
    """:func:`age` of what was read, in words."""
    return age(moment, now) if moment is None else f"{age(moment, now)} ago"


def clock(moment: datetime) -> str:
    """Time of day to the second."""
    return moment.astimezone(_zone).strftime("%H:%M:%S")


def day(moment: datetime, now: datetime) -> str:
    """The date, named where it is near: ``Today``, ``Yesterday``, ``Sun 22 Nov 2026``."""
    local, today = moment.astimezone(_zone).date(), now.astimezone(_zone).date()
    if local == today:
        return "Today"
    if local == today - timedelta(days=1):
        return "Yesterday"
    return local.strftime("%a %d %b %Y")


def told(sentence: str, now: datetime) -> str:
    """A sentence of the domain with its moments as the screen writes them: today's as a time of day, others with the
    date, and how long ago something was read."""

    def tell(moment: datetime, read: bool) -> str:
        if read:
            return ago(moment, now)
        local, today = moment.astimezone(_zone), now.astimezone(_zone)
        return local.strftime("%H:%M" if local.date() == today.date() else "%a %d %b %H:%M")

    return retold(sentence, tell)


__all__ = ["age", "ago", "brief", "clock", "count", "day", "in_utc", "told", "use_utc", "zone"]
