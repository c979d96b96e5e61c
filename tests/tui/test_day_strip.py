"""A group's last 24 hours in a few cells."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidscope.archive import Archive
from sidscope.domain.record import Record
from sidscope.safetext import width
from sidscope.tui.arrangement import arrange
from sidscope.tui.columns import age_text, columns, line_parts
from sidscope.tui.day_strip import day_strip
from sidscope.tui.ordering import Grouping
from tests.tui.explorer import exploring
from tests.tui.samples import NOW, filled, record


def strip(*records: Record, cells: int = 13) -> str:
    return "".join(part.text for part in day_strip(records, NOW, cells))


def again(number: int, minutes: float) -> Record:
    return record(number, group=7, minutes=minutes, verdict="reentry", reentry_number=number)


def test_each_execution_stands_where_it_began_with_its_sign() -> None:
    first = record(1, group=7, minutes=23.9 * 60)
    assert strip(first, again(2, 13 * 60), again(3, 1)) == " ✦────↻─────↻"
    assert strip(first, again(2, 13 * 60), again(3, 1), cells=9) == " ✦──↻───↻"


def test_several_in_one_cell_are_counted_and_many_are_just_many() -> None:
    assert strip(*(again(n, 30 + n) for n in range(3))) == " ───────────3"
    assert strip(*(again(n, 10 + n) for n in range(10))) == " ───────────+"


def test_what_was_earlier_is_told_at_the_edge_and_what_lies_ahead_stands_last() -> None:
    assert strip(record(1, minutes=25 * 60), record(2, minutes=-5)) == "‹───────────✦"
    assert strip(record(1, date_created=None, date_updated=None)) == "‹────────────"


@given(st.lists(st.floats(-3e3, 3e5), max_size=20), st.integers(2, 30))
def test_it_is_as_wide_as_it_was_asked_to_be_and_loses_nobody(minutes: list[float], cells: int) -> None:
    told = strip(*(again(n, each or 0.5) for n, each in enumerate(minutes)), cells=cells)
    assert width(told) == cells
    counted = sum(int(cell) if cell.isdigit() else cell == "↻" for cell in told)
    assert ("+" in told) or counted == sum(1 for each in minutes if (each or 0.5) <= 24 * 60)


@pytest.mark.parametrize("cells", range(40, 160, 3))
@pytest.mark.parametrize("grouping", [Grouping.CONVERSATION, Grouping.CONTACT, Grouping.FLOW])
def test_a_group_s_line_is_as_wide_as_the_others(cells: int, grouping: Grouping) -> None:
    lines = arrange([record(1, group=7, minutes=300), again(2, 5)], grouping).lines
    layout = columns(cells)
    texts = ["".join(part.text for part in line_parts(line, layout, grouping, NOW)) for line in lines]
    assert {width(text) for text, line in zip(texts, lines, strict=True) if line.before is None} == {cells}
    strip_shown = "────" in texts[0]
    assert strip_shown == (
        grouping is not Grouping.FLOW and {column.name: column.width for column in layout}["why"] == 13
    )
    assert ("×2" if strip_shown else "2") in texts[0]


def test_a_group_s_line_is_painted_again_when_one_of_its_executions_has_moved_on() -> None:
    line = arrange([record(1, group=7, minutes=119), again(2, 119)], Grouping.CONVERSATION).lines[0]
    for cells in (72, 100):
        layout = columns(cells)
        moved = {
            age_text(line, layout, Grouping.CONVERSATION, NOW + timedelta(minutes=minutes))[-12:]
            for minutes in (0, 0.9, 1.1, 70)
        }
        assert len(moved) == 2


async def test_the_list_shows_the_reentries_of_a_folded_conversation_and_help_says_how(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("z")
        await user.waits_for("▸", "×3", "─────────✦─2")
        await user.press("question_mark")
        await user.waits_for("esc closes")
        await user.press("end")
        await user.waits_for("a group's last 24 hours: the sign of each execution")
