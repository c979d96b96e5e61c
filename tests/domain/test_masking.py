"""What a recording may show: nothing of anybody, and still all that sidscope's rules look at."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidscope.domain.channels import is_phone
from sidscope.domain.evidence import extract
from sidscope.domain.facts import Facts
from sidscope.domain.masking import Masker
from sidscope.domain.records import Execution
from sidscope.domain.value import replace
from tests.domain.test_properties import BODIES, ROWS

CH = "CH" + "e4" * 16
FN = "FN" + "d3" * 16
FW = "FW" + "c2" * 16
CONTEXT = f"/v2/Flows/{FW}/Executions/{FN}/Context"


def masked(document: Any, target: str = CONTEXT, status: int = 200, masker: Masker | None = None) -> Any:
    return json.loads((masker or Masker()).body(json.dumps(document), target, status))


def leaf(value: Any, masker: Masker | None = None) -> Any:
    return masked({"context": {"x": value}}, masker=masker)["context"]["x"]


@pytest.mark.parametrize(
    "kept",
    [
        *(CH, CH.lower(), "", " ", None, True, 7, -3, "2026-11-22T10:00:00Z", "2026-11-22T10:00:00.123+01:00"),
        *("Sun, 22 Nov 2026 10:00:00 +0000", "handed off", "WHATSAPP", "web", "outbound-api", "noAnswer"),
        f"https://api.twilio.com/2010-04-01/Accounts/{'AC' + 'a' * 32}/Messages/{'MM' + 'b' * 32}.json",
    ],
)
def test_what_tells_nothing_about_anybody_stays(kept: Any) -> None:
    assert leaf(kept) == kept


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        ("+4915112345642", r"\+49\d{11}"),
        ("+15005550006", r"\+1\d{10}"),
        ("whatsapp:+4915112345642", r"whatsapp:\+49\d{11}"),
        ("messenger:1234567890123456", r"messenger:1\d{15}"),
        ("rcs:brand_agent", r"rcs:masked-\d+"),
        ("4915112345642", r"49\d{11}"),
        ("client:alice", r"client:masked-\d+"),
        ("alice@example.com", r"masked-\d+"),
        ("hola, ¿dónde está mi pedido?", r"masked-\d+"),
        ("1980-05-12", r"masked-\d+"),
        ("Mon, call me", r"masked-\d+"),
        (f"see {CH}, Alice", rf"masked-\d+ {CH}"),
        (f"https://example.com/{CH}?name=alice", rf"masked-\d+ {CH}"),
        (
            "https://mcs.us1.twilio.com/v1/Services/alice/Media?sig=xyz",
            r"https://mcs.*/v1/Services/masked-1/Media\?sig=m.*",
        ),
        ('{"name": "Alice", "n": "+4915112345642"}', r'\{"name": "masked-\d+", "n": "\+49\d{11}"\}'),
        (json.dumps(json.dumps({"name": "Alice"})), r'"\{\\"name\\": \\"masked-1\\"\}"'),
        ('{"name": "Alice"', r"masked-\d+"),
    ],
)
def test_everything_else_gets_a_stand_in_of_its_kind(given: str, shape: str) -> None:
    assert re.fullmatch(shape, leaf(given))


def test_numbers_that_may_be_somebodys() -> None:
    assert leaf(4915112345642) != 4915112345642
    assert leaf(48.137) == 0.0
    assert leaf({"millis": 1793000000000}) == {"millis": 1793000000000}


def test_one_person_is_one_person_everywhere() -> None:
    masker = Masker()
    row = {"executions": [{"contact_channel_address": "whatsapp:+4915112345642"}]}
    (listed,) = masked(row, f"/v2/Flows/{FW}/Executions", masker=masker)["executions"]
    context = masked({"context": {"From": "whatsapp:+4915112345642", "WaId": "4915112345642"}}, masker=masker)
    asked = masker.target("/v1/ParticipantConversations?Address=whatsapp%3A%2B4915112345642&PageSize=50")
    assert listed["contact_channel_address"] == context["context"]["From"]
    assert context["context"]["From"] == f"whatsapp:+{context['context']['WaId']}"
    assert asked == f"/v1/ParticipantConversations?Address=whatsapp%3A%2B{context['context']['WaId']}&PageSize=50"


@given(st.lists(st.from_regex(r"\+[1-9][0-9]{4,14}", fullmatch=True) | st.text(min_size=1), unique=True, min_size=2))
def test_different_people_stay_different(values: list[str]) -> None:
    masker = Masker()
    stand_ins = [leaf(value, masker) for value in values]
    assert len(set(stand_ins)) == len(set(values))
    for value, stand_in in zip(values, stand_ins, strict=True):
        assert is_phone(stand_in) == is_phone(value)


def test_keys_are_masked_where_they_are_somebodys() -> None:
    (key,) = masked({"context": {"+4915112345642": "x"}})["context"]
    assert re.fullmatch(r"\+49\d{11}", key)
    (key,) = masked({"context": {"alice@example.com": "x"}})["context"]
    assert re.fullmatch(r"masked-\d", key)
    assert list(masked({"context": {"ask: what's up?": 1}})["context"]) == ["ask: what's up?"]


def test_names_of_flows_and_widgets_stay_names_of_people_go() -> None:
    flow = masked({"flows": [{"friendly_name": "Main menu", "commit_message": "by Alice"}]}, "/v2/Flows?PageSize=1000")
    assert flow == {"flows": [{"friendly_name": "Main menu", "commit_message": "masked-1"}]}
    step = {"name": "incomingMessage", "transitioned_from": "ask: what's up?", "type": "trigger"}
    assert masked(step, f"/v2/Flows/{FW}/Executions/{FN}/Steps/{'FT' + '0' * 32}") == step
    talk = masked(
        {"friendly_name": "Alice", "state": "closed", "attributes": '{"state": "secret"}'}, f"/v1/Conversations/{CH}"
    )
    assert talk == {"friendly_name": "masked-1", "state": "closed", "attributes": '{"state": "masked-2"}'}


def test_a_next_page_can_still_be_asked_for() -> None:
    masker = Masker()
    following = (
        "https://conversations.twilio.com/v1/ParticipantConversations?Address=%2B4915112345642&PageToken=PTalice"
    )
    meta = masked({"meta": {"next_page_url": following, "key": "conversations"}}, "/v1/X", masker=masker)["meta"]
    assert meta["key"] == "conversations"
    assert "49151123" not in meta["next_page_url"]
    assert "alice" not in meta["next_page_url"]
    assert meta["next_page_url"].removeprefix("https://conversations.twilio.com") == masker.target(
        following.removeprefix("https://conversations.twilio.com")
    )


def test_twilios_complaints_stay_readable() -> None:
    problem = {"code": 20404, "status": 404, "message": f"{CH} of +4915112345642 or a@example.com was not found"}
    told = masked(problem | {"extra": "alice"}, status=404)
    assert told["code"] == 20404
    assert re.fullmatch(rf"{CH} of \+49\d+ or masked-\d+ was not found", told["message"])
    assert "extra" not in told


@pytest.mark.parametrize("body", ["<html>Alice</html>", "", "[" * 100_000, "\ud800"], ids=len)
def test_what_cannot_be_looked_through_is_left_out(body: str) -> None:
    assert Masker().body(body, CONTEXT, 200) == ""


def test_depth_is_no_matter() -> None:
    deep: Any = "Alice"
    for _ in range(300):
        deep = {"x": [deep]}
    text = Masker().body(json.dumps({"context": deep}), CONTEXT, 200)
    assert "Alice" not in text
    assert text.count('"x"') == 300


def told(facts: Facts) -> Facts:
    """What of the facts a mask may not change."""
    return replace(facts, contact=None, sender=None)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS, BODIES)
def test_the_rules_see_the_same_behind_the_mask(row: Execution, body: Any) -> None:
    masker = Masker()
    rows = {"contact_channel_address": row.contact_channel_address, "initiated_by": row.initiated_by}
    behind = replace(row, **masked(rows, f"/v2/Flows/{FW}/Executions", masker=masker))
    before = extract(row, body, read=True)
    after = extract(behind, masked({"context": body}, masker=masker)["context"], read=True)
    assert told(after) == told(before)
    assert (after.contact is None, after.sender is None) == (before.contact is None, before.sender is None)
    if before.contact and before.sender and after.contact and after.sender:
        same = before.contact.value == before.sender.value
        assert same == (after.contact.value == after.sender.value)
