"""JSON as text, read and spelled by msgspec, in half and a sixth of the standard library's time; and by that where
msgspec refuses what Python can hold, lone surrogates.

RFC 8259 has no spelling for what is not a finite number; such a one is null here.
"""

from __future__ import annotations

import json
import math
from typing import Any

from sidscope.domain.value import value


@value
class JsonText:
    """A JSON value as it came, in UTF-8, not decoded yet."""

    spelled: bytes


def read_json(text: str | bytes) -> Any:
    """The value that ``text`` spells.

    Raises:
        ValueError: it is no JSON.
        RecursionError: it is nested deeper than Python recurses.
    """
    import msgspec  # late: most commands read nothing of strangers

    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        plain = text if isinstance(text, str) else text.decode("utf-8", "surrogatepass")
        return json.loads(plain, parse_float=_finite, parse_constant=lambda _: None)


def spell_json(value: Any) -> bytes:
    """``value`` as JSON in UTF-8, or what comes nearest to that where it holds lone surrogates; compact unless it came
    otherwise.

    Raises:
        ValueError, RecursionError: it cannot be spelled.
    """
    if isinstance(value, JsonText):
        return value.spelled
    import msgspec

    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        spelled = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return spelled.encode("utf-8", "surrogatepass")


def decoded(value: Any) -> Any:
    """What a :class:`JsonText` spells; any other value as it is. Raises as :func:`read_json`."""
    return read_json(value.spelled) if isinstance(value, JsonText) else value


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None
