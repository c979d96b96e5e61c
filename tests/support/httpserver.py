"""A small HTTP/1.1 server on a loopback socket that answers by script and remembers what it was asked.

It can do what real servers and networks do and well-behaved frameworks cannot: reset the connection at any point,
promise more than it sends, fall silent.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """One request, as it came over the wire."""

    method: str
    target: str  # path and query (or the whole address, when asked as a proxy), exactly as sent
    headers: Mapping[str, str]  # lower-case names

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The last value of each parameter, decoded."""
        return {k: v[-1] for k, v in parse_qs(urlsplit(self.target).query, keep_blank_values=True).items()}


@dataclass(frozen=True)
class Reply:
    """What to send. ``cut`` sends only so many bytes of the body and then resets the connection; ``reset`` does so
    before anything is sent; ``stall`` stays silent after what is sent by then; ``drip`` waits so many seconds between
    any two hundredths of the body."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    reset: bool = False
    stall: bool = False
    drip: float = 0.0
    raw: bytes | None = None  # instead of everything else


def as_json(payload: Any, status: int = 200, **headers: str) -> Reply:
    """A JSON answer; header names with ``_`` for ``-``."""
    named = {"Content-Type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
    return Reply(status, json.dumps(payload).encode(), named)


def error(status: int, code: int | None = None, message: str = "No.", **headers: str) -> Reply:
    """An error with Twilio's usual body."""
    payload = {"code": code or 20000 + status, "message": message, "status": status}
    return as_json(payload | {"more_info": f"https://www.twilio.com/docs/errors/{code}"}, status, **headers)


def zipped(body: bytes, status: int = 200) -> Reply:
    """A gzip-encoded answer."""
    return Reply(status, gzip.compress(body, 1), {"Content-Type": "application/json", "Content-Encoding": "gzip"})


Script = Callable[[Request], Reply | Awaitable[Reply]]


class HttpServer:
    """Serves on 127.0.0.1 while used as an asynchronous context manager.

    ``script`` answers each request; or give the answers to each path with :meth:`on`, in order, the last one for
    good. A path without an answer gets Twilio's 404.
    """

    def __init__(self, script: Script | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._script = script or self._by_path
        self._tls = tls
        self._replies: dict[str, list[Reply]] = {}
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.requests: list[Request] = []
        self.connections = 0

    def on(self, path: str, *replies: Reply) -> Self:
        """Answer requests for ``path`` with these, one after the other, the last one again and again."""
        self._replies[path] = list(replies)
        return self

    def asked(self, path: str | None = None) -> list[Request]:
        """The requests so far, or those for one path."""
        return [r for r in self.requests if path is None or r.path == path]

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _by_path(self, request: Request) -> Reply:
        replies = self._replies.get(request.path)
        if not replies:
            return error(404, 20404, f"The requested resource {request.path} was not found")
        return replies.pop(0) if len(replies) > 1 else replies[0]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; whether the connection stays open."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ", 2)
        pairs = (line.split(":", 1) for line in lines if line)
        request = Request(method, target, {name.strip().lower(): value.strip() for name, value in pairs})
        if length := int(request.headers.get("content-length", 0)):
            await reader.readexactly(length)
        self.requests.append(request)
        answer = self._script(request)
        reply = answer if isinstance(answer, Reply) else await answer
        if reply.reset:
            _reset(writer)
            return False
        if reply.raw is not None:
            writer.write(reply.raw)
            await writer.drain()
            return False
        headers = {"Content-Length": str(len(reply.body))} | dict(reply.headers)
        lines = [f"HTTP/1.1 {reply.status} -", *(f"{k}: {v}" for k, v in headers.items())]
        sent = reply.body if reply.cut is None else reply.body[: reply.cut]
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        if reply.drip:
            size = len(sent) // 100 + 1
            for start in range(0, len(sent), size):
                writer.write(sent[start : start + size])
                await writer.drain()
                await asyncio.sleep(reply.drip)
        else:
            writer.write(sent)
        await writer.drain()
        if reply.stall:
            await asyncio.Event().wait()
        if reply.cut is not None:
            _reset(writer)
            return False
        return True


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close so that the other side sees a reset, as when a machine dies."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()
