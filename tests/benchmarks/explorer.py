"""The explorer in a terminal: its first rows, its keys, what it costs to leave it open."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks import archives
from tests.benchmarks.figures import Figure, in_turns, percentile, ratio, seconds
from tests.benchmarks.mock import serving
from tests.benchmarks.network import environment, fresh_dir
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.synthetic import Population
from tests.benchmarks.terminal import Terminal, running

FRAME = 0.016
"""Seconds."""

ROW = b"Flow "
"""Stands in every row, and nowhere else before there are rows."""

BARE = (sys.executable, "-m", "tests.benchmarks.bare_app")
MB = 1_000_000


@contextmanager
def archived(executions: int, bodies: int = 200) -> Iterator[Path]:
    """A data directory with an archive of so many executions of the last day; the newest is some hours old, so that
    ages, which are shown to the second at first, do not change while keys are measured."""
    now = datetime.now(UTC)
    population = Population(now - timedelta(hours=3, minutes=10), executions, span=timedelta(hours=20))
    with fresh_dir() as folder:
        archives.filled(folder, population, bodies=bodies, now=now)
        yield folder


@contextmanager
def exploring(data_dir: Path, *, url: str | None = None, settle: float = 0.0) -> Iterator[Terminal]:
    """The explorer on that archive, offline unless there is a server; ``settle``: with all of it in its list, after
    which nothing is painted for so long."""
    arguments = [] if url else ["--offline"]
    env = environment(SIDSCOPE_API_URL=url) if url else environment()
    command = [sys.executable, "-m", "sidscope", "--data-dir", str(data_dir), *arguments]
    with running(command, env) as terminal:
        if settle:
            terminal.until(ROW)
            terminal.quiet(settle)
        yield terminal


def _first_rows(data_dir: Path, url: str) -> float:
    with exploring(data_dir, url=url) as terminal:
        return terminal.until(ROW)


def _bare_rows() -> float:
    with running(BARE, environment()) as terminal:
        return terminal.until(ROW)


def first_rows(sizes: Sizes) -> list[Figure]:
    """From exec to the first rows, live, from a warm archive."""
    rounds = sizes.rounds * 2
    with archived(sizes.listed) as folder, serving(Population(datetime.now(UTC), 0)) as mock:
        ours, theirs = in_turns(rounds, lambda: _first_rows(folder, mock.url), _bare_rows)
    return [
        Figure(
            "first rows",
            f"exec to first rows, live, from an archive of {sizes.listed:,}, of a bare Textual list's",
            ratio(ours, theirs),
            at_most=1.25,
            ours=seconds(ours),
            baseline=seconds(theirs),
            rounds=rounds,
        )
    ]


@dataclass(frozen=True)
class Key:
    """A key that is pressed to be measured; ``before`` and ``after`` bring the explorer where it was."""

    name: str
    key: bytes
    at_most: float
    before: bytes = b""
    after: bytes = b""
    long: bool = False  # what comes of it may take a while


KEYS = (
    Key("j", b"j", 1.5),
    Key("PageDown", b"\x1b[6~", 1.5, after=b"\x1b[5~"),
    Key("End", b"\x1b[F", 1.5, after=b"\x1b[H"),
    Key("a letter in the filter", b"f", 4, before=b"/", after=b"\x1b", long=True),
    Key("g (regroup)", b"g", 4, long=True),
)


def _pressed(terminal: Terminal, key: Key, sizes: Sizes) -> float:
    quiet = sizes.pause if key.long else min(0.15, sizes.pause)
    if key.before:
        terminal.press(key.before, quiet=quiet)
    took = terminal.press(key.key, quiet=quiet)
    if key.after:
        terminal.press(key.after, quiet=quiet)
    return took


def keys(sizes: Sizes) -> list[Figure]:
    """Key to last paint: many rows against few, in turns."""
    figures, worst = [], 0.0
    with ExitStack() as stack:
        many = stack.enter_context(exploring(stack.enter_context(archived(sizes.listed)), settle=sizes.settle))
        few = stack.enter_context(exploring(stack.enter_context(archived(sizes.few)), settle=sizes.settle))
        for key in KEYS:
            ours, theirs = in_turns(sizes.keys, partial(_pressed, many, key, sizes), partial(_pressed, few, key, sizes))
            worst = max(worst, *ours)
            figures.append(
                Figure(
                    "keys",
                    f"{key.name}: key to last paint, p95, {sizes.listed:,} rows against {sizes.few:,}",
                    percentile(ours, 0.95) / percentile(theirs, 0.95),
                    at_most=key.at_most,
                    ours=seconds([percentile(ours, 0.95)]),
                    baseline=seconds([percentile(theirs, 0.95)]),
                    rounds=sizes.keys,
                )
            )
    return [
        *figures,
        Figure("keys", f"the slowest of all keys at {sizes.listed:,}", worst * 1000, at_most=50, unit="ms"),
    ]


def memory(sizes: Sizes) -> list[Figure]:
    """Resident memory, many executions against few."""
    with archived(sizes.listed) as folder, exploring(folder, settle=sizes.settle) as terminal:
        ours = terminal.rss
    with archived(sizes.few) as folder, exploring(folder, settle=sizes.settle) as terminal:
        theirs = terminal.rss
    return [
        Figure(
            "memory",
            f"resident with {sizes.listed:,} executions more than with {sizes.few:,}",
            (ours - theirs) / MB,
            at_most=150,
            unit="MB",
            ours=f"{ours / MB:.0f} MB",
            baseline=f"{theirs / MB:.0f} MB",
        )
    ]


def idle(sizes: Sizes) -> list[Figure]:
    """Processor time while nothing changes, live mode on, against an app that does nothing."""
    with ExitStack() as stack:
        mock = stack.enter_context(serving(Population(datetime.now(UTC), 0)))
        folder = stack.enter_context(archived(sizes.listed))
        ours = stack.enter_context(exploring(folder, url=mock.url))
        bare = stack.enter_context(running(BARE, environment()))
        ours.until(ROW)
        bare.until(ROW)
        _read_all(ours)
        ours.watch(sizes.idle_settle)
        before = ours.cpu, bare.cpu
        ours.watch(sizes.idle_seconds)
        spent, spent_bare = ours.cpu - before[0], bare.cpu - before[1]
    return [
        Figure(
            "idle",
            f"processor time while nothing changes, live, {sizes.listed:,} rows, of a bare Textual app's",
            spent / spent_bare,
            at_most=2,
            ours=f"{100 * spent / sizes.idle_seconds:.2f} %",
            baseline=f"{100 * spent_bare / sizes.idle_seconds:.2f} %",
        )
    ]


def _read_all(terminal: Terminal) -> None:
    """Waits until the archive has been read: until memory stays as it is."""
    before = 0
    while (now := terminal.rss) > before + MB:
        before = now
        terminal.watch(2.0)


def _inside(scenario: str, *options: object) -> dict[str, Any]:
    """What an explorer that watches its own event loop says at its end."""
    with fresh_dir() as folder:
        result = folder / "result.json"
        command = [sys.executable, "-m", "tests.benchmarks.inside", scenario, str(result), *map(str, options)]
        with running(command, environment()) as terminal:
            terminal.until_end()
        told: dict[str, Any] = json.loads(result.read_text())
        return told


def _held(name: str, what: str, lags: list[float], shares: dict[str, float]) -> list[Figure]:
    """How long the loop was held, in frames."""
    measured = {"p99": percentile(lags, 0.99), "longest": max(lags)}
    return [
        Figure(
            name,
            f"{what}: {which} time that the event loop is held, in frames of 16 ms",
            measured[which] / FRAME,
            at_most=at_most,
            ours=seconds([measured[which]]),
            baseline=seconds([FRAME]),
            rounds=len(lags),
        )
        for which, at_most in shares.items()
    ]


def loop(sizes: Sizes) -> list[Figure]:
    """How long the loop is held: of the explorer in a cold sync and while it reads a long list, and of the engine."""
    shares = {"p99": 1.0, "longest": 3.0}
    with serving(Population(datetime.now(UTC), sizes.executions)) as mock, fresh_dir() as folder:
        mock.control(latency=sizes.latencies[0])
        cold = _inside("cold", "--url", mock.url, "--data-dir", folder, "--executions", sizes.executions)
    with archived(sizes.listed) as folder:
        listed = _inside("list", "--data-dir", folder, "--executions", sizes.listed)
    return [
        *_held("loop", f"explorer, cold sync of {sizes.executions:,}", cold["lags"], shares),
        *_held("loop", f"explorer, listing {sizes.listed:,}", listed["lags"], shares),
        *_held("loop", f"engine, cold sync of {sizes.executions:,}", cold["engine_lags"], shares),
    ]


def live(sizes: Sizes) -> list[Figure]:
    """New executions arrive while the cursor moves."""
    with archived(max(50, sizes.listed // 20)) as folder:
        told = _inside("live", "--data-dir", folder, "--seconds", sizes.live_seconds)
    lags, idle_lags = told["lags"], told["idle_lags"]
    what = f"50 new executions a second for {sizes.live_seconds:g} s (simulated), the cursor moves"
    return [
        Figure(
            "live",
            f"{what}: the longest frame",
            max(lags) * 1000,
            at_most=50,
            unit="ms",
            ours=f"p99 {seconds([percentile(lags, 0.99)])}",
            baseline=f"idle: p99 {seconds([percentile(idle_lags, 0.99)])}",
            rounds=len(lags),
        ),
        Figure(
            "live",
            "keys dropped",
            told["pressed"] - told["moved"],
            at_most=0,
            unit="",
            ours=f"{told['pressed']:,} keys",
        ),
    ]
