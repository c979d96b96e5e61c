"""Pieces of text with the name of the ink they are written in, and the lines of panes made from them.

An :class:`Ink` may hold a stranger's text as it came; :class:`~sidscope.tui.widgets.inked.Inked`, the only thing that
paints inks, sends each one through :func:`shown`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from sidscope.safetext import Safe, clip, pad, safe, width
from sidscope.tui import discretion

REVERSED = "!"


def reversed_ink(ink: str) -> str:
    """The ink that writes in the ground's colour on a ground of its own."""
    return ink + REVERSED


class Ink(NamedTuple):
    """A text and the ink (component class ``ink--<ink>``) for it."""

    text: str
    ink: str = "plain"


class Row(NamedTuple):
    """A ready line of a pane. ``value`` is what `y` copies there, ``goto`` the execution that `enter` goes to, ``path``
    where the value stands in the context, ``item`` what the row is about within its pane."""

    parts: tuple[Ink, ...] = ()
    value: str | None = None
    goto: str | None = None
    stands: bool = False  # whether the cursor can stand here
    path: str | None = None
    item: str | None = None


BLANK = Row()


def shown(text: str, limit: int | None = None) -> Safe:
    """``text`` as it may stand on the screen now: harmless, and without addresses while they are masked."""
    return safe(discretion.spoken(text if limit is None else text[: limit + 1]), limit)


def fit(text: str, cells: int, *, right: bool = False) -> Safe:
    """``text`` made safe, in exactly ``cells`` cells."""
    return pad(shown(text, 4 * cells + 8), cells, right=right)


def wrap(text: str, cells: int) -> Iterator[Safe]:
    """``text`` made safe, in lines of at most ``cells`` cells, broken at spaces where there are any."""
    return iter(_wrapped(shown(text), max(cells, 8)))


@lru_cache(maxsize=4_096)
def _wrapped(text: Safe, cells: int) -> tuple[Safe, ...]:
    lines: list[Safe] = []
    line, used = Safe(""), 0
    for piece in text.split(" "):
        word = Safe(piece)
        taken = width(word)
        if line and used + 1 + taken <= cells:
            line, used = Safe(f"{line} {word}"), used + 1 + taken
            continue
        if line:
            lines.append(line)
        line, used = word, taken
        while used > cells:
            head = clip(Safe(f"{line}  "), cells + 1)[:-1]  # surely too long, so this takes the ellipsis away
            lines.append(Safe(head))
            line = Safe(line[len(head) :])
            used = width(line)
    if line:
        lines.append(line)
    return tuple(lines)
