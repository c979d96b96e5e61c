"""Figures: what was measured against what, whether that is enough, as a table and as JSON."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One line of the table. ``value`` is mostly a ratio; ``at_least`` or ``at_most`` is what to reach."""

    name: str
    what: str
    value: float
    at_least: float | None = None
    at_most: float | None = None
    unit: str = "×"
    ours: str = ""
    baseline: str = ""
    rounds: int = 1

    @property
    def reached(self) -> bool | None:
        """Whether it is enough; None where nothing has to be reached."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return self.value <= self.at_most if self.at_most is not None else None

    @property
    def target(self) -> str:
        """What to reach, in words."""
        if self.at_least is not None:
            return f"≥ {_number(self.at_least, self.unit)}"
        return f"≤ {_number(self.at_most, self.unit)}" if self.at_most is not None else ""


def _number(value: float, unit: str) -> str:
    digits = 0 if value == int(value) or abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 3
    return f"{value:,.{digits}f} {unit}".rstrip()


COLUMNS = ("name", "what", "measured", "to reach", "", "sidscope", "baseline")


def cells(figure: Figure) -> tuple[str, ...]:
    """A figure as cells of the table."""
    sign = {True: "✓", False: "✗", None: ""}[figure.reached]
    measured = _number(figure.value, figure.unit)
    return figure.name, figure.what, measured, figure.target, sign, figure.ours, figure.baseline


def table(figures: Sequence[Figure]) -> str:
    """All figures, one per line."""
    rows = [COLUMNS, *map(cells, figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def markdown(figures: Sequence[Figure]) -> str:
    """The same for README."""
    rows = [COLUMNS[:5], ("---",) * 5, *(cells(figure)[:5] for figure in figures)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def document(figures: Sequence[Figure], machine: dict[str, Any], growth: Sequence[dict[str, Any]]) -> str:
    """The same as JSON, with the machine."""
    told = [asdict(figure) | {"reached": figure.reached} for figure in figures]
    return json.dumps({"machine": machine, "figures": told, "growth": list(growth)}, ensure_ascii=False, indent=2)


def in_turns(rounds: int, *measures: Callable[[], float]) -> list[list[float]]:
    """Measures each so many times, in turns, the order turned round every time, so that what else the machine does
    meets all alike."""
    found: list[list[float]] = [[] for _ in measures]
    order = list(enumerate(measures))
    for number in range(rounds):
        for index, measure in order if number % 2 == 0 else reversed(order):
            found[index].append(measure())
    return found


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the rounds' ratios."""
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def seconds(values: Sequence[float]) -> str:
    """The median, for a reader."""
    value = statistics.median(values)
    return f"{value * 1000:.1f} ms" if value < 0.1 else f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"
