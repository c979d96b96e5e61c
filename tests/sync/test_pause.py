"""Pausing: nothing that nobody asked for is fetched, what is asked for still is, and nothing is lost."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from tests.sync.conftest import scene, small_world
from tests.sync.test_live import live, until


async def test_a_paused_engine_polls_nothing_until_it_is_resumed_or_asked(tmp_path: Path) -> None:
    with scene(tmp_path, small_world(arrival=2.0)) as on:
        async with live(on, on.day) as engine:
            await until(lambda: not any(pace.looking for pace in engine._live.paces.values()))
            engine.pause()
            assert engine.state().paused
            for pace in engine._live.paces.values():
                pace.due = 0.001  # long due
            await asyncio.sleep(0.1)
            on.app.log.clear()
            await asyncio.sleep(0.3)
            assert on.app.log == []

            engine.look_now()  # asked for by name
            await until(lambda: all(not pace.looking and pace.due > 0 for pace in engine._live.paces.values()))
            spent = len(on.app.log)
            assert spent >= len(on.world.flows)

            for pace in engine._live.paces.values():
                pace.due = 0.001
            engine.pause(False)
            await until(lambda: len(on.app.log) > spent)
            assert not engine.state().paused


async def test_a_paused_engine_reads_the_context_somebody_looks_at_and_the_backlog_later(tmp_path: Path) -> None:
    with scene(tmp_path, small_world()) as on:
        async with on.engine() as engine:
            engine.pause()
            task = asyncio.create_task(engine.live(on.day))
            await until(lambda: engine.progress.phase == "live")
            await asyncio.sleep(0.3)
            left = engine.progress.contexts_left
            assert left > 1
            assert on.contexts_read() == []
            row = next(iter(engine.contexts._waiting.values()))
            engine.contexts.look_at(row)
            await until(lambda: engine.progress.contexts_left == left - 1)
            assert on.contexts_read() == [row.sid]
            engine.pause(False)
            await until(lambda: engine.progress.contexts_left == 0)
            assert len(on.contexts_read()) >= left
            assert {state.name for state in engine.state().flows} == {flow.name for flow in on.world.flows}
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_a_look_in_the_very_moment_when_the_last_worker_ends_is_not_lost(tmp_path: Path) -> None:
    with scene(tmp_path, small_world()) as on:
        async with on.engine() as engine:
            await engine.refresh(on.day)
            on.app.log.clear()
            unread = [each.row for each in engine.archive.window(on.day, None) if each.context_status == "not_needed"]
            first, second = unread[:2]
            engine.contexts.look_at(first)
            read = engine.contexts._results[first.sid.upper()]
            read.add_done_callback(lambda _: engine.contexts.look_at(second))
            await until(lambda: on.contexts_read() == [first.sid, second.sid])
