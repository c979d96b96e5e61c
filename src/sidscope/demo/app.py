"""The simulated account as an ASGI app. Hosts are ignored: Twilio's products are told apart by their paths."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from binascii import Error as BinasciiError
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from sidscope.demo.account import make_sid
from sidscope.demo.answers import ROUTES, Answers, Refusal
from sidscope.demo.paging import BadQuery
from sidscope.demo.world import World

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


LOG_SIZE = 100_000


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request as it came in, and how it was answered."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    status: int
    kind: str | None  # the name of the route, "execution_context" and the like; None if there is none


class SimulatedAccount:
    """Answers for ``world`` as Twilio's APIs do, read-only.

    ``latency``: seconds that every answer takes. ``concurrency_limit``: requests at once; what is above is refused
    with 429. ``denied``: products whose every resource is refused with 403 ("conversations", "taskrouter", "api").
    ``clock``: the time it is (aware); the world lives on with it. ``log`` (of the last requests, at least
    ``LOG_SIZE // 2`` of them) and the counters are for tests.
    """

    def __init__(
        self,
        world: World,
        *,
        latency: float = 0.0,
        concurrency_limit: int | None = None,
        denied: Collection[str] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ):
        self.world = world
        self.latency = latency
        self.concurrency_limit = concurrency_limit
        self.denied = frozenset(denied)
        self.clock = clock
        self.log: list[LoggedRequest] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.throttled = 0
        self.answered = 0

    @property
    def counts(self) -> Counter[str]:
        """Answered requests by kind ("executions", "execution_context", "conversation"…), refused ones left out."""
        return Counter(r.kind for r in self.log if r.kind and r.status in (200, 404))

    def matching(self, kind: str) -> Iterator[LoggedRequest]:
        """The logged requests of one kind."""
        return (r for r in self.log if r.kind == kind)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            raise ValueError(f"not an HTTP request: {scope['type']}")
        concurrent = self.in_flight + 1
        if self.concurrency_limit is not None and concurrent > self.concurrency_limit:
            self.throttled += 1
            status, body, kind = 429, _error(Refusal(429, 20429, "Too Many Requests")), None
        else:
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, concurrent)
            try:
                if self.latency:
                    await asyncio.sleep(self.latency)
                status, body, kind = self._answer(scope)
            finally:
                self.in_flight -= 1
        query = tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        self.log.append(LoggedRequest(scope["method"], scope["path"], query, status, kind))
        self.answered += 1
        if len(self.log) > LOG_SIZE:
            del self.log[: LOG_SIZE // 2]
        await _respond(send, status, body, concurrent, make_sid("RQ", self.world.seed, self.answered))

    def _answer(self, scope: Scope) -> tuple[int, Any, str | None]:
        path = scope["path"]
        kind: str | None = None
        try:
            self._authenticate(scope)
            kind, product, arguments = _route(path)
            if scope["method"] != "GET":
                raise Refusal(405, 20004, "Method not allowed")
            if product in self.denied:
                raise Refusal(403, 20403, "Access to this resource is denied")
            now = self.clock()
            with self.world.lock:
                self.world.advance(now)
                query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
                found = getattr(Answers(self.world, now, query), kind)(*arguments)
            if found is None:
                raise not_found(path)
            return 200, found, kind
        except BadQuery as wrong:
            return 400, _error(Refusal(400, 20001, str(wrong))), kind
        except Refusal as refusal:
            return refusal.status, _error(refusal), kind

    def _authenticate(self, scope: Scope) -> None:
        """Basic authentication with the account's SID and token, or an API key's SID and secret."""
        header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        scheme, _, encoded = header.partition(" ")
        try:
            given = base64.b64decode(encoded.encode("latin-1"), validate=True).decode().partition(":")[::2]
        except (BinasciiError, UnicodeDecodeError):
            given = ("", "")
        allowed = {self.world.credentials(api_key=kind)[1:] for kind in (True, False)}
        if scheme.lower() != "basic" or given not in allowed:
            raise Refusal(401, 20003, "Authenticate")


def _route(path: str) -> tuple[str, str, tuple[str | None, ...]]:
    """The name and product of what ``path`` leads to, and the SIDs in it."""
    for name, product, pattern in ROUTES:
        if match := re.fullmatch(pattern, path):
            return name, product, match.groups()
    raise not_found(path)


def not_found(path: str) -> Refusal:
    return Refusal(404, 20404, f"The requested resource {path} was not found")


def _error(refusal: Refusal) -> dict[str, Any]:
    return {
        "code": refusal.code,
        "message": refusal.message,
        "more_info": f"https://www.twilio.com/docs/errors/{refusal.code}",
        "status": refusal.status,
    }


async def _respond(send: Send, status: int, body: Any, concurrent: int, request_sid: str) -> None:
    payload = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Content-Length": str(len(payload)),
        "Twilio-Concurrent-Requests": str(concurrent),
        "Twilio-Request-Id": request_sid,
        "X-Home-Region": "us1",
    }
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": payload})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
