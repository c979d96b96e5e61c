"""The menu of what can be copied: at the bottom of the screen, a letter for each thing, gone with the next key."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.message import Message

from sidscope.tui.copying import Choice, choice_rows
from sidscope.tui.ink import Ink, Row
from sidscope.tui.widgets.rows_view import RowsView

_MOVES = {"down": 1, "up": -1, "pagedown": 8, "pageup": -8}


class CopyMenu(RowsView):
    """Shows choices while it has the focus."""

    DEFAULT_CSS = """
    CopyMenu { display: none; background: $panel; }
    """

    class Picked(Message):
        """Something was chosen."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

    class Closed(Message):
        """The menu was left without choosing."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.choices: Sequence[Choice] = ()

    def open(self, title: str, choices: Sequence[Choice], room: int) -> None:
        """Shows choices on at most ``room`` lines and takes the focus."""
        self.choices = choices
        head = Row((Ink("  Copy  ", "title"), Ink(title, "faint")))
        self.display = True
        self.styles.height = max(2, min(len(choices) + 1, room))
        self.show(lambda cells: [head, *choice_rows(choices, cells)])
        self.screen.set_focus(self)  # at once: the letter may be there already

    def close(self) -> None:
        """Hides the menu."""
        self.display = False
        self.choices = ()

    def _pick(self, index: int) -> None:
        self.post_message(self.Picked(self.choices[index]))

    def on_line_view_chosen(self, event: RowsView.Chosen) -> None:
        event.stop()
        self._pick(self._at - 1)

    def on_key(self, event: events.Key) -> None:
        """Every key is the menu's own; one that means nothing here does nothing."""
        event.stop()
        if event.key == "escape":
            self.post_message(self.Closed())
        elif event.key == "enter" and self.row is not None:
            self._pick(self._at - 1)
        elif event.key in _MOVES:
            self.move(_MOVES[event.key])
        elif event.character:
            found = next((i for i, choice in enumerate(self.choices) if choice.letter == event.character), None)
            if found is not None:
                self._pick(found)

    def on_blur(self) -> None:
        self.close()
