"""Keys that come together take effect in their order, and more than anybody types does no harm."""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

import pytest
from textual import events

from sidscope.archive import Archive
from sidscope.tui.keyboard import LONGEST_PASTE, MOST, SILENCE, Keyboard
from sidscope.tui.widgets import detail_pane
from tests.tui.explorer import PATIENCE, exploring, quiet_world, simulated
from tests.tui.samples import filled, sid
from tests.tui.test_terminal import ROOT, STARTS, Tmux, tmux

__all__ = ["tmux"]  # the fixture


async def test_what_is_typed_after_enter_does_not_land_in_the_box(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.at_once("slash", "verdict:reentry", "enter", "j", "j")
        assert user.app.box.text == "verdict:reentry"
        assert user.app.focused is user.app.list
        assert user.cursor_sid == sid("FN", 3)
        await user.at_once("x", "slash", "status:active", "enter", "k")
        assert user.app.box.text == "status:active"
        assert user.app.focused is user.app.list


async def test_keys_for_a_detail_wait_until_it_is_that_of_the_execution_under_the_cursor(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detail_pane, "GIVES_WAY", 600.0)
    filled(archive)
    async with exploring(archive) as user:
        pane, may_read = user.app.pane, threading.Event()
        await user.press("2")
        await user.until(lambda: pane.detail is not None and pane.context.json is not None)
        before = pane.detail
        assert before is not None
        user.app.feed._details.submit(may_read.wait)  # what is read from now on takes its time
        try:
            for key in ("end", *6 * "k", "tab", "j", "j"):
                user.app.post_message(events.Key(key, key))
            async with asyncio.timeout(PATIENCE):
                while not (pane.has_focus_within and len(user.app.keyboard.waiting) == 2):  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
            assert pane.detail is before
            assert pane.context.cursor_index == 0
        finally:
            may_read.set()
        await user.settled()
        assert pane.detail is not before
        assert user.cursor_sid == sid("FN", 4)
        assert pane.context.cursor_index == 2


async def test_nor_does_it_after_a_sid_while_twilio_is_being_asked(tmp_path: Path) -> None:
    world = quiet_world(executions=8, stories=())
    with Archive.open(tmp_path / "a.sqlite", account_sid=world.account_sid) as archive:
        async with exploring(archive, simulated(world, archive)) as user:
            await user.waits_for("● live")
            await user.at_once("slash", sid("FN", 99), "enter", "j")
            await user.waits_for("Twilio knows no such execution")
            assert user.app.box.text == sid("FN", 99)
            assert user.app.focused is user.app.list


async def test_nor_where_nothing_passes_the_filter(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.at_once("slash", "zzz", "enter", "j", "k")
        assert user.app.box.text == "zzz"
        assert user.app.focused is not user.app.box.line
        await user.press("escape", "j")
        assert user.app.session.shown == 10
        assert user.app.session.index == 1


async def test_what_is_typed_into_the_palette_and_after_it_stays_apart(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.at_once("ctrl+p", "group by", "enter", "j")
        await user.until(lambda: user.app.session.grouping == "contact")
        assert user.app.focused is user.app.list


def test_more_than_anybody_types_is_left_out_until_there_is_silence() -> None:
    now = [100.0]
    keyboard = Keyboard(clock=lambda: now[0])
    key = events.Key("j", "j")
    for _ in range(MOST):
        assert keyboard.take(key)
    assert not keyboard.take(key)
    assert not keyboard.waiting
    now[0] += SILENCE / 2
    assert not keyboard.take(key)
    assert keyboard.take(events.Key("ctrl+c", None))
    now[0] += SILENCE / 2
    assert not keyboard.take(key)  # the rest of the flood takes nothing with it that must not wait
    assert keyboard.next(urgent=True) is not None
    now[0] += SILENCE * 2
    assert keyboard.take(key)
    assert keyboard.next(urgent=True) is None
    assert keyboard.next(urgent=False) is key


def test_of_a_megabyte_that_is_pasted_a_line_is_kept() -> None:
    keyboard = Keyboard()
    paste = events.Paste("x" * 1_000_000)
    assert keyboard.take(paste)
    assert len(paste.text) == LONGEST_PASTE


def test_a_flood_of_keys_is_survived_and_ctrl_c_still_leaves(tmux: Tmux, tmp_path: Path) -> None:
    flood = tmp_path / "flood"
    flood.write_text("jjkk" * 100_000)
    tmux.start(f'cd {ROOT} && {sys.executable} -c "{STARTS}"', (140, 40))
    tmux.waits_for("● live")
    tmux("load-buffer", str(flood))
    tmux("paste-buffer")
    tmux.waits_for("it was left out")
    tmux("send-keys", "C-c")
    tmux.waits_for("exit=0")
