"""The truth that the simulator tells of itself: held against the stories' own claims, and against itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Any

import pytest

from sidscope.demo import World
from sidscope.demo.stories import STORIES
from tests.support.account import NOON

VERDICTS = {
    *("unknown", "handover", "reentry", "new_session", "new_call", "no_conversation", "first_seen"),
    *("new_after_task", "new_after_close", "new_after_window", "unexplained"),
}
ANOMALIES = {
    *("webchat_reused", "reentry_after_close", "overlapping_conversations", "message_started_several", "stuck"),
}
CHANNELS = {"whatsapp", "sms", "webchat", "voice", "messenger", "rcs", "api", "unknown"}
SOURCES = {"row", "trigger", "flow", "widget", "attributes", "none"}

Truth = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def truth(world: World) -> Truth:
    return {record["execution_sid"]: record for record in world.truth(NOON)}


def story(world: World, truth: Truth, name: str) -> list[dict[str, Any]]:
    return [truth[sid] for sid in world.stories[name].sids]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_story_comes_out_as_its_author_claims(seed: int) -> None:
    world = World(seed, NOON, executions=1)
    truth = {record["execution_sid"]: record for record in world.truth(NOON)}
    for name, played in world.stories.items():
        for run in played.runs:
            record = truth[run.sid]
            words = [record["verdict"], record["verdict_basis"], *(f"+{a}" for a in record["anomalies"])]
            assert (name, " ".join(words)) == (name, run.expect)


def test_every_verdict_anomaly_channel_and_source_occurs(truth: Truth) -> None:
    assert {r["verdict"] for r in truth.values()} == VERDICTS
    assert {a for r in truth.values() for a in r["anomalies"]} == ANOMALIES
    assert {r["channel"] for r in truth.values()} == CHANNELS
    assert {r["sid_source"] for r in truth.values()} == SOURCES
    assert {r["context_status"] for r in truth.values()} == {"ok", "gone", "denied", "not_needed"}
    assert len({story.name for story in STORIES}) == len(STORIES)


def test_the_reason_for_a_new_conversation_is_the_simulators_own(world: World, truth: Truth) -> None:
    """The simulator wrote down why it opened each conversation; a reader who sees everything must find the same."""
    fits = {
        "first": {"first_seen"},
        "session": {"new_session"},
        "second": {"unexplained"},
        "closed": {"new_after_task", "new_after_close"},
        "deleted": {"new_after_task", "new_after_close"},
        "left": {"new_after_window", "unexplained"},
    }
    checked: Counter[str] = Counter()
    all_seen = {
        talk.person.key
        for talk in world.books.talks.values()
        if all(truth.get(r.sid, {"conversation_sid": None})["conversation_sid"] for r in talk.runs)
    } - {t.person.key for t in world.books.talks.values() if any(r.sid not in truth for r in t.runs)}
    hidden = {r.person.key for r in world.runs(NOON) if truth[r.sid]["verdict"] == "unknown"}
    for talk in world.books.talks.values():
        first = truth.get(talk.runs[0].sid)
        if first and talk.why in fits and talk.person.key in all_seen - hidden:
            assert first["verdict"] in fits[talk.why], (talk.why, first)
            checked[talk.why] += 1
    assert checked.keys() == fits.keys()


def test_groups(truth: Truth) -> None:
    groups = defaultdict(list)
    for record in truth.values():
        groups[record["group_key"].upper()].append(record)
    for key, records in groups.items():
        assert {r["group_key"] for r in records} == {records[0]["group_key"]}
        assert sorted(r["reentry_number"] for r in records) == list(range(len(records)))
        times = [r["date_created"] for r in sorted(records, key=lambda r: r["reentry_number"])]
        assert times == sorted(times)
        for record in records:
            own = record["conversation_sid"] or record["call_sid"]
            if own:
                assert own.upper() == key
            else:
                assert key.startswith("FN")


def test_verdicts_fit_the_sids(truth: Truth) -> None:
    for r in truth.values():
        if r["verdict"] in ("unknown", "no_conversation"):
            assert r["conversation_sid"] is None
            assert r["call_sid"] is None
        elif r["verdict"] == "new_call":
            assert r["call_sid"]
            assert r["channel"] == "voice"
        else:
            assert r["conversation_sid"]
        assert (r["sid_source"] == "none") == (r["conversation_sid"] is None and r["call_sid"] is None)
        if r["verdict"] in ("reentry", "handover"):
            assert r["reentry_number"] > 0
        if r["context_status"] != "ok":
            assert r["task_sid"] is None
            assert r["foreign_sids"] == set()
        if (r["initiated_by"] or "").startswith("CA"):
            assert r["context_status"] == "not_needed"
            assert (r["sender"], r["task_sid"], r["message_sid"]) == (None, None, None)


def test_a_replayed_execution_inherits_and_comes_second(world: World, truth: Truth) -> None:
    entry, replayed = story(world, truth, "known_though_denied")
    assert (entry["reentry_number"], replayed["reentry_number"]) == (0, 1)
    assert replayed["context_status"] == "denied"
    assert replayed["sid_source"] == "row"
    for key in ("contact", "channel", "sender", "message_sid", "conversation_sid"):
        assert replayed[key] == entry[key] is not None


def test_some_handovers_fall_into_one_second_and_some_do_not(world: World, truth: Truth) -> None:
    same: Counter[bool] = Counter()
    in_groups = defaultdict(list)
    for record in truth.values():
        in_groups[record["group_key"], record["message_sid"]].append(record)
    for run in world.runs(NOON):
        record = truth[run.sid]
        if record["verdict"] == "handover":
            entry = min(in_groups[record["group_key"], record["message_sid"]], key=lambda r: int(r["reentry_number"]))
            same[entry["date_created"] == record["date_created"]] += 1
    assert same[True] > 0
    assert same[False] > 0


def test_foreign_sids_are_not_used(world: World, truth: Truth) -> None:
    call, *_ = story(world, truth, "older_call")
    assert call["foreign_sids"]
    assert call["call_sid"] not in call["foreign_sids"]
    assert call["task_sid"].startswith("WT")
    for survey in story(world, truth, "survey"):
        assert survey["foreign_sids"]
        assert survey["task_sid"] is None


def test_conversations_where_only_one_place_names_them(world: World, truth: Truth) -> None:
    sources = {
        "start_conversation": "flow",
        "conversation_in_address": "flow",
        "conversation_in_widget": "widget",
        "conversation_in_outbound": "widget",
        "conversation_in_inbound": "widget",
        "conversation_in_attributes": "attributes",
        "legacy_webchat": "trigger",
        "first_seen": "trigger",
    }
    for name, source in sources.items():
        assert (name, story(world, truth, name)[0]["sid_source"]) == (name, source)


def test_capitals_keep_their_spelling(world: World, truth: Truth) -> None:
    first, second, third, replayed = story(world, truth, "capitals")
    assert first["conversation_sid"] != second["conversation_sid"]
    assert first["conversation_sid"].upper() == second["conversation_sid"].upper()
    assert {r["group_key"] for r in (second, third, replayed)} == {first["group_key"]} == {first["conversation_sid"]}
    assert replayed["sid_source"] == "row"
    assert replayed["conversation_sid"] == first["conversation_sid"]


def test_who_has_seen_less_knows_less(world: World) -> None:
    last = world.stories["reentry"].runs[-1]
    cut = last.started.replace(microsecond=0)
    (record,) = (r for r in world.truth(NOON, since=cut) if r["execution_sid"] == last.sid)
    assert (record["verdict"], record["reentry_number"]) == ("first_seen", 0)
    assert last.sid not in {r["execution_sid"] for r in world.truth(NOON, until=cut)}
    day = world.truth(NOON, since=NOON - timedelta(hours=24))
    assert all(datetime.fromisoformat(r["date_created"]) >= NOON - timedelta(hours=24) for r in day)
    assert {r["verdict"] for r in day} >= VERDICTS - {"new_after_window"}


def test_without_the_look_ups(world: World) -> None:
    plain = {r["execution_sid"]: r for r in world.truth(NOON, explain=False)}
    first, second = story(world, plain, "new_after_task_completed")
    assert (second["verdict"], second["verdict_basis"]) == ("new_after_task", "inferred")
    assert first["sender"] is None
    assert [r["verdict"] for r in story(world, plain, "new_after_close")] == ["first_seen", "unexplained"]
    replayed = story(world, plain, "handover")[1]
    assert (replayed["verdict"], replayed["context_status"]) == ("handover", "not_needed")
    assert replayed["contact"].startswith("whatsapp:+")
    anomalies = {a for r in plain.values() for a in r["anomalies"]}
    assert not anomalies & {"overlapping_conversations", "reentry_after_close"}


def test_verdicts_move_with_time(world: World) -> None:
    """What is a task in work now is a deleted one later; what was silent becomes stuck."""
    run = world.stories["active_now"].runs[0]
    now = {r["execution_sid"]: r for r in world.truth(NOON)}
    later = {r["execution_sid"]: r for r in world.truth(NOON + timedelta(hours=3))}
    assert now[run.sid]["anomalies"] == []
    assert later[run.sid]["anomalies"] == ["stuck"]
