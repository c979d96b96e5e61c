"""What a small terminal has room for: one pane alone, and messages where nothing is read."""

from __future__ import annotations

import pytest
from textual.widgets._toast import ToastRack

from sidscope.archive import Archive
from tests.tui.explorer import exploring
from tests.tui.samples import filled, sid

SMALL, MIDDLE, LARGE = (60, 16), (80, 24), (140, 40)


@pytest.mark.parametrize("size", [MIDDLE, LARGE])
async def test_z_gives_the_pane_one_is_in_the_whole_screen_and_back(archive: Archive, size: tuple[int, int]) -> None:
    filled(archive)
    async with exploring(archive, size=size) as user:
        await user.press("3", "tab")
        pane, before = user.app.pane, user.app.pane.steps.size.height
        await user.press("Z")
        await user.until(
            lambda: pane.region.width == size[0] and pane.steps.size.height >= size[1] - 9, "the tab alone"
        )
        assert user.app.list.size.height == 0
        await user.press("escape")
        await user.until(lambda: user.app.list.region.width == size[0] and not pane.size.height, "the list alone")
        await user.press("2")
        assert user.app.situation.pane == "context"
        await user.press("3", "Z")
        await user.until(lambda: pane.steps.size.height == before and user.app.list.size.height, "both again")


@pytest.mark.parametrize("size", [SMALL, MIDDLE, LARGE])
async def test_only_the_newest_message_stands_and_over_nothing_that_is_read(
    archive: Archive, size: tuple[int, int]
) -> None:
    filled(archive)
    async with exploring(archive, size=size, toasts=True) as user:
        for number in (1, 2, 3):
            user.app.copy(sid("FN", number))
            await user.until(lambda number=number: sid("FN", number) in user.toast)  # type: ignore[misc]
        await user.press("Y")
        rack = user.app.screen.get_child_by_type(ToastRack)
        await user.until(lambda: [each.region.y >= size[1] - 2 for each in rack.query("Toast")] == [True], "one toast")


@pytest.mark.parametrize("size", [MIDDLE, LARGE])
async def test_a_short_message_leaves_the_keys_to_be_read(archive: Archive, size: tuple[int, int]) -> None:
    filled(archive)
    async with exploring(archive, size=size, toasts=True) as user:
        await user.press("M")
        await user.until(lambda: user.app.screen.query("Toast"), "the message")
        await user.until(lambda: "clear marks: nothing is marked" in user.lines[-2], "the message over the status")
        assert "? help" in user.lines[-1]


async def test_escape_in_the_list_has_nothing_to_say(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("escape", "escape")
        assert user.toast == ""
        await user.press("M", "M")
        assert len(user.app._notifications) == 1
