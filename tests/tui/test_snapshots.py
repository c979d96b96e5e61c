"""What the explorer looks like. After a change of looks: view the report, then ``pytest --snapshot-update``."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from sidscope.archive import Archive
from sidscope.domain.records import ReadStatus
from sidscope.tui.app import ExplorerApp
from sidscope.tui.clipboard import Clipboard
from tests.tui.explorer import User
from tests.tui.paths import with_steps
from tests.tui.samples import NOW, filled, sid


def explorer(archive: Archive, *, light: bool = False, query: str = "") -> ExplorerApp:
    return ExplorerApp(
        archive,
        None,
        account_label="acme · AC00…0000",
        query=query,
        now=lambda: NOW,
        clipboard=Clipboard(to_terminal=lambda _: None, folder=None, env={"PATH": ""}),
        light=light,
    )


LOOKS: dict[str, tuple[tuple[int, int], list[str], bool]] = {
    "story at 140x40": ((140, 40), ["j", "j"], False),
    "story at 140x40, light": ((140, 40), ["j", "j"], True),
    "context at 120x40": ((120, 40), ["j", "2", "tab", "j", "j"], False),
    "sids at 120x40": ((120, 40), ["j", "4"], False),
    "steps at 140x40": ((140, 40), ["j", "3", "tab", "enter", "enter"], False),
    "steps at 80x24": ((80, 24), ["j", "3", "tab"], False),
    "copy menu at 80x24": ((80, 24), ["j", "Y"], False),
    "by flow at 100x30": ((100, 30), ["j", "g", "g"], False),
    "stacked at 80x24": ((80, 24), ["j", "j"], False),
    "list alone at 60x15": ((60, 15), ["j"], False),
    "help at 80x24": ((80, 24), ["question_mark"], False),
    "palette at 140x40": ((140, 40), ["j", "ctrl+p"], False),
    "sync offline at 80x24": ((80, 24), ["s"], False),
    "rules at 140x40": ((140, 40), ["R"], False),
    "rules at 80x24": ((80, 24), ["R"], True),
    "too small": ((30, 8), [], False),
}


def shows(keys: list[str]) -> Any:
    async def run_before(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, ExplorerApp)
        user = User(app, pilot)
        await user.until(lambda: app.loaded)
        await user.until(lambda: app.pane.detail is not None or not app.session.lines)
        for key in keys:
            await user.press(key)
            await user.until(lambda: app.pane.detail is None or app.pane.detail.key == app.pane.awaited)
            await user.until(lambda: app.looking.idle)
        for line in app.screen.query(Input):
            line.cursor_blink = False  # else the picture is of one half of a second or the other
        before = ""
        while (now := app.export_screenshot()) != before:  # scrollbars follow a frame or two later
            before = now
            await asyncio.sleep(0.3)
            await user.settled()

    return run_before


@pytest.mark.parametrize("look", LOOKS)
def test_the_explorer_looks_as_approved(look: str, archive: Archive, snap_compare: Any) -> None:
    filled(archive)
    with_steps(archive, archive.known([sid("FN", 1)])[sid("FN", 1)].row, contexts=dict.fromkeys((2, 3), ReadStatus.OK))
    size, keys, light = LOOKS[look]
    assert snap_compare(explorer(archive, light=light), terminal_size=size, run_before=shows(keys))


def test_it_reads_without_colour(archive: Archive, snap_compare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    filled(archive)
    assert snap_compare(explorer(archive), terminal_size=(120, 30), run_before=shows(["j", "j"]))


def test_an_absent_context_is_a_sight_of_its_own(archive: Archive, snap_compare: Any) -> None:
    filled(archive)
    keys = ["end", "k", "k", "k", "k", "2"]
    assert snap_compare(explorer(archive), terminal_size=(140, 30), run_before=shows(keys))


def test_an_empty_archive_says_what_to_do(archive: Archive, snap_compare: Any, tmp_path: Path) -> None:
    assert snap_compare(explorer(archive), terminal_size=(100, 24), run_before=shows([]))
