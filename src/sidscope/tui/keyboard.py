"""Keys in their order, and no more of them than anybody types.

Textual hands a key to whatever has the focus at that moment, which then sends messages about it through its parents;
keys bound with priority it deals with at once. Of keys that come together (over a slow line, while the machine is
busy) the next would be handed out before the last has moved the focus: ``enter`` and ``j`` in the box would write a j
there. So what comes after a key that may leave a line, and what would overtake others, waits until all that they led
to has been dealt with. Keys for something whose content is still being read wait for that. And a terminal that pastes
without brackets sends each character as a key; more than anybody types is left out, before it fills the memory.
"""

from __future__ import annotations

import os
import select
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from textual import events
from textual.app import App
from textual.driver import Driver
from textual.message import Message
from textual.message_pump import MessagePump
from textual.widgets import Input

MOST: Final = 1_000
"""Keys that may wait. The box takes 500 characters."""

LONGEST_PASTE: Final = 2_000
"""Characters of a paste that are looked at."""

SILENCE: Final = 0.25
"""Seconds without a key after which a flood is over."""

Typed = events.Key | events.Paste


class Keyboard:
    """What was typed and pasted and still waits, filled by the terminal's thread or by the app itself."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.waiting: deque[Typed] = deque()
        self.urgent: frozenset[str] = frozenset(("ctrl+c", "ctrl+q"))
        """Keys that wait for nothing."""
        self._hurried: deque[Typed] = deque()
        self._clock = clock
        self._dropped_at = -SILENCE
        self.dropped = 0
        """How many were left out since the last silence."""

    def take(self, event: Typed) -> bool:
        """Lets it wait for its turn; False if so many wait that this cannot have been typed: then all are left out,
        and whatever comes until there is a moment of silence."""
        if isinstance(event, events.Key) and event.key in self.urgent:
            self._hurried.append(event)
            return True
        flooded = self._clock() - self._dropped_at < SILENCE
        self.dropped = self.dropped if flooded else 0
        if flooded or len(self.waiting) >= MOST:
            self._dropped_at = self._clock()
            self.dropped += 1
            self.waiting.clear()
            return False
        if isinstance(event, events.Paste):
            event.text = event.text[:LONGEST_PASTE]
        self.waiting.append(event)
        return True

    def next(self, *, urgent: bool) -> Typed | None:
        """Whose turn it is, if anybody's; ``urgent``: only if it waits for nothing."""
        for queue in (self._hurried,) if urgent else (self._hurried, self.waiting):
            if queue:  # only here is anything taken out, but a flood may empty it from the terminal's thread
                with suppress(IndexError):
                    return queue.popleft()
        return None

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self.waiting and not self._hurried


class _Gate(Driver):
    """Before Textual's driver: has what is typed wait in the app's keyboard. Runs in the terminal's thread."""

    def send_message(self, message: Message) -> None:
        app = self._app
        assert isinstance(app, OrderlyApp)  # noqa: S101 - it made this driver
        if isinstance(message, Typed):
            if app.keyboard.take(message):
                message = events.Callback(callback=app.give_out)
            elif app.keyboard.dropped % MOST == 1:  # one by one the rest would take half a minute for a megabyte
                if self._skim():
                    app.keyboard.take(events.Key("ctrl+c", None))
                message = events.Callback(callback=app.say_flooded)
            else:
                return
        super().send_message(message)

    def _skim(self) -> bool:
        """Reads away what is still coming; whether ctrl+c was among it."""
        terminal, ended = getattr(self, "fileno", None), getattr(self, "exit_event", None)
        if terminal is None or ended is None:  # Windows
            return False
        interrupted = False
        while not ended.is_set() and select.select([terminal], [], [], SILENCE / 5)[0]:
            data = os.read(terminal, 1 << 16)
            interrupted = interrupted or b"\x03" in data
            if not data:
                break
        return interrupted


class OrderlyApp(App[None]):
    """An app whose keys take effect in the order in which they were typed."""

    def __init__(self) -> None:
        self.keyboard = Keyboard()
        self._settling = False  # what was given out is being dealt with, and nothing more is given out meanwhile
        self._last: MessagePump | None = None  # who got the last key, if that may still be dealt with
        self._leaving = False  # it may take the focus out of a line to type in
        super().__init__()

    def get_driver_class(self) -> type[Driver]:
        return type("KeyboardDriver", (_Gate, super().get_driver_class()), {})

    @property
    def keys_settled(self) -> bool:
        """Whether every key has had its effect."""
        return not self._settling and self.keyboard.empty

    @property
    def awaits_content(self) -> bool:
        """Whether what has the focus does not show yet what the next key is meant for; :meth:`give_out` has to be
        called when it does."""
        return False

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, Typed) and not event.is_forwarded:
            if self.keyboard.take(event):
                await self.give_out()
            elif self.keyboard.dropped == 1:
                self.say_flooded()
        else:
            await super().on_event(event)

    async def on_ready(self) -> None:
        await self.give_out()  # what was typed before there was anything to type into

    async def give_out(self) -> None:
        """Gives out what waits, unless it must wait for what was given out before."""
        while (first := self.keyboard.next(urgent=self._settling)) is not None:
            urgent = isinstance(first, events.Key) and first.key in self.keyboard.urgent
            if self.awaits_content and not urgent:
                self.keyboard.waiting.appendleft(first)
                return
            if self._last is not None and not urgent and (self._leaving or self._goes_ahead(first)):
                self.keyboard.waiting.appendleft(first)
                self._settling = True
                # A key goes up from widget to app, where its binding is found, and each on the way may send itself a
                # message; what enter makes a line say goes the same way once more.
                self._follow([each for pump in 2 * _way_up(self._last) for each in (pump, pump)])
                return
            self._last = self.focused or self.screen
            letter = isinstance(first, events.Paste) or first.is_printable
            self._leaving = isinstance(self._last, Input) and not letter
            await super().on_event(first)

    def _goes_ahead(self, event: Typed) -> bool:
        """Whether Textual would deal with it before the keys that still go up to the app."""
        bound = self._bindings.key_to_bindings
        return isinstance(event, events.Key) and any(each.priority for each in bound.get(event.key, ()))

    def _follow(self, way: list[MessagePump]) -> None:
        """Goes the way that the last key's messages go, behind them."""
        while way:
            if way.pop(0).call_later(self._follow, way):
                return
        self._settling = self._leaving = False
        self._last = None
        self.call_later(self.give_out)

    def say_flooded(self) -> None:
        """Some of what came was left out."""
        self.notify("So much was typed at once that it was left out", timeout=5)
        self.call_later(self.give_out)


def _way_up(pump: MessagePump) -> list[Any]:
    way = [pump]
    while way[-1]._parent is not None:
        way.append(way[-1]._parent)
    return way
