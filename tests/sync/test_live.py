"""Staying live: what is new, what ends, and what to do about flows that come, go and fail."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sidscope.demo import World
from sidscope.demo.account import Flow as DemoFlow
from sidscope.demo.account import Run, make_sid
from sidscope.domain.records import Flow
from sidscope.sync.engine import Engine
from sidscope.sync.live import BUSY, IDLE, Pace
from sidscope.twilio_api import BadCredentials
from tests.support.account import NOON
from tests.support.oracle import differences
from tests.sync.conftest import Scene, scene, small_world


class LateWorld(World):
    """A world whose executions become visible only ``lag`` seconds after the moment they bear."""

    lag = 0.0

    def runs_of(self, flow_sid: str, now: datetime) -> list[Run]:
        return super().runs_of(flow_sid, now - timedelta(seconds=self.lag))


async def until(true: Callable[[], object], seconds: float = 10) -> None:
    """Waits for what other tasks bring about."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 (what is waited for has no event)
            await asyncio.sleep(0.01)


@asynccontextmanager
async def live(on: Scene, since: datetime) -> AsyncIterator[Engine]:
    """An engine that has listed all there is and polls from now on."""
    async with on.engine() as engine:
        task = asyncio.create_task(engine.live(since))
        try:
            await until(lambda: task.done() or (engine.progress.phase == "live" and not engine.progress.contexts_left))
            assert not task.done(), task.exception()
            await asyncio.to_thread(engine.archive.flush)
            yield engine
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def polled(engine: Engine) -> None:
    """Every flow has been looked at from now on, and what that brought is in the archive."""
    paces = engine._live.paces
    await until(lambda: not any(pace.looking for pace in paces.values()))
    engine.look_now()
    await until(lambda: all(pace.looking or pace.due > 0 for pace in paces.values()))
    await until(lambda: not any(pace.looking for pace in paces.values()) and not engine.progress.contexts_left)
    await asyncio.to_thread(engine.archive.flush)


def test_a_busy_flow_is_looked_at_every_three_seconds_an_idle_one_every_minute_at_last() -> None:
    pace, now, waits = Pace(Flow("FW" + "0" * 32, "one")), 0.0, []
    for _ in range(12):
        pace.looked(False, now)
        waits.append(pace.due - now)
        now = pace.due
    assert all(0.9 * BUSY <= wait <= 1.1 * IDLE for wait in waits)
    assert 0.9 * IDLE <= waits[-1] <= 1.1 * IDLE
    assert pace.interval == IDLE == 60
    pace.looked(True, now)
    assert pace.interval == BUSY == 3
    assert 0.9 * BUSY <= pace.due - now <= 1.1 * BUSY


@pytest.fixture
def world() -> World:
    return small_world(LateWorld, arrival=2.0)


async def test_the_first_screenful_of_every_flow_comes_before_any_flow_is_listed_to_its_end(tmp_path: Path) -> None:
    with scene(tmp_path, small_world(executions=400)) as on:
        since = NOON - timedelta(hours=36)
        async with live(on, since) as engine:
            sizes = [int(dict(request.query)["PageSize"]) for request in on.app.matching("executions")]
            flows = len(on.world.flows)
            assert sizes[:flows] == [25] * flows
            assert any(size == 1000 for size in sizes[flows:])
            assert differences(on.records(engine.archive, since), on.truth(since, explain=False)) == []


async def test_new_executions_come_without_gap_or_duplicate_though_they_become_visible_late(
    world: World, tmp_path: Path
) -> None:
    assert isinstance(world, LateWorld)
    world.lag = 20.0
    with scene(tmp_path, world) as on:
        since = on.day
        async with live(on, since) as engine:
            changed: Counter[str] = Counter()
            before = engine.archive.execution_count()
            for seconds in (1, 4, 7, 3, 30, 2, 61, 5, 300, 3):
                on.clock.forward(seconds=seconds)
                await polled(engine)
            world.lag = 0.0
            await polled(engine)
            engine.archive.on_commit = changed.update
            truth = on.truth(since, explain=False)
            assert len(truth) > before + 100
            assert differences(on.records(engine.archive, since), truth) == []
            await polled(engine)
            await asyncio.to_thread(engine.archive.flush)
            assert changed == Counter()  # what comes twice is no news


async def test_endings_are_seen(tmp_path: Path) -> None:
    with scene(tmp_path, small_world()) as on:
        since = on.day
        async with live(on, since) as engine:
            active = len(engine.archive.active())
            on.clock.forward(hours=4)
            on.app.log.clear()
            await polled(engine)
            assert differences(on.records(engine.archive, since), on.truth(since, explain=False)) == []
            ended = active - len(engine.archive.active())
            assert ended
            assert on.spent()["execution_context"] <= active
            assert "live" in engine.state().phase


async def test_a_poll_costs_one_list_and_where_something_is_active_another_one(tmp_path: Path) -> None:
    with scene(tmp_path, small_world()) as on:
        async with live(on, on.day) as engine:
            await polled(engine)
            on.app.log.clear()
            await polled(engine)
            busy = {row.flow_sid for row in engine.archive.active()}
            spent = on.spent()
            assert spent.pop("executions") == len(on.world.flows) + len(busy)
            assert not spent


async def test_flows_that_appear_and_vanish(tmp_path: Path) -> None:
    with scene(tmp_path, small_world()) as on:
        since = on.day
        async with live(on, since) as engine:
            world = on.world
            old, gone = world.flows, world.flows[-1]
            new = DemoFlow(make_sid("FW", "new"), "entry", "Brand new", 1, NOON, NOON)
            world._by_flow[new.sid] = []
            world.flows = (*old[:-1], new)
            on.clock.forward(minutes=6)
            engine.look_now()
            await until(lambda: new.sid.upper() in engine._live.paces)
            assert gone.sid.upper() not in engine._live.paces
            await polled(engine)
            assert engine.progress.problem is None
            assert new.name in {flow.friendly_name for flow in engine.archive.flows()}


async def test_a_flow_that_is_deleted_between_two_lists_of_flows_is_no_trouble(tmp_path: Path) -> None:
    with scene(tmp_path, small_world()) as on:
        gone = on.world.flows[2].sid
        async with live(on, on.day) as engine:
            on.faulty.answer(gone, 404)
            await polled(engine)
            assert gone.upper() not in engine._live.paces
            assert engine.progress.problem is None


async def test_a_flow_that_fails_is_said_and_asked_again_and_keeps_no_other_waiting(tmp_path: Path) -> None:
    with scene(tmp_path, small_world(arrival=2.0)) as on:
        since, broken = on.day, on.world.flows[0].sid
        async with live(on, since) as engine:
            paces = engine._live.paces
            with on.faulty.holding(f"{broken}/Executions") as go_on:
                for _ in range(2):
                    on.clock.forward(minutes=1)
                    engine.look_now()
                    await until(lambda: paces[broken.upper()].looking)
                    await until(lambda: [key for key, pace in paces.items() if pace.looking] == [broken.upper()])
                on.faulty.answer(broken, 503)
                go_on.set()
                await until(lambda: engine.progress.problem)
            on.faulty.heal()
            await polled(engine)
            await until(lambda: engine.progress.problem is None)
            assert differences(on.records(engine.archive, since), on.truth(since, explain=False)) == []


async def test_a_flow_that_cannot_be_listed_at_first_is_listed_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sidscope.sync.engine._RETRY", 0.05)
    with scene(tmp_path, small_world()) as on:
        since, broken = on.day, on.world.flows[0].sid
        on.faulty.answer(f"{broken}/Executions", 403)
        async with live(on, since) as engine:
            assert broken.upper() not in engine._live.paces
            await until(lambda: engine.progress.problem == "1 flow could not be listed yet")
            on.faulty.heal()
            await until(lambda: broken.upper() in engine._live.paces)
            await polled(engine)
            assert engine.progress.problem is None
            assert differences(on.records(engine.archive, since), on.truth(since, explain=False)) == []


async def test_an_account_that_cannot_be_reached_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sidscope.sync.engine._RETRY", 0.25)
    with scene(tmp_path, small_world()) as on:
        on.faulty.answer("/v2/Flows$", 503)
        async with on.engine() as engine:
            task = asyncio.create_task(engine.live(on.day))
            await until(lambda: engine.progress.problem)
            assert engine.progress.last_ok is None
            on.faulty.heal()
            await until(lambda: engine.progress.phase == "live")
            await until(lambda: engine.progress.problem is None and engine.progress.last_ok is not None)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@pytest.mark.parametrize("what", ["Executions$", "Context$", "/v2/Flows$"])
async def test_credentials_that_are_refused_end_it(tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sidscope.sync.live.BUSY", 0.05)
    monkeypatch.setattr("sidscope.sync.live.IDLE", 0.05)
    with scene(tmp_path, small_world()) as on:
        on.faulty.answer(what, 401, passes=0 if what == "/v2/Flows$" else 20)
        async with on.engine() as engine:
            with pytest.raises((BadCredentials, ExceptionGroup)) as caught:
                await asyncio.wait_for(engine.live(on.day), 20)
            assert leaves(caught.value) == {BadCredentials}


def leaves(error: BaseException) -> set[type[BaseException]]:
    if isinstance(error, BaseExceptionGroup):
        return {kind for inner in error.exceptions for kind in leaves(inner)}
    return {type(error)}


async def test_denied_and_failed_contexts_are_not_asked_in_a_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sidscope.sync.outage.FIRST_PAUSE", 0.02)
    with scene(tmp_path, small_world()) as on:
        on.faulty.answer("[7-9a][0-9a-f]/Context$", 500)
        async with live(on, on.day) as engine:
            bad = {known.row.sid for known in engine.archive.window() if known.context_status in ("denied", "failed")}
            assert len(bad) > 5
            before = on.faulty.count("/Context$")
            for _ in range(4):
                await polled(engine)
            assert on.faulty.count("/Context$") == before


def asked_after(paths: Sequence[str], marker: int) -> list[str]:
    return [path.split("/")[-2] for path in paths[marker:] if path.endswith("/Context")]


async def test_contexts_come_by_cursor_then_asked_then_screen_then_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one request at a time, while the first one is held."""
    with scene(tmp_path, small_world()) as on:
        async with on.engine() as engine:
            flows = await engine._lister.flows()
            for flow in flows:
                async for page in engine.account.executions(flow.sid, since=on.day):
                    engine.archive.write(*page)
            await asyncio.to_thread(engine.archive.flush)
            rows = engine.archive.needs_context(on.day)[:40]
            assert [row.started for row in rows] == sorted((row.started for row in rows), reverse=True)
            monkeypatch.setattr("sidscope.sync.contexts.WORKERS", 1)
            with on.faulty.holding("/Context$") as go_on:
                marker = len(on.faulty.requests)
                queue = engine.contexts
                queue.add(reversed(rows))
                await until(lambda: len(on.faulty.requests) > marker)
                queue.on_screen([rows[20].sid.upper(), rows[21].sid.upper(), rows[0].sid.upper()])
                asked = asyncio.create_task(queue.read([rows[30], rows[31]]))
                await asyncio.sleep(0)
                queue.look_at(rows[35])
                queue.look_at(rows[36])  # the newest wish is next
                for _ in range(3):
                    queue.look_at(rows[36])
                    queue.add(rows)
                go_on.set()
                await queue.drain()
                await asked
            order = asked_after(on.faulty.requests, marker)
            expected = [rows[0], rows[36], rows[35], rows[30], rows[31], rows[20], rows[21]]
            rest = [row for row in rows if row not in expected]
            assert order == [row.sid for row in expected + rest]


async def test_what_changes_while_its_context_is_read_is_read_again(tmp_path: Path) -> None:
    with scene(tmp_path, small_world()) as on:
        run = on.world.stories["active_now"].runs[0]
        async with on.engine() as engine:
            before = await engine.account.execution(run.flow.sid, run.sid)
            engine.archive.write(before)
            with on.faulty.holding("/Context$") as go_on:
                engine.contexts.add([before])
                await until(lambda: on.faulty.count("/Context$") == 1)
                on.clock.forward(hours=20)
                after = await engine.account.execution(run.flow.sid, run.sid)
                assert (before.status, after.status) == ("active", "ended")
                engine.archive.write(after)
                engine.contexts.add([after])
                go_on.set()
                await engine.contexts.drain()
            await asyncio.to_thread(engine.archive.flush)
            assert on.faulty.count("/Context$") == 2
            assert engine.archive.unread([after]) == []
