"""What an explorer is compared with: the least Textual app that shows a list, and one that shows nothing.
``python -m tests.benchmarks.bare_app [rows]``."""

from __future__ import annotations

import sys

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip


class Rows(ScrollView, can_focus=True):
    """Lines out of nothing."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.virtual_size = Size(100, rows)

    def render_line(self, y: int) -> Strip:
        number = y + round(self.scroll_y)
        words = ("● ended", "whatsapp", f"+49151{number:08d}", f"FN{number:02x}…{number % 256:02x}", "Flow 0", "3 m")
        return Strip([Segment(f" {word:14}", Style(bold=column == 2)) for column, word in enumerate(words)])


class Bare(App[None]):
    """No more than that."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self._rows = rows

    def compose(self) -> ComposeResult:
        yield Rows(self._rows)


if __name__ == "__main__":
    Bare(int(sys.argv[1]) if len(sys.argv) > 1 else 100).run()
