"""The Rules screen: what sidscope goes by, with the account's own figures, from help and anywhere else."""

from __future__ import annotations

import pytest

from sidscope.archive import Archive, read_records
from sidscope.domain.record import Anomaly, Verdict
from sidscope.domain.stats import ALL, count
from sidscope.tui import picture_signs
from sidscope.tui.chrome import help_rows
from sidscope.tui.commands import LIST, Situation
from sidscope.tui.rules import rules_rows
from sidscope.tui.words import count as counted
from tests.tui.explorer import User, exploring
from tests.tui.samples import NOW, filled, many, record, sid


def figures(user: User) -> dict[str, str]:
    """Label → the figure under "all", as the screen has them."""
    rows = user.app.query_one("#rules").rows  # type: ignore[attr-defined]
    texts = ["".join(part.text for part in row.parts[1:3]) for row in rows if len(row.parts) > 3]
    return {text[:27].strip(): text[27:].strip() for text in texts}


async def test_the_screen_has_the_figures_of_stats_and_they_follow_what_is_loaded(archive: Archive) -> None:
    filler = filled(archive)
    async with exploring(archive) as user:
        await user.press("question_mark", "R")
        await user.waits_for("Rules", "10 executions loaded", "Why this conversation")
        told = read_records(archive, [known.row.sid for known in archive.window()], now=NOW)
        expected = count(told.values()).figures()[ALL]
        assert len(expected) == 4 + len(Verdict) + len(Anomaly)
        assert figures(user) == {label: "·" if value == "0" else value for label, value in expected.items()}
        assert figures(user)["reentry"] == "2"

        filler.add(11, minutes=1, conversation=1)
        archive.flush()
        user.app.feed.changed([sid("FN", 11)])
        await user.waits_for("11 executions loaded")
        assert figures(user)["reentry"] == "3"
        await user.press("escape")
        await user.waits_for("Executions  by conversation")
        assert not user.app.screen.has_class("ruling")


async def test_r_closes_it_again_and_help_and_sync_take_its_place(archive: Archive) -> None:
    filled(archive)
    async with exploring(archive, size=(80, 24)) as user:
        await user.press("R")
        await user.waits_for("What belongs together")
        for key, heading in (("question_mark", "Keys"), ("R", "Rules"), ("s", "Sync"), ("R", "Rules")):
            await user.press(key)
            await user.waits_for(heading)
            assert sum(user.app.screen.has_class(name) for name in ("helping", "syncing", "ruling")) == 1
        await user.press("end")
        await user.waits_for("One conversation for each pair of contact and sender")  # the last line can be reached
        await user.press("R")
        await user.waits_for("Executions  by conversation")


def text(cells: int, *, complete: bool = True) -> list[str]:
    records = [*many(range(20)), record(30, channel="voice"), record(31, channel="api"), record(32, channel=None)]
    rows = rules_rows(count(records), cells, complete=complete)
    return ["".join(part.text for part in row.parts) for row in rows]


def test_it_fits_every_width_and_says_which_channels_do_not() -> None:
    for cells in (42, 60, 78, 100, 140, 200):
        lines = text(cells)
        assert max(map(len, lines)) <= cells
        columns = {word for line in lines if line.startswith("  Why this conv") for word in line.split()[3:]}
        left_out = next((line for line in lines if "Too narrow for" in line), "")
        for name in ("wa", "voice", "api", "unread"):
            assert (name in columns) != (f" {name}" in left_out)


def test_before_it_has_counted_and_before_all_is_loaded_it_says_so() -> None:
    assert "counting…" in "".join(part.text for part in rules_rows(None, 80, complete=True)[0].parts)
    assert f"{counted(23, 'execution')} loaded so far" in text(80, complete=False)[0]


@pytest.mark.parametrize("cells", [44, 80, 138])
def test_rules_and_help_explain_every_sign_that_the_picture_is_drawn_with(cells: int) -> None:
    signs = {sign for sign in vars(picture_signs).values() if isinstance(sign, str) and len(sign) == 1}
    assert len(signs) > 15
    situation = Situation(LIST, selected=True)
    for rows in (rules_rows(None, cells, complete=True), help_rows(situation, cells)):
        lines = ["".join(part.text for part in row.parts) for row in rows]
        legend = lines[next(index for index, line in enumerate(lines) if "The picture of a story" in line) :]
        assert all(any(sign in line for line in legend) for sign in signs)
        assert all(meaning.split()[0] in "".join(legend) for _, meaning, _ in picture_signs.LEGEND)
        assert max(map(len, legend)) <= cells
