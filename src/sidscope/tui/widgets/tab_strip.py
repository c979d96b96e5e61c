"""The detail pane's tabs on one line (Textual's own tabs take two, and a frame or two to switch)."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip

from sidscope.safetext import safe, width
from sidscope.tui.ink import Ink
from sidscope.tui.widgets.inked import Inked


class TabStrip(Inked):
    """Names with their keys; one of them is the present one."""

    DEFAULT_CSS = """
    TabStrip { height: 1; width: 1fr; }
    """

    class Picked(Message):
        """A tab was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, tabs: Sequence[tuple[str, str]], *, id: str | None = None) -> None:
        """``tabs``: id and title of each; the keys are 1, 2, 3…"""
        super().__init__(id=id)
        self._tabs = tabs
        self._notes: dict[str, Ink] = {}
        self.active = tabs[0][0]

    def activate(self, name: str) -> None:
        """Shows ``name`` as the present tab."""
        self.active = name
        self.refresh()

    def note(self, name: str, text: str, ink: str = "dim") -> None:
        """A few cells after a tab's title, such as a sign for its state, and a word where there is room."""
        note = Ink(text, ink)
        if self._notes.get(name) != note:
            self._notes[name] = note
            self.refresh()

    def _parts(self) -> list[tuple[str, list[Ink]]]:
        made = self._laid_out(words=True)
        taken = sum(width(safe(part.text)) for _, parts in made for part in parts)
        return made if taken <= self.size.width else self._laid_out(words=False)

    def _laid_out(self, *, words: bool) -> list[tuple[str, list[Ink]]]:
        made = []
        for number, (name, title) in enumerate(self._tabs, start=1):
            text, ink = self._notes.get(name, Ink(""))
            note = text if words else text[:1]
            parts = [
                Ink("  "),
                Ink(f"{number} ", "faint"),
                Ink(title, "tab" if name == self.active else "dim"),
                Ink(f" {note}" if note else "", ink),
                Ink(" "),
            ]
            made.append((name, parts))
        return made

    def render_line(self, y: int) -> Strip:
        parts = [part for _, group in self._parts() for part in group]
        return self.paint(parts, self.size.width, 0)

    def on_click(self, event: events.Click) -> None:
        x = 0
        for name, parts in self._parts():
            x += sum(width(safe(part.text)) for part in parts)
            if event.x < x:
                self.post_message(self.Picked(name))
                return
