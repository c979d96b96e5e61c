"""What holds for anything at all: any JSON, any text, any set of executions in any order."""

from __future__ import annotations

import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidscope.domain import jsontree
from sidscope.domain.correlate import correlate
from sidscope.domain.evidence import extract, mentioned
from sidscope.domain.facts import Facts, Source, facts_from_json, facts_to_json
from sidscope.domain.jsontree import decode, path_join, strings
from sidscope.domain.query import Query, QueryError, parse_query
from sidscope.domain.record import Known, Record
from sidscope.domain.records import (
    Conversation,
    Execution,
    Lookups,
    Membership,
    Memberships,
    ReadStatus,
    Task,
)
from sidscope.domain.sids import KINDS, is_sid, sid_key, sids_in
from sidscope.domain.times import parse_since, parse_span, parse_time
from sidscope.domain.value import replace
from sidscope.domain.window import WINDOW, windows

from .builders import NOW, OUR_WHATSAPP, PHONE, START, WEB, WHATSAPP, ctx, ex, flex, known, records, sid, talk

some = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])

# --- any JSON ----------------------------------------------------------------------------------------------------

PREFIXES = ["CH", "CA", "WT", "KD", "IM", "SM", "MM", "IS", "WS", "FN", "RQ", "AC", "ZZ"]
SIDS = st.builds(
    lambda prefix, number, shout: sid(prefix, number).upper() if shout else sid(prefix, number).lower(),
    st.sampled_from(PREFIXES),
    st.integers(0xA, 0xC),
    st.booleans(),
)
TEXTS = st.text(st.characters(codec=None), max_size=8) | st.sampled_from(  # lone surrogates included
    [
        WHATSAPP,
        PHONE,
        WEB,
        "web",
        "handed off",
        "outbound-api",
        "2026-11-01T12:00:00.000001Z",
        "0001-01-01",
        "{",
        '"',
        "[",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | SIDS
# The keys that mean something come again and again, so that known paths are hit.
NAMES = (
    "context trigger contact flow widgets channel address sid details status message conversation call request From To "
    "to from Author Source ConversationSid ChannelSid MessageSid CallSid DialCallSid ParentCallSid Direction inbound "
    "outbound Sid DateCreated millis ChannelAttributes channel_type routing properties attributes Attributes "
    "workspace_sid conversationSid flexInteractionSid TaskSid chat_service_sid variables status_code"
)
KEYS = st.sampled_from(NAMES.split()) | st.text(st.characters(codec=None), max_size=4)


def nested(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(children, max_size=4) | st.dictionaries(KEYS, children, max_size=6)
    return some | some.map(json.dumps) | some.map(json.dumps).map(json.dumps)


JSON = st.recursive(SCALARS, nested, max_leaves=40)
PART = st.dictionaries(KEYS, JSON, max_size=6)
BODIES = JSON | st.builds(
    lambda message, conversation, call, request, contact, flow, widgets: {
        "trigger": {"message": message, "conversation": conversation, "call": call, "request": request},
        "contact": {"channel": contact},
        "flow": {"channel": flow, "variables": contact},
        "widgets": widgets,
    },
    *[st.none() | PART] * 6,
    st.dictionaries(KEYS, PART | PART.map(json.dumps), max_size=4),
)
ROWS = st.builds(
    Execution,
    sid=st.just(sid("FN", 1)),
    flow_sid=st.just(sid("FW", 1)),
    status=st.sampled_from(["active", "ended", None]),
    date_created=st.none() | st.just(START),
    contact_channel_address=st.none() | TEXTS | SIDS,
    initiated_by=st.none() | TEXTS | SIDS,
)


@some
@given(ROWS, BODIES, st.booleans())
def test_any_json_gives_facts_and_never_a_sid_of_the_wrong_kind(row: Execution, body: Any, read: bool) -> None:
    facts = extract(row, body, read=read)
    for hit, prefixes in (
        (facts.conversation, ("CH",)),
        (facts.call, ("CA",)),
        (facts.task, ("WT",)),
        (facts.interaction, ("KD",)),
        (facts.message, ("SM", "MM", "IM")),
    ):
        assert hit is None or is_sid(hit.value, *prefixes)
    assert facts.service_sid is None or is_sid(facts.service_sid, "IS")
    for handoff in facts.handoffs:
        assert handoff.task_sid is None or is_sid(handoff.task_sid, "WT")
        assert handoff.workspace_sid is None or is_sid(handoff.workspace_sid, "WS")
        assert handoff.interaction_sid is None or is_sid(handoff.interaction_sid, "KD")
    for mention in facts.related:
        assert is_sid(mention.sid)
    for text in (facts.contact, facts.sender, *facts.related):
        assert text is None or text.path.encode()
    assert facts_from_json(facts_to_json(facts)) == facts
    facts_to_json(facts).encode("ascii")


@some
@given(ROWS, BODIES)
def test_facts_do_not_depend_on_the_case_of_sids_but_keep_it(row: Execution, body: Any) -> None:
    def folded(facts: Facts) -> str:
        return facts_to_json(facts).upper()

    def recase(value: Any) -> Any:
        if is_sid(value):
            return value.swapcase()
        if isinstance(value, dict):
            return {key: recase(member) for key, member in value.items()}
        return [recase(member) for member in value] if isinstance(value, list) else value

    def spelled(value: Any) -> set[str]:
        return {found for _, text in strings(value) for found in sids_in(text)}

    # Contacts are no SIDs: their spelling is theirs. So only compare where none of the addresses is a SID.
    facts, other = extract(row, body, read=True), extract(row, recase(body), read=True)
    if not any(hit and is_sid(hit.value) for hit in (facts.contact, facts.sender)):
        assert folded(facts) == folded(other)
    texts = spelled(body) | set(filter(None, (row.contact_channel_address, row.initiated_by)))
    for hit in (facts.conversation, facts.call, facts.task, facts.interaction, facts.message):
        assert hit is None or hit.value in texts


@some
@given(ROWS, BODIES)
def test_what_is_mentioned_is_what_is_found_and_what_is_related(row: Execution, body: Any) -> None:
    facts = extract(row, body, read=True)
    hits = (facts.conversation, facts.call, facts.task, facts.interaction, facts.message)
    found = {sid_key(hit.value) for hit in hits if hit and hit.source is not Source.ROW}
    beside = {
        sid_key(mention.sid)
        for mention in facts.related
        if mention.path not in ("contact_channel_address", "initiated_by")
    }
    assert mentioned(body) - {sid_key(row.sid), sid_key(row.flow_sid)} == found | beside
    assert extract(row, body, read=True, related=False) == replace(facts, related=())


@pytest.mark.parametrize("top", ["trigger", "widgets", "flow", "x"])
@pytest.mark.parametrize("listed", [True, False])
def test_depth_costs_no_exception(top: str, listed: bool) -> None:
    body: Any = sid("CH")
    for _ in range(5000):
        body = [body] if listed else {"a": body}
    facts = extract(ex(), {top: body}, read=True)
    assert [mention.sid for mention in facts.related] == [sid("CH")]
    assert facts_from_json(facts_to_json(facts)) == facts


def test_depth_and_size_inside_strings() -> None:
    deep = "[" * 5000 + f'"{sid("CH")}"' + "]" * 5000
    big = "x" * 2**20
    body = ctx(message={"Body": deep, "From": big, "Attributes": "[" * 2**20}, ask={"parsed": {big: sid("CH")}})
    facts = extract(ex(), body, read=True)
    assert {mention.sid for mention in facts.related} == {sid("CH")}
    assert facts_from_json(facts_to_json(facts)) == facts


@some
@given(TEXTS)
def test_paths_can_always_be_written(key: str) -> None:
    path_join("a", key).encode()
    path_join("", key).encode()


@some
@given(JSON)
def test_decode_gives_an_object_a_list_or_the_value_itself(value: Any) -> None:
    decoded = decode(value)
    assert decoded is value or isinstance(decoded, dict | list)


# --- any text ----------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    ["status:", "flow:", "-", '"', "verdict:", "reentry", "active", "contact:", " ", "CH12", ":", "+49"]
)


@some
@given(st.lists(WORDS | SIDS | TEXTS, max_size=6).map("".join))
def test_a_query_parses_or_says_why_not(text: str) -> None:
    trouble = None
    try:
        query = parse_query(text)
    except QueryError as error:
        trouble = error
    if trouble:
        assert 0 <= trouble.position < len(text)
        assert trouble.message
        return
    (record,) = records([talk(1, 0, 1)]).values()
    assert query.matches(record) in (True, False)
    for term in query.terms:
        assert Query((term,)).matches(record) or not query.matches(record)


@some
@given(SIDS.filter(is_sid), st.booleans())
def test_a_whole_sid_is_always_a_query(value: str, negated: bool) -> None:
    (term,) = parse_query("-" * negated + value).terms
    assert (term.key, term.value, term.negated) == ("", value, negated)


@some
@given(TEXTS | st.text(max_size=70))
def test_times_parse_or_not(text: str) -> None:
    parse_span(text)
    parse_since(text, NOW)
    moment = parse_time(text)
    assert moment is None or (moment - timedelta(days=2) < moment < moment + timedelta(days=2))


@some
@given(st.text(st.sampled_from("ACHacht0 /f"), max_size=40) | SIDS)
def test_sids_found_are_sids(text: str) -> None:
    assert all(is_sid(found) and found[:2].upper() in KINDS for found in sids_in(text))


@some
@given(st.lists(st.integers(0, 200 * 3600), max_size=30))
def test_windows_hold_every_message_and_are_a_day_apart(offsets: list[int]) -> None:
    moments = [START + timedelta(seconds=offset) for offset in offsets]
    spans = windows(moments)
    assert all(any(span.opened <= moment <= span.last_inbound for span in spans) for moment in moments)
    for left, right in pairwise(spans):
        assert right.opened - left.last_inbound > WINDOW


# --- any set of executions ---------------------------------------------------------------------------------------

CONTACTS = st.sampled_from([WHATSAPP, PHONE, WEB, "whatsapp:+491", None])
SMALL = st.integers(1, 4)


@st.composite
def executions(draw: st.DrawFn) -> list[Known]:
    """Up to two dozen executions of few contacts, conversations, flows, messages and times, so that they meet."""
    found = []
    for n in range(1, draw(st.integers(0, 24)) + 1):
        seconds = draw(st.sampled_from([0, 0, 1, 2, 3]) | st.integers(0, 120 * 3600))
        hours, flow, ch = seconds / 3600, draw(SMALL), draw(SMALL)
        contact = draw(CONTACTS)
        message = sid(draw(st.sampled_from(["IM", "SM"])), draw(st.integers(1, 30)))
        sender = draw(st.sampled_from([None, OUR_WHATSAPP, "+1500"]))
        agent: dict[str, Any] = {"agent": flex(ch)} if draw(st.booleans()) else {}
        status = draw(st.sampled_from(["active", "ended"]))
        row = ex(n, hours=hours, address=contact, by=message, flow=flow, status=status)
        keyed = ex(n, hours=hours, address=sid("CH", ch), by=message, flow=flow, status=status)
        payload = {"ConversationSid": sid("CH", ch), "MessageSid": message}
        found.append(
            draw(
                st.sampled_from(
                    [
                        known(row, ctx(conversation=payload, contact=contact, sender=sender, **agent)),
                        known(row, ctx(message={"MessageSid": message}, contact=contact, sender=sender)),
                        known(keyed),
                        known(keyed, ctx(conversation=payload, **agent)),
                        known(row, status=draw(st.sampled_from(list(ReadStatus)))),
                        known(row, {}),
                        known(ex(n, hours=hours, by=sid("CA", ch), address=contact, flow=flow)),
                        known(row, ctx(request={"to": contact}, call={"CallSid": sid("CA", ch)})),
                        known(ex(n, hours=hours, by=sid("RQ")), ctx(request={"to": contact})),
                    ]
                )
            )
        )
    return found


@st.composite
def told(draw: st.DrawFn) -> Lookups:
    statuses, hours = st.sampled_from(list(ReadStatus)), st.integers(0, 130)
    states = st.sampled_from(["active", "inactive", "closed", None])
    conversations = [
        Conversation(
            sid("CH", ch), draw(statuses), NOW, state=draw(states), date_closed=START + timedelta(hours=draw(hours))
        )
        for ch in draw(st.sets(SMALL))
    ]
    tasks = [
        Task(sid("WT", n), draw(statuses), NOW, draw(st.sampled_from(["completed", "canceled", "assigned", None])))
        for n in draw(st.sets(SMALL))
    ]
    members = [
        Memberships(
            address,
            ReadStatus.OK,
            NOW,
            tuple(
                Membership(sid("CH", ch), draw(states), proxy_address=draw(st.sampled_from([None, OUR_WHATSAPP])))
                for ch in draw(st.sets(SMALL))
            ),
        )
        for address in draw(st.sets(st.sampled_from([WHATSAPP, PHONE, WEB])))
    ]
    return Lookups(
        conversations={sid_key(item.sid): item for item in conversations},
        tasks={sid_key(item.sid): item for item in tasks},
        memberships={item.address: item for item in members},
    )


def components(items: list[Known], found: dict[str, Record]) -> list[list[Known]]:
    """The executions that a conversation, a contact or a message connects."""
    parent = {sid_key(item.row.sid): sid_key(item.row.sid) for item in items}

    def root(key: str) -> str:
        while parent[key] != key:
            key = parent[key]
        return key

    met: dict[tuple[str, str], str] = {}
    for key, record in found.items():
        ties = [("ch", record.conversation_sid), ("who", record.contact), ("message", record.message_sid)]
        for kind, value in [*ties, ("ca", record.call_sid)]:
            if value:
                parent[root(key)] = root(met.setdefault((kind, value), key))
    grouped = defaultdict(list)
    for item in items:
        grouped[root(sid_key(item.row.sid))].append(item)
    return list(grouped.values())


def numbers(found: Iterable[Record]) -> dict[str, list[int]]:
    groups = defaultdict(list)
    for record in found:
        groups[record.group_key].append(record.reentry_number)
    return groups


@settings(some, max_examples=100)
@given(executions(), told(), st.randoms(use_true_random=False))
def test_correlating_any_set(items: list[Known], lookups: Lookups, chance: random.Random) -> None:
    found = correlate(items, lookups, now=NOW)
    # one record for each, in time order; groups counted from 0 in that order
    assert found.keys() == {sid_key(item.row.sid) for item in items}
    times = [record.date_created or START for record in found.values()]
    assert times == sorted(times)
    for counted in numbers(found.values()).values():
        assert counted == list(range(len(counted)))
    for record in found.values():
        assert record.evidence
        json.dumps(record.as_dict())
    # the order in which they come does not matter
    shuffled = items[:]
    chance.shuffle(shuffled)
    assert list(correlate(shuffled, lookups, now=NOW).items()) == list(found.items())
    # nor does what is not connected with them
    apart: dict[str, Record] = {}
    for component in components(items, found):
        apart |= correlate(component, lookups, now=NOW)
    assert apart == found


def test_every_space_that_is_stripped_may_stand_before_json() -> None:
    assert all(decode(f"{space}[1]") == [1] for space in " \t\n\r")  # JSON's own; json.loads takes no others
    spaces = {chr(number) for number in range(sys.maxunicode + 1) if chr(number).isspace()}
    assert spaces | set('{["') == jsontree._OPENING
