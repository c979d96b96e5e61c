"""The first screen of somebody without credentials: what to set, a twilio-cli profile to take, or the demo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from sidscope.domain.sids import short
from sidscope.tui.accounts import Accounts
from sidscope.tui.dressed import DressedApp
from sidscope.tui.ink import BLANK, Ink, Row, fit, wrap
from sidscope.tui.widgets.ink_line import InkLine
from sidscope.tui.widgets.inked import Palette
from sidscope.tui.widgets.line_view import LineView
from sidscope.tui.widgets.rows_view import RowsView

_DEMO: Final = "demo"
_SET: Final = (
    ("TWILIO_ACCOUNT_SID", "AC…, from the Console's first page"),
    ("TWILIO_API_KEY", "SK…, made under API keys & tokens; a restricted one with read access will do"),
    ("TWILIO_API_SECRET", "shown once, when the key is made"),
)


class Chosen(NamedTuple):
    """What to explore: the demo, or the account of a profile."""

    demo: bool
    profile: str | None = None


class FirstRunApp(DressedApp):
    """Asks which account to explore; :attr:`chosen` is None if the user left instead."""

    CSS = """
    Screen { background: $background; color: $foreground; overflow: hidden; }
    #first-head { background: $panel; }
    #first { height: 1fr; }
    """
    TITLE = "sidscope"
    ENABLE_COMMAND_PALETTE = False
    INHERIT_BINDINGS = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", show=False),
        Binding("k,up", "move(-1)", show=False),
        Binding("enter", "choose", show=False),
        Binding("d", "demo", show=False),
        Binding("q,escape", "leave", show=False),
        Binding("ctrl+c,ctrl+q", "leave", show=False, priority=True),
    ]

    def __init__(self, reason: str, accounts: Accounts, *, look: str = "sidscope-dark") -> None:
        super().__init__(look)
        self.chosen: Chosen | None = None
        self._reason = reason
        self._accounts = accounts

    def compose(self) -> ComposeResult:
        yield Palette()
        yield InkLine(id="first-head")
        yield RowsView(id="first")
        yield InkLine(id="first-foot")

    def on_mount(self) -> None:
        self.query_one("#first-head", InkLine).show([Ink(" sidscope ", "badge"), Ink("  no account yet", "strong")])
        keys = (("enter", "choose"), ("d", "demo"), ("q", "quit"))
        foot = [part for key, name in keys for part in (Ink(key, "key"), Ink(f" {name}   ", "dim"))]
        self.query_one("#first-foot", InkLine).show([Ink(" "), *foot])
        self._rows.show(lambda cells: list(first_rows(self._reason, self._accounts, cells)))
        self._rows.focus()

    @property
    def _rows(self) -> RowsView:
        return self.query_one("#first", RowsView)

    def action_move(self, lines: int) -> None:
        self._rows.move(lines)

    @on(LineView.Chosen)
    def action_choose(self) -> None:
        row = self._rows.row
        if row is None or row.goto is None:
            return
        if row.goto == _DEMO:
            self.action_demo()
            return
        name = row.goto.removeprefix("profile:")
        problem = self._accounts.check(name)
        if problem is not None:
            self.notify(problem, markup=False, timeout=8)
            return
        self.chosen = Chosen(False, name)
        self.exit()

    def action_demo(self) -> None:
        self.chosen = Chosen(True)
        self.exit()

    def action_leave(self) -> None:
        self.exit()


def first_rows(reason: str, accounts: Accounts, cells: int) -> Iterator[Row]:
    """The screen in ``cells``."""
    yield BLANK
    yield Row((Ink("  Which Twilio account?", "strong"),))
    yield from _text(reason, cells)
    yield BLANK
    if accounts.profiles:
        yield Row((Ink("  Take a profile of twilio-cli", "title"),))
        for each in accounts.profiles:
            broken = accounts.check(each.name) is not None
            sid = short(each.account_sid) if each.account_sid else "no account SID"
            note = " · ".join(part for part in (sid, each.region, "no secret" if each.legacy else None) if part)
            parts: tuple[Ink, ...] = (
                Ink("    "),
                Ink(fit(note, 26), "dim"),
                Ink(each.name, "dim" if broken else "strong"),
            )
            if broken:
                parts += (Ink("  cannot be used; enter says why", "warn"),)
            yield Row(parts, goto=f"profile:{each.name}", stands=True)
        yield BLANK
    yield Row((Ink("  Look around first", "title"),))
    demo = (Ink("    "), Ink(fit("d", 4), "key"), Ink("the demo", "strong"))
    yield Row((*demo, Ink(": a simulated account, no credentials, no network", "dim")), goto=_DEMO, stands=True)
    yield BLANK
    yield Row((Ink("  Or set these and start sidscope again", "title"),))
    for name, what in _SET:
        first, *more = wrap(what, cells - 29)
        yield Row((Ink("    "), Ink(fit(name, 22), "sidstrong"), Ink(first, "dim")))
        for line in more:
            yield Row((Ink(" " * 26), Ink(line, "dim")))
    yield from _text("TWILIO_AUTH_TOKEN does instead of key and secret. `twilio login` makes a profile.", cells)
    yield from _text("sidscope doctor says what works here and what does not.", cells)


def _text(text: str, cells: int) -> Iterator[Row]:
    for line in wrap(text, cells - 6):
        yield Row((Ink("    "), Ink(line, "dim")))
