"""Stories of somebody who explores an archive offline: the real app, a real archive file."""

from __future__ import annotations

import asyncio
import time
import weakref
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

from sidscope.archive import Archive
from sidscope.commands.exploring import let_go
from sidscope.domain.records import ReadStatus
from sidscope.tui.app import ExplorerApp
from sidscope.tui.ordering import Grouping
from sidscope.tui.session import Session
from sidscope.tui.widgets.ink_line import InkLine
from tests.tui.explorer import exploring, screen_lines
from tests.tui.samples import NOW, Filler, context, filled, open_archive, sid


async def test_who_opens_the_explorer_sees_the_newest_conversation_with_its_reentries(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.waits_for("CH01…01", "×3", "↻2 same", "↻3 same", "+3 h 20 m", "+1 h 35 m")
        assert user.sees("sidscope", "acme", "offline, archive only")
        await user.waits_for("Story", "First seen", "Same conversation: CH01…01")


async def test_each_unreadable_context_has_its_own_sign_in_the_list(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.waits_for("∅ gone", "⊘ denied", "! unreadable", "… pending")


async def test_going_down_the_list_brings_each_execution_s_story(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("j")
        await user.waits_for("FN01…01  ○ ended", "▶ 07:00:00")
        await user.press("G")
        assert "CH0a…0a" in user.row or user.cursor_sid == sid("FN", 10)
        await user.press("home")
        assert "CH01…01" in user.row


async def test_the_context_opens_as_a_tree_that_folds_and_names_paths(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("j", "2", "tab")
        await user.waits_for("trigger: {1}", "ChannelSid", sid("CH", 1))
        await user.press("h")
        assert not user.sees("ChannelSid")
        await user.press("l", "j", "j")
        await user.waits_for("trigger.message.From", "as of")
        await user.press("z")
        assert not user.sees("ChannelSid")


async def test_the_sids_tab_lists_every_sid_with_its_path_and_y_copies_the_one_under_the_cursor(
    archive: Archive,
) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("j", "4", "tab")
        await user.waits_for("FN01…01  ○ ended", "trigger.message.ChannelSid", sid("CH", 1))
        await user.press("j", "j")
        await user.press("y")
        await user.until(lambda: user.toast == f"{sid('CH', 1)} · sent to the terminal by OSC 52: it may refuse")
        assert len(user.terminal) == 1


async def test_y_copies_the_execution_c_its_conversation_and_the_toast_is_honest(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("j", "y")
        await user.until(lambda: sid("FN", 1) in user.toast and "it may refuse" in user.toast)
        await user.press("c")
        await user.until(lambda: sid("CH", 1) in user.toast)
        assert len(user.terminal) == 2


async def test_where_there_is_no_conversation_c_says_so(archive: Archive) -> None:
    Filler(archive).add(5, minutes=5, status=ReadStatus.GONE)
    archive.flush()
    async with exploring(archive) as user:
        await user.press("c")
        assert "this execution has no conversation or call" in user.toast
        assert not user.terminal


async def test_every_absent_context_is_its_own_sight(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive, size=(160, 40)) as user:
        await user.press("2")
        for number, words in (
            (5, "Twilio no longer has this context"),
            (6, "These credentials may not read this context"),
            (7, "Reading the context failed"),
            (8, "Not in the archive"),
            (9, "The context is empty"),
            (10, "already names its conversation"),
        ):
            user.app.finding.go_to(sid("FN", number).upper())
            await user.waits_for(words)


async def test_g_cycles_the_grouping_and_the_cursor_stays_on_its_execution(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("j", "j")
        here = user.cursor_sid
        for grouping in (Grouping.CONTACT, Grouping.FLOW, Grouping.NONE, Grouping.CONVERSATION):
            await user.press("g")
            assert user.app.session.grouping is grouping
            assert user.cursor_sid == here
            assert "FN02…02" in user.row
        await user.press("g", "g")
        assert user.sees("by flow", "Café ☕ 客服")


async def test_a_group_folds_and_unfolds(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("enter")
        assert "▸" in user.row
        assert not user.sees("FN01…01 ✦")
        await user.press("l")
        assert "▾" in user.row
        await user.press("j", "j", "h")
        assert "CH01…01" in user.row
        assert "▸" in user.row


async def test_typing_filters_and_mistakes_are_named_in_place(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("slash")
        await user.type("verdict:reentry")
        await user.waits_for("2 of 10 executions")
        assert not user.sees("FN01…01 ✦")
        await user.type(" nonsense:x")
        await user.waits_for("unknown term nonsense:")
        await user.press("escape")
        assert user.app.session.shown == 10
        assert user.app.box.text == ""
        assert user.app.focused is user.app.list


async def test_a_filter_that_lets_nothing_through_says_how_to_clear_it(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("slash")
        await user.type("channel:rcs")
        await user.waits_for("Nothing matches the filter", "10 are loaded", "esc clears the filter")
        await user.press("escape")
        await user.waits_for("CH01…01")


async def test_a_pasted_sid_goes_to_its_execution(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("slash")
        await user.paste(sid("FN", 4))
        await user.waits_for("1 of 10 executions")
        await user.press("enter")
        await user.until(lambda: user.cursor_sid == sid("FN", 4) and user.app.focused is user.app.list)


async def test_a_sid_older_than_the_list_is_found_in_the_archive(archive: Archive) -> None:
    filler = filled(archive)
    filler.add(77, minutes=60 * 24 * 9, contact="whatsapp:+4915188888888", conversation=77)
    archive.flush()
    async with exploring(archive) as user:
        assert not user.sees("FN4d…4d")
        await user.press("slash")
        await user.paste(sid("CH", 77))
        await user.waits_for("Not in the list: enter asks the archive")
        await user.press("enter")
        await user.until(lambda: user.cursor_sid == sid("FN", 77))
        await user.until(lambda: user.toast == "1 execution for CH4d…4d")


async def test_an_unknown_sid_offline_says_what_there_is_to_do(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive, query=sid("CH", 200)) as user:
        await user.waits_for("The archive does not know CHc8…c8, and sidscope is offline")


async def test_enter_in_the_story_goes_to_that_execution(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("j", "tab")
        await user.waits_for("▶ 07:00:00")
        await user.press("j", "enter")
        await user.until(lambda: user.cursor_sid == sid("FN", 2))


async def test_help_lists_the_keys_and_esc_closes_it(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive, size=(80, 24)) as user:
        await user.press("question_mark")
        await user.waits_for("Keys", "one line down")
        assert not user.sees("CH01…01")
        await user.press("escape")
        await user.waits_for("CH01…01")


async def test_an_empty_archive_says_so_and_what_to_do(archive: Archive) -> None:
    async with exploring(archive) as user:
        await user.waits_for("The archive holds nothing for this time", "--since 7d")
        await user.press("j", "enter", "y", "c", "g", "2", "h", "z", "question_mark", "escape")


async def test_every_size_down_to_nothing_is_survived(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:

        def titles_fit() -> bool:
            titles = "".join(ink.text for ink in user.app.list.column_titles())
            return not titles or user.app.query_one("#columns", InkLine).text == titles

        for width, height, words in (
            (120, 30, "Story"),
            (80, 24, "Story"),
            (60, 15, "CH01…01"),
            (43, 24, "this is 43×24"),
            (60, 9, "44×10"),
            (20, 5, "44×10"),
            (1, 1, ""),
            (200, 60, "CH01…01"),
        ):
            await user.pilot.resize_terminal(width, height)
            await user.settled()
            await user.waits_for(words)
            await user.until(titles_fit, "titles for that width")
        assert user.app.focused is user.app.list
        await user.press("j", "2", "tab", "G", "tab")


async def test_on_a_small_terminal_list_and_detail_take_turns(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive, size=(60, 15)) as user:
        await user.press("j", "enter")
        await user.waits_for("1 Story", "First seen")
        assert not user.sees("CH01…01 3")
        await user.press("escape")
        await user.waits_for("CH01…01")


async def test_a_megabyte_in_the_box_does_no_harm(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("slash")
        await user.paste("CH\x1b]52;c;AAAA\x07" * 70_000)
        await user.settled()
        assert len(user.app.box.text) <= 500
        assert "\x1b" not in user.app.box.text
        await user.press("escape")


async def test_the_first_frame_shows_rows_before_there_is_a_detail(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(archive)
    frames: list[tuple[bool, str]] = []
    show = ExplorerApp._display

    def noted(app: ExplorerApp, screen: Screen[Any], frame: Any) -> None:
        frames.append((app.begun, "\n".join(screen_lines(app)) if app.is_running else ""))
        show(app, screen, frame)

    monkeypatch.setattr(ExplorerApp, "_display", noted)
    async with exploring(archive) as user:
        await user.waits_for("1 Story")
    told = [(begun, "FN0" in text, "1 Story" in text) for begun, text in frames if text.strip()]
    assert (False, True, False) in told
    assert told.index((False, True, False)) < told.index((True, True, True))


def test_nothing_of_an_explorer_that_was_left_for_another_account_stays_in_memory(archive: Archive) -> None:
    filled(archive)

    async def explored() -> weakref.ref[Session]:
        async with exploring(archive) as user:
            await user.waits_for("1 Story")
            return weakref.ref(user.app.session)

    left = asyncio.run(explored())
    deadline = time.monotonic() + 10
    while left() is not None:  # a thread of its own may still be ending
        assert time.monotonic() < deadline
        time.sleep(0.01)
        let_go()


async def test_keys_mashed_while_it_loads_break_nothing(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        for _ in range(2):
            await user.press("j", "g", "2", "tab", "z", "tab", "slash", "escape", "3", "enter", "escape", "G", "home")
        assert user.app.problem is None


async def test_q_and_ctrl_c_leave_with_exit_code_0(tmp_path: Path) -> None:
    for key in ("q", "ctrl+c"):
        with open_archive(tmp_path) as archive:
            async with exploring(archive) as user:
                await user.press(key)
                assert user.app.return_code == 0


async def test_a_large_list_is_filtered_and_regrouped_off_the_loop(archive: Archive) -> None:
    filler = Filler(archive)
    for number in range(1, 256):
        for _ in range(1):
            filler.add(number, minutes=number, contact=f"+4915{number:08d}", status=None)
    archive.flush()
    async with exploring(archive) as user:
        from sidscope.tui import session

        usual, session.OFF_LOOP_FROM = session.OFF_LOOP_FROM, 10
        try:
            await user.press("j", "j", "g")
            await user.until(lambda: user.app.session.grouping is Grouping.CONTACT)
            assert user.cursor_sid == sid("FN", 3)
            await user.press("slash")
            await user.type("contact:+491500000007")
            await user.until(lambda: user.app.session.shown == 1)
        finally:
            session.OFF_LOOP_FROM = usual


async def test_an_archive_that_cannot_be_read_any_more_is_shown_as_a_problem(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        archive.close()
        user.app.feed.changed([sid("FN", 1).upper()])
        await user.waits_for("⚠")
        assert user.app.problem
        await asyncio.sleep(0)
        await user.press("j", "g")


async def test_a_context_of_sixty_kilobytes_and_two_hundred_levels_scrolls(archive: Archive) -> None:
    deep: object = {"end": sid("WT", 5)}
    for _ in range(200):
        deep = {"in": deep}
    body = context("whatsapp:+491", sid("CH", 1), deep=deep, wide={f"k{n}": "v" * 50 for n in range(1000)})
    Filler(archive).add(1, minutes=5, body=body)
    archive.flush()
    async with exploring(archive) as user:
        await user.press("2", "tab")
        await user.waits_for("trigger: {1}")
        await user.press("z", "G", "pageup", "home", "end")
        await user.waits_for("k999")
        assert user.app.now() == NOW
