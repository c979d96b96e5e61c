"""An account against a scripted server on a real socket, where waiting costs no time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from sidscope.settings import Credentials, Secret
from sidscope.twilio_api import Account, Policy, connect
from tests.support.httpserver import HttpServer

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
AC = "AC" + "a0" * 16
SK = "SK" + "b1" * 16
FW = "FW" + "c2" * 16
FN = "FN" + "d3" * 16
CH = "CH" + "e4" * 16
IS = "IS" + "f5" * 16
CA = "CA" + "06" * 16
WS = "WS" + "17" * 16
WT = "WT" + "28" * 16
SM = "SM" + "39" * 16
FT = "FT" + "4a" * 16
PASSWORD = "hush-hush-4711"


@dataclass
class Waits:
    """Stands in for the clock: sleeping moves it, and what was slept is remembered."""

    slept: list[float] = field(default_factory=list)
    time: float = 1000.0

    def clock(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


class HighestDraw(Random):
    """Chance that always takes the upper end, so that waits can be foretold."""

    def uniform(self, a: float, b: float) -> float:
        return b


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    async with HttpServer() as running:
        yield running


Opener = Callable[..., Account]


@pytest.fixture
async def opener(waits: Waits) -> AsyncIterator[Opener]:
    """Opens accounts that are closed in the end; any argument of connect() may be given."""
    opened: list[Account] = []

    def open_account(api_url: str | None = None, **options: Any) -> Account:
        region = options.pop("region", None)
        credentials = Credentials(AC, SK, Secret(PASSWORD), region=region)
        defaults: dict[str, Any] = {
            "api_url": api_url,
            "policy": Policy(connect=2.0, read=2.0, whole=4.0),
            "clock": waits.clock,
            "sleep": waits.sleep,
            "now": lambda: NOW,
            "chance": HighestDraw(),
        }
        opened.append(connect(credentials, **(defaults | options)))
        return opened[-1]

    yield open_account
    for account in opened:
        await account.close()


@pytest.fixture
def account(opener: Opener, server: HttpServer) -> Account:
    return opener(server.url)


def listing(key: str, rows: list[Any], following: str | None = None) -> dict[str, Any]:
    """A page as Twilio sends it."""
    meta = {"key": key, "page": 0, "page_size": 50, "next_page_url": following, "previous_page_url": None}
    return {"meta": meta | {"first_page_url": None, "url": None}, key: rows}
