"""How a flow would name a value: its Liquid path, ``{{widgets.ask.inbound.Body}}``.

Members are reached with a dot, or in brackets and quotes where a name has other characters than letters, digits and
underscores (https://www.twilio.com/docs/studio/user-guide/liquid-template-language). Liquid as Studio has it cannot
look into JSON text: no filter of it parses, only a Set Variables widget with "Parse as JSON object" does
(https://www.twilio.com/docs/studio/widget-library/set-variables). So the path of a value inside such a text ends there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from sidscope.domain.jsontree import decode, encodable, path_join
from sidscope.domain.patterns import later
from sidscope.domain.value import value

Key = str | int

_PLAIN: Final = later(r"[A-Za-z_][A-Za-z0-9_]*")
_PART: Final = later(r"\.?([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]|\[(\"(?:[^\"\\]|\\.)*\")\]", re.DOTALL)
_ROOTS: Final = ("trigger", "contact", "flow", "widgets")
_ENVELOPES: Final = 4  # contexts in contexts, as seen from step contexts


@value
class Liquid:
    """The Liquid expression of a value, or of the JSON text that it is in: ``inside`` is the rest of the way then.

    ``expression`` is None where Liquid has no way to write it; ``note`` says what there is to know, in one sentence.
    """

    expression: str | None
    inside: str | None = None
    note: str | None = None


def liquid_of(body: Any, path: str) -> Liquid:
    """The Liquid path of what stands under ``path`` (as jsontree spells paths) in a context. Never raises."""
    keys = keys_of_path(path)
    if keys is None:
        return Liquid(None, note="That is not a path of this context.")
    value, keys = _without_envelope(decode(body), keys)
    for count, key in enumerate(keys):
        if isinstance(value, str):  # what came as JSON text
            value = decode(value)
            if count:
                inside = _spelled(keys[count:])
                note = "It is inside a JSON text: Set Variables can parse that as a JSON object."
                return Liquid(expression_of(keys[:count]), inside, note)
        value = _member(value, key)
    expression = expression_of(keys)
    return Liquid(expression, note=None if expression else "Liquid cannot write this name.")


def expression_of(keys: Sequence[Key]) -> str | None:
    """``{{…}}`` for a way from the root of a context; None if Liquid cannot write it."""
    if not keys or isinstance(keys[0], int) or not _PLAIN.fullmatch(keys[0]):
        return None
    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f"[{key}]"
        elif _PLAIN.fullmatch(key):
            text += f".{key}" if text else key
        else:
            quote = '"' if '"' not in key else "'"
            # Liquid's strings know no escapes, and its tags end at the first }} or %} even inside quotes.
            if quote in key or "}}" in key or "%}" in key or not key.isprintable():
                return None
            text += f"[{quote}{key}{quote}]"
    return f"{{{{{text}}}}}"


def keys_of_path(path: str) -> tuple[Key, ...] | None:
    """The keys out of a path as :func:`~sidscope.domain.jsontree.path_join` spells it; None if that is none."""
    keys: list[Key] = []
    position = 0
    while position < len(path):
        match = _PART.match(path, position)
        if not match or (match[1] is not None and (path[position] == ".") != bool(keys)):
            return None
        if match[3] is not None:
            try:
                keys.append(str(json.loads(match[3], strict=False)))
            except ValueError:
                return None
        else:
            keys.append(match[1] if match[1] is not None else int(match[2]))
        position = match.end()
    return tuple(keys)


def _without_envelope(value: Any, keys: tuple[Key, ...]) -> tuple[Any, tuple[Key, ...]]:
    """The context proper, where it came wrapped under ``context`` keys."""
    for _ in range(_ENVELOPES):
        if keys[:1] != ("context",) or not isinstance(value, dict) or any(root in value for root in _ROOTS):
            break
        value, keys = decode(value.get("context")), keys[1:]
    return value, keys


def _member(value: Any, key: Key) -> Any:
    if isinstance(value, dict) and isinstance(key, str):
        if key in value:
            return value[key]
        return next((member for name, member in value.items() if encodable(name) == key), None)
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return None


def _spelled(keys: Sequence[Key]) -> str:
    path = ""
    for key in keys:
        path = path_join(path, key)
    return path
