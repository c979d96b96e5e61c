"""The list as pure data: order, folding, gaps; and that small changes give what starting anew would give."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from sidscope.domain.record import Record
from sidscope.domain.value import replace
from sidscope.tui import arrangement
from sidscope.tui.arrangement import Arrangement, arrange
from sidscope.tui.folds import FoldRule
from sidscope.tui.groups import Kind, Line, Part, Place, record_key
from sidscope.tui.ordering import Grouping, group_key
from tests.tui.samples import record, sid


def shape(lines: Sequence[Line]) -> list[str]:
    """The lines in short: G for a group, its executions by number, + for a gap."""
    signs = {Kind.GROUP: "G", Kind.GAP: "+"}
    return [signs.get(line.kind) or str(int(line.record.execution_sid[2:4], 16)) for line in lines]


def test_groups_stand_newest_first_and_executions_in_time_order_with_the_gaps_between() -> None:
    first = record(1, group=7, minutes=300)
    again = record(2, group=7, minutes=20, reentry_number=1, verdict="reentry")
    alone = record(3, minutes=100)
    lines = arrange([alone, again, first], Grouping.CONVERSATION).lines
    assert shape(lines) == ["G", "1", "+", "2", "3"]
    assert [line.part for line in lines[1:]] == [Part.INNER, Part.INNER, Part.LAST, Part.ALONE]


def test_executions_within_a_minute_have_no_gap_between_them() -> None:
    first = record(1, group=7, minutes=20)
    second = record(2, group=7, minutes=19.5, reentry_number=1, verdict="handover")
    assert shape(arrange([first, second], Grouping.CONVERSATION).lines) == ["G", "1", "2"]


def test_by_contact_a_gap_stands_only_within_one_conversation() -> None:
    contact = "whatsapp:+1"
    first = record(1, group=7, minutes=300, contact=contact)
    second = record(2, group=7, minutes=200, contact=contact, reentry_number=1)
    other = record(3, group=8, minutes=100, contact=contact)
    assert shape(arrange([first, second, other], Grouping.CONTACT).lines) == ["G", "1", "+", "2", "3"]


def test_by_flow_even_one_execution_has_its_group_and_the_newest_stands_first() -> None:
    runs = [record(1, minutes=30), record(2, minutes=20), record(3, minutes=10, flow_sid=sid("FW", 2))]
    assert shape(arrange(runs, Grouping.FLOW).lines) == ["G", "3", "G", "2", "1"]


def test_ungrouped_every_execution_is_one_line() -> None:
    runs = [record(1, group=7, minutes=30), record(2, group=7, minutes=20)]
    assert shape(arrange(runs, Grouping.NONE).lines) == ["2", "1"]


def test_a_folded_group_shows_its_line_alone() -> None:
    runs = [record(1, group=7, minutes=30), record(2, group=7, minutes=20), record(3, minutes=25)]
    folds = FoldRule()
    built = arrange(runs, Grouping.CONVERSATION, folds)
    folds.toggle(sid("CH", 7))
    built.fold(sid("CH", 7))
    assert shape(built.lines) == ["G", "3"]
    assert built.index_of(Place(Kind.RUN, sid("FN", 1))) is None


changes = st.lists(
    st.tuples(
        st.sampled_from(["put", "drop", "fold"]),
        st.lists(
            st.tuples(st.integers(1, 40), st.integers(0, 6), st.integers(0, 4000), st.integers(0, 3)), max_size=12
        ),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=60)
@given(changes=changes, grouping=st.sampled_from(Grouping), splice=st.sampled_from([0, 2, 64]))
def test_changing_it_bit_by_bit_gives_what_arranging_it_anew_gives(
    changes: list[tuple[str, list[tuple[int, int, int, int]]]], grouping: Grouping, splice: int
) -> None:
    usual, arrangement.SPLICE_AT_MOST = arrangement.SPLICE_AT_MOST, splice
    try:
        folds = FoldRule(all_folded=grouping is Grouping.FLOW)
        built = Arrangement(grouping, folds)
        held: dict[str, Record] = {}
        hidden: dict[str, Record] = {}
        for what, items in changes:
            made = [
                record(number, group=group or None, minutes=minutes + number / 100, reentry_number=entry)
                for number, group, minutes, entry in items
            ]
            keys = [record_key(each) for each in made]
            if what == "put":
                built.put(made)
                held.update(zip(keys, made, strict=True))
                for key in keys:
                    hidden.pop(key, None)
            elif what == "drop":
                built.hide(made)
                for key in keys:
                    held.pop(key, None)
                hidden.update(zip(keys, made, strict=True))
            else:
                for each in made:
                    key = group_key(each, grouping)
                    folds.toggle(key)
                    built.fold(key)
            anew = arrange(held.values(), grouping, folds, hidden.values())
            assert [(group.key, group.hidden) for group in built.groups()] == [
                (group.key, group.hidden) for group in anew.groups()
            ]
            assert [line[:1] + line[2:] for line in built.lines] == [line[:1] + line[2:] for line in anew.lines]
            assert len(built) == len(held)
            assert len(built.lines) == len(list(built.lines))
            for index, line in enumerate(built.lines):
                if line.place is not None:
                    assert built.index_of(line.place) == index
    finally:
        arrangement.SPLICE_AT_MOST = usual


def test_a_record_that_changes_group_leaves_nothing_behind() -> None:
    pending = record(1, minutes=10)
    built = arrange([pending, record(2, group=7, minutes=20)], Grouping.CONVERSATION)
    built.put([replace(pending, group_key=sid("CH", 7), conversation_sid=sid("CH", 7), reentry_number=1)])
    assert shape(built.lines) == ["G", "2", "+", "1"]
    assert [group.key for group in built.groups()] == [sid("CH", 7)]
