"""The Steps tab: rows of a path, each absence its own sight, and what a step changed, asked for once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sidscope.archive import Archive
from sidscope.demo import SimulatedAccount
from sidscope.domain.records import ReadStatus
from sidscope.domain.value import replace
from sidscope.safetext import safe, width
from sidscope.tui.steps import Shown, step_rows
from sidscope.tui.steps_reader import StepsReader
from tests.tui.explorer import User, exploring, quiet_world, simulated
from tests.tui.paths import FAILING, with_steps
from tests.tui.samples import NOW, Filler, context, filled, sid

ALL = dict.fromkeys((1, 2, 3, 4), ReadStatus.OK)


def texts(archive: Archive, opened: tuple[int, ...] = (), *, cells: int = 60, **shown: Any) -> list[str]:
    """The tab of execution 1, line by line."""
    detail = StepsReader(archive, lambda: NOW).detail(sid("FN", 1), opened)
    assert detail is not None
    rows = step_rows(detail, Shown(**shown), NOW, cells)
    return ["".join(part.text for part in row.parts) for row in rows]


@pytest.fixture
def failed(archive: Archive) -> Archive:
    """Execution 1, whose request to a server failed."""
    row = Filler(archive).add(1, minutes=5, conversation=1, body=context("whatsapp:+4915100000001", sid("CH", 1)))
    with_steps(archive, row, contexts=ALL)
    return archive


def test_the_headline_says_where_it_went_wrong_and_the_path_follows_in_time_order(failed: Archive) -> None:
    lines = texts(failed)
    assert lines[0].startswith(" ✗ Failed at call_api after 42 s; then sorry")
    assert any("4 steps over" in line for line in lines[:4])
    widgets = [next(w for w in ("Trigger", "ask", "call_api", "sorry") if f" {w}" in line) for line in lines[-4:]]
    assert widgets == ["Trigger", "ask", "call_api", "sorry"]
    wrong = next(line for line in lines if "▸ failed: call_api" in line)
    assert wrong.startswith(" ✗ 11:55:00")
    assert "42 s" in wrong
    assert lines[-1].endswith("sent → Ended")


def test_a_step_that_was_looked_into_tells_each_change_with_a_sign_and_a_word(failed: Archive) -> None:
    lines = texts(failed, (3,))
    opened = lines[-3:]
    assert "▾ sorry" in opened[0]
    assert opened[1].strip() == "1 changed"
    assert opened[2].strip() == "~ widgets.call_api.tries  1 → 2"


def test_times_and_sids_are_folded_away_until_wanted(failed: Archive) -> None:
    lines = texts(failed, (1,))
    assert any("▸ 1 time or SID" in line for line in lines)
    assert not any(sid("SM", 44) in line for line in lines)
    lines = texts(failed, (1,), unfolded=frozenset({1}))
    assert any(sid("SM", 44) in line for line in lines)


@pytest.mark.parametrize(
    ("status", "waiting", "offline", "words"),
    [
        (None, True, False, "… reading what was there before and after: 1 request"),
        (None, False, True, "◌ the variables of this step are not in the archive, and sidscope is offline"),
        (ReadStatus.GONE, False, False, "∅ gone"),
        (ReadStatus.DENIED, False, False, "⊘ denied"),
        (ReadStatus.FAILED, False, False, "! unreadable"),
    ],
)
def test_variables_that_are_not_there_say_why(
    archive: Archive, status: ReadStatus | None, waiting: bool, offline: bool, words: str
) -> None:
    row = Filler(archive).add(1, minutes=5)
    with_steps(archive, row, contexts={1: ReadStatus.OK, **({2: status} if status else {})})
    lines = texts(
        archive, (1,), cells=120, waiting=frozenset({sid("FT", 2)}) if waiting else frozenset(), offline=offline
    )
    assert any(words in line for line in lines)


def test_subflow_steps_stand_deeper_and_repeats_are_counted(archive: Archive) -> None:
    row = Filler(archive).add(1, minutes=5)
    again = (*FAILING[:2], (3, "call_api", "make-http-request", "success", "ask"), (9, "ask", "x", "timeout", "Ended"))
    with_steps(archive, row, again)
    lines = texts(archive)
    assert any("◷" in line and "timed out: ask  ×2  timeout → Ended" in line for line in lines)


def test_an_active_execution_is_in_a_widget_now(archive: Archive) -> None:
    row = Filler(archive).add(1, minutes=5, active=True)
    with_steps(archive, row, FAILING[:1])
    lines = texts(archive)
    assert lines[0] == " ● In ask for 5 m."
    assert "● " in lines[-1]
    assert "here now: ask" in lines[-1]


def test_a_thousand_steps_are_ready_in_an_instant(archive: Archive) -> None:
    import time

    row = Filler(archive).add(1, minutes=500)
    path = [(n, f"w{n}", "split-based-on", "match", f"w{n + 1}") for n in range(255)]
    with_steps(archive, row, path)
    began = time.perf_counter()
    lines = texts(archive)
    assert len(lines) > 255
    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize("cells", [30, 44, 60, 80])
def test_own_words_keep_their_columns_at_every_width(failed: Archive, cells: int) -> None:
    for line in texts(failed, (0, 1, 2, 3), cells=cells)[4:]:
        assert width(safe(line[:20])) <= 20


# --- stories


async def opened(user: User, number: int = 1) -> None:
    user.app.finding.go_to(sid("FN", number).upper())
    await user.press("3")
    await user.press("tab")


async def test_where_it_failed_is_one_key_away_and_enter_shows_what_changed(archive: Archive) -> None:
    filled(archive)
    row = archive.known([sid("FN", 1)])[sid("FN", 1)].row
    with_steps(archive, row, contexts=ALL)
    async with exploring(archive) as user:
        await opened(user)
        await user.waits_for("✗ Failed at call_api", "failed: call_api", "ended")
        await user.press("enter")
        assert "call_api" in (line := user.lines[user.app.pane.steps.region.y + user.app.pane.steps.cursor_index])
        assert "▸" in line
        await user.press("enter")
        await user.waits_for("+ widgets.call_api.status_code  500")
        await user.press("j", "y")
        await user.until(lambda: user.toast.startswith("500"))
        await user.press("p")
        await user.until(lambda: "{{widgets.call_api.status_code}}" in user.toast)
        await user.press("h")
        await user.until(lambda: not user.sees("+ widgets.call_api"))
        await user.press("l")
        await user.waits_for("+ widgets.call_api.status_code  500")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (None, "sidscope is offline"),
        (ReadStatus.GONE, "Twilio no longer has these steps"),
        (ReadStatus.DENIED, "These credentials may not read these steps"),
        (ReadStatus.FAILED, "Reading the steps failed"),
    ],
)
async def test_every_absence_of_steps_is_its_own_sight(archive: Archive, status: ReadStatus | None, words: str) -> None:
    row = Filler(archive).add(1, minutes=5, conversation=1)
    archive.flush()
    if status is not None:
        with_steps(archive, row, status=status)
    async with exploring(archive) as user:
        await opened(user)
        await user.waits_for(words)
        await user.press("enter", "j", "y", "h", "l", "p", "enter")


async def test_an_execution_without_steps_says_so(archive: Archive) -> None:
    row = Filler(archive).add(1, minutes=5, conversation=1)
    with_steps(archive, row, ())
    async with exploring(archive) as user:
        await opened(user)
        await user.waits_for("No steps")


async def test_no_step_gets_a_line_of_its_own_making(archive: Archive) -> None:
    row = Filler(archive).add(1, minutes=5, conversation=1)
    evil = (
        (0, "Trigger", "trigger", "go\x1b[2J", "[bold]x[/]\x1b]0;t\x07"),
        (3, "[bold]x[/]\x1b]0;t\x07", "", "\n\n", None),
    )
    with_steps(archive, row, evil)
    async with exploring(archive) as user:
        await opened(user)
        await user.waits_for("go␛[2J", "[bold]x[/]␛]0;t␇", "␊␊")
        assert "\x1b" not in user.text


async def test_steps_cost_one_request_and_a_step_looked_into_is_read_once(tmp_path: Path) -> None:
    world = quiet_world()
    accounts: list[SimulatedAccount] = []
    with Archive.open(tmp_path / "a.sqlite", account_sid=world.account_sid) as archive:
        async with exploring(archive, simulated(world, archive, accounts=accounts)) as user:
            await user.all_read()
            here = user.app.session.selected  # whose steps may have been asked for already
            key = next(
                key
                for key, record in user.app.session.records.items()
                if record.status == "ended" and record.context_status == ReadStatus.OK and record is not here
            )
            fn = user.app.session.records[key].execution_sid

            def asked(what: str) -> list[str]:
                return [entry.path for entry in accounts[0].log if fn in entry.path and what in entry.path]

            assert not asked("/Steps")
            user.app.finding.go_to(key)
            await user.press("3", "tab")
            await user.waits_for("steps over")
            await user.press("j", "enter")
            await user.until(lambda: (detail := user.app.looking.detail) and detail.looks and detail.looks[0].changes)
            assert len(asked("/Steps/")) == 1  # before the trigger there was nothing
            await user.press("enter", "enter", "4", "3", "tab", "tab")
            await user.settled()
            assert len(asked("/Steps/")) == 1
            assert len(asked("/Steps")) == 2


async def test_an_active_execution_s_steps_are_asked_for_again_when_its_row_changes(tmp_path: Path) -> None:
    world = quiet_world()
    accounts: list[SimulatedAccount] = []
    with Archive.open(tmp_path / "a.sqlite", account_sid=world.account_sid) as archive:
        async with exploring(archive, simulated(world, archive, accounts=accounts)) as user:
            await user.all_read()
            key, record = next(
                (key, record) for key, record in user.app.session.records.items() if record.active and record.contact
            )
            user.app.finding.go_to(key)
            await user.press("3")
            await user.waits_for("still running")
            row = archive.known([key])[key].row
            archive.write(replace(row, status="ended", date_updated=NOW))
            archive.flush()
            lists = [entry for entry in accounts[0].log if entry.path.endswith(f"{record.execution_sid}/Steps")]
            assert len(lists) == 1
            await user.until(
                lambda: len([e for e in accounts[0].log if e.path.endswith(f"{record.execution_sid}/Steps")]) == 2
            )


async def test_the_cursor_stays_on_its_step_when_others_are_read(archive: Archive) -> None:
    row = Filler(archive).add(1, minutes=5, conversation=1, active=True)
    with_steps(archive, row, FAILING[:2])
    async with exploring(archive) as user:
        await opened(user)
        await user.waits_for("here now: call_api")
        await user.press("G")
        assert user.app.pane.steps.item == "2"
        assert row.date_created is not None
        ended = replace(row, status="ended", date_updated=row.date_created + timedelta(seconds=60))
        archive.write(ended)
        with_steps(archive, ended)
        user.app.feed.changed([sid("FN", 1).upper()])
        await user.waits_for("failed: call_api")
        assert user.app.pane.steps.item == "2"
