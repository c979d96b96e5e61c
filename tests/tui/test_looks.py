"""What lines say and how they stay aligned, without an app: columns, story, SIDs, sights, help."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sidscope.domain.facts import Facts, Hit, Mention, Source
from sidscope.domain.record import Evidence, Record
from sidscope.domain.records import ReadStatus
from sidscope.domain.sids import KINDS
from sidscope.domain.value import replace
from sidscope.domain.window import Span
from sidscope.safetext import safe, width
from sidscope.tui import chrome
from sidscope.tui.arrangement import arrange
from sidscope.tui.columns import columns, line_parts, titles
from sidscope.tui.commands import LIST, Situation
from sidscope.tui.detail import Detail
from sidscope.tui.ink import Ink, Row, wrap
from sidscope.tui.marks import ANOMALIES, CONTEXTS, OUTCOMES, VERDICTS, verdict_mark
from sidscope.tui.ordering import Grouping
from sidscope.tui.sids import sid_rows
from sidscope.tui.sights import context_sight, sight_rows
from sidscope.tui.story import heading, story_rows
from sidscope.tui.words import use_utc
from tests.tui.samples import NOW, record, sid


def text(parts: list[Ink] | tuple[Ink, ...]) -> str:
    return "".join(safe(part.text) for part in parts)


def listed(*records: Record, cells: int = 100, grouping: Grouping = Grouping.CONVERSATION) -> list[str]:
    layout = columns(cells)
    return [text(line_parts(line, layout, grouping, NOW)) for line in arrange(records, grouping).lines]


def test_a_groups_line_tells_of_all_its_executions_however_many_and_anew_when_one_changes() -> None:
    one = "whatsapp:+4915100000001"
    runs = [record(number, minutes=number, contact=one) for number in range(1, 1_100)]
    runs.append(record(1_200, minutes=1_200, contact=one, flow_sid=sid("FW", 2), flow_name="Billing"))
    arranged = arrange(runs, Grouping.CONTACT)

    def line() -> str:
        return text(line_parts(arranged.lines[0], columns(140), Grouping.CONTACT, NOW))

    assert "2 flows" in line()
    assert "○" in line()
    assert "●" not in line()
    arranged.put([replace(runs[700], status="active")])
    assert "●" in line()


def told(detail: Detail, cells: int = 70) -> str:
    return "\n".join(text(row.parts) for row in story_rows(detail, NOW, cells))


def detail(*story: Record, facts: Facts | None = None, windows: tuple[Span, ...] = ()) -> Detail:
    return Detail(story[-1], facts or Facts(), None, story, windows)


@pytest.mark.parametrize("cells", range(40, 160, 7))
def test_every_line_is_exactly_as_wide_as_the_list_whatever_strangers_call_themselves(cells: int) -> None:
    names = [
        "plain",
        "客服短信流程 (long name for a flow)",
        "👩‍👩‍👧 emoji",
        "الدعم الفني",
        "e\u0301" * 30,
        "\x1b[31mred",
    ]
    records = [
        record(number, flow_name=name, contact=name, channel="webchat", anomalies=("stuck",))
        for number, name in enumerate(names, start=1)
    ]
    lines = listed(*records, cells=cells)
    assert {width(line) for line in lines} == {cells}
    assert width(text(titles(columns(cells)))) == cells


def test_a_conversation_reads_as_a_group_with_its_reentries_and_gaps() -> None:
    first = record(1, group=7, minutes=300)
    again = record(2, group=7, minutes=108, reentry_number=1, verdict="reentry", anomalies=("stuck",))
    head, one, gap, two = listed(first, again)
    assert "▾" in head
    assert "CH07…07" in head
    assert "×2 " in head
    assert "⚠" in head
    assert "├" in one
    assert "FN01…01" in one
    assert "✦ first seen" in one
    assert gap.strip(" │") == "+3 h 12 m"
    assert "└" in two
    assert "↻2 same" in two
    assert "⚠" in two


def test_the_channel_is_not_said_twice() -> None:
    assert "whatsapp:" not in listed(record(1, contact="whatsapp:+4915112345678"), cells=140)[0]
    assert "whatsapp:+49" in listed(record(1, contact="whatsapp:+49151", channel="sms"), cells=140)[0]


@pytest.mark.parametrize("status", [ReadStatus.PENDING, ReadStatus.GONE, ReadStatus.DENIED, ReadStatus.FAILED])
def test_an_unreadable_context_is_never_shown_as_no_data(status: ReadStatus) -> None:
    mark = verdict_mark(record(1, verdict="unknown", context_status=status.value))
    assert mark == CONTEXTS[status]
    line = listed(record(1, verdict="reentry", context_status=status.value))[0]
    assert CONTEXTS[status].sign in line


def test_signs_tell_read_states_and_families_of_verdicts_apart_without_colour() -> None:
    assert len({mark.sign for mark in CONTEXTS.values()}) == len(CONTEXTS)
    for how_it_went in OUTCOMES.values():  # an execution that failed is another thing
        assert how_it_went.word not in {mark.word for mark in CONTEXTS.values()}
    assert OUTCOMES["failed"].sign not in {mark.sign for mark in CONTEXTS.values()}
    families = {"reentry", "handover", "first_seen", "unexplained", "new_call", "no_conversation", "unknown"}
    assert len({VERDICTS[name].sign for name in families}) == len(families)


def test_narrow_lists_keep_sign_contact_and_flow() -> None:
    line = listed(record(1, contact="whatsapp:+4915112345678", verdict="unexplained"), cells=52)[0]
    assert "FN01…01" in line
    assert "?" in line
    assert "+4915112345678" in line
    assert "Support" in line


def test_the_story_tells_moments_in_the_screen_s_zone_and_what_was_read_as_an_age() -> None:
    said = "It was closed 3 h before (2026-11-22 02:30 UTC). It is active (read 2026-11-22 11:48 UTC)."
    old = "Active, but without a sign of life since 2026-11-20 08:00 UTC."
    odd = record(1, verdict_reason=said, anomalies=("stuck",), anomaly_reasons=(old,))
    use_utc(True)
    try:
        shown = told(detail(odd), cells=200)
    finally:
        use_utc(False)
    assert "It was closed 3 h before (02:30). It is active (read 12 m ago)." in shown
    assert "⚠ Active, but without a sign of life since Fri 20 Nov 08:00." in shown


def test_the_story_says_one_sentence_per_execution_oldest_first_and_marks_the_selected_one() -> None:
    first = record(1, group=7, minutes=300, verdict_reason="First seen: nothing earlier is known.")
    again = record(
        2,
        group=7,
        minutes=100,
        reentry_number=1,
        verdict="reentry",
        verdict_reason="Same conversation: CH07…07 was still open.",
        evidence=(Evidence("conversation active", sid("CH", 7), NOW, "conversation"),),
        anomalies=("stuck", "reentry_after_close"),
    )
    words = told(detail(first, again))
    assert words.index("nothing earlier") < words.index("was still open")
    assert "▶ 10:20:00  ↻2 same" in words or "▶" in words
    assert "⚠ stuck" in words
    assert ANOMALIES["reentry_after_close"] in words
    assert "· conversation active CH07…07" in words
    assert "Today" in words


def test_the_window_line_tells_what_is_left_only_for_whatsapp() -> None:
    opened = NOW - timedelta(hours=3, minutes=12)
    _left, right = heading(detail(record(1), windows=(Span(opened, opened),)), NOW)
    assert "20 h 48 m left" in text(right)
    _, lapsed = heading(detail(record(1), windows=(Span(opened, NOW - timedelta(hours=25)),)), NOW)
    assert "lapsed 1 h ago" in text(lapsed)
    _, call = heading(detail(record(1, channel="voice")), NOW)
    assert text(call).strip() == "voice"


def test_every_sid_stands_with_its_path() -> None:
    own = record(1, group=7, related_sids=(Mention(sid("WT", 3), "widgets.send.attributes.taskSid"),))
    facts = Facts(conversation=Hit(sid("CH", 7), Source.TRIGGER, "trigger.message.ChannelSid"))
    for cells in (57, 120):
        rows = sid_rows(detail(own, facts=facts), cells)
        words = "\n".join(text(row.parts) for row in rows)
        for expected in (sid("FN", 1), sid("CH", 7), sid("WT", 3), "trigger.message.ChannelSid", "task"):
            assert expected in words
        assert {row.value for row in rows if row.stands} >= {sid("FN", 1), sid("CH", 7), sid("WT", 3)}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_on_the_sids_tab_no_kind_is_cut_or_touches_its_value(kind: str) -> None:
    own = record(1, related_sids=(Mention(sid(kind, 9), "a.b"),))
    for cells in (56, 120):
        rows = [text(row.parts) for row in sid_rows(detail(own), cells)]
        label = next(line for line in rows if sid(kind, 9) in line).partition(sid(kind, 9))[0]
        assert label.endswith(" ")
        assert len(label) == 22
        assert "…" not in label


def test_each_reason_for_an_absent_context_is_its_own_sight() -> None:
    def head(status: str, *, empty: bool = False, offline: bool = False, reachable: bool = True) -> str:
        sight = context_sight(status, empty=empty, offline=offline, reachable=reachable)
        assert sight is not None
        return text(sight_rows(sight, 60)[1].parts)

    heads = [
        head("gone"),
        head("denied"),
        head("failed"),
        head("ok", empty=True),
        head("pending"),
        head("pending", offline=True),
        head("not_needed", offline=True),
        head("pending", reachable=False),
    ]
    assert len(set(heads)) == len(heads)
    assert context_sight("ok", empty=False, offline=True, reachable=False) is None


def test_help_names_every_key_and_says_why_some_do_nothing_now() -> None:
    rows: list[Row] = chrome.help_rows(Situation(pane=LIST, selected=False), 90)
    words = "\n".join(text(row.parts) for row in rows)
    assert "nothing is selected" in words
    assert "PgDn" in words
    assert "↻2" in words
    assert max(width(text(row.parts)) for row in chrome.help_rows(Situation(), 60)) <= 60


@example("000000000\u0300", 8)
@given(st.text(max_size=300), st.integers(8, 60))
def test_wrapping_loses_no_letter_and_keeps_the_width(words: str, cells: int) -> None:
    lines = list(wrap(words, cells))
    assert all(width(line) <= cells for line in lines)
    assert "".join(lines).replace(" ", "") == safe(words).replace(" ", "")


def test_a_replaced_record_keeps_its_place_for_equal_times() -> None:
    one, two = record(1, group=7, minutes=10), record(2, group=7, minutes=10, reentry_number=1)
    assert listed(one, two) == listed(replace(two), replace(one))
