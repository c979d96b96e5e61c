"""The world: deterministic, big enough, quick to make, and alive."""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any

from sidscope.demo import World
from sidscope.demo.contexts import context_of
from sidscope.demo.people import TEXTS
from sidscope.demo.steps import steps_of
from tests.support.account import NOON


def without_dates(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if not key.startswith("date_")}


def test_the_same_seed_gives_the_same_world() -> None:
    later = NOON + timedelta(days=100, hours=5)
    one, two = World(9, NOON, executions=400), World(9, later, executions=400)
    for offset in (timedelta(0), timedelta(minutes=11)):
        left, right = one.truth(NOON + offset), two.truth(later + offset)
        assert [without_dates(r) for r in left] == [without_dates(r) for r in right]
    run, same = one.runs(NOON)[5], two.runs(later)[5]
    steps = [[s.sid for s in steps_of(r, one.account_sid, at)] for r, at in ((run, NOON), (same, later))]
    assert steps[0] == steps[1]
    assert one.account_sid != World(8, NOON, executions=1).account_sid


def test_how_often_one_asks_makes_no_difference() -> None:
    often, once = World(4, NOON, executions=1), World(4, NOON, executions=1)
    for minute in range(30):
        often.advance(NOON + timedelta(minutes=minute))
    end = NOON + timedelta(minutes=30)
    assert often.truth(end) == once.truth(end)


def test_size_and_speed() -> None:
    began = time.perf_counter()
    world = World(7, NOON, executions=5000, flows=20)
    assert time.perf_counter() - began < 2
    assert 5000 <= len(world.runs(NOON)) < 5020
    assert len(world.flows) == 20 == len({flow.name for flow in world.flows})
    busy = Counter(run.flow.sid for run in world.runs(NOON))
    assert len(busy) == 20
    sids = [run.sid for run in world.runs(NOON)]
    assert len(sids) == len(set(sids))


def test_it_is_alive() -> None:
    world = World(2, NOON)
    before = {r["execution_sid"]: r for r in world.truth(NOON)}
    after = {r["execution_sid"]: r for r in world.truth(NOON + timedelta(minutes=30))}
    assert before.keys() < after.keys()
    new = [r for sid, r in after.items() if sid not in before]
    assert len(new) > 100
    assert {"reentry", "first_seen"} <= {r["verdict"] for r in new}
    ended = [sid for sid, r in before.items() if r["status"] == "active" and after[sid]["status"] == "ended"]
    assert ended
    moments = [NOON + timedelta(minutes=m) for m in (0, 30)]
    done = [sum(t.status(m)[1] == "completed" for t in world.books.tasks.values()) for m in moments]
    closed = [sum(t.closed(m) for t in world.books.talks.values()) for m in moments]
    assert done[0] < done[1]
    assert closed[0] < closed[1]
    again = {r["execution_sid"]: r for r in world.truth(NOON)}
    assert again == before


def test_somebody_writes_soon_after_one_has_started_looking() -> None:
    world = World(1, NOON)
    world.advance(NOON + timedelta(minutes=1))
    assert 3 <= len(world.runs(NOON + timedelta(minutes=1))) - len(world.runs(NOON)) <= 25


def test_every_named_story_is_in_every_world() -> None:
    for seed in (1, 5):
        world = World(seed, NOON, executions=1)
        sids = {run.sid for run in world.runs(NOON)}
        for story in world.stories.values():
            assert set(story.sids) <= sids
    long = [s for name, s in World(1, NOON, executions=1).stories.items() if name.startswith("long_")]
    assert len(long) == 3
    for story in long:
        assert len(story.runs) >= 10
        assert len({run.person.key for run in story.runs}) == 1
        assert story.runs[-1].started - story.runs[0].started > timedelta(days=1)


def test_contexts_are_rich_and_odd(world: World) -> None:
    bodies = {run.sid: context_of(run, world.account_sid, NOON) for run in world.runs(NOON)}
    texts = {sid: json.dumps(body, ensure_ascii=False) for sid, body in bodies.items()}
    sizes = sorted(len(text.encode()) for text in texts.values())
    assert sizes[len(sizes) // 2] > 3_000
    assert 20_000 < sizes[-1] < 100_000
    assert any(isinstance(body, str) and isinstance(json.loads(body), dict) for body in bodies.values())
    assert any(isinstance(body, str) and isinstance(json.loads(body), str) for body in bodies.values())
    assert any(body == {} for body in bodies.values())
    everything = "".join(texts.values())
    for text in TEXTS:
        assert json.dumps(text, ensure_ascii=False)[1:-1] in everything.replace('\\\\"', '\\"')
    assert any("\x1b" in text for text in TEXTS)
    assert any("\u202e" in text for text in TEXTS)
    assert any("[/" in text for text in TEXTS)


def test_steps_tell_the_same_way_as_the_context(world: World) -> None:
    for run in world.runs(NOON):
        if run.fate != "ok":
            continue
        steps = steps_of(run, world.account_sid, NOON)
        assert steps[-1].left == "Trigger"
        for later, earlier in pairwise(steps):
            assert later.left == earlier.entered
            assert later.at >= earlier.at
        assert (steps[0].entered == "Ended") is not run.active(NOON)
        passed = {step.entered for step in steps}
        assert set(context_of(run, world.account_sid, NOON)["widgets"]) <= passed
    subflow = world.stories["subflow"].runs[0]
    parents = [s.parent for s in steps_of(subflow, world.account_sid, NOON)]
    assert any(parents)
