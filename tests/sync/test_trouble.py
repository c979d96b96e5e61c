"""What kind of trouble there is with Twilio: the screen says what to do about each."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from sidscope.sync.engine import Engine
from sidscope.sync.progress import trouble_of
from sidscope.twilio_api import BadResponse, Denied, ServerFault, Throttled, TwilioApiError, Unreachable, connect
from tests.sync.conftest import QUICK, scene, small_world
from tests.sync.test_live import live, until


@pytest.mark.parametrize(
    ("kind", "trouble"),
    [
        (Unreachable, "unreachable"),
        (Denied, "denied"),
        (Throttled, "throttled"),
        (ServerFault, "fault"),
        (BadResponse, "fault"),
    ],
)
def test_each_kind_of_failure_is_a_trouble_of_its_own(kind: type[TwilioApiError], trouble: str) -> None:
    assert trouble_of(kind("x")) == trouble


async def test_an_account_that_cannot_be_reached_at_the_start_is_unreachable(tmp_path: Path) -> None:
    with scene(tmp_path, small_world()) as on, on.archive() as archive:
        account = connect(on.credentials, api_url="http://127.0.0.1:9", policy=QUICK)
        engine = Engine(account, archive, now=on.clock)
        task = asyncio.create_task(engine.live(on.day))
        await until(lambda: engine.progress.trouble)
        assert engine.state().trouble == "unreachable"
        assert engine.state().problem
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await engine.stop()
        await account.close()


async def test_one_flow_that_fails_makes_it_partial_and_it_is_named(tmp_path: Path) -> None:
    with scene(tmp_path, small_world()) as on:
        async with live(on, on.day) as engine:
            assert engine.state().trouble is None
            flow = on.world.flows[0]
            on.faulty.answer(f"{flow.sid}/Executions", 503)
            engine.look_now()
            await until(lambda: engine.progress.trouble == "partial")
            assert [state.name for state in engine.state().flows if state.problem] == [flow.name]
