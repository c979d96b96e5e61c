"""Somebody starts sidscope without credentials: in a terminal a screen helps, without one it ends with 3."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from sidscope.settings import ProfileInfo, Secret
from sidscope.tui.accounts import Accounts
from sidscope.tui.first_run import Chosen, FirstRunApp
from sidscope.tui.palette import of_profiles

REASON = "No Twilio credentials: set TWILIO_ACCOUNT_SID with TWILIO_API_KEY and TWILIO_API_SECRET."


def profile(name: str, digit: str, *, legacy: bool = False) -> ProfileInfo:
    sid = digit * 32
    return ProfileInfo(name, "AC" + sid, None, None, False, legacy, "SK" + sid, None if legacy else Secret("hush"))


PROFILES = (profile("acme", "1"), profile("old", "2", legacy=True))


def text_of(app: FirstRunApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


@asynccontextmanager
async def asked(
    accounts: Accounts, size: tuple[int, int] = (100, 30)
) -> AsyncIterator[tuple[FirstRunApp, Pilot[None]]]:
    app = FirstRunApp(REASON, accounts)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


async def test_it_says_what_to_set_and_offers_profiles_and_the_demo() -> None:
    async with asked(Accounts(None, PROFILES)) as (app, _):
        text = text_of(app)
        for words in (
            "No Twilio credentials",
            "TWILIO_ACCOUNT_SID",
            "TWILIO_API_SECRET",
            "acme",
            "AC11…11",
            "the demo",
        ):
            assert words in text
        assert "hush" not in text


async def test_enter_takes_the_profile_under_the_cursor() -> None:
    async with asked(Accounts(None, PROFILES)) as (app, pilot):
        await pilot.press("enter")
        assert app.chosen == Chosen(demo=False, profile="acme")


async def test_a_profile_that_cannot_be_used_is_said_and_not_taken() -> None:
    accounts = Accounts(None, PROFILES, check=lambda name: f"The secret of {name} is in the keychain.")
    async with asked(accounts) as (app, pilot):
        await pilot.press("j", "enter")
        await pilot.pause()
        assert [each.message for each in app._notifications] == ["The secret of old is in the keychain."]
        assert app.chosen is None


async def test_a_profile_that_cannot_be_used_is_marked_before_it_is_chosen() -> None:
    accounts = Accounts(None, PROFILES, lambda name: "Its secret is in the keychain." if name == "old" else None)
    async with asked(accounts) as (app, _):
        marked = [line for line in text_of(app).splitlines() if "cannot be used" in line]
        assert len(marked) == 1
        assert "old" in marked[0]


def test_nor_can_it_be_gone_to_from_inside() -> None:
    accounts = Accounts("acme", PROFILES, lambda name: "Its secret is in the keychain." if name == "old" else None)
    assert [each.reason for each in of_profiles(accounts)] == ["it is explored now", "Its secret is in the keychain."]


async def test_esc_leaves_as_q_does() -> None:
    async with asked(Accounts(None, PROFILES)) as (app, pilot):
        await pilot.press("escape")
        await pilot.pause()
        assert app.chosen is None
        assert not app.is_running


async def test_d_or_enter_on_its_line_takes_the_demo() -> None:
    for keys in (("d",), ("j", "j", "enter")):
        async with asked(Accounts(None, PROFILES)) as (app, pilot):
            await pilot.press(*keys)
            assert app.chosen == Chosen(demo=True)


async def test_q_leaves_without_a_choice_and_the_smallest_terminal_does_no_harm() -> None:
    async with asked(Accounts(), size=(20, 5)) as (app, pilot):
        await pilot.resize_terminal(1, 1)
        await pilot.press("q")
        assert app.chosen is None


def sidscope(home: Path, **env: str) -> subprocess.CompletedProcess[str]:
    known: Mapping[str, str] = {key: value for key, value in os.environ.items() if not key.startswith("TWILIO_")}
    return subprocess.run(
        [sys.executable, "-m", "sidscope", "--data-dir", str(home / "data")],
        env={**known, "HOME": str(home), **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_without_a_terminal_missing_credentials_end_it_with_3(tmp_path: Path) -> None:
    done = sidscope(tmp_path)
    assert done.returncode == 3
    assert done.stderr.startswith("sidscope: No Twilio credentials: set TWILIO_ACCOUNT_SID")
    assert done.stdout == ""


def test_with_credentials_but_without_a_terminal_it_is_2(tmp_path: Path) -> None:
    (tmp_path / ".twilio-cli").mkdir()
    sid = "1" * 32
    acme: dict[str, Any] = {"accountSid": "AC" + sid, "apiKey": "SK" + sid, "apiSecret": "hush"}
    config = {"profiles": {"acme": acme}, "activeProject": "acme"}
    (tmp_path / ".twilio-cli" / "config.json").write_text(json.dumps(config))
    done = sidscope(tmp_path)
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr


def test_a_look_at_it(snap_compare: Any) -> None:
    assert snap_compare(FirstRunApp(REASON, Accounts(None, PROFILES)), terminal_size=(100, 30))
