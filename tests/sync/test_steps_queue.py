"""The steps of many executions: in order, once each, paused and given up like any backlog."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sidscope.sync.steps import FRESH
from sidscope.sync.steps_queue import WORKERS
from sidscope.sync.thread import StepsRead
from tests.sync.conftest import Scene, scene, small_world
from tests.sync.test_live import until
from tests.sync.test_thread import exploring


def ended(on: Scene) -> list[str]:
    """The ended executions of the last day, newest first."""
    runs = [run for run in on.world.runs(on.clock.now) if run.started > on.day and not run.active(on.clock.now)]
    return [run.sid for run in sorted(runs, key=lambda run: run.started, reverse=True)]


def read(on: Scene) -> list[str]:
    """The executions whose steps were asked for, in order."""
    return [request.path.split("/")[-2] for request in on.app.matching("steps")]


async def test_they_are_read_in_order_once_each_and_tell_how_it_went(tmp_path: Path) -> None:
    with scene(tmp_path, small_world()) as on:
        wanted = ended(on)[:15]
        async with on.engine() as engine:
            await engine.refresh(on.day)
            engine.steps_queue.want([*wanted, wanted[0].lower()])
            assert engine.progress.steps_left == len(wanted)
            await until(lambda: engine.progress.steps_left == 0)
            assert sorted(read(on)) == sorted(wanted)
            overtaken = [wanted.index(fn) - place for place, fn in enumerate(read(on))]
            assert max(overtaken) < WORKERS  # one starts only when all but those under way before it are over
            assert engine.progress.steps_done == len(wanted)
            known = engine.archive.known(wanted)
            assert all(each.outcome for each in known.values())
            engine.steps_queue.want(wanted)
            await until(lambda: engine.progress.steps_left == 0)
            assert len(read(on)) == len(wanted)


async def test_they_wait_while_the_engine_is_paused_and_can_be_given_up(tmp_path: Path) -> None:
    with scene(tmp_path, small_world()) as on:
        wanted = ended(on)[:30]
        async with on.engine() as engine:
            await engine.refresh(on.day)
            engine.pause()
            engine.steps_queue.want(wanted)
            await asyncio.sleep(0.1)
            assert (read(on), engine.progress.steps_left) == ([], len(wanted))
            engine.steps_queue.drop()
            assert engine.progress.steps_left == 0
            engine.steps_queue.want(wanted[:3])
            engine.pause(False)
            await until(lambda: engine.progress.steps_left == 0)
            assert sorted(read(on)) == sorted(wanted[:3])


async def test_where_twilio_keeps_failing_the_rest_is_not_tried_and_it_is_said(tmp_path: Path) -> None:
    with scene(tmp_path, small_world()) as on:
        wanted = ended(on)[:30]
        async with on.engine() as engine:
            await engine.refresh(on.day)
            on.faulty.answer("/Steps", 500)
            engine.steps_queue.want(wanted)
            await until(lambda: engine.progress.steps_left == 0)
            assert len({path for path in on.faulty.requests if "/Steps" in path}) < len(wanted)
            assert any("were not read: Twilio kept failing" in problem for problem in engine.state().problems)
            on.faulty.heal()
            on.clock.now += FRESH
            engine.steps_queue.want(wanted)
            await until(lambda: engine.progress.steps_left == 0)
            assert all(each.outcome for each in engine.archive.known(wanted).values())


def test_whoever_looks_at_a_story_learns_how_it_went_for_one_request(tmp_path: Path) -> None:
    with scene(tmp_path, small_world()) as on, exploring(on) as explorer:
        explorer.settled()
        fn = ended(on)[0]
        on.app.log.clear()
        explorer.engine.story(fn)
        explorer.wait(StepsRead, lambda event: event.execution == fn.upper())
        assert read(on) == [fn]
        assert [request.kind for request in on.app.log if request.kind][-1] == "steps"  # after the look-ups
        assert explorer.archive.known([fn])[fn.upper()].outcome
        explorer.engine.story(fn)
        explorer.wait(StepsRead, lambda event: event.execution == fn.upper())
        assert read(on) == [fn]
