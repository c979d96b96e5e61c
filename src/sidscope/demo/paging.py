"""Pages as Twilio gives them: the next page's address holds a cursor, so arrivals never shift what follows."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

Item = TypeVar("Item")
Query = dict[str, str]


class BadQuery(Exception):
    """A parameter that Twilio would answer with 400."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a list is asked for: how many, which page (client state only), and after which item."""

    size: int
    number: int
    after: str | None


def asked(query: Query, default: int, most: int) -> Page:
    """Reads PageSize, Page and PageToken; a size above the maximum is cut to it."""
    try:
        size, number = int(query.get("PageSize", default)), int(query.get("Page", 0))
    except ValueError as wrong:
        raise BadQuery(f"PageSize and Page are numbers: {wrong}") from wrong
    if size < 1 or number < 0:
        raise BadQuery("PageSize is at least 1, Page at least 0")
    token = query.get("PageToken")
    if number > 0 and token is None:
        raise BadQuery("Page needs the PageToken of next_page_url")
    return Page(min(size, most), number, _decoded(token) if token else None)


def cut(items: Sequence[Item], page: Page, key_of: Callable[[Item], str]) -> tuple[list[Item], str | None]:
    """One page out of ``items`` (sorted by falling keys), and the cursor of the next one.

    The cursor is the key of the last item given: what comes after it does so whatever has been put in front since,
    and also if that item itself has dropped out of the list (an execution that is no longer active).
    """
    start = 0
    if page.after is not None:
        start = bisect_right(items, _Falling(page.after), key=lambda item: _Falling(key_of(item)))
    rows = list(items[start : start + page.size])
    more = start + page.size < len(items)
    return rows, key_of(rows[-1]) if rows and more else None


@dataclass(frozen=True, slots=True)
class _Falling:
    key: str

    def __lt__(self, other: _Falling) -> bool:
        return self.key > other.key


def envelope(key: str, rows: list[Any], page: Page, cursor: str | None, url: str, query: Query) -> dict[str, Any]:
    """The body of one page; the addresses in ``meta`` are Twilio's own, whatever host was asked."""
    kept = {k: v for k, v in query.items() if k not in ("Page", "PageToken", "PageSize")}

    def address(number: int, token: str | None) -> str:
        parameters = {**kept, "PageSize": str(page.size), "Page": str(number)}
        if token:
            parameters["PageToken"] = token
        return f"{url}?{urlencode(parameters)}"

    own = _encoded(page.after) if page.after else None
    meta = {
        "page": page.number,
        "page_size": page.size,
        "first_page_url": address(0, None),
        "previous_page_url": address(0, None) if page.number == 1 else None,
        "url": address(page.number, own),
        "next_page_url": address(page.number + 1, _encoded(cursor)) if cursor else None,
        "key": key,
    }
    return {"meta": meta, key: rows}


def _encoded(name: str) -> str:
    return "PA" + base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")


def _decoded(token: str) -> str:
    try:
        padded = token[2:] + "=" * (-len(token[2:]) % 4)
        return base64.urlsafe_b64decode(padded).decode()
    except (binascii.Error, UnicodeDecodeError) as wrong:
        raise BadQuery("PageToken is not one of ours") from wrong
