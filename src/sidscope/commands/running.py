"""Running the engine for a command: progress on a terminal's stderr, problems as sentences, the exit code."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import timedelta

from sidscope.commands.opening import Opened
from sidscope.domain.numbers import count
from sidscope.domain.times import say_span
from sidscope.safetext import clip, safe
from sidscope.sync.engine import Engine

_TICK = 0.2  # seconds between two paintings of the progress line
_WIPE = "\r\x1b[K"


def run_engine(opened: Opened, work: Callable[[Engine], Awaitable[None]]) -> list[str]:
    """Runs ``work`` on a fresh engine; what could not be read, as sentences. Raises TwilioApiError."""
    return asyncio.run(_run(opened, work))


async def _run(opened: Opened, work: Callable[[Engine], Awaitable[None]]) -> list[str]:
    if opened.open_account is None:
        return []
    account = await opened.open_account()
    engine = Engine(account, opened.archive, now=opened.now, announce=_announce)
    painter = asyncio.create_task(_paint(engine)) if sys.stderr.isatty() else None
    try:
        await work(engine)
    finally:
        if painter:
            painter.cancel()
            with suppress(asyncio.CancelledError):
                await painter
        try:
            await engine.stop()
        finally:
            await account.close()
    return engine.problems.all()


def tell(problems: Iterable[str]) -> None:
    """What is missing, a line each, on stderr."""
    for problem in problems:
        print(f"sidscope: incomplete: {safe(problem, 1000)}", file=sys.stderr)  # noqa: T201


def _announce(sentence: str) -> None:
    wiped = _WIPE if sys.stderr.isatty() else ""
    print(f"{wiped}sidscope: {safe(sentence, 1000)}", file=sys.stderr)  # noqa: T201


async def _paint(engine: Engine) -> None:
    """One line that says what is being read, how much is left and what was spent; wiped at the end."""
    try:
        while True:
            sys.stderr.write(_WIPE + clip(safe(describe(engine)), _columns() - 1))
            sys.stderr.flush()
            await asyncio.sleep(_TICK)
    finally:
        sys.stderr.write(_WIPE)
        sys.stderr.flush()


def _columns() -> int:
    """The width of stderr's terminal, which need not be stdout's; a line that wraps could not be wiped."""
    return os.get_terminal_size(sys.stderr.fileno()).columns or 80


def describe(engine: Engine) -> str:
    """The progress in words: what is being read and how much of it, then what was spent."""
    progress, counters = engine.progress, engine.account.counters
    contexts = progress.contexts_done + progress.contexts_left
    if progress.phase in ("starting", "listing") or not (contexts or progress.lookups_total):
        left = f"flows {progress.flows_listed}/{progress.flows_total}"
    elif progress.lookups_total:
        left = f"look-ups {progress.lookups_done}/{progress.lookups_total}"
    else:
        left = f"contexts {progress.contexts_done}/{contexts}"
    parts = [
        f"{progress.phase}: {left}",
        count(progress.executions_seen, "execution"),
        count(counters.requests, "request"),
    ]
    parts.append(f"{counters.in_flight} of {counters.limit} at once")
    if counters.throttled:
        parts.append(f"throttled {count(counters.throttled, 'time')}")
    left_for = engine.seconds_left()
    if left_for is not None:
        parts.append(f"about {say_span(timedelta(seconds=left_for))} left")
    return " · ".join(parts)
