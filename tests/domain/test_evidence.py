"""Which SIDs belong to an execution: design.md 3.1, a row of its tables at a time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sidscope.domain.evidence import extract, settles
from sidscope.domain.facts import Facts, Hit, Source, Trigger
from sidscope.domain.records import Channel, Execution

from .builders import (
    OUR_PHONE,
    OUR_WHATSAPP,
    PHONE,
    START,
    WEB,
    WHATSAPP,
    ctx,
    ex,
    flex,
    sid,
)

CH, CA, WT, KD, IM, SM = (sid(prefix) for prefix in ("CH", "CA", "WT", "KD", "IM", "SM"))


def facts(body: Any, row: Execution | None = None) -> Facts:
    return extract(row or ex(), body, read=True)


def paths(found: Facts, wanted: str) -> list[str]:
    return [mention.path for mention in found.related if mention.sid == wanted]


# --- conversation ------------------------------------------------------------------------------------------------

CONVERSATION_ROW = Hit(sid("CH", 1), Source.ROW, "contact_channel_address")
CONVERSATION_ROWS: list[tuple[dict[str, Any], Source, str]] = [
    (
        {"trigger": {"conversation": {"ConversationSid": sid("CH", 2)}}},
        Source.TRIGGER,
        "trigger.conversation.ConversationSid",
    ),
    ({"trigger": {"message": {"ChannelSid": sid("CH", 3)}}}, Source.TRIGGER, "trigger.message.ChannelSid"),
    ({"flow": {"channel": {"sid": sid("CH", 4)}}}, Source.FLOW, "flow.channel.sid"),
    ({"flow": {"channel": {"address": sid("CH", 5)}}}, Source.FLOW, "flow.channel.address"),
    ({"widgets": {"b": {"conversation": {"sid": sid("CH", 6)}}}}, Source.WIDGET, "widgets.b.conversation.sid"),
    (
        {"widgets": {"a": {"inbound": {"ConversationSid": sid("CH", 7)}}}},
        Source.WIDGET,
        "widgets.a.inbound.ConversationSid",
    ),
    (
        {"widgets": {"a": {"inbound": {"ChannelSid": sid("CH", 8)}}}},
        Source.WIDGET,
        "widgets.a.inbound.ChannelSid",
    ),
    (
        {"widgets": {"a": {"outbound": {"ConversationSid": sid("CH", 9)}}}},
        Source.WIDGET,
        "widgets.a.outbound.ConversationSid",
    ),
    (
        {"widgets": {"a": {"outbound": {"ChannelSid": sid("CH", 10)}}}},
        Source.WIDGET,
        "widgets.a.outbound.ChannelSid",
    ),
    (
        {"widgets": {"f": {"sid": KD, "routing": {"properties": {"attributes": {"conversationSid": sid("CH", 11)}}}}}},
        Source.ATTRIBUTES,
        "widgets.f.routing.properties.attributes.conversationSid",
    ),
]


def merged(*bodies: dict[str, Any]) -> dict[str, Any]:
    """One context out of several, deeply."""
    result: dict[str, Any] = {}
    for body in bodies:
        for key, value in body.items():
            mine = result.get(key)
            result[key] = merged(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else value
    return result


@pytest.mark.parametrize("place", range(len(CONVERSATION_ROWS)))
def test_conversation_is_the_first_hit_and_later_hits_are_related(place: int) -> None:
    body, source, path = CONVERSATION_ROWS[place]
    assert facts(body).conversation == Hit(sid("CH", place + 2), source, path)
    later = CONVERSATION_ROWS[place:]
    found = facts(merged(*(body for body, _, _ in later)))
    assert found.conversation == Hit(sid("CH", place + 2), source, path)
    assert {mention.path for mention in found.related if mention.sid[:2] == "CH"} == {p for _, _, p in later[1:]}


def test_conversation_of_the_row_comes_first() -> None:
    row = ex(address=sid("CH", 1))
    assert extract(row).conversation == CONVERSATION_ROW
    found = facts(merged(*(body for body, _, _ in CONVERSATION_ROWS)), row)
    assert found.conversation == CONVERSATION_ROW
    assert len([mention for mention in found.related if mention.sid[:2] == "CH"]) == len(CONVERSATION_ROWS)


@pytest.mark.parametrize(
    "body",
    [
        {"trigger": {"message": {"ChannelSid": sid("IS")}}},
        {"flow": {"channel": {"sid": sid("MG"), "address": OUR_PHONE}}},
        {"trigger": {"conversation": {"ConversationSid": CH[:-1]}}},
        {"trigger": {"conversation": {"ConversationSid": {"sid": CH}}}},
        {"trigger": {"conversation": {"ConversationSid": 7}}},
        {"trigger": {"request": {"parameters": {"ConversationSid": CH}}}},
        {"widgets": {"function": {"status_code": 200, "parsed": {"conversationSid": CH}}}},
        {"widgets": {"function": {"status_code": 200, "sid": KD, "attributes": {"conversationSid": CH}}}},
        {"widgets": {"survey": {"taskSid": WT, "conversationSid": CH}}},
        {"trigger": {"message": {"ChannelAttributes": json.dumps({"conversationSid": CH, "taskSid": WT})}}},
        {"trigger": {"message": {"Body": f"my conversation is {CH}"}}},
    ],
)
def test_conversation_is_never_taken_from_weak_evidence(body: dict[str, Any]) -> None:
    found = facts(body)
    assert (found.conversation, found.task) == (None, None)
    assert (CH in json.dumps(body)) == (CH in {mention.sid for mention in found.related})


# --- call --------------------------------------------------------------------------------------------------------

CALL_ROW = ex(by=sid("CA", 1))
IN_TRIGGER = {"trigger": {"call": {"CallSid": sid("CA", 2)}}}
MADE = {"dial": {"CallSid": sid("CA", 3), "CallStatus": "completed", "Direction": "outbound-api", "To": PHONE}}


@pytest.mark.parametrize(
    ("row", "body", "hit"),
    [
        (CALL_ROW, None, Hit(sid("CA", 1), Source.ROW, "initiated_by")),
        (CALL_ROW, merged(IN_TRIGGER, {"widgets": MADE}), Hit(sid("CA", 1), Source.ROW, "initiated_by")),
        (ex(), IN_TRIGGER, Hit(sid("CA", 2), Source.TRIGGER, "trigger.call.CallSid")),
        (ex(), merged(IN_TRIGGER, {"widgets": MADE}), Hit(sid("CA", 2), Source.TRIGGER, "trigger.call.CallSid")),
        (ex(), {"widgets": MADE}, Hit(sid("CA", 3), Source.WIDGET, "widgets.dial.CallSid")),
        (ex(), {"widgets": {"d": {"CallSid": CA}}}, Hit(CA, Source.WIDGET, "widgets.d.CallSid")),
        (ex(), {"widgets": {"d": {"CallSid": CA, "AnsweredBy": "human"}}}, Hit(CA, Source.WIDGET, "widgets.d.CallSid")),
        # another leg, a child leg, an incoming call, code's answer, and a variable are not calls the flow made
        (ex(), {"widgets": {"d": {"DialCallSid": CA}}}, None),
        (ex(), {"widgets": {"d": {"CallSid": CA, "ParentCallSid": sid("CA", 9)}}}, None),
        (ex(), {"widgets": {"d": {"CallSid": CA, "Direction": "outbound-dial"}}}, None),
        (ex(), {"widgets": {"d": {"CallSid": CA, "Direction": "inbound"}}}, None),
        (ex(), {"widgets": {"d": {"CallSid": CA, "status_code": 200}}}, None),
        (ex(), {"widgets": {"d": {"CallSid": CA}}, "flow": {"variables": {"CallSid": CA}}}, None),
        (ex(), {"trigger": {"call": {"From": PHONE}}, "widgets": MADE}, None),
    ],
)
def test_call(row: Execution, body: Any, hit: Hit | None) -> None:
    assert extract(row, body, read=body is not None).call == hit


def test_another_leg_is_related_only() -> None:
    body = ctx(call={"CallSid": CA}, dial={"CallSid": CA, "DialCallSid": sid("CA", 8)})
    found = facts(body)
    assert found.call == Hit(CA, Source.TRIGGER, "trigger.call.CallSid")
    assert paths(found, sid("CA", 8)) == ["widgets.dial.DialCallSid"]
    assert paths(found, CA) == ["widgets.dial.CallSid"]


# --- the other fields --------------------------------------------------------------------------------------------

ATTRIBUTES = {"flexInteractionSid": sid("KD", 2), "conversationSid": CH}


@pytest.mark.parametrize(
    ("output", "task", "interaction"),
    [
        (flex(3, interaction=2), "routing.properties.sid", "sid"),
        (flex(3) | {"TaskSid": sid("WT", 4)}, "routing.properties.sid", "sid"),
        ({"sid": WT, "workspace_sid": sid("WS")}, "sid", None),
        ({"sid": WT, "TaskSid": sid("WT", 2), "attributes": ATTRIBUTES}, "sid", "attributes.flexInteractionSid"),
        ({"TaskSid": WT, "Attributes": json.dumps(ATTRIBUTES)}, "TaskSid", "Attributes.flexInteractionSid"),
        (
            {"routing": {"properties": {"sid": WT, "attributes": ATTRIBUTES}}},
            "routing.properties.sid",
            "routing.properties.attributes.flexInteractionSid",
        ),
        (
            {"sid": KD, "routing": {"properties": {"attributes": ATTRIBUTES}}},
            None,
            "sid",
        ),
        ({"QueueResult": "bridged", "QueueSid": sid("QU"), "CallStatus": "completed"}, None, None),
        ({"sid": sid("UO")}, None, None),
        ({"taskSid": WT}, None, None),
    ],
)
def test_task_and_interaction(output: dict[str, Any], task: str | None, interaction: str | None) -> None:
    found = facts({"widgets": {"flex": output}})
    assert (found.task.path if found.task else None) == (task and f"widgets.flex.{task}")
    assert (found.interaction.path if found.interaction else None) == (interaction and f"widgets.flex.{interaction}")
    handed_over = bool(task or interaction)
    assert [handoff.path for handoff in found.handoffs] == ["widgets.flex"] * handed_over


@pytest.mark.parametrize("output", [{"sid": WT}, {"TaskSid": WT}, {"TaskSid": WT, "conversationSid": CH}])
def test_what_set_variables_notes_is_no_hand_off(output: dict[str, str]) -> None:
    found = facts({"widgets": {"notes": output}, "flow": {"variables": {"lang": "es", **output}}})
    assert (found.task, found.handoffs) == (None, ())
    assert WT in {mention.sid for mention in found.related}


def test_handoff_tells_workspace_task_and_interaction() -> None:
    (handoff,) = facts({"widgets": {"to agent": flex(5, interaction=6)}}).handoffs
    assert (handoff.path, handoff.task_sid) == ('widgets["to agent"]', sid("WT", 5))
    assert (handoff.workspace_sid, handoff.interaction_sid) == (sid("WS"), sid("KD", 6))


def test_a_channel_handed_off_is_a_handoff_whose_task_is_unknown() -> None:
    (handoff,) = facts(ctx(channel={"status": "handed off", "sid": CH})).handoffs
    assert (handoff.path, handoff.task_sid) == ("flow.channel.status", None)


@pytest.mark.parametrize(
    ("by", "body", "hit"),
    [
        (sid("SM", 9), ctx(message={"MessageSid": IM}), Hit(sid("SM", 9), Source.ROW, "initiated_by")),
        (sid("MM", 9), None, Hit(sid("MM", 9), Source.ROW, "initiated_by")),
        (sid("IM", 9), None, Hit(sid("IM", 9), Source.ROW, "initiated_by")),
        (
            sid("CA"),
            ctx(message={"MessageSid": SM}, conversation={"MessageSid": IM}),
            Hit(SM, Source.TRIGGER, "trigger.message.MessageSid"),
        ),
        (None, ctx(conversation={"MessageSid": IM}), Hit(IM, Source.TRIGGER, "trigger.conversation.MessageSid")),
        (sid("RQ"), ctx(conversation={"MessageSid": CH}), None),
        (None, {"widgets": {"say": {"outbound": {"Sid": SM}}}}, None),
    ],
)
def test_message(by: str | None, body: Any, hit: Hit | None) -> None:
    assert extract(ex(by=by), body, read=body is not None).message == hit


CONTACTS: list[tuple[str, dict[str, Any]]] = [
    ("contact.channel.address", {"contact": {"channel": {"address": "c0"}}}),
    ("trigger.message.From", {"trigger": {"message": {"From": "c1"}}}),
    ("trigger.conversation.Author", {"trigger": {"conversation": {"Author": "c2"}}}),
    ("trigger.conversation.From", {"trigger": {"conversation": {"From": "c3"}}}),
    ("trigger.call.From", {"trigger": {"call": {"From": "c4"}}}),
    ("trigger.request.to", {"trigger": {"request": {"to": "c5"}}}),
]


@pytest.mark.parametrize("place", range(len(CONTACTS)))
def test_contact_is_the_first_hit(place: int) -> None:
    body = merged(*(body for _, body in CONTACTS[place:]))
    hit = Hit(f"c{place}", Source.TRIGGER, CONTACTS[place][0])
    assert facts(body, ex(address=PHONE)).contact == hit


@pytest.mark.parametrize(
    ("address", "contact"),
    [
        (WHATSAPP, WHATSAPP),
        (PHONE, PHONE),
        (WEB, WEB),
        ("client:anna", "client:anna"),
        (CH, None),
        ("", None),
        (None, None),
    ],
)
def test_contact_of_the_row_unless_that_is_a_conversation(address: str | None, contact: str | None) -> None:
    row = ex(address=address)
    expected = Hit(contact, Source.ROW, "contact_channel_address") if contact else None
    assert extract(row).contact == facts({"trigger": {"conversation": {"Author": CH.lower()}}}, row).contact == expected


SENDERS: list[tuple[Source, str, dict[str, Any]]] = [
    (Source.FLOW, "flow.channel.address", {"flow": {"channel": {"address": "s0"}}}),
    (Source.TRIGGER, "trigger.message.To", {"trigger": {"message": {"To": "s1"}}}),
    (Source.TRIGGER, "trigger.call.To", {"trigger": {"call": {"To": "s2"}}}),
    (Source.TRIGGER, "trigger.request.from", {"trigger": {"request": {"from": "s3"}}}),
]


@pytest.mark.parametrize("place", range(len(SENDERS)))
def test_sender_is_the_first_hit(place: int) -> None:
    source, path, _ = SENDERS[place]
    assert facts(merged(*(body for _, _, body in SENDERS[place:]))).sender == Hit(f"s{place}", source, path)


def test_sender_is_never_a_conversation() -> None:
    legacy = ctx(sender=CH, message={"To": CH, "From": WEB, "ChannelSid": CH})
    assert facts(legacy).sender is None
    assert facts(ctx(sender=CH, message={"To": OUR_PHONE})).sender == Hit(
        OUR_PHONE, Source.TRIGGER, "trigger.message.To"
    )


IN_CH = {"ConversationSid": CH}


@pytest.mark.parametrize(
    ("row", "body", "channel"),
    [
        # a call: voice, whatever else there is
        (ex(by=CA, address=PHONE), None, Channel.VOICE),
        (ex(), ctx(call={"CallSid": CA, "From": WHATSAPP}), Channel.VOICE),
        (ex(), ctx(call={"From": PHONE}), Channel.VOICE),
        (ex(by=sid("RQ")), ctx(request={"to": PHONE}, dial={"CallSid": CA}), Channel.VOICE),
        # by the prefix of contact or sender
        (ex(address=WHATSAPP, by=SM), None, Channel.WHATSAPP),
        (ex(address="WhatsApp:+491"), None, Channel.WHATSAPP),
        (ex(address="messenger:123"), None, Channel.MESSENGER),
        (ex(address="rcs:+491"), None, Channel.RCS),
        (ex(), ctx(message={"From": PHONE, "To": OUR_WHATSAPP}), Channel.WHATSAPP),
        (ex(), ctx(contact=WEB, sender="messenger:9"), Channel.MESSENGER),
        (ex(), ctx(request={"to": WHATSAPP}), Channel.WHATSAPP),
        (ex(address=WHATSAPP), ctx(conversation=IN_CH | {"Source": "SMS"}), Channel.WHATSAPP),
        # by trigger.conversation.Source
        (ex(address=PHONE), ctx(conversation=IN_CH | {"Source": "WHATSAPP"}), Channel.WHATSAPP),
        (ex(address=PHONE), ctx(conversation=IN_CH | {"Source": "sms"}), Channel.SMS),
        (ex(), ctx(conversation=IN_CH | {"Source": "MESSENGER"}), Channel.MESSENGER),
        (ex(address=PHONE), ctx(conversation=IN_CH | {"Source": "RCS"}), Channel.RCS),
        (ex(address=WEB), ctx(conversation=IN_CH | {"Source": "SDK"}), Channel.WEBCHAT),
        (ex(address=PHONE), ctx(conversation=IN_CH | {"Source": "API"}), Channel.SMS),
        # webchat: a CH whose contact is not a phone number, or channel_type: web
        (ex(address=WEB), ctx(conversation=IN_CH), Channel.WEBCHAT),
        (ex(address="sip:a@b"), ctx(conversation=IN_CH), Channel.WEBCHAT),
        (ex(address=sid("US")), ctx(conversation=IN_CH), Channel.WEBCHAT),
        (ex(), ctx(message={"From": WEB, "ChannelSid": CH, "To": CH}), Channel.WEBCHAT),
        (ex(address=PHONE), ctx(conversation=IN_CH | {"ChannelAttributes": {"channel_type": "web"}}), Channel.WEBCHAT),
        (ex(), ctx(conversation=IN_CH | {"ChannelAttributes": '{"channel_type":"web"}'}), Channel.WEBCHAT),
        (
            ex(),
            ctx(conversation=IN_CH, a={"inbound": {"ChannelAttributes": '{"channel_type":"web"}'}}),
            Channel.WEBCHAT,
        ),
        # sms: a message, a CH or a sent message with a phone number
        (ex(address=PHONE, by=SM), None, Channel.SMS),
        (ex(), ctx(message={"From": PHONE, "To": OUR_PHONE}), Channel.SMS),
        (ex(address=PHONE), ctx(conversation=IN_CH), Channel.SMS),
        (ex(), ctx(conversation=IN_CH, sender=OUR_PHONE), Channel.SMS),
        (ex(by=sid("RQ")), ctx(request={"to": PHONE}, say={"outbound": {"Sid": SM, "To": PHONE}}), Channel.SMS),
        (ex(by=sid("RQ")), ctx(request={"to": PHONE}, say={"outbound": {"Sid": SM}}), Channel.SMS),
        # api for a REST execution
        (ex(by=sid("RQ"), address=PHONE), None, Channel.API),
        (ex(), ctx(request={"to": PHONE, "from": OUR_PHONE}), Channel.API),
        (ex(by=sid("RQ")), ctx(request={"to": PHONE}, say={"outbound": {"Sid": None, "To": PHONE}}), Channel.API),
        (ex(by=sid("RQ")), ctx(request={"to": PHONE}, say={"outbound": {"Sid": SM, "To": WHATSAPP}}), Channel.API),
        # else unknown, or not known yet
        (ex(address=PHONE), None, None),
        (ex(address=CH, by=IM), None, None),
        (ex(address=WEB, by=SM), None, None),
        (ex(), {}, None),
    ],
)
def test_channel(row: Execution, body: Any, channel: Channel | None) -> None:
    assert extract(row, body, read=body is not None).channel == channel


@pytest.mark.parametrize(
    ("row", "body", "trigger"),
    [
        (ex(by=CA), None, Trigger.CALL),
        (ex(by=sid("RQ")), ctx(call={"From": PHONE}), Trigger.CALL),
        (ex(by=IM), None, Trigger.MESSAGE),
        (ex(address=CH), None, Trigger.MESSAGE),
        (ex(), ctx(conversation=IN_CH), Trigger.MESSAGE),
        (ex(by=sid("RQ"), address=CH), None, Trigger.REQUEST),
        (ex(), ctx(request={"to": PHONE}, dial={"CallSid": CA}), Trigger.REQUEST),
        (ex(address=PHONE), None, Trigger.UNKNOWN),
    ],
)
def test_trigger(row: Execution, body: Any, trigger: Trigger) -> None:
    assert extract(row, body, read=body is not None).trigger is trigger


@pytest.mark.parametrize(
    ("row", "settled"),
    [
        (ex(address=CH), True),
        (ex(by=CA), True),
        (ex(address=CH.lower()), True),
        (ex(address=WHATSAPP, by=IM), False),
        (ex(address=WHATSAPP, by=CH), False),  # the table names contact_channel_address alone for a CH
        (ex(address=CA), False),
        (ex(), False),
    ],
)
def test_settles(row: Execution, settled: bool) -> None:
    assert settles(row) is settled


# --- JSON in strings, spelling, what is foreign ------------------------------------------------------------------


def quoted(value: Any, times: int = 1) -> str:
    for _ in range(times):
        value = json.dumps(value)
    return str(value)


FULL = ctx(conversation=IN_CH | {"Author": WHATSAPP}, flex=flex(2, conversationSid=CH, flexInteractionSid=KD))


@pytest.mark.parametrize(
    "body",
    [
        FULL,
        {"context": FULL, "account_sid": sid("AC"), "encrypted": True},
        quoted(FULL),
        quoted(FULL, 3),
        {"context": quoted(FULL)},
        {"context": {"context": quoted(FULL)}},
        {name: quoted(part) for name, part in FULL.items()},
        FULL | {"trigger": {"conversation": quoted(FULL["trigger"]["conversation"], 2)}},
        FULL | {"widgets": {"flex": flex(2) | {"routing": quoted(FULL["widgets"]["flex"]["routing"])}}},
        FULL | {"widgets": quoted({"flex": quoted(FULL["widgets"]["flex"])})},
    ],
)
def test_json_in_strings_reads_as_json(body: Any) -> None:
    assert facts(body) == facts(FULL)
    assert not facts(FULL).empty


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_attributes_are_read_through_strings(layers: int) -> None:
    attributes = quoted(
        {"conversationSid": CH, "flexInteractionSid": KD, "other": quoted({"deep": sid("WT", 9)})}, layers
    )
    found = facts({"widgets": {"f": {"routing": {"properties": {"sid": WT, "attributes": attributes}}}}})
    path = "widgets.f.routing.properties.attributes"
    assert found.conversation == Hit(CH, Source.ATTRIBUTES, f"{path}.conversationSid")
    assert found.interaction == Hit(KD, Source.ATTRIBUTES, f"{path}.flexInteractionSid")
    assert paths(found, sid("WT", 9)) == [f"{path}.other.deep"]


def test_sids_compare_without_case_and_keep_their_spelling() -> None:
    shouted, quiet = "CH" + "AB" * 16, "ch" + "ab" * 16
    assert extract(ex(address=quiet)).conversation == Hit(quiet, Source.ROW, "contact_channel_address")
    assert facts(ctx(conversation={"ConversationSid": shouted})).conversation == Hit(
        shouted, Source.TRIGGER, "trigger.conversation.ConversationSid"
    )


def test_the_flow_sid_is_the_execution_itself() -> None:
    row = ex(7, flow=3)
    body = ctx() | {"flow": {"sid": row.sid.upper(), "flow_sid": row.flow_sid.lower(), "channel": {"sid": CH}}}
    found = facts(body, row)
    assert found.related == ()
    assert found.conversation == Hit(CH, Source.FLOW, "flow.channel.sid")


def test_every_other_sid_is_related_with_its_path() -> None:
    body = ctx(
        conversation=IN_CH | {"AccountSid": sid("AC"), "ParticipantSid": sid("MB"), "Body": f"see {WT}, please"},
        survey={"parsed": [{"old": sid("CH", 2)}, sid("CH", 3)]},
        url={"href": f"https://x/Recordings/{sid('RE')}.mp3"},
    )
    found = facts(body, ex(address=WHATSAPP, by=IM))
    assert [(mention.sid, mention.path) for mention in found.related] == [
        (sid("MB"), "trigger.conversation.ParticipantSid"),
        (WT, "trigger.conversation.Body"),
        (sid("CH", 2), "widgets.survey.parsed[0].old"),
        (sid("CH", 3), "widgets.survey.parsed[1]"),
        (sid("RE"), "widgets.url.href"),
    ]


def test_a_row_that_names_neither_is_kept_as_related() -> None:
    assert paths(extract(ex(by=sid("RQ"))), sid("RQ")) == ["initiated_by"]
    assert paths(extract(ex(address=CH, by=CH)), CH) == ["initiated_by"]


@pytest.mark.parametrize(
    "body", [None, {}, [], "", "{}", 7, {"context": {}}, {"encrypted": True}, {"trigger": {}, "widgets": {}}]
)
def test_a_context_that_says_nothing_is_empty(body: Any) -> None:
    found = facts(body, ex(address=WHATSAPP, by=SM))
    assert found.empty
    assert found.contact == Hit(WHATSAPP, Source.ROW, "contact_channel_address")
    assert not extract(ex(), body, read=False).empty


def test_the_service_of_the_conversation() -> None:
    service = sid("IS")
    for body in (
        ctx(conversation={"ChatServiceSid": service}),
        ctx(message={"InstanceSid": service}),
        ctx(channel={"details": {"chat_service_sid": service}}),
        ctx(start={"conversation": {"sid": CH, "chat_service_sid": service}}),
    ):
        assert facts(body).service_sid == service


def test_known_inbound_messages() -> None:
    stamp = "2026-11-01T12:34:56.789Z"
    when = datetime(2026, 11, 1, 12, 34, 56, 789000, tzinfo=UTC)
    body = ctx(
        conversation=IN_CH | {"DateCreated": stamp},
        ask={"inbound": {"DateCreated": stamp}, "outbound": {"DateCreated": stamp}},
        legacy={"inbound": {"DateCreated": {"millis": when.timestamp() * 1000, "zone": "UTC"}}},
        broken={"inbound": {"DateCreated": "yesterday"}},
    )
    assert [(inbound.time, inbound.path) for inbound in facts(body).inbound] == [
        (START, "date_created"),
        (when, "trigger.conversation.DateCreated"),
        (when, "widgets.ask.inbound.DateCreated"),
        (when, "widgets.legacy.inbound.DateCreated"),
    ]
    assert [i.path for i in extract(ex(by=IM)).inbound] == ["date_created"]
    assert [i.path for i in extract(ex(address=CH)).inbound] == ["date_created"]
    assert extract(ex(by=CA)).inbound == extract(ex(by=sid("RQ"))).inbound == extract(ex(address=PHONE)).inbound == ()
    assert extract(ex(by=IM, hours=None)).inbound == ()


def test_text_that_no_file_takes_is_made_harmless() -> None:
    found = facts({"contact": {"channel": {"address": "a\ud800"}}, "widgets": {"w\udfff": {"x": WT}}})
    assert found.contact == Hit("a?", Source.TRIGGER, "contact.channel.address")
    assert paths(found, WT) == ['widgets["w?"].x']
