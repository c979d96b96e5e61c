"""Every request we send is one that Twilio's official descriptions know."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from sidscope.twilio_api import Account
from tests.support.httpserver import HttpServer, Request, as_json

from .conftest import AC, CA, CH, FN, FT, FW, IS, SM, WS, WT, listing

DESCRIPTIONS = Path(__file__).parents[3] / "shared" / "openapi"


def descriptions() -> list[dict[str, Any]]:
    if not DESCRIPTIONS.is_dir():
        pytest.skip("Twilio's API descriptions are not beside this repository")
    return [json.loads(path.read_text()) for path in sorted(DESCRIPTIONS.glob("*.json"))]


def problems(request: Request, documents: list[dict[str, Any]]) -> Iterator[str]:
    """What is wrong with a request, as the descriptions have it."""
    url = urlsplit(request.target)
    for document in documents:
        for template, methods in document["paths"].items():
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template))
            if (match := re.fullmatch(pattern, url.path)) and request.method.lower() in methods:
                described = {
                    (p["in"], p["name"]): p["schema"] for p in methods[request.method.lower()].get("parameters", [])
                }
                given = [("path", *item) for item in match.groupdict().items()]
                given += [("query", *item) for item in parse_qsl(url.query, keep_blank_values=True)]
                for place, name, value in given:
                    if (place, name) not in described:
                        yield f"{template}: no {place} parameter {name}"
                        continue
                    schema = {**described[place, name], "components": document["components"]}
                    typed = int(value) if schema.get("type") == "integer" else value
                    validator = Draft202012Validator(schema, format_checker=FormatChecker())
                    yield from (f"{template}: {name}: {e.message}" for e in validator.iter_errors(typed))
                return
    yield f"no such operation: {request.method} {url.path}"


async def test_every_request_is_described(account: Account, server: HttpServer) -> None:
    documents = descriptions()
    server.on("/v1/Workspaces", as_json(listing("workspaces", [{"sid": WS}])))
    server.on(f"/v2/Flows/{FW}/Executions", as_json(listing("executions", [])))
    server.on("/v2/Flows", as_json(listing("flows", [])))
    for path in (f"/v2/Flows/{FW}/Executions/{FN}", f"/v2/Flows/{FW}/Revisions/3"):
        server.on(path, as_json({"sid": FN}))
    server.on(f"/v2/Flows/{FW}/Executions/{FN}/Steps", as_json(listing("steps", [])))
    server.on(f"/v2/Flows/{FW}/Executions/{FN}/Steps/{FT}/Context", as_json({"context": {}}))
    server.on(f"/v1/Services/{IS}/Conversations/{CH}/Participants", as_json(listing("participants", [])))
    moment = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)

    await account.flows()
    async for _ in account.executions(FW, since=moment, until=moment, status="active"):
        pass
    await account.execution(FW, FN)
    await account.context(FW, FN)
    await account.steps(FW, FN)
    await account.step_context(FW, FN, FT)
    await account.flow_revision(FW, 3)
    await account.conversation(CH, IS)
    await account.participants(CH, IS)
    await account.memberships("whatsapp:+4915112345678")
    await account.memberships("webchat-visitor")
    await account.task(WT)
    await account.call(CA)
    await account.message(SM)

    assert len(server.requests) == 17
    assert AC in server.requests[-1].path
    assert [problem for request in server.requests for problem in problems(request, documents)] == []
