"""Walking JSON that strangers wrote: any depth, and JSON inside strings inside JSON.

Twilio's ``context``, ``attributes``, ``ChannelAttributes`` may each be an object or a JSON string, also nested
(https://www.twilio.com/docs/studio/widget-library/send-flex), so reading decodes on the way down.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache, reduce
from typing import Any

from sidscope.domain.patterns import later

_PLAIN_KEY = later(r"[A-Za-z_][A-Za-z0-9_-]*")
_NESTED_STRINGS = 4  # how many layers of JSON in a string in a string are opened


# What JSON text may begin with: a bracket, or any space that str.lstrip takes away. Asked of every string there is.
_OPENING = frozenset(
    '{["\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008'
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)


def decode(value: Any) -> Any:
    """The object or list inside ``value`` if it is a JSON string of one (also a string of a string); else ``value``."""
    if not isinstance(value, str) or value[:1] not in _OPENING:
        return value
    decoded: Any = value
    for _ in range(_NESTED_STRINGS):
        if not isinstance(decoded, str) or decoded.lstrip()[:1] not in ("{", "[", '"'):
            break
        try:
            decoded = json.loads(decoded)
        except (ValueError, RecursionError):
            break
    return decoded if isinstance(decoded, dict | list) else value


def child(value: Any, key: str) -> Any:
    """``value[key]`` decoded, or None where there is no such thing."""
    return at(value, key)


def at(value: Any, *keys: str) -> Any:
    """What lies under a path of keys, decoding on the way; None where the path ends early."""
    if type(value) is str and value[:1] in _OPENING:  # asked here: called a hundred times for each context
        value = decode(value)
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
        if type(value) is str and value[:1] in _OPENING:
            value = decode(value)
    return value


def mapping(value: Any) -> dict[str, Any]:
    """``value`` decoded if that is an object, else an empty one."""
    if isinstance(value, str):
        value = decode(value)
    return value if isinstance(value, dict) else {}


def encodable(text: str) -> str:
    """``text`` with "?" for lone surrogates, which JSON may hold but no file, database or terminal takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def path_of(*keys: str | int) -> str:
    """The path that leads to what lies under these keys."""
    return reduce(path_join, keys, "")


def path_join(parent: str, key: str | int) -> str:
    """The path of a member, as one would write it in Liquid: ``widgets.ask.inbound``, ``a["b c"]``, ``a[0]``."""
    if isinstance(key, int):
        return f"{parent}[{key}]"
    if not _is_plain(key):
        return f"{parent}[{json.dumps(encodable(key), ensure_ascii=False)}]"
    return f"{parent}.{key}" if parent else key


@lru_cache(4_096)  # the same few names stand in every context
def _is_plain(key: str) -> bool:
    return _PLAIN_KEY.fullmatch(key) is not None


def strings(value: Any, *, least: int = 0) -> Iterator[tuple[str, str]]:
    """Every string leaf of at least so many characters with its path, in document order, looking into JSON strings;
    never recursive. Paths are put together only for what is found."""
    value = decode(value)
    if isinstance(value, str) and len(value) >= least:
        yield "", value
    stack = [("", _members(value))]
    while stack:
        path, members = stack[-1]
        for key, member in members:
            if isinstance(member, str):
                if len(member) < least:
                    continue
                member = decode(member)
                if isinstance(member, str):
                    yield path_join(path, key), member
                    continue
            if isinstance(member, dict) or isinstance(member, list):  # noqa: SIM101 - twice as fast
                stack.append((path_join(path, key), _members(member)))
                break
        else:
            stack.pop()


def texts(value: Any, *, least: int) -> list[str]:
    """The strings that :func:`strings` finds, without their paths and in no order, at a third of the cost."""
    found: list[str] = []
    level = [value]
    while level:
        below: list[Any] = []
        for member in level:
            kind = type(member)  # JSON holds no others, and this is asked of everything in it
            if kind is str:
                if len(member) >= least:
                    inside = decode(member) if member[:1] in _OPENING else member
                    (found if inside is member else below).append(inside)
            elif kind is dict:
                below += member.values()
            elif kind is list:
                below += member
        level = below
    return found


def _members(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return iter(value.items())
    return enumerate(value) if isinstance(value, list) else iter(())
