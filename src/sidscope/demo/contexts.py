"""Execution contexts, made when asked for (shapes: twilio-facts.md 2.1 and 2.2)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sidscope.demo.account import Run, Wiring, iso_ms, make_sid
from sidscope.demo.people import text_of
from sidscope.demo.visits import Json, Path, Visit, reply_sid, source_of

OPENING = timedelta(seconds=3)
"""The widgets that need nobody's answer run at once; their output counts as there from the first moment on."""


def visits_until(run: Run, account_sid: str, now: datetime) -> list[Visit]:
    """The widgets that an execution has come by; one that it still waits in has no output yet."""
    horizon = max(now, run.started + OPENING)
    return [v for v in Path(run, account_sid).build() if v.at <= horizon]


def context_of(run: Run, account_sid: str, now: datetime) -> Any:
    """What Twilio sends under ``context``: mostly an object, sometimes a JSON string, sometimes ``{}``."""
    if run.fate == "empty":
        return {}
    body: Json = {
        "trigger": _trigger(run, account_sid, now),
        "contact": {"channel": {"address": _contact(run)}},
        "flow": _flow(run, account_sid, now),
        "widgets": _widgets(visits_until(run, account_sid, now)),
    }
    if run.fate == "string":
        return json.dumps(body, ensure_ascii=False)
    if run.fate == "nested":
        return json.dumps(json.dumps(body, ensure_ascii=False))
    return body


def _widgets(visits: list[Visit]) -> Json:
    return {visit.name: visit.output for visit in visits if visit.output is not None}


def _contact(run: Run) -> str:
    """A replayed execution is keyed on the conversation, here too; its trigger still names the author."""
    if run.keyed_on_talk and run.talk and Random(run.sid).random() < 0.5:
        return run.talk.sid
    return run.contact


def _flow(run: Run, account_sid: str, now: datetime) -> Json:
    flow: Json = {
        "sid": run.sid,
        "flow_sid": run.flow.sid,
        "channel": {"address": _address(run)},
        "variables": {"lang": run.person.language, "attempts": "1"},
    }
    talk = run.seen_talk(now)
    if talk and run.wiring is Wiring.REQUEST and run.talk_at == "channel":
        flow["channel"] |= {
            "sid": run.spell(talk.sid),
            "type": "conversation",
            "status": "active",
            "details": {
                "chat_service_sid": talk.service_sid,
                "friendly_name": None,
                "webhook_sid": make_sid("WH", talk.sid),
            },
        }
    if run.seen_handoff(now) and run.wiring is Wiring.CONVERSATION:
        flow["channel"]["status"] = "handed off"
    if run.wiring is Wiring.REQUEST:
        flow["data"] = _parameters(run)
    return flow


def _address(run: Run) -> str | None:
    """The Twilio-side address; in conversations and chats it is the conversation itself."""
    if run.talk and run.wiring in (Wiring.CONVERSATION, Wiring.LEGACY_CHAT):
        return run.spell(run.talk.sid)
    return run.sender


def _parameters(run: Run) -> Json:
    parameters: Json = {"lang": run.person.language, "campaign": "herbst-🍂"}
    if task := run.foreign.get("survey_task"):
        parameters["taskSid"] = task
    return parameters


def _trigger(run: Run, account_sid: str, now: datetime) -> Json:
    parent = {
        "parameters": {"lang": run.person.language},
        "step_sid": make_sid("FT", run.sid, "parent"),
        "execution_sid": run.sid,
        "flow_sid": run.flow.sid,
        "trigger_type": run.wiring.value,
    }
    if run.talk_at == "address" and run.talk:
        return {"parent": parent}
    match run.wiring:
        case Wiring.CONVERSATION:
            trigger: Json = {"conversation": _conversation_message(run, account_sid, now)}
        case Wiring.LEGACY_CHAT:
            trigger = {"message": _chat_message(run, account_sid)}
        case Wiring.MESSAGE:
            trigger = {"message": _message(run, account_sid)}
        case Wiring.CALL:
            trigger = {"call": _call(run, account_sid)}
        case Wiring.REQUEST:
            trigger = {"request": {"from": run.sender, "to": run.contact, "parameters": _parameters(run)}}
    if "subflow" in run.odd:
        trigger["parent"] = parent
    return trigger


def _conversation_message(run: Run, account_sid: str, now: datetime) -> Json:
    if run.talk is None:
        raise ValueError(f"{run.sid} has no conversation")
    talk = run.spell(run.talk.sid)
    sid, written, index = run.message_sid or make_sid("IM", run.sid), run.started, 0
    if run.overwritten and (answers := [r for r in run.replies if r <= now]):
        written, index = answers[-1], len(answers)
        sid = reply_sid(run, index)
    attributes: Json = {}
    if task := run.foreign.get("survey_task"):
        attributes["taskSid"] = task
    if run.channel == "webchat":
        attributes["pre_engagement_data"] = {"friendlyName": run.person.name, "question": first_text(run)}
    return {
        "EventType": "onMessageAdded",
        "AccountSid": account_sid,
        "ChatServiceSid": run.talk.service_sid,
        "InstanceSid": run.talk.service_sid,
        "ConversationSid": talk,
        "ChannelSid": talk,
        "MessageSid": sid,
        "MessagingServiceSid": make_sid("MG", account_sid),
        "ParticipantSid": make_sid("MB", run.talk.sid),
        "Author": run.contact,
        "From": run.contact,
        "Source": source_of(run),
        "Index": str(index),
        "Body": text_of(sid),
        "Attributes": "{}",
        "DateCreated": iso_ms(written),
        "RetryCount": "0",
        "WebhookType": "studio",
        "WebhookSid": make_sid("WH", run.talk.sid),
        "ChannelAttributes": json.dumps(attributes) if run.fate == "nested" else attributes,
    }


def _chat_message(run: Run, account_sid: str) -> Json:
    if run.talk is None:
        raise ValueError(f"{run.sid} has no conversation")
    talk = run.spell(run.talk.sid)
    return {
        "AccountSid": account_sid,
        "ChannelSid": talk,
        "InstanceSid": run.talk.service_sid,
        "To": talk,
        "From": run.contact,
        "ClientIdentity": run.contact,
        "MessageSid": run.message_sid,
        "Source": "SDK",
        "Index": "0",
        "Body": first_text(run),
        "EventType": "onMessageSent",
        "WebhookType": "studio",
        "WebhookSid": make_sid("WH", run.talk.sid),
        "RetryCount": "0",
        "DateCreated": iso_ms(run.started),
        "ChannelAttributes": {"from": run.person.name, "channel_type": "web", "status": "ACTIVE"},
        "Attributes": "{}",
    }


def _message(run: Run, account_sid: str) -> Json:
    message: Json = {
        "AccountSid": account_sid,
        "ApiVersion": "2010-04-01",
        "Body": first_text(run),
        "From": run.contact,
        "To": run.sender,
        "MessageSid": run.message_sid,
        "SmsMessageSid": run.message_sid,
        "NumMedia": "0",
        "NumSegments": "1",
        "FromCountry": "DE",
        "ToCountry": "DE",
    }
    if run.channel == "whatsapp":
        message |= {"WaId": run.person.phone.lstrip("+"), "ProfileName": run.person.name}
    return message


def _call(run: Run, account_sid: str) -> Json:
    if run.call is None:
        raise ValueError(f"{run.sid} has no call")
    return {
        "CallSid": run.spell(run.call.sid),
        "AccountSid": account_sid,
        "ApiVersion": "2010-04-01",
        "CallStatus": "ringing",
        "Direction": "inbound",
        "From": run.call.from_,
        "To": run.call.to,
        "Caller": run.call.from_,
        "Called": run.call.to,
        "FromCountry": "DE",
        "ToCountry": "DE",
    }


def first_text(run: Run) -> str:
    """What the customer wrote to start it (the same for all executions that one message started)."""
    return text_of(run.message_sid or run.sid)
