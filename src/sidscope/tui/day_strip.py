"""A group's executions along the last 24 hours, in a few cells: re-entries are seen without opening anything. Pure.

The newest moment stands right. Each cell has the sign of the execution that began in it, the same as in the column
"why", or their number where there are several; before the first cell stands ``‹`` if the group is older than a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sidscope.domain.record import Record
from sidscope.domain.window import WINDOW
from sidscope.tui.groups import started
from sidscope.tui.ink import Ink
from sidscope.tui.marks import verdict_mark

EARLIER: Final = "‹"
NOTHING: Final = "─"
MANY: Final = "+"
"""In a cell: more than nine executions."""


def day_strip(records: Iterable[Record], now: datetime, cells: int) -> list[Ink]:
    """The strip in exactly ``cells`` cells, the one for what was earlier counted."""
    count = max(cells - 1, 1)
    begin = now - WINDOW
    slots: list[list[Record]] = [[] for _ in range(count)]
    earlier = False
    for record in records:
        place = int((started(record) - begin) / WINDOW * count) if started(record) >= begin else -1
        if place < 0:
            earlier = True
        else:
            slots[min(place, count - 1)].append(record)
    parts = [Ink(EARLIER if earlier else " ", "dim")]
    for slot in slots:
        ink = _cell(slot)
        if ink.ink == parts[-1].ink:
            parts[-1] = Ink(parts[-1].text + ink.text, ink.ink)
        else:
            parts.append(ink)
    return parts


def _cell(slot: list[Record]) -> Ink:
    if not slot:
        return Ink(NOTHING, "rail")
    mark = verdict_mark(max(slot, key=started))
    if len(slot) == 1:
        return Ink(mark.sign[:1], mark.ink)
    return Ink(str(len(slot)) if len(slot) < 10 else MANY, mark.ink)
