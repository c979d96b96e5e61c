"""Everything that the simulated account answers is what Twilio's descriptions say."""

from __future__ import annotations

from typing import Any

import pytest

from sidscope.demo import World
from tests.demo.conftest import Asker
from tests.support.openapi import answer_problems, described_keys, needs_descriptions, request_problems

AGENT = "agent_4e6f76612e"

pytestmark = needs_descriptions


async def checked(ask: Asker, path: str, **query: str | int) -> Any:
    body = await ask.get(path, **query)
    assert answer_problems(path, body) == []
    return body


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


async def test_studio(ask: Asker) -> None:
    flows = (await checked(ask, "/v2/Flows"))["flows"]
    for flow in flows:
        path = path_of(flow["url"])
        assert set(await checked(ask, path)) == described_keys(path)
        revisions = (await checked(ask, f"{path}/Revisions"))["revisions"]
        assert len(revisions) == flow["revision"]
        assert set(await checked(ask, f"{path}/Revisions/1")) == described_keys(f"{path}/Revisions/1")
        await checked(ask, f"{path}/Executions", PageSize=1000)
        await checked(ask, f"{path}/Executions", status="active", DateCreatedFrom="2026-11-22T00:00:00Z")


async def test_executions(ask: Asker) -> None:
    for row in await ask.executions():
        path = path_of(row["url"])
        assert await checked(ask, path) == row
        assert set(row) == described_keys(path)
        steps = (await checked(ask, f"{path}/Steps"))["steps"]
        response = await ask.response(f"{path}/Context")
        if response.status_code == 200:
            assert answer_problems(f"{path}/Context", response.json()) == []
        else:
            assert response.status_code in (403, 404)
        if steps:
            step = path_of(steps[0]["url"])
            assert await checked(ask, step) == steps[0]
            assert set(steps[0]) == described_keys(step)
            assert set(await checked(ask, f"{step}/Context")) == described_keys(f"{step}/Context")


async def test_conversations(ask: Asker, world: World, clock: Any) -> None:
    for service in ("", f"/Services/{world.books.second_service}"):
        rows = await ask.all(f"/v1{service}/Conversations", PageSize=100)
        assert rows
        for row in rows[:60]:
            path = path_of(row["url"])
            assert await checked(ask, path) == row
            assert set(row) - {"url", "links"} <= described_keys(path)
            for participant in (await checked(ask, f"{path}/Participants"))["participants"]:
                binding = participant["messaging_binding"]
                key = {"Address": binding["address"]} if binding else {"Identity": participant["identity"]}
                listed = (await checked(ask, "/v1/ParticipantConversations", **key))["conversations"]
                if participant["identity"] != AGENT:
                    assert row["sid"] in [other["conversation_sid"] for other in listed]
            await checked(ask, f"{path}/Messages")


async def test_tasks_and_calls(ask: Asker, world: World, clock: Any) -> None:
    for workspace in (await checked(ask, "/v1/Workspaces"))["workspaces"]:
        path = path_of(workspace["url"])
        assert set(await checked(ask, path)) == described_keys(path)
        await checked(ask, f"{path}/Tasks", PageSize=1000)
        for task in await ask.all(f"{path}/Tasks"):
            assert set(await checked(ask, path_of(task["url"]))) == described_keys(path_of(task["url"]))
    for call in world.books.calls.values():
        if call.started <= clock():
            path = f"/2010-04-01/Accounts/{world.account_sid}/Calls/{call.sid}.json"
            assert set(await checked(ask, path)) == described_keys(path)
    texts = [sid for sid, run in world.books.messages.items() if sid[:2] in ("SM", "MM") and run.started < clock()]
    for sid in texts[:40]:
        path = f"/2010-04-01/Accounts/{world.account_sid}/Messages/{sid}.json"
        assert set(await checked(ask, path)) == described_keys(path)


@pytest.mark.parametrize(
    ("path", "query", "right"),
    [
        ("/v2/Flows", [("PageSize", "1000")], True),
        ("/v2/Flows", [("PageSize", "1001")], False),
        ("/v2/Flows/FWx/Executions", [("status", "active")], True),
        ("/v2/Flows/FWx/Executions", [("Status", "active")], False),
        ("/v2/Flows/FWx/Executions/FNx/ExecutionContext", [], False),
        ("/v1/ParticipantConversations", [("Address", "+49")], True),
    ],
)
def test_the_judge_of_requests(path: str, query: list[tuple[str, str]], right: bool) -> None:
    assert (request_problems("GET", path, query) == []) is right
