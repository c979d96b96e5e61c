"""What an account reads, against a scripted server on a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from sidscope.domain.jsontext import JsonText, decoded, read_json
from sidscope.domain.records import (
    Call,
    Context,
    Conversation,
    Execution,
    Flow,
    Membership,
    Memberships,
    Participant,
    ReadStatus,
    Step,
    Task,
)
from sidscope.twilio_api import (
    Account,
    BadCredentials,
    BadResponse,
    Denied,
    ForeignOrigin,
    Message,
    NotFound,
    ServerFault,
    TwilioApiError,
    Unreachable,
)
from tests.support.httpserver import HttpServer, Reply, as_json, error

from .conftest import AC, CA, CH, FN, FT, FW, IS, NOW, SM, WS, WT, listing

EXECUTIONS = f"/v2/Flows/{FW}/Executions"
CONTEXT = f"{EXECUTIONS}/{FN}/Context"
CONVERSATION = f"/v1/Conversations/{CH}"
IN_SERVICE = f"/v1/Services/{IS}/Conversations/{CH}"
MEMBERSHIPS = "/v1/ParticipantConversations"
WORKSPACES = "/v1/Workspaces"
TASK = f"{WORKSPACES}/{WS}/Tasks/{WT}"
CALL = f"/2010-04-01/Accounts/{AC}/Calls/{CA}.json"
MESSAGE = f"/2010-04-01/Accounts/{AC}/Messages/{SM}.json"

T0 = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
Z0 = "2026-01-02T12:00:00Z"
GONE, DENIED, FAILED, OK = ReadStatus.GONE, ReadStatus.DENIED, ReadStatus.FAILED, ReadStatus.OK

# -- Studio -----------------------------------------------------------------------------------------------------------


async def test_flows(account: Account, server: HttpServer) -> None:
    row = {"sid": FW, "friendly_name": "Ünïcode [red]", "status": "published", "revision": 7}
    rows = [row | {"date_created": Z0, "date_updated": "2026-01-02T12:00:00.5Z"}, {"sid": "FW2", "definition": None}]
    server.on("/v2/Flows", as_json(listing("flows", rows)))
    assert await account.flows() == [
        Flow(FW, "Ünïcode [red]", "published", 7, T0, T0 + timedelta(seconds=0.5)),
        Flow("FW2", "FW2"),
    ]


ROW: dict[str, Any] = {
    "sid": FN,
    "flow_sid": FW,
    "status": "ended",
    "date_created": Z0,
    "date_updated": None,
    "contact_channel_address": "whatsapp:+4915112345678",
    "initiated_by": CA,
    "flow_version": 3,
    "context": {},
}
EXECUTION = Execution(FN, FW, "ended", T0, None, "whatsapp:+4915112345678", CA, 3)


async def test_executions_come_page_by_page(account: Account, server: HttpServer) -> None:
    following = f"https://studio.twilio.com{EXECUTIONS}?PageSize=2&Page=1&PageToken=PT"
    old = {"sid": "FN2", "status": 7, "flow_version": "x", "contact_channel_address": ["+49"]}  # an older deployment
    server.on(
        EXECUTIONS,
        as_json(listing("executions", [ROW], following)),
        as_json(listing("executions", [old])),
    )
    pages = account.executions(FW, page_size=2)
    assert await anext(pages) == [EXECUTION]
    assert len(server.requests) == 1  # the second page is asked for when it is wanted
    assert await anext(pages) == [Execution("FN2", FW)]
    with pytest.raises(StopAsyncIteration):
        await anext(pages)


BERLIN = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("filters", "query"),
    [
        ({}, {"PageSize": "1000"}),
        ({"status": "active"}, {"PageSize": "1000", "status": "active"}),
        (
            {"since": datetime(2026, 1, 2, 13, 0, tzinfo=BERLIN), "until": datetime(2026, 1, 2, 14, 0, tzinfo=BERLIN)},
            {"PageSize": "1000", "DateCreatedFrom": Z0, "DateCreatedTo": "2026-01-02T13:00:00Z"},
        ),
        (  # Twilio's filters know whole seconds: the part of a second must not be lost
            {"since": T0 + timedelta(seconds=0.7), "until": T0 + timedelta(seconds=59.2), "page_size": 5},
            {"PageSize": "5", "DateCreatedFrom": Z0, "DateCreatedTo": "2026-01-02T12:01:00Z"},
        ),
    ],
)
async def test_filters(account: Account, server: HttpServer, filters: dict[str, Any], query: dict[str, str]) -> None:
    server.on(EXECUTIONS, as_json(listing("executions", [])))
    assert [page async for page in account.executions(FW, **filters)] == [[]]
    assert server.requests[0].query == query


@pytest.mark.parametrize("rows", [{}, "", None, 7])
async def test_a_list_that_is_none_is_no_empty_list(account: Account, server: HttpServer, rows: Any) -> None:
    server.on(EXECUTIONS, as_json(listing("executions", []) | {"executions": rows}))
    with pytest.raises(BadResponse):
        await anext(account.executions(FW))


@pytest.mark.parametrize("length", [1, 2, 3])
async def test_pages_that_lead_back_to_each_other_end(account: Account, server: HttpServer, length: int) -> None:
    urls = [f"https://studio.twilio.com{EXECUTIONS}?Page={n}" for n in range(length)]
    server.on(EXECUTIONS, *(as_json(listing("executions", [ROW], url)) for url in urls * 3))
    pages = account.executions(FW)
    for _ in range(length + 1):
        assert await anext(pages) == [EXECUTION]
    with pytest.raises(BadResponse, match="lead back"):
        await anext(pages)


async def test_a_list_that_breaks_off_says_so(account: Account, server: HttpServer) -> None:
    following = f"https://studio.twilio.com{EXECUTIONS}?Page=1"
    server.on(EXECUTIONS, as_json(listing("executions", [ROW], following)), error(500))
    pages = account.executions(FW)
    assert await anext(pages) == [EXECUTION]
    with pytest.raises(ServerFault):
        await anext(pages)


async def test_one_execution(account: Account, server: HttpServer) -> None:
    server.on(f"{EXECUTIONS}/{FN}", as_json(ROW), error(404, 20404))
    assert await account.execution(FW, FN) == EXECUTION
    with pytest.raises(NotFound):
        await account.execution(FW, FN)


@pytest.mark.parametrize("body", [{}, {"trigger": {"a": [1, None]}}, '{"trigger": "{}"}', "", [], 0, False])
async def test_a_context_is_left_as_it_is(account: Account, server: HttpServer, body: object) -> None:
    server.on(CONTEXT, as_json({"context": body, "execution_sid": FN, "encrypted": True}))
    context = await account.context(FW, FN)
    assert (context.execution_sid, context.read_status, context.read_at) == (FN, OK, NOW)
    assert decoded(context.body) == body
    assert type(decoded(context.body)) is type(body)


@pytest.mark.parametrize("text", ['"\\ud800"', "12345678901234567890123", '{"a": 1e400}', "[NaN]", ' { "a" : 1 } '])
async def test_a_context_that_is_hard_to_read(account: Account, server: HttpServer, text: str) -> None:
    server.on(CONTEXT, Reply(body=f'{{"execution_sid": "{FN}", "context": {text}}}'.encode()))
    context = await account.context(FW, FN)
    assert context.read_status is OK
    assert decoded(context.body) == read_json(text)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", '{"context": {"a": tru}}', '{"context": {}', '{"context": "\\q"}', "[" * 5_000 + "]" * 5_000],
)
async def test_what_is_no_context(account: Account, server: HttpServer, text: str) -> None:
    server.on(CONTEXT, Reply(body=text.encode()))
    assert (await account.context(FW, FN)).read_status is FAILED
    assert isinstance(account.last_problem, BadResponse)


async def test_a_context_of_null_is_a_context_and_an_empty_answer_none(account: Account, server: HttpServer) -> None:
    server.on(CONTEXT, as_json({"context": None, "execution_sid": FN}), as_json({}))
    assert await account.context(FW, FN) == Context(FN, OK, NOW, JsonText(b"null"))
    assert await account.context(FW, FN) == Context(FN, FAILED, NOW)


async def test_steps_come_oldest_first(account: Account, server: HttpServer) -> None:
    def row(sid: str, second: int, **fields: Any) -> dict[str, Any]:
        return {"sid": sid, "date_created": f"2026-01-02T12:00:0{second}Z", **fields}

    path = f"{EXECUTIONS}/{FN}/Steps"
    newer = [row("FT3", 3), row("FT2", 1, parent_step_sid="FT1")]
    older = [row("FT1", 1, name="incomingRequest", transitioned_from="Trigger", transitioned_to="ask", type="trigger")]
    server.on(
        path,
        as_json(listing("steps", newer, f"https://studio.twilio.com{path}?Page=1")),
        as_json(listing("steps", older)),
    )
    second = timedelta(seconds=1)
    assert await account.steps(FW, FN) == [
        Step("FT1", FN, FW, "incomingRequest", "Trigger", "ask", "trigger", None, T0 + second),
        Step("FT2", FN, FW, None, None, None, None, "FT1", T0 + second),
        Step("FT3", FN, FW, None, None, None, None, None, T0 + 3 * second),
    ]


async def test_a_step_context(account: Account, server: HttpServer) -> None:
    server.on(f"{EXECUTIONS}/{FN}/Steps/{FT}/Context", as_json({"context": '{"a": 1}', "step_sid": FT}))
    assert await account.step_context(FW, FN, FT) == '{"a": 1}'
    with pytest.raises(NotFound):
        await account.step_context(FW, FN, FT[:-1] + "0")


async def test_a_flow_revision(account: Account, server: HttpServer) -> None:
    payload = {"sid": FW, "revision": 3, "definition": {"states": []}}
    server.on(f"/v2/Flows/{FW}/Revisions/3", as_json(payload))
    assert await account.flow_revision(FW, 3) == payload
    with pytest.raises(NotFound):
        await account.flow_revision(FW, 4)


# -- conversations ----------------------------------------------------------------------------------------------------

CLOSED = {
    "sid": CH,
    "state": "closed",
    "chat_service_sid": IS,
    "date_created": Z0,
    "date_updated": "2026-01-02T13:00:00Z",
    "timers": {"date_closed": "2026-01-02T12:30:00.000Z"},
}


async def test_a_conversation(account: Account, server: HttpServer) -> None:
    server.on(CONVERSATION, as_json(CLOSED))
    assert await account.conversation(CH, IS) == Conversation(
        CH, OK, NOW, "closed", IS, T0, T0 + timedelta(hours=1), T0 + timedelta(minutes=30)
    )
    assert [r.path for r in server.requests] == [CONVERSATION]


@pytest.mark.parametrize(
    ("default", "in_service", "service", "status", "asked"),
    [
        (error(404), as_json(CLOSED), IS, OK, [CONVERSATION, IN_SERVICE]),
        (error(404), error(404), IS, GONE, [CONVERSATION, IN_SERVICE]),
        (error(404), error(403), IS, DENIED, [CONVERSATION, IN_SERVICE]),
        (error(404), error(400), IS, FAILED, [CONVERSATION, IN_SERVICE]),
        (error(404), as_json(CLOSED), None, GONE, [CONVERSATION]),
        (error(403), as_json(CLOSED), IS, DENIED, [CONVERSATION]),
        (error(404), as_json(CLOSED), "../../evil", FAILED, [CONVERSATION]),
    ],
)
async def test_a_conversation_of_another_service(
    account: Account,
    server: HttpServer,
    default: Reply,
    in_service: Reply,
    service: str | None,
    status: ReadStatus,
    asked: list[str],
) -> None:
    server.on(CONVERSATION, default).on(IN_SERVICE, in_service)
    found = await account.conversation(CH, service)
    assert found.read_status is status
    assert [r.path for r in server.requests] == asked


async def test_participants(account: Account, server: HttpServer) -> None:
    rows = [
        {"sid": "MB1", "messaging_binding": {"address": "whatsapp:+49", "proxy_address": "whatsapp:+1"}},
        {"sid": "MB2", "identity": "agent", "messaging_binding": None},
        {"sid": "MB3", "messaging_binding": {"address": 49}},
    ]
    server.on(f"{IN_SERVICE}/Participants", as_json(listing("participants", rows)))
    assert await account.participants(CH, IS) == [
        Participant("MB1", CH, None, "whatsapp:+49", "whatsapp:+1"),
        Participant("MB2", CH, "agent"),
        Participant("MB3", CH),
    ]
    with pytest.raises(NotFound):
        await account.participants(CH)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("whatsapp:+4915112345678", "Address"),
        ("+4915112345678", "Address"),
        ("4915112345678", "Address"),
        ("messenger:1234567", "Address"),
        ("rcs:some-agent", "Address"),
        ("FX8d3b2a1c", "Identity"),
        ("anna@example.com", "Identity"),
        ("Anna & Co", "Identity"),
    ],
)
async def test_memberships(account: Account, server: HttpServer, address: str, key: str) -> None:
    row = {
        "conversation_sid": CH,
        "conversation_state": "closed",
        "chat_service_sid": IS,
        "participant_messaging_binding": {"address": address, "proxy_address": "whatsapp:+1"},
        "conversation_date_created": Z0,
        "conversation_date_updated": Z0,
    }
    server.on(MEMBERSHIPS, as_json(listing("conversations", [row, {"conversation_sid": "CH2"}])))
    assert await account.memberships(address) == Memberships(
        address, OK, NOW, (Membership(CH, "closed", IS, address, "whatsapp:+1", T0, T0), Membership("CH2"))
    )
    assert server.requests[0].query == {key: address, "PageSize": "50"}


async def test_memberships_that_break_off_are_not_complete(account: Account, server: HttpServer) -> None:
    following = f"https://conversations.twilio.com{MEMBERSHIPS}?Page=1"
    server.on(MEMBERSHIPS, as_json(listing("conversations", [{"conversation_sid": CH}], following)), error(400))
    assert await account.memberships("+49151") == Memberships("+49151", FAILED, NOW, (Membership(CH),))


# -- tasks, calls, messages -------------------------------------------------------------------------------------------

TASK_PAYLOAD = {
    "sid": WT,
    "assignment_status": "completed",
    "workspace_sid": WS,
    "reason": "done",
    "attributes": "{}",
    "date_created": Z0,
    "date_updated": Z0,
}
A_TASK = Task(WT, OK, NOW, "completed", WS, "done", T0, T0, "{}")


async def test_a_task_in_a_known_workspace(account: Account, server: HttpServer) -> None:
    server.on(TASK, as_json(TASK_PAYLOAD), error(404))
    assert await account.task(WT, WS) == A_TASK
    assert await account.task(WT, WS) == Task(WT, GONE, NOW, workspace_sid=WS)
    assert {r.path for r in server.requests} == {TASK}


async def test_a_task_in_an_unknown_workspace(account: Account, server: HttpServer) -> None:
    server.on(WORKSPACES, as_json(listing("workspaces", [{"sid": "WS1"}, {"sid": WS}, {"sid": "WS3"}])))
    server.on(TASK, as_json(TASK_PAYLOAD))
    tasks = tuple(await asyncio.gather(account.task(WT), account.task(WT), account.task("WT2")))
    assert tasks == (A_TASK, A_TASK, Task("WT2", GONE, NOW))
    assert len(server.asked(WORKSPACES)) == 1
    assert len(server.asked(f"{WORKSPACES}/WS3/Tasks/{WT}")) == 0


@pytest.mark.parametrize(
    ("workspaces", "status"),
    [
        (as_json(listing("workspaces", [])), GONE),
        (error(404), FAILED),  # the list itself is never gone
        (error(403), DENIED),
        (error(401), DENIED),
        (error(400), FAILED),
        (as_json(listing("workspaces", [{"sid": "WS/../x"}])), FAILED),
    ],
)
async def test_workspaces_that_cannot_be_listed(
    account: Account, server: HttpServer, workspaces: Reply, status: ReadStatus
) -> None:
    server.on(WORKSPACES, workspaces)
    assert await account.task(WT) == Task(WT, status, NOW)


async def test_a_task_denied_in_one_workspace_is_looked_for_in_the_others(account: Account, server: HttpServer) -> None:
    server.on(WORKSPACES, as_json(listing("workspaces", [{"sid": "WS1"}, {"sid": WS}])))
    server.on(f"{WORKSPACES}/WS1/Tasks/{WT}", error(403))
    server.on(TASK, as_json(TASK_PAYLOAD), error(404))
    assert await account.task(WT) == A_TASK
    assert (await account.task(WT)).read_status is DENIED  # it may be where we may not look


async def test_a_call(account: Account, server: HttpServer) -> None:
    payload = {
        "sid": CA,
        "status": "completed",
        "direction": "inbound",
        "from": "+49",
        "to": "+1",
        "parent_call_sid": None,
        "date_created": "Fri, 02 Jan 2026 12:00:00 +0000",
        "start_time": "Fri, 02 Jan 2026 14:00:01 +0200",
        "end_time": "Fri, 99 Jan 2026 12:00:00 +0000",
    }
    server.on(CALL, as_json(payload))
    assert await account.call(CA) == Call(
        CA, OK, NOW, "completed", "inbound", "+49", "+1", None, T0, T0 + timedelta(seconds=1), None
    )


async def test_a_message(account: Account, server: HttpServer) -> None:
    payload = {"sid": SM, "from": "whatsapp:+49", "to": "whatsapp:+1", "direction": "inbound", "status": "received"}
    server.on(MESSAGE, as_json(payload | {"date_created": "Fri, 02 Jan 2026 12:00:00 +0000", "date_sent": None}))
    assert await account.message(SM) == Message(SM, OK, NOW, "whatsapp:+49", "whatsapp:+1", "inbound", "received", T0)


# -- how look-ups end -------------------------------------------------------------------------------------------------

Looker = Callable[[Account], Awaitable[Context | Conversation | Task | Call | Message | Memberships]]
LOOKUPS: list[tuple[str, Looker]] = [
    (CONTEXT, lambda account: account.context(FW, FN)),
    (CONVERSATION, lambda account: account.conversation(CH)),
    (TASK, lambda account: account.task(WT, WS)),
    (CALL, lambda account: account.call(CA)),
    (MESSAGE, lambda account: account.message(SM)),
    (MEMBERSHIPS, lambda account: account.memberships("+4915112345678")),
]
ENDINGS: list[tuple[Reply, ReadStatus, type[TwilioApiError] | None]] = [
    (error(404, 20404), GONE, None),
    (error(403), DENIED, None),
    (error(401, 20003), DENIED, BadCredentials),
    (error(400), FAILED, None),
    (error(500), FAILED, None),
    (error(429), FAILED, None),
    (Reply(reset=True), FAILED, Unreachable),
    (Reply(body=b"<html>"), FAILED, BadResponse),
    (Reply(body=b"null"), FAILED, BadResponse),
    (Reply(body=b"[]"), FAILED, BadResponse),
    (Reply(body=b"{}"), FAILED, BadResponse),
    (as_json({"sid": "../x", "context": None}), FAILED, BadResponse),
]


@pytest.mark.parametrize(("path", "look"), LOOKUPS)
@pytest.mark.parametrize(("reply", "status", "kind"), ENDINGS, ids=str)
async def test_a_look_up_never_raises_but_says_how_it_ended(
    account: Account,
    server: HttpServer,
    path: str,
    look: Looker,
    reply: Reply,
    status: ReadStatus,
    kind: type[TwilioApiError] | None,
) -> None:
    server.on(path, reply)
    found = await look(account)
    assert found.read_status is status
    assert found.read_at == NOW
    assert (account.refused is not None) is (kind is BadCredentials)
    assert (account.last_problem is not None) is (status is FAILED)
    problem = account.last_problem or account.refused
    if kind is not None:
        assert isinstance(problem, kind)
    if problem is not None:
        assert problem.request.startswith(f"GET {path}")


async def test_a_refused_list_raises_and_is_remembered(account: Account, server: HttpServer) -> None:
    server.on("/v2/Flows", error(401, 20003, "Authenticate"))
    with pytest.raises(BadCredentials) as caught:
        await account.flows()
    assert account.refused is caught.value
    assert (caught.value.status, caught.value.code) == (401, 20003)


async def test_a_denied_list_raises(account: Account, server: HttpServer) -> None:
    server.on(EXECUTIONS, error(403))
    with pytest.raises(Denied):
        await anext(account.executions(FW))
    assert account.refused is None


async def test_a_foreign_page_fails_a_look_up(account: Account, server: HttpServer) -> None:
    server.on(MEMBERSHIPS, as_json(listing("conversations", [], "https://evil.example/")))
    assert (await account.memberships("+49151")).read_status is FAILED
    assert isinstance(account.last_problem, ForeignOrigin)


@pytest.mark.parametrize("sid", ["", "../Flows", "FN?x=1", "FN#", "FN/..", "FN\r\nX: y", "FN 1", "ＦＮ"])
async def test_nonsense_never_becomes_a_path(account: Account, server: HttpServer, sid: str) -> None:
    assert (await account.context(FW, sid)).read_status is FAILED
    assert (await account.conversation(sid)).read_status is FAILED
    assert (await account.task(sid, WS)).read_status is FAILED
    assert (await account.call(sid)).read_status is FAILED
    for ask in (account.execution(FW, sid), account.steps(sid, FN), account.participants(sid)):
        with pytest.raises(BadResponse):
            await ask
    with pytest.raises(BadResponse):
        await anext(account.executions(sid))
    assert server.requests == []


# -- an account in this process, and Twilio's hosts -------------------------------------------------------------------


async def test_hosts_region_and_edge(opener: Callable[..., Account]) -> None:
    hosts: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        hosts.append(dict(scope["headers"])[b"host"].decode())
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    for region in (None, "ie1"):
        account = opener(None, asgi_app=app, region=region)
        for _, look in LOOKUPS[:4]:
            assert (await look(account)).read_status is GONE
    products = ("studio", "conversations", "taskrouter", "api")
    assert hosts == [f"{p}.twilio.com" for p in products] + [f"{p}.ie1.twilio.com" for p in products]
