"""An account that does not always answer as it should: refusals, faults and held answers before an ASGI app."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

App = Callable[..., Awaitable[None]]


@dataclass
class Fault:
    """What happens to the requests whose path matches: ``passes`` of them get through first, then ``status``."""

    pattern: re.Pattern[str]
    status: int
    passes: int = 0


class Faulty:
    """Stands before ``app``. ``requests`` are the paths of all that came, answered or not."""

    def __init__(self, app: App):
        self._app = app
        self._faults: list[Fault] = []
        self._held: list[tuple[re.Pattern[str], threading.Event]] = []
        self.requests: list[str] = []

    def answer(self, pattern: str, status: int, *, passes: int = 0) -> None:
        """Requests for a path in which ``pattern`` is found are answered with this error, after ``passes`` of them."""
        self._faults.append(Fault(re.compile(pattern), status, passes))

    def heal(self) -> None:
        """All is well again."""
        self._faults.clear()

    @contextmanager
    def holding(self, pattern: str) -> Iterator[threading.Event]:
        """Requests for such a path wait, before anything is answered, until the block or the event says go on."""
        go_on = threading.Event()
        entry = (re.compile(pattern), go_on)
        self._held.append(entry)
        try:
            yield go_on
        finally:
            self._held.remove(entry)
            go_on.set()

    def count(self, pattern: str) -> int:
        """How many requests there were for such paths."""
        return sum(bool(re.search(pattern, path)) for path in self.requests)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        self.requests.append(path)
        for pattern, go_on in list(self._held):
            if pattern.search(path):
                await asyncio.to_thread(go_on.wait)
        for fault in self._faults:
            if fault.pattern.search(path):
                fault.passes -= 1
                if fault.passes < 0:
                    await _refuse(send, fault.status)
                    return
        await self._app(scope, receive, send)


async def _refuse(send: Any, status: int) -> None:
    body = json.dumps({"code": 20000 + status, "message": "No, says the test.", "status": status}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
