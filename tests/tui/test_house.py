"""Stories about sidscope itself: the sync panel, the palette, keys, accounts, time zone and looks."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from sidscope.archive import Archive
from sidscope.config import Config
from sidscope.settings import ProfileInfo, Secret
from sidscope.tui.accounts import Accounts, colour_of
from sidscope.tui.commands import COMMANDS, Situation
from sidscope.tui.palette import choices, matching
from sidscope.tui.words import use_utc
from tests.tui.explorer import exploring, quiet_world, simulated
from tests.tui.samples import filled, sid


@pytest.fixture(autouse=True)
def local_times() -> None:
    use_utc(False)


def profile(name: str, digit: str) -> ProfileInfo:
    return ProfileInfo(name, "AC" + digit * 32, None, None, False, False, "SK" + digit * 32, Secret("x"))


PROFILES = (profile("acme", "1"), profile("acme-prod", "2"))


# --- the sync panel


async def test_s_shows_what_is_fetched_how_often_and_what_it_cost_and_space_pauses(tmp_path: Path) -> None:
    world = quiet_world()
    with Archive.open(tmp_path / "a.sqlite", account_sid=world.account_sid) as archive:
        async with exploring(archive, simulated(world, archive)) as user:
            await user.all_read()
            await user.press("s")
            await user.waits_for("Flows", "every 3 s", "requests", "at once · never refused", "0 left")
            assert all(user.sees(flow.name[:10]) for flow in world.flows if flow.name.isascii())
            await user.press("space")
            await user.waits_for("‖ paused", "Paused: no polling")
            await user.press("space")
            await user.waits_for("● live")
            assert not user.sees("Paused: no polling")
            await user.press("s")
            await user.waits_for("Executions")


async def test_space_still_marks_in_the_list_and_pauses_nothing(tmp_path: Path) -> None:
    world = quiet_world(executions=8, stories=())
    with Archive.open(tmp_path / "a.sqlite", account_sid=world.account_sid) as archive:
        async with exploring(archive, simulated(world, archive)) as user:
            await user.waits_for("● live")
            await user.press("space")
            await user.waits_for("1 marked")
            assert not user.app.state.paused


async def test_offline_the_panel_says_that_nothing_is_asked(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("s")
        await user.waits_for("offline, archive only", "Twilio is not asked")
        await user.press("space")
        assert "sidscope is offline" in user.toast


# --- the palette


async def test_the_palette_runs_a_command_by_its_name_and_says_why_another_does_nothing(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("j", "ctrl+p")
        await user.type("group")
        await user.press("enter")
        await user.waits_for("by contact")
        await user.press("ctrl+p")
        await user.type("refresh")
        await user.waits_for("(sidscope is offline)")
        await user.press("enter")
        await user.until(lambda: user.toast == "refresh: sidscope is offline")
        await user.press("escape")
        await user.until(lambda: user.app.focused is user.app.list)


async def test_what_is_typed_or_named_strangely_is_harmless_in_the_palette(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive, config=Config(queries={"[red]x[/] \x1b[2J": "status:active"})) as user:
        await user.press("ctrl+p")
        await user.type("[/][")
        await user.waits_for("nothing is called that")
        await user.press("escape", "ctrl+p")
        await user.waits_for("[red]x[/] ␛[2J")


async def test_a_saved_query_is_in_the_palette(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive, config=Config(queries={"the stuck ones": "anomaly:stuck"})) as user:
        await user.press("ctrl+p")
        await user.type("stuck")
        await user.press("enter")
        await user.until(lambda: user.app.box.text == "anomaly:stuck")


def test_names_are_matched_by_words_and_before_descriptions() -> None:
    offered = choices(COMMANDS, Situation(selected=True), {}, Accounts(), "sidscope-dark")
    assert matching(offered, "quit")[0].target == "quit"
    assert matching(offered, "sync")[0].target == "sync"
    assert matching(offered, "no such thing") == []
    assert {each.kind for each in offered} == {"command", "theme"}


# --- keys


async def test_the_user_s_keys_work_and_stand_in_footer_and_help(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive, config=Config(keys={"down": "n", "help": "f1"})) as user:
        before = user.cursor_sid, user.row
        await user.press("j")
        assert (user.cursor_sid, user.row) == before
        await user.press("n")
        assert (user.cursor_sid, user.row) != before
        assert "f1 help" in user.lines[-1]
        await user.press("f1")
        await user.waits_for("n             one line down")


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_what_is_wrong_with_the_configuration_is_said_at_start_and_all_of_it_in_help_and_sync(
    archive: Archive, size: tuple[int, int]
) -> None:
    filled(archive)
    complaints = [
        "/where/the/settings/are/sidscope/config.toml:3: there is no setting 'theem' (is 'theme' meant?).",
        "keys.fly: there is no such command.",
    ]
    config = Config(keys={"help": "k"})
    engine = simulated(quiet_world(), archive)
    async with exploring(archive, engine, complaints=complaints, config=config, size=size) as user:
        await user.waits_for("● live")
        await user.settled()
        assert user.lines[-2].startswith(" ⚠ config.toml:3: there is no setting 'theem' (is 'theme' meant?). ")
        assert user.lines[-2].endswith("+1 more: k ")
        await user.press("j")
        assert not user.sees("config.toml:3")
        await user.waits_for("⚠ configuration: k")
        await user.press("k")
        await user.waits_for("Configuration", "keys.fly: there is no such command.")
        await user.press("escape", "s")
        await user.waits_for("keys.fly: there is no such command.")
        shown = [line.strip() for line in user.lines]
        problems = shown.index("Problems")
        assert (
            shown[problems + 1]
            .lstrip("▌ ")
            .startswith("⚠ /where/the/settings/are/sidscope/config.toml:3: there is no setting")
        )
        assert problems < next(y for y, line in enumerate(shown) if line.startswith("state"))


# --- accounts


def test_production_is_red_the_user_s_colour_wins_and_others_keep_theirs() -> None:
    assert colour_of("acme-PROD", {}) == "#d9434f"
    assert colour_of("acme-prod", {"acme-prod": "blue"}) == "blue"
    assert colour_of("acme", {}) == colour_of("acme", {}) != "#d9434f"


async def test_another_account_is_another_explorer(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive, accounts=Accounts("acme", PROFILES)) as user:
        await user.press("P")
        await user.waits_for("account: acme-prod", "AC22…22", "it is explored now")
        await user.type("prod")
        await user.press("enter")
        await user.until(lambda: user.app.going_to == "acme-prod")


async def test_a_profile_that_cannot_be_used_is_not_gone_to(archive: Archive) -> None:
    filled(archive)
    accounts = Accounts("acme", PROFILES, check=lambda name: f"The secret of {name} is elsewhere.")
    async with exploring(archive, accounts=accounts) as user:
        await user.press("P")
        await user.type("prod")
        await user.waits_for("The secret of acme-prod is elsewhere.")  # before it is chosen
        await user.press("enter")
        assert user.app.going_to is None
        user.app.leave_for("acme-prod")  # should that have become so since
        await user.until(lambda: user.toast == "The secret of acme-prod is elsewhere.")
        assert user.app.going_to is None


async def test_without_other_profiles_the_key_says_so(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("P")
        assert "no other profile" in user.toast


# --- time zone and looks


async def test_u_writes_times_in_utc_and_in_the_local_zone_again(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    filled(archive)
    async with exploring(archive) as user:
        await user.press("j")
        await user.waits_for("▶ 16:00:00")
        await user.press("u")
        await user.waits_for("▶ 07:00:00", "UTC")
        await user.press("u")
        await user.waits_for("▶ 16:00:00")


async def test_t_goes_through_the_looks_and_each_can_be_read(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        seen = [user.app.theme]
        for _ in range(4):
            await user.press("t")
            seen.append(user.app.theme)
            await user.waits_for("sidscope", "acme", "FN01…01")
        assert seen == ["sidscope-dark", "sidscope-light", "ansi-dark", "ansi-light", "sidscope-dark"]


@pytest.mark.parametrize("look", ["dark", "light", "ansi-dark", "ansi-light"])
async def test_no_colour_is_needed_in_any_look(archive: Archive, look: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    filled(archive)
    async with exploring(archive, config=Config(theme=look)) as user:
        await user.press("j")
        await user.waits_for("∅ gone", "⊘ denied", "↻2 same")
        assert user.row_y is not None
        assert sid("FN", 1) == user.cursor_sid
