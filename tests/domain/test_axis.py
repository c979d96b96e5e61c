"""The axis of the story's picture: every moment in its place, silence folded, ticks that tell the wall clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidscope.domain.axis import Axis, Label, axis, days, local, times

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
BERLIN, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")
SPRING, AUTUMN = datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 10, 24, 20, tzinfo=UTC)


def hours(*values: float, start: datetime = START) -> list[datetime]:
    return [start + timedelta(hours=value) for value in values]


def texts(labels: tuple[Label, ...], cells: int) -> str:
    """How the labels look, and that none covers another."""
    line = [" "] * cells
    for at, text in labels:
        assert line[at : at + len(text)] == [" "] * len(text)
        line[at : at + len(text)] = text
    return "".join(line)


# --- tables


def test_without_long_silence_it_is_proportional() -> None:
    rule = axis(hours(0, 1, 2, 4), 41)
    assert [rule.cell(moment) for moment in hours(0, 1, 2, 3, 4)] == [0, 10, 20, 30, 40]
    assert rule.folds == ()


def test_a_long_silence_is_folded_and_says_how_long_it_was() -> None:
    rule = axis(hours(0, 1, 2, 30, 31), 48)
    (fold,) = rule.folds
    assert fold.span == timedelta(hours=28)
    assert rule.cell(hours(2)[0]) < fold.at
    assert rule.cell(hours(30)[0]) == fold.at + fold.cells
    assert rule.cell(hours(31)[0]) == 47


def test_silences_of_much_the_same_length_are_folded_together_or_not_at_all() -> None:
    assert len(axis(hours(0, 1, 11, 12, 22, 23), 80).folds) == 2
    assert axis(hours(0, 10, 20, 30), 80).folds == ()


def test_folding_leaves_at_least_half_of_the_cells() -> None:
    assert len(axis(hours(*(day * 24 + hour for day in range(30) for hour in (0, 1))), 60).folds) in (0, 1, 2, 3, 4)


def test_what_is_no_silence_to_speak_of_is_not_folded() -> None:
    assert axis(hours(0, 1, 2, 30, 31), 48, silence=29 * 3600).folds == ()


def test_minutes_are_not_made_long_by_folding_hours() -> None:
    rule = axis(hours(0, 0.05, 9), 60, finest=60)
    assert rule.folds == ()


@pytest.mark.parametrize("moments", [hours(0), hours(0, 0), hours(0, 1e-9)])
def test_no_time_at_all_is_a_place_too(moments: list[datetime]) -> None:
    rule = axis(moments, 20)
    assert 0 <= rule.cell(moments[-1]) < 20
    assert times(rule, 0, 20, UTC)[0].text.startswith("12:00")


@pytest.mark.parametrize(
    ("zone", "days_row", "times_row"),
    [
        (UTC, "Sun 1 Nov   Mon 2 Nov", "12:00       00:00    "),
        (KATHMANDU, "Sun 1  Mon 2 Nov     ", "17:45               "),
    ],
)
def test_days_begin_where_they_begin_in_the_zone(zone: tzinfo, days_row: str, times_row: str) -> None:
    rule = axis(hours(0, 20), 21)
    assert texts(days(rule, 0, 21, zone), 21) == days_row
    assert texts(times(rule, 0, 21, zone), 21).rstrip()[:5] == times_row[:5]


def test_the_first_moment_after_a_fold_is_told_exactly() -> None:
    rule = axis(hours(0, 1, 2, 30.2, 31), 48)
    fold = rule.folds[0]
    assert Label(fold.at + fold.cells, "18:12") in times(rule, 0, 48, UTC)


def test_who_comes_first_has_the_place_and_the_right_edge_is_kept() -> None:
    rule = axis(hours(0, 10), 40)
    labels = times(rule, 0, 40, UTC, [Label(39, "▾22:00"), Label(1, "▾12:15")])
    assert Label(34, "▾22:00") in labels
    assert Label(1, "▾12:15") in labels
    assert not any(label.text == "12:00" for label in labels)


@pytest.mark.parametrize("start", [SPRING, AUTUMN])
def test_hours_that_the_clock_leaves_out_or_repeats_stay_true(start: datetime) -> None:
    rule = axis(hours(0, 12, start=start), 145)
    labels = times(rule, 0, 145, BERLIN)
    assert len(labels) >= 10
    for at, text in labels:
        told = local(rule.time(at), BERLIN)
        after = local(rule.time(at + 1), BERLIN)
        assert f"{told:%H:%M}" <= text <= f"{after:%H:%M}" or at == 0 or told.hour == 23


def test_the_day_of_the_change_is_an_hour_shorter_and_longer() -> None:
    for start, length in ((SPRING, 23), (AUTUMN, 25)):
        rule = axis(hours(0, 40, start=start), 161)
        begins = [label.at for label in days(rule, 0, 161, BERLIN)]
        assert (begins[2] - begins[1]) / 4 == length


# --- anything

moments = st.lists(st.integers(0, 90 * 86400), min_size=1, max_size=60).map(
    lambda seconds: [START + timedelta(seconds=second) for second in seconds]
)
zones = st.sampled_from([UTC, BERLIN, KATHMANDU, None])
settings.register_profile("axis", deadline=None)


def consistent(rule: Axis) -> None:
    cells = [rule.cell(datetime.fromtimestamp(time, UTC)) for time in rule.moments]
    assert cells == sorted(cells)
    assert all(0 <= cell < rule.cells for cell in cells)
    assert list(rule.places) == sorted(rule.places)
    for fold in rule.folds:
        assert not any(fold.at <= cell < fold.at + fold.cells for cell in cells)
    for fold, following in pairwise(rule.folds):
        assert fold.at + fold.cells < following.at
    assert sum(fold.cells for fold in rule.folds) <= rule.cells / 2


@settings(deadline=None)
@given(moments, st.integers(1, 300), st.floats(0, 90000), st.floats(0, 7200))
def test_later_is_never_left_of_earlier_also_across_folds(
    given_moments: list[datetime], cells: int, silence: float, finest: float
) -> None:
    rule = axis(given_moments, cells, silence=silence, finest=finest)
    consistent(rule)
    between = sorted({*given_moments, *(moment + timedelta(minutes=17) for moment in given_moments)})
    placed = [rule.cell(moment) for moment in between]
    assert placed == sorted(placed)
    told = [rule.time(cell) for cell in range(cells)]
    assert told == sorted(told)


@settings(deadline=None)
@given(moments, st.integers(1, 120), st.integers(0, 5), st.integers(0, 400), zones)
def test_labels_stay_inside_and_apart(
    given_moments: list[datetime], cells: int, zoom: int, offset: int, zone: tzinfo | None
) -> None:
    rule = axis(given_moments, cells << zoom)
    start = min(offset, (cells << zoom) - cells)
    first = [Label(cells - 1, "now"), Label(cells // 2, "▾12:00")]
    for labels in (days(rule, start, cells, zone, first), times(rule, start, cells, zone, first)):
        taken: list[int] = []
        for at, text in labels:
            own = range(at, at + len(text))
            assert own.start >= 0
            assert own.stop <= cells
            assert not set(taken) & {*own, at - 1}
            taken += own
    for at, text in times(rule, start, cells, zone, first):
        assert not any(rule.folded(start + cell) for cell in range(at, at + len(text)))
