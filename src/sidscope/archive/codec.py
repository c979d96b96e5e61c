"""How values are spelled inside the database."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, overload

from sidscope.archive import dictionary
from sidscope.domain.jsontext import spell_json
from sidscope.domain.records import EPOCH
from sidscope.domain.sids import is_sid

Value = str | bytes | int | None
"""What SQLite stores (no column here is REAL)."""

CODEC: Final = 1
"""How bodies and facts are spelled: UTF-8 JSON, raw deflate with the dictionary of Twilio's words. A better one
(zstd, where the standard library has it) gets the next number; what is stored keeps its own."""

_LEVEL: Final = 5  # with the dictionary a sixth less than level 1 for a fifth more time
_QUICK: Final = 2  # level of ISA-L: 16 KB come out 3 % longer than by zlib, in a sixth of the time
_RAW: Final = -15  # no header and checksum: SQLite's pages and JSON's grammar tell damage

_INT64: Final = 2**63
_MICROSECOND: Final = timedelta(microseconds=1)


class CannotStore(ValueError):
    """A JSON value that cannot be spelled out (nested deeper than Python recurses)."""


class Damaged(ValueError):
    """A stored value that cannot be read back."""


def text(value: str | None) -> Value:
    """Strangers' text for a TEXT column. What JSON can hold and UTF-8 cannot (lone surrogates) becomes a BLOB."""
    if value is None:
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass")
    return value


def untext(value: str | bytes | None) -> str | None:
    """Back from :func:`text`."""
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value


def number(value: int | None) -> int | None:
    """An integer as SQLite can hold it; what needs more than 64 bits is no number that Twilio means."""
    return value if value is None or -_INT64 <= value < _INT64 else None


@overload
def moment(value: datetime) -> int: ...
@overload
def moment(value: None) -> None: ...
@overload
def moment(value: datetime | None) -> int | None: ...
def moment(value: datetime | None) -> int | None:
    """Microseconds since 1970 in UTC: exact both ways, and sortable."""
    return None if value is None else (value - EPOCH) // _MICROSECOND


@overload
def unmoment(value: int) -> datetime: ...
@overload
def unmoment(value: None) -> None: ...
@overload
def unmoment(value: int | None) -> datetime | None: ...
def unmoment(value: int | None) -> datetime | None:
    """Back from :func:`moment`."""
    return None if value is None else EPOCH + timedelta(microseconds=value)


def key(value: str) -> Value:
    """The form by which SIDs and addresses are found. A SID becomes its two letters and 16 bytes: 18 instead of 34,
    the same for every spelling, sorted as the text is; anything else stays as spelled."""
    if is_sid(value):
        return value[:2].upper().encode() + bytes.fromhex(value[2:])
    return text(value)


def key_range(prefix: str) -> tuple[bytes, bytes] | None:
    """The first and last key of all SIDs that begin with ``prefix``; None if no SID does."""
    letters, digits = prefix[:2].upper(), prefix[2:]
    low, high = letters + digits.ljust(32, "0"), letters + digits.ljust(32, "f")
    if not is_sid(low):
        return None
    return letters.encode() + bytes.fromhex(low[2:]), letters.encode() + bytes.fromhex(high[2:])


def pack(body: Any) -> bytes:
    """A JSON value, deflated: a context, which is what an archive is full of. Raises CannotStore."""
    try:
        spelled = spell_json(body)
    except (RecursionError, ValueError, TypeError) as error:
        raise CannotStore(str(error)) from error
    return _deflate_quickly()(spelled)


@cache
def _deflate_quickly() -> Callable[[bytes], bytes]:
    """As :func:`deflate`, by ISA-L where there is a build of it for the machine."""
    try:
        from isal import isal_zlib  # late: most commands write nothing
    except ImportError:
        return deflate

    def deflated(spelled: bytes) -> bytes:
        squeezer = isal_zlib.compressobj(_QUICK, isal_zlib.DEFLATED, _RAW, zdict=dictionary.FIRST)
        return squeezer.compress(spelled) + squeezer.flush()

    return deflated


def spelled(codec: int, blob: bytes) -> bytes:
    """The JSON text that :func:`pack` deflated. Raises Damaged, also for a codec that this version does not know."""
    if codec != CODEC:
        raise Damaged(f"unknown codec {codec}")
    return inflate(blob)


def unpack(codec: int, blob: bytes) -> Any:
    """Back from :func:`pack`. Raises Damaged."""
    try:
        return json.loads(spelled(codec, blob).decode("utf-8", "surrogatepass"))
    except ValueError as error:
        raise Damaged(str(error)) from error


def deflate(spelled: bytes) -> bytes:
    """A few hundred bytes, as short as they get: they are read by the hundred thousand."""
    squeezer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, zdict=dictionary.FIRST)
    return squeezer.compress(spelled) + squeezer.flush()


def inflate(blob: bytes) -> bytes:
    """Back from :func:`deflate`, whoever deflated it. Raises Damaged."""
    stream = zlib.decompressobj(_RAW, zdict=dictionary.FIRST)
    try:
        spelled = stream.decompress(blob)
    except zlib.error as error:
        raise Damaged(str(error)) from error
    if not stream.eof:
        raise Damaged("a stored value ends early")
    return spelled
