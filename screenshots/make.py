"""Makes README's screenshots from the simulated account with a fixed seed: ``python screenshots/make.py [NAME…]``.

Each one is the real explorer on the real engine, driven by keys; NAME.svg is written beside this file. The clock
stands still, so the same code gives the same pictures.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

os.environ.update(TEXTUAL_ANIMATIONS="none", TZ="UTC")
time.tzset()

from sidscope.archive import Archive  # noqa: E402
from sidscope.demo import SimulatedAccount, World  # noqa: E402
from sidscope.demo.steps import steps_of  # noqa: E402
from sidscope.domain.record import Record  # noqa: E402
from sidscope.domain.sids import sid_key  # noqa: E402
from sidscope.domain.transitions import Outcome, outcome_of  # noqa: E402
from sidscope.settings import Credentials, ProfileInfo, Secret  # noqa: E402
from sidscope.sync.thread import EngineThread  # noqa: E402
from sidscope.tui.accounts import Accounts  # noqa: E402
from sidscope.tui.app import ExplorerApp  # noqa: E402
from sidscope.tui.first_run import FirstRunApp  # noqa: E402
from sidscope.twilio_api import Account, connect  # noqa: E402

logging.getLogger("sidscope").addHandler(logging.NullHandler())  # denied contexts are part of the picture

NOW = datetime(2026, 11, 22, 14, 2, tzinfo=UTC)
SEED = 1


class Shot(NamedTuple):
    """One picture: its size, the keys pressed once the cursor is on the execution it is about, the look."""

    size: tuple[int, int]
    keys: str = ""
    light: bool = False
    failed: bool = False  # about one that failed, else about the longest conversation
    story: str | None = None  # about the last execution of this named story
    hours: int = 24  # how far back is listed


SHOTS = {
    "overview": Shot((140, 40)),
    "story": Shot((140, 40), "tab", story="long_whatsapp", hours=120),
    "context": Shot((140, 40), "2 tab j j j j"),
    "steps": Shot((140, 40), "3 tab enter enter", failed=True),
    "sids": Shot((140, 40), "4"),
    "contacts": Shot((140, 40), "g"),
    "help": Shot((140, 40), "question_mark"),
    "light": Shot((140, 40), light=True),
    "sync": Shot((140, 40), "s"),
    "small": Shot((80, 24)),
}


def eventful(records: dict[str, Record]) -> str:
    """The newest re-entry of the contact on whose conversations the most different things happened."""
    happened: dict[str, set[str]] = {}
    for record in records.values():
        if record.contact:
            happened.setdefault(record.contact, set()).add(record.verdict)
    return max(
        (key for key, record in records.items() if record.verdict == "reentry" and record.contact),
        key=lambda key: (len(happened[records[key].contact or ""]), str(records[key].date_created)),
    )


def failed(world: World, records: dict[str, Record]) -> str:
    """The execution that took the most steps of those in which one failed."""
    steps = {sid_key(run.sid): steps_of(run, world.account_sid, NOW) for run in world.runs(NOW)}
    wrong = [key for key in records if any(outcome_of(step.name) is Outcome.FAILED for step in steps[key])]
    return max(wrong, key=lambda key: (len(steps[key]), key))


async def shoot(name: str, shot: Shot, folder: Path) -> None:
    """Writes one picture."""
    world, since = World(SEED, NOW, arrival=None), NOW - timedelta(hours=shot.hours)
    login = world.credentials()

    async def open_account() -> Account:
        credentials = Credentials(login.account_sid, login.username, Secret(login.password))
        return connect(credentials, asgi_app=SimulatedAccount(world, clock=lambda: NOW), now=lambda: NOW)

    with Archive.memory(world.account_sid) as archive:

        def engine(on_event: Callable[[Any], None]) -> EngineThread:
            return EngineThread(open_account, archive, since=lambda: since, on_event=on_event, now=lambda: NOW)

        app = ExplorerApp(
            archive,
            engine,
            account_label=f"demo …{world.account_sid[-4:]}",
            since=since,
            demo=True,
            now=lambda: NOW,
            light=shot.light,
        )
        async with app.run_test(size=shot.size) as pilot:
            while app.state is None or app.state.phase != "live" or app.state.contexts_left:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            await asyncio.sleep(1.0)  # the last changes are on their way from the archive
            records = app.session.records
            if shot.story:
                about = sid_key(world.stories[shot.story].sids[-1])
            else:
                about = failed(world, records) if shot.failed else eventful(records)
            app.finding.go_to(about)
            await asyncio.sleep(1.0)
            for key in shot.keys.split():
                await pilot.press(key)
            await asyncio.sleep(1.5)  # what the cursor rests on is looked up
            await pilot.pause()
            (folder / f"{name}.svg").write_text(app.export_screenshot(title="sidscope"), encoding="utf-8")


async def shoot_first_run(folder: Path) -> None:
    """Writes the picture of somebody's first start without credentials."""
    profiles = [
        ProfileInfo(name, "AC" + digit * 32, None, None, False, False, "SK" + digit * 32, Secret(""))
        for name, digit in (("acme", "1"), ("acme-prod", "2"))
    ]
    reason = "twilio-cli has no active profile: give --profile, one of 'acme', 'acme-prod'."
    app = FirstRunApp(reason, Accounts(None, profiles))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        (folder / "first_run.svg").write_text(app.export_screenshot(title="sidscope"), encoding="utf-8")


def main() -> None:
    folder = Path(__file__).parent
    for name in sys.argv[1:] or [*SHOTS, "first_run"]:
        asyncio.run(shoot_first_run(folder) if name == "first_run" else shoot(name, SHOTS[name], folder))
        sys.stderr.write(f"{name}.svg\n")


if __name__ == "__main__":
    main()
