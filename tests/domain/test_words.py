"""SIDs, times, windows, JSON in strings, and the record's contract: the small words."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from sidscope.domain.channels import is_address, is_phone, spellings
from sidscope.domain.jsontree import at as at_path
from sidscope.domain.jsontree import decode, mapping, path_join, strings
from sidscope.domain.sids import (
    KINDS,
    is_malformed_sid,
    is_sid,
    is_sid_prefix,
    kind_of,
    same_sid,
    short,
    sids_in,
)
from sidscope.domain.times import iso, parse_since, parse_span, parse_time, retold, say_span, say_time
from sidscope.domain.window import Span, windows

from .builders import NOW, OUR_WHATSAPP, at, flex, records, sid, talk

# --- SIDs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", KINDS)
def test_every_kind(prefix: str) -> None:
    for spelled in (sid(prefix), sid(prefix).lower(), prefix + "AbCd" * 8):
        assert is_sid(spelled)
        assert is_sid(spelled, prefix)
        assert kind_of(spelled) == KINDS[prefix]
        assert not is_sid(spelled, "ZZ")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CH",
        sid("CH")[:-1],
        sid("CH") + "0",
        " " + sid("CH"),
        sid("CH") + "\n",
        "CH" + "g" * 32,
        "CH" + "٣" * 32,
        sid("ZZ"),
        None,
        7,
        [sid("CH")],
        {"sid": sid("CH")},
    ],
)
def test_no_sid(text: object) -> None:
    assert not is_sid(text)
    assert not is_sid(text, "CH")


def test_same_sid() -> None:
    assert same_sid("CH" + "AB" * 16, "ch" + "ab" * 16)
    assert not same_sid(sid("CH", 1), sid("CH", 2))
    assert not same_sid(None, None)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (sid("CH"), [sid("CH")]),
        (f"https://x.twilio.com/v1/Conversations/{sid('CH')}/Messages?x={sid('IM')}", [sid("CH"), sid("IM")]),
        (f"_{sid('CH')}_", [sid("CH")]),
        (f"x{sid('CH')}", []),
        (f"{sid('CH')}0", []),
        (sid("ZZ"), []),
        ("", []),
    ],
)
def test_sids_in_text(text: str, found: list[str]) -> None:
    assert list(sids_in(text)) == found


@pytest.mark.parametrize(
    ("text", "prefix", "malformed"),
    [
        ("CH7f", True, False),
        (sid("CH")[:32], True, False),
        (sid("CH")[:33], False, True),
        (sid("CH"), False, False),
        (sid("CH") + "0", False, True),
        (sid("CH")[:-1] + "g", False, True),
        ("CH" + "z" * 32, False, True),
        ("CHRISTINE", False, False),
        ("CH", False, False),
        ("CAFE24", False, False),
        ("IMPORTANT2026", False, False),
        ("ZZ12", False, False),
        ("hello", False, False),
    ],
)
def test_beginnings_of_sids_and_what_was_meant_as_one(text: str, prefix: bool, malformed: bool) -> None:
    assert is_sid_prefix(text) is prefix
    assert is_malformed_sid(text) is malformed


def test_short() -> None:
    assert short("CH" + "7f" * 15 + "e1") == "CH7f…e1"
    assert short("whatsapp:+49") == "whatsapp:+49"


# --- addresses ---------------------------------------------------------------------------------------------------


def test_addresses() -> None:
    assert is_phone("+4915112345678")
    assert not any(map(is_phone, ["4915112345678", "+0123", "+49 151", "whatsapp:+49151", "", None, "+1\n"]))
    assert all(map(is_address, ["+49151", "whatsapp:+49151", "client:anna", "sip:a@b.c", "messenger:1"]))
    assert not any(map(is_address, ["", "anna", "whatsapp:", sid("CH")]))
    assert spellings("+49") == ("+49", "whatsapp:+49", "messenger:+49", "rcs:+49")
    assert spellings("whatsapp:+49") == ("whatsapp:+49",)
    assert spellings("4915123456") == ("4915123456", *spellings("+4915123456"))
    assert spellings("123456") == ("123456",)


# --- times -------------------------------------------------------------------------------------------------------

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-22T12:00:00Z", NOON),
        ("2026-11-22T12:00:00.250Z", NOON + timedelta(milliseconds=250)),
        ("2026-11-22T14:00:00+02:00", NOON),
        ("2026-11-22T12:00:00", NOON),
        ("Sun, 22 Nov 2026 12:00:00 +0000", NOON),
        ("Sun, 22 Nov 2026 07:00:00 -0500", NOON),
        (NOON.astimezone(timezone(timedelta(hours=5))), NOON),
        (NOON.replace(tzinfo=None), NOON),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("9999-12-31T23:59:59Z", None),
        ("yesterday", None),
        ("", None),
        ("2026-11-22T12:00:00Z" * 9, None),
        (1700000000, None),
        (None, None),
        ([], None),
    ],
)
def test_parse_time(text: Any, time: datetime | None) -> None:
    assert parse_time(text) == time


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (NOON, "2026-11-22T12:00:00Z"),
        (NOON + timedelta(milliseconds=5), "2026-11-22T12:00:00.005Z"),
        (NOON + timedelta(microseconds=5), "2026-11-22T12:00:00.000005Z"),
        (NOON.astimezone(timezone(timedelta(hours=-8))), "2026-11-22T12:00:00Z"),
        (None, None),
    ],
)
def test_iso(time: datetime | None, text: str | None) -> None:
    assert iso(time) == text
    assert parse_time(text) == time


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("24h", timedelta(hours=24)),
        ("7d", timedelta(days=7)),
        ("90m", timedelta(minutes=90)),
        ("30 s", timedelta(seconds=30)),
        ("2W", timedelta(weeks=2)),
        ("1.5h", timedelta(minutes=90)),
        ("-1h", None),
        ("h", None),
        ("7", None),
        ("7y", None),
        ("9" * 400 + "d", None),
        ("200000d", None),
    ],
)
def test_parse_span(text: str, span: timedelta | None) -> None:
    assert parse_span(text) == span
    assert parse_since(text, NOON) == (NOON - span if span else None)


def test_parse_since_takes_a_moment_too() -> None:
    assert parse_since("2026-11-22T13:00:00+01:00", NOON) == NOON
    assert parse_since(" 2026-11-22 ", NOON) == NOON - timedelta(hours=12)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (-5, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 m"),
        (125, "2 m 5 s"),
        (725, "12 m"),
        (3 * 3600 + 12 * 60, "3 h 12 m"),
        (7200, "2 h"),
        (86400, "1 d"),
        (100 * 3600, "4 d 4 h"),
    ],
)
def test_say_span(seconds: float, said: str) -> None:
    assert say_span(timedelta(seconds=seconds)) == said


def test_a_sentence_is_retold_with_other_words_for_its_moments() -> None:
    told: list[tuple[datetime, bool]] = []

    def tell(moment: datetime, read: bool) -> str:
        told.append((moment, read))
        return "12 s ago" if read else "13:00"

    sentence = f"It was closed ({say_time(NOON)}); now active (read {say_time(NOON)}), 2026-99-99 10:00 UTC."
    assert retold(sentence, tell) == "It was closed (13:00); now active (read 12 s ago), 2026-99-99 10:00 UTC."
    assert told == [(NOON, False), (NOON, True)]


def test_say_time() -> None:
    assert say_time(NOON.astimezone(timezone(timedelta(hours=3)))) == "2026-11-22 12:00 UTC"


# --- the customer service window (design.md 3.3) ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inbound", "spans"),
    [
        ([], []),
        ([0], [(0, 0)]),
        ([0, 0, 5], [(0, 5)]),
        ([5, 0, 20], [(0, 20)]),
        ([0, 23, 46, 69], [(0, 69)]),
        ([0, 24], [(0, 24)]),
        ([0, 24.1], [(0, 0), (24.1, 24.1)]),
        ([0, 1, 50, 60], [(0, 1), (50, 60)]),
    ],
)
def test_windows_open_and_extend_with_every_inbound_message(
    inbound: list[float], spans: list[tuple[float, float]]
) -> None:
    assert windows(map(at, inbound)) == tuple(Span(at(opened), at(last)) for opened, last in spans)


def test_a_window_lapses_a_day_after_the_last_message() -> None:
    span = Span(at(0), at(5))
    assert span.lapses == at(29)
    assert span.left(at(26)) == timedelta(hours=3)
    assert span.left(at(30)) == timedelta(0)
    assert [span.open_at(at(hours)) for hours in (-0.1, 0, 28.9, 29, 29.1)] == [False, True, True, True, False]


# --- JSON in strings ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "decoded"),
    [
        ('{"a": 1}', {"a": 1}),
        (" [1, 2]", [1, 2]),
        (json.dumps('{"a": 1}'), {"a": 1}),
        (json.dumps(json.dumps('{"a": 1}')), {"a": 1}),
        ('"text"', '"text"'),
        ("{not json", "{not json"),
        ("7", "7"),
        ("[" * 100_000, "[" * 100_000),
        ("[" + "9" * 5000 + "]", "[" + "9" * 5000 + "]"),
        ("", ""),
        (None, None),
        ({"a": "{}"}, {"a": "{}"}),
    ],
)
def test_decode(value: Any, decoded: Any) -> None:
    assert decode(value) == decoded


def test_paths_read_like_liquid() -> None:
    assert path_join("", "widgets") == "widgets"
    assert path_join("widgets", "send_to-flex") == "widgets.send_to-flex"
    assert path_join("widgets", "an agent") == 'widgets["an agent"]'
    assert path_join("", "a.b") == '["a.b"]'
    assert path_join("widgets", "日本語") == 'widgets["日本語"]'
    assert path_join("a", 'q"') == 'a["q\\""]'
    assert path_join("a", 3) == "a[3]"
    assert path_join("a", "\ud800").encode() == b'a["?"]'


def test_reading_under_a_path_and_every_string() -> None:
    body = {"a": '{"b": ["x", {"c": "[\\"y\\"]"}]}', "n": 1, "z": None}
    assert at_path(body, "a", "b") == ["x", {"c": '["y"]'}]
    assert at_path(body, "a", "b", "c") is at_path(body, "n", "x") is at_path(None, "x") is None
    assert mapping("[1]") == mapping(7) == mapping(None) == {}
    assert list(strings(body)) == [("a.b[0]", "x"), ("a.b[1].c[0]", "y")]


# --- the record (design.md section 6) ------------------------------------------------------------------------------

KEYS = (
    "execution_sid flow_sid flow_name flow_version status date_created date_updated channel contact sender"
    " initiated_by conversation_sid call_sid task_sid interaction_sid message_sid sid_source context_status"
    " group_key reentry_number verdict verdict_basis verdict_reason evidence anomalies related_sids"
)


def test_the_record_has_all_its_keys_and_only_json() -> None:
    items = [talk(1, 0, 1, sender=OUR_WHATSAPP, agent=flex(2, conversationSid=sid("CH", 9))), talk(2, 30, 2)]
    for record in records(items, now=NOW).values():
        told = record.as_dict()
        assert " ".join(told) == KEYS
        assert json.loads(json.dumps(told)) == told
        assert told["date_created"].endswith("Z")
        assert told["date_updated"] is None
        assert [set(item) for item in told["evidence"]] == [{"fact", "sid", "time", "source"}] * len(told["evidence"])
        assert all(set(mention) == {"sid", "path"} for mention in told["related_sids"])
