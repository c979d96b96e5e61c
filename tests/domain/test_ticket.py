"""The ticket pack and the tables: all that others need, no address, nothing that acts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidscope.domain.facts import Mention
from sidscope.domain.record import Evidence, Record
from sidscope.domain.records import Step
from sidscope.domain.sids import sid_key
from sidscope.domain.steps import Path, path_of
from sidscope.domain.ticket import MOST_MENTIONS, Account, last_visits, rows_as_markdown, rows_as_tsv, ticket_pack
from sidscope.domain.value import replace
from sidscope.safetext import csv_cell, mask_address, safe

from .builders import NOW, OUR_WHATSAPP, START, WHATSAPP, ex, known, records, sid, talk

ACCOUNT = Account(sid("AC"), "ie1")
NUMBERS = ("4915112345678", "15005550006")


def same(text: str) -> str:
    return text


def story() -> list[Record]:
    first = talk(1, 0, 1, sender=OUR_WHATSAPP, talk={"x": sid("WT", 7)})
    again = known(ex(2, hours=3, address=sid("CH", 1), by=sid("IM", 2), status="active", updated=3.5))
    found = records([first, again])
    return [replace(found[n], flow_name="Order | status `x` <b>") for n in sorted(found)]


def steps(count: int = 9, failed: int = 2) -> Path:
    names = ["Trigger", *(f"widget {n} for {WHATSAPP}" for n in range(count - 1)), "Ended"]
    rows = [
        Step(
            sid("FT", n),
            sid("FN", 1),
            sid("FW", 1),
            "failed" if n == failed else "next",
            names[n],
            names[n + 1],
            date_created=START + timedelta(seconds=n),
        )
        for n in range(count)
    ]
    return path_of(rows, ex(1, updated=1), now=NOW)


def pack(found: list[Record], *, paths: dict[str, Path] | None = None) -> str:
    return ticket_pack(found, ACCOUNT, now=NOW, mask=mask_address, clean=safe, paths=paths)


def test_the_pack_says_account_times_sids_and_reasons() -> None:
    found = story()
    text = pack(found, paths={found[0].execution_sid.lower(): steps()})
    assert f"- Account: `{ACCOUNT.sid}`, region `ie1`" in text
    assert "(all times are UTC)" in text
    for record in found:
        assert record.verdict in text
        for key in (record.execution_sid, record.flow_sid, record.conversation_sid, record.message_sid):
            assert f"`{key}`" in text
    assert f"| task | `{sid('WT', 7)}` | `widgets.talk.x` |" in text
    assert text.count("- Contact: ") == 1
    assert "2026-11-01T12:00:00Z" in text
    assert "Failed at widget 1 for" in text
    table = text[text.index("## SIDs") :]
    told = re.findall(r"`([A-Z]{2}[0-9a-f]{32})`", table)
    assert len(told) == len({sid_key(each) for each in told})


def test_executions_of_which_no_steps_are_known_are_named() -> None:
    found = story()
    text = pack(found, paths={found[0].execution_sid: steps()})
    rest = ", ".join(f"`{record.execution_sid}`" for record in found[1:])
    assert f"\nNo steps are known of {rest}.\n" in text
    assert "No steps are known" not in pack(found, paths={record.execution_sid: steps() for record in found})


def test_the_last_steps_and_the_first_failure() -> None:
    assert [visit.index for visit in last_visits(steps(9, failed=2))] == [2, 5, 6, 7, 8]
    assert [visit.index for visit in last_visits(steps(9, failed=6))] == [4, 5, 6, 7, 8]
    assert [visit.index for visit in last_visits(steps(9, failed=99))] == [4, 5, 6, 7, 8]
    assert [visit.index for visit in last_visits(steps(3, failed=0))] == [0, 1, 2]
    assert last_visits(path_of([], ex(1), now=NOW)) == ()
    text = pack(story(), paths={sid("FN", 1): steps()})
    rows = text[text.index("## Last steps") : text.index("## SIDs")].splitlines()
    assert [row.split("`")[-2] for row in rows if "`FT" in row] == [sid("FT", n) for n in (2, 5, 6, 7, 8)]


def test_no_address_is_left_unless_asked_for() -> None:
    found = story()
    found[0] = replace(
        found[0],
        verdict_reason=f"Because {WHATSAPP} wrote to {OUR_WHATSAPP}.",
        evidence=(Evidence(f"message of {WHATSAPP.removeprefix('whatsapp:')}", None, START, "row"),),
        related_sids=(Mention(sid("SM", 9), f"widgets.{WHATSAPP}.x"),),
    )
    paths = {sid("FN", 1): steps()}
    texts = [
        pack(found, paths=paths),
        rows_as_tsv(found, mask=mask_address, clean=csv_cell),
        rows_as_markdown(found, mask=mask_address, clean=safe),
    ]
    for text in texts:
        assert not any(number in text for number in NUMBERS)
        assert "whatsapp:+49 … 78" in text
    assert WHATSAPP in ticket_pack(found, ACCOUNT, now=NOW, mask=same, clean=safe, paths=paths)


def test_many_mentions_are_counted() -> None:
    (first, *_) = story()
    mentions = tuple(Mention(sid("SM", 100 + n), f"widgets.list[{n}]") for n in range(MOST_MENTIONS + 12))
    text = pack([replace(first, related_sids=mentions)])
    assert text.count("widgets.list[") == MOST_MENTIONS
    assert text.endswith("12 more are merely mentioned.\n")


def test_nothing_known() -> None:
    text = pack([])
    assert "No execution is known." in text
    assert text.count("| account |") == 1
    assert rows_as_tsv([], mask=same, clean=same).count("\n") == 1


def test_tables() -> None:
    found = story()
    head, *lines = rows_as_tsv(found, mask=mask_address, clean=csv_cell).splitlines()
    assert head.split("\t")[:3] == ["started", "updated", "status"]
    cells = [dict(zip(head.split("\t"), line.split("\t"), strict=True)) for line in lines]
    assert [each["execution"] for each in cells] == [record.execution_sid for record in found]
    assert cells[1] == {
        "started": "2026-11-01T15:00:00Z",
        "updated": "2026-11-01T15:30:00Z",
        "status": "active",
        "flow": "Order | status `x` <b>",
        "channel": "whatsapp",
        "contact": "whatsapp:+49 … 78",
        "execution": sid("FN", 2),
        "conversation": sid("CH", 1),
        "call": "",
        "task": "",
        "verdict": "reentry",
    }
    markdown = rows_as_markdown(found, mask=mask_address, clean=safe).splitlines()
    assert len({line.count("|") for line in markdown}) == 1
    assert "`Order ¦ status 'x' <b>`" in markdown[2]


def test_a_spreadsheet_runs_nothing() -> None:
    record = replace(story()[0], flow_name="=HYPERLINK(1)", contact="+4915112345678")
    (line,) = rows_as_tsv([record], mask=mask_address, clean=csv_cell).splitlines()[1:]
    assert "\t'=HYPERLINK(1)\t" in line
    assert "\t'+49 … 78\t" in line


TEXT = st.text(st.characters(codec=None), max_size=20) | st.sampled_from(
    ["| a | b |", "``` code", "<img src=x>", "![x](http://e)", "a\nb\tc", "\x1b]52;c;x\a", "https://e.example", "# x"]
)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(TEXT, TEXT, TEXT, TEXT)
def test_no_strangers_text_acts_or_breaks_a_table(flow: str, contact: str, widget: str, event: str) -> None:
    step = Step(sid("FT"), sid("FN"), sid("FW"), event, widget, "Ended", date_created=datetime(2026, 11, 1, tzinfo=UTC))
    found = [replace(record, flow_name=flow, contact=contact, verdict_reason=f"{flow} {widget}") for record in story()]
    text = pack(found, paths={sid("FN", 1): path_of([step], ex(1), now=NOW)})
    assert text.isprintable() or not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
    for line in text.splitlines():
        outside = "".join(line.split("`")[::2])  # what is not code
        assert line.count("`") % 2 == 0
        assert not re.search(r"(?<!\\)[<>\[\]]", outside)
        assert "://" not in outside
        if line.startswith("|"):
            assert line.count("|") in (4, 7)
    tsv = rows_as_tsv(found, mask=mask_address, clean=csv_cell)
    assert {line.count("\t") for line in tsv.rstrip("\n").split("\n")} == {10}
    assert len({line.count("|") for line in rows_as_markdown(found, mask=mask_address, clean=safe).splitlines()}) == 1
