"""``find`` on an empty archive: the whole group of what is looked for, with the fewest requests that can answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sidscope.archive import find_records
from sidscope.demo import World
from sidscope.demo.account import Run, make_sid
from sidscope.sync.engine import Search
from tests.support.account import NOON
from tests.support.oracle import JsonRecord, by_group, moment, related
from tests.sync.conftest import Scene, scene

FLOWS = 9


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    world = World(5, NOON, executions=1, flows=FLOWS, arrival=None)
    with scene(tmp_path_factory.mktemp("served"), world) as served:
        yield served


@pytest.fixture(scope="module")
def truth(served: Scene) -> list[JsonRecord]:
    """All there is, however old."""
    return list(served.world.truth(NOON, explain=False))


@pytest.fixture
def fresh(served: Scene, tmp_path: Path) -> Iterator[Scene]:
    yield served.fresh(tmp_path)
    served.faulty.heal()


async def found(on: Scene, target: str, *, since: datetime | None = None, explicit: bool = False) -> set[str]:
    """What the archive holds about the target after Twilio was asked for it."""
    async with on.engine() as engine:
        await engine.find(Search(target, since or on.day, explicit=explicit))
        return {record.execution_sid for record in find_records(engine.archive, target, now=on.clock.now)}


def recent(records: list[JsonRecord]) -> bool:
    return all(moment(record) > NOON - timedelta(hours=22) for record in records)


def groups_of(truth: list[JsonRecord], choose: Callable[[list[JsonRecord]], object], count: int) -> list[JsonRecord]:
    """The last record of each of a few groups that fit."""
    fitting = [group for group in by_group(truth).values() if choose(group)]
    assert len(fitting) >= count
    return [max(group, key=lambda record: int(record["reentry_number"])) for group in fitting[:count]]


def settled(record: JsonRecord) -> bool:
    return bool(record["conversation_sid"]) and record["sid_source"] != "none"


async def test_conversations(fresh: Scene, truth: list[JsonRecord], tmp_path: Path) -> None:
    def several(group: list[JsonRecord]) -> bool:
        return len(group) > 2 and settled(group[0]) and known_to_all(fresh, group)

    for index, record in enumerate(groups_of(truth, several, 4)):
        target = record["conversation_sid"]
        on = fresh.fresh(tmp_path / str(index))
        assert await found(on, target) == related(truth, target)
        spent = on.spent()
        assert (spent["conversation"], spent["participants"], spent["flows"]) == (1, 1, 1)
        assert spent["executions"] == FLOWS
        assert set(spent) <= {"conversation", "participants", "flows", "executions", "execution_context"}
        of_contact = {r["execution_sid"] for r in truth if r["contact"] == record["contact"]}
        anonymous = {r["execution_sid"] for r in truth if r["contact"] is None}
        assert set(on.contexts_read()) <= of_contact | anonymous
        assert len(on.contexts_read()) == len(set(on.contexts_read()))


def known_to_all(on: Scene, group: list[JsonRecord]) -> bool:
    """Whether the conversation is there, in the default service, with its customer in it."""
    talk = on.world.talk(group[0]["conversation_sid"])
    assert talk is not None
    return talk.has_customer(NOON) and talk.service_sid == on.world.books.default_service


async def test_a_conversation_is_listed_for_its_lifetime_however_long_ago(
    fresh: Scene, truth: list[JsonRecord]
) -> None:
    old = fresh.world.stories["long_whatsapp"].runs[0]
    assert old.talk is not None
    assert old.started < fresh.day - timedelta(days=2)
    assert await found(fresh, old.talk.sid) == related(truth, old.talk.sid)
    (since, until), *others = {
        (dict(request.query)["DateCreatedFrom"], dict(request.query)["DateCreatedTo"])
        for request in fresh.app.matching("executions")
    }
    assert others == []
    assert datetime.fromisoformat(since) <= old.talk.opened
    closed = old.talk.state(NOON)
    assert closed[1] == "closed"
    assert closed[0] <= datetime.fromisoformat(until) < closed[0] + timedelta(hours=1)


async def test_since_bounds_what_is_listed(fresh: Scene) -> None:
    run = fresh.world.stories["reentry"].runs[-1]
    assert run.talk is not None
    since = run.started - timedelta(minutes=1)
    assert await found(fresh, run.talk.sid, since=since, explicit=True) == {run.sid}
    assert all(
        datetime.fromisoformat(dict(request.query)["DateCreatedFrom"]) >= since.replace(microsecond=0)
        for request in fresh.app.matching("executions")
    )


async def test_a_conversation_closed_before_since_says_so(fresh: Scene) -> None:
    run = fresh.world.stories["long_whatsapp"].runs[0]
    assert run.talk is not None
    async with fresh.engine() as engine:
        await engine.find(Search(run.talk.sid, fresh.day, explicit=True))
        (problem,) = engine.problems.all()
        assert "--since" in problem
    assert fresh.spent()["executions"] == 0


@pytest.mark.parametrize("story", ["new_after_close_deleted", "second_service"])
async def test_deleted_conversations_and_those_of_other_services(
    fresh: Scene, truth: list[JsonRecord], story: str
) -> None:
    talk = fresh.world.stories[story].runs[0].talk
    assert talk is not None
    assert await found(fresh, talk.sid) == related(truth, talk.sid) != set()


async def test_a_sid_is_found_in_any_spelling(fresh: Scene, truth: list[JsonRecord]) -> None:
    talk = fresh.world.stories["capitals"].runs[0].talk
    assert talk is not None
    assert await found(fresh, "CH" + talk.sid[2:].upper()) == related(truth, talk.sid) != set()


async def test_executions(fresh: Scene, truth: list[JsonRecord], tmp_path: Path) -> None:
    """Of a conversation, of a call, of messages without any, and alone."""
    kinds: dict[str, Callable[[list[JsonRecord]], object]] = {
        "conversation": lambda group: len(group) > 2 and settled(group[0]) and known_to_all(fresh, group),
        "call": lambda group: len(group) > 1 and group[0]["call_sid"],
        "run": lambda group: len(group) > 1 and group[0]["verdict"] == "no_conversation" and recent(group),
        "alone": lambda group: group[0]["verdict"] == "unknown",
    }
    for name, choose in kinds.items():
        (record,) = groups_of(truth, choose, 1)
        on = fresh.fresh(tmp_path / name)
        assert (name, await found(on, record["execution_sid"])) == (name, related(truth, record["execution_sid"]))
        spent = on.spent()
        assert spent["flows"] == 1
        assert spent["execution"] <= FLOWS
        if name in ("call", "alone"):
            assert spent["executions"] <= FLOWS
        if name == "conversation":
            assert (spent["conversation"], spent["participants"], spent["executions"]) == (1, 1, FLOWS)


async def test_calls(fresh: Scene, truth: list[JsonRecord], tmp_path: Path) -> None:
    redirected = fresh.world.stories["redirected_call"].runs[0].call
    older = fresh.world.stories["older_call"].runs[0].call
    outgoing = fresh.world.stories["outgoing_call"].runs[0].call
    for index, call in enumerate((redirected, older, outgoing)):
        assert call is not None
        on = fresh.fresh(tmp_path / str(index))
        assert await found(on, call.sid) == related(truth, call.sid) != set()
        spent = on.spent()
        assert (spent["call"], spent["flows"], spent["executions"]) == (1, 1, FLOWS)
        for request in on.app.matching("executions"):
            query = dict(request.query)
            since, until = (datetime.fromisoformat(query[f"DateCreated{end}"]) for end in ("From", "To"))
            assert since <= call.started <= until <= since + timedelta(hours=1)


async def test_a_child_leg_leads_to_the_execution_of_its_parent(fresh: Scene) -> None:
    run = fresh.world.stories["older_call"].runs[0]
    assert await found(fresh, run.foreign["dial"]) == {run.sid}


async def test_tasks(fresh: Scene, truth: list[JsonRecord], tmp_path: Path) -> None:
    """Of a conversation, of a row keyed on its conversation, of a call, and one that TaskRouter no longer has."""
    for story in ("new_after_task_completed", "long_complaint", "new_call", "new_after_task_purged"):
        run = next(run for run in fresh.world.stories[story].runs if run.handoff)
        assert run.handoff is not None
        on = fresh.fresh(tmp_path / story)
        assert (story, await found(on, run.handoff.task.sid)) == (story, related(truth, run.sid))
        if story in ("new_after_task_completed", "long_complaint"):
            assert on.spent()["executions"] == FLOWS
            assert on.spent()["execution_context"] < 20


async def test_messages_and_interactions(fresh: Scene, truth: list[JsonRecord], tmp_path: Path) -> None:
    def first(prefix: str) -> JsonRecord:
        return next(r for r in truth if (r["message_sid"] or "").startswith(prefix) and recent([r]))

    run_of_messages = next(
        group[0]
        for group in by_group(truth).values()
        if len(group) > 1 and group[0]["verdict"] == "no_conversation" and group[0]["message_sid"] and recent(group)
    )
    interaction = next(r["interaction_sid"] for r in truth if r["interaction_sid"] and r["reentry_number"] > 1)
    targets = [run_of_messages["message_sid"], first("MM")["message_sid"], first("IM")["message_sid"], interaction]
    for index, target in enumerate(targets):
        on = fresh.fresh(tmp_path / str(index))
        assert await found(on, target) == related(truth, target) != set()
        if target[:2] in ("SM", "MM"):
            assert on.spent()["text_message"] == 1
            assert on.spent()["execution_context"] < 30


async def test_a_sid_that_is_only_mentioned(fresh: Scene) -> None:
    run = fresh.world.stories["survey"].runs[0]
    assert await found(fresh, run.foreign["survey_task"]) == {run.sid}


async def test_flows(fresh: Scene, truth: list[JsonRecord]) -> None:
    flow = fresh.world.flows[1]
    day = [record for record in truth if moment(record) >= fresh.day]
    assert await found(fresh, flow.sid) == related(day, flow.sid) != set()
    assert fresh.spent()["executions"] == 1


def addresses(world: World) -> dict[str, Run]:
    return {
        "phone": world.stories["two_channels"].runs[0],
        "whatsapp": world.stories["reentry"].runs[0],
        "webchat": world.stories["webchat_reused"].runs[0],
        "messenger": world.stories["messenger"].runs[0],
        "rcs": world.stories["rcs"].runs[0],
    }


@pytest.mark.parametrize("kind", ["phone", "whatsapp", "webchat", "messenger", "rcs"])
async def test_addresses(fresh: Scene, truth: list[JsonRecord], kind: str) -> None:
    run = addresses(fresh.world)[kind]
    target = run.person.phone if kind == "phone" else run.contact
    day = [record for record in truth if moment(record) >= fresh.day]
    assert await found(fresh, target) == related(day, target) != set()
    spent = fresh.spent()
    assert spent["participant_conversations"] == (2 if target.startswith("+") else 1)
    assert (spent["flows"], spent["executions"]) == (1, FLOWS)
    of_contact = related(truth, target)
    anonymous = {record["execution_sid"] for record in truth if record["contact"] is None}
    assert set(fresh.contexts_read()) <= of_contact | anonymous


async def test_a_plain_number_includes_whatsapp_but_not_the_other_way_round(fresh: Scene, tmp_path: Path) -> None:
    whatsapp, sms, call, again = fresh.world.stories["two_channels"].runs
    assert await found(fresh, whatsapp.person.phone) >= {whatsapp.sid, sms.sid, call.sid, again.sid}
    on_whatsapp = await found(fresh.fresh(tmp_path / "other"), whatsapp.contact)
    assert on_whatsapp >= {whatsapp.sid, again.sid}
    assert not on_whatsapp & {sms.sid, call.sid}


@pytest.mark.parametrize("prefix", ["FN", "CH", "CA", "WT", "SM", "IM", "KD", "FW", "FT", "PN"])
async def test_what_nobody_knows_is_not_found(fresh: Scene, prefix: str) -> None:
    assert await found(fresh, make_sid(prefix, "nobody"), since=NOON - timedelta(minutes=30)) == set()


async def test_more_than_fifty_requests_are_announced_before_they_are_spent(tmp_path: Path) -> None:
    world = World(6, NOON, executions=1, flows=52, arrival=None)
    run = world.stories["reentry"].runs[0]
    assert run.talk is not None
    with scene(tmp_path, world) as served:
        for target in (run.sid, run.talk.sid, run.contact):
            on = served.fresh(tmp_path / target)
            assert run.sid in await found(on, target)
            assert on.said
            assert all("requests" in sentence for sentence in on.said)


async def test_a_few_requests_are_not_announced(fresh: Scene) -> None:
    call = fresh.world.stories["redirected_call"].runs[0].call
    assert call is not None
    await found(fresh, call.sid)
    assert fresh.said == []


async def test_an_execution_whose_flow_is_known_is_asked_of_that_flow_alone(fresh: Scene) -> None:
    run = fresh.world.stories["unknown_denied"].runs[0]
    await found(fresh, run.sid)
    await found(fresh, run.sid)
    assert fresh.spent()["execution"] == 1


async def test_a_flow_that_cannot_be_asked_is_named(fresh: Scene) -> None:
    flow = fresh.world.flows[0]
    fresh.faulty.answer(f"{flow.sid}/Executions/", 403)
    async with fresh.engine() as engine:
        await engine.find(Search(make_sid("FN", "nobody"), fresh.day))
        (problem,) = engine.problems.all()
    assert flow.name in problem
