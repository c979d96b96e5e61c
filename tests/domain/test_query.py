"""The query language of design.md section 6."""

from __future__ import annotations

import unicodedata
from typing import Literal

import pytest

from sidscope.domain.facts import Mention
from sidscope.domain.query import Query, QueryError, Term, parse_query
from sidscope.domain.record import Anomaly, Record, Verdict
from sidscope.domain.records import Channel
from sidscope.domain.value import replace

from .builders import OUR_WHATSAPP, PHONE, WHATSAPP, flex, records, sid, talk

HEX = "00ab" * 8
RECORD: Record = replace(
    records([talk(1, 0, f"CH{HEX}", sender=OUR_WHATSAPP, flow=3, message=4, agent=flex(5, interaction=6))])[1],
    flow_name="Main menu ÉTÉ",
    status="active",
    anomalies=("stuck",),
    related_sids=(Mention(sid("RE", 0xBEEF), "x"),),
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "status:active",
        "STATUS:Active",
        "flow:main",
        'flow:"main menu"',
        "flow:été",
        f"flow:{sid('FW', 3)}",
        f"flow:{sid('FW', 3).lower()}",
        "flow:FW0000",
        "channel:whatsapp",
        f"contact:{WHATSAPP}",
        f"contact:{PHONE}",
        f"sender:{OUR_WHATSAPP}",
        "verdict:first_seen",
        "anomaly:stuck",
        # bare SIDs: whole ones in any spelling, also merely related ones; beginnings and middles; addresses; words
        f"CH{HEX}",
        f"CH{HEX}".lower(),
        f"CH{HEX.upper()}",
        sid("FN", 1),
        sid("FW", 3),
        sid("IM", 4),
        sid("WT", 5),
        sid("KD", 6),
        sid("RE", 0xBEEF),
        "CH00ab",
        "CH00AB00",
        "ab00ab",
        WHATSAPP,
        PHONE,
        "menu",
        '"Main menu"',
        "first_seen",
        # and-ed, negated
        f"status:active menu contact:{PHONE}",
        "-status:ended",
        "-reentry",
        '-flow:"other flow"',
        f"-{sid('FN', 2)}",
        '-"other words"',
    ],
)
def test_matches(text: str) -> None:
    assert parse_query(text).matches(RECORD)


@pytest.mark.parametrize(
    "text",
    [
        "status:ended",
        "flow:sales",
        f"flow:{sid('FW', 4)}",
        "flow:FW1",
        "channel:sms",
        "contact:+49999",
        "sender:+49",
        "verdict:reentry",
        "anomaly:webchat_reused",
        sid("CH", 7),
        sid("RE", 1),
        "CH01",
        "sales",
        '"menu main"',
        "status:active sales",
        "-menu",
        "-status:active",
        f"-{sid('RE', 0xBEEF)}",
    ],
)
def test_does_not_match(text: str) -> None:
    assert not parse_query(text).matches(RECORD)


def test_an_address_with_a_prefix_means_itself_alone() -> None:
    plain = replace(RECORD, contact=PHONE, sender=None)
    assert parse_query(PHONE).matches(plain)
    assert not parse_query(WHATSAPP).matches(plain)
    assert not parse_query(f"contact:{WHATSAPP}").matches(plain)


def test_unknown_fields_match_nothing() -> None:
    bare = replace(RECORD, contact=None, sender=None, channel=None, flow_name=None, status=None)
    for text in ("contact:+49", "sender:+1", "channel:unknown", "flow:main", "status:active"):
        assert not parse_query(text).matches(bare)
        assert parse_query(f"-{text}").matches(bare)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("typed", ["zoë", "ZOË", 'flow:"café zoë"', "flow:CAFÉ"])
def test_accents_match_however_they_are_written(form: Literal["NFC", "NFD"], typed: str) -> None:
    named = replace(RECORD, flow_name=unicodedata.normalize(form, "Café Zoë"))
    for text in (unicodedata.normalize("NFC", typed), unicodedata.normalize("NFD", typed)):
        assert parse_query(text).matches(named)


def test_a_word_may_look_like_the_beginning_of_a_sid() -> None:
    assert parse_query("CA2026").matches(replace(RECORD, flow_name="Campaign CA2026"))


def test_an_outcome_is_what_the_steps_told_and_unknown_where_none_were_read() -> None:
    failed = replace(RECORD, outcome="failed")
    assert parse_query("outcome:failed").matches(failed)
    assert parse_query("Failed").matches(failed)
    assert not parse_query("-outcome:failed").matches(failed)
    for text in ("outcome:failed", "outcome:normal", "failed"):
        assert not parse_query(text).matches(RECORD)
    assert parse_query("outcome:unknown").matches(RECORD)
    assert parse_query("outcome:unknown").matches(replace(RECORD, outcome="unknown"))
    with pytest.raises(QueryError, match="outcome: has no value active"):
        parse_query("outcome:active")


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("outcome:failed", ""),
        ("failed", ""),
        ("channel:voice -outcome:normal menu", "channel:voice menu"),
        ("channel:voice", None),
        ("fail", None),
    ],
)
def test_what_of_a_query_holds_before_steps_are_read(text: str, rest: str | None) -> None:
    query = parse_query(text)
    assert query.about_outcome is (rest is not None)
    assert query.but_outcome == parse_query(text if rest is None else rest)


@pytest.mark.parametrize("name", [*Verdict, *Anomaly, *Channel])
def test_every_value_there_is_can_be_asked_for(name: str) -> None:
    key = {Verdict: "verdict", Anomaly: "anomaly", Channel: "channel"}[type(name)]  # type: ignore[index]
    assert parse_query(f"{key}:{name}") == Query((Term(key, str(name)),))


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("colour:red", 0, "unknown term colour:"),
        ("menu  http://x", 6, "unknown term http:"),
        ("menu -colour:red", 5, "unknown term"),
        ("status:", 0, "status: needs a value"),
        ('flow:""', 0, "flow: needs a value"),
        ("status:open", 0, "status: has no value open (there are active, ended)"),
        ("verdict:new", 0, "there are unknown, handover"),
        ("anomaly:odd", 0, "there are webchat_reused"),
        ("channel:fax", 0, "channel: has no value fax"),
        ('menu "main', 5, "is not closed"),
        ('flow:"main menu', 0, "is not closed"),
        (sid("CH") + "0", 0, "is not a SID"),
        ("x " + sid("CH")[:-1] + "g", 2, "is not a SID"),
        ("CH" + "z" * 32, 0, "is not a SID"),
        ("-" + sid("FN") + "00", 0, "is not a SID"),
        ("flow:" + sid("FW") + "0", 0, "is not a SID"),
    ],
)
def test_one_sentence_says_what_is_wrong_and_where(text: str, position: int, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text)
    assert caught.value.position == position
    assert says in caught.value.message == str(caught.value)
    assert "\n" not in caught.value.message
