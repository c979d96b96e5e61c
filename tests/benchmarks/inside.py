"""An explorer that watches its own event loop: ``python -m tests.benchmarks.inside SCENARIO RESULT``, in a terminal.

A task that wants to wake up every 5 ms notes how much later it does: so long something else held the loop (or the
interpreter). ``cold``: a cold sync; ``list``: reading a long list from the archive; ``live``: executions keep coming.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from textual import events

from sidscope.archive import Archive, ContextWrite, archive_path
from sidscope.domain.records import Context, Execution, ReadStatus
from sidscope.settings import Credentials, Secret
from sidscope.sync.thread import Changed, EngineThread
from sidscope.tui.app import ExplorerApp
from sidscope.twilio_api import Account, connect
from tests.benchmarks import archives
from tests.benchmarks.synthetic import ACCOUNT, Population

BEAT = 0.005
AT_LEAST = 0.1
"""Seconds for which a loop is watched, however little there is to do."""

A_SECOND = 50  # executions
SPED_UP = 10  # a simulated second is so much shorter
MOVES = "jjjkjjkjkj"


async def beat(lags: list[float]) -> None:
    """Notes for ever how late this wakes up."""
    clock = asyncio.get_running_loop().time
    while True:
        before = clock()
        await asyncio.sleep(BEAT)
        lags.append(max(0.0, clock() - before - BEAT))


class Inside:
    """One explorer and its lags."""

    def __init__(self, data_dir: Path, url: str | None) -> None:
        path = archive_path(data_dir, ACCOUNT)
        self.archive = Archive.open(path, account_sid=ACCOUNT)
        if self.archive.oldest_started() is None:
            self.archive.expect()  # as the command does
        self.lags: list[float] = []
        self.engine_lags: list[float] = []
        self.url = url
        self.clock = datetime.now(UTC)
        self.app = ExplorerApp(
            self.archive,
            self._engine if url else None,
            account_label="benchmark",
            since=self.clock - timedelta(hours=24),
            now=lambda: self.clock,
        )

    def _engine(self, on_event: Callable[[Any], None]) -> EngineThread:
        async def open_account() -> Account:
            self._beating = asyncio.create_task(beat(self.engine_lags))
            return connect(Credentials(ACCOUNT, ACCOUNT, Secret("secret")), api_url=self.url)

        return EngineThread(
            open_account, self.archive, since=lambda: self.clock - timedelta(hours=24), on_event=on_event
        )

    async def run(self, scenario: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        """The app, with the scenario beside it. What comes before its parts are there is the start, and measured as
        such."""
        running = asyncio.create_task(self.app.run_async())
        while not self.app.begun:
            await asyncio.sleep(0.01)
        beating = asyncio.create_task(beat(self.lags))
        try:
            told = await scenario()
            await asyncio.sleep(AT_LEAST)
        finally:
            beating.cancel()
            self.app.exit()
            await running
        return {"lags": self.lags, "engine_lags": self.engine_lags, **told}

    async def listing(self, executions: int) -> dict[str, Any]:
        """Until the list holds so many."""
        while len(self.app.session.records) < executions or not self.app.loaded:
            await asyncio.sleep(0.1)
        return {}

    async def cold(self, executions: int) -> dict[str, Any]:
        """Until every context has been read and is in the list."""
        await self.listing(executions)
        while self.app.state is None or self.app.state.contexts_left or self.app.state.phase != "live":
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)
        return {}

    async def live(self, seconds: float) -> dict[str, Any]:
        """Executions keep coming, keys keep being pressed."""
        app = self.app
        while not app.loaded:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        self.archive.on_commit = lambda keys: app._from_engine(Changed(frozenset(keys)))
        self.lags.clear()
        await asyncio.sleep(min(5.0, seconds / SPED_UP))
        idle, self.lags[:] = list(self.lags), []
        moved = 0
        place = app.list.place_cursor

        def counted(index: int) -> None:
            nonlocal moved
            moved += 1
            place(index)

        app.list.place_cursor = counted  # type: ignore[method-assign]
        pressed = 0
        coming = Population(self.clock, int(seconds) * A_SECOND + 1_000, span=timedelta(0))
        for second in range(int(seconds)):
            self.clock += timedelta(seconds=1)
            await asyncio.to_thread(self.archive.write, *self._arrivals(coming, second))
            for key in MOVES:
                app.post_message(events.Key(key, key))
                pressed += 1
                await asyncio.sleep(1 / SPED_UP / len(MOVES))
        await asyncio.sleep(0.5)
        return {"idle_lags": idle, "pressed": pressed, "moved": moved}

    def _arrivals(self, coming: Population, second: int) -> list[Any]:
        found: list[Any] = []
        for number in range(second * A_SECOND, (second + 1) * A_SECOND):
            number += 10_000_000  # none that the archive has
            old = archives.execution(coming, number)
            row = Execution(
                old.sid,
                old.flow_sid,
                "active",
                self.clock,
                self.clock,
                old.contact_channel_address,
                old.initiated_by,
                3,
            )
            read = Context(row.sid, ReadStatus.OK, self.clock, {"trigger": {"message": {}}})
            found += [row, ContextWrite(read, row)]
        return found


def main() -> None:
    """Runs one scenario; its numbers go to a file, for the terminal is the explorer's."""
    parser = argparse.ArgumentParser()
    parser.add_argument("scenario", choices=("cold", "list", "live"))
    parser.add_argument("result", type=Path)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--url")
    parser.add_argument("--executions", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0.0)
    given = parser.parse_args()
    sys.setswitchinterval(0.0005)  # these two as the command does
    gc.set_threshold(50_000, 20, 100)
    inside = Inside(given.data_dir, given.url)
    scenarios: dict[str, Callable[[], Awaitable[dict[str, Any]]]] = {
        "cold": lambda: inside.cold(given.executions),
        "list": lambda: inside.listing(given.executions),
        "live": lambda: inside.live(given.seconds),
    }
    told = asyncio.run(inside.run(scenarios[given.scenario]))
    inside.archive.close()
    unfinished = given.result.with_suffix(".part")
    unfinished.write_text(json.dumps(told))
    os.replace(unfinished, given.result)


if __name__ == "__main__":
    main()
