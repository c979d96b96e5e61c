"""Messages of the app itself; widgets declare their own."""

from __future__ import annotations

from typing import Any

from textual.message import Message


class FromEngine(Message):
    """An event of the engine (``sidscope.sync.thread.Event``), brought over from its thread."""

    def __init__(self, event: Any) -> None:
        super().__init__()
        self.event = event
