"""The same session again, from a recording: no network, no credentials, and the time that it was then."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

from sidscope.domain.numbers import count
from sidscope.twilio_api.recording import (
    RecordingError,
    Session,
    Take,
    answered,
    read_exchange,
    read_object,
    session_of,
    unreadable,
)

_FROM, _TO = "DateCreatedFrom", "DateCreatedTo"
_BOUNDS: Final = frozenset({_FROM, _TO, "PageSize"})
_UNKNOWN_AFTER: Final = 0.2  # seconds: others that are asked at the same time may know, and this one be given up


@dataclass(slots=True)
class _Shelf:
    """The takes of one request in order; the last one is given again and again."""

    takes: list[tuple[float, Take]] = field(default_factory=list)
    given: int = 0

    def next(self) -> tuple[float, Take]:
        take = self.takes[min(self.given, len(self.takes) - 1)]
        self.given += 1
        return take


class Player:
    """Answers from a recording. Its clock starts when the recording did, and goes on from there.

    Each request is answered as it was then, in order, the last answer again and again. A list of executions that was
    not asked for from just that moment is answered by one that was asked for from an earlier one.
    """

    def __init__(
        self,
        session: Session,
        exchanges: Iterable[tuple[str, float, Take]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.session = session
        self._clock = clock
        self._began = clock()
        self._furthest = 0.0  # the recorded time of the latest answer given: a replay may be quicker
        self._shelves: dict[_Key, _Shelf] = {}
        self._lists: dict[_Key, list[_Key]] = {}  # without its bounds → the keys with them
        for target, at, take in exchanges:
            key = _key(target)
            if key not in self._shelves:
                self._shelves[key] = _Shelf()
                self._lists.setdefault(_unbounded(key), []).append(key)
            self._shelves[key].takes.append((at, take))

    def now(self) -> datetime:
        """The time in the recording; just after an answer, when that was given."""
        return answered.get() or self.clock()

    def clock(self) -> datetime:
        """The time in the recording."""
        seconds = max(self._clock() - self._began, self._furthest)
        return self.session.started + timedelta(seconds=seconds)

    async def take(self, target: str) -> Take | None:
        """What was answered to this request; None if the recording does not hold it."""
        key = _key(target)
        shelf = self._shelves.get(key) or self._wider(key)
        if shelf is None:
            answered.set(None)
            await asyncio.sleep(_UNKNOWN_AFTER)
            return None
        at, take = shelf.next()
        self._furthest = max(self._furthest, at)
        answered.set(self.session.started + timedelta(seconds=at))
        return take

    def _wider(self, key: _Key) -> _Shelf | None:
        """The list that surely holds all of what is asked for, the narrowest of them."""
        since, until = _bound(key, _FROM), _bound(key, _TO)
        fitting = [
            (_bound(other, _FROM) or "", other)
            for other in self._lists.get(_unbounded(key), ())
            if (_bound(other, _FROM) or "") <= (since or "")
            and ((theirs := _bound(other, _TO)) is None or (until is not None and theirs >= until))
        ]
        return self._shelves[max(fitting)[1]] if fitting else None


_Key = tuple[str, tuple[tuple[str, str], ...]]  # path, sorted parameters


def _key(target: str) -> _Key:
    path, _, query = target.partition("?")
    return path, tuple(sorted(parse_qsl(query, keep_blank_values=True)))


def _unbounded(key: _Key) -> _Key:
    return key[0], tuple(pair for pair in key[1] if pair[0] not in _BOUNDS)


def _bound(key: _Key, name: str) -> str | None:
    """A bound as the SDK writes it, always the same way: comparable as text."""
    return next((value for parameter, value in key[1] if parameter == name), None)


def load_recording(path: Path) -> Player:
    """A recording, ready to be replayed. Raises RecordingError for one that is broken, cut off or too new."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise unreadable(path, error) from None
    session = session_of(path, lines[0] if lines else "")
    exchanges: list[tuple[str, float, Take]] = []
    for number, line in enumerate(lines[1:], 2):
        document = read_object(line)
        if document is not None and document.get("end") == len(exchanges) and number == len(lines):
            return Player(session, exchanges)
        exchange = read_exchange(document) if document is not None else None
        if exchange is None and number < len(lines):
            raise RecordingError(f"{path}:{number} is not a line of a recording: it cannot be replayed.")
        if exchange is not None:
            exchanges.append(exchange)
    raise RecordingError(
        f"{path} is cut off after {count(len(exchanges), 'request')}: record again, and end it with q."
    )
