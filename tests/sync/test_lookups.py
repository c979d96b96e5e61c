"""What the look-ups of a story cost: nothing is asked twice that cannot have changed, whoever asks."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sidscope.demo import World
from sidscope.demo.stories import STORIES
from sidscope.domain.story import FRESH
from sidscope.sync.engine import Engine
from tests.support.account import NOON

from .conftest import Scene, scene

TOLD = ("long_whatsapp", "new_after_task_completed", "new_after_close_deleted", "task_still_open", "second_service")
SINCE = timedelta(days=6)


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Scene]:
    stories = [story for story in STORIES if story.name in TOLD]
    with scene(tmp_path, World(3, NOON, executions=1, arrival=None, stories=stories), latency=0.02) as served:
        yield served


def looked_up(on: Scene) -> Counter[str]:
    """How often each conversation, task and contact was asked for, whatever the answer."""
    kinds = ("conversation", "task", "participant_conversations")
    asked = [request for kind in kinds for request in on.app.matching(kind)]
    return Counter(f"{request.path}?{request.query}" for request in asked)


async def everything(engine: Engine, on: Scene) -> list[str]:
    await engine.refresh(on.clock.now - SINCE)
    return [known.row.sid for known in engine.archive.window(related=False)]


async def test_two_who_ask_for_one_story_at_once_ask_twilio_once(on: Scene) -> None:
    """The cursor goes on within a story while its look-ups are under way."""
    story = on.world.stories["long_whatsapp"].sids
    async with on.engine() as engine:
        await everything(engine, on)
        on.app.log.clear()
        await asyncio.gather(*(engine.explain(story, fresh=FRESH) for _ in range(3)))
        assert max(looked_up(on).values()) == 1
        assert on.contexts_read() == list(dict.fromkeys(on.contexts_read()))


async def test_what_is_final_is_never_asked_again_and_what_is_open_again_after_a_while(on: Scene) -> None:
    async with on.engine() as engine:
        await engine.explain(await everything(engine, on), fresh=FRESH)
        first = looked_up(on)
        on.app.log.clear()
        await engine.explain(await everything(engine, on), fresh=FRESH)
        assert looked_up(on) == Counter()
        on.clock.forward(seconds=FRESH.total_seconds() + 1)
        await engine.explain(await everything(engine, on), fresh=FRESH)
    again = looked_up(on)
    assert 0 < again.total() < first.total()
    for path in again:
        sid = path.partition("?")[0].rpartition("/")[2]
        if sid.startswith("CH"):
            talk = on.world.talk(sid)
            assert talk is not None
            assert not talk.closed(on.clock.now)
            assert not talk.gone(on.clock.now)
        elif sid.startswith("WT"):
            assert not on.world.books.tasks[sid].gone(on.clock.now)
            assert on.world.books.tasks[sid].status(on.clock.now)[1] not in ("completed", "canceled")


async def test_a_story_costs_at_most_a_look_up_for_each_thing_in_it(on: Scene) -> None:
    story = on.world.stories["long_whatsapp"]
    talks = {run.talk.sid for run in story.runs if run.talk}
    tasks = {run.handoff.task.sid for run in story.runs if run.handoff}
    async with on.engine() as engine:
        await everything(engine, on)
        on.app.log.clear()
        await engine.explain(story.sids, fresh=FRESH)
    spent = on.spent()
    assert spent["participant_conversations"] == 1
    assert 0 < spent["conversation"] <= len(talks)
    assert 0 < spent["task"] <= len(tasks)
    assert spent["execution_context"] <= len(story.sids)
