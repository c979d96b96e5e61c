"""Why there is nothing: each reason is its own sight, with what it means and what to do next."""

from __future__ import annotations

from typing import Any

import pytest

from sidscope.tui.sights import Sight, list_sight, sight_rows

REASONS: dict[str, dict[str, Any]] = {
    "No executions": {"phase": "live"},
    "Looking for executions": {"phase": "listing"},
    "Paused": {"phase": "starting", "paused": True},
    "holds nothing for this time": {"offline": True},
    "Twilio refused these credentials": {"phase": "refused"},
    "Twilio cannot be reached": {"phase": "starting", "trouble": "unreachable"},
    "may not list flows": {"phase": "starting", "trouble": "denied"},
    "asks for patience": {"phase": "starting", "trouble": "throttled"},
    "not give an answer": {"phase": "starting", "trouble": "fault"},
    "executions in what could be listed": {"phase": "live", "trouble": "partial"},
    "no longer asks Twilio": {"phase": "stopped"},
}


def sight_of(**reason: Any) -> Sight:
    usual: dict[str, Any] = {"loaded": True, "offline": False, "phase": "live", "trouble": None, "paused": False}
    return list_sight(**{**usual, **reason})


@pytest.mark.parametrize("words", REASONS)
def test_each_reason_has_a_sight_of_its_own_that_says_what_it_means(words: str) -> None:
    sight = sight_of(**REASONS[words])
    assert words in sight.head
    assert sight.text
    assert sight.sign
    assert [sight_of(**reason) for reason in REASONS.values()].count(sight) == 1


@pytest.mark.parametrize("words", [words for words in REASONS if words != "Looking for executions"])
def test_each_says_what_to_do_next(words: str) -> None:
    assert sight_of(**REASONS[words]).todo


def test_no_sight_is_told_by_its_colour_alone() -> None:
    seen = {(sight.sign, sight.head) for sight in (sight_of(**reason) for reason in REASONS.values())}
    assert len(seen) == len(REASONS)


@pytest.mark.parametrize("cells", [1, 20, 60, 200])
def test_a_sight_fits_any_width(cells: int) -> None:
    for reason in REASONS.values():
        for row in sight_rows(sight_of(**reason), cells):
            assert sum(len(part.text) for part in row.parts) <= max(cells, 60)
