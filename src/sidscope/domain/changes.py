"""What changed between two contexts, leaf by leaf. Never recursive; JSON inside strings is compared decoded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

from sidscope.domain.jsontree import decode, path_join
from sidscope.domain.patterns import later
from sidscope.domain.sids import is_sid
from sidscope.domain.value import value

MOST: Final = 500
"""So many changes of one sort are told; more are only counted."""


class ChangeKind(StrEnum):
    """What happened to a value."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Noise(StrEnum):
    """Why a change is rarely what one looks for."""

    TIME = "time"
    SID = "sid"


@value
class Change:
    """One value that differs. ``old`` and ``new`` are scalars or empty containers (None where there is none: see
    ``kind``), JSON strings decoded."""

    path: str
    kind: ChangeKind
    old: Any
    new: Any
    noise: Noise | None = None


@value
class Changes:
    """All that differs, in the order of the later context. ``noise``: times and SIDs, kept apart.

    ``more`` and ``more_noise`` count what is beyond the limit.
    """

    items: tuple[Change, ...] = ()
    noise: tuple[Change, ...] = ()
    more: int = 0
    more_noise: int = 0

    @property
    def total(self) -> int:
        return len(self.items) + len(self.noise) + self.more + self.more_noise


class _Missing:
    """Stands where one of the two has nothing."""


_MISSING: Final = _Missing()


def changes(before: Any, after: Any, *, limit: int = MOST) -> Changes:
    """The difference between two contexts (or any JSON): which leaves were added, removed or got another value.

    ``limit`` bounds how many of each sort are kept. Lists are compared position by position.
    """
    items: list[Change] = []
    noise: list[Change] = []
    more = more_noise = 0
    for change in _walk(before, after):
        kept = noise if change.noise else items
        if len(kept) < limit:
            kept.append(change)
        elif change.noise:
            more_noise += 1
        else:
            more += 1
    return Changes(tuple(items), tuple(noise), more, more_noise)


def _walk(before: Any, after: Any) -> Iterator[Change]:
    stack: list[tuple[str, Any, Any]] = [("", before, after)]
    while stack:
        path, old, new = stack.pop()
        if old is new:
            continue
        old, new = decode(old), decode(new)
        if (isinstance(old, dict) and isinstance(new, dict)) or (isinstance(old, list) and isinstance(new, list)):
            stack.extend(reversed(list(_pairs(path, old, new))))
        elif _holds(old) or _holds(new):
            # One is a container, the other is not or is one of another sort: nothing in them belongs together.
            inside = [*_pairs(path, None, new), *_pairs(path, old, None)]
            if _is_leaf(old) or _is_leaf(new):
                yield _change(path, old if _is_leaf(old) else _MISSING, new if _is_leaf(new) else _MISSING)
            stack.extend(reversed(inside))
        elif not _same(old, new):
            yield _change(path, old, new)


def _holds(value: Any) -> bool:
    return isinstance(value, dict | list) and bool(value)


def _is_leaf(value: Any) -> bool:
    return value is not _MISSING and not _holds(value)


def _pairs(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """The members of two containers of one sort (or of one alone), the newer one's order first."""
    one = new if _holds(new) else old
    if isinstance(one, dict):
        olds: dict[str, Any] = old if isinstance(old, dict) else {}
        news: dict[str, Any] = new if isinstance(new, dict) else {}
        for key in (*news, *(key for key in olds if key not in news)):
            yield path_join(path, key), olds.get(key, _MISSING), news.get(key, _MISSING)
    elif isinstance(one, list):
        before: list[Any] = old if isinstance(old, list) else []
        after: list[Any] = new if isinstance(new, list) else []
        for index in range(max(len(before), len(after))):
            yield (
                path_join(path, index),
                before[index] if index < len(before) else _MISSING,
                after[index] if index < len(after) else _MISSING,
            )


def _same(old: Any, new: Any) -> bool:
    """Whether two leaves are the same JSON value: 1 is 1.0, but neither is true."""
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    if isinstance(old, int | float) and isinstance(new, int | float):
        return old == new or (old != old and new != new)  # NaN, which Python's JSON reader lets in
    return type(old) is type(new) and bool(old == new)


def _change(path: str, old: Any, new: Any) -> Change:
    kind = ChangeKind.CHANGED
    if old is _MISSING:
        kind, old = ChangeKind.ADDED, None
    elif new is _MISSING:
        kind, new = ChangeKind.REMOVED, None
    told = [new] if kind is ChangeKind.ADDED else [old] if kind is ChangeKind.REMOVED else [old, new]
    return Change(path, kind, old, new, _noise(path, told))


_ISO: Final = later(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?")
_RFC_2822: Final = re.compile(r"[A-Z][a-z]{2}, \d\d? [A-Z][a-z]{2} \d{4} [\d:]{5,8} \S{1,6}")
_NAMED_AS_TIME: Final = later(r"(date_[a-z_]+|[A-Za-z_]*_at|millis|timestamp|Timestamp|Date[A-Z]\w*)")
_LAST_KEY: Final = later(r"[A-Za-z_][A-Za-z0-9_-]*$")


def _noise(path: str, values: list[Any]) -> Noise | None:
    if all(is_sid(value) for value in values):
        return Noise.SID
    if all(_is_time(value) for value in values):
        return Noise.TIME
    name = _LAST_KEY.search(path)
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return Noise.TIME if numbers and name and _NAMED_AS_TIME.fullmatch(name.group()) else None


def _is_time(value: Any) -> bool:
    if not isinstance(value, str) or len(value) > 40:
        return False
    if _ISO.fullmatch(value):
        return True
    if not _RFC_2822.fullmatch(value):
        return False
    from email.utils import parsedate_to_datetime  # rarely needed, and heavy to load

    try:
        parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
    return True
