"""The engine in its thread, as the explorer uses it."""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from sidscope.archive import Archive, find_records, read_records
from sidscope.archive import connect as connect_module
from sidscope.archive import writer as writer_module
from sidscope.demo.account import make_sid
from sidscope.settings import Credentials, Secret
from sidscope.sync import keeping
from sidscope.sync.progress import SyncState
from sidscope.sync.thread import Changed, EngineThread, Event, Found, StateChanged, StepsRead, Trouble
from sidscope.twilio_api import Account, connect
from tests.support.account import NOON
from tests.sync.conftest import QUICK, Scene, scene, small_world

Some = TypeVar("Some", Changed, Found, StateChanged, StepsRead, Trouble)


class Explorer:
    """What stands in for the screen: it keeps every event."""

    def __init__(self, on: Scene, archive: Archive, open_account: Callable[[], Account] | None = None) -> None:
        async def opened() -> Account:
            return (open_account or on.open_account)()

        self.events: queue.Queue[Event] = queue.Queue()
        self.seen: list[Event] = []
        self.archive = archive
        self.engine = EngineThread(opened, archive, since=lambda: on.day, on_event=self.events.put, now=on.clock)

    def wait(self, kind: type[Some], fits: Callable[[Some], object] = lambda event: True) -> Some:
        """The next such event; whatever comes before it is kept."""
        while True:
            event = self.events.get(timeout=15)
            self.seen.append(event)
            if isinstance(event, kind) and fits(event):
                return event

    def state(self, fits: Callable[[SyncState], object]) -> SyncState:
        if fits(self.engine.state):
            return self.engine.state
        return self.wait(StateChanged, lambda event: fits(event.state)).state

    def settled(self) -> SyncState:
        """Live, and every context read."""
        state = self.state(lambda state: state.phase == "live" and not state.contexts_left)
        self.archive.flush()
        return state

    def granted(self) -> None:
        """Waits until every wish so far has been granted."""
        known = threading.Event()
        self.engine._call(lambda engine: known.set())
        assert known.wait(10)
        while not all(task.done() for task in self.engine._tasks):
            time.sleep(0.01)
        self.archive.flush()

    def drain(self) -> None:
        while not self.events.empty():
            self.seen.append(self.events.get())

    def troubles(self) -> list[Trouble]:
        self.drain()
        return [event for event in self.seen if isinstance(event, Trouble)]


@contextmanager
def exploring(on: Scene, open_account: Callable[[], Account] | None = None) -> Iterator[Explorer]:
    with on.archive() as archive:
        explorer = Explorer(on, archive, open_account)
        explorer.engine.start()
        try:
            yield explorer
        finally:
            explorer.engine.stop()
        assert not explorer.engine._thread.is_alive()
        assert explorer.engine.state.phase == "stopped"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("served"), small_world()) as on:
        yield on


@pytest.fixture
def on(served: Scene, tmp_path: Path) -> Iterator[Scene]:
    yield served.fresh(tmp_path)
    served.faulty.heal()
    served.clock.now = NOON


def test_what_the_backlog_may_not_read_is_no_answer_to_a_search(on: Scene) -> None:
    with exploring(on) as explorer:
        explorer.engine.find(make_sid("CH", "nobody"))
        assert explorer.wait(Found).problem is None
        assert "denied" in " ".join(explorer.settled().problems)


@pytest.mark.parametrize("room", [20_000, 1], ids=["there is room", "what came waits"])
def test_while_another_program_locks_the_archive_that_is_said_and_then_it_goes_on(
    on: Scene, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr(writer_module, "_ROOM", room)
    monkeypatch.setattr(connect_module, "BUSY_SECONDS", 0.01)
    monkeypatch.setattr(writer_module, "_PATIENCE", 0.05)
    monkeypatch.setattr(keeping, "AGAIN", 0.05)
    with on.archive() as archive:
        assert archive.path is not None
        other = sqlite3.connect(archive.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        explorer = Explorer(on, archive)
        explorer.engine.start()
        try:
            state = explorer.state(lambda state: state.problem)
            assert "another program keeps it locked" in (state.problem or "")
            assert state.phase == "listing"
            other.execute("ROLLBACK")
            assert explorer.settled().problem is None
        finally:
            other.close()
            explorer.engine.stop()
        assert not explorer.troubles()


def test_what_ends_the_engine_is_said_and_shows(on: Scene) -> None:
    def fail() -> Account:
        raise RuntimeError("of its own")

    with exploring(on, fail) as explorer:
        state = explorer.state(lambda state: state.phase == "stopped")
        assert explorer.wait(Trouble) == Trouble("The engine stopped", "RuntimeError: of its own", lasting=True)
        assert state.problem is None


def test_it_lists_and_tells_what_changed(on: Scene) -> None:
    with exploring(on) as explorer:
        state = explorer.settled()
        assert (state.flows_total, state.flows_listed) == (len(on.world.flows),) * 2
        assert state.problem is None
        assert state.last_ok == NOON
        assert state.requests == len(on.app.log)
        assert state.limit >= 10
        explorer.drain()
        told = {key for event in explorer.seen if isinstance(event, Changed) for key in event.keys}
        assert told == {known.row.sid.upper() for known in explorer.archive.window()}
        assert {r["execution_sid"] for r in on.truth(on.day)} == {k.row.sid for k in explorer.archive.window(on.day)}
    assert explorer.troubles() == []


def test_stop_is_quick_and_keeps_what_was_fetched(on: Scene) -> None:
    with on.faulty.holding("/Context$"), exploring(on) as explorer:
        seen = explorer.state(lambda state: state.contexts_left > 10).executions_seen
    assert explorer.troubles() == []
    with on.archive() as archive:
        assert archive.execution_count() >= seen > 10


def test_stop_while_nobody_answers_at_all(on: Scene) -> None:
    with on.faulty.holding("/v2/Flows"), exploring(on):
        pass


def test_stop_before_start_and_twice(on: Scene) -> None:
    with on.archive() as archive:
        explorer = Explorer(on, archive)
        explorer.engine.stop()
    with exploring(on) as explorer:
        explorer.settled()
        explorer.engine.stop()
        explorer.engine.look_at(make_sid("FN", "late"))
        explorer.engine.refresh()


def test_wishes_from_before_it_is_there_are_kept(on: Scene) -> None:
    run = on.world.stories["long_whatsapp"].runs[0]
    assert run.talk is not None
    with on.archive() as archive:
        explorer = Explorer(on, archive)
        explorer.engine.find(run.talk.sid)
        explorer.engine.look_at(run.sid)
        explorer.engine.on_screen([run.sid])
        explorer.engine.start()
        assert run.sid.upper() in explorer.wait(Found).keys
        explorer.engine.stop()
    assert explorer.troubles() == []


def test_find_ends_with_what_was_found(on: Scene) -> None:
    run = on.world.stories["long_whatsapp"].runs[0]
    assert run.talk is not None
    with exploring(on) as explorer:
        explorer.settled()
        for target in (run.talk.sid, run.contact):
            explorer.engine.find(target)
            found = explorer.wait(Found, lambda event, target=target: event.query == target)  # type: ignore[misc]
            assert run.sid.upper() in found.keys
            assert found.problem is None
        records = find_records(explorer.archive, run.talk.sid, now=NOON)
        assert [record.reentry_number for record in records] == list(range(len(records)))
        explorer.engine.find(make_sid("FN", "nobody"))
        assert explorer.wait(Found, lambda event: event.query.startswith("FN")).keys == ()


def test_find_says_why_it_may_be_incomplete(on: Scene) -> None:
    with exploring(on) as explorer:
        explorer.settled()
        on.faulty.answer(f"{on.world.flows[0].sid}/Executions/FN", 403)
        explorer.engine.find(make_sid("FN", "nobody"))
        problem = explorer.wait(Found).problem
        assert problem is not None
        assert on.world.flows[0].name in problem
        on.faulty.heal()
        on.faulty.answer("/v2/Flows$", 500)
        explorer.engine.find(make_sid("FN", "nobody else"))
        assert "test" in (explorer.wait(Found).problem or "")
    assert explorer.troubles() == []


def test_looking_at_a_settled_row_reads_its_context_once(on: Scene) -> None:
    run = next(run for run in on.world.runs(NOON) if run.keyed_on_talk and not run.active(NOON) and run.fate == "ok")
    with exploring(on) as explorer:
        explorer.settled()
        assert run.sid not in on.contexts_read()
        explorer.engine.look_at(run.sid)
        explorer.wait(Changed, lambda event: run.sid.upper() in event.keys)
        explorer.engine.look_at(run.sid)
        explorer.granted()
        assert on.contexts_read().count(run.sid) == 1


def test_looking_at_an_active_one_reads_it_again_though_its_row_is_the_same(
    on: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sidscope.sync.contexts.LOOKED_AT_AGAIN", -1.0)
    run = on.world.stories["stuck"].runs[0]
    with exploring(on) as explorer:
        explorer.settled()
        with on.faulty.holding(f"{run.sid}/Context$"):
            explorer.engine.look_at(run.sid)
            explorer.state(lambda state: state.contexts_left == 1)
        explorer.state(lambda state: state.contexts_left == 0)
    assert on.contexts_read().count(run.sid) == 2


def test_a_story_spends_the_look_ups_of_its_contact_and_keeps_them(on: Scene) -> None:
    run = on.world.stories["new_after_close"].runs[-1]

    def basis(archive: Archive) -> str:
        return read_records(archive, [run.sid], now=NOON)[run.sid.upper()].verdict_basis

    with exploring(on) as explorer:
        explorer.settled()
        assert basis(explorer.archive) != "observed"
        on.app.log.clear()
        explorer.engine.story(run.sid)
        explorer.granted()
        assert basis(explorer.archive) == "observed"
        assert on.spent()["participant_conversations"] == 1
        assert on.spent()["conversation"] >= 1
        on.app.log.clear()
        explorer.engine.story(run.sid)
        explorer.granted()
        assert on.spent().total() == 0


def test_refresh_looks_now(on: Scene) -> None:
    with exploring(on) as explorer:
        explorer.settled()
        before = len(explorer.archive.active())
        on.clock.forward(hours=5)
        explorer.engine.refresh()
        while len(explorer.archive.active()) == before:
            explorer.wait(Changed)


def test_numbers_are_told_to_who_watches_them(on: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sidscope.sync.thread._RESTING_NUMBERS_EVERY", 1_000.0)
    monkeypatch.setattr("sidscope.sync.thread._WATCHED", 1_000.0)
    with exploring(on) as explorer:
        before = explorer.settled().requests
        explorer.engine.refresh()
        explorer.engine.watch()
        explorer.state(lambda state: state.requests > before)


def test_refused_credentials_are_a_phase_with_a_sentence(on: Scene) -> None:
    login = on.world.credentials()
    wrong = Credentials(login.account_sid, login.username, Secret("wrong"))
    with exploring(on, lambda: connect(wrong, api_url=on.url, policy=QUICK)) as explorer:
        state = explorer.state(lambda state: state.phase == "refused")
        assert "Authenticate" in (state.problem or "")
        explorer.engine.find(make_sid("FN", "anything"))
        assert "Authenticate" in (explorer.wait(Found).problem or "")


def test_credentials_refused_half_way_are_the_same(on: Scene) -> None:
    on.faulty.answer("/Context$", 401, passes=10)
    with exploring(on) as explorer:
        state = explorer.state(lambda state: state.phase == "refused")
        assert "test" in (state.problem or "")
        assert explorer.archive.execution_count() > 0


def test_an_account_out_of_reach_is_said_and_tried_again(on: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sidscope.sync.engine._RETRY", 0.25)
    on.faulty.answer("/v2/Flows$", 502)
    with exploring(on) as explorer:
        assert explorer.state(lambda state: state.problem).last_ok is None
        on.faulty.heal()
        explorer.settled()
        explorer.state(lambda state: state.problem is None and state.last_ok)


def test_what_is_new_arrives_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sidscope.sync.live.BUSY", 0.02)
    monkeypatch.setattr("sidscope.sync.live.IDLE", 0.05)
    with scene(tmp_path, small_world(arrival=1.0)) as on, exploring(on) as explorer:
        explorer.settled()
        known = explorer.archive.execution_count()
        on.clock.forward(seconds=30)
        while explorer.archive.execution_count() <= known:
            explorer.wait(Changed)
        assert explorer.engine.state.phase == "live"
        assert on.clock.now - timedelta(seconds=30) == NOON


def test_a_search_that_is_cancelled_says_nothing_more_and_asks_nothing_more(on: Scene) -> None:
    with exploring(on) as explorer:
        explorer.settled()
        on.faulty.answer(f"{on.world.flows[0].sid}/Executions/FN", 500)  # it is tried again and again meanwhile
        explorer.engine.find(make_sid("FN", "nobody"))
        explorer.engine.cancel_find()
        explorer.granted()
        explorer.drain()
        assert not any(isinstance(event, Found) for event in explorer.seen)
        on.faulty.heal()
        explorer.engine.find(make_sid("FN", "nobody else"))
        assert explorer.wait(Found).query == make_sid("FN", "nobody else")
    assert explorer.troubles() == []
