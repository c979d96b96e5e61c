"""The way through the flow: which widgets an execution came by, when, and what they put out.

The context's ``widgets`` and the steps are both made from it (shapes: twilio-facts.md 2.3).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sidscope.demo.account import Run, Wiring, iso_ms, make_sid
from sidscope.demo.people import ANSWERS, PRODUCTS, TEXTS, WIDGETS, text_of

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Visit:
    """One widget passed: its output (None: it has none) and the event that led on to the next one."""

    name: str
    type: str
    event: str
    at: datetime
    output: Json | None
    within: int | None = None  # the index of the Run Subflow visit it belongs to


class Path:
    """Builds the visits of one execution; the same execution always gives the same ones."""

    def __init__(self, run: Run, account_sid: str):
        self.run = run
        self.account_sid = account_sid
        self.random = Random(run.sid)
        self.visits: list[Visit] = []
        self.clock = run.started + timedelta(milliseconds=150)
        self.made = 0

    def build(self) -> list[Visit]:
        match self.run.wiring:
            case Wiring.CALL:
                self._voice()
            case Wiring.REQUEST:
                self._request()
            case _:
                self._messaging()
        return self.visits

    # --- the kinds of flows

    def _messaging(self) -> None:
        run = self.run
        if "subflow" in run.odd:
            self._subflow()
        self._add("welcome", "send-message", "sent", {"outbound": self._outbound(ANSWERS[0])})
        self._function()
        for number, reply in enumerate(run.replies):
            self._ask(number, reply)
        self._variables()
        if "flex_failed" in run.odd:
            self._add("flex", "send-to-flex", "failedToEnqueue", {})
        if run.handoff:
            self._flex()
        elif run.ended is not None:
            self._add("bye", "send-message", self.random.choice(("sent", "sent", "failed")), self._goodbye())
        else:
            self._add("ask", "send-and-wait-for-reply", "", None)

    def _voice(self) -> None:
        run = self.run
        call = self._call_fields("in-progress")
        self._add("welcome", "say-play", "audioComplete", None)
        self._add("ask", "gather-input-on-call", "keypress", {**call, "Digits": str(self.random.randint(1, 4))})
        self._dial(call)
        if "texts" in run.odd:
            text = {"Sid": make_sid("SM", run.sid), "Status": "sent", "From": run.sender, "To": run.contact}
            self._add("sms with the address", "send-message", "sent", {"outbound": text})
        if self.random.random() < 0.3:
            recording = make_sid("RE", run.sid)
            url = f"https://api.twilio.com/2010-04-01/Accounts/{self.account_sid}/Recordings/{recording}"
            self._add(
                "voicemail",
                "record-voicemail",
                "recordingComplete",
                {**call, "RecordingSid": recording, "RecordingUrl": url, "RecordingDuration": "8"},
            )
        if run.handoff:
            self._flex()

    def _request(self) -> None:
        run = self.run
        self._function()
        if run.channel == "voice":
            fields = {**self._call_fields("in-progress"), "Direction": "outbound-api", "AnsweredBy": "human"}
            self._add("call customer", "make-outgoing-call", "answered", fields)
            self._dial({**fields, "AnsweredBy": None})
        elif run.channel == "api":
            self._variables()
        elif run.talk is None:
            self._add("survey", "send-message", "sent", {"outbound": self._outbound("How did we do? 1-5")})
            for number, reply in enumerate(run.replies):
                self._ask(number, reply)
        elif run.talk_at in ("channel", "conversation"):
            self._add("start_conversation", "start-conversation", "success", self._conversation())
            self._add("template", "send-message", "sent", {})
        elif run.talk_at == "outbound":
            self._add("template", "send-message", "sent", {"outbound": self._outbound(ANSWERS[1])})
        else:
            reply = run.replies[0] if run.replies else self.clock
            body = self._inbound(reply, 1)
            self._add("twiml", "add-twiml-redirect", "return", {"inbound": body}, reply)

    # --- widgets

    def _add(
        self,
        kind: str,
        widget: str,
        event: str,
        output: Json | None,
        at: datetime | None = None,
        within: int | None = None,
    ) -> None:
        self.clock = max(at, self.clock) if at else self.clock + timedelta(milliseconds=self.random.randint(80, 350))
        names = WIDGETS.get(kind, (kind,))
        self.visits.append(Visit(self.random.choice(names), widget, event, self.clock, output, within))

    def _ask(self, number: int, reply: datetime) -> None:
        name = WIDGETS["ask"][number % len(WIDGETS["ask"])]
        output = {"outbound": self._outbound(self.random.choice(ANSWERS))}
        if not self.run.overwritten:
            output["inbound"] = self._inbound(reply, number + 1)
        self.clock = max(self.clock, reply)
        suffix = f" {number // len(WIDGETS['ask']) + 1}" if number >= len(WIDGETS["ask"]) else ""
        self.visits.append(Visit(name + suffix, "send-and-wait-for-reply", "incomingMessage", self.clock, output))

    def _dial(self, call: Json) -> None:
        if leg := self.run.foreign.get("dial"):
            dialled = {"DialCallSid": leg, "DialCallStatus": "completed", "DialCallDuration": "31"}
            self._add("dial out", "connect-call-to", "callCompleted", {**call, **dialled})

    def _subflow(self) -> None:
        self._add("check opening hours", "run-subflow", "completed", {"open": "true", "lang": self.run.person.language})
        index = len(self.visits) - 1
        self._add("sub: calendar", "make-http-request", "success", None, within=index)

    def _function(self) -> None:
        size = self.random.choices((4, 14, 45, 130), (42, 34, 18, 6))[0]
        orders = [
            {
                "number": f"{self.random.randint(10**7, 10**8)}",
                "product": self.random.choice(PRODUCTS),
                "cents": self.random.randint(190, 4900),
                "note": self.random.choice(TEXTS),
            }
            for _ in range(size)
        ]
        parsed: Json = {"name": self.run.person.name, "lang": self.run.person.language, "orders": orders}
        if talk := self.run.foreign.get("talk"):  # what the customer did elsewhere is none of this execution's
            last = {"conversationSid": talk, "taskSid": self.run.foreign["task"], "CallSid": self.run.foreign["call"]}
            parsed["last_contact"] = {**last, "conversation": {"sid": talk}}
        output = {
            "status_code": 200,
            "content_type": "application/json",
            "body": json.dumps(parsed, ensure_ascii=False),
            "parsed": parsed,
        }
        if self.random.random() < 0.05 and "crm" not in self.run.odd:
            output = {}  # failure branches usually leave nothing
        self._add("function", "run-function", "success" if output else "fail", output)

    def _variables(self) -> None:
        self._add("variables", "set-variables", "next", {"lang": self.run.person.language, "topic": "order"})

    def _goodbye(self) -> Json:
        return {"outbound": self._outbound(self.random.choice(ANSWERS))}

    def _flex(self) -> None:
        run = self.run
        if run.handoff is None:
            raise ValueError(f"{run.sid} was not handed over")
        outputs = {"interaction": self._interaction, "task": self._whole_task, "voice": self._queue}
        output = outputs[run.handoff.shape]()
        self.clock = max(self.clock, run.handoff.at)
        name = self.random.choice(WIDGETS["flex"])
        self.visits.append(Visit(name, "send-to-flex", "callComplete", run.handoff.at, output))

    def _attributes(self) -> Json:
        """What Interactions writes into a task's attributes (the official Flex example)."""
        run = self.run
        attributes: Json = {
            "customerAddress": run.contact,
            "flexChannelInviteSid": make_sid("KG", run.sid),
            "channelType": "web" if run.channel == "webchat" else run.channel,
            "customers": {"phone": run.contact, "name": run.person.name},
            "customerName": run.person.name,
            "flexInteractionChannelSid": make_sid("UO", run.sid),
            "initiatedBy": "customer",
            "direction": "inbound",
        }
        if run.handoff:
            attributes["flexInteractionSid"] = run.handoff.task.interaction_sid
        if run.talk:
            talk = run.spell(run.talk.sid)
            attributes["conversationSid"] = talk
            attributes["conversations"] = {
                "initiated_by": "customer",
                "conversation_id": attributes.get("flexInteractionSid"),
                "media": [{"type": "ChatTranscript", "sid": talk}],
            }
        return attributes

    def _interaction(self) -> Json:
        run, handoff = self.run, self.run.handoff
        if handoff is None:
            return {}
        attributes: Any = json.dumps(self._attributes(), ensure_ascii=False)
        if run.fate == "nested":
            attributes = json.dumps(attributes)
        stamp = int(handoff.at.timestamp())
        return {
            "sid": handoff.task.interaction_sid,
            "channel": {"type": run.channel, "sid": make_sid("UO", run.sid)},
            "routing": {
                "reservation": None,
                "properties": {
                    "date_created": stamp,
                    "date_updated": stamp,
                    "workflow_name": "Default Fifo Workflow",
                    "assignment_status": "pending",
                    "queue_name": "Gäste",
                    "priority": 0,
                    "sid": run.spell(handoff.task.sid),
                    "workflow_sid": make_sid("WW", self.account_sid),
                    "routing_target": make_sid("WK", run.sid),
                    "reason": "",
                    "attributes": attributes,
                    "workspace_sid": handoff.task.workspace_sid,
                    "account_sid": self.account_sid,
                    "timeout": 86400,
                    "addons": "{}",
                },
            },
            "interaction_context_sid": None,
            "url": f"https://flex-api.twilio.com/v1/Interactions/{handoff.task.interaction_sid}",
        }

    def _whole_task(self) -> Json:
        """Legacy chat: the widget puts out the whole task."""
        run, handoff = self.run, self.run.handoff
        if handoff is None:
            return {}
        attributes = {
            "channelSid": run.talk.sid if run.talk else None,
            "channelType": "web",
            "name": run.person.name,
            "flexInteractionSid": handoff.task.interaction_sid,
        }
        return {
            "sid": run.spell(handoff.task.sid),
            "workspace_sid": handoff.task.workspace_sid,
            "assignment_status": "pending",
            "attributes": json.dumps(attributes, ensure_ascii=False),
            "task_channel_unique_name": "chat",
            "workflow_sid": make_sid("WW", self.account_sid),
            "age": 0,
        }

    def _queue(self) -> Json:
        """Voice: what the queue says, and (as the documents have it) the task."""
        fields: Json = {**self._call_fields("in-progress"), "QueueResult": "bridged", "QueueTime": "12"}
        fields["QueueSid"] = make_sid("QU", self.account_sid)
        if self.run.handoff:
            fields["TaskSid"] = self.run.spell(self.run.handoff.task.sid)
        return fields

    def _conversation(self) -> Json:
        run = self.run
        if run.talk is None:
            return {}
        talk = run.spell(run.talk.sid)
        return {
            "conversation": {
                "sid": talk,
                "state": "active",
                "chat_service_sid": run.talk.service_sid,
                "messaging_service_sid": make_sid("MG", self.account_sid),
                "participants": [
                    {
                        "sid": make_sid("MB", run.talk.sid),
                        "conversation_sid": talk,
                        "messaging_binding": {"address": run.talk.address, "proxy_address": run.talk.proxy},
                    }
                ],
            },
            "webhook_sid": make_sid("WH", run.talk.sid),
            "close_channel_on_execution_end": False,
        }

    # --- messages and calls

    def _outbound(self, text: str) -> Json:
        run = self.run
        self.made += 1
        if run.talk is None or run.talk_at == "attributes":
            return {
                "Sid": make_sid("SM", run.sid, self.made),
                "Status": "sent",
                "From": run.sender,
                "To": run.contact,
                "Body": text,
                "MessagingServiceSid": None,
                "ErrorCode": None,
            }
        sid, talk = make_sid("IM", run.sid, self.made), run.spell(run.talk.sid)
        if run.wiring is Wiring.LEGACY_CHAT:
            joda = {"year": run.started.year, "millis": int(run.started.timestamp() * 1000), "zone": {"id": "Etc/UTC"}}
            return {
                "Sid": sid,
                "ChannelSid": talk,
                "ServiceSid": run.talk.service_sid,
                "From": "Bot",
                "To": talk,
                "Body": text,
                "DateCreated": joda,
            }
        if run.talk_at in ("conversation", "channel", "address"):
            return {"Sid": sid, "Author": "flow", "Index": self.made, "Body": text, "Media": None}
        return {
            "Sid": sid,
            "ConversationSid": talk,
            "ParticipantSid": None,
            "Author": talk,
            "Index": self.made,
            "Body": text,
            "Attributes": "{}",
            "Media": None,
        }

    def _inbound(self, at: datetime, number: int) -> Json:
        run = self.run
        if run.talk is None or run.talk_at == "attributes":
            sid = make_sid("SM", run.sid, "in", number)
            return {
                "MessageSid": sid,
                "From": run.contact,
                "To": run.sender,
                "Body": text_of(sid),
                "NumMedia": "0",
            }
        sid = reply_sid(run, number)
        inbound: Json = {
            "EventType": "onMessageAdded",
            "MessageSid": sid,
            "Author": run.contact,
            "Body": text_of(sid),
            "DateCreated": iso_ms(at),
            "Source": source_of(run),
            "ChannelAttributes": json.dumps({"from": run.person.name, "lang": run.person.language}),
        }
        key = "ChannelSid" if run.wiring is Wiring.LEGACY_CHAT else "ConversationSid"
        if run.talk_at not in ("conversation", "channel", "address"):
            inbound[key] = run.spell(run.talk.sid)
        return inbound

    def _call_fields(self, status: str) -> Json:
        run = self.run
        if run.call is None:
            return {}
        return {
            "CallSid": run.spell(run.call.sid),
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "CallStatus": status,
            "Direction": run.call.direction,
            "From": run.call.from_,
            "To": run.call.to,
            "Caller": run.call.from_,
            "Called": run.call.to,
            "FromCountry": "DE",
            "ToCountry": "DE",
        }


def reply_sid(run: Run, number: int) -> str:
    """The message with which a conversation's customer answered inside an execution; they count from 1."""
    return make_sid("IM", run.sid, "in", number)


def source_of(run: Run) -> str:
    """``Source`` of a conversation's message."""
    return {"whatsapp": "WHATSAPP", "sms": "SMS", "messenger": "MESSENGER"}.get(run.channel, "SDK")
