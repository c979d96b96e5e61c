"""The signs that the picture of a story is drawn with, and what they mean: told by help and Rules. They read without
colour."""

from __future__ import annotations

from typing import Final

from sidscope.domain.picture import CHOSEN, MORE_LEFT, MORE_RIGHT

START, TAIL, RUNS, HANDED = "█", "▄", "▸", "⇢"
LINE, SILENT, CLOSED = "─", "╌", "╳"
TASK, TASK_FROM, TASK_TO, TASK_BRIEF = "═", "╞", "╡", "╪"
WINDOW, INBOUND, LAPSED = "━", "┻", "┫"
PRESENT, HERE = "│", "┊"

LEGEND: Final = (
    (
        f"{LINE * 2} {SILENT * 2}",
        "a conversation, as long as it is known to have been open; through time that is folded",
        "rail",
    ),
    (
        f"{START}{TAIL * 2} {START}{TAIL}{RUNS}",
        "an execution from its start to its end; one that is still active",
        "plain",
    ),
    ("3", "executions that begin too close together for a block each: so many", "plain"),
    (HANDED, "handed over: the next one took the message of the one before", "same"),
    (
        f"{TASK_FROM}{TASK * 2}{TASK_TO} {TASK_BRIEF}",
        "an agent's task, from its creation to its end; a short one",
        "new",
    ),
    (CLOSED, "the conversation was closed", "strong"),
    (
        f"{WINDOW}{INBOUND}{WINDOW}{LAPSED}",
        "the 24-hour window, a known message of the customer, the window's lapse",
        "good",
    ),
    (f"{CHOSEN} {HERE}", "when the execution began whose sentence the cursor is on; ▶ its conversation", "accent"),
    (PRESENT, "now", "rail"),
    ("⟨9 h⟩", "so long nothing began or ended: folded", "faint"),
    (
        f"{MORE_LEFT} {MORE_RIGHT} ×4",
        "there is more on that side; the axis is four times as long as the picture",
        "accent",
    ),
    ("closed?", "a state with a question mark is inferred; ? and ⊘: not read, not readable", "dim"),
)
"""What the picture's signs mean: sign, meaning, ink."""
