"""Steps and step contexts: one request each, only when looked into, never again for what has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sidscope.archive import Archive
from sidscope.demo import World
from sidscope.demo.account import Run, make_sid
from sidscope.demo.steps import steps_of
from sidscope.domain.changes import changes
from sidscope.domain.failure import failure_first
from sidscope.domain.records import ReadStatus
from sidscope.domain.steps import Ending, path_of
from sidscope.sync.engine import Engine
from sidscope.sync.steps import FRESH
from sidscope.sync.thread import Changed, StepsRead, Trouble
from sidscope.twilio_api import BadCredentials, TwilioApiError
from tests.support.account import NOON
from tests.sync.conftest import Scene, scene
from tests.sync.test_thread import Explorer, exploring


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("served"), World(6, NOON, executions=120, arrival=None)) as on:
        yield on


@pytest.fixture
def on(served: Scene, tmp_path: Path) -> Iterator[Scene]:
    yield served.fresh(tmp_path)
    served.faulty.heal()
    served.clock.now = NOON


def ended(on: Scene) -> Run:
    return next(run for run in on.world.runs(NOON) if not run.active(NOON) and run.started > on.day)


def active(on: Scene) -> Run:
    return next(run for run in on.world.runs(NOON) if run.active(NOON) and run.replies and run.started > on.day)


async def know(engine: Engine, on: Scene, run: Run) -> None:
    """The row as a list would have brought it."""
    engine.archive.write(await engine.account.execution(run.flow.sid, run.sid))
    engine.archive.flush()
    on.app.log.clear()


async def test_the_steps_of_an_ended_execution_are_read_once_in_a_lifetime(on: Scene) -> None:
    run = ended(on)
    expected = [step.sid for step in reversed(steps_of(run, on.world.account_sid, NOON))]
    async with on.engine() as engine:
        await know(engine, on, run)
        for fn in (run.sid, run.sid.lower()):
            found = await engine.steps(fn)
            assert found is not None
            assert [step.sid for step in found.steps] == expected
            assert (found.read_status, found.read_at, found.final) == (ReadStatus.OK, NOON, True)
        assert on.spent() == {"steps": 1}
        assert found is not None
        row = engine.archive.known([run.sid])[run.sid.upper()].row
        path = path_of(found.steps, row, now=NOON, complete=found.final)
        assert path.ending not in (Ending.UNKNOWN, Ending.ACTIVE)
        assert failure_first(path).sentence
    on.clock.now = NOON + timedelta(days=3)
    async with on.engine() as engine:
        assert await engine.steps(run.sid) == found
        assert on.spent().total() == 0


async def test_those_of_an_active_one_are_fresh_for_a_while(on: Scene) -> None:
    run = active(on)
    async with on.engine() as engine:
        await know(engine, on, run)
        first = await engine.steps(run.sid)
        assert first is not None
        assert not first.final
        on.clock.now = NOON + FRESH / 2
        assert await engine.steps(run.sid) == first
        assert on.spent() == {"steps": 1}
        on.clock.now = NOON + FRESH
        again = await engine.steps(run.sid)
        assert again is not None
        assert (again.read_at, len(again.steps) >= len(first.steps)) == (on.clock.now, True)
        assert on.spent() == {"steps": 2}


async def test_what_ended_since_is_read_again_at_once(on: Scene) -> None:
    run = next(run for run in on.world.runs(NOON) if not run.active(NOON) and run.ended and run.replies)
    assert run.ended is not None
    on.clock.now = run.ended - timedelta(seconds=1)
    async with on.engine() as engine:
        await know(engine, on, run)
        before = await engine.steps(run.sid)
        on.clock.now = run.ended + timedelta(seconds=1)
        await know(engine, on, run)
        after = await engine.steps(run.sid)
        assert before is not None
        assert after is not None
        assert (before.final, after.final) == (False, True)
        assert after.steps[-1].transitioned_to == "Ended"
        assert on.spent() == {"steps": 1}


async def test_many_who_ask_at_once_make_one_request(on: Scene) -> None:
    run = ended(on)
    async with on.engine() as engine:
        await know(engine, on, run)
        with on.faulty.holding("/Steps$"):
            asking = [asyncio.create_task(engine.steps(run.sid)) for _ in range(9)]
            await asyncio.wait(asking, timeout=0.05)
            asking[0].cancel()
        found = await asyncio.gather(*asking, return_exceptions=True)
        assert isinstance(found[0], asyncio.CancelledError)
        assert all(each == found[1] for each in found[1:])
        assert on.spent() == {"steps": 1}


async def test_the_context_of_a_step_is_read_when_looked_into(on: Scene) -> None:
    run = ended(on)
    async with on.engine() as engine:
        await know(engine, on, run)
        found = await engine.steps(run.sid)
        assert found is not None
        before, after = found.steps[0], found.steps[-1]
        contexts = [await engine.step_context(run.sid, step.sid) for step in (before, after, before)]
        assert on.spent() == {"steps": 1, "step_context": 2}
        assert contexts[0] == contexts[2] == engine.archive.step_context(before.sid)
        assert contexts[0] is not None
        assert contexts[1] is not None
        assert contexts[0].final
        told = changes(contexts[0].body, contexts[1].body)
        assert told.total
        assert all(change.path.startswith("widgets") for change in (*told.items, *told.noise))


@pytest.mark.parametrize(
    ("answer", "status"), [(403, ReadStatus.DENIED), (404, ReadStatus.GONE), (500, ReadStatus.FAILED)]
)
async def test_what_could_not_be_read_is_never_no_steps(on: Scene, answer: int, status: ReadStatus) -> None:
    run = ended(on)
    on.faulty.answer("/Steps", answer)
    async with on.engine() as engine:
        await know(engine, on, run)
        step = make_sid("FT", run.sid, 0)
        for _ in range(2):
            found, context = await engine.steps(run.sid), await engine.step_context(run.sid, step)
            assert found is not None
            assert context is not None
            assert (found.read_status, found.steps, context.read_status) == (status, (), status)
            assert found.final == context.final == (answer == 404)
        asked = on.faulty.count(f"{run.sid}/Steps$")
        on.faulty.heal()
        on.clock.now = NOON + FRESH
        healed, healed_context = await engine.steps(run.sid), await engine.step_context(run.sid, step)
        assert healed is not None
        assert healed_context is not None
        now = ReadStatus.GONE if answer == 404 else ReadStatus.OK  # deleted is final
        assert (healed.read_status, healed_context.read_status) == (now, now)
        assert on.faulty.count(f"{run.sid}/Steps$") == asked + (answer != 404)


async def test_a_failure_takes_nothing_away_and_is_raised(on: Scene) -> None:
    run = active(on)
    async with on.engine() as engine:
        await know(engine, on, run)
        before = await engine.steps(run.sid)
        on.clock.now = NOON + FRESH
        on.faulty.answer("/Steps$", 500)
        with pytest.raises(TwilioApiError):
            await engine.steps(run.sid)
        assert engine.archive.steps(run.sid) == before


async def test_refused_credentials_are_raised_and_kept_as_denied(on: Scene) -> None:
    run = ended(on)
    async with on.engine() as engine:
        await know(engine, on, run)
        on.faulty.answer("/Steps", 401)
        with pytest.raises(BadCredentials):
            await engine.steps(run.sid)
        found = engine.archive.steps(run.sid)
        assert found is not None
        assert found.read_status is ReadStatus.DENIED


async def test_an_execution_that_nobody_knows_costs_nothing(on: Scene) -> None:
    async with on.engine() as engine:
        assert await engine.steps(make_sid("FN", "nobody")) is None
        assert await engine.step_context(make_sid("FN", "nobody"), make_sid("FT", "none")) is None
        assert on.spent().total() == 0


# --- as wishes of the explorer


def test_wishes_end_with_an_event_when_the_archive_has_it(on: Scene) -> None:
    run = ended(on)
    key, step = run.sid.upper(), make_sid("FT", run.sid, 1)
    with exploring(on) as explorer:
        explorer.settled()
        explorer.drain()
        on.app.log.clear()
        explorer.engine.steps(run.sid)
        explorer.wait(Changed, lambda event: key in event.keys)
        assert over(explorer) == StepsRead(key)
        assert read_by(explorer.archive, run) is ReadStatus.OK
        explorer.engine.step_context(run.sid, step)
        assert over(explorer) == StepsRead(key, step.upper())
        assert explorer.archive.step_context(step) is not None
        for _ in range(2):  # nothing new: the event comes all the same, and nothing else
            explorer.engine.steps(run.sid)
            assert over(explorer) == StepsRead(key)
        assert (on.spent()["steps"], on.spent()["step_context"]) == (1, 1)
        assert explorer.troubles() == []


def over(explorer: Explorer) -> StepsRead:
    """The next end of a wish for steps; whatever comes before it is kept."""
    while True:
        event = explorer.events.get(timeout=15)
        explorer.seen.append(event)
        if isinstance(event, StepsRead):
            return event


def read_by(archive: Archive, run: Run) -> ReadStatus | None:
    found = archive.steps(run.sid)
    return found.read_status if found else None


def test_wishes_that_fail_end_too(on: Scene) -> None:
    run = ended(on)
    with exploring(on) as explorer:
        explorer.settled()
        on.faulty.answer(f"{run.sid}/Steps$", 500)
        explorer.engine.steps(run.sid)
        assert over(explorer) == StepsRead(run.sid.upper())
        assert read_by(explorer.archive, run) is ReadStatus.FAILED
        nobody = make_sid("FN", "nobody")
        explorer.engine.steps(nobody)
        assert nobody in explorer.wait(Trouble).message
        assert over(explorer) == StepsRead(nobody.upper())
