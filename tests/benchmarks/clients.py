"""What sidscope is compared with over the network; each a process of its own: ``python -m tests.benchmarks.clients``.

``loop``: twilio-python as tutorials use it, one request after the other. ``bare``: the least that a client can do,
sockets in asyncio and no more, at a fixed concurrency or told the server's limit. Both print seconds as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from tests.benchmarks.mock import Control


def loop(url: str, contexts: int) -> dict[str, Any]:
    """Lists every execution, then reads so many contexts, one by one."""
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    class ToMock(TwilioHttpClient):
        def request(self, method: str, uri: str, *args: Any, **options: Any) -> Any:  # type: ignore[override]
            return super().request(method, url + uri[uri.index("/", len("https://")) :], *args, **options)

    client = Client("AC" + "0" * 32, "secret", http_client=ToMock())  # type: ignore[no-untyped-call]
    since = datetime.now(UTC) - timedelta(hours=24)
    began = time.perf_counter()
    found = [
        execution
        for flow in client.studio.v2.flows.list()
        for execution in flow.executions.list(date_created_from=since)
    ]
    listed = time.perf_counter()
    for execution in found[:contexts]:
        assert execution.execution_context().fetch().context
    return {
        "executions": len(found),
        "contexts": min(contexts, len(found)),
        "listing": listed - began,
        "reading": time.perf_counter() - listed,
    }


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._length = 0
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    async def get(self, target: str) -> tuple[int, bytes]:
        """Status and body."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(f"GET {target} HTTP/1.1\r\nHost: mock\r\n\r\n".encode())
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._length:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._received[:end].lower()
            start = head.index(b"content-length:") + len(b"content-length:")
            self._body = end + 4
            self._length = self._body + int(head[start:].split(b"\r\n", 1)[0])
        if len(self._received) >= self._length and self._answer is not None:
            whole = bytes(self._received[self._body : self._length])
            status = int(self._received[9:12])
            del self._received[: self._length]
            self._length = 0
            self._answer.set_result((status, whole))


@dataclass
class _Bare:
    host: str
    port: int
    concurrency: int
    told: Control | None = None
    contexts: int = 0
    pending: int = 0
    running: int = 0

    async def run(self) -> None:
        self.todo: deque[str] = deque(["/v2/Flows?PageSize=1000"])
        self.pending = 1
        self.came = asyncio.Event()
        self.since = (datetime.now(UTC) - timedelta(hours=24)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.began = asyncio.get_running_loop().time()
        await asyncio.gather(*(self._work() for _ in range(self.concurrency)))

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        connection: _Connection | None = None
        while self.pending:
            if not self.todo or not self._may():
                self.came.clear()
                try:
                    async with asyncio.timeout(0.005 if self.told else None):
                        await self.came.wait()
                except TimeoutError:
                    pass
                continue
            target = self.todo.popleft()
            self.running += 1
            if connection is None:  # as many as there is work for
                _, connection = await loop.create_connection(_Connection, self.host, self.port)
            status, body = await connection.get(target)
            self.running -= 1
            self._take(target, status, body)

    def _may(self) -> bool:
        if self.told is None:
            return True
        return self.running < self.told.at(asyncio.get_running_loop().time() - self.began)

    def _take(self, target: str, status: int, body: bytes) -> None:
        if status == 429:
            self.todo.append(target)
        elif status == 200:
            self.pending -= 1
            if target.endswith("/Context"):
                self.contexts += 1
            else:
                self._follow(json.loads(body))
        else:
            raise AssertionError(f"{status} for {target}")
        self.came.set()

    def _follow(self, page: dict[str, Any]) -> None:
        found = [
            f"/v2/Flows/{flow['sid']}/Executions?DateCreatedFrom={self.since}&PageSize=1000"
            for flow in page.get("flows", ())
        ]
        found += [f"/v2/Flows/{row['flow_sid']}/Executions/{row['sid']}/Context" for row in page.get("executions", ())]
        following = page["meta"]["next_page_url"]
        if following:
            parts = urlsplit(following)
            found.append(f"{parts.path}?{parts.query}")
        self.todo.extend(found)
        self.pending += len(found)


def bare(url: str, concurrency: int, told: Control | None = None) -> dict[str, Any]:
    """All flows, all executions, all contexts, at that concurrency."""
    parts = urlsplit(url)
    client = _Bare(parts.hostname or "", parts.port or 80, concurrency, told)
    began = time.perf_counter()
    asyncio.run(client.run())
    return {"contexts": client.contexts, "seconds": time.perf_counter() - began}


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one client and prints what it measured."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=("loop", "bare"))
    parser.add_argument("url")
    parser.add_argument("--contexts", type=int, default=2_000)
    parser.add_argument("--concurrency", type=int, default=50)
    parser.add_argument("--told", type=int, nargs=2, metavar="LIMIT")
    parser.add_argument("--period", type=float, default=0.0)
    given = parser.parse_args(arguments)
    if given.kind == "loop":
        result = loop(given.url, given.contexts)
    else:
        told = Control(limit=given.told[0], other_limit=given.told[1], period=given.period) if given.told else None
        result = bare(given.url, given.concurrency, told)
    print(json.dumps(result))  # noqa: T201 - for whoever started this


if __name__ == "__main__":
    main()
