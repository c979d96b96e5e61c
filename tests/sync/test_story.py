"""What opening a story spends: each thing once, nothing that cannot change, and nothing dear without being asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidscope.archive import Archive, lookups_of, of_story, read_records
from sidscope.demo import World
from sidscope.demo.stories import STORIES
from sidscope.domain.record import Record
from sidscope.domain.records import ReadStatus
from sidscope.domain.sids import sid_key
from sidscope.domain.story import Story, tell
from tests.support.account import NOON
from tests.sync.conftest import Scene, scene

DAYS = 7
NAMES = ("long_whatsapp", "long_complaint", "long_mixed", "new_after_task_completed")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    stories = [story for story in STORIES if story.name in NAMES]
    with scene(tmp_path_factory.mktemp("served"), World(3, NOON, executions=1, arrival=None, stories=stories)) as on:
        yield on


@pytest.fixture
def on(served: Scene, tmp_path: Path) -> Iterator[Scene]:
    yield served.fresh(tmp_path)
    served.faulty.heal()
    served.clock.now = NOON


def drawn(archive: Archive, fn: str) -> Story:
    known = of_story(archive, fn)
    records = read_records(archive, [item.row.sid for item in known], now=NOON)
    own = [records[sid_key(item.row.sid)] for item in known]
    return tell(own, {sid_key(item.row.sid): item.facts for item in known}, lookups_of(archive, known))


def record(archive: Archive, fn: str) -> Record:
    return read_records(archive, [fn], now=NOON)[fn.upper()]


def asked(on: Scene) -> Counter[str]:
    """How often each path was asked for since the log began."""
    return Counter(request.path for request in on.app.log)


async def test_a_story_asks_for_each_conversation_and_task_once_and_for_the_contact_once(on: Scene) -> None:
    last = on.world.stories["long_whatsapp"].sids[-1]
    async with on.engine() as engine:
        await engine.refresh(NOON.replace(day=NOON.day - DAYS))
        on.app.log.clear()
        assert await engine.story(last, agreed=True) == 0
        spent, story = on.spent(), drawn(engine.archive, last)
        tasks = [task for lane in story.lanes for task in lane.tasks]
        assert spent["participant_conversations"] == 1
        assert 0 < spent["conversation"] <= len(story.lanes)
        assert 0 < spent["task"] <= len(tasks) * len(on.world.workspaces)
        assert max(asked(on).values()) == 1
        assert all(lane.state for lane in story.lanes)
        assert all(task.read_status in (ReadStatus.OK, ReadStatus.GONE) for task in tasks)


async def test_what_is_closed_is_never_asked_again_and_what_is_open_only_after_a_while(on: Scene) -> None:
    last = on.world.stories["long_complaint"].sids[-1]
    async with on.engine() as engine:
        await engine.refresh(NOON.replace(day=NOON.day - DAYS))
        await engine.story(last, agreed=True)
        on.app.log.clear()
        await engine.story(last)
        assert on.spent().total() == 0
        on.clock.forward(seconds=61)
        await engine.story(last)
        story = drawn(engine.archive, last)
        final = {lane.sid for lane in story.lanes if not lane.open}
        over = {task.sid for lane in story.lanes for task in lane.tasks if not task.open}
        again = asked(on)
        assert again.total() > 0
        assert not any(sid and sid in path for path in again for sid in final | over)


async def test_nothing_is_spent_above_the_limit_before_somebody_agrees(
    on: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = on.world.stories["new_after_task_completed"].sids[-1]
    async with on.engine() as engine:
        await engine.refresh(NOON.replace(day=NOON.day - DAYS))
        monkeypatch.setattr("sidscope.sync.engine.STORY_FREE", 1)
        on.app.log.clear()
        cost = await engine.story(last)
        assert cost > 1
        assert on.spent().total() == 0
        assert await engine.story(last, agreed=True) == 0
        assert on.spent().total() > 1
        on.app.log.clear()
        assert await engine.story(last) == 0  # all of it is known: nothing to agree to
        assert on.spent().total() == 0


@pytest.mark.parametrize(
    ("status", "became", "words"),
    [(403, ReadStatus.DENIED, "may not"), (500, ReadStatus.FAILED, "failed")],
)
async def test_a_look_up_that_fails_leaves_the_verdict_inferred_and_says_so(
    status: int, became: ReadStatus, words: str, on: Scene
) -> None:
    last = on.world.stories["new_after_task_completed"].sids[-1]
    on.faulty.answer("/Tasks/WT", status)
    on.faulty.answer("/Conversations/CH", status)
    on.faulty.answer("/ParticipantConversations", status)
    async with on.engine() as engine:
        await engine.refresh(NOON.replace(day=NOON.day - DAYS))
        await engine.story(last, agreed=True)
        told = record(engine.archive, last)
        assert (told.verdict, told.verdict_basis) == ("new_after_task", "inferred")
        assert words in told.verdict_reason
        (lane, _) = drawn(engine.archive, last).lanes
        assert (lane.basis, lane.read_status) == ("inferred", became)
        assert lane.tasks[0].read_status is became
        assert any("conversation" in sentence for sentence in engine.problems.all())


async def test_what_the_same_address_did_on_other_channels_belongs_to_its_story(on: Scene) -> None:
    story = on.world.stories["long_mixed"]
    async with on.engine() as engine:
        await engine.refresh(NOON.replace(day=NOON.day - DAYS))
        call = next(run.sid for run in story.runs if record(engine.archive, run.sid).call_sid)
        channels = {each.channel for lane in drawn(engine.archive, call).lanes for each in lane.records}
        assert {"voice", "sms"} <= channels
        assert "whatsapp" not in channels  # another address
