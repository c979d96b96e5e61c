"""What can be copied now: a letter for each kind of SID on screen, and texts made from them. Pure."""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from sidscope.domain.facts import Facts
from sidscope.domain.record import Record
from sidscope.domain.sids import KINDS, is_sid, sid_key
from sidscope.tui.ink import Ink, Row, fit

MOST_RECENT: Final = 20
"""So many copies can be taken again."""

CONSOLE, TICKET, JSON, VALUE, CONTACT, SENDER, TSV, MARKDOWN, RECENT = "u", "l", "j", "y", "n", "s", "v", "d", "r"
_TAKEN: Final = {CONSOLE, TICKET, JSON, VALUE, CONTACT, SENDER, TSV, MARKDOWN, RECENT}

_WELL_KNOWN: Final = {
    "FN": "f", "FW": "w", "CH": "h", "CA": "c", "SM": "m", "MM": "m", "IM": "m", "WT": "t", "KD": "i",
}  # fmt: skip


def _letters() -> dict[str, str]:
    """A letter for every kind that there is: the well-known ones', else one of its own letters, else any that is free,
    in the end capitals. A message is a message, whichever of its prefixes it has."""
    letters = dict(_WELL_KNOWN)
    taken = _TAKEN | set(letters.values())
    for prefix, name in KINDS.items():
        if prefix in letters:
            continue
        own = (prefix + name).lower()
        wishes = own + string.ascii_lowercase + own.upper() + string.ascii_uppercase
        letters[prefix] = next(each for each in wishes if each.isalpha() and each not in taken)
        taken.add(letters[prefix])
    return letters


LETTERS: Final = _letters()
"""SID prefix → the letter that copies one of that kind."""


class Choice(NamedTuple):
    """Something to copy. ``letter`` is empty where it can only be chosen with the cursor."""

    letter: str
    what: str
    shown: str  # the value, or words about it
    make: Callable[[], str]
    told: str = ""  # what the toast calls it, where it is no plain value
    stranger: bool = True  # ``shown`` is a value and not sidscope's words
    steps_of: str | None = None  # the execution whose steps it tells, to be read before it is made


def value_choice(letter: str, what: str, value: str) -> Choice:
    """A value that is there already."""
    return Choice(letter, what, value, lambda: value)


def sid_choices(record: Record, facts: Facts | None, others: Iterable[str] = ()) -> list[Choice]:
    """The SIDs of an execution and its addresses, then ``others`` on screen: a letter for the first of each kind."""
    own = [
        record.execution_sid,
        record.flow_sid,
        record.conversation_sid,
        record.call_sid,
        record.message_sid,
        record.initiated_by,
        record.task_sid,
        record.interaction_sid,
        facts.service_sid if facts else None,
        *others,
        *(mention.sid for mention in record.related_sids),
    ]
    choices: list[Choice] = []
    lettered: set[str] = set()
    seen: set[str] = set()
    for sid in own:
        if sid is None or not is_sid(sid) or sid_key(sid) in seen:
            continue
        seen.add(sid_key(sid))
        prefix = sid[:2].upper()
        letter = LETTERS[prefix]
        choices.append(value_choice("" if letter in lettered else letter, KINDS[prefix], sid))
        lettered.add(letter)
    addresses = ((CONTACT, "contact", record.contact), (SENDER, "sender", record.sender))
    choices += [value_choice(letter, what, value) for letter, what, value in addresses if value]
    return [each for each in choices if each.letter] + [each for each in choices if not each.letter]


def record_json(record: Record) -> str:
    """An execution as `sidscope list --format json` prints it."""
    return json.dumps(record.as_dict(), ensure_ascii=False, indent=2)


def recent_choices(recent: Sequence[str]) -> list[Choice]:
    """The last copies, the newest first, with the letters of the alphabet."""
    return [
        value_choice(letter, f"{_lines(value)}", value)
        for letter, value in zip(string.ascii_lowercase, reversed(recent), strict=False)
    ]


def _lines(value: str) -> str:
    number = value.count("\n") + 1
    return "" if number == 1 else f"{number} lines"


def choice_rows(choices: Iterable[Choice], cells: int) -> Iterator[Row]:
    """The menu, a line for each choice."""
    for choice in choices:
        ink = "dim" if not choice.stranger else "sid" if is_sid(choice.shown) else "string"
        yield Row(
            (
                Ink("  "),
                Ink(fit(choice.letter, 3), "key"),
                Ink(fit(choice.what, 22) + " ", "plain"),
                Ink(choice.shown[: 2 * cells], ink),
            ),
            stands=True,
        )
