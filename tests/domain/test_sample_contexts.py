"""The sample contexts that the founders' notes hold beside the project, where they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sidscope.domain.evidence import extract
from sidscope.domain.facts import Facts, Hit, Source
from sidscope.domain.records import Channel

from .builders import ex

SAMPLES = Path(__file__).parents[3] / "shared" / "contexts"


def sample(name: str) -> Any:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"the sample contexts are not beside this clone ({name})")
    return json.loads(path.read_text(encoding="utf-8"))


def facts(body: Any) -> Facts:
    return extract(ex(), body, read=True)


def repeated(prefix: str, character: str) -> str:
    return prefix + character * 32


def test_an_interaction_that_flex_created() -> None:
    found = facts({"widgets": {"to flex": sample("03-official-flex-interaction-create.json")}})
    at = 'widgets["to flex"]'
    assert found.task == Hit(repeated("WT", "b"), Source.WIDGET, f"{at}.routing.properties.sid")
    assert found.interaction == Hit(repeated("KD", "c"), Source.WIDGET, f"{at}.sid")
    path = f"{at}.routing.properties.attributes"
    assert found.conversation == Hit(repeated("CH", "3"), Source.ATTRIBUTES, f"{path}.conversationSid")
    assert found.handoffs[0].workspace_sid == repeated("WS", "1")
    assert (repeated("KD", "c"), f"{path}.conversations.conversation_id") in {
        (mention.sid, mention.path) for mention in found.related
    }


def test_an_incoming_whatsapp_conversation() -> None:
    found = facts(sample("04-synthetic-incoming-conversation-whatsapp.json"))
    assert found.conversation == Hit(repeated("CH", "3"), Source.TRIGGER, "trigger.conversation.ConversationSid")
    assert found.message == Hit(repeated("IM", "5"), Source.TRIGGER, "trigger.conversation.MessageSid")
    assert found.contact == Hit("whatsapp:+15005550006", Source.TRIGGER, "contact.channel.address")
    assert (found.sender, found.channel) == (None, Channel.WHATSAPP)
    assert found.service_sid == repeated("IS", "4")
    assert "trigger.conversation.DateCreated" in {inbound.path for inbound in found.inbound}
    assert "flow.channel.address" in {mention.path for mention in found.related}


def test_an_incoming_call_sent_to_flex() -> None:
    found = facts(sample("05-synthetic-incoming-call-sendtoflex.json"))
    assert found.call == Hit(repeated("CA", "7"), Source.TRIGGER, "trigger.call.CallSid")
    assert (found.conversation, found.task, found.channel) == (None, None, Channel.VOICE)
    assert (found.contact and found.contact.value, found.sender and found.sender.value) == (
        "+15005550006",
        "+15005550001",
    )
    assert (repeated("CA", "8"), "widgets.dial_out.DialCallSid") in {
        (mention.sid, mention.path) for mention in found.related
    }


def test_a_subflow() -> None:
    found = facts(sample("08-synthetic-subflow.json"))
    assert found.conversation == Hit(repeated("CH", "3"), Source.TRIGGER, "trigger.conversation.ConversationSid")
    assert "trigger.parent.step_sid" in {mention.path for mention in found.related}
