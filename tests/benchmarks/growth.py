"""How time and memory grow with the number of executions."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from sidscope.archive import Archive, archive_path
from sidscope.domain.sids import sid_key
from sidscope.tui.reader import Reader
from tests.benchmarks.explorer import KEYS, MB, ROW, Key, _pressed, archived, exploring
from tests.benchmarks.network import environment
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.synthetic import ACCOUNT, sid

MOVE, FILTER, REGROUP = KEYS[0], KEYS[3], KEYS[4]


def growth(sizes: Sizes) -> list[dict[str, Any]]:
    """One row for each size; seconds and MB."""
    return [_measured(executions, sizes) for executions in sizes.growth]


def _measured(executions: int, sizes: Sizes) -> dict[str, Any]:
    row: dict[str, Any] = {"executions": executions}
    with archived(executions) as folder:
        with exploring(folder) as terminal:
            row["start s"] = terminal.until(ROW)
            terminal.quiet(sizes.settle)
            row["all read s"] = terminal.last - terminal.began
            row["explorer MB"] = terminal.rss / MB
            presses = min(9, sizes.keys)

            def times(key: Key, presses: int) -> float:
                return median(_pressed(terminal, key, sizes) for _ in range(presses))

            row["move s"] = times(MOVE, presses)
            row["regroup s"] = times(REGROUP, 4)
            row["filter s"] = times(FILTER, min(3, presses))
        row["story s"] = _story(folder, executions)
        row["list s"], row["list MB"] = _list(folder)
    return row


def _story(folder: Path, executions: int) -> float:
    """Reading all that the detail of an execution shows."""
    now = datetime.now(UTC)
    with Archive.open(archive_path(folder, ACCOUNT), account_sid=ACCOUNT, read_only=True) as archive:
        reader = Reader(archive, since=now - timedelta(hours=24), now=lambda: now)
        times = []
        for number in range(0, executions, max(1, executions // 20)):
            began = time.perf_counter()
            assert reader.detail(sid_key(sid("FN", number))) is not None
            times.append(time.perf_counter() - began)
    return median(times)


def _list(folder: Path) -> tuple[float, float]:
    """``sidscope list`` of all of it: seconds, and MB at the most."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "sidscope", "list", "--offline", "--data-dir", str(folder)],
        env=environment(),
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return time.perf_counter() - began, usage.ru_maxrss * 1024 / MB


def table(rows: Sequence[dict[str, Any]]) -> str:
    """For a terminal: one line for each thing measured, and by how much it grew with each step."""
    lines = [["", *(f"{row['executions']:,}" for row in rows), "growth"]]
    for name in list(rows[0])[1:]:
        values = [row[name] for row in rows]
        unit = name[-2:].strip()
        told = [f"{value:,.0f} MB" if unit == "MB" else f"{value * 1000:,.0f} ms" for value in values]
        grew = " ".join(f"×{late / early:.1f}" for early, late in pairwise(values) if early)
        lines.append([name.removesuffix(" s").removesuffix(" MB") + (" (memory)" if unit == "MB" else ""), *told, grew])
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )
