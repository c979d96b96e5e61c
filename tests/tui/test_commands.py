"""The one table of commands: whole, without clashes, and the same in bindings, help and app."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from sidscope.tui.app import ExplorerApp
from sidscope.tui.commands import (
    COMMANDS,
    CONTEXT,
    LIST,
    Situation,
    bindings,
    blocked,
    for_footer,
    key_names,
    key_table,
    rebound,
)
from tests.tui.key_table import table_in_readme


def test_every_command_has_something_that_does_it_and_words_that_say_so() -> None:
    for command in COMMANDS:
        assert callable(getattr(ExplorerApp, f"do_{command.id}"))
        assert command.what
        assert key_names(command)


def test_no_two_commands_share_a_key_or_a_name() -> None:
    keys = Counter((key, pane) for command in COMMANDS for key in command.keys for pane in command.where)
    assert max(keys.values()) == 1  # in one pane
    assert len({command.id for command in COMMANDS}) == len(COMMANDS)


def test_readme_s_table_of_keys_is_the_table_of_commands() -> None:
    assert table_in_readme() == key_table(), "python -m tests.tui.key_table writes it"


def test_the_user_s_keys_take_the_place_of_the_table_s_and_of_those_they_take_away() -> None:
    table = {
        command.id: command for command in rebound({"down": "n", "quit": "f10", "copy": "alt+y", "quit_now": "f9"})
    }
    assert table["down"].keys == ("n",)
    assert "n" not in table["next_match"].keys or not table["next_match"].where & table["down"].where
    assert table["quit"].keys == ("f10",)
    assert table["copy"].keys == ("y",)  # terminals do not send alt+y: check_keys says so, and it does not count
    assert table["quit_now"].keys == ("f9", "ctrl+c")
    assert rebound({}) == COMMANDS


def test_no_key_is_one_that_terminals_cannot_tell_apart() -> None:
    assert not {"ctrl+m", "ctrl+i", "ctrl+j", "ctrl+h", "ctrl+space"} & {k for c in COMMANDS for k in c.keys}


def test_the_bindings_are_the_table() -> None:
    assert [binding.action for binding in bindings()] == [f"command('{command.id}')" for command in COMMANDS]


def test_the_footer_names_what_works_now() -> None:
    nothing = {command.id for command in for_footer(Situation(pane=LIST, selected=False))}
    chosen = {command.id for command in for_footer(Situation(pane=LIST, selected=True, conversation=True, held=3))}
    assert "copy" not in nothing
    assert {"copy", "copy_conversation", "let_in", "help", "quit"} <= chosen


@pytest.mark.parametrize(
    ("name", "now", "reason"),
    [
        ("copy", Situation(selected=False), "nothing is selected"),
        ("copy_conversation", Situation(selected=True), "no conversation or call"),
        ("let_in", Situation(), "nothing new is waiting"),
        ("refresh", Situation(), "offline"),
        ("clear_filter", Situation(), "no filter"),
        ("fold", Situation(pane="sids"), "not in SIDs"),
        ("fold", Situation(pane=CONTEXT), None),
    ],
)
def test_a_command_that_does_nothing_now_says_why(name: str, now: Situation, reason: str | None) -> None:
    command = next(command for command in COMMANDS if command.id == name)
    why = blocked(command, now)
    assert (why is None) if reason is None else (why is not None and reason in why)


def test_the_screen_loads_without_any_network_module_and_the_first_rows_without_what_is_mounted_after_them() -> None:
    later = (
        "httpx",
        "aiohttp",
        "twilio",
        *(f"sidscope.tui.{name}" for name in ("palette", "story", "widgets.chooser")),
    )
    code = f"import sys, sidscope.tui.app; print([m for m in {later} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
