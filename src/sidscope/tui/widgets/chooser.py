"""A line to type in over a list that shrinks to what matches: the palette, and the list of accounts."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input

from sidscope.tui.ink import Ink, Row, fit
from sidscope.tui.palette import Choice, matching
from sidscope.tui.widgets.ink_line import InkLine
from sidscope.tui.widgets.line_view import LineView
from sidscope.tui.widgets.plain_input import PlainInput
from sidscope.tui.widgets.rows_view import RowsView

_NAMES = 30  # cells for the name


class _Line(PlainInput):
    longest = 80


class Chooser(Vertical):
    """Offers choices; says which one was chosen, or that it was left."""

    DEFAULT_CSS = """
    Chooser {
        display: none; layer: over; dock: top; width: 86%; height: auto; max-height: 80%;
        margin: 2 0 0 6; padding: 0 1; background: $panel; border: round $primary;
        & > Horizontal { height: 1; }
        & InkLine.sign { width: 3; }
        & Input {
            border: none; height: 1; padding: 0; width: 1fr; background: transparent;
            &:focus { border: none; background: transparent; background-tint: transparent; }
        }
        & > RowsView { height: auto; max-height: 18; margin: 1 0 0 0; }
    }
    """

    class Chosen(Message):
        """One was chosen."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

    class Left(Message):
        """None was."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._offered: list[Choice] = []
        self.shown: list[Choice] = []

    def compose(self) -> ComposeResult:
        with Horizontal():
            sign = InkLine(classes="sign")
            sign.show([Ink(" > ", "accent")])
            yield sign
            yield _Line(id="wish", select_on_focus=False)
        yield RowsView(id="choices")

    def offer(self, offered: list[Choice], invitation: str) -> None:
        """Opens with these choices."""
        self._offered = offered
        line = self.query_one(Input)
        line.placeholder = invitation
        with self.prevent(Input.Changed):
            line.value = ""
        self._show("")
        self.screen.set_focus(line)  # at once: what is typed next may be there already

    @property
    def _list(self) -> RowsView:
        return self.query_one("#choices", RowsView)

    def _show(self, text: str) -> None:
        self.shown = matching(self._offered, text)
        rows = [self._row(each) for each in self.shown] or [Row((Ink(" nothing is called that", "dim"),))]
        self._list.styles.height = len(rows)
        self._list.show(lambda _: rows)

    def _row(self, choice: Choice) -> Row:
        off = choice.reason is not None
        return Row(
            (
                Ink(" "),
                Ink(fit(choice.name, _NAMES), "faint" if off else "strong"),
                Ink(fit(choice.keys, 10), "faint" if off else "key"),
                Ink(f"({choice.reason})" if off else choice.what, "faint" if off else "dim"),
            ),
            stands=True,
        )

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._show(event.value)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._choose()

    @on(LineView.Chosen)
    def _clicked(self, event: LineView.Chosen) -> None:
        event.stop()
        self._choose()

    @on(LineView.Moved)
    def _moved(self, event: LineView.Moved) -> None:
        event.stop()
        self.query_one(Input).focus()

    def _choose(self) -> None:
        if self.shown:
            self.post_message(self.Chosen(self.shown[self._list.cursor_index]))

    def on_key(self, event: events.Key) -> None:
        match event.key:
            case "escape":
                self.post_message(self.Left())
            case "down":
                self._list.move(1)
            case "up":
                self._list.move(-1)
            case "pagedown":
                self._list.page(1)
            case "pageup":
                self._list.page(-1)
            case _:
                return
        event.stop()
