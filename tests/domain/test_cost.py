"""Correlating stays linear: many contacts, and thousands of executions of one, at one instant or in turns."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from sidscope.domain.correlate import correlate
from sidscope.domain.facts import Hit, Source
from sidscope.domain.record import Known
from sidscope.domain.value import replace

from .builders import NOW, OUR_WHATSAPP, WHATSAPP, at, lookups, replay, sid, talk

SLACK = 1.5  # what sorting may add
SPOKEN, PLAIN, KEYED = talk(1, 0, 1, sender=OUR_WHATSAPP), talk(1, 0, None), replay(1, 0, 1)


def again(item: Known, n: int, *, hours: float, flow: int = 1, ch: int = 1, message: int | None = None) -> Known:
    """Execution ``n``, like ``item`` but for what is told; faster than reading a context anew."""
    row = replace(item.row, sid=sid("FN", n), flow_sid=sid("FW", flow), date_created=at(hours))
    hit = Hit(sid("CH", ch), Source.TRIGGER, "trigger.conversation.ConversationSid")
    im = Hit(sid("IM", n if message is None else message), Source.ROW, "initiated_by")
    inbound = tuple(replace(known, time=at(hours)) for known in item.facts.inbound)
    facts = replace(item.facts, conversation=item.facts.conversation and hit, message=im, inbound=inbound)
    return replace(item, row=row, facts=facts)


def cost(items: list[Known]) -> int:
    """Lines of code that run, the turns of loops among them: the same on every machine, however busy."""
    lines = 0

    def count(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return count

    tracing = sys.gettrace()
    sys.settrace(count)
    try:
        correlate(items, lookups(), now=NOW)
    finally:
        sys.settrace(tracing)
    return lines


def assert_linear(items: list[Known]) -> None:
    """Eight times as many executions run about eight times as many lines."""
    few = items[: len(items) // 8]
    assert cost(items) < 8 * SLACK * cost(few)


STORIES: dict[str, Callable[[int], Known]] = {
    "one conversation": lambda n: again(KEYED, n, hours=n, flow=n % 7),
    "one conversation at one instant": lambda n: again(KEYED, n, hours=0),
    "one message": lambda n: again(KEYED, n, hours=n / 1e6, flow=n % 2, message=1),
    "a new conversation each": lambda n: again(SPOKEN, n, hours=n / 10, ch=n),
    "two conversations in turns": lambda n: again(SPOKEN, n, hours=n / 10, ch=n % 2),
    "an old one and new ones in turns": lambda n: again(SPOKEN, n, hours=n / 10, ch=n * (n % 2)),
    "no conversation at one instant": lambda n: again(PLAIN, n, hours=0, flow=n % 50),
}


@pytest.mark.parametrize("story", STORIES)
def test_one_contact_with_thousands_of_executions(story: str) -> None:
    assert_linear([STORIES[story](n) for n in range(1_600)])


def test_many_contacts() -> None:
    assert_linear([talk(n, n / 100, n // 2, contact=f"{WHATSAPP}{n // 2 % 3000}", flow=n % 20) for n in range(4800)])
