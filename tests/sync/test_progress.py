"""The time that is left, as it is told."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from sidscope.sync.progress import Lately, Remaining


def told(looks: Iterable[tuple[float, int, int]]) -> list[int | None]:
    remaining = Remaining()
    return [remaining.seconds(*look) for look in looks]


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ([(0, 0, 0)], [None]),
        ([(0, 0, 100)], [None]),  # nothing can be said yet
        ([(0, 0, 100), (0.5, 10, 90)], [None, None]),  # nor after half a second
        ([(0, 0, 100), (2, 20, 80)], [None, 8]),
        ([(0, 0, 100), (2, 0, 100)], [None, None]),  # nothing moves
        ([(0, 0, 100), (5, 50, 50), (14, 59, 41)], [None, 5, 41]),  # it goes slower now than it did at first
        ([(0, 0, 10), (2, 10, 0), (60, 10, 50), (62, 20, 40)], [None, None, None, 8]),  # a pause in between
        ([(0, 90, 10), (2, 0, 100), (4, 50, 50)], [None, None, 2]),  # it began anew
        ([(0, 0, 3), (2, 2, 1)], [None, 1]),  # never "0 seconds left" while something is
    ],
)
def test_it_follows_from_the_pace_of_the_last_seconds(
    looks: list[tuple[float, int, int]], expected: list[int | None]
) -> None:
    assert told(looks) == expected


def test_it_forgets_what_it_does_not_need() -> None:
    remaining = Remaining()
    for number in range(10_000):
        remaining.seconds(number / 100, number, 1)
    assert len(remaining._seen) <= 1_001


def test_refusals_are_news_for_a_while() -> None:
    lately = Lately()
    looks = [(0, 0), (2, 1), (2, 19), (2, 22), (3, 30), (3, 49), (3, 51)]
    assert [lately.grew(number, now) for number, now in looks] == [False, True, True, False, True, True, False]
