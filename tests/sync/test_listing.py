"""Listing, contexts and look-ups: the whole truth, and what it costs the first and the second time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sidscope.demo import World
from sidscope.sync.engine import Engine
from tests.support.account import NOON
from tests.support.oracle import JsonRecord, differences
from tests.sync.conftest import Scene, scene

FLOWS = 9


@pytest.fixture(scope="module")
def world() -> World:
    """The named stories, which show everything there is, and some others."""
    return World(3, NOON, executions=1, flows=FLOWS, arrival=None)


@pytest.fixture(scope="module")
def served(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("served"), world) as served:
        yield served


@pytest.fixture
def fresh(served: Scene, tmp_path: Path) -> Iterator[Scene]:
    yield served.fresh(tmp_path)
    served.clock.now = served.world.zero
    served.faulty.heal()


def unfinished(truth: list[JsonRecord]) -> set[str]:
    """What a further run may ask again: what is still active, and what was denied."""
    return {r["execution_sid"] for r in truth if r["status"] == "active" or r["context_status"] == "denied"}


async def listed(engine: Engine, on: Scene, *, explain: bool) -> list[JsonRecord]:
    await engine.refresh(on.day)
    if explain:
        await engine.explain([known.row.sid for known in engine.archive.window(on.day, related=False)])
    return on.records(engine.archive, on.day)


async def test_the_truth_of_the_lists_and_contexts_alone(fresh: Scene) -> None:
    truth = fresh.truth(fresh.day, explain=False)
    async with fresh.engine() as engine:
        assert differences(await listed(engine, fresh, explain=False), truth) == []
    spent = fresh.spent()
    assert set(spent) == {"flows", "executions", "execution_context"}
    assert (spent["flows"], spent["executions"]) == (1, FLOWS)
    needed = {record["execution_sid"] for record in truth if record["context_status"] != "not_needed"}
    assert sorted(fresh.contexts_read()) == sorted(needed)


async def test_voice_rows_and_rows_keyed_on_a_conversation_cost_no_context(fresh: Scene) -> None:
    rows = {run.sid: run for run in fresh.world.runs(fresh.clock.now)}
    async with fresh.engine() as engine:
        await engine.refresh(fresh.day)
    settled = {sid for sid, run in rows.items() if run.keyed_on_talk or (run.initiated_by or "").startswith("CA")}
    assert len(settled) > 10
    assert not settled & set(fresh.contexts_read())


async def test_a_second_run_asks_only_what_can_have_changed(fresh: Scene) -> None:
    truth = fresh.truth(fresh.day, explain=False)
    async with fresh.engine() as engine:
        first = await listed(engine, fresh, explain=False)
    async with fresh.engine() as engine:
        assert await listed(engine, fresh, explain=False) == first
        (problem,) = engine.problems.all()
        assert problem.endswith("denied to these credentials")
    denied = {r["execution_sid"] for r in truth if r["context_status"] == "denied"}
    assert set(fresh.contexts_read()) == denied  # nothing has changed; what was denied is tried once a run
    assert sum(fresh.spent().values()) <= 1 + FLOWS + len(unfinished(truth))


async def test_explained_it_is_the_truth_in_every_key(tmp_path: Path) -> None:
    with scene(tmp_path, World(13, NOON, executions=420, flows=FLOWS, arrival=None)) as fresh:
        await explained(fresh)


async def explained(fresh: Scene) -> None:
    async with fresh.engine() as engine:
        assert differences(await listed(engine, fresh, explain=True), fresh.truth(fresh.day)) == []
    assert len(fresh.contexts_read()) == len(set(fresh.contexts_read()))
    spent = fresh.spent()
    contacts = {r["contact"] for r in fresh.truth(fresh.day) if r["conversation_sid"]}
    assert spent["participant_conversations"] <= len(contacts)
    look_ups = [request.path for kind in ("conversation", "task") for request in fresh.app.matching(kind)]
    assert len(look_ups) == len(set(look_ups))


async def test_explained_again_nothing_final_is_asked_again(fresh: Scene) -> None:
    async with fresh.engine() as engine:
        first = await listed(engine, fresh, explain=True)
    world, now = fresh.world, fresh.clock.now
    async with fresh.engine() as engine:
        again = await listed(engine, fresh, explain=True)
        assert differences(again, fresh.truth(fresh.day)) == []
        assert [r["verdict_reason"] for r in again if "read " not in r["verdict_reason"]] == [
            r["verdict_reason"] for r in first if "read " not in r["verdict_reason"]
        ]
    denied = {r["execution_sid"] for r in again if r["context_status"] == "denied"}
    assert set(fresh.contexts_read()) == denied
    for request in fresh.app.matching("conversation"):
        talk = world.talk(request.path.split("/")[-1])
        assert talk is not None
        assert not talk.closed(now)
        assert not talk.gone(now)
    for request in fresh.app.matching("task"):
        task = world.books.tasks[request.path.split("/")[-1]]
        assert not task.gone(now)
        assert task.status(now)[1] not in ("completed", "canceled")


async def test_what_ended_meanwhile_is_read_once_more(fresh: Scene) -> None:
    async with fresh.engine() as engine:
        await engine.refresh(fresh.day)
        read = set(fresh.contexts_read())
    since = fresh.day
    fresh.clock.forward(hours=5)
    active_before = {run.sid for run in fresh.world.runs(fresh.world.zero) if run.active(fresh.world.zero)}
    ended = {run.sid for run in fresh.world.runs(fresh.clock.now) if not run.active(fresh.clock.now)} & active_before
    truth = list(fresh.world.truth(fresh.clock.now, since=since, explain=False))
    for times in (1, 0):
        async with fresh.engine() as engine:
            await engine.refresh(since)
            assert differences(fresh.records(engine.archive, since), truth) == []
        assert [fresh.contexts_read().count(sid) for sid in sorted(ended & read)] == [times] * len(ended & read)
    assert ended & read


async def test_a_conversation_closed_meanwhile_is_seen(fresh: Scene) -> None:
    """Look-ups that are not final are asked again by each --explain: verdicts get better as more is known."""
    since = fresh.day
    async with fresh.engine() as engine:
        await listed(engine, fresh, explain=True)
    fresh.clock.forward(hours=3)
    async with fresh.engine() as engine:
        await engine.refresh(since)
        await engine.explain([known.row.sid for known in engine.archive.window(since, related=False)])
        truth = list(fresh.world.truth(fresh.clock.now, since=since))
        assert differences(fresh.records(engine.archive, since), truth) == []


async def test_further_back_is_listed_when_it_is_asked_for(fresh: Scene) -> None:
    hours = [timedelta(hours=6), timedelta(hours=24), timedelta(hours=60)]
    for span in hours:
        since = fresh.clock.now - span
        async with fresh.engine() as engine:
            await engine.refresh(since)
            assert differences(fresh.records(engine.archive, since), fresh.truth(since, explain=False)) == []


async def test_a_span_in_the_past_that_was_listed_costs_no_list(fresh: Scene) -> None:
    now = fresh.clock.now
    since, until = now - timedelta(hours=20), now - timedelta(hours=12)
    async with fresh.engine() as engine:
        await engine.refresh(fresh.day)
    async with fresh.engine() as engine:
        await engine.refresh(since, until)
        got = fresh.records(engine.archive, since, until)
    active = {run.flow.sid for run in fresh.world.runs(until) if run.active(now) and since <= run.started}
    assert fresh.spent()["executions"] == len(active)
    assert len(got) >= 10


async def test_only_the_span_asked_for_is_listed(fresh: Scene) -> None:
    now = fresh.clock.now
    since, until = now - timedelta(hours=20), now - timedelta(hours=12)
    async with fresh.engine() as engine:
        await engine.refresh(since, until)
        truth = fresh.world.truth(now, since=since, until=until, explain=False)
        assert differences(fresh.records(engine.archive, since, until), truth) == []
        assert engine.archive.execution_count() == len(truth)
    async with fresh.engine() as engine:  # the later span, and what lies between
        await engine.refresh(now - timedelta(hours=2))
        await engine.refresh(fresh.day)
        assert differences(fresh.records(engine.archive, fresh.day), fresh.truth(fresh.day, explain=False)) == []


async def test_a_limit_of_concurrent_requests_loses_nothing(world: World, tmp_path: Path) -> None:
    with scene(tmp_path, world, concurrency_limit=12, latency=0.004) as limited:
        async with limited.engine() as engine:
            got = await listed(engine, limited, explain=True)
            assert differences(got, limited.truth(limited.day)) == []
            (problem,) = engine.problems.all()
            assert problem.endswith("denied to these credentials")
            assert engine.account.counters.throttled == limited.app.throttled


async def test_a_listing_that_was_broken_off_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sidscope.sync.listing.PAGE", 2)
    world = World(17, NOON, executions=80, flows=2, arrival=None, stories=[])  # in which all have ended
    with scene(tmp_path / "one go", world) as on:
        async with on.engine() as engine:
            await engine.refresh(on.day)
        pages = on.spent()["executions"]
        assert pages > 20

        again = on.fresh(tmp_path / "two goes")
        got_through = pages - 8
        again.faulty.answer("/Executions$", 503, passes=got_through)
        async with again.engine() as engine:
            await engine.refresh(again.day)
            assert engine.problems.all()
        again.faulty.heal()
        async with again.engine() as engine:
            await engine.refresh(again.day)
            assert not engine.problems.all()
            assert differences(again.records(engine.archive, again.day), again.truth(again.day, explain=False)) == []
        rest = again.spent()["executions"]
        assert rest <= pages - got_through + len(world.flows)  # each looks once for what is new
