"""An outage burns nothing: the explorer's backlog waits, one request at a time looks whether it is over, then all is
read by itself. A context that cannot be read keeps nothing else waiting, is kept as failed, and tried again later."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from sidscope.domain.records import Execution
from sidscope.sync.engine import Engine
from sidscope.sync.outage import Outage
from sidscope.twilio_api import BadResponse, Denied, ServerFault, Throttled, Unreachable
from tests.sync.conftest import Scene, scene, small_world
from tests.sync.test_live import until

CONTEXTS = "/Context$"


@pytest.fixture
def on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr("sidscope.sync.outage.FIRST_PAUSE", 0.02)
    monkeypatch.setattr("sidscope.sync.outage.LONGEST_PAUSE", 0.05)
    monkeypatch.setattr("sidscope.sync.outage.AGAIN_AFTER", (0.05, 0.05))
    with scene(tmp_path, small_world()) as on:
        yield on


async def outage(on: Scene, engine: Engine) -> None:
    """All has been listed, and nothing answers any more when contexts are to be read."""
    await until(lambda: engine.progress.phase == "live" and engine.progress.contexts_left > 10)
    on.faulty.answer("", 503)
    engine.pause(False)
    await until(lambda: engine.progress.waits)


@asynccontextmanager
async def exploring(on: Scene, *, paused: bool = False) -> AsyncIterator[Engine]:
    """An engine as the explorer has it, from its start."""
    async with on.engine() as engine:
        engine.pause(paused)
        task = asyncio.create_task(engine.live(on.day))
        try:
            yield engine
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def statuses(on: Scene, engine: Engine) -> Counter[str]:
    """How many contexts stand how, in the archive."""
    await asyncio.to_thread(engine.archive.flush)
    return Counter(known.context_status.value for known in engine.archive.window(on.day, None, related=False))


async def nothing(rows: Sequence[Execution]) -> None:
    """Takes no notice of them."""


async def all_read(engine: Engine) -> None:
    await until(lambda: engine.progress.phase == "live" and not engine.progress.contexts_left)


async def test_an_outage_burns_nothing_and_is_over_by_itself(on: Scene) -> None:
    async with exploring(on, paused=True) as engine:
        await outage(on, engine)
        left = engine.progress.contexts_left
        spent = on.faulty.count(CONTEXTS)
        await until(lambda: on.faulty.count(CONTEXTS) >= spent + 2 * left)  # it is looked whether it is over
        assert engine.progress.contexts_left == left
        assert not (await statuses(on, engine))["failed"]
        assert engine.problems.all() == []

        on.faulty.heal()
        await all_read(engine)
        assert engine.progress.waits is None
        found = await statuses(on, engine)
        assert not found["failed"]
        assert not found["pending"]


async def probing_at_once(on: Scene, engine: Engine) -> int:
    """How many contexts the next probe asks for. It is held, or it might be over before anybody looks."""
    spent = on.faulty.count(CONTEXTS)
    with on.faulty.holding(CONTEXTS):
        await until(lambda: on.faulty.count(CONTEXTS) > spent and engine.contexts._workers)
        return len(engine.contexts._workers)


async def test_while_it_lasts_one_request_at_a_time_looks_whether_it_is_over(on: Scene) -> None:
    async with exploring(on, paused=True) as engine:
        await outage(on, engine)
        await until(lambda: not engine.contexts._workers)
        assert [await probing_at_once(on, engine) for _ in range(6)] == [1] * 6


@asynccontextmanager
async def unprobed(on: Scene, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Engine]:
    """An explorer's engine in an outage that nothing looks for the end of, with no request under way."""
    monkeypatch.setattr("sidscope.sync.outage.FIRST_PAUSE", 600.0)
    monkeypatch.setattr("sidscope.sync.outage.LONGEST_PAUSE", 600.0)
    async with exploring(on, paused=True) as engine:
        await outage(on, engine)
        await until(lambda: not engine.contexts._workers)
        yield engine


async def test_who_asks_while_the_last_requests_that_it_met_are_out_is_heard_when_they_are_in(
    on: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with unprobed(on, monkeypatch) as engine:
        before = on.faulty.count(CONTEXTS)
        with on.faulty.holding(CONTEXTS):
            engine.contexts._begin()
            await until(lambda: on.faulty.count(CONTEXTS) > before)
            engine.look_now()
        await until(lambda: on.faulty.count(CONTEXTS) > before + 1)


async def test_whoever_stays_where_the_cursor_is_does_not_ask_at_every_look(
    on: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with unprobed(on, monkeypatch) as engine:
        queue = engine.contexts
        spent = on.faulty.count(CONTEXTS)
        one, other = list(queue._waiting.values())[:2]
        for row in [one] * 5 + [other] * 5:
            queue.look_at(row)
            await until(lambda: not queue._workers)
        assert on.faulty.count(CONTEXTS) <= spent + 2
        on.faulty.heal()
        engine.look_now()
        await all_read(engine)
        assert not (await statuses(on, engine))["failed"]


async def test_when_everything_fails_each_request_is_tried_once(on: Scene) -> None:
    async with exploring(on) as engine:
        await all_read(engine)
        on.faulty.answer("", 503)
        engine.look_now()
        await until(lambda: engine.progress.trouble == "fault")
        await until(lambda: not any(pace.looking for pace in engine._live.paces.values()))
        retries = engine.account.counters.retries
        engine.look_now()
        await until(lambda: any(pace.looking for pace in engine._live.paces.values()))
        await until(lambda: not any(pace.looking for pace in engine._live.paces.values()))
        assert engine.account.counters.retries == retries


async def test_what_somebody_asks_for_in_an_outage_is_said_and_read_later(on: Scene) -> None:
    async with exploring(on, paused=True) as engine:
        await outage(on, engine)
        await until(lambda: engine.contexts._lasting.is_set())
        row = next(iter(engine.contexts._waiting.values()))
        with pytest.raises(ServerFault):
            await engine.contexts.read([row])
        on.faulty.heal()
        await all_read(engine)
        assert engine.archive.known([row.sid])[row.sid.upper()].context_status.value in ("ok", "gone", "denied")


async def test_one_context_that_fails_keeps_no_other_waiting_and_is_tried_again(
    on: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sidscope.sync.outage.AGAIN_AFTER", (0.05,) * 1000)
    async with on.engine() as engine:  # the one that the explorer will ask for last
        await engine._lister.executions(await engine._lister.flows(), on.day, None, nothing)
        await asyncio.to_thread(engine.archive.flush)
        broken = engine.archive.needs_context(on.day)[-1].sid
    on.faulty.answer(f"{broken}/Context$", 500)
    async with exploring(on) as engine:
        await until(lambda: engine.progress.waits)
        engine.look_now()  # polls are answered
        await all_read(engine)
        found = await statuses(on, engine)
        assert (found["failed"], found["pending"]) == (1, 0)
        assert any(each.startswith("1 context could not be read") for each in engine.state().problems)
        on.faulty.heal()
        await until(lambda: not [each for each in engine.state().problems if "could not be read" in each])
        assert not (await statuses(on, engine))["failed"]


async def test_it_is_tried_again_only_a_few_times(on: Scene) -> None:
    on.faulty.answer(CONTEXTS, 400)
    async with exploring(on) as engine:
        await until(lambda: engine.progress.phase == "live" and not engine.progress.contexts_left)
        await until(lambda: not engine.contexts._later and not engine.progress.contexts_left)
        failed = (await statuses(on, engine))["failed"]
        assert on.faulty.count(CONTEXTS) == failed * 3


async def test_a_command_does_not_wait_for_the_end_of_an_outage(on: Scene) -> None:
    on.faulty.answer(CONTEXTS, 503)
    async with on.engine() as engine:
        await engine.refresh(on.day)
        failed = (await statuses(on, engine))["failed"]
        assert failed > 5
        assert engine.problems.all()[0].startswith(f"{failed} contexts could not be read")


@pytest.mark.parametrize("error", [Unreachable("x"), ServerFault("x"), Throttled("x")])
def test_what_may_be_over_the_next_time_may_pass(error: Unreachable) -> None:
    assert Outage.may_pass(error)


@pytest.mark.parametrize("error", [None, BadResponse("x"), Denied("x")])
def test_what_no_further_try_makes_better_may_not(error: BadResponse | None) -> None:
    assert not Outage.may_pass(error)


@pytest.mark.parametrize(
    ("answers", "explained"),
    [  # how many the account has given so far, at each failure of one context
        ([0], [True]),
        ([7] * 99, [True] * 99),
        ([7, 7, 8, 8, 9], [True, True, False, True, False]),
    ],
)
def test_a_failure_is_the_outage_s_doing_unless_others_are_answered(answers: list[int], explained: list[bool]) -> None:
    outage = Outage()
    assert [outage.explains("FN", number) for number in answers] == explained


def test_it_looks_ever_more_rarely_and_soon_again_in_the_next_outage() -> None:
    outage, error = Outage(), Unreachable("x")
    outage.begins(error)
    first = outage.pause
    for _ in range(20):
        outage.lasts()
    longest = outage.pause
    outage.lasts()
    assert outage.pause == longest > 10 * first
    outage.ends()
    outage.begins(error)
    assert outage.pause == first
