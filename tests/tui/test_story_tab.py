"""The picture in the Story tab: it follows the sentences, zooms, is clicked, and changes in place."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.geometry import Offset

from sidscope.archive import Archive
from sidscope.demo.stories import STORIES
from sidscope.domain.facts import Facts
from sidscope.domain.picture import MOST_ZOOM, View
from sidscope.domain.record import Record
from sidscope.domain.records import Conversation, Lookups, ReadStatus
from sidscope.domain.sids import sid_key
from sidscope.domain.story import Story, tell
from sidscope.domain.value import replace
from sidscope.domain.window import windows
from sidscope.safetext import safe, width
from sidscope.tui.story_picture import draw
from tests.support.account import Clock
from tests.tui.explorer import User, exploring, quiet_world, simulated
from tests.tui.samples import NOW, Filler, filled, record, sid


def picture(user: User) -> str:
    """The picture as it stands on the screen."""
    region = user.app.pane.picture.region
    return "\n".join(line[region.x : region.right] for line in user.lines[region.y : region.bottom])


def chosen(user: User) -> str | None:
    """The execution that the picture tells apart."""
    return user.app.pane.picture.selected


async def follows(user: User, key: str) -> None:
    """The picture has followed the sentences to this execution."""
    await user.until(lambda: chosen(user) == key, "in the picture")


async def in_story(user: User, number: int) -> None:
    """The execution with this number is selected, its story in front and in focus."""
    user.app.finding.go_to(sid("FN", number))
    await user.until(lambda: user.app.pane.detail is not None and user.app.pane.detail.key == sid("FN", number).upper())
    await user.press("tab")
    await user.still()


def talks(archive: Archive, *, last: int, apart: int, zero: int, each: int) -> None:
    """Executions 1 to ``last`` of one contact, so many minutes apart, counted from ``zero`` minutes ago; ``each``: how
    many share a conversation."""
    filler = Filler(archive)
    for n in range(1, last + 1):
        filler.add(n, minutes=zero - n * apart, conversation=n // each + 1)
    archive.flush()


# --- the drawing


def story_of(*records: Record, told: Lookups | None = None) -> Story:
    started = [each.date_created for each in records if each.date_created]
    return tell(records, {}, told or Lookups(), windows(started), started)


def text(story: Story, cells: int = 70, height: int = 14, view: View | None = None, chosen: int = 0) -> str:
    drawn = draw(story, NOW, cells, height, view or View(), sid("FN", chosen).upper())
    return "\n".join("".join(part.text for part in row.parts) for row in drawn.rows)


def test_many_conversations_are_cut_to_the_room_and_it_is_said() -> None:
    story = story_of(*(record(n, group=n, minutes=1000 - n * 10) for n in range(1, 31)))
    shown = text(story, height=9, chosen=12)
    assert "↑ 8 earlier" in shown
    assert "↓ 16 later" in shown
    assert "▶CH0c…0c" in shown
    assert len(shown.splitlines()) == 9
    assert "CH1e…1e" in text(story, height=9, chosen=30)


@pytest.mark.parametrize("height", [3, 4, 5, 8, 20])
def test_it_never_takes_more_rows_than_it_may(height: int) -> None:
    story = story_of(*(record(n, group=n % 7, minutes=1000 - n * 10) for n in range(1, 31)))
    assert len(text(story, height=height).splitlines()) <= height


def test_an_anomaly_stands_out_in_signs_too() -> None:
    assert "⚠" in text(story_of(record(1, group=1, minutes=300, anomalies=("stuck",), status="active")))


def test_states_say_how_they_are_known() -> None:
    def state(read: Conversation | None) -> str:
        told = Lookups(conversations={sid_key(read.sid): read}) if read else Lookups()
        return "\n".join(line[:18] for line in text(story_of(record(1, group=1), told=told)).splitlines()[3:])

    at = NOW - timedelta(seconds=12)
    assert " ".join(state(Conversation(sid("CH", 1), ReadStatus.OK, at, "active")).split()) == (
        "CH01…01 active read 10 s ago"
    )
    assert "not read" in state(None)
    assert "reading denied" in state(Conversation(sid("CH", 1), ReadStatus.DENIED, at))
    assert "reading failed" in state(Conversation(sid("CH", 1), ReadStatus.FAILED, at))


@pytest.mark.parametrize("cells", [57, 79, 140])
def test_what_is_left_of_the_window_hides_no_message_and_stands_only_where_its_end_is(cells: int) -> None:
    minutes = (600, 540, 480, 420, 360, 300, 240, 180, 120, 60, 12)
    story = story_of(*(record(n, group=1, minutes=each, verdict="reentry") for n, each in enumerate(minutes, start=1)))
    drawn = draw(story, NOW, cells, 14, View(), None)
    (band,) = drawn.picture.bands
    line = next(line for line in text(story, cells).splitlines() if "24-hour window" in line)
    assert line.count("┻") == len(band.inbound) > 7
    assert "23 h 48 m left" in text(story_of(record(1, group=1, minutes=12)), cells)
    assert "left" not in text(story_of(record(1, group=1, minutes=12), record(2, group=1, minutes=500)), cells,
                              view=View(2, 0))  # fmt: skip


made = st.lists(
    st.tuples(
        st.integers(0, 7200),
        st.sampled_from([None, 1, 2, 3, 4]),
        st.sampled_from(
            ["", "客服短信流程", "👩‍👩‍👧 emoji", "الدعم الفني", "e\u0301" * 30, "\x1b[31mred\n", "Main menu"]
        ),
        st.sampled_from(["first_seen", "reentry", "handover", "unknown"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=40,
)


@settings(deadline=None, max_examples=100)
@given(made, st.integers(20, 140), st.integers(3, 20), st.integers(0, MOST_ZOOM), st.integers(0, 3000))
def test_every_row_is_exactly_as_wide_as_the_pane_whatever_strangers_call_themselves(
    made: list[tuple[int, int | None, str, str, bool]], cells: int, height: int, zoom: int, offset: int
) -> None:
    records = [
        record(
            n, group=group, minutes=minutes + 1, flow_name=name, verdict=verdict, reentry_number=n,
            status="active" if active else "ended", anomalies=("stuck",) if active else (),
        )
        for n, (minutes, group, name, verdict, active) in enumerate(made, start=1)
    ]  # fmt: skip
    drawn = draw(story_of(*records), NOW, cells, height, View(zoom, offset), sid("FN", 1).upper())
    assert len(drawn.rows) == len(drawn.tracks) <= height
    for row in drawn.rows:
        shown = "".join(part.text for part in row.parts)
        assert width(safe(shown)) == cells
        assert safe(shown) == shown


# --- in the explorer


async def test_the_picture_follows_the_sentences_and_enter_goes_there(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await in_story(user, 3)
        await follows(user, sid("FN", 3).upper())
        await user.press("k", "k")
        await follows(user, sid("FN", 1).upper())
        assert "▾07:00" in picture(user)
        await user.press("enter")
        assert user.cursor_sid == sid("FN", 1)


async def test_a_click_on_a_bar_goes_to_its_sentence(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await in_story(user, 3)
        lines = picture(user).splitlines()
        y = next(index for index, line in enumerate(lines) if "CH01…01" in line)
        await user.pilot.click(user.app.pane.picture, offset=(lines[y].index("█"), y))
        await user.settled()
        await follows(user, sid("FN", 1).upper())
        assert user.app.pane.story.row is not None
        assert user.app.pane.story.row.goto == sid("FN", 1).upper()


async def test_zoom_and_pan_and_back(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await in_story(user, 1)
        whole = picture(user)
        await user.press("right")
        assert "+ zooms in" in user.toast
        await user.press("plus", "plus")
        assert "×4" in picture(user)
        assert "▾07:00" in picture(user)  # the chosen execution stays in view
        zoomed = picture(user)
        await user.press("right")
        assert picture(user) != zoomed
        assert "‹" in picture(user)
        await user.press("left")
        assert picture(user) == zoomed
        await user.press("minus")
        assert "×2" in picture(user)
        await user.press("0")
        assert picture(user) == whole


async def test_going_to_a_sentence_brings_its_bar_into_view(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await in_story(user, 1)
        await user.press("plus", "plus", "plus")
        assert "▾07:00" in picture(user)
        await user.press("j", "j")
        await user.waits_for("▾11:55")


async def test_keys_of_the_picture_mean_something_else_elsewhere(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        user.app.finding.go_to(sid("FN", 2))
        await user.press("minus")
        assert "CH01…01" in user.row  # to its group
        assert user.app.pane.picture.view == View()


async def test_times_follow_the_zone(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    filled(archive)
    try:
        async with exploring(archive) as user:
            await in_story(user, 1)
            assert "▾08:00" in picture(user)
            await user.press("u")
            assert "▾07:00" in picture(user)
            await user.press("u")
    finally:
        monkeypatch.setenv("TZ", "UTC")
        time.tzset()


async def test_what_is_copied_is_of_the_sentence(archive: Archive) -> None:
    filler = filled(archive)
    filler.add(20, minutes=600, conversation=7)
    archive.flush()
    async with exploring(archive) as user:
        await in_story(user, 3)
        await user.press("home", "y")
        await user.until(lambda: user.toast.startswith(sid("FN", 20)))
        await user.press("c")
        await user.until(lambda: user.toast.startswith(sid("CH", 7)))


@pytest.mark.parametrize("size", [(140, 40), (120, 24), (80, 24), (80, 40), (60, 15), (44, 10)])
async def test_sentences_keep_their_room_beside_the_picture(size: tuple[int, int], archive: Archive) -> None:
    talks(archive, last=59, apart=70, zero=5000, each=2)
    async with exploring(archive, size=size, since=None) as user:
        await in_story(user, 59)
        pane = user.app.pane
        assert pane.story.size.height >= (4 if size[1] >= 15 else 3)
        assert pane.picture.size.height <= (pane.size.height + 1) // 2
        if size[1] >= 24:
            assert "earlier" in picture(user)
            assert re.search("▶CH..….. ", picture(user))
        region = pane.story.region
        await user.until(
            lambda: any("▶" in line and "FN3b…3b" in line for line in user.lines[region.y : region.bottom])
        )


async def test_six_conversations_fit_the_smallest_terminal_while_their_story_is_read(archive: Archive) -> None:
    filler = Filler(archive)
    for n in range(1, 7):
        filler.add(n, minutes=700 - n * 90, conversation=n)
    archive.flush()
    async with exploring(archive, size=(80, 24)) as user:
        await in_story(user, 6)
        assert all(f"CH0{n}…0{n}" in picture(user) for n in range(1, 7))
        assert "earlier" not in picture(user)
        assert user.app.pane.story.size.height >= 4
        assert user.cursor_sid == sid("FN", 6)
        assert user.row  # the list's cursor is in view still


@pytest.mark.parametrize("size", [(140, 40), (120, 24), (80, 24), (80, 40)])
async def test_a_story_opens_with_a_whole_sentence_at_its_top(size: tuple[int, int], archive: Archive) -> None:
    talks(archive, last=19, apart=70, zero=2000, each=3)
    async with exploring(archive, size=size, since=None) as user:
        for number in (19, 18, 9, 4):
            await in_story(user, number)
            story = user.app.pane.story
            top = round(story.scroll_y)
            first = story.rows[top]
            assert first.stands or not top or not story.rows[top - 1].parts, f"{number}: {first}"
            assert top <= story.cursor_index < top + story.size.height
            await user.press("escape")


async def test_a_bar_clicked_from_the_list_is_the_one_chosen_although_the_picture_then_moves_under_the_mouse(
    archive: Archive,
) -> None:
    talks(archive, last=14, apart=70, zero=1500, each=3)
    async with exploring(archive, since=None) as user:
        pane, narrow = user.app.pane, None
        for number in range(4):
            user.app.finding.go_to(sid("FN", 14).upper())
            await user.press("escape")
            await follows(user, sid("FN", 14).upper())
            await user.still()
            narrow = narrow or pane.picture.region
            await user.until(lambda narrow=narrow: pane.picture.region == narrow, "the list's width")  # type: ignore[misc]
            drawn = pane.picture.drawn
            assert drawn is not None
            cells = [(x, y) for y in range(len(drawn.rows)) for x in range(pane.picture.size.width)]
            bars = {key: Offset(x, y) for x, y in cells if (key := drawn.key_at(y, x))}
            wanted, at = list(bars.items())[number * 3]
            screen = pane.picture.region.offset + at
            await user.pilot.click(offset=screen)
            await follows(user, wanted)
            assert pane.story.here == wanted


async def test_two_hundred_executions_of_five_days_stay_legible(archive: Archive) -> None:
    talks(archive, last=200, apart=36, zero=7236, each=5)
    async with exploring(archive, since=None) as user:
        await in_story(user, 200)
        shown = picture(user)
        assert "earlier" in shown
        assert user.sees("200 executions · 41 conversations") or user.app.pane.story.scroll_y > 0
        await user.press("plus", "plus", "plus", "plus")
        assert len(re.findall("[█2-9]", picture(user))) > 3


@pytest.mark.parametrize("size", [(140, 40), (80, 24), (80, 18)])
async def test_whoever_leaves_the_story_finds_list_sentences_and_picture_on_one_execution(
    size: tuple[int, int], archive: Archive
) -> None:
    filled(archive)
    async with exploring(archive, size=size) as user:
        for away in ("home", "up"):
            for back in ("escape", "tab"):
                await in_story(user, 3)
                await user.press(away)
                assert user.app.pane.story.here != sid("FN", 3).upper()
                assert chosen(user) == user.app.pane.story.here
                await user.press(back)
                await follows(user, sid("FN", 3).upper())
                assert user.app.pane.story.here == sid("FN", 3).upper()
                assert user.cursor_sid == sid("FN", 3)


async def test_no_change_of_size_takes_the_story_s_cursor_elsewhere(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await in_story(user, 3)
        await user.press("up")
        for size in ((80, 24), (80, 18), (30, 8), (80, 18), (140, 40), (60, 12), (140, 40)):
            await user.pilot.resize_terminal(*size)
            await user.settled()
            assert user.app.pane.story.here == chosen(user) == sid("FN", 2).upper()
        await user.press("escape", "1")
        await follows(user, sid("FN", 3).upper())
        for size in ((80, 18), (30, 8), (140, 40)):
            await user.pilot.resize_terminal(*size)
            await user.press("1", "escape")
            assert user.app.pane.story.here == chosen(user) == sid("FN", 3).upper()


# --- it changes in place


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look-up has to be agreed to."""
    monkeypatch.setattr("sidscope.sync.engine.STORY_FREE", 0)


async def test_verdicts_change_in_place_as_look_ups_arrive(patient: None, archive: Archive) -> None:
    world = quiet_world(executions=1, stories=[story for story in STORIES if story.name == "new_after_close"])
    first, last = world.stories["new_after_close"].sids
    with Archive.memory(world.account_sid) as memory:
        async with exploring(memory, simulated(world, memory)) as user:
            await user.until(lambda: last.upper() in user.app.session.records, "the execution")
            user.app.finding.go_to(last.upper())
            await user.waits_for("look-ups at Twilio", "Nothing known")
            await user.press("tab", "k")
            await follows(user, first.upper())
            await user.press("r")
            await user.until(lambda: "Nothing known" not in user.text, "the verdict")
            await user.waits_for("╳", "closed", "was closed")
            assert not user.sees("look-ups at Twilio")
            await follows(user, first.upper())
            assert user.app.pane.story.row is not None
            assert user.app.pane.story.row.goto == first.upper()


async def test_what_is_open_is_read_again_while_somebody_looks_at_the_story_of_an_ended_execution(
    archive: Archive,
) -> None:
    world = quiet_world(executions=1, stories=[story for story in STORIES if story.name == "reentry"])
    last, clock = world.stories["reentry"].sids[-1], Clock(NOW)
    with Archive.memory(world.account_sid) as memory:
        async with exploring(memory, simulated(world, memory, now=clock), now=clock) as user:
            await user.until(lambda: last.upper() in user.app.session.records, "the execution")
            user.app.finding.go_to(last.upper())
            await user.waits_for("ended", "(read 0 s ago)", "read 0 s ago")
            for _ in range(2):
                clock.forward(seconds=59)
                await user.waits_for("read 50 s ago", "(read 50 s ago)")
                clock.forward(seconds=2)
                await user.waits_for("read 0 s ago", "(read 0 s ago)")


async def test_everything_on_a_story_tells_its_ages_by_one_clock(archive: Archive) -> None:
    filled(archive)
    read, clock = NOW.replace(second=14, microsecond=600_000), Clock(NOW.replace(second=15))
    archive.write(Conversation(sid("CH", 1), ReadStatus.OK, read, "active"))
    archive.flush()
    async with exploring(archive, now=clock) as user:
        await in_story(user, 3)
        await user.waits_for("(read 1 s ago)")
        for seconds, words in (
            (8, "9 s"),
            (36, "40 s"),
            (14, "50 s"),
            (1, "1 m"),
            (59, "1 m"),
            (1, "2 m"),
            (3600, "1 h"),
        ):
            clock.forward(seconds=seconds)
            user.app.pane.tick()
            await user.settled()
            told = re.findall(r"read (\d+ \w) ago", user.text)
            assert len(told) > 1  # the lane and at least one sentence
            assert {*told, *re.findall(r"look-ups as of (\d+ \w) ago", user.text)} == {words}
            left = re.findall(r"(\d+ h \d+ m) left", user.text)
            assert len(left) == 2
            assert len(set(left)) == 1


async def test_a_second_in_which_no_word_changes_paints_nothing_of_a_story(archive: Archive) -> None:
    filled(archive)
    clock = Clock(NOW.replace(second=15))
    archive.write(Conversation(sid("CH", 1), ReadStatus.OK, NOW - timedelta(minutes=5), "active"))
    archive.flush()
    async with exploring(archive, now=clock) as user:
        await in_story(user, 3)
        pane = user.app.pane
        drawn, rows = pane.picture.drawn, pane.story.rows
        clock.forward(seconds=1)
        pane.tick()
        assert pane.picture.drawn is drawn
        assert pane.story.rows is rows
        clock.forward(seconds=45)
        pane.tick()
        assert pane.picture.drawn is not drawn


async def test_zoom_stays_when_more_becomes_known(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await in_story(user, 1)
        await user.press("plus")
        before = user.app.pane.picture.view
        archive.write(Conversation(sid("CH", 1), ReadStatus.OK, NOW, "closed", date_closed=NOW - timedelta(minutes=3)))
        archive.flush()
        user.app.feed.want(sid("FN", 1).upper())
        await user.waits_for("closed")
        assert user.app.pane.picture.view == before
        await follows(user, sid("FN", 1).upper())


def test_facts_of_strangers_are_not_needed_for_a_story() -> None:
    """A record without dates has a place too."""
    story = tell(
        [replace(record(1, group=1), date_created=None, date_updated=None)], {sid("FN", 1): Facts()}, Lookups()
    )
    assert "CH01…01" in text(story)
