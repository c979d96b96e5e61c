"""A bad network and a bad day at Twilio, on a real socket in front of a simulated account.

Every request is answered by the account first; then a :class:`Trouble` decides what becomes of the answer on its way.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx

from tests.support.httpserver import HttpServer, Reply, Request, error, zipped

Spoil = Callable[[Reply, random.Random], Reply]

BOMB = zipped(b'{"context":{"x":"' + b" " * (33 << 20) + b'"}}')
"""A context of 33 MB in 33 KB."""


def _json(change: Callable[[Any, random.Random], None]) -> Spoil:
    """Changes the document of a 200; anything else stays."""

    def spoil(reply: Reply, chance: random.Random) -> Reply:
        if reply.status != 200:
            return reply
        document = json.loads(reply.body)
        change(document, chance)
        return replace(reply, body=json.dumps(document).encode())

    return spoil


def _rows(document: Any) -> list[dict[str, Any]]:
    key = document.get("meta", {}).get("key")
    return list(document[key]) if key else []


def _leaves(document: Any) -> list[tuple[Any, Any]]:
    found, stack = [], [document]
    while stack:
        branch = stack.pop()
        items = branch.items() if isinstance(branch, dict) else enumerate(branch)
        for key, value in list(items):
            if isinstance(value, dict | list):
                stack.append(value)
            found.append((branch, key))
    return found


_ODD_VALUES: tuple[Any, ...] = (None, True, 7, -1.5, [], {}, "", "zzz", ["x"], {"a": None}, "\x1b[2J", 10**30)


def _wrong_type(document: Any, chance: random.Random) -> None:
    branch, key = chance.choice(_leaves(document))
    branch[key] = chance.choice([value for value in _ODD_VALUES if type(value) is not type(branch[key])])


def _odd_sid(document: Any, chance: random.Random) -> None:
    for row in _rows(document) or [document]:
        if chance.random() < 0.2 and "sid" in row:
            number = chance.getrandbits(124)  # no two alike: that would be one execution
            row["sid"] = chance.choice(["../../Accounts", f"FN{number}", "", None, f"FNz{number:031x}", {"sid": "FN"}])


def _twice(document: Any, chance: random.Random) -> None:
    key = document.get("meta", {}).get("key")
    if key:
        document[key] = [row for row in document[key] for _ in range(chance.choice((1, 1, 2)))]


def _skewed(reply: Reply, chance: random.Random) -> Reply:
    when = datetime.now(UTC) + timedelta(hours=chance.choice((-30, 30)))
    return replace(reply, headers=dict(reply.headers) | {"Date": format_datetime(when, usegmt=True)})


def _later(seconds: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


_HTML = Reply(
    502, b"<html><body><h1>Bad Gateway</h1><script>alert(1)</script></body></html>", {"Content-Type": "text/html"}
)

PASSING: Mapping[str, Spoil] = {
    "429": lambda reply, chance: error(429, 20429, "Too Many Requests"),
    "429, in no seconds": lambda reply, chance: error(429, 20429, "Too Many Requests", Retry_After="0"),
    "429, at a date": lambda reply, chance: error(429, 20429, "Slow down", Retry_After=_later(0), Date=_later(0)),
    "500": lambda reply, chance: error(500),
    "502 of a proxy": lambda reply, chance: _HTML,
    "503": lambda reply, chance: error(503, Retry_After="0"),
    "reset before": lambda reply, chance: Reply(reset=True),
    "reset in the body": lambda reply, chance: replace(reply, cut=chance.randrange(len(reply.body))),
    "fewer bytes than promised": lambda reply, chance: replace(
        reply, headers=dict(reply.headers) | {"Content-Length": str(len(reply.body) + 5)}, cut=len(reply.body)
    ),
    "stall before": lambda reply, chance: Reply(stall=True, raw=None, body=b"", headers={"Content-Length": "9"}),
    "stall in the body": lambda reply, chance: replace(
        reply,
        headers=dict(reply.headers) | {"Content-Length": str(len(reply.body))},
        body=reply.body[: len(reply.body) // 2],
        stall=True,
    ),
    "slow drip": lambda reply, chance: replace(reply, drip=0.3),
    "no HTTP": lambda reply, chance: Reply(raw=b"\x16\x03\x01 hello\r\n\r\n"),
}
"""What is over the next time."""

HARMLESS: Mapping[str, Spoil] = {
    "reset after": lambda reply, chance: replace(reply, cut=len(reply.body)),
    "rows twice": _json(_twice),
    "clock skew": _skewed,
    "odd headers": lambda reply, chance: replace(
        reply,
        headers=dict(reply.headers) | {"Twilio-Concurrent-Requests": "\xff", "Set-Cookie": "a=b", "Date": "yesterday"},
    ),
}
"""What must not matter at all."""

LASTING: Mapping[str, Spoil] = {
    "truncated JSON": lambda reply, chance: replace(reply, body=reply.body[: len(reply.body) // 2]),
    "an HTML page": lambda reply, chance: Reply(
        200, b"<html>Log in to the hotel's WLAN</html>", {"Content-Type": "text/html"}
    ),
    "another shape": lambda reply, chance: replace(reply, body=chance.choice([b"[]", b"null", b"7", b'"x"', b"{}"])),
    "nothing": lambda reply, chance: replace(reply, body=b""),
    "gzip bomb": lambda reply, chance: BOMB,
    "broken gzip": lambda reply, chance: replace(reply, headers=dict(reply.headers) | {"Content-Encoding": "gzip"}),
    "redirect": lambda reply, chance: Reply(302, b"", {"Location": "https://evil.example/"}),
    "odd SIDs": _json(_odd_sid),
    "403": lambda reply, chance: error(403, 20403),
    "400": lambda reply, chance: error(400),
    "404": lambda reply, chance: error(404, 20404),
}
"""What no further try makes better."""

ANY_TYPE: Spoil = _json(_wrong_type)
"""One field, any field, of a type that nobody described."""

TROUBLES = {**PASSING, **HARMLESS, **LASTING, "wrong type": ANY_TYPE}


@dataclass
class Trouble:
    """Spoils the first ``times`` answers to each request that matches, if chance (of its own for each) has it."""

    name: str
    pattern: str = ""
    share: float = 1.0
    times: int = 1


@dataclass
class BadNetwork:
    """The troubles that there are now, and what was asked. ``seed`` decides all chance: by request, not by order."""

    seed: int
    troubles: list[Trouble] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    url: str = ""

    def heal(self) -> None:
        """All is well again."""
        self.troubles = []

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """What becomes of the answer."""
        self.asked[request.target] += 1
        for trouble in self.troubles:
            chance = random.Random(f"{self.seed} {trouble.name} {request.target}")  # noqa: S311
            if not re.search(trouble.pattern, request.path) or chance.random() >= trouble.share:
                continue
            if self.asked[request.target] <= trouble.times:
                self.met[trouble.name] += 1
                return TROUBLES[trouble.name](reply, chance)
        return reply


@contextmanager
def bad_network(app: Callable[..., Awaitable[None]], seed: int = 0) -> Iterator[BadNetwork]:
    """Serves ``app`` on a loopback port through a network that is well until it gets troubles."""
    network = BadNetwork(seed)
    ready = threading.Event()
    stop: list[Callable[[], object]] = []

    async def serve() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:

            async def answer(request: Request) -> Reply:
                kept = {name: request.headers[name] for name in ("authorization", "accept") if name in request.headers}
                got = await client.get(f"http://{request.headers['host']}{request.target}", headers=kept)
                return network.spoil(request, Reply(got.status_code, got.content, {"Content-Type": "application/json"}))

            async with HttpServer(answer) as server:
                network.url = server.url
                over, loop = asyncio.Event(), asyncio.get_running_loop()
                stop.append(lambda: loop.call_soon_threadsafe(over.set))
                ready.set()
                await over.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    if not ready.wait(10):
        raise RuntimeError("the network did not come up")
    try:
        yield network
    finally:
        stop[0]()
        thread.join(10)
