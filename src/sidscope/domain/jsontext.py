"""JSON as text. It is read by msgspec, in half of the standard library's time; and by that where msgspec refuses what
Python can hold: lone surrogates, and numbers that are none or too large."""

from __future__ import annotations

import json
from typing import Any

from sidscope.domain.value import value


@value
class JsonText:
    """A JSON value as it came, in UTF-8, not decoded yet."""

    spelled: bytes


def read_json(text: str | bytes) -> Any:
    """The value that ``text`` spells, as the standard library reads it.

    Raises:
        ValueError: it is no JSON.
        RecursionError: it is nested deeper than Python recurses.
    """
    import msgspec  # late: most commands read nothing of strangers

    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        return json.loads(text if isinstance(text, str) else text.decode("utf-8", "surrogatepass"))


def spell_json(value: Any) -> bytes:
    """``value`` as JSON in UTF-8, or what comes nearest to that where it holds lone surrogates; compact unless it came
    otherwise.

    Raises:
        TypeError, ValueError, RecursionError: it cannot be spelled.
    """
    if isinstance(value, JsonText):
        return value.spelled
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def decoded(value: Any) -> Any:
    """What a :class:`JsonText` spells; any other value as it is. Raises as :func:`read_json`."""
    return read_json(value.spelled) if isinstance(value, JsonText) else value
