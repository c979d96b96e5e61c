"""The account's things as the JSON that Twilio sends (official descriptions: github.com/twilio/twilio-oai)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from sidscope.demo.account import Call, Flow, Run, Talk, Task, iso, make_sid
from sidscope.demo.contexts import first_text
from sidscope.demo.people import text_of
from sidscope.demo.steps import StepRow
from sidscope.demo.visits import reply_sid

if TYPE_CHECKING:
    from sidscope.demo.world import World

Json = dict[str, Any]

STUDIO = "https://studio.twilio.com"
CONVERSATIONS = "https://conversations.twilio.com"
TASKROUTER = "https://taskrouter.twilio.com"
API = "https://api.twilio.com"


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message that a customer wrote in a conversation; ``index`` counts from 0."""

    sid: str
    at: datetime
    index: int


def inbound_of(talk: Talk, now: datetime) -> list[Inbound]:
    """What the customer wrote there until ``now``, oldest first; a message that started several counts once."""
    found: dict[str, datetime] = {}
    for run in talk.runs:
        if run.message_sid and run.message_sid.startswith("IM"):
            found.setdefault(run.message_sid, run.started)
        if run.talk_at != "attributes":
            found |= {reply_sid(run, number): at for number, at in enumerate(run.replies, 1)}
    written = sorted((at, sid) for sid, at in found.items() if at <= now)
    return [Inbound(sid, at, index) for index, (at, sid) in enumerate(written)]


class Resources:
    """Writes resources of one world, as they are at one moment."""

    def __init__(self, world: World, now: datetime):
        self.world = world
        self.account = world.account_sid
        self.now = now

    # --- Studio

    def flow(self, flow: Flow, *, whole: bool) -> Json:
        url = f"{STUDIO}/v2/Flows/{flow.sid}"
        return {
            "sid": flow.sid,
            "account_sid": self.account,
            "author_sid": None,
            "friendly_name": flow.name,
            "definition": _definition(flow) if whole else None,
            "status": "published",
            "revision": flow.revision,
            "commit_message": f"revision {flow.revision}" if whole else None,
            "valid": True if whole else None,
            "errors": [] if whole else None,
            "warnings": [] if whole else None,
            "date_created": iso(flow.created),
            "date_updated": iso(flow.updated),
            "webhook_url": f"https://webhooks.twilio.com/v1/Accounts/{self.account}/Flows/{flow.sid}",
            "url": url,
            "links": {
                "revisions": f"{url}/Revisions",
                "test_users": f"{url}/TestUsers",
                "executions": f"{url}/Executions",
            },
        }

    def revision(self, flow: Flow, number: int, *, whole: bool) -> Json:
        return {
            "sid": flow.sid,
            "account_sid": self.account,
            "author_sid": None,
            "friendly_name": flow.name,
            "definition": _definition(flow) if whole else None,
            "status": "published",
            "revision": number,
            "commit_message": f"revision {number}" if whole else None,
            "valid": True if whole else None,
            "errors": [] if whole else None,
            "date_created": iso(flow.created),
            "date_updated": iso(flow.updated),
            "url": f"{STUDIO}/v2/Flows/{flow.sid}/Revisions/{number}",
        }

    def execution(self, run: Run) -> Json:
        url = f"{STUDIO}/v2/Flows/{run.flow.sid}/Executions/{run.sid}"
        return {
            "sid": run.sid,
            "account_sid": self.account,
            "flow_sid": run.flow.sid,
            "contact_channel_address": run.row_address,
            "contact_sid": make_sid("FC", run.contact),
            "flow_version": run.version,
            "context": {},
            "status": "active" if run.active(self.now) else "ended",
            "date_created": iso(run.started),
            "date_updated": iso(run.updated(self.now)),
            "initiated_by": run.initiated_by,
            "url": url,
            "links": {"steps": f"{url}/Steps", "execution_context": f"{url}/Context"},
        }

    def context(self, run: Run, context: Any) -> Json:
        """Mostly as described; a real one was seen with keys that no description has (twilio-facts.md 2.1)."""
        envelope = {
            "account_sid": self.account,
            "context": context,
            "flow_sid": run.flow.sid,
            "execution_sid": run.sid,
            "url": f"{STUDIO}/v2/Flows/{run.flow.sid}/Executions/{run.sid}/Context",
        }
        if "encrypted" in run.odd:
            del envelope["url"]
            envelope |= {"step_sid": make_sid("FT", run.sid, 0), "encrypted": True}
        return envelope

    def step(self, run: Run, step: StepRow) -> Json:
        url = f"{STUDIO}/v2/Flows/{run.flow.sid}/Executions/{run.sid}/Steps/{step.sid}"
        return {
            "sid": step.sid,
            "account_sid": self.account,
            "flow_sid": run.flow.sid,
            "execution_sid": run.sid,
            "parent_step_sid": step.parent,
            "name": step.name,
            "context": {},
            "transitioned_from": step.left,
            "transitioned_to": step.entered,
            "type": step.type,
            "date_created": iso(step.at),
            "date_updated": None,
            "url": url,
            "links": {"step_context": f"{url}/Context"},
        }

    def step_context(self, run: Run, step: StepRow) -> Json:
        context = {"widgets": step.outputs, "flow": {"sid": run.sid, "flow_sid": run.flow.sid}}
        return {
            "account_sid": self.account,
            "context": context,
            "execution_sid": run.sid,
            "flow_sid": run.flow.sid,
            "step_sid": step.sid,
            "url": f"{STUDIO}/v2/Flows/{run.flow.sid}/Executions/{run.sid}/Steps/{step.sid}/Context",
        }

    # --- Conversations

    def conversation(self, talk: Talk, base: str) -> Json:
        url = f"{CONVERSATIONS}{base}/Conversations/{talk.sid}"
        return {
            "sid": talk.sid,
            "account_sid": self.account,
            "chat_service_sid": talk.service_sid,
            "messaging_service_sid": make_sid("MG", self.account),
            "friendly_name": talk.person.name,
            "unique_name": None,
            "attributes": json.dumps({"why": "autocreated"}),
            "state": talk.state(self.now)[1],
            "date_created": iso(talk.opened),
            "date_updated": iso(talk.updated(self.now)),
            "timers": {},
            "bindings": {},
            "url": url,
            "links": {
                "participants": f"{url}/Participants",
                "messages": f"{url}/Messages",
                "webhooks": f"{url}/Webhooks",
                "export": f"{url}/Export",
            },
        }

    def participant(self, talk: Talk, base: str, *, agent: bool = False) -> Json:
        """The customer, or the agent who was invited."""
        sid = make_sid("MB", talk.sid, "agent") if agent else make_sid("MB", talk.sid)
        joined = iso(max(r.handoff.at for r in talk.runs if r.handoff) if agent else talk.opened)
        identity = "agent_4e6f76612e" if agent else talk.address if talk.proxy is None else None
        return {
            "sid": sid,
            "account_sid": self.account,
            "conversation_sid": talk.sid,
            "identity": identity,
            "attributes": "{}",
            "messaging_binding": None if agent else _binding(talk),
            "role_sid": make_sid("RL", self.account),
            "date_created": joined,
            "date_updated": joined,
            "url": f"{CONVERSATIONS}{base}/Conversations/{talk.sid}/Participants/{sid}",
            "last_read_message_index": None,
            "last_read_timestamp": None,
        }

    def message(self, talk: Talk, message: Inbound, base: str) -> Json:
        """A conversation's message (ours are not kept)."""
        url = f"{CONVERSATIONS}{base}/Conversations/{talk.sid}/Messages/{message.sid}"
        return {
            "account_sid": self.account,
            "conversation_sid": talk.sid,
            "sid": message.sid,
            "index": message.index,
            "author": talk.address,
            "body": text_of(message.sid),
            "media": None,
            "attributes": "{}",
            "participant_sid": make_sid("MB", talk.sid),
            "date_created": iso(message.at),
            "date_updated": iso(message.at),
            "url": url,
            "delivery": None,
            "links": {"delivery_receipts": f"{url}/Receipts"},
            "content_sid": None,
        }

    def membership(self, talk: Talk) -> Json:
        participant = make_sid("MB", talk.sid)
        base = f"{CONVERSATIONS}/v1"
        if talk.service_sid != self.world.books.default_service:
            base = f"{base}/Services/{talk.service_sid}"
        url = f"{base}/Conversations/{talk.sid}"
        return {
            "account_sid": self.account,
            "chat_service_sid": talk.service_sid,
            "participant_sid": participant,
            "participant_user_sid": None,
            "participant_identity": talk.address if talk.proxy is None else None,
            "participant_messaging_binding": _binding(talk),
            "conversation_sid": talk.sid,
            "conversation_unique_name": None,
            "conversation_friendly_name": talk.person.name,
            "conversation_attributes": "{}",
            "conversation_date_created": iso(talk.opened),
            "conversation_date_updated": iso(talk.updated(self.now)),
            "conversation_created_by": "system",
            "conversation_state": talk.state(self.now)[1],
            "conversation_timers": {},
            "links": {"participant": f"{url}/Participants/{participant}", "conversation": url},
        }

    # --- TaskRouter

    def workspace(self, sid: str, name: str) -> Json:
        url = f"{TASKROUTER}/v1/Workspaces/{sid}"
        return {
            "sid": sid,
            "account_sid": self.account,
            "friendly_name": name,
            "date_created": iso(self.world.founded),
            "date_updated": iso(self.world.founded),
            "default_activity_name": "Offline",
            "default_activity_sid": make_sid("WA", sid, "offline"),
            "timeout_activity_name": "Offline",
            "timeout_activity_sid": make_sid("WA", sid, "offline"),
            "event_callback_url": None,
            "events_filter": None,
            "multi_task_enabled": True,
            "prioritize_queue_order": "FIFO",
            "url": url,
            "links": {"tasks": f"{url}/Tasks", "workers": f"{url}/Workers"},
        }

    def task(self, task: Task) -> Json:
        url = f"{TASKROUTER}/v1/Workspaces/{task.workspace_sid}/Tasks/{task.sid}"
        since, status, reason = task.status(self.now)
        talk = task.run.talk
        attributes: Json = {
            "customerAddress": task.run.contact,
            "customerName": task.run.person.name,
            "flexInteractionSid": task.interaction_sid,
        }
        if talk:
            attributes["conversationSid"] = talk.sid
        return {
            "sid": task.sid,
            "account_sid": self.account,
            "age": int((self.now - task.created).total_seconds()),
            "assignment_status": status,
            "attributes": json.dumps(attributes, ensure_ascii=False),
            "addons": "{}",
            "date_created": iso(task.created),
            "date_updated": iso(since),
            "task_queue_entered_date": iso(task.created),
            "virtual_start_time": iso(task.created),
            "priority": 0,
            "reason": reason or None,
            "task_queue_sid": make_sid("WQ", self.account),
            "task_queue_friendly_name": "Gäste",
            "task_channel_sid": make_sid("TC", self.account),
            "task_channel_unique_name": "voice" if task.run.call else "chat",
            "timeout": 86400,
            "workflow_sid": make_sid("WW", self.account),
            "workflow_friendly_name": "Default Fifo Workflow",
            "workspace_sid": task.workspace_sid,
            "ignore_capacity": False,
            "routing_target": None,
            "url": url,
            "links": {"reservations": f"{url}/Reservations"},
        }

    # --- the API of 2010

    def call(self, call: Call) -> Json:
        ended = call.ended if call.ended and call.ended <= self.now else None
        uri = f"/2010-04-01/Accounts/{self.account}/Calls/{call.sid}"
        return {
            "sid": call.sid,
            "account_sid": self.account,
            "parent_call_sid": call.parent,
            "from": call.from_,
            "from_formatted": call.from_,
            "to": call.to,
            "to_formatted": call.to,
            "phone_number_sid": make_sid("PN", call.to),
            "status": "completed" if ended else "in-progress",
            "start_time": _rfc2822(call.started),
            "end_time": _rfc2822(ended),
            "date_created": _rfc2822(call.started),
            "date_updated": _rfc2822(ended or call.started),
            "duration": str(int((ended - call.started).total_seconds())) if ended else None,
            "direction": call.direction,
            "answered_by": None,
            "api_version": "2010-04-01",
            "forwarded_from": None,
            "group_sid": None,
            "caller_name": None,
            "queue_time": "0",
            "trunk_sid": None,
            "price": None,
            "price_unit": "USD",
            "uri": f"{uri}.json",
            "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
        }

    def text_message(self, sid: str, run: Run) -> Json:
        uri = f"/2010-04-01/Accounts/{self.account}/Messages/{sid}"
        return {
            "sid": sid,
            "account_sid": self.account,
            "messaging_service_sid": None,
            "from": run.contact,
            "to": run.sender,
            "body": first_text(run),
            "direction": "inbound",
            "status": "received",
            "num_segments": "1",
            "num_media": "0",
            "date_created": _rfc2822(run.started),
            "date_sent": _rfc2822(run.started),
            "date_updated": _rfc2822(run.started),
            "error_code": None,
            "error_message": None,
            "price": None,
            "price_unit": "USD",
            "api_version": "2010-04-01",
            "uri": f"{uri}.json",
            "subresource_uris": {"media": f"{uri}/Media.json"},
        }


def _rfc2822(moment: datetime | None) -> str | None:
    return format_datetime(moment.replace(microsecond=0)) if moment else None


def _binding(talk: Talk) -> Json | None:
    if talk.proxy is None:
        return None
    kind = talk.channel if talk.channel in ("whatsapp", "messenger", "rcs") else "sms"
    return {"type": kind, "address": talk.address, "proxy_address": talk.proxy, "level": None, "name": None}


def _definition(flow: Flow) -> Json:
    trigger = {"name": "Trigger", "type": "trigger", "transitions": [], "properties": {"offset": {"x": 0, "y": 0}}}
    welcome = {"name": "welcome", "type": "send-message", "transitions": [{"event": "sent"}], "properties": {}}
    return {
        "description": flow.name,
        "states": [trigger, welcome],
        "initial_state": "Trigger",
        "flags": {"allow_concurrent_calls": True},
    }
