"""``sidscope pick`` in a real terminal: what is chosen goes to stdout, and nothing else does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sidscope.archive import Archive
from sidscope.tui.picking import Picking
from sidscope.tui.session import Session
from tests.tui.explorer import exploring
from tests.tui.samples import filled, record, sid
from tests.tui.test_terminal import ROOT, Tmux, tmux

__all__ = ["tmux"]  # the fixture

PICKS = "import sys; from sidscope.cli import main; sys.exit(main(['pick', '--demo', *sys.argv[1:]]))"


def picks(tmux: Tmux, folder: Path, *arguments: str, size: tuple[int, int] = (140, 40)) -> None:
    """Starts it as a script would: stdout caught in a variable."""
    script = folder / "pick.sh"
    command = " ".join(f"'{each}'" for each in arguments)
    script.write_text(
        f'cd {ROOT}\nchosen=$({sys.executable} -c "{PICKS}" {command})\ncode=$?\n'
        'echo "code=$code"\necho "$chosen" | sed "s/.*/<&>/"\necho done\n'
    )
    tmux.start(f"sh {script}", size)
    tmux.waits_for("● live", "Pick a", "enter pick ", "pick none")


def test_the_explorer_too_is_as_large_as_the_terminal_when_its_output_goes_elsewhere(
    tmux: Tmux, tmp_path: Path
) -> None:
    starts = PICKS.replace("'pick', ", "")
    tmux.start(f'cd {ROOT} && {sys.executable} -c "{starts}" | cat', (140, 40))
    tmux.waits_for("● live")
    lines = tmux.screen().splitlines()
    assert lines[0].endswith("● live")
    assert len(lines[0]) >= 138
    assert "q quit" in lines[39]
    tmux("send-keys", "q")
    tmux.waits_for("exit=0")


def chosen(screen: str) -> list[str]:
    return [line[1:-1] for line in screen.splitlines() if line.startswith("<")]


def test_enter_on_an_execution_prints_its_sid(tmux: Tmux, tmp_path: Path) -> None:
    picks(tmux, tmp_path, "channel:voice")
    tmux("send-keys", "Enter")
    screen = tmux.waits_for("code=0", "done")
    assert len(chosen(screen)) == 1
    assert re.fullmatch("FN[0-9a-f]{32}", chosen(screen)[0])


def test_marked_ones_are_printed_each_once_and_of_the_kind_that_is_wanted(tmux: Tmux, tmp_path: Path) -> None:
    picks(tmux, tmp_path, "channel:voice", "--kind", "call", size=(80, 24))
    tmux("send-keys", "Space", "Space")
    tmux.waits_for("2 marked")
    tmux("send-keys", "Enter")
    screen = tmux.waits_for("code=0", "done")
    assert len(chosen(screen)) == 2
    assert all(re.fullmatch("CA[0-9a-f]{32}", line) for line in chosen(screen))


@pytest.mark.parametrize("key", ["q", "Escape"])
def test_who_leaves_without_picking_gets_code_1_and_nothing(tmux: Tmux, tmp_path: Path, key: str) -> None:
    picks(tmux, tmp_path, "channel:voice")
    tmux("send-keys", key)
    screen = tmux.waits_for("code=1", "done")
    assert chosen(screen) == [""]


def test_without_a_terminal_it_says_so_and_prints_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PICKS], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "needs a terminal" in done.stderr


def test_a_kind_that_there_is_not_is_a_mistake_of_usage() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PICKS, "--kind", "worker"], capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "execution" in done.stderr


def test_a_group_is_all_of_its_executions_and_one_conversation() -> None:
    session = Session()
    session.apply([record(10, group=1), record(20, group=1), record(30)])
    session.move_to(0)
    for kind, wanted in (("execution", (sid("FN", 20), sid("FN", 10))), ("conversation", (sid("CH", 1),))):
        picking = Picking(kind)
        assert picking.choose(session) is None
        assert picking.chosen == wanted


def test_what_has_none_of_the_kind_is_not_picked_and_it_says_so() -> None:
    session = Session()
    picking = Picking("task")
    assert picking.choose(session) == "There is nothing here to pick"
    session.apply([record(10)])
    assert picking.choose(session) == "There is no task to pick: this execution has none"
    session.apply([record(20)])
    session.move_to(0)
    session.mark()
    session.move_to(1)
    session.mark()
    assert picking.choose(session) == "There is no task to pick: these 2 executions have none"
    assert picking.chosen == ()


async def test_escape_in_the_list_picks_nothing_and_leaves(archive: Archive) -> None:
    filled(archive)
    picking = Picking("execution")
    async with exploring(archive, picking=picking) as user:
        assert user.sees("esc back / pick none")
        await user.press("question_mark", "escape")
        assert user.app.left_at is None
        await user.press("escape")
        await user.until(lambda: user.app.left_at is not None, "the end")
    assert not picking.chosen
