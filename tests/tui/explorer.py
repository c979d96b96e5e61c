"""A small language for tests of the real app: ``await user.press("j")``, ``user.sees("…")``, ``user.row``."""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from sidscope.archive import Archive
from sidscope.demo import SimulatedAccount, World
from sidscope.settings import Credentials, Secret
from sidscope.sync.thread import EngineThread
from sidscope.tui.app import ExplorerApp
from sidscope.tui.clipboard import Clipboard
from sidscope.tui.engine import EngineFactory
from sidscope.twilio_api import Account, connect
from tests.tui.samples import NOW

PATIENCE = 10.0
"""Seconds after which a test gives up waiting."""


def screen_lines(app: ExplorerApp) -> list[str]:
    """What stands on the screen, line by line."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


_NAMED = ("enter", "slash", "escape", "ctrl+p")


def _character(key: str) -> str | None:
    if len(key) == 1:
        return key
    try:
        return unicodedata.lookup(key.replace("_", " ").upper())
    except KeyError:
        return None


class User:
    """Somebody in front of the explorer."""

    def __init__(self, app: ExplorerApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot
        self.terminal: list[str] = []  # what was sent to the terminal's clipboard

    async def press(self, *keys: str) -> None:
        """Presses keys, each when the one before has been dealt with. (Textual's own ``press`` waits until the
        machine is idle after every key: ten times as long.)"""
        for key in keys:
            self.app.post_message(events.Key(key, _character(key)))
            await self.settled()

    async def type(self, text: str) -> None:
        """Types text, letter by letter."""
        for character in text:
            self.app.post_message(events.Key(_character_to_key(character), character))
        await self.settled()

    async def at_once(self, *words: str) -> None:
        """Presses keys by name and types what is no key's name, faster than anything can be dealt with."""
        for word in words:
            if len(word) == 1 or word in _NAMED:
                self.app.post_message(events.Key(word, _character(word)))
            else:
                for character in word:
                    self.app.post_message(events.Key(_character_to_key(character), character))
        await self.settled()

    async def paste(self, text: str) -> None:
        """Pastes text."""
        self.app.post_message(events.Paste(text))
        await self.settled()

    async def settled(self) -> None:
        """Waits until every message has been dealt with, and paints."""
        await self.pilot._wait_for_screen()
        while not self.app.keys_settled and self.app.is_running:  # noqa: ASYNC110 - Textual tells nobody
            await asyncio.sleep(0.001)
        for _ in range(2):
            await self.pilot._wait_for_screen()
        self.app.screen._on_timer_update()

    async def still(self) -> None:
        """Waits until the screen stays as it is: what follows a change of size takes several turns."""
        before = None
        while before != (before := self.lines):
            await asyncio.sleep(0.02)
            await self.settled()

    @property
    def toast(self) -> str:
        """What the last toast says."""
        return next((each.message for each in reversed(list(self.app._notifications))), "")

    async def until(self, condition: Callable[[], Any], what: str = "") -> None:
        """Waits until the condition holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"never came: {what}\n" + "\n".join(self.lines))
            await asyncio.sleep(0.01)
            await self.settled()

    async def waits_for(self, *words: str) -> None:
        """Waits until all these words stand on the screen."""
        await self.until(lambda: all(word in self.text for word in words), " and ".join(words))

    async def all_read(self) -> None:
        """Waits until the explorer is live and its status line says of every context how it ended."""

        def is_read() -> bool:
            status = next((line for line in self.lines if " resolved" in line), " left")
            return self.sees("● live") and " left" not in status

        await self.until(is_read, "all of it")

    @property
    def lines(self) -> list[str]:
        return screen_lines(self.app)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def sees(self, *words: str) -> bool:
        return all(word in self.text for word in words)

    @property
    def row(self) -> str:
        """The line under the list's cursor, without the cursor's sign."""
        y = self.row_y
        return self.lines[y][1 : self.app.list.region.width].rstrip() if y is not None else ""

    @property
    def row_y(self) -> int | None:
        """On which line of the screen the list's cursor stands."""
        region = self.app.list.region
        for y in range(region.y, region.bottom):
            if self.lines[y][region.x] in "▌▏":
                return y
        return None

    @property
    def cursor_sid(self) -> str | None:
        record = self.app.session.selected
        return record.execution_sid if record else None


@asynccontextmanager
async def exploring(
    archive: Archive,
    engine: EngineFactory | None = None,
    *,
    size: tuple[int, int] = (140, 40),
    query: str = "",
    now: Callable[[], datetime] = lambda: NOW,
    since: datetime | None = NOW - timedelta(hours=24),
    data_dir: Path | None = None,
    light: bool = False,
    toasts: bool = False,
    **others: Any,
) -> AsyncIterator[User]:
    """The real app on a real archive; offline unless there is an engine."""
    terminal: list[str] = []
    app = ExplorerApp(
        archive,
        engine,
        account_label="acme · AC00…0000",
        query=query,
        since=since,
        now=now,
        data_dir=data_dir,
        clipboard=Clipboard(to_terminal=terminal.append, folder=data_dir, env={"PATH": ""}),
        light=light,
        **others,
    )
    async with app.run_test(size=size, notifications=toasts) as pilot:
        user = User(app, pilot)
        user.terminal = terminal
        await user.until(lambda: app.loaded, "the archive's executions")
        await user.settled()
        yield user


def quiet_world(**sizes: Any) -> World:
    """An account in which nothing happens by itself."""
    options: dict[str, Any] = {"executions": 40, "arrival": None, **sizes}
    return World(7, NOW, **options)


def simulated(
    world: World,
    archive: Archive,
    *,
    since: datetime = NOW - timedelta(hours=24),
    accounts: list[SimulatedAccount] | None = None,
    now: Callable[[], datetime] = lambda: NOW,
) -> EngineFactory:
    """The real engine on a simulated account in this process."""
    simulated_account = SimulatedAccount(world, clock=now)
    if accounts is not None:
        accounts.append(simulated_account)
    login = world.credentials()
    credentials = Credentials(login.account_sid, login.username, Secret(login.password))

    async def open_account() -> Account:
        return connect(credentials, asgi_app=simulated_account, now=now)

    def make(on_event: Callable[[Any], None]) -> EngineThread:
        return EngineThread(open_account, archive, since=lambda: since, on_event=on_event, now=now)

    return make
