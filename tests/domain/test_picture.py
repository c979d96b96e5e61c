"""The story of a contact in lanes, and the lanes in cells: tables of what is drawn, and what holds for any story."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from sidscope.domain.correlate import correlate
from sidscope.domain.picture import MOST_ZOOM, Picture, Track, View, clamped, layout, reveal, ruler, zoomed
from sidscope.domain.record import Basis, Known
from sidscope.domain.records import Conversation, Memberships, ReadStatus, Task
from sidscope.domain.sids import sid_key
from sidscope.domain.story import LaneKind, Story, began, tell
from sidscope.domain.value import replace
from sidscope.domain.window import windows

from .builders import WHATSAPP, at, conversation, ex, flex, known, lookups, memberships, sid, talk, task

NOW = at(24)
ALL = View()


def lasting(item: Known, hours: float | None) -> Known:
    """The execution ended so many hours after its start; None: it is active."""
    row = item.row
    over = row.started + timedelta(hours=hours or 0)
    return replace(item, row=replace(row, status="active" if hours is None else "ended", date_updated=over))


def story(*items: Known, told: Iterable[Conversation | Task | Memberships] = (), now: datetime = NOW) -> Story:
    found = lookups(*told)
    facts = {sid_key(item.row.sid): item.facts for item in items}
    inbound = [message.time for item in items for message in item.facts.inbound]
    return tell(correlate(items, found, now=now).values(), facts, found, windows(inbound), inbound)


def drawn(told: Story, cells: int = 49, view: View = ALL, now: datetime = NOW, chosen: int | None = None) -> Picture:
    return layout(told, now, cells, view, UTC, sid("FN", chosen).upper() if chosen else None)


def track(picture: Picture, ch: int) -> Track:
    return next(track for track in picture.tracks if track.lane.key == sid("CH", ch).upper())


# --- lanes


def test_a_lane_for_each_conversation_the_one_that_began_first_on_top() -> None:
    told = story(talk(1, 0, 5), talk(2, 1, 3), talk(3, 2, 5), talk(4, 3, None))
    assert [(lane.kind, len(lane.records)) for lane in told.lanes] == [
        (LaneKind.CONVERSATION, 2), (LaneKind.CONVERSATION, 1), (LaneKind.NONE, 1),
    ]  # fmt: skip
    assert told.lane_of(sid("FN", 2).upper()) == 1


def test_calls_share_a_lane_and_so_do_those_of_which_nothing_can_be_known() -> None:
    calls = [known(ex(n, hours=n, address=WHATSAPP, by=sid("CA", n))) for n in (1, 2)]
    gone = known(ex(3, hours=3, address=WHATSAPP, by=sid("SM", 3)), status=ReadStatus.GONE)
    kinds = [lane.kind for lane in story(*calls, gone).lanes]
    assert kinds == [LaneKind.CALLS, LaneKind.UNKNOWN]


def test_how_the_state_of_a_conversation_is_known() -> None:
    items = [talk(1, 0, 1, send=flex(1)), talk(2, 2, 2), talk(3, 4, 3), talk(4, 6, 4)]
    told = story(*items, told=[conversation(2, closed=3), conversation(3, status=ReadStatus.DENIED)])
    one, two, three, four = told.lanes
    assert (one.state, one.basis) == ("closed", Basis.INFERRED)  # sent to an agent, and a new one came after
    assert (two.state, two.basis, two.closed) == ("closed", Basis.OBSERVED, at(3))
    assert (three.state, three.basis, three.read_status) == (None, Basis.UNKNOWN, ReadStatus.DENIED)
    assert (four.state, four.basis, four.read_at) == (None, Basis.UNKNOWN, None)


def test_participants_tell_states_too_and_a_deleted_one_is_that() -> None:
    participants = memberships(WHATSAPP, (1, "inactive", None))
    told = story(talk(1, 0, 1), talk(2, 2, 2), told=[participants, conversation(2, status=ReadStatus.GONE)])
    assert [lane.state for lane in told.lanes] == ["inactive", "deleted"]
    assert [lane.open for lane in told.lanes] == [True, False]
    assert told.unsettled
    assert not story(talk(2, 2, 2), told=[conversation(2, closed=3)]).unsettled


def test_a_task_lasts_from_its_creation_to_its_end() -> None:
    item = lasting(talk(1, 0, 1, send=flex(1)), 0.1)
    (unread,) = story(item).lanes[0].tasks
    assert (unread.status, unread.started, unread.ended, unread.open) == (None, at(0.1), None, False)
    (over,) = story(item, told=[task(1, "completed")]).lanes[0].tasks
    assert (over.status, over.ended, over.open) == ("completed", at(1), False)
    (runs,) = story(item, told=[task(1, "assigned")]).lanes[0].tasks
    assert (runs.status, runs.ended, runs.open) == ("assigned", None, True)


# --- cells


def test_executions_are_bars_in_their_places_and_lines_end_where_it_is_known() -> None:
    picture = drawn(story(talk(1, 0, 1), talk(2, 6, 1), talk(3, 12, 2), told=[conversation(1, closed=9)]))
    one, two = track(picture, 1), track(picture, 2)
    assert [bar.at for bar in one.bars] == [0, 12]
    assert one.closed == 18
    assert one.line is not None
    assert (one.line.at, one.line.cells) == (0, 19)
    assert two.line is not None
    assert (two.line.at, two.line.cells) == (24, 1)  # nobody knows what became of it
    assert picture.now == 48


def test_an_open_conversation_and_a_running_bar_reach_now() -> None:
    picture = drawn(story(talk(1, 0, 1), lasting(talk(2, 12, 1), None), told=[conversation(1)]))
    (first, last) = track(picture, 1).bars
    assert not first.running
    assert last.running
    assert (last.at, last.at + last.cells - 1) == (24, 48)
    assert track(picture, 1).line == (0, 49)


def test_a_tail_ends_where_the_next_bar_begins() -> None:
    (first, _) = track(drawn(story(lasting(talk(1, 0, 1), 20), talk(2, 12, 1))), 1).bars
    assert (first.at, first.cells) == (0, 24)


def test_executions_of_one_cell_are_one_bar() -> None:
    picture = drawn(story(talk(1, 0, 1), talk(2, 0.1, 1), talk(3, 0.2, 1), talk(4, 12, 1)))
    assert [len(bar.keys) for bar in track(picture, 1).bars] == [3, 1]
    assert picture.key_at(0, 0) == sid("FN", 1).upper()
    assert picture.key_at(0, 5) is None


def test_a_handover_is_drawn_with_its_link_where_there_is_room() -> None:
    picture = drawn(story(talk(1, 0, 1), talk(2, 0.0002, 1, flow=2, message=1), talk(3, 12, 1)))
    (pair, _) = track(picture, 1).bars
    assert pair.linked
    assert (pair.at, pair.cells) == (0, 3)
    assert picture.key_at(0, 2) == sid("FN", 2).upper()
    at_the_edge = drawn(story(talk(0, 0, 2), talk(1, 24, 1), talk(2, 24.0002, 1, flow=2, message=1)), now=at(24.01))
    assert not track(at_the_edge, 1).bars[0].linked


def test_the_window_is_open_until_it_lapses_and_each_known_message_is_on_it() -> None:
    told = story(talk(1, 0, 1), talk(2, 6, 1), talk(3, 40, 1), now=at(48))
    picture = drawn(told, 97, now=at(48))
    lapsed, still = picture.bands
    assert (lapsed.at, lapsed.lapsed) == (0, picture_cell(told, 30, 97))
    assert lapsed.inbound == (0, picture_cell(told, 6, 97))
    assert still.lapsed is None
    assert still.at + still.cells == 97


def picture_cell(told: Story, hours: float, cells: int) -> int:
    return ruler(told, at(48), cells, 0).cell(at(hours))


def test_zooming_keeps_the_chosen_execution_where_it_is() -> None:
    told = story(*(talk(n, n * 1.7, 1) for n in range(1, 12)))
    moment = began(told.lanes[0].records[5])
    view, cells = View(), 60
    before = ruler(told, NOW, cells, 0).cell(moment)
    for zoom in range(1, MOST_ZOOM + 1):
        view = zoomed(told, NOW, cells, view, zoom, moment)
        assert abs(ruler(told, NOW, cells, zoom).cell(moment) - view.offset - before) <= 1
    assert zoomed(told, NOW, cells, view, 0, moment) == View()
    assert zoomed(told, NOW, cells, view, MOST_ZOOM + 5, moment).zoom == MOST_ZOOM


def test_an_execution_out_of_view_is_brought_into_view() -> None:
    told = story(*(talk(n, n * 1.7, 1) for n in range(1, 12)))
    first, last = began(told.lanes[0].records[0]), began(told.lanes[0].records[-1])
    rule = ruler(told, NOW, 60, 3)
    view = clamped(reveal(rule, 60, View(3, 0), last), 60)
    assert view.offset <= rule.cell(last) < view.offset + 60
    assert reveal(rule, 60, view, last) == view
    assert clamped(reveal(rule, 60, view, first), 60).offset == 0


def test_what_lies_beside_the_view_is_said() -> None:
    told = story(*(talk(n, n * 1.7, 1) for n in range(1, 12)))
    middle = drawn(told, 60, View(2, 70))
    assert (middle.more_left, middle.more_right) == (True, True)
    assert middle.times[0].text == "‹"
    assert middle.times[-1].text == "›"
    whole = drawn(told, 60)
    assert (whole.more_left, whole.more_right) == (False, False)


# --- any story

starts = st.lists(
    st.tuples(
        st.floats(0, 23.9),  # hours
        st.sampled_from([1, 2, 3, None]),  # conversation
        st.sampled_from([0.0, 0.05, 3.0, None]),  # how long
        st.integers(1, 2),  # flow
        st.booleans(),  # sent to an agent
    ),
    min_size=1,
    max_size=25,
)
looked_up = st.lists(
    st.sampled_from(
        [
            conversation(1),
            conversation(1, closed=5),
            conversation(2, "inactive"),
            conversation(2, status=ReadStatus.GONE),
            conversation(3, closed=23.99),
            task(1, "completed"),
            task(2, "assigned"),
            task(3, status=ReadStatus.GONE),
        ]
    ),
    max_size=4,
)


@settings(deadline=None, max_examples=150)
@given(
    starts, looked_up, st.integers(1, 120), st.integers(0, MOST_ZOOM), st.integers(-5, 4000), st.integers(0, 30),
    st.sampled_from([UTC, ZoneInfo("Europe/Berlin")]),
)  # fmt: skip
def test_everything_stands_inside_the_width_and_nothing_on_something_else(
    made: list[tuple[float, int | None, float | None, int, bool]],
    told: list[Conversation | Task | Memberships],
    cells: int,
    zoom: int,
    offset: int,
    chosen: int,
    zone: tzinfo,
) -> None:
    items = [
        lasting(talk(n, hours, ch, flow=flow, send=flex(n) if sent else {}), length)
        for n, (hours, ch, length, flow, sent) in enumerate(made, start=1)
    ]
    picture = layout(story(*items, told=told), NOW, cells, View(zoom, offset), zone, sid("FN", chosen).upper())
    inside = range(cells)
    assert picture.now is None or picture.now in inside
    assert picture.selected is None or picture.selected in inside
    for label in (*picture.days, *picture.times):
        assert label.at >= 0
        assert label.at + len(label.text) <= cells
    for band in picture.bands:
        assert band.at in inside
        assert band.at + band.cells <= cells
        assert all(cell in inside for cell in band.inbound)
    seen: list[str] = []
    for one in picture.tracks:
        taken: set[int] = set()
        for bar in one.bars:
            own = set(range(bar.at, bar.at + bar.cells))
            assert own <= set(inside)
            assert not own & taken
            taken |= own
            seen += bar.keys
        assert one.closed is None or one.closed in inside
        assert one.closed not in taken
        for part in (one.line, *one.tasks):
            if part is not None:
                assert part.at in inside
                assert part.at + part.cells <= cells
    assert len(seen) == len(set(seen))
    if zoom == 0:  # the whole story: nothing is left out
        assert set(seen) == {sid_key(item.row.sid) for item in items}
