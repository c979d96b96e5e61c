"""The simulated account behaves as Twilio does: signing in, filters, paging, refusals, limits."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest

from sidscope.demo import Login, SimulatedAccount, World
from tests.demo.conftest import Asker
from tests.support.account import NOON, Clock, simulated_account


async def test_signing_in(world: World) -> None:
    app = SimulatedAccount(world)
    for api_key in (True, False):
        response = await Asker(app, world.credentials(api_key=api_key)).response("/v2/Flows")
        assert response.status_code == 200
    for wrong in (
        Login(world.account_sid, world.api_key, "secret"),
        Login(world.account_sid, world.account_sid, world.api_secret),
        Login("", "", ""),
    ):
        response = await Asker(app, wrong).response("/v2/Flows")
        assert response.status_code == 401
        assert response.json()["code"] == 20003
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://x.invalid") as nobody:
        assert (await nobody.get("/v2/Flows")).status_code == 401
        for header in (b"Basic ???", b"Basic \xff\xfe", b"Bearer x", b"Basic //8="):
            assert (await nobody.get("/v2/Flows", headers=[(b"Authorization", header)])).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/v2/Flows/FW" + "0" * 32,
        "/v2/Flows/FW" + "0" * 32 + "/Executions",
        "/v2/Flows/not-a-sid/Executions",
        "/v1/Conversations/CH" + "0" * 32,
        "/v1/Workspaces/WS" + "0" * 32 + "/Tasks",
        "/2010-04-01/Accounts/AC" + "0" * 32 + "/Calls/CA" + "0" * 32 + ".json",
        "/",
    ],
)
async def test_what_there_is_not(ask: Asker, path: str) -> None:
    response = await ask.response(path)
    body = response.json()
    assert (response.status_code, body["status"], body["code"]) == (404, 404, 20404)
    assert set(body) == {"code", "message", "more_info", "status"}
    assert path in body["message"]


async def test_an_execution_is_found_under_its_own_flow_only(ask: Asker, world: World) -> None:
    run = world.stories["first_seen"].runs[0]
    other = next(f for f in world.flows if f is not run.flow)
    assert (await ask.response(f"/v2/Flows/{other.sid}/Executions/{run.sid}")).status_code == 404
    assert (await ask.get(f"/v2/Flows/{run.flow.sid}/Executions/FN{run.sid[2:].upper()}"))["sid"] == run.sid


async def test_contexts_gone_and_denied(ask: Asker, world: World) -> None:
    for story, status in (("unknown_gone", 404), ("unknown_denied", 403)):
        run = world.stories[story].runs[0]
        path = f"/v2/Flows/{run.flow.sid}/Executions/{run.sid}"
        assert (await ask.get(path))["context"] == {}
        assert (await ask.response(f"{path}/Context")).status_code == status


async def test_headers_and_dates(ask: Asker) -> None:
    response = await ask.response("/v2/Flows")
    assert response.headers["twilio-concurrent-requests"] == "1"
    assert response.headers["twilio-request-id"].startswith("RQ")
    assert response.headers["content-type"] == "application/json; charset=utf-8"


async def test_filters(ask: Asker) -> None:
    rows = await ask.executions()
    flow_sid = max({r["flow_sid"] for r in rows}, key=lambda sid: sum(r["flow_sid"] == sid for r in rows))
    rows = [r for r in rows if r["flow_sid"] == flow_sid]
    path = f"/v2/Flows/{flow_sid}/Executions"
    since, until = rows[30]["date_created"], rows[10]["date_created"]  # newest first
    inside = [r for r in rows if since <= r["date_created"] < until]
    assert 15 <= len(inside) <= 25
    assert await ask.all(path, DateCreatedFrom=since, DateCreatedTo=until) == inside
    for status in ("active", "ended"):
        assert await ask.all(path, status=status) == [r for r in rows if r["status"] == status]
    assert any(r["status"] == "active" for r in rows)
    for wrong in ({"status": "running"}, {"DateCreatedFrom": "yesterday"}, {"PageSize": "many"}, {"PageSize": "0"}):
        assert (await ask.response(path, **wrong)).status_code == 400


async def test_pages(ask: Asker, world: World) -> None:
    path = f"/v2/Flows/{world.flows[0].sid}/Executions"
    rows = await ask.all(path, PageSize=1000)
    assert [r["date_created"] for r in rows] == sorted((r["date_created"] for r in rows), reverse=True)
    for size in (1, 7, 50):
        assert await ask.all(path, PageSize=size) == rows
    first = await ask.get(path, PageSize=7, status="ended")
    following = first["meta"]["next_page_url"]
    assert following.startswith(f"https://studio.twilio.com{path}?")
    assert "status=ended" in following
    assert (await ask.get(following))["meta"]["page"] == 1
    assert (await ask.get(path, PageSize=5000))["meta"]["page_size"] == 1000
    assert (await ask.get("/v1/Conversations", PageSize=5000))["meta"]["page_size"] == 100


async def test_paging_holds_while_people_write_and_executions_end() -> None:
    clock = Clock(NOON)
    ask = Asker(SimulatedAccount(World(3, NOON, executions=200, arrival=2.0), clock=clock))
    queries: tuple[dict[str, str | int], ...] = ({"PageSize": 5}, {"PageSize": 2, "status": "active"})
    for query in queries:
        for flow in await ask.all("/v2/Flows"):
            path = flow["links"]["executions"]
            before = await ask.all(path, **{**query, "PageSize": 1000})
            seen, page = [], await ask.get(path, **query)
            while True:
                seen += page["executions"]
                if not page["meta"]["next_page_url"]:
                    break
                clock.forward(seconds=6)
                page = await ask.get(page["meta"]["next_page_url"])
            sids = [r["sid"] for r in seen]
            assert len(sids) == len(set(sids))
            if "status" in query:
                still = {r["sid"] for r in await ask.all(path, status="active")}
                assert {r["sid"] for r in before} & still <= set(sids)
            else:
                assert sids == [r["sid"] for r in before]


async def test_conversations_answer_under_their_service(ask: Asker, world: World) -> None:
    talk = world.stories["second_service"].runs[0].talk
    assert talk is not None
    assert (await ask.response(f"/v1/Conversations/{talk.sid}")).status_code == 404
    found = await ask.get(f"/v1/Services/{talk.service_sid}/Conversations/{talk.sid}")
    assert (found["state"], found["chat_service_sid"]) == ("closed", talk.service_sid)


async def test_tasks_by_their_states(ask: Asker, world: World) -> None:
    def path(story: str) -> str:
        handoff = next(run.handoff for run in world.stories[story].runs if run.handoff)
        return f"/v1/Workspaces/{handoff.task.workspace_sid}/Tasks/{handoff.task.sid}"

    assert (await ask.get(path("new_after_task_completed")))["assignment_status"] == "completed"
    assert (await ask.get(path("task_cancelled")))["assignment_status"] == "canceled"
    assert (await ask.get(path("new_after_task_wrapping")))["assignment_status"] == "wrapping"
    assert (await ask.response(path("new_after_task_purged"))).status_code == 404


async def test_too_many_at_once(world: World) -> None:
    app = SimulatedAccount(world, latency=0.03, concurrency_limit=4)
    ask = Asker(app)
    responses = await asyncio.gather(*(ask.response("/v2/Flows") for _ in range(10)))
    refused = [r.json() for r in responses if r.status_code == 429]
    assert len(refused) == 6 == app.throttled
    assert {r["code"] for r in refused} == {20429}
    assert app.most_in_flight == 4
    assert app.in_flight == 0
    assert app.counts["flows"] == 4


async def test_denied_products_and_other_methods(world: World) -> None:
    ask = Asker(SimulatedAccount(world, denied={"taskrouter"}))
    assert (await ask.response("/v1/Workspaces")).status_code == 403
    assert (await ask.response("/v2/Flows")).status_code == 200
    assert (await ask.client.post("/v2/Flows")).status_code == 405


def test_served_on_a_socket() -> None:
    with simulated_account(seed=2, executions=10, now=NOON) as served:
        _, username, password = served.credentials
        response = httpx.get(f"{served.url}/v2/Flows?PageSize=3", auth=(username, password), trust_env=False)
        assert len(response.json()["flows"]) == 3
        (request,) = served.requests
        assert (request.method, request.path, request.query) == ("GET", "/v2/Flows", (("PageSize", "3"),))
        assert (request.kind, request.status) == ("flows", 200)
        assert served.environment["SIDSCOPE_API_URL"] == served.url
        assert isinstance(served.clock, Clock)
        assert served.clock() == NOON
        assert served.clock.forward(hours=1) == NOON + timedelta(hours=1)
