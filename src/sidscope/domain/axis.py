"""A time axis in cells: proportional to time, except that long silent stretches are folded to a few cells. Pure.

Nothing is folded away but time in which nothing began or ended: every moment that is given has a place, later ones
never left of earlier ones.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Final, NamedTuple

from sidscope.domain.value import value

FOLD_CELLS: Final = 7
"""Cells from the moment before a folded stretch to the one after it: six between them for the mark."""

_WORTH_FOLDING: Final = 10  # cells that a stretch would take, for folding it to gain anything
_NATURAL: Final = 1.3  # how much longer the shortest folded stretch is than the longest that is not
_LONG: Final = 4  # and than the middle one of those
_A_HAIR: Final = 1e-6  # of a cell: sums of fractions miss whole numbers by less

_STEPS: Final = (
    *(1, 2, 5, 10, 15, 30),
    *(60 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(3600 * hours for hours in (1, 2, 3, 4, 6, 12)),
)
"""Seconds between two ticks; midnights are for the days' row."""

_ZERO: Final = datetime(1970, 1, 1)


class Fold(NamedTuple):
    """A folded stretch: its mark's first cell, how many cells it has, and how long nothing happened."""

    at: int
    cells: int
    span: timedelta


class Label(NamedTuple):
    """A text on the axis and the cell it begins in."""

    at: int
    text: str


@value
class Axis:
    """Moments (as timestamps, rising) and their places (in cells, rising)."""

    cells: int
    moments: tuple[float, ...]
    places: tuple[float, ...]
    folds: tuple[Fold, ...] = ()

    def cell(self, moment: datetime) -> int:
        """The cell of a moment; of one outside, the first or the last."""
        time = moment.timestamp()
        index = bisect_right(self.moments, time) - 1
        if index < 0:
            return 0
        place = self.places[index]
        if index + 1 < len(self.moments):
            since, span = time - self.moments[index], self.moments[index + 1] - self.moments[index]
            place += (self.places[index + 1] - place) * since / span
        return max(0, min(self.cells - 1, int(place + _A_HAIR)))

    def time(self, cell: float) -> float:
        """The timestamp at a cell's left edge."""
        index = max(0, bisect_right(self.places, cell + _A_HAIR) - 1)
        if index + 1 >= len(self.places):
            return self.moments[-1]
        width = self.places[index + 1] - self.places[index]
        part = (cell - self.places[index]) / width if width else 0.0
        return self.moments[index] + (self.moments[index + 1] - self.moments[index]) * max(0.0, part)

    def until(self, cell: int) -> float:
        """The timestamp at a cell's right edge, of the part that is not folded."""
        if self.folded(cell + 1):
            return self.moments[max(0, bisect_right(self.places, cell + 1 - _A_HAIR) - 1)]
        return self.time(cell + 1)

    def folded(self, cell: int) -> bool:
        """Whether a cell is part of a fold's mark."""
        return any(fold.at <= cell < fold.at + fold.cells for fold in self.folds)


def axis(moments: Iterable[datetime], cells: int, *, silence: float = 0.0, finest: float = 0.0) -> Axis:
    """The axis from the first to the last of these moments over so many cells.

    Stretches of ``silence`` seconds and more are folded while they are by far the longest, the marks leave at least
    half of the cells, and what remains does not get finer than ``finest`` seconds a cell.
    """
    cells = max(1, cells)
    times = sorted({moment.timestamp() for moment in moments})
    gaps = [after - before for before, after in pairwise(times)]
    folded = _to_fold(gaps, cells, silence, finest)
    room = cells - 1.0 - FOLD_CELLS * len(folded)
    linear = sum(gap for index, gap in enumerate(gaps) if index not in folded)
    place, places, folds = 0.0, [0.0], []
    for index, gap in enumerate(gaps):
        before = place
        if index in folded:  # what comes after begins with a whole cell
            at = int(place + _A_HAIR)
            folds.append(Fold(at + 1, FOLD_CELLS - 1, timedelta(seconds=gap)))
            place = float(at + FOLD_CELLS)
            room += before + FOLD_CELLS - place
        else:
            place += gap / linear * room
            room -= place - before
            linear -= gap
        places.append(place)
    return Axis(cells, tuple(times), tuple(places[: len(times)]), tuple(folds))


def _to_fold(gaps: Sequence[float], cells: int, silence: float, finest: float) -> set[int]:
    order = sorted(range(len(gaps)), key=lambda index: (-gaps[index], index))
    linear, best = sum(gaps), 0
    for number, index in enumerate(order, start=1):
        linear -= gaps[index]
        room = cells - 1 - FOLD_CELLS * number
        if gaps[index] < silence or room < cells / 2 or linear <= 0 or linear / room < finest:
            break
        longest_left = gaps[order[number]]
        usual = gaps[order[(number + len(order)) // 2]]
        is_long = gaps[index] >= _NATURAL * longest_left and gaps[index] > _LONG * usual
        if is_long and gaps[index] / linear * room >= _WORTH_FOLDING:
            best = number
    return set(order[:best])


def local(timestamp: float, zone: tzinfo | None) -> datetime:
    """Wall time at a timestamp, in a zone or (None) the machine's own."""
    return datetime.fromtimestamp(timestamp, UTC).astimezone(zone).replace(tzinfo=None)


def days(ruler: Axis, start: int, cells: int, zone: tzinfo | None, first: Sequence[Label] = ()) -> tuple[Label, ...]:
    """The days in the cells from ``start`` on, each where it begins, as long as there is room for its name beside the
    labels of ``first``."""
    begins: list[tuple[int, datetime]] = []
    for cell in range(start, start + cells):
        if ruler.folded(cell):
            continue
        date = local(ruler.time(cell), zone)
        if not begins or date.date() != begins[-1][1].date():
            begins.append((cell - start, date))
    fixed = _placed(first, [], cells)
    labels = list(fixed)
    for (at, date), (end, _) in pairwise([*begins, (cells + 1, _ZERO)]):
        end = min(end, *(label.at for label in fixed if label.at >= at), cells + 1)
        full, brief, least = f"{date:%a} {date.day} {date:%b}", f"{date:%a} {date.day}", f"{date.day}"
        name = next((text for text in (full, brief, least) if len(text) < end - at), None)
        if name and all(label.at + len(label.text) < at for label in fixed if label.at < at):
            labels.append(Label(at, name))
    return tuple(sorted(labels))


def times(ruler: Axis, start: int, cells: int, zone: tzinfo | None, first: Sequence[Label] = ()) -> tuple[Label, ...]:
    """Times of day in the cells from ``start`` on: where the view begins, after each fold, and at even steps between.

    Labels never touch; those of ``first`` have the first right to their place, but for the folds' marks.
    """
    taken = [(fold.at - start, fold.at - start + fold.cells) for fold in ruler.folds]
    exact = [start, *(fold.at + fold.cells for fold in ruler.folds)]
    step = _step(ruler, start, cells)
    form = "%H:%M:%S" if step is not None and step < 60 else "%H:%M"
    wanted = [
        *first,
        *(
            Label(cell - start, f"{local(ruler.time(cell), zone):{form}}")
            for cell in exact
            if start <= cell < start + cells and not ruler.folded(cell)
        ),
        *_even(ruler, start, cells, zone, step, form),
    ]
    return tuple(sorted(_placed(wanted, taken, cells)))


def _placed(wanted: Iterable[Label], taken: list[tuple[int, int]], cells: int) -> list[Label]:
    """Those labels for which there is room, a cell between any two; who comes first has it. Each begins in its cell, or
    ends at the right edge."""
    placed: list[Label] = []
    for label in wanted:
        at = max(0, min(label.at, cells - len(label.text)))
        end = at + len(label.text)
        if end <= cells and all(end <= begin or stop <= at for begin, stop in taken):
            placed.append(Label(at, label.text))
            taken.append((at - 1, end + 1))
    return placed


def _step(ruler: Axis, start: int, cells: int) -> int | None:
    """The least step at which labels have room between them; None where days are enough."""
    widths = [
        (after - before) / (to - at)
        for (before, at), (after, to) in pairwise(zip(ruler.moments, ruler.places, strict=True))
        if to > at and to > start and at < start + cells and not ruler.folded(int(at + _A_HAIR) + 1)
    ]
    if not widths:
        return None
    a_cell = min(widths)
    return next((step for step in _STEPS if step >= a_cell * (11 if step < 60 else 9)), None)


def _even(ruler: Axis, start: int, cells: int, zone: tzinfo | None, step: int | None, form: str) -> Iterable[Label]:
    if step is None:
        return
    for cell in range(start, start + cells):
        if ruler.folded(cell) or cell >= ruler.places[-1]:
            continue
        wall = (local(ruler.time(cell), zone) - _ZERO).total_seconds()
        until = (local(ruler.until(cell), zone) - _ZERO).total_seconds()
        tick = -(-wall // step) * step
        if tick < until:
            yield Label(cell - start, f"{_ZERO + timedelta(seconds=tick):{form}}")
