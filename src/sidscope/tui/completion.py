"""What the box offers while one types: keys, values, names and addresses seen, saved queries. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sidscope.domain.patterns import later
from sidscope.domain.query import VALUES
from sidscope.domain.record import Record
from sidscope.safetext import safe

MOST: Final = 12
"""Choices that are offered at once."""

_LAST_WORD: Final = later(r'(?P<minus>-?)(?:(?P<key>[A-Za-z_]+):)?(?P<value>"[^"]*|[^\s"]*)\Z')
_SEEN: Final[dict[str, Callable[[Record], str | None]]] = {
    "flow": lambda record: record.flow_name,
    "contact": lambda record: record.contact,
    "sender": lambda record: record.sender,
}


class Choice(NamedTuple):
    """One thing that can be put in: the box's whole text with it, and what it is called in the list of choices."""

    text: str
    label: str
    saved: bool = False  # a query of the configuration file


@dataclass(slots=True)
class Vocabulary:
    """What there is to choose from: the records seen (for names, and for addresses unless ``discreet``) and the saved
    queries."""

    records: Callable[[], Iterable[Record]] = tuple
    queries: Mapping[str, str] = field(default_factory=dict)
    discreet: Callable[[], bool] = bool

    def values(self, key: str) -> Sequence[str]:
        """The values that a key can have: those it is defined with, else those that were seen, sorted."""
        if key not in _SEEN:
            return VALUES.get(key, ())
        if key != "flow" and self.discreet():
            return ()
        value_of = _SEEN[key]
        seen = {value for record in self.records() if (value := value_of(record))}
        return sorted((value for value in seen if _can_be_typed(value)), key=str.casefold)

    def choices(self, text: str) -> list[Choice]:
        """What the last word of ``text`` can become, the likeliest first; at most :data:`MOST`."""
        found: list[Choice] = []
        for choice in self._all(text):
            if choice.text != text and choice not in found:
                found.append(choice)
                if len(found) == MOST:
                    break
        return found

    def _all(self, text: str) -> Iterator[Choice]:
        match = _LAST_WORD.search(text)
        if match is None:
            return
        head, key, value = text[: match.start()] + match["minus"], match["key"], match["value"]
        if key is not None:
            folded = value.removeprefix('"').casefold()
            for each in _likeliest(folded, self.values(key.lower())):
                yield Choice(f"{head}{key}:{_quoted(each)}", each)
            return
        if not head.strip(" -") and not match["minus"]:  # a saved query stands for the whole text
            for name in _likeliest(value.casefold(), tuple(self.queries)):
                yield Choice(self.queries[name], name, saved=True)
        for name in VALUES:
            if name.startswith(value.lower()):
                yield Choice(f"{head}{name}:", f"{name}:")
        if value:
            for name in ("status", "channel", "verdict", "anomaly", "outcome"):
                for each in VALUES[name]:
                    if each.startswith(value.lower()):
                        yield Choice(f"{head}{name}:{each}", f"{name}:{each}")


def ghost(text: str, choices: Sequence[Choice]) -> str | None:
    """The text that `right` would make of ``text``: the first choice that simply goes on from it."""
    if not text.strip():
        return None
    folded = text.casefold()
    longer = (choice.text for choice in choices if len(choice.text) > len(text))
    return next((longest for longest in longer if longest.casefold().startswith(folded)), None)


def _likeliest(folded: str, names: Sequence[str]) -> Iterator[str]:
    """Those that begin so, then those with a word that does, then those that contain it."""
    ranked = [(rank, name) for name in names if (rank := _rank(folded, name.casefold())) is not None]
    yield from (name for _, name in sorted(ranked, key=lambda each: each[0]))


def _rank(folded: str, name: str) -> int | None:
    if name.startswith(folded):
        return 0
    at = name.find(folded)
    if at < 0:
        return None
    return 1 if not name[at - 1].isalnum() else 2


def _can_be_typed(value: str) -> bool:
    """Whether the value, put into the box, would find what it was taken from."""
    return '"' not in value and safe(value) == value and len(value) <= 120


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"\s", value) else value
