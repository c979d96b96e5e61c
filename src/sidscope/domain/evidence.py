"""What one execution's row and context say: which SIDs belong to it, who wrote, on which channel.

The order in which places are asked is design.md 3.1; the shape of a context is described at
https://www.twilio.com/docs/studio/widget-library/trigger-start and .../send-flex. Widget names are the user's own
text; ``flow.sid`` is the execution itself. First hit wins; every other SID is kept as related, with its path.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from sidscope.domain.channels import decide_channel, is_phone
from sidscope.domain.facts import (
    Facts,
    Handoff,
    Hit,
    Inbound,
    Mention,
    Source,
    Trigger,
    facts_from_json,
    facts_to_json,
)
from sidscope.domain.jsontree import at, child, encodable, mapping, path_of, strings, texts
from sidscope.domain.records import Execution
from sidscope.domain.sids import MESSAGE_PREFIXES, SID_LENGTH, is_sid, sid_key, sid_keys_in, sids_in
from sidscope.domain.times import parse_time
from sidscope.domain.value import replace


def settles(row: Execution) -> bool:
    """Whether the row alone names the conversation or call, so that no context is needed to group it."""
    return is_sid(row.contact_channel_address, "CH") or is_sid(row.initiated_by, "CA")


def extract(row: Execution, body: Any = None, *, read: bool = False, related: bool = True) -> Facts:
    """The facts of one execution. ``body`` is what Twilio sent under "context"; ``read`` says that there was an
    answer (which may be empty). Any JSON is taken; nothing is ever raised for what it holds. Without the ``related``
    SIDs it costs a third."""
    context = _root(body) if read else {}
    trigger = mapping(context.get("trigger"))
    flow_channel = mapping(at(context, "flow", "channel"))
    widgets = [(name, mapping(output)) for name, output in mapping(context.get("widgets")).items()]
    variables = mapping(at(context, "flow", "variables"))
    talks = _with(widgets, _TALKING)
    own = [(name, output) for name, output in _with(widgets, _OWN) if not _is_foreign(output, variables)]
    handoffs = [(name, output) for name, output in own if _is_handoff(output)]

    conversation = _first(_conversations(row, trigger, flow_channel, talks, handoffs), "CH")
    call = _first(_calls(row, trigger, own), "CA")
    task = _first(_tasks(handoffs), "WT")
    interaction = _first(_interactions(handoffs), "KD")
    message = _first(_messages(row, trigger), *MESSAGE_PREFIXES)
    contact = _first_address(_contacts(row, context, trigger))
    sender = _first_address(_senders(trigger, flow_channel))
    kind = _trigger_kind(row, trigger, call, message)
    channel = decide_channel(
        call=call is not None or kind is Trigger.CALL,
        contact=contact.value if contact else None,
        sender=sender.value if sender else None,
        source=_text(at(trigger, "conversation", "Source")),
        web=_is_web(trigger, talks, handoffs),
        conversation=conversation is not None,
        message=kind is Trigger.MESSAGE,
        sent_message=any(_sent_message(output) for _, output in talks),
        rest=kind is Trigger.REQUEST,
    )
    handed_over = tuple(_handoff(name, output) for name, output in handoffs)
    if not handed_over and child(flow_channel, "status") == "handed off":
        handed_over = (Handoff("flow.channel.status", None, None, None),)
    facts = Facts(
        conversation=conversation,
        call=call,
        task=task,
        interaction=interaction,
        message=message,
        contact=contact,
        sender=sender,
        channel=channel,
        trigger=kind,
        service_sid=_service(trigger, flow_channel, talks),
        handoffs=handed_over,
        inbound=tuple(_inbound(row, kind, trigger, talks)),
        empty=read and not (trigger or widgets or flow_channel or mapping(at(context, "contact", "channel"))),
    )
    return replace(facts, related=_related(row, context, facts)) if related else facts


def related(row: Execution, body: Any, facts: Facts) -> tuple[Mention, ...]:
    """The related SIDs alone, where the other ``facts`` of row and body are known already."""
    return _related(row, _root(body), facts)


def mentioned(body: Any) -> set[str]:
    """The key of every SID in a context but the account's: those of its related SIDs and more, without where they
    stand."""
    found = sid_keys_in("\n".join(set(texts(_root(body), least=SID_LENGTH))))  # the same few are told again and again
    return {key for key in found if key[:2] not in _NOISE}


def _root(body: Any) -> dict[str, Any]:
    """The object that holds trigger, contact, flow and widgets, out of whatever envelope it came in."""
    root = mapping(body)
    for _ in range(4):
        if any(key in root for key in ("trigger", "contact", "flow", "widgets")) or "context" not in root:
            break
        root = mapping(root["context"])
    return root


_Places = Iterator[tuple[Source, tuple[str, ...], Any]]
"""Where to look: the kind of place, its keys, and what lies there. Paths are spelled for what is found alone."""


def _first(places: _Places, *prefixes: str) -> Hit | None:
    for source, keys, value in places:
        if is_sid(value, *prefixes):
            return Hit(value, source, path_of(*keys))
    return None


def _first_address(places: _Places) -> Hit | None:
    for source, keys, value in places:
        if isinstance(value, str) and value.strip() and not is_sid(value, "CH"):
            return Hit(encodable(value), source, path_of(*keys))
    return None


_Widgets = list[tuple[str, dict[str, Any]]]

# Most widgets of a flow compute, fetch and split: no look at them is needed but for the names in their output.
_TALKING = frozenset({"inbound", "outbound", "conversation"})
_OWN = frozenset({"CallSid", "sid", "TaskSid", "routing"})


def _with(widgets: _Widgets, names: frozenset[str]) -> _Widgets:
    """The widgets whose output has one of these members."""
    return [widget for widget in widgets if not names.isdisjoint(widget[1])]


def _conversations(
    row: Execution, trigger: dict[str, Any], channel: dict[str, Any], talks: _Widgets, handoffs: _Widgets
) -> _Places:
    yield Source.ROW, ("contact_channel_address",), row.contact_channel_address
    for part, key in (("conversation", "ConversationSid"), ("message", "ChannelSid")):
        yield Source.TRIGGER, ("trigger", part, key), at(trigger, part, key)
    yield Source.FLOW, ("flow", "channel", "sid"), channel.get("sid")
    yield Source.FLOW, ("flow", "channel", "address"), channel.get("address")
    for name, output in talks:
        yield Source.WIDGET, ("widgets", name, "conversation", "sid"), at(output, "conversation", "sid")
    for name, output in talks:
        for part in ("inbound", "outbound"):
            for key in ("ConversationSid", "ChannelSid"):
                yield Source.WIDGET, ("widgets", name, part, key), at(output, part, key)
    for name, output in handoffs:
        for keys, attributes in _attributes(output):
            yield Source.ATTRIBUTES, ("widgets", name, *keys, "conversationSid"), attributes.get("conversationSid")


def _calls(row: Execution, trigger: dict[str, Any], widgets: _Widgets) -> _Places:
    yield Source.ROW, ("initiated_by",), row.initiated_by
    yield Source.TRIGGER, ("trigger", "call", "CallSid"), at(trigger, "call", "CallSid")
    if not mapping(trigger.get("call")):
        for name, output in widgets:
            if _made_call(output):
                yield Source.WIDGET, ("widgets", name, "CallSid"), output.get("CallSid")


def _made_call(output: dict[str, Any]) -> bool:
    """Whether its ``CallSid`` is of an outgoing call that the flow itself made, not of a child leg."""
    direction = _text(output.get("Direction")) or "outbound"
    return direction.lower() in ("outbound", "outbound-api") and "ParentCallSid" not in output


def _is_foreign(output: dict[str, Any], variables: dict[str, Any]) -> bool:
    """Whether somebody's code or notes fill it: run-function and make-http-request, or set-variables, whose pairs stand
    in ``flow.variables`` too. SIDs in there name anything."""
    if "status_code" in output or "parsed" in output:
        return True
    return bool(output) and all(isinstance(value, str) and variables.get(key) == value for key, value in output.items())


def _is_handoff(output: dict[str, Any]) -> bool:
    """Whether a widget's output is that of send-to-flex: an Interaction (KD), a Task (WT), or TaskRouter's callback."""
    sid, task = output.get("sid"), output.get("TaskSid")
    return is_sid(sid, "KD", "WT") or is_sid(task, "WT") or bool(mapping(at(output, "routing", "properties")))


_ATTRIBUTES = (
    ("routing", "properties", "attributes"),
    ("routing", "attributes"),
    ("attributes",),
    ("Attributes",),
)


def _attributes(output: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    for keys in _ATTRIBUTES:
        attributes = mapping(at(output, *keys))
        if attributes:
            yield keys, attributes


def _tasks(handoffs: _Widgets) -> _Places:
    for name, output in handoffs:
        for keys in (("routing", "properties", "sid"), ("sid",), ("TaskSid",)):
            yield Source.WIDGET, ("widgets", name, *keys), at(output, *keys)


def _interactions(handoffs: _Widgets) -> _Places:
    for name, output in handoffs:
        yield Source.WIDGET, ("widgets", name, "sid"), output.get("sid")
        for keys, attributes in _attributes(output):
            yield (
                Source.ATTRIBUTES,
                ("widgets", name, *keys, "flexInteractionSid"),
                attributes.get("flexInteractionSid"),
            )


def _handoff(name: str, output: dict[str, Any]) -> Handoff:
    task = _first(_tasks([(name, output)]), "WT")
    interaction = _first(_interactions([(name, output)]), "KD")
    workspace = at(output, "routing", "properties", "workspace_sid") or output.get("workspace_sid")
    return Handoff(
        path=path_of("widgets", name),
        task_sid=task.value if task else None,
        workspace_sid=workspace if is_sid(workspace, "WS") else None,
        interaction_sid=interaction.value if interaction else None,
    )


def _messages(row: Execution, trigger: dict[str, Any]) -> _Places:
    yield Source.ROW, ("initiated_by",), row.initiated_by
    for part in ("message", "conversation"):
        yield Source.TRIGGER, ("trigger", part, "MessageSid"), at(trigger, part, "MessageSid")


def _contacts(row: Execution, context: dict[str, Any], trigger: dict[str, Any]) -> _Places:
    yield Source.TRIGGER, ("contact", "channel", "address"), at(context, "contact", "channel", "address")
    for kind, key in (
        ("message", "From"),
        ("conversation", "Author"),
        ("conversation", "From"),
        ("call", "From"),
        ("request", "to"),
    ):
        yield Source.TRIGGER, ("trigger", kind, key), at(trigger, kind, key)
    yield Source.ROW, ("contact_channel_address",), row.contact_channel_address


def _senders(trigger: dict[str, Any], channel: dict[str, Any]) -> _Places:
    yield Source.FLOW, ("flow", "channel", "address"), channel.get("address")
    for kind, key in (("message", "To"), ("call", "To"), ("request", "from")):
        yield Source.TRIGGER, ("trigger", kind, key), at(trigger, kind, key)


def _trigger_kind(row: Execution, trigger: dict[str, Any], call: Hit | None, message: Hit | None) -> Trigger:
    if is_sid(row.initiated_by, "CA") or mapping(trigger.get("call")):
        return Trigger.CALL
    if message or mapping(trigger.get("message")) or mapping(trigger.get("conversation")):
        return Trigger.MESSAGE
    if is_sid(row.initiated_by, "RQ") or mapping(trigger.get("request")):
        return Trigger.REQUEST
    # Only a message in a conversation starts executions that are keyed on the conversation; before 2026-04 no row
    # says what initiated it.
    return Trigger.MESSAGE if is_sid(row.contact_channel_address, "CH") else Trigger.UNKNOWN


def _is_web(trigger: dict[str, Any], talks: _Widgets, handoffs: _Widgets) -> bool:
    places: list[Any] = [at(trigger, kind, "ChannelAttributes") for kind in ("conversation", "message")]
    places += [at(output, "inbound", "ChannelAttributes") for _, output in talks]
    places += [attributes for _, output in handoffs for _, attributes in _attributes(output)]
    return any("web" in (told.get("channel_type"), told.get("channelType")) for told in map(mapping, places))


def _sent_message(output: dict[str, Any]) -> bool:
    if "outbound" not in output:
        return False
    outbound = mapping(output["outbound"])
    sent = is_sid(outbound.get("Sid") or outbound.get("sid"), *MESSAGE_PREFIXES)
    to = _text(outbound.get("To") or outbound.get("to"))
    return sent and (to is None or is_phone(to))


def _service(trigger: dict[str, Any], channel: dict[str, Any], talks: _Widgets) -> str | None:
    def places() -> Iterator[Any]:
        yield at(trigger, "conversation", "ChatServiceSid")
        yield at(trigger, "conversation", "InstanceSid")
        yield at(trigger, "message", "InstanceSid")
        yield at(channel, "details", "chat_service_sid")
        for _, output in talks:
            yield at(output, "conversation", "chat_service_sid")

    return next((place for place in places() if is_sid(place, "IS")), None)


def _inbound(row: Execution, kind: Trigger, trigger: dict[str, Any], talks: _Widgets) -> Iterator[Inbound]:
    if kind is Trigger.MESSAGE and row.date_created:
        yield Inbound(row.date_created, "date_created")
    for part in ("message", "conversation"):
        time = _moment(at(trigger, part, "DateCreated"))
        if time:
            yield Inbound(time, f"trigger.{part}.DateCreated")
    for name, output in talks:
        time = _moment(at(output, "inbound", "DateCreated"))
        if time:
            yield Inbound(time, path_of("widgets", name, "inbound", "DateCreated"))


def _moment(value: Any) -> datetime | None:
    """A time as text, or as the Joda-time object that legacy chat writes (milliseconds since the epoch)."""
    if value is None:
        return None
    millis = child(value, "millis")
    if isinstance(millis, int | float) and not isinstance(millis, bool):
        try:
            return parse_time(datetime.fromtimestamp(millis / 1000, UTC))
        except (ValueError, OverflowError, OSError):
            return None
    return parse_time(value)


_NOISE = ("AC",)  # the account's own SID stands in every payload


def _related(row: Execution, context: dict[str, Any], facts: Facts) -> tuple[Mention, ...]:
    winners = (facts.conversation, facts.call, facts.task, facts.interaction, facts.message)
    return tuple(_mentions(row, context, {hit.path for hit in winners if hit}))


def _mentions(row: Execution, context: dict[str, Any], winners: set[str]) -> Iterator[Mention]:
    own = {sid_key(row.sid), sid_key(row.flow_sid)}
    row_places = (
        ("contact_channel_address", row.contact_channel_address),
        ("initiated_by", row.initiated_by),
    )
    named = ((path, text) for path, text in row_places if text is not None)
    for path, text in chain(named, strings(context, least=SID_LENGTH)):
        if len(text) < SID_LENGTH or path in winners:
            continue
        for sid in sids_in(text):
            if sid[:2].upper() not in _NOISE and sid_key(sid) not in own:
                yield Mention(sid, path)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


__all__ = [
    "Facts",
    "Handoff",
    "Hit",
    "Inbound",
    "Mention",
    "Source",
    "Trigger",
    "extract",
    "facts_from_json",
    "facts_to_json",
    "mentioned",
    "related",
    "settles",
]
