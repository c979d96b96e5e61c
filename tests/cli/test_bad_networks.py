"""Whatever the network and Twilio do: `list` ends complete, or with 1 and the name of exactly what is missing, and the
next run on a good day makes it whole."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from sidscope.demo import SimulatedAccount, World
from sidscope.twilio_api import Policy
from sidscope.twilio_api.retry import Backoff
from tests.cli.conftest import CommandLine, Done
from tests.support.account import Clock
from tests.support.network import HARMLESS, LASTING, PASSING, TROUBLES, BadNetwork, Trouble, bad_network
from tests.support.oracle import JsonRecord, differences

IMPATIENT = Policy(
    connect=2.0,
    read=1.0,
    whole=3.0,
    faults=Backoff(tries=5, patience=20.0, first=0.01, longest=0.05),
    refusals=Backoff(tries=12, patience=20.0, first=0.01, longest=0.05),
)
"""The transport's rules with waits that a test can afford."""

DAY = timedelta(hours=4)
LISTS, CONTEXTS = "/Executions$", "/Context$"


@pytest.fixture(scope="module")
def world() -> World:
    """In this one everything may be read, so that all that is missing is the network's doing."""
    return World(23, executions=30, flows=4, arrival=None, private=False)


@pytest.fixture(scope="module")
def shared_network(world: World) -> Iterator[BadNetwork]:
    with bad_network(SimulatedAccount(world, clock=Clock(world.zero))) as network:
        yield network


@pytest.fixture
def network(
    shared_network: BadNetwork, world: World, sidscope: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> BadNetwork:
    monkeypatch.setattr("sidscope.twilio_api.account.Policy", lambda: IMPATIENT)
    login = world.credentials()
    sidscope.environment = {
        "SIDSCOPE_API_URL": shared_network.url,
        "TWILIO_ACCOUNT_SID": login.account_sid,
        "TWILIO_API_KEY": login.username,
        "TWILIO_API_SECRET": login.password,
    }
    _reset(shared_network, 0)
    return shared_network


def _reset(network: BadNetwork, seed: int, *troubles: Trouble) -> None:
    network.seed, network.troubles = seed, list(troubles)
    network.asked.clear()
    network.met.clear()


def listed(sidscope: CommandLine, world: World, folder: str) -> Done:
    since = (world.zero - DAY).isoformat()
    return sidscope("list", "--since", since, "--format", "jsonl", "--data-dir", sidscope.home / folder)


def truth_of(world: World) -> Sequence[JsonRecord]:
    return world.truth(world.zero, since=world.zero - DAY, explain=False)


UNLISTED = re.compile(r"incomplete: The executions of '(.*)' could not be listed: .+")
UNREAD = re.compile(r"incomplete: ([0-9]+) contexts? (could not be read|denied to these credentials)")


def accounted_for(done: Done, world: World) -> None:
    """Complete, or 1 and the name of exactly what is missing."""
    assert "Traceback" not in done.err
    truth = truth_of(world)
    if done.code == 4 or (done.code == 1 and not done.out):  # the list of flows, without which there is nothing
        assert done.sentence()
        return
    records = {record["execution_sid"]: record for record in done.records()}
    unlisted = set(UNLISTED.findall(done.err))
    told = {words: int(number) for number, words in UNREAD.findall(done.err)}
    lines = [line for line in done.err.splitlines() if line.startswith("sidscope: incomplete: ")]
    assert len(lines) == len(done.err.splitlines()) == len(unlisted) + len(told), done.err
    assert done.code == (1 if lines else 0)
    assert set(records) <= {record["execution_sid"] for record in truth}
    missing = {record["flow_name"] for record in truth if record["execution_sid"] not in records}
    assert missing <= unlisted
    statuses = Counter(record["context_status"] for record in records.values())
    assert statuses["pending"] == 0
    if not unlisted:
        assert statuses["failed"] == told.get("could not be read", 0)
        assert statuses["denied"] == told.get("denied to these credentials", 0)


def whole_again(sidscope: CommandLine, network: BadNetwork, world: World, folder: str) -> None:
    """On a good day the next run has everything."""
    network.heal()
    done = listed(sidscope, world, folder)
    assert (done.code, done.err) == (0, "")
    assert differences(done.records(), truth_of(world)) == []


def test_on_a_good_day_all_is_there(sidscope: CommandLine, network: BadNetwork, world: World) -> None:
    whole_again(sidscope, network, world, "data")


@pytest.mark.parametrize("name", [*PASSING, *HARMLESS])
def test_what_passes_leaves_nothing_out(sidscope: CommandLine, network: BadNetwork, world: World, name: str) -> None:
    slow = name.startswith(("stall", "slow"))
    _reset(network, 1, Trouble(name, "Flows$|/Executions$|/Context$", share=0.15 if slow else 0.6))
    done = listed(sidscope, world, "data")
    assert network.met[name]
    assert (done.code, done.err) == (0, "")
    assert differences(done.records(), truth_of(world)) == []


@pytest.mark.parametrize("where", [LISTS, CONTEXTS], ids=["lists", "contexts"])
@pytest.mark.parametrize("name", sorted(LASTING.keys() - {"odd SIDs", "404"}))
def test_what_lasts_is_named_and_nothing_else_is_missing(
    sidscope: CommandLine, network: BadNetwork, world: World, name: str, where: str
) -> None:
    flow = truth_of(world)[0]["flow_sid"]
    trouble = Trouble(
        name, f"{flow}{LISTS}" if where is LISTS else CONTEXTS, share=1.0 if where is LISTS else 0.3, times=99
    )
    _reset(network, 2, trouble)
    done = listed(sidscope, world, "data")
    assert network.met[name]
    assert done.code == 1
    accounted_for(done, world)
    whole_again(sidscope, network, world, "data")


def test_a_context_that_inflates_without_end_is_kept_as_failed(
    sidscope: CommandLine, network: BadNetwork, world: World
) -> None:
    _reset(network, 3, Trouble("gzip bomb", CONTEXTS, share=0.2, times=99))
    done = listed(sidscope, world, "data")
    assert done.code == 1
    assert "more than 32 MB" in done.err
    failed = [record for record in done.records() if record["context_status"] == "failed"]
    assert 0 < len(failed) <= network.met["gzip bomb"]  # on a slow machine some are met twice
    again = listed(sidscope, world, "data")
    assert again.code == 1


@pytest.mark.parametrize("name", ["wrong type", "odd SIDs"])
@pytest.mark.parametrize("seed", range(4))
def test_no_field_of_any_type_is_too_odd(
    sidscope: CommandLine, network: BadNetwork, world: World, name: str, seed: int
) -> None:
    _reset(network, seed, Trouble(name, share=0.7, times=99))
    done = listed(sidscope, world, "data")
    assert network.met[name]
    assert "Traceback" not in done.err
    assert done.code in (0, 1)
    assert done.code == 0 or done.err
    network.heal()
    again = listed(sidscope, world, "data")
    assert len(again.records()) >= len(truth_of(world)), "a row may have become another one, but none is lost"


def test_a_flow_that_vanishes_and_executions_that_appear_while_paging(
    sidscope: CommandLine, network: BadNetwork, world: World
) -> None:
    gone = world.flows[0]
    _reset(network, 4, Trouble("404", f"{gone.sid}/", times=99))
    done = listed(sidscope, world, "data")
    assert (done.code, done.err) == (0, "")
    left = [record for record in truth_of(world) if record["flow_sid"] != gone.sid]
    assert {record["execution_sid"] for record in done.records()} == {record["execution_sid"] for record in left}


def test_one_bad_answer_does_not_make_a_storm(sidscope: CommandLine, network: BadNetwork, world: World) -> None:
    """Everything is refused: the account backs off as one, it does not send each request as often as it may."""
    _reset(network, 5, Trouble("429", times=10**6))
    done = listed(sidscope, world, "data")
    assert done.code == 1
    assert network.asked.total() <= IMPATIENT.refusals.tries


MIX = st.lists(
    st.builds(
        Trouble,
        st.sampled_from(sorted(TROUBLES.keys() - {"odd SIDs", "wrong type", "slow drip"})),
        st.sampled_from(["", LISTS, CONTEXTS, "PageToken", "/Flows$"]),
        st.sampled_from([0.1, 0.3, 0.6]),
        st.sampled_from([1, 1, 2, 99]),
    ),
    min_size=1,
    max_size=4,
)


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(troubles=MIX, seed=st.integers(0, 2**32))
def test_any_mix_of_troubles(
    sidscope: CommandLine, network: BadNetwork, world: World, troubles: list[Trouble], seed: int
) -> None:
    note(f"seed {seed}: {troubles}")
    _reset(network, seed, *troubles)
    folder = f"mix-{seed}"
    accounted_for(listed(sidscope, world, folder), world)
    whole_again(sidscope, network, world, folder)
