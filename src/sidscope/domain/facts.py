"""The facts that a row and a context can tell about one execution, as plain values, and their compact spelling."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum

from sidscope.domain.records import Channel
from sidscope.domain.times import iso, parse_time
from sidscope.domain.value import value


class Source(StrEnum):
    """Where a value was found."""

    ROW = "row"
    TRIGGER = "trigger"
    FLOW = "flow"
    WIDGET = "widget"
    ATTRIBUTES = "attributes"
    NONE = "none"


_SOURCES = {source.value: source for source in Source}  # a look-up costs a fifth of a call of the enumeration


@value
class Hit:
    """One value and where it was found."""

    value: str
    source: Source
    path: str


@value
class Mention:
    """A SID that a row or context holds, and the path to it."""

    sid: str
    path: str


@value
class Inbound:
    """A message of the contact whose time is known."""

    time: datetime
    path: str


@value
class Handoff:
    """The output of a send-to-flex widget: the conversation was sent to an agent."""

    path: str
    task_sid: str | None
    workspace_sid: str | None
    interaction_sid: str | None


class Trigger(StrEnum):
    """What kind of event started the execution."""

    MESSAGE = "message"
    CALL = "call"
    REQUEST = "request"
    UNKNOWN = "unknown"


@value
class Facts:
    """All that a row and (where read) a context say."""

    conversation: Hit | None = None
    call: Hit | None = None
    task: Hit | None = None
    interaction: Hit | None = None
    message: Hit | None = None
    contact: Hit | None = None
    sender: Hit | None = None
    channel: Channel | None = None
    trigger: Trigger = Trigger.UNKNOWN
    service_sid: str | None = None
    handoffs: tuple[Handoff, ...] = ()
    inbound: tuple[Inbound, ...] = ()
    related: tuple[Mention, ...] = ()
    empty: bool = False


_ENCODER = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))


def facts_to_json(facts: Facts) -> str:
    """A compact spelling for the archive; :func:`facts_from_json` reads it."""

    def hit(value: Hit | None) -> list[str] | None:
        return [value.value, value.source.value, value.path] if value else None

    document = {
        "ch": hit(facts.conversation),
        "ca": hit(facts.call),
        "wt": hit(facts.task),
        "kd": hit(facts.interaction),
        "sm": hit(facts.message),
        "contact": hit(facts.contact),
        "sender": hit(facts.sender),
        "channel": facts.channel.value if facts.channel else None,
        "trigger": facts.trigger.value,
        "is": facts.service_sid,
        "handoffs": [[h.path, h.task_sid, h.workspace_sid, h.interaction_sid] for h in facts.handoffs],
        "inbound": [[iso(i.time), i.path] for i in facts.inbound],
        "related": [[m.sid, m.path] for m in facts.related],
        "empty": facts.empty or None,
    }
    kept = {key: value for key, value in document.items() if value}
    return _ENCODER.encode(kept)


def facts_from_json(text: str) -> Facts:
    """The facts that :func:`facts_to_json` wrote."""
    document = json.loads(text)

    def hit(key: str) -> Hit | None:
        value = document.get(key)
        return Hit(value[0], _SOURCES[value[1]], value[2]) if value else None

    return Facts(
        conversation=hit("ch"),
        call=hit("ca"),
        task=hit("wt"),
        interaction=hit("kd"),
        message=hit("sm"),
        contact=hit("contact"),
        sender=hit("sender"),
        channel=Channel(document["channel"]) if "channel" in document else None,
        trigger=Trigger(document["trigger"]),
        service_sid=document.get("is"),
        handoffs=tuple(Handoff(*values) for values in document.get("handoffs", ())),
        inbound=tuple(
            Inbound(time, path) for moment, path in document.get("inbound", ()) if (time := parse_time(moment))
        ),
        related=tuple(Mention(*values) for values in document.get("related", ())),
        empty=document.get("empty", False),
    )
