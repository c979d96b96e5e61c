"""Choosing SIDs for ``$(sidscope pick)``. No Textual."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sidscope.domain.record import Record
from sidscope.tui.session import Session
from sidscope.tui.words import count

KINDS: Final[dict[str, Callable[[Record], str | None]]] = {
    "execution": lambda record: record.execution_sid,
    "conversation": lambda record: record.conversation_sid,
    "call": lambda record: record.call_sid,
    "task": lambda record: record.task_sid,
}
"""What can be picked, and where a record has it."""


class Picking:
    """What is to be picked, and in the end what was."""

    def __init__(self, kind: str = "execution") -> None:
        self.kind = kind
        self.chosen: tuple[str, ...] = ()

    def choose(self, session: Session) -> str | None:
        """Picks the marked executions, else the one (or the whole group) under the cursor: each SID once, in the
        order of the list. If there is none among them, a sentence that says so."""
        records = session.marked_records() or session.runs_here()
        if not records:
            return "There is nothing here to pick"
        sids = (KINDS[self.kind](record) for record in records)
        self.chosen = tuple(dict.fromkeys(sid for sid in sids if sid))
        if self.chosen:
            return None
        whose = "this execution has" if len(records) == 1 else f"these {count(len(records), 'execution')} have"
        return f"There is no {self.kind} to pick: {whose} none"
