"""The line under a tab in which one types what to search for in it."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from sidscope.tui.ink import Ink
from sidscope.tui.widgets.ink_line import InkLine
from sidscope.tui.widgets.plain_input import PlainInput


class SearchLine(Horizontal):
    """Hidden until something is searched for."""

    DEFAULT_CSS = """
    SearchLine {
        height: 1; display: none; background: $panel;
        & > InkLine.sign { width: 3; }
        & > InkLine.found { width: 22; }
        & Input {
            border: none; height: 1; padding: 0; width: 1fr; background: transparent;
            &:focus { border: none; background: transparent; background-tint: transparent; }
        }
    }
    """

    class Changed(Message):
        """The text is another."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """The line was left; ``cleared`` with escape, and nothing is searched for any more."""

        def __init__(self, cleared: bool) -> None:
            super().__init__()
            self.cleared = cleared

    def compose(self) -> ComposeResult:
        sign = InkLine(classes="sign")
        sign.show([Ink(" / ", "accent")])
        yield sign
        yield PlainInput(placeholder="search in this context", id="search", select_on_focus=True)
        yield InkLine(classes="found")

    @property
    def line(self) -> Input:
        """The line to type in."""
        return self.query_one(Input)

    def say(self, text: str, ink: str = "dim") -> None:
        """How much was found, on the right."""
        self.query_one("InkLine.found", InkLine).show([], [Ink(f"{text} ", ink)])

    def begin(self) -> None:
        """Shows the line and takes the user there, at once: the next key may be there already."""
        self.display = True
        self.screen.set_focus(self.line)

    def end(self) -> None:
        """Hides the line."""
        self.display = False
        with self.prevent(Input.Changed):
            self.line.value = ""

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Left(cleared=not event.value))

    def on_key(self, event: events.Key) -> None:
        if event.key in ("escape", "down"):
            event.stop()
            self.post_message(self.Left(cleared=event.key == "escape"))
