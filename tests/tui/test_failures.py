"""Finding what failed: marks in the list, the filter, the keys that go there, and reading the steps of many."""

from __future__ import annotations

from typing import Any

import pytest

from sidscope.archive import Archive
from sidscope.config import Config
from sidscope.demo import SimulatedAccount
from sidscope.domain.value import replace
from sidscope.safetext import safe, width
from sidscope.tui.arrangement import arrange
from sidscope.tui.columns import columns, line_parts
from sidscope.tui.failures import UNASKED
from sidscope.tui.marks import OUTCOMES
from sidscope.tui.ordering import Grouping
from tests.tui.explorer import User, exploring, quiet_world, simulated
from tests.tui.paths import FAILING, with_steps
from tests.tui.samples import NOW, filled, record, sid

FINE = (*FAILING[:2], (42, "call_api", "make-http-request", "success", "Ended"))


def went(archive: Archive, number: int, path: Any = FAILING) -> None:
    """Writes the steps of an execution that the archive holds."""
    with_steps(archive, archive.known([sid("FN", number)])[sid("FN", number).upper()].row, path)


@pytest.fixture
def known(archive: Archive) -> Archive:
    """Ada's second execution failed, Bob's only one went well; of no other one the steps were read."""
    filled(archive)
    went(archive, 2)
    return archive


def row_of(user: User, number: int) -> str:
    """An execution's line in the list."""
    short = f"FN{number:02x}"
    return next(line[: user.app.list.region.width] for line in user.lines if f" {short}" in line)


# --- the mark


@pytest.mark.parametrize("cells", range(36, 140, 7))
@pytest.mark.parametrize("outcome", [None, "unknown", *OUTCOMES])
def test_every_outcome_has_a_sign_that_moves_no_column_and_a_word_where_there_is_room(
    cells: int, outcome: str | None
) -> None:
    layout = columns(cells)

    def line(how: str | None) -> str:
        arranged = arrange([replace(record(1), outcome=how)], Grouping.CONVERSATION)
        return "".join(part.text for part in line_parts(arranged.lines[0], layout, Grouping.CONVERSATION, NOW))

    plain, marked = line(None), line(outcome)
    state = layout[0].width
    assert width(safe(marked)) == width(safe(plain)) <= cells
    assert marked[4 + state :] == plain[4 + state :]
    mark = OUTCOMES.get(outcome or "")
    said = marked[4 : 4 + state].rstrip()
    assert said == (f"○{mark.sign} {mark.word}" if mark else "○  ended")[: max(state, 2)].rstrip()


def test_a_group_shows_the_last_failure_of_its_executions() -> None:
    runs = [record(n, group=1, minutes=n, outcome=how) for n, how in ((1, "timeout"), (2, "cut"), (3, "failed"))]
    group = arrange(runs, Grouping.CONVERSATION).lines[0]
    parts = line_parts(group, columns(100), Grouping.CONVERSATION, NOW)
    assert "○⊣" in "".join(part.text for part in parts)
    fine = arrange([replace(run, outcome="normal") for run in runs], Grouping.CONVERSATION).lines[0]
    parts = line_parts(fine, columns(100), Grouping.CONVERSATION, NOW)
    assert "○  " in "".join(part.text for part in parts)


async def test_what_failed_is_marked_in_the_list_and_on_the_steps_tab_without_opening_it(known: Archive) -> None:
    async with exploring(known) as user:
        assert "○✗" in row_of(user, 2)
        assert not any(sign in row_of(user, 1) for sign in "✗✓")
        user.app.finding.go_to(sid("FN", 2).upper())
        await user.waits_for("3 Steps ✗ failed")
        await user.press("k")
        await user.until(lambda: not user.sees("Steps ✗"), "the tab's note to go")


async def test_where_nothing_matches_no_tab_says_how_anything_went(known: Archive) -> None:
    async with exploring(known) as user:
        user.app.finding.go_to(sid("FN", 2).upper())
        await user.waits_for("3 Steps ✗ failed")
        await user.press("slash")
        await user.type("zzz")
        await user.waits_for("Nothing matches the filter")
        assert not user.sees("Steps ✗")


# --- going there


async def test_b_goes_from_failure_to_failure_in_folded_groups_too(known: Archive) -> None:
    went(known, 4)
    went(known, 3, FINE)
    async with exploring(known) as user:
        await user.press("home", "z")
        seen = []
        for key in ("b", "b", "B"):
            await user.press(key)
            seen.append(user.cursor_sid)
        assert seen == [sid("FN", 2), sid("FN", 4), sid("FN", 2)]
        await user.press("B")
        assert user.toast == "No known failure above: steps of 7 unread: sidscope is offline"


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_where_no_failure_is_known_it_says_of_how_many_and_which_key_reads_them(
    archive: Archive, size: tuple[int, int]
) -> None:
    config = Config(keys={"find_failures": "K", "back": "L"})
    accounts: list[SimulatedAccount] = []
    world = quiet_world(executions=8, stories=())
    async with exploring(
        archive, simulated(world, archive, accounts=accounts), config=config, size=size, query="failed"
    ) as user:
        await user.until(lambda: user.app.state and user.app.state.phase == "live", "everything")
        await user.until(lambda: not user.app.state.contexts_left, "all contexts")
        app = user.app
        unread = sum(each.outcome is None for each in app.session.everything())
        assert unread > 1
        told = f"steps of {unread} unread: K reads them"
        await user.waits_for(f"0 of {app.session.total} · {told}", "K reads the steps of", "L")
        await user.press("b")
        assert user.toast == f"No known failure below: {told}"
        await user.press("K")
        await user.until(lambda: told not in user.lines[3], "the count to go down")


async def test_the_footer_of_the_list_names_the_key_that_finds_failures(archive: Archive) -> None:
    async with exploring(archive, simulated(quiet_world(), archive)) as user:
        await user.all_read()
        await user.waits_for("F failures…")


async def test_a_filter_finds_what_failed_and_says_how_far_that_is_known(known: Archive) -> None:
    async with exploring(known) as user:
        for text in ("outcome:failed", "failed"):
            await user.press("slash")
            await user.type(text)
            await user.press("enter")
            await user.waits_for("1 of 10 · steps of 9 unread: sidscope is offline", "FN02")
            await user.press("x")


async def test_where_nothing_is_known_to_match_it_says_why_and_what_to_do(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive, query="outcome:failed") as user:
        await user.waits_for("Nothing is known to match", "only where its steps were read", "sidscope is offline")
    async with exploring(archive, query="channel:voice") as user:
        await user.waits_for("Nothing matches the filter")


# --- reading


async def test_the_steps_of_what_the_cursor_rests_on_are_read_and_fill_the_mark(
    archive: Archive,
) -> None:
    accounts: list[SimulatedAccount] = []
    async with exploring(archive, simulated(quiet_world(), archive, accounts=accounts)) as user:
        await user.all_read()
        user.app.session.settle()
        for _ in range(3):
            await user.press("j")
            await user.until(lambda: user.app.session.selected and user.app.session.selected.outcome, "an outcome")
            assert user.app.pane.tab == "story"
        spent = len(list(accounts[0].matching("steps")))
        await user.press("k")
        await user.settled()
        ended = {each.path for each in accounts[0].matching("steps")}
        assert spent >= 3
        assert len(ended) == spent


async def test_who_types_fail_in_the_palette_finds_the_command_that_reads_steps(archive: Archive) -> None:
    accounts: list[SimulatedAccount] = []
    world = quiet_world()
    async with exploring(
        archive, simulated(world, archive, accounts=accounts), query="outcome:failed", size=(140, 40)
    ) as user:
        await user.waits_for("Nothing is known to match", "F reads the steps")
        await user.until(lambda: user.app.state.phase == "live" and not user.app.state.contexts_left, "all contexts")
        total = len(user.app.session.records)
        assert total > UNASKED
        before = len(list(accounts[0].matching("steps")))
        await user.press("ctrl+p")
        await user.type("fail")
        await user.waits_for("failures…", "next failure")
        await user.press("enter")
        await user.waits_for("the newest 20", "20 requests", "all ")
        assert len(list(accounts[0].matching("steps"))) == before  # nothing is spent before one was chosen
        await user.press("down", "enter")
        await user.until(lambda: user.toast.startswith("The steps are read"), "the end of reading")
        await user.until(lambda: user.app.session.shown, "what failed")
        assert all(line.record.failed for line in user.app.session.lines if line.record)
        assert user.sees("○✗")
        known = [each for each in user.app.session.everything() if each.outcome]
        assert len(known) >= total // 2


async def test_f_stops_what_it_began(archive: Archive) -> None:
    accounts: list[SimulatedAccount] = []
    async with exploring(archive, simulated(quiet_world(), archive, accounts=accounts)) as user:
        await user.all_read()
        user.app.engine.pause()  # type: ignore[union-attr]
        await user.until(lambda: user.app.state.paused, "the pause")
        await user.press("F")
        await user.waits_for("the newest 20")
        await user.press("enter")
        await user.waits_for("steps of 20 to read")
        await user.press("F")
        await user.until(lambda: not user.app.state.steps_left, "the end")
        assert not user.sees("to read")
