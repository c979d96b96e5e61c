"""Liquid paths as a flow would write them, and addresses in the Console."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidscope.domain.console import console_url
from sidscope.domain.jsontree import path_join, strings
from sidscope.domain.liquid import expression_of, keys_of_path, liquid_of

from .builders import sid
from .test_properties import JSON, some

BODY: dict[str, Any] = {
    "trigger": {"conversation": {"ChannelAttributes": {"from": "Ana"}}},
    "flow": {"variables": {"x y": 1, "it's": 2, 'say "hi"': 3, "both\"'": 4, "a}}b": 5, "a-b": 6, "naïve": 7}},
    "widgets": {
        "ask": {"inbound": {"Body": "yes", "ChannelAttributes": '{"lang": {"code": "de"}}'}},
        "list": {"parsed": {"orders": [{"id": 1}, {"id": 2}]}},
        "flex": {"routing": {"properties": {"attributes": json.dumps(json.dumps({"a b": ["x"]}))}}},
    },
}


@pytest.mark.parametrize(
    ("path", "expression"),
    [
        ("widgets.ask.inbound.Body", "{{widgets.ask.inbound.Body}}"),
        ('flow.variables["x y"]', '{{flow.variables["x y"]}}'),
        ('flow.variables["it\'s"]', '{{flow.variables["it\'s"]}}'),
        (path_join("flow.variables", 'say "hi"'), "{{flow.variables['say \"hi\"']}}"),
        (path_join("flow.variables", "both\"'"), None),
        (path_join("flow.variables", "a}}b"), None),
        ("flow.variables.a-b", '{{flow.variables["a-b"]}}'),
        (path_join("flow.variables", "naïve"), '{{flow.variables["naïve"]}}'),
        ("widgets.list.parsed.orders[1].id", "{{widgets.list.parsed.orders[1].id}}"),
        ("widgets.ask.inbound.ChannelAttributes", "{{widgets.ask.inbound.ChannelAttributes}}"),
        ("trigger.conversation.ChannelAttributes.from", "{{trigger.conversation.ChannelAttributes.from}}"),
        ("widgets.gone.thing", "{{widgets.gone.thing}}"),
        ("", None),
        ("[0]", None),
        ("no path at all", None),
        ("a..b", None),
        (".a", None),
        ('a["b', None),
    ],
)
def test_the_path_of_a_value(path: str, expression: str | None) -> None:
    found = liquid_of(BODY, path)
    assert (found.expression, found.inside) == (expression, None)
    assert (found.note is None) == (expression is not None)


@pytest.mark.parametrize("body", [BODY, json.dumps(BODY), json.dumps(json.dumps(BODY)), {"context": BODY}])
def test_a_value_inside_a_json_text_says_so(body: Any) -> None:
    envelope = "context." if isinstance(body, dict) and "context" in body else ""
    found = liquid_of(body, envelope + "widgets.ask.inbound.ChannelAttributes.lang.code")
    assert (found.expression, found.inside) == ("{{widgets.ask.inbound.ChannelAttributes}}", "lang.code")
    assert "Set Variables" in (found.note or "")
    found = liquid_of(body, envelope + 'widgets.flex.routing.properties.attributes["a b"][0]')
    assert (found.expression, found.inside) == ("{{widgets.flex.routing.properties.attributes}}", '["a b"][0]')


@some
@given(JSON)
def test_every_path_of_any_json_is_read_back(body: Any) -> None:
    for path, _ in strings(body):
        keys = keys_of_path(path)
        assert keys is not None
        spelled = ""
        for key in keys:
            spelled = path_join(spelled, key)
        assert spelled == path
        found = liquid_of(body, path)
        assert found.expression is None or (found.expression[:2], found.expression[-2:]) == ("{{", "}}")
        assert found.expression is None or found.expression.count("}}") == 1


@some
@given(JSON, st.text(st.characters(codec=None), max_size=12))
def test_any_text_is_taken_for_a_path_without_an_exception(body: Any, path: str) -> None:
    liquid_of(body, path)


def test_keys_alone() -> None:
    assert expression_of(("widgets", "my widget", 0, "x")) == '{{widgets["my widget"][0].x}}'
    assert expression_of(()) is None
    assert expression_of(("two words", "x")) is None


# --- Console

FW, FN, CH, CA, IS, WS, WT = (sid(prefix) for prefix in ("FW", "FN", "CH", "CA", "IS", "WS", "WT"))


def test_pages_of_the_console() -> None:
    assert console_url(FN, flow_sid=FW) == f"https://www.twilio.com/console/studio/flows/{FW}/executions/{FN}"
    assert console_url(CH, service_sid=IS) == (
        "https://console.twilio.com/us1/develop/conversations/manage/services"
        f"?frameUrl=%2Fconsole%2Fconversations%2Fservices%2F{IS}%2Fconversations%2F{CH}"
    )
    assert console_url(CA) == (
        f"https://console.twilio.com/us1/monitor/logs/calls?frameUrl=%2Fconsole%2Fvoice%2Fcalls%2Flogs%2F{CA}"
    )
    assert console_url(WT, workspace_sid=WS) == f"https://www.twilio.com/console/taskrouter/workspaces/{WS}/tasks"
    assert console_url(WS) == console_url(WT, workspace_sid=WS)
    assert console_url(FW) == (
        f"https://console.twilio.com/us1/service/studio/{FW}/studio-flow-instance-canvas"
        f"?frameUrl=%2Fconsole%2Fstudio%2Fflows%2F{FW}"
    )


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (FN, f"/console/studio/flows/{FW}/executions/{FN}"),
        (FW, f"/console/studio/flows/{FW}"),
        (CH, f"/console/conversations/services/{IS}/conversations/{CH}"),
        (CA, f"/console/voice/calls/logs/{CA}"),
        (WT, f"/console/taskrouter/workspaces/{WS}/tasks"),
    ],
)
def test_other_regions_are_in_the_address_and_in_the_frame(target: str, path: str) -> None:
    url = console_url(target, region="ie1", flow_sid=FW, service_sid=IS, workspace_sid=WS)
    assert url is not None
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path.split("/")[1]) == ("https", "console.twilio.com", "ie1")
    assert parse_qs(parts.query) == {"frameUrl": [f"{path}?x-target-region=ie1"]}


@pytest.mark.parametrize(
    ("target", "more"),
    [
        (FN, {}),
        (CH, {}),
        (WT, {}),
        (sid("IM"), {}),
        ("+4915112345678", {}),
        (FN, {"flow_sid": "FW/../../x"}),
        ("FN1", {"flow_sid": FW}),
    ],
)
def test_no_page_without_what_it_needs(target: str, more: dict[str, str]) -> None:
    assert console_url(target, **more) is None


def test_a_region_cannot_lead_anywhere_else() -> None:
    url = console_url(CA, region="x@evil.example/#")
    assert url is not None
    assert urlsplit(url).netloc == "console.twilio.com"
