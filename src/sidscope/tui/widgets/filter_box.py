"""The one box: a filter as you type, or a SID or number to go to. It stands in the screen, not over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

from sidscope.safetext import safe, width
from sidscope.tui.completion import Choice, Vocabulary, ghost
from sidscope.tui.ink import Ink
from sidscope.tui.trail import History
from sidscope.tui.widgets.ink_line import InkLine
from sidscope.tui.widgets.plain_input import PlainInput

LONGEST = 500
"""Characters that the box takes."""

INVITATION = "filter, or paste any SID or number"

HOW = "all words must hold, -word must not · enter to the list · esc clears"
"""How to type a filter, where there is nothing else to say."""


class _Ghost(Suggester):
    """What `right` would add, dim behind the cursor."""

    def __init__(self, suggest: Callable[[str], str | None]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._suggest = suggest

    async def get_suggestion(self, value: str) -> str | None:
        return self._suggest(value)


class _Line(PlainInput):
    longest = LONGEST


class FilterBox(Vertical):
    """A line to type in; under it a sentence, as long as it is true, and while somebody types what could be typed next.
    Meanwhile both lines are there, whatever they have to say: nothing on the screen should jump at a letter."""

    DEFAULT_CSS = """
    FilterBox {
        height: auto;
        background: $surface;
        & > Horizontal { height: 1; }
        & InkLine.sign { width: 3; }
        & Input {
            border: none; height: 1; padding: 0; width: 1fr; background: transparent;
            &:focus { border: none; background: transparent; background-tint: transparent; }
        }
        & > #box-message, & > #box-choices { display: none; }
        &.says > #box-message { display: block; }
        &:focus-within { background: $primary 15%; }
        &:focus-within > #box-message, &:focus-within > #box-choices { display: block; }
    }
    """

    class Changed(Message):
        """The text is another."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Entered(Changed):
        """Enter was pressed."""

    class Left(Message):
        """The box was left; ``cleared`` with escape."""

        def __init__(self, cleared: bool) -> None:
            super().__init__()
            self.cleared = cleared

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.vocabulary = Vocabulary()
        self.history = History()
        self._choices: Sequence[Choice] = ()
        self._chosen: int | None = None  # which of the choices tab has put in

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield InkLine(classes="sign")
            yield _Line(placeholder=INVITATION, id="box", select_on_focus=False, suggester=_Ghost(self._ghost))
        yield InkLine(id="box-message")
        yield InkLine(id="box-choices")

    def on_mount(self) -> None:
        self.show_on(True)
        self.say("")

    @property
    def line(self) -> Input:
        """The line to type in."""
        return self.query_one("#box", Input)

    @property
    def text(self) -> str:
        """What is typed."""
        return self.line.value

    def set_text(self, text: str) -> None:
        """Writes into the box without saying so."""
        with self.prevent(Input.Changed):
            self.line.value = safe(text, LONGEST)
            self.line.cursor_position = len(self.line.value)
        self._offer()

    def show_on(self, on: bool) -> None:
        """Shows whether the filter counts, or stands here switched off."""
        self.query_one(".sign", InkLine).show([Ink(" / ", "accent")] if on else [Ink(" ⏸ ", "dim")])

    def say(self, text: str, ink: str = "dim") -> None:
        """One sentence under the box; for an empty text none, but how to type one while somebody does."""
        self.set_class(bool(text), "says")
        self.query_one("#box-message", InkLine).show([Ink(f"   {text}", ink) if text else Ink(f"   {HOW}", "dim")])

    def say_wrong(self, what: str, position: int) -> None:
        """What is wrong with the text, under the place where it is wrong if there is room for that."""
        at = width(safe(self.text[:position]))
        sentence = f"{what} (at character {position + 1})"
        room = self.size.width - 5 - at - width(safe(sentence))
        self.say(f"{' ' * at}▴ {sentence}" if room >= 0 else f"▴ {sentence}", "warn")

    @property
    def message(self) -> str:
        """The sentence under the box."""
        return self.query_one("#box-message", InkLine).text.strip() if self.has_class("says") else ""

    def remember(self) -> None:
        """The text was used: `up` brings it back."""
        self.history.add(self.text)

    # --- completion

    @property
    def offers(self) -> bool:
        """Whether the text can be completed to something."""
        return bool(self._choices)

    def complete(self) -> bool:
        """Puts in the first choice, or the one after the one that was put in last; False if there is none."""
        if not self._choices:
            return False
        at = 0 if self._chosen is None else (self._chosen + 1) % len(self._choices)
        choice = self._choices[at]
        if choice.text.endswith(":"):  # a key: its values are the next choice
            self.set_text(choice.text)
        else:
            choices = self._choices
            self.set_text(choice.text)
            self._choices, self._chosen = choices, at
            self._show_choices()
        self.post_message(self.Changed(self.text))
        return True

    def _ghost(self, text: str) -> str | None:
        return ghost(text, self.vocabulary.choices(text))

    def _offer(self) -> None:
        self._choices, self._chosen = self.vocabulary.choices(self.text), None
        self._show_choices()

    def _show_choices(self) -> None:
        parts = [Ink("   tab ", "key")] if self._choices else []
        chosen = self._chosen or 0
        taken = [width(safe(each.label)) + (4 if each.saved else 2) for each in self._choices]
        room = self.size.width - len("   tab   ‹  …")
        start = next((at for at in range(chosen) if sum(taken[at : chosen + 1]) <= room), chosen)
        if start:
            parts.append(Ink("  ‹", "dim"))
        for index, choice in enumerate(self._choices[start:], start):
            first = index == chosen
            ink = "tab" if first and self._chosen is not None else "strong" if first else "dim"
            parts += [Ink("  ★ " if choice.saved else "  ", "accent"), Ink(choice.label, ink)]
        self.query_one("#box-choices", InkLine).show(parts)

    # --- events

    def on_descendant_focus(self) -> None:
        self._offer()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.history.rest()
        self._offer()
        self.post_message(self.Changed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.remember()
        self.post_message(self.Entered(event.value))

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self.remember()
            self.post_message(self.Left(cleared=True))
        elif event.key == "down":
            event.stop()
            if not self._recall(self.history.newer()):
                self.remember()
                self.post_message(self.Left(cleared=False))
        elif event.key == "up":
            event.stop()
            self._recall(self.history.older(self.text))

    def _recall(self, text: str | None) -> bool:
        if text is None:
            return False
        self.set_text(text)
        self.post_message(self.Changed(text))
        return True
