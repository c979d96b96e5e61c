"""Worlds and a client for the tests of the simulated account."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sidscope.demo import Login, SimulatedAccount, World
from tests.support.account import NOON, Clock


@pytest.fixture(scope="session")
def world() -> World:
    """The default world at noon; nobody new arrives. Tests must not move its clock."""
    return World(1, NOON, arrival=None)


class Asker:
    """Asks an account in process, as a client would over HTTP; addresses may be whole or paths."""

    def __init__(self, app: SimulatedAccount, login: Login | None = None):
        self.app = app
        _, username, password = login or app.world.credentials()
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="https://studio.twilio.com", auth=(username, password)
        )

    async def response(self, address: str, **query: str | int) -> httpx.Response:
        return await self.client.get(address, params=query or None)

    async def get(self, address: str, **query: str | int) -> Any:
        response = await self.response(address, **query)
        assert response.status_code == 200, (address, response.text)
        return response.json()

    async def all(self, address: str, **query: str | int) -> list[dict[str, Any]]:
        """Every row of a list, page after page as next_page_url says."""
        rows: list[dict[str, Any]] = []
        page = await self.get(address, **query)
        while True:
            rows += page[page["meta"]["key"]]
            if page["meta"]["next_page_url"] is None:
                return rows
            page = await self.get(page["meta"]["next_page_url"])

    async def executions(self) -> list[dict[str, Any]]:
        """Every execution of every flow."""
        flows = await self.all("/v2/Flows")
        return [row for flow in flows for row in await self.all(flow["links"]["executions"], PageSize=1000)]


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def ask(world: World, clock: Clock) -> Asker:
    """Asks the shared world."""
    return Asker(SimulatedAccount(world, clock=clock))
