"""The line that one types in, wherever there is one: what is pasted is made harmless, and addresses are dots while the
screen is masked."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.widgets import Input

from sidscope.safetext import safe
from sidscope.tui import discretion


class PlainInput(Input):
    """Textual's input for at most ``longest`` characters; its own clipboard keys are off, and its cursor stays."""

    BINDINGS: ClassVar[list[BindingType]] = []
    longest = 200

    def on_mount(self) -> None:
        self.cursor_blink = False  # nothing is painted while nothing happens

    def replace(self, text: str, start: int, end: int) -> None:
        room = self.longest - len(self.value) + abs(end - start)
        before = self.value[: min(start, end)]
        joined = safe(before + text, len(before) + self.longest)  # a mark that is typed belongs to the letter before it
        harmless = joined[len(before) :] if joined.startswith(before) else safe(text, self.longest)
        super().replace(harmless[: max(0, room)], start, end)

    @property
    def _value(self) -> Text:
        """What is painted; as long as the text itself, so that the cursor stands right."""
        return Text(discretion.typed(self.value), no_wrap=True, overflow="ignore", end="")
