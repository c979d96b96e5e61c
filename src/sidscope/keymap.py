"""Whether the keys that a configuration file binds can work: known commands, no clashes, keys that terminals send.

Pure. Key names are Textual's: ``j``, ``G`` (with shift), ``ctrl+d``, ``slash`` or ``/``, ``pagedown``, ``f5``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Protocol


class Bindable(Protocol):
    """What is to be known of a command: its keys, and the panes in which they count."""

    @property
    def keys(self) -> tuple[str, ...]: ...

    @property
    def where(self) -> frozenset[str]: ...


_NAMED: Final = frozenset(
    {"up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete", "backspace", "tab"}
    | {"enter", "escape", "space", *(f"f{number}" for number in range(1, 25))}
)
_MOVABLE: Final = _NAMED - {"tab", "enter", "escape", "space", "backspace"}  # those that shift and ctrl change
_OTHER_NAMES: Final = {  # how Textual shortens the names of Unicode
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
_MEANT: Final = {
    "esc": "escape",
    "return": "enter",
    "newline": "enter",
    "del": "delete",
    "ins": "insert",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "page_up": "pageup",
    "page_down": "pagedown",
    "spacebar": "space",
    "dot": "full_stop",
    "period": "full_stop",
    "question": "question_mark",
    "hash": "number_sign",
}
_SAME_BYTE: Final = {
    "ctrl+m": "terminals send the same for it as for enter",
    "ctrl+i": "terminals send the same for it as for tab",
    "ctrl+j": "some terminals send it for enter",
    "ctrl+h": "some terminals send it for backspace",
    "ctrl+left_square_bracket": "terminals send the same for it as for escape",
    "ctrl+c": "it must stay the way out",
}
_MODIFIERS: Final = ("ctrl", "shift", "alt")
_CONTROLS: Final = frozenset({"at", "backslash", "right_square_bracket", "circumflex_accent", "underscore", "space"})


def _name(character: str) -> str:
    if character.isalnum() and character.isascii():
        return character
    name = unicodedata.name(character, "").lower().replace("-", "_").replace(" ", "_")
    return _OTHER_NAMES.get(name, name)


_PUNCTUATION: Final = frozenset(_name(chr(code)) for code in range(0x21, 0x7F) if not chr(code).isalnum())


def key_name(spelling: str) -> str:
    """The name of a key however it is spelled: ``slash`` for ``/``, ``ctrl+left_square_bracket`` for ``ctrl+[``."""
    head, plus, last = spelling.rpartition("+")
    if not last and plus:  # the plus sign itself
        head, last = head.removesuffix("+"), "+"
    last = _name(last) if len(last) == 1 else last
    return f"{head}+{last}" if head else last


def keys_of(value: str) -> list[str]:
    """The names of the keys in a value of the configuration file, which separates them by commas."""
    return [key_name(part.strip()) for part in value.split(",") if part.strip()]


def check_keys(
    keys: Mapping[str, str], commands: Mapping[str, Bindable], places: Mapping[str, str] | None = None
) -> list[str]:
    """A sentence for each thing that is wrong with ``keys`` (command → its keys, by commas), after its place (command →
    file and line) where that is given.

    Unknown commands and keys with the nearest known one, keys that terminals do not send or keep for themselves, and
    two commands on one key in the same pane.
    """
    found = (*_unusable(keys, commands), *_clashes(keys, commands))
    places = places or {}
    return [f"{places[command]}: {said}" if command in places else said for command, said in found]


def _unusable(keys: Mapping[str, str], commands: Mapping[str, Bindable]) -> Iterator[tuple[str, str]]:
    """Commands that there are not, and keys that cannot be: the command, and what is to be said."""
    for command, value in keys.items():
        if command not in commands:
            yield command, f"keys.{command}: there is no such command{_nearest(command, commands)}."
            continue
        names = keys_of(value)
        if not names:
            own = _list(commands[command].keys)
            yield command, f"keys.{command}: no key is named; remove the line to keep {own}."
        for name in names:
            if why := why_not(name):
                yield command, f"keys.{command}: {why}."


def why_not(name: str) -> str | None:
    """Why a terminal will not do for this key (a clause), or None."""
    if name in _SAME_BYTE:
        return f"{name} cannot be used: {_SAME_BYTE[name]}"
    *modifiers, key = name.split("+")
    if unknown := next((word for word in modifiers if word not in _MODIFIERS), None):
        if unknown.lower() in _MODIFIERS or len(set(modifiers)) < len(modifiers):
            return f"{name} is not spelled as keys are: write {name.lower()}"
        return f"{name} cannot be used: terminals know {', '.join(_MODIFIERS)}, not {unknown!r}"
    if "alt" in modifiers:
        return f"{name} is unsafe: many terminals keep alt for themselves or send it as escape"
    if re.fullmatch("[A-Za-z]", key):
        return _letter(name, key, modifiers)
    if key not in _NAMED and key not in _PUNCTUATION and not re.fullmatch("[0-9]", key):
        return f"there is no key {name!r}{_nearest_key(key)}"
    if modifiers and key not in _MOVABLE and name not in ("shift+tab", *(f"ctrl+{word}" for word in _CONTROLS)):
        return f"{name} cannot be used: terminals do not tell it from {key}"
    return None


def _letter(name: str, key: str, modifiers: list[str]) -> str | None:
    if "ctrl" in modifiers and ("shift" in modifiers or key.isupper()):
        return f"{name} cannot be used: with ctrl, terminals do not tell capital letters"
    if "shift" in modifiers:
        return f"{name} is spelled as the capital letter: write {key.upper()}"
    return None


def _clashes(keys: Mapping[str, str], commands: Mapping[str, Bindable]) -> Iterator[tuple[str, str]]:
    """Two commands on one key in the same pane, at least one of them bound by the user: that one comes first."""
    bound = {name: keys_of(keys[name]) if name in keys else list(command.keys) for name, command in commands.items()}
    names = list(commands)
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            panes = commands[first].where & commands[second].where
            shared = [key for key in bound[first] if key in bound[second]]
            if panes and shared and (first in keys or second in keys):
                own = second if second in keys else first
                yield own, f"keys: {_list(shared)} is both {first} and {second}; give one of them another key."


def _near(word: str, known: Iterable[str]) -> list[str]:
    from difflib import get_close_matches  # only where something is wrong

    return get_close_matches(word, list(known), n=1)


def _nearest(word: str, known: Mapping[str, Bindable]) -> str:
    close = _near(word, known)
    return f" (is {close[0]} meant?)" if close else ""


def _nearest_key(key: str) -> str:
    if key.lower() in _NAMED:
        return f" (write {key.lower()})"
    close = [_MEANT[key.lower()]] if key.lower() in _MEANT else _near(key, _NAMED | _PUNCTUATION)
    return f" (is {close[0]} meant?)" if close else ""


def _list(keys: tuple[str, ...] | list[str]) -> str:
    return ", ".join(keys)
