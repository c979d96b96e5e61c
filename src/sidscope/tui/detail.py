"""What the detail pane shows of one execution, as plain values: read from the archive, ready to be laid out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sidscope.domain.facts import Facts
from sidscope.domain.record import Record
from sidscope.domain.story import UNTOLD, Story
from sidscope.domain.value import value
from sidscope.domain.window import Span
from sidscope.tui.groups import record_key
from sidscope.tui.json_tree import JsonTree


@value
class Detail:
    """One execution: its record, what its context says, and the story it is part of.

    ``story``: every known execution of the same contact (or, without one, of the same group), oldest first.
    ``windows``: WhatsApp's customer service windows of that contact, from the inbound messages known.
    """

    record: Record
    facts: Facts
    tree: JsonTree | None
    story: Sequence[Record]
    windows: Sequence[Span]
    read_at: datetime | None = None  # when the context was read
    masked: bool = False  # whether addresses and texts are hidden in it
    drawn: Story = UNTOLD  # the same story as it is drawn

    @property
    def key(self) -> str:
        return record_key(self.record)
