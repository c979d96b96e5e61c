"""What all widgets here are painted with: inks, and one way from text to a strip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip
from textual.widget import Widget

from sidscope.safetext import clip, safe, width
from sidscope.tui.ink import REVERSED, Ink, shown
from sidscope.tui.themes import ANSI_INKS, ansi_cursor

INKS = (
    *("plain", "strong", "dim", "faint", "title", "rail", "good", "warn", "bad", "same", "new", "accent"),
    *("sid", "sidstrong", "key", "string", "number", "literal", "badge", "account", "tab", "match"),
    *("cursor", "cursor-blurred"),
)


class Palette(Widget):
    """Holds the inks of the whole app: one widget, never seen. (Textual works out every component class of every
    widget on each change of style; twenty inks in each of twenty widgets would double the time to the first frame.)
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"ink--{ink}" for ink in INKS}

    DEFAULT_CSS = """
    Palette {
        display: none;
        & > .ink--plain { color: $foreground; }
        & > .ink--strong { color: $foreground; text-style: bold; }
        & > .ink--dim { color: $foreground 62%; }
        & > .ink--faint { color: $foreground 42%; }
        & > .ink--title { color: $foreground 55%; }
        & > .ink--rail { color: $foreground 30%; }
        & > .ink--good { color: $success; }
        & > .ink--warn { color: $warning; text-style: bold; }
        & > .ink--bad { color: $error; text-style: bold; }
        & > .ink--same { color: $primary; }
        & > .ink--new { color: $accent; }
        & > .ink--accent { color: $accent; text-style: bold; }
        & > .ink--sid { color: $secondary; }
        & > .ink--sidstrong { color: $secondary; text-style: bold; }
        & > .ink--key { color: $primary; }
        & > .ink--string { color: $success; }
        & > .ink--number { color: $accent; }
        & > .ink--literal { color: $warning; }
        & > .ink--cursor { background: $primary 28%; }
        & > .ink--cursor-blurred { background: $foreground 9%; }
        & > .ink--account { color: $account-text; background: $account; text-style: bold; }
        & > .ink--badge { color: $background; background: $primary; text-style: bold; }
        & > .ink--match { color: $accent; text-style: bold reverse; }
        & > .ink--tab { color: $primary; text-style: bold underline; }
    }
    """

    def ink(self, name: str, background: Color) -> Style:
        """An ink as it looks on a background."""
        theme = self.app.current_theme
        if theme.ansi and name.startswith("cursor"):
            return Style.parse(ansi_cursor(name, theme.dark))
        if theme.ansi and name != "account":
            return Style.parse(ANSI_INKS.get(name, "bold"))
        styles = self.get_component_styles(f"ink--{name}")
        ground = background + styles.background
        color = ground + styles.color
        return Style(color=color.rich_color, bgcolor=ground.rich_color) + styles.text_style

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self.is_attached:
            for widget in self.screen.query(Inked):
                widget.forget_inks()


class Inked(Widget):
    """A widget that paints :class:`~sidscope.tui.ink.Ink` and nothing else, so only safe text ever shows."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._styles: dict[str, Style] = {}

    def ink(self, name: str) -> Style:
        """The style of an ink here."""
        style = self._styles.get(name)
        if style is None and name.endswith(REVERSED):
            style = self._styles[name] = self.ink(name.removesuffix(REVERSED)) + Style(reverse=True)
        if style is None:
            palette = self.screen.query_exactly_one(Palette)
            style = self._styles[name] = palette.ink(name, self.background_colors[1])
        return style

    def forget_inks(self) -> None:
        """The inks or the background have changed: what was painted is painted anew."""
        self._styles.clear()
        self.refresh()

    def paint(self, parts: Sequence[Ink], cells: int, look: int) -> Strip:
        """The strip for some inks, as wide as the pane; ``look``: 0 plain, 1 under the cursor, 2 and focused."""
        segments: list[Segment] = []
        ground = self.ink("plain")
        over = None
        if look:
            cursor = self.ink("cursor" if look == 2 else "cursor-blurred")
            over = Style(bgcolor=cursor.bgcolor)
            ground = ground + over
        used = 0
        for text, name in parts:
            said = shown(text, 2 * cells + 80)
            if look and not segments:  # the cursor's sign, for those who see no colour
                segments.append(Segment("▌" if look == 2 else "▏", self.ink("same") + over))
                said, used = safe(said[1:]), 1
            taken = width(said)
            if used + taken > cells:
                said = clip(said, cells - used)
                taken = width(said)
            style = self.ink(name)
            segments.append(Segment(said, style + over if over else style))
            used += taken
            if used >= cells:
                break
        if used < cells:
            segments.append(Segment(" " * (cells - used), ground))
        return Strip(segments, cells)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.forget_inks()
