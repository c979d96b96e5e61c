"""Moving about: back and forth, to the next of a kind, to the group, marks, the mouse."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events

from sidscope.archive import Archive
from sidscope.domain.query import parse_query
from sidscope.domain.record import Record
from sidscope.domain.value import replace
from sidscope.tui.groups import Kind, Place, record_key
from sidscope.tui.ordering import Grouping
from sidscope.tui.session import Session
from sidscope.tui.trail import STOPS, Stop, Trail
from tests.tui.explorer import User, exploring
from tests.tui.samples import Filler, filled, many, record, sid


def stop(number: int) -> Stop:
    return Stop(Place(Kind.RUN, str(number)), Grouping.CONVERSATION, "", True)


def key(number: int) -> str:
    return sid("FN", number).upper()


# --- the trail


def test_back_and_forth_lead_through_where_one_jumped_from() -> None:
    trail = Trail()
    trail.leave(stop(1))
    trail.leave(stop(2))
    assert trail.back(stop(3)) == stop(2)
    assert trail.back(stop(2)) == stop(1)
    assert trail.back(stop(1)) is None
    assert trail.forth(stop(1)) == stop(2)
    assert trail.forth(stop(2)) == stop(3)
    assert trail.forth(stop(3)) is None


def test_jumping_elsewhere_forgets_the_way_forth() -> None:
    trail = Trail()
    trail.leave(stop(1))
    trail.back(stop(2))
    trail.leave(stop(1))
    assert not trail.has_future
    assert trail.back(stop(5)) == stop(1)


@given(st.lists(st.one_of(st.integers(0, 5), st.sampled_from(["back", "forth"])), max_size=300))
def test_forth_undoes_back_whatever_came_before(moves: list[int | str]) -> None:
    trail, here = Trail(), stop(0)
    for move in moves:
        if isinstance(move, int):
            trail.leave(here)
            here = stop(move)
        else:
            here = (trail.back(here) if move == "back" else trail.forth(here)) or here
        assert len(trail._past) <= STOPS
    before = trail.back(here)
    if before is not None:
        assert before != here
        assert trail.forth(before) == here


# --- the next of a kind


def reentry(each: Record) -> bool:
    return each.verdict == "reentry"


def test_the_next_of_a_kind_is_found_in_folded_groups_too_in_both_directions() -> None:
    session = Session()
    again = replace(record(12, group=1), verdict="reentry", reentry_number=1)
    session.apply([record(5), record(15, group=1), again, *many([20, 30]), replace(record(40), verdict="reentry")])
    session.fold_all(True)
    session.move_to(0)
    assert session.next_such(reentry, down=True) == key(12)
    session.go_to(key(12))
    assert session.next_such(reentry, down=True) == key(40)
    assert session.next_such(reentry, down=False) is None
    session.go_to(key(30))
    assert session.next_such(reentry, down=False) == key(12)


chosen = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 4)), min_size=1, max_size=20, unique_by=lambda e: e[0])


@settings(deadline=None)
@given(numbers=chosen, grouping=st.sampled_from(Grouping), start=st.integers(0, 40), down=st.booleans())
def test_going_on_to_the_next_meets_each_such_one_once_in_the_order_of_the_list(
    numbers: list[tuple[int, int]], grouping: Grouping, start: int, down: bool
) -> None:
    session = Session()
    session.apply([record(n, group=g or None, verdict="reentry" if n % 2 else "first_seen") for n, g in numbers])
    session.arrange(grouping)
    session.fold_all(False)
    session.move_to(start)
    lines = [line for line in session.lines[(session.index or 0) :: 1 if down else -1] if line.kind is Kind.RUN]
    here = session.cursor
    wanted = [record_key(line.record) for line in lines if reentry(line.record) and line.place != here]
    met = []
    while (found := session.next_such(reentry, down=down)) is not None:
        met.append(found)
        session.go_to(found)
    assert met == wanted


# --- groups and marks


def test_to_its_group_and_to_any_place() -> None:
    session = Session()
    session.apply([record(10, group=1), record(20, group=1), record(30)])
    session.go_to(key(20))
    session.go_to_group()
    assert session.cursor == Place(Kind.GROUP, sid("CH", 1))
    session.go_to(key(30))
    assert not session.go_to_group()
    assert session.stand_on(Place(Kind.GROUP, sid("CH", 1))).cursor
    assert not session.stand_on(Place(Kind.GROUP, "gone"))


def test_marks_follow_their_executions_through_filter_grouping_and_folds() -> None:
    session = Session()
    session.apply([record(10, group=1), record(20, group=1), *many([30, 40])])
    session.move_to(0)
    session.mark()
    assert session.marked == {key(10), key(20)}
    session.go_to(key(40))
    session.mark()
    session.arrange(Grouping.FLOW, parse_query("-contact:1040").matches)
    session.fold_all(True)
    assert [each.execution_sid for each in session.marked_records()] == [sid("FN", n) for n in (10, 20, 40)]
    session.arrange(Grouping.CONVERSATION)
    session.go_to(key(20))
    session.mark()
    assert session.marked == {key(10), key(40)}
    session.go_to_group()
    session.mark()
    assert session.marked == {key(10), key(20), key(40)}
    session.mark()
    assert session.marked == {key(40)}


def test_folds_are_the_same_after_they_were_kept_and_restored() -> None:
    session = Session()
    session.apply([record(10, group=1), record(20, group=1), record(30, group=2), record(40, group=2)])
    session.move_to(0)
    session.fold(True)
    other = Session()
    other.restore_folds(session.folds())
    other.apply(list(session.records.values()))
    assert other.is_folded(sid("CH", 1))
    assert not other.is_folded(sid("CH", 2))
    assert [line.place for line in other.lines] == [line.place for line in session.lines]
    other.move_to(0)
    other.fold(False)
    assert not other.is_folded(sid("CH", 1))


# --- stories


async def test_brackets_lead_back_to_execution_grouping_and_filter_and_forth_again(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("j", "j")
        first = user.cursor_sid
        await user.press("g", "slash")
        await user.type("verdict:reentry")
        await user.press("enter")
        await user.until(lambda: user.app.focused is user.app.list)
        await user.press("G")
        last = user.cursor_sid
        await user.press("left_square_bracket")
        await user.until(lambda: user.app.box.text == "verdict:reentry")
        await user.press("left_square_bracket")
        assert (user.app.box.text, user.app.session.grouping) == ("", Grouping.CONTACT)
        await user.press("left_square_bracket")
        assert user.app.session.grouping is Grouping.CONVERSATION
        assert user.cursor_sid == first
        await user.press("left_square_bracket")
        assert "nothing further back" in user.toast
        await user.press("right_square_bracket", "right_square_bracket", "right_square_bracket")
        assert user.app.box.text == "verdict:reentry"
        assert user.cursor_sid == last
        await user.press("right_square_bracket")
        assert "you have not gone back" in user.toast


async def test_letters_lead_to_reentries_anomalies_and_what_is_unresolved(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("z", "e")
        assert user.cursor_sid == sid("FN", 2)
        await user.press("e")
        assert user.cursor_sid == sid("FN", 3)
        await user.press("e")
        assert "No re-entry below" in user.toast
        await user.press("E")
        assert user.cursor_sid == sid("FN", 2)
        await user.press("i")
        assert user.cursor_sid == sid("FN", 6)
        await user.press("i", "I")
        assert user.cursor_sid == sid("FN", 6)
        await user.press("w")
        assert "anomaly" in user.toast or user.app.session.selected is not None


async def test_minus_goes_to_the_group(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("j", "j", "j", "2", "tab", "minus")
        assert "CH01…01" in user.row
        await user.until(lambda: user.app.focused is user.app.list)


async def test_marks_show_in_the_list_and_can_be_shown_alone_and_cleared(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("j", "space")
        assert user.sees("◆ 1 marked")
        assert any("◆├" in line or "◆ " in line for line in user.lines)
        await user.press("G", "space", "asterisk")
        assert user.app.session.shown == 2
        await user.waits_for("2 marked only")
        await user.press("asterisk")
        assert user.app.session.shown == 10
        await user.press("asterisk", "M")
        assert user.app.session.shown == 10
        assert not user.sees("marked")
        await user.press("M")
        assert "nothing is marked" in user.toast


async def click(user: User, words: str, x: int = 20, times: int = 1) -> None:
    region = user.app.list.region
    lines = [line[: region.right] for line in user.lines[region.y : region.bottom]]
    y = next(number for number, line in enumerate(lines) if words in line)
    await user.pilot.click(user.app.list, offset=(x, y), times=times)
    await user.settled()


async def test_a_click_selects_a_double_click_opens_and_the_fold_sign_folds(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await click(user, "FN05…05")
        assert user.cursor_sid == sid("FN", 5)
        assert user.app.focused is user.app.list
        await click(user, "FN05…05", x=25, times=2)
        await user.until(lambda: user.app.focused is not user.app.list)
        await click(user, "CH01…01", x=2)
        assert "▸" in user.row
        await click(user, "CH01…01", x=2)
        assert "▾" in user.row
        await click(user, "CH01…01")
        assert "▾" in user.row
        await click(user, "CH01…01", x=30, times=2)
        assert "▸" in user.row


async def test_tabs_can_be_clicked_and_the_wheel_scrolls(archive: Archive) -> None:
    filler = Filler(archive)
    for number in range(1, 100):
        filler.add(number, minutes=number, contact=f"+4915{number:08d}", status=None)
    archive.flush()
    async with exploring(archive) as user:
        strip = user.app.query_one("#tabs")
        x = user.lines[strip.region.y].index("Context", strip.region.x) - strip.region.x
        await user.pilot.click("#tabs", offset=(x + 1, 0))
        await user.settled()
        assert user.app.pane.tab == "context"
        here = user.cursor_sid
        for _ in range(3):
            user.app.list.post_message(events.MouseScrollDown(user.app.list, 10, 5, 0, 0, 0, False, False, False))
        await user.until(lambda: user.app.list.scroll_y > 0)
        assert user.cursor_sid == here
