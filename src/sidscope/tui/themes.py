"""The looks: calm, with few colours that each mean one thing. Two are designed; two leave the colours to the terminal,
which costs half the bytes (for ssh) and suits whoever has made their terminal readable."""

from __future__ import annotations

from typing import Final

from textual.theme import BUILTIN_THEMES, Theme

DARK: Final = Theme(
    name="sidscope-dark",
    dark=True,
    background="#11151b",
    surface="#171c24",
    panel="#1e2530",
    foreground="#d6dde6",
    primary="#74b4ff",
    secondary="#9fb3c8",
    accent="#e2b86b",
    success="#7fcf9f",
    warning="#f0a35e",
    error="#f07f86",
    variables={
        "scrollbar": "#2b3442", "scrollbar-hover": "#3a4657", "scrollbar-active": "#74b4ff",
        "scrollbar-background": "#11151b", "scrollbar-background-hover": "#11151b",
        "scrollbar-background-active": "#11151b",
    },
)  # fmt: skip

LIGHT: Final = Theme(
    name="sidscope-light",
    dark=False,
    background="#fbfaf7",
    surface="#f2f0eb",
    panel="#e8e5de",
    foreground="#2a2f36",
    primary="#0b62c4",
    secondary="#4c6178",
    accent="#8f5f00",
    success="#1f7a48",
    warning="#b2500c",
    error="#b3262f",
    variables={
        "scrollbar": "#d5d1c8", "scrollbar-hover": "#bdb8ad", "scrollbar-active": "#0b62c4",
        "scrollbar-background": "#fbfaf7", "scrollbar-background-hover": "#fbfaf7",
        "scrollbar-background-active": "#fbfaf7",
    },
)  # fmt: skip


def _ansi(dark: bool) -> Theme:
    return Theme(
        name="ansi-dark" if dark else "ansi-light",
        dark=dark,
        ansi=True,
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        foreground="ansi_default",
        primary="ansi_blue",
        secondary="ansi_cyan",
        accent="ansi_magenta",
        success="ansi_green",
        warning="ansi_yellow",
        error="ansi_red",
        variables={
            **BUILTIN_THEMES["ansi-dark" if dark else "ansi-light"].variables,
            "scrollbar": "ansi_bright_black", "scrollbar-hover": "ansi_bright_black",
            "scrollbar-active": "ansi_blue", "scrollbar-background": "ansi_default",
            "scrollbar-background-hover": "ansi_default", "scrollbar-background-active": "ansi_default",
            "input-cursor-background": "ansi_default", "input-cursor-foreground": "ansi_default",
            "input-cursor-text-style": "reverse",
        },
    )  # fmt: skip


ANSI_DARK: Final = _ansi(True)
ANSI_LIGHT: Final = _ansi(False)

THEMES: Final = (DARK, LIGHT, ANSI_DARK, ANSI_LIGHT)

ANSI_INKS: Final = {
    "plain": "default", "strong": "bold", "dim": "dim", "faint": "dim", "title": "dim", "rail": "dim",
    "good": "green", "warn": "bold yellow", "bad": "bold red", "same": "cyan", "new": "magenta",
    "accent": "bold magenta", "sid": "cyan", "sidstrong": "bold cyan", "key": "bold cyan", "string": "green",
    "number": "magenta", "literal": "yellow", "badge": "bold reverse", "account": "bold reverse",
    "tab": "bold underline",
}  # fmt: skip
"""The inks of the looks in the terminal's own colours, which know no shades."""


def ansi_cursor(ink: str, dark: bool) -> str:
    """The line under the cursor there."""
    if ink == "cursor":
        return "on blue" if dark else "on bright_cyan"
    return "on bright_black" if dark else "on white"


def named(look: str) -> Theme:
    """The look that the configuration file calls so."""
    return {"dark": DARK, "light": LIGHT, "ansi-dark": ANSI_DARK, "ansi-light": ANSI_LIGHT}[look]
