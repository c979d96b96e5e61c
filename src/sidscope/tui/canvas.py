"""A line of cells to draw on: each cell holds a piece of safe text in one ink."""

from __future__ import annotations

from itertools import groupby

from sidscope.safetext import Safe, clip, width
from sidscope.tui.ink import Ink, shown


class Canvas:
    """So many cells, blank at first. What is drawn later covers what was there; text only goes where there is room."""

    def __init__(self, cells: int) -> None:
        self.cells = cells
        self._drawn = [(" ", "plain")] * cells
        self._taken = [False] * cells

    def draw(self, at: int, sign: str, ink: str, *, times: int = 1, taken: bool = True) -> None:
        """A sign of one cell, ``times`` in a row; ``taken``: text keeps off it."""
        for cell in range(max(0, at), min(self.cells, at + times)):
            self._drawn[cell] = (sign, ink)
            self._taken[cell] = taken

    def under(self, at: int, sign: str, ink: str) -> None:
        """A sign where nothing is."""
        if 0 <= at < self.cells and self._drawn[at][0] == " " and not self._taken[at]:
            self._drawn[at] = (sign, ink)

    def holds(self, at: int, cells: int, sign: str) -> bool:
        """Whether each of these cells has this sign and no other."""
        return at >= 0 and at + cells <= self.cells and all(drawn[0] == sign for drawn in self._drawn[at : at + cells])

    def room(self, at: int) -> int:
        """How many cells from ``at`` on text may take."""
        end = at
        while 0 <= end < self.cells and not self._taken[end]:
            end += 1
        return end - at

    def room_before(self, at: int) -> int:
        """How many cells up to (not with) ``at`` text may take."""
        begin = at
        while 0 < begin <= self.cells and not self._taken[begin - 1]:
            begin -= 1
        return at - begin

    def write(self, at: int, text: str, ink: str, cells: int | None = None) -> int:
        """Text, made safe and clipped to ``cells`` and the edge; how many cells it took."""
        room = max(0, self.cells - at if cells is None else min(cells, self.cells - at))
        visible = clip(shown(text, 2 * room + 8), room)
        place = at
        for character in visible:
            taken = width(Safe(character))
            if not taken:  # a mark on the character before
                if place > at:
                    self._drawn[place - 1] = (self._drawn[place - 1][0] + character, ink)
                continue
            self._drawn[place] = (character, ink)
            for rest in range(place + 1, place + taken):
                self._drawn[rest] = ("", ink)
            for cell in range(place, place + taken):
                self._taken[cell] = True
            place += taken
        return place - at

    def inks(self) -> tuple[Ink, ...]:
        """What is drawn, as inks."""
        return tuple(
            Ink("".join(sign for sign, _ in cells), ink)
            for ink, cells in groupby(self._drawn, key=lambda cell: cell[1])
        )
