"""The explorer on a bad day: it goes on working, shows what is missing, and is whole again by itself."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from sidscope.archive import Archive
from sidscope.demo import SimulatedAccount, World
from sidscope.domain.value import replace
from sidscope.settings import Credentials, Secret
from sidscope.sync.thread import EngineThread, StateChanged
from sidscope.sync.thread import Trouble as engine_says
from sidscope.tui.engine import EngineFactory
from sidscope.tui.messages import FromEngine
from sidscope.twilio_api import Account, connect
from tests.cli.test_bad_networks import IMPATIENT
from tests.support.network import HARMLESS, PASSING, BadNetwork, Trouble, bad_network
from tests.tui.explorer import User, exploring
from tests.tui.samples import NOW

POLICY = replace(IMPATIENT, read=5.0, whole=8.0)  # screen, engine and account share one processor here
SINCE = NOW - timedelta(hours=4)


@pytest.fixture(scope="module")
def world() -> World:
    return World(29, NOW, executions=20, flows=4, arrival=None, private=False)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be listed is tried again by itself, after less than 15 s."""
    monkeypatch.setattr("sidscope.sync.engine._RETRY", 0.5)
    monkeypatch.setattr("sidscope.sync.live.BUSY", 0.5)


@pytest.fixture
def network(world: World) -> Iterator[BadNetwork]:
    with bad_network(SimulatedAccount(world, clock=lambda: NOW)) as network:
        yield network


@pytest.fixture
def memory(world: World) -> Iterator[Archive]:
    with Archive.memory(world.account_sid) as archive:
        yield archive


def engine_on(network: BadNetwork, world: World, archive: Archive) -> EngineFactory:
    login = world.credentials()
    credentials = Credentials(login.account_sid, login.username, Secret(login.password))

    async def open_account() -> Account:
        return connect(credentials, api_url=network.url, now=lambda: NOW, policy=POLICY)

    def make(on_event: Callable[[Any], None]) -> EngineThread:
        return EngineThread(open_account, archive, since=lambda: SINCE, on_event=on_event, now=lambda: NOW)

    return make


async def whole(user: User, world: World) -> None:
    """Waits until the explorer shows the account as it is, all of it read."""
    truth = {record["execution_sid"]: record for record in world.truth(NOW, since=SINCE, explain=False)}

    def is_whole() -> bool:
        records = {record.execution_sid: record for record in user.app.session.everything()}
        read = all(record.context_status in ("ok", "gone", "not_needed") for record in records.values())
        return records.keys() >= truth.keys() and read and user.app.state.phase == "live"

    await user.until(is_whole, "all of it")
    for sid, true in truth.items():
        record = user.app.session.get(sid.upper()) or user.app.session.get(sid)
        assert record is not None
        assert record.conversation_sid == true["conversation_sid"]


@pytest.mark.parametrize("seed", [1, 2])
async def test_any_mix_of_what_passes_is_gone_by_itself(
    network: BadNetwork, world: World, memory: Archive, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311
    quick = [name for name in (*PASSING, *HARMLESS) if not name.startswith(("stall", "slow"))]
    names = chance.sample(quick, 5)
    print(f"seed {seed}: {names}")  # noqa: T201
    network.seed = seed
    network.troubles = [Trouble(name, share=0.2, times=2) for name in names]
    async with exploring(memory, engine_on(network, world, memory), since=SINCE) as user:
        await user.press("j", "2", "3", "1", "g", "g", "g", "g")
        await whole(user, world)
        await user.until(lambda: user.app.state.problem is None, "no problem any more")
        assert sum(network.met.values()) > 5


async def test_an_outage_is_said_the_rest_goes_on_and_it_ends_by_itself(
    network: BadNetwork, world: World, memory: Archive
) -> None:
    network.troubles = [Trouble("reset before", "/Executions$", times=10**6)]
    async with exploring(memory, engine_on(network, world, memory), since=SINCE) as user:
        await user.until(lambda: user.app.state is not None and user.app.state.problem, "the problem")
        await user.waits_for("✗ no connection", "8 flows could not be listed yet")
        assert not user.sees("Nothing ran")
        for key in ("question_mark", "escape", "s", "escape", "m", "m"):
            await user.press(key)
        network.heal()
        await whole(user, world)
        await user.until(lambda: user.sees("● live"), "live")


async def test_what_nobody_can_read_is_marked_and_keeps_nothing_else_waiting(
    network: BadNetwork, world: World, memory: Archive
) -> None:
    network.troubles = [Trouble("gzip bomb", "/Context$", share=0.3, times=10**6)]
    async with exploring(memory, engine_on(network, world, memory), since=SINCE) as user:

        def read() -> list[str]:
            return [record.context_status for record in user.app.session.everything()]

        await user.until(lambda: user.app.state and user.app.state.phase == "live" and "pending" not in read(), "all")
        assert "failed" in read()
        assert "ok" in read()
        assert user.sees("! unreadable")
        await user.waits_for(f"· {len(read()) - read().count('failed')} resolved · {read().count('failed')} unreadable")


async def test_an_outage_keeps_the_backlog_waiting_and_costs_nothing(
    network: BadNetwork, world: World, memory: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sidscope.sync.outage.FIRST_PAUSE", 600.0)  # no probe but the one that is asked for
    network.troubles = [Trouble("503", "/Context$", times=10**6)]
    async with exploring(memory, engine_on(network, world, memory), since=SINCE) as user:
        await user.waits_for(" left, waiting for Twilio")
        await user.press("s")
        await user.waits_for("waiting for Twilio to answer; nothing is lost")
        await user.press("escape")
        assert not [each for each in user.app.session.everything() if each.context_status == "failed"]
        network.heal()
        await user.press("r")
        await whole(user, world)
        await user.waits_for("all resolved")
        assert not user.sees("waiting for Twilio")


async def test_what_went_wrong_once_does_not_hide_the_figures_for_ever(
    network: BadNetwork, world: World, memory: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sidscope.tui.news.STAYS", 0.5)
    async with exploring(memory, engine_on(network, world, memory), since=SINCE) as user:
        await whole(user, world)
        user.app.post_message(FromEngine(engine_says("Twilio", "HTTP 503")))
        await user.waits_for("⚠ Twilio: HTTP 503")
        await user.waits_for("all resolved")


async def test_r_does_not_say_that_an_engine_asks_which_has_stopped(
    network: BadNetwork, world: World, memory: Archive
) -> None:
    async with exploring(memory, engine_on(network, world, memory), since=SINCE) as user:
        await whole(user, world)
        await user.press("r")
        assert user.toast == "Twilio is asked again"
        assert user.app.engine
        assert user.app.state
        user.app.engine.stop()
        user.app.post_message(FromEngine(StateChanged(dataclasses.replace(user.app.state, phase="stopped"))))
        await user.waits_for("◌ stopped")
        await user.press("r")
        assert user.toast == "sidscope no longer asks Twilio: start it again"


async def test_odd_answers_do_not_end_the_engine(network: BadNetwork, world: World, memory: Archive) -> None:
    network.troubles = [Trouble("wrong type", share=0.5, times=3), Trouble("odd SIDs", share=0.3, times=2)]
    async with exploring(memory, engine_on(network, world, memory), since=SINCE) as user:
        await user.until(lambda: user.app.state and user.app.state.phase == "live", "live")
        network.heal()
        await user.press("r", "j", "2", "4", "1")
        await user.until(lambda: user.sees("● live"), "live")
        assert user.app.state.phase == "live"
        assert not user.sees("The engine stopped")
