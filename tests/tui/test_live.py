"""The explorer with the real engine on a simulated account: first rows, arrivals, look-ups, finding at Twilio."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from sidscope.archive import Archive
from sidscope.demo import SimulatedAccount
from sidscope.domain.records import ReadStatus
from tests.tui.explorer import exploring, quiet_world, simulated
from tests.tui.samples import NOW, Filler, filled, sid


async def test_an_empty_archive_fills_from_twilio_and_becomes_live(tmp_path: Path) -> None:
    world = quiet_world()
    with Archive.open(tmp_path / "a.sqlite", account_sid=world.account_sid) as archive:
        async with exploring(archive, simulated(world, archive)) as user:
            await user.all_read()
            assert user.sees("resolved", "requests", "limit")
            assert len(user.app.session.records) == archive.execution_count()
            assert user.app.session.records.keys() == {
                key
                for key, truth in ((row["execution_sid"].upper(), row) for row in world.truth(NOW))
                if truth["date_created"] >= "2026-11-21T12:00:00Z"
            }


async def test_what_waits_is_counted_in_the_narrowest_list_too(archive: Archive) -> None:
    filler = filled(archive)
    async with exploring(archive, simulated(quiet_world(executions=8, stories=()), archive), size=(44, 10)) as user:
        await user.waits_for("● live")
        await user.press("j", "j", "j", "j")
        for number in range(20, 32):
            filler.add(number, minutes=0.5, contact=f"whatsapp:+49152000000{number}", conversation=number)
        archive.flush()
        await user.waits_for("+12 new")


async def test_the_row_under_the_cursor_stays_where_it_is_while_executions_arrive(archive: Archive) -> None:
    filler = filled(archive)
    world = quiet_world(executions=8, stories=())
    async with exploring(archive, simulated(world, archive)) as user:
        await user.waits_for("● live")
        await user.press("j", "j", "j", "j")
        row, y, here = user.row, user.row_y, user.cursor_sid
        assert here is not None
        for number in range(20, 32):
            filler.add(number, minutes=0.5, contact=f"whatsapp:+49152000000{number}", conversation=number)
        archive.flush()
        await user.waits_for("+12 new", ". lets in")
        assert (user.row, user.row_y, user.cursor_sid) == (row, y, here)

        await user.press("full_stop")
        await user.until(lambda: not user.sees("+12 new"))
        assert (user.row, user.row_y, user.cursor_sid) == (row, y, here)

        await user.press("home")
        await user.waits_for("FN1f…1f")
        filler.add(40, minutes=0.2, contact="whatsapp:+4915299999999", conversation=40)
        archive.flush()
        await user.waits_for("FN28…28")


async def test_lines_that_come_and_go_above_the_cursor_do_not_move_it_on_screen(archive: Archive) -> None:
    filler = filled(archive)
    filler.add(50, minutes=2, contact="whatsapp:+4915300000050", status=None)
    archive.flush()
    world = quiet_world(executions=8, stories=())
    async with exploring(archive, simulated(world, archive)) as user:
        await user.waits_for("● live")
        user.app.finding.go_to(sid("FN", 6).upper())
        await user.settled()
        y, here = user.row_y, user.cursor_sid
        # The newest execution turns out to belong to a conversation: its line joins Ada's group above the cursor.
        filler.add(50, minutes=2, contact="whatsapp:+4915100000001", conversation=1)
        archive.flush()
        await user.waits_for("↻4 same")
        assert (user.row_y, user.cursor_sid) == (y, here)


async def test_looking_at_an_execution_reads_its_context(tmp_path: Path) -> None:
    world = quiet_world()
    accounts: list[SimulatedAccount] = []
    with Archive.open(tmp_path / "a.sqlite", account_sid=world.account_sid) as archive:
        async with exploring(archive, simulated(world, archive, accounts=accounts)) as user:
            await user.all_read()
            settled = next(
                key
                for key, record in user.app.session.records.items()
                if record.context_status == ReadStatus.NOT_NEEDED and record.call_sid
            )
            user.app.finding.go_to(settled)
            await user.press("2")
            await user.waits_for("trigger", "call: {")
            await user.until(lambda: (record := user.app.session.selected) and record.context_status == "ok")


async def test_a_sid_that_only_twilio_knows_is_asked_for_there(tmp_path: Path) -> None:
    world = quiet_world()
    old = min(world.truth(NOW), key=lambda row: str(row["date_created"]))
    assert old["date_created"] < "2026-11-21T12:00:00Z"
    with Archive.open(tmp_path / "a.sqlite", account_sid=world.account_sid) as archive:
        async with exploring(archive, simulated(world, archive)) as user:
            await user.waits_for("● live")
            await user.press("slash")
            await user.paste(old["execution_sid"])
            await user.waits_for("Not in the list: enter asks Twilio (up to")
            await user.press("enter")
            await user.until(lambda: user.cursor_sid == old["execution_sid"], "the old execution")
            await user.until(lambda: user.app.focused is user.app.list)
            await user.press("escape", "slash")
            await user.paste(sid("FN", 99))
            await user.press("enter")
            await user.waits_for("Twilio knows no such execution")


async def test_what_may_not_be_read_is_marked_and_said(tmp_path: Path) -> None:
    world = quiet_world()
    with Archive.open(tmp_path / "a.sqlite", account_sid=world.account_sid) as archive:
        async with exploring(archive, simulated(world, archive)) as user:
            await user.all_read()
            secret = next(key for key, each in user.app.session.records.items() if "HR" in (each.flow_name or ""))
            user.app.finding.go_to(secret)
            await user.press("2")
            await user.waits_for("These credentials may not read this context", "⊘")


async def test_leaving_is_quick_and_keeps_what_was_read(tmp_path: Path) -> None:
    world = quiet_world()
    path = tmp_path / "a.sqlite"
    with Archive.open(path, account_sid=world.account_sid) as archive:
        async with exploring(archive, simulated(world, archive)) as user:
            await user.until(lambda: user.app.session.records)
            await user.press("q")
    with Archive.open(path, account_sid=world.account_sid) as archive:
        assert archive.execution_count() > 0


async def test_arrivals_at_the_top_come_in_at_once_and_the_detail_stays(archive: Archive) -> None:
    filler = Filler(archive)
    filler.add(1, minutes=30, conversation=1)
    archive.flush()
    world = quiet_world(executions=8, stories=())
    async with exploring(archive, simulated(world, archive)) as user:
        await user.waits_for("● live")
        await user.press("home")
        here = user.cursor_sid
        filler.add(2, minutes=0.1, contact="whatsapp:+4915299999999", conversation=2)
        archive.flush()
        await user.waits_for("FN02…02")
        assert user.cursor_sid == here


async def test_the_detail_is_that_of_the_cursor_whatever_comes_in_while_it_rests_on_the_first_line(
    archive: Archive,
) -> None:
    filler = Filler(archive)
    filler.add(1, minutes=30, conversation=1)
    archive.flush()
    async with exploring(archive) as user:
        await user.waits_for("▶ 11:30:00")
        filler.add(2, minutes=20, contact="whatsapp:+4915299999999", conversation=2)
        filler.add(3, minutes=10, conversation=1)
        archive.flush()
        user.app.feed.changed([sid("FN", 1).upper(), sid("FN", 2).upper(), sid("FN", 3).upper()])
        await user.waits_for("▶ 11:50:00", "FN03…03  ○ ended")
        await user.press("j", "k")
        filler.add(4, minutes=5, conversation=1)
        archive.flush()
        user.app.feed.changed([sid("FN", 4).upper()])
        await user.waits_for("▶ 11:55:00", "FN04…04  ○ ended")


@pytest.mark.parametrize("width", [80, 140])
async def test_being_throttled_is_seen_at_a_glance(tmp_path: Path, width: int) -> None:
    world = quiet_world()
    accounts: list[SimulatedAccount] = []
    with Archive.open(tmp_path / "a.sqlite", account_sid=world.account_sid) as archive:
        engine = simulated(world, archive, accounts=accounts)
        accounts[0].concurrency_limit, accounts[0].latency = 2, 0.02
        async with exploring(archive, engine, size=(width, 30)) as user:
            await user.until(lambda: "● live, throttled" in user.lines[0], "the word in the header")
            await user.all_read()
            assert "throttled" in next(line for line in user.lines if " resolved" in line)


async def test_a_context_that_comes_while_the_detail_is_being_read_is_shown(archive: Archive) -> None:
    filler, key = filled(archive), sid("FN", 8).upper()
    async with exploring(archive) as user:
        await user.waits_for("FN08…08")
        await user.press("2")
        details, reading = user.app.feed._details, threading.Event()
        details.submit(reading.wait)
        user.app.finding.go_to(key)
        await user.settled()  # its detail is asked for, perhaps twice
        again = threading.Event()
        details.submit(again.wait)
        reading.set()
        while user.app.feed._wish is not None:  # noqa: ASYNC110 - nobody tells that a wish was taken up
            await asyncio.sleep(0)
        again.set()
        details.submit(int).result()  # read for the last time, and not yet told: nothing here gives way to that
        filler.add(8, minutes=63, contact="whatsapp:+4915100000006", conversation=8)
        archive.flush()
        user.app._take(user.app.reader.records([key]))
        await user.waits_for("trigger", "message: {")
