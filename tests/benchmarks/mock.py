"""A server that answers like Twilio's Studio API and costs next to nothing: ``python -m tests.benchmarks.mock``.

An asyncio protocol over answers that were spelled out beforehand, in a process of its own, so that no client waits
for anything but the latency that was asked for. ``/control`` sets latency and limit and begins to count anew;
``/counts`` tells what was asked.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.benchmarks.machine import pinned
from tests.benchmarks.synthetic import STUDIO, Population

REFUSED_AFTER = 0.005
"""Seconds after which a refusal comes: Twilio does not work on it."""


@dataclass
class Control:
    """How the server behaves."""

    latency: float = 0.0  # seconds
    jitter: float = 0.0  # sigma of a lognormal factor
    limit: int = 0  # requests at once; more are refused; 0: as many as like
    other_limit: int = 0  # with a period: the two limits take turns
    period: float = 0.0  # seconds

    def at(self, seconds: float) -> int:
        """The limit so long after the first request."""
        turned = self.period > 0 and int(seconds / self.period) % 2 == 1
        return self.other_limit if turned else self.limit


@dataclass
class Counts:
    """What was asked since the last ``/control``."""

    requests: int = 0
    contexts: int = 0
    refused: int = 0
    most_at_once: int = 0


class Account:
    """The answers, spelled out."""

    def __init__(self, population: Population) -> None:
        self.flows = json.dumps({"flows": population.flow_rows(), "meta": _meta("flows", None)}).encode()
        self.rows: dict[str, list[tuple[str, bytes, bool]]] = {row["sid"]: [] for row in population.flow_rows()}
        self.contexts: dict[str, bytes] = {}
        for number in population.numbers():
            row = population.row(number)
            spelled = json.dumps(row).encode()
            self.rows[row["flow_sid"]].append((row["date_created"], spelled, row["status"] == "active"))
            path = f"/v2/Flows/{row['flow_sid']}/Executions/{row['sid']}"
            self.contexts[path] = _http(200, spelled)
            if not population.settled:
                self.contexts[f"{path}/Context"] = _http(200, json.dumps(population.answer(number)).encode())

    def answer(self, target: str) -> bytes:
        """The whole answer to a request."""
        ready = self.contexts.get(target)
        if ready is not None:
            return ready
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/v2/Flows":
            return _http(200, self.flows)
        steps = parts.path.split("/")
        if len(steps) == 5 and steps[4] == "Executions" and steps[3] in self.rows:
            return _http(200, self._page(steps[3], query))
        return _http(404, b'{"code":20404,"message":"The requested resource was not found","status":404}')

    def _page(self, flow: str, query: dict[str, str]) -> bytes:
        since, until = query.get("DateCreatedFrom", ""), query.get("DateCreatedTo", "~")
        only_active = query.get("Status") == "active"
        rows = [
            spelled
            for created, spelled, active in self.rows[flow]
            if since <= created < until and (active or not only_active)
        ]
        size, page = int(query.get("PageSize", 50)), int(query.get("Page", 0))
        following = None
        if (page + 1) * size < len(rows):
            more = urlencode(query | {"Page": str(page + 1), "PageToken": f"PT{page + 1}"})
            following = f"{STUDIO}/{flow}/Executions?{more}"
        meta = json.dumps(_meta("executions", following)).encode()
        return b'{"executions":[' + b",".join(rows[page * size : (page + 1) * size]) + b'],"meta":' + meta + b"}"


def _meta(key: str, following: str | None) -> dict[str, Any]:
    return {"key": key, "page": 0, "page_size": 50, "next_page_url": following, "previous_page_url": None}


def _http(status: int, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} -", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


_REFUSAL = b'{"code":20429,"message":"Too many requests","status":429}'


class Server:
    """The behaviour of all connections."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.control = Control()
        self.counts = Counts()
        self.at_once = 0
        self.began: float | None = None
        self.chance = Random(1)

    def receive(self, target: str, transport: asyncio.Transport) -> None:
        """Answers one request, after the latency."""
        if target.startswith("/control"):
            query = {name: float(values[-1]) for name, values in parse_qs(urlsplit(target).query).items()}
            limit, other = int(query.pop("limit", 0)), int(query.pop("other_limit", 0))
            self.control = Control(limit=limit, other_limit=other, **query)
            self.counts, self.began = Counts(), None
            transport.write(_http(200, b"{}"))
            return
        if target.startswith("/counts"):
            transport.write(_http(200, json.dumps(asdict(self.counts)).encode()))
            return
        loop, control = asyncio.get_running_loop(), self.control
        self.began = loop.time() if self.began is None else self.began
        self.counts.requests += 1
        limit = control.at(loop.time() - self.began)
        if limit and self.at_once >= limit:
            self.counts.refused += 1
            loop.call_later(REFUSED_AFTER, _write, transport, _http(429, _REFUSAL, f"X-Limit: {limit}"))
            return
        self.counts.contexts += target.endswith("/Context")
        self.at_once += 1
        self.counts.most_at_once = max(self.counts.most_at_once, self.at_once)
        delay = control.latency
        if control.jitter:
            delay *= math.exp(self.chance.gauss(0, control.jitter))
        if delay:
            loop.call_later(delay, self._answer, target, transport)
        else:
            self._answer(target, transport)

    def _answer(self, target: str, transport: asyncio.Transport) -> None:
        self.at_once -= 1
        _write(transport, self.account.answer(target))


def _write(transport: asyncio.Transport, answer: bytes) -> None:
    if not transport.is_closing():
        transport.write(answer)


class _Connection(asyncio.Protocol):
    def __init__(self, server: Server) -> None:
        self._server = server
        self._pending = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *heads, self._pending = (self._pending + data).split(b"\r\n\r\n")
        for head in heads:
            self._server.receive(head.split(b" ", 2)[1].decode("latin-1"), self._transport)


async def _serve(population: Population) -> None:
    server = Server(Account(population))
    listening = await asyncio.get_running_loop().create_server(lambda: _Connection(server), "127.0.0.1", 0)
    print(listening.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - for whoever started this
    parent = os.getppid()
    while os.getppid() == parent:  # never left behind
        await asyncio.sleep(0.5)


@dataclass(frozen=True)
class Mock:
    """A server that runs."""

    url: str

    def control(self, **settings: float) -> None:
        """Sets latency (seconds), jitter, limit, other_limit and period, and counts anew."""
        self._get(f"/control?{urlencode(settings)}")

    def counts(self) -> Counts:
        """What was asked since."""
        return Counts(**json.loads(self._get("/counts")))

    def _get(self, target: str) -> bytes:
        connection = HTTPConnection(self.url.removeprefix("http://"), timeout=10)
        try:
            connection.request("GET", target)
            return connection.getresponse().read()
        finally:
            connection.close()


@contextmanager
def serving(population: Population) -> Iterator[Mock]:
    """The server for this account, in a process of its own (on the second processor where there is one)."""
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in _spelled(population).items()]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.mock", *arguments], stdout=subprocess.PIPE, text=True, **pinned(1)
    ) as process:
        try:
            assert process.stdout is not None
            yield Mock(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.kill()


def _spelled(population: Population) -> dict[str, Any]:
    return {
        "zero": population.zero.isoformat(),
        "executions": population.executions,
        "flows": population.flows,
        "context_bytes": population.context_bytes,
        "active": population.active,
        "settled": int(population.settled),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Serves until whoever started it is gone; the port is the first line on stdout."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--zero", type=datetime.fromisoformat, default=datetime.now(UTC))
    for name in ("executions", "flows", "context-bytes", "active", "settled"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = vars(parser.parse_args(arguments))
    asyncio.run(_serve(Population(**given | {"settled": bool(given["settled"])})))


if __name__ == "__main__":
    main()
