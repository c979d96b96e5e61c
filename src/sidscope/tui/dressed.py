"""What the explorer and the first screen share: the looks, and the colour of the account."""

from __future__ import annotations

from textual.color import Color

from sidscope.tui.keyboard import OrderlyApp
from sidscope.tui.themes import THEMES


class DressedApp(OrderlyApp):
    """An app with sidscope's looks."""

    account_colour: str | None = None
    """The colour that the account is known by; None for the look's own."""

    def dress(self, look: str) -> None:
        """Puts on the look of that name."""
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = look

    def get_theme_variable_defaults(self) -> dict[str, str]:
        theme = self.current_theme
        colour = self.account_colour or ("#4f7fd0" if theme.ansi else theme.primary)
        return {"account": colour, "account-text": Color.parse(colour).get_contrast_text().hex6}
