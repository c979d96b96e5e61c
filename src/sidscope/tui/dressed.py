"""What the explorer and the first screen share: the looks, and the colour of the account."""

from __future__ import annotations

from textual.app import App
from textual.color import Color

from sidscope.tui.keyboard import OrderlyApp
from sidscope.tui.themes import THEMES


class DressedApp(OrderlyApp):
    """An app with sidscope's looks."""

    account_colour: str | None = None
    """The colour that the account is known by; None for the look's own."""

    def __init__(self, look: str) -> None:
        """``look``: the name of the theme that it is seen in first."""
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        # As Textual would do it, but before the styles are read for the first time: once is enough.
        self.set_reactive(App.theme, look)
        dark = self.current_theme.dark
        for name, on in ((f"-theme-{look}", True), ("-dark-mode", dark), ("-light-mode", not dark)):
            self.set_class(on, name, update=False)
        self._refresh_truecolor_filter(self.ansi_theme)
        self.stylesheet.set_variables(self.get_css_variables())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        theme = self.current_theme
        colour = self.account_colour or ("#4f7fd0" if theme.ansi else theme.primary)
        return {"account": colour, "account-text": Color.parse(colour).get_contrast_text().hex6}
