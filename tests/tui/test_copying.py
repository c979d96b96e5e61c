"""The copy menu, the Console, and what was copied before."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from textual import events

from sidscope.archive import Archive, read_records
from sidscope.demo import SimulatedAccount
from sidscope.domain.facts import Mention
from sidscope.domain.sids import KINDS
from sidscope.tui.browser import Browser
from sidscope.tui.copying import LETTERS, choice_rows, recent_choices, record_json, sid_choices
from sidscope.tui.groups import record_key
from tests.tui.explorer import User, exploring, quiet_world, simulated
from tests.tui.paths import with_steps
from tests.tui.samples import NOW, Filler, filled, record, sid


def copied(user: User) -> str:
    """What was sent to the terminal's clipboard last."""
    return base64.b64decode(user.terminal[-1].split(";")[2].rstrip("\a")).decode()


def test_every_kind_of_sid_has_a_letter_of_its_own_and_a_new_kind_would_get_one() -> None:
    assert LETTERS.keys() == KINDS.keys()
    letters = {letter: KINDS[prefix] for prefix, letter in LETTERS.items()}
    assert len(letters) == len(set(KINDS.values()))
    assert {prefix: LETTERS[prefix] for prefix in ("FN", "FW", "CH", "CA", "SM", "IM", "WT", "KD")} == {
        "FN": "f", "FW": "w", "CH": "h", "CA": "c", "SM": "m", "IM": "m", "WT": "t", "KD": "i",
    }  # fmt: skip
    assert not set(letters) & set("ujlynsvdr")


def test_the_first_sid_of_a_kind_has_the_letter_and_the_others_stand_below() -> None:
    mentioned = (Mention(sid("WK", 1), "x"), Mention(sid("CH", 9), "y"), Mention(sid("CH", 1), "z"))
    choices = sid_choices(record(1, group=1, related_sids=mentioned, task_sid=sid("WT", 1)), None, [sid("FT", 3)])
    assert [(choice.letter, choice.make()) for choice in choices] == [
        ("f", sid("FN", 1)),
        ("w", sid("FW", 1)),
        ("h", sid("CH", 1)),
        ("t", sid("WT", 1)),
        (LETTERS["FT"], sid("FT", 3)),
        (LETTERS["WK"], sid("WK", 1)),
        ("n", "whatsapp:+4915100000001"),
        ("", sid("CH", 9)),
    ]


def test_an_execution_as_json_is_its_record() -> None:
    assert json.loads(record_json(record(1, group=1)))["conversation_sid"] == sid("CH", 1)


def test_earlier_copies_come_newest_first_with_how_long_they_are() -> None:
    choices = recent_choices(["one", "two\nlines"])
    assert [(choice.letter, choice.what, choice.make()) for choice in choices] == [
        ("a", "2 lines", "two\nlines"),
        ("b", "", "one"),
    ]
    assert all(row.stands for row in choice_rows(choices, 80))


async def test_the_menu_copies_by_letter_and_closes(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("j")
        for letter, value in (("h", sid("CH", 1)), ("w", sid("FW", 1)), ("n", "whatsapp:+4915100000001")):
            await user.press("Y")
            await user.waits_for("a letter, or ↑ ↓ and enter", "ticket pack", "Console link")
            await user.press(letter)
            await user.until(lambda value=value: user.terminal and copied(user) == value)  # type: ignore[misc]
            await user.until(lambda: user.app.situation.pane == "list")
            assert not user.sees("ticket pack")


async def test_the_letter_may_come_together_with_the_key_that_opens_the_menu(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("j", "tab")
        user.app.post_message(events.Key("Y", "Y"))
        await user.type("h")
        await user.until(lambda: user.terminal and copied(user) == sid("CH", 1))
        user.app.post_message(events.Key("slash", "/"))
        await user.type("gYq/")
        await user.until(lambda: user.app.box.text == "gYq/")


async def test_a_key_that_means_nothing_in_the_menu_does_nothing_and_escape_closes_it(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive, size=(80, 24)) as user:
        await user.press("j", "2", "tab", "Y")
        await user.waits_for("execution as JSON")
        await user.press("q", "x", "g", "slash")
        assert user.sees("execution as JSON")
        assert user.app.box.text == ""
        await user.press("down", "down", "up", "pagedown", "escape")
        await user.until(lambda: user.app.situation.pane == "context")
        assert not user.terminal


async def test_the_ticket_pack_masks_addresses_and_names_every_sid(archive: Archive) -> None:
    filled(archive)
    with_steps(archive, archive.known([sid("FN", 1)])[sid("FN", 1)].row)
    async with exploring(archive) as user:
        await user.press("j")
        await user.until(lambda: user.app.pane.detail and user.app.pane.detail.key == sid("FN", 1))
        await user.press("Y", "l")
        await user.until(lambda: user.toast.startswith("ticket pack: "))
        pack = copied(user)
        assert "4915100000001" not in pack
        assert all(each in pack for each in (sid("FN", 1), sid("FN", 2), sid("CH", 1), "region `us1`", "call_api"))


async def test_the_ticket_pack_has_the_last_steps_read_and_says_of_which_none_are_known(archive: Archive) -> None:
    accounts: list[SimulatedAccount] = []
    async with exploring(archive, simulated(quiet_world(), archive, accounts=accounts)) as user:
        await user.all_read()
        await user.press("end")
        await user.until(lambda: user.app.session.selected and user.app.session.selected.outcome, "its outcome")
        user.app.engine.pause()  # type: ignore[union-attr]
        other = next(each for each in user.app.session.everything() if each.outcome is None and not each.active)
        user.app.ask = lambda *_, **__: None  # type: ignore[method-assign]
        user.app.finding.go_to(record_key(other))
        await user.until(lambda: user.app.pane.detail and user.app.pane.detail.key == record_key(other))
        before = len(list(accounts[0].matching("steps")))
        await user.press("Y", "l")
        await user.until(lambda: user.toast.startswith("ticket pack: "))
        assert len(list(accounts[0].matching("steps"))) == before + 1
        assert f"## Last steps of `{other.execution_sid}`" in copied(user)


async def test_an_execution_as_json_is_what_list_prints(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        user.app.finding.go_to(sid("FN", 2))
        await user.press("Y", "j")
        await user.until(lambda: user.terminal)
        listed = read_records(archive, [sid("FN", 2)], now=NOW)[sid("FN", 2)].as_dict()
        assert listed["related_sids"]
        assert json.loads(copied(user)) == listed


async def test_marked_rows_are_copied_as_tsv_or_markdown(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("j", "space", "space", "Y")
        await user.waits_for("2 marked as TSV", "2 marked as Markdown")
        await user.press("v")
        await user.until(lambda: user.terminal)
        rows = [line.split("\t") for line in copied(user).splitlines()]
        assert [row[6] for row in rows[1:]] == [sid("FN", 1), sid("FN", 2)]
        assert rows[1][5] == "whatsapp:+4915100000001"
        await user.until(lambda: user.app.situation.pane == "list")
        await user.press("Y", "d")
        await user.until(lambda: copied(user).startswith("| started"))
        assert "4915100000001" not in copied(user)


async def test_what_was_copied_before_can_be_taken_again(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive) as user:
        await user.press("j", "y", "c")
        await user.until(lambda: len(user.terminal) == 2)
        await user.press("Y", "r")
        await user.waits_for("the newest first")
        await user.press("b")
        await user.until(lambda: len(user.terminal) == 3 and copied(user) == sid("FN", 1))
        for number in range(30):
            user.app.remember(str(number))
        assert len(user.app.recent) == 20


async def test_o_opens_the_console_and_over_ssh_copies_the_link_and_says_so(archive: Archive, tmp_path: Path) -> None:
    filled(archive)
    opener, opened = tmp_path / "xdg-open", tmp_path / "opened"
    opener.write_text(f'#!/bin/sh\necho "$1" > {opened}\necho noise >&2\n')
    opener.chmod(0o700)
    url = f"https://www.twilio.com/console/studio/flows/{sid('FW', 1)}/executions/{sid('FN', 1)}"
    async with exploring(archive) as user:
        user.app.browser = Browser(env={"PATH": str(tmp_path), "DISPLAY": ":0"}, platform="linux")
        await user.press("j", "o")
        await user.until(lambda: "opened in the browser" in user.toast)
        assert opened.read_text().strip() == url
        assert not user.terminal
        user.app.browser = Browser(
            env={"PATH": str(tmp_path), "DISPLAY": ":0", "SSH_CONNECTION": "x"}, platform="linux"
        )
        await user.press("o")
        await user.until(lambda: user.terminal and copied(user) == url)
        await user.until(lambda: "over ssh there is no browser here. Link to FN01…01 · " in user.toast, "the reason")


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({}, "there is no desktop here"),
        ({"DISPLAY": ":0"}, "xdg-open is not installed"),
        ({"SSH_TTY": "/dev/pts/1", "DISPLAY": ":0"}, "over ssh"),
    ],
)
def test_where_no_browser_can_be_opened_it_says_why(env: dict[str, str], words: str, tmp_path: Path) -> None:
    reason = Browser(env={"PATH": str(tmp_path), **env}, platform="linux").open("https://example.org")
    assert reason is not None
    assert words in reason


def test_a_browser_that_fails_is_said(tmp_path: Path) -> None:
    opener = tmp_path / "xdg-open"
    opener.write_text("#!/bin/sh\nexit 3\n")
    opener.chmod(0o700)
    env = {"PATH": str(tmp_path), "WAYLAND_DISPLAY": "wayland-0"}
    assert Browser(env=env, platform="linux").open("https://example.org") == "xdg-open did not find a browser"


async def test_the_menu_survives_any_size_and_keys_at_once(archive: Archive) -> None:
    Filler(archive).add(1, minutes=5, conversation=1)
    archive.flush()
    async with exploring(archive) as user:
        for width, height in ((80, 24), (60, 15), (44, 10), (20, 5), (1, 1), (140, 40)):
            await user.press("Y")
            await user.pilot.resize_terminal(width, height)
            await user.settled()
        await user.press("tab", "Y", "ctrl+p", "escape", "Y", "escape", "o", "Y", "j")
        await user.until(lambda: user.terminal)
