"""Where one has been: the stops that `[` and `]` go through, and the texts that the box has held. No Textual."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from sidscope.tui.groups import Place
from sidscope.tui.ordering import Grouping

STOPS: Final = 100
TEXTS: Final = 50


class Stop(NamedTuple):
    """All that is needed to be there again."""

    place: Place | None
    grouping: Grouping
    filter_text: str
    filter_on: bool


class Trail:
    """Back and forth as in a browser: whoever jumps says first where it was; going elsewhere forgets the way forth."""

    def __init__(self) -> None:
        self._past: list[Stop] = []
        self._future: list[Stop] = []

    @property
    def has_past(self) -> bool:
        return bool(self._past)

    @property
    def has_future(self) -> bool:
        return bool(self._future)

    def leave(self, here: Stop) -> None:
        """A jump is about to be made from here."""
        self._future.clear()
        _push(self._past, here)

    def back(self, here: Stop) -> Stop | None:
        """Where one was before; None at the beginning."""
        return _step(self._past, self._future, here)

    def forth(self, here: Stop) -> Stop | None:
        """Where one was when one went back from there; None at the end."""
        return _step(self._future, self._past, here)


def _step(source: list[Stop], other: list[Stop], here: Stop) -> Stop | None:
    while source:
        stop = source.pop()
        if stop != here:
            _push(other, here)
            return stop
    return None


def _push(stops: list[Stop], stop: Stop) -> None:
    if not stops or stops[-1] != stop:
        stops.append(stop)
        del stops[:-STOPS]


class History:
    """The texts that the box has held, each once, the last one first to come; what is being typed is kept meanwhile."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._at: int | None = None
        self._typed = ""

    def restore(self, texts: Iterable[str]) -> None:
        """Takes up the texts of another time, the oldest first."""
        for text in texts:
            self.add(text)

    @property
    def texts(self) -> tuple[str, ...]:
        """All of them, the oldest first."""
        return tuple(self._texts)

    @property
    def browsing(self) -> bool:
        """Whether the box shows one of them rather than what was typed."""
        return self._at is not None

    def add(self, text: str) -> None:
        """The box was used with this text."""
        self.rest()
        text = text.strip()
        if text:
            self._texts = [each for each in self._texts if each != text][-(TEXTS - 1) :]
            self._texts.append(text)

    def older(self, shown: str) -> str | None:
        """The text before the one shown; None if there is none."""
        if self._at is None:
            self._typed = shown
        at = len(self._texts) if self._at is None else self._at
        while at > 0:
            at -= 1
            if self._texts[at] != shown.strip():
                self._at = at
                return self._texts[at]
        return None

    def newer(self) -> str | None:
        """The text after the one shown, in the end what was being typed; None if that is what is shown."""
        if self._at is None:
            return None
        self._at += 1
        if self._at < len(self._texts):
            return self._texts[self._at]
        self.rest()
        return self._typed

    def rest(self) -> None:
        """Something else is typed: the next `up` begins at the end again."""
        self._at = None
