"""``sidscope stats``: how often each rule holds over a span of time, by channel."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from sidscope.commands.listing import answer
from sidscope.commands.opening import opened
from sidscope.commands.options import Options
from sidscope.commands.output import write_json
from sidscope.commands.running import tell
from sidscope.domain.record import Anomaly
from sidscope.domain.stats import ALL, Stats, count


def run_stats(options: Options, env: Mapping[str, str], home: Path) -> int:
    """Reads what ``list`` would, prints the figures, and says what is missing; the exit code."""
    with opened(options, env, home, lambda: datetime.now(UTC)) as account:
        records, problems = answer(account, options, related=False)
        stats = count(records)
    if options.format == "json":
        write_json(stats.as_dict(), sys.stdout)
    else:
        _write_table(stats, sys.stdout)
    sys.stdout.flush()
    tell(map(options.spoken, problems))
    return 1 if problems else 0


def _write_table(stats: Stats, out: TextIO) -> None:
    """A line for each figure that is not zero everywhere, a column for each channel."""
    columns = stats.figures()
    told = [name for name, value in columns[ALL].items() if value != "0" or name == "executions"]
    lines = [("", *columns), *((_called(name), *(figures[name] for figures in columns.values())) for name in told)]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    for name, *cells in lines:
        padded = "  ".join(cell.rjust(size) for cell, size in zip(cells, widths[1:], strict=True))
        out.write(f"{name:<{widths[0]}}  {padded}\n")


def _called(figure: str) -> str:
    return f"! {figure}" if figure in set(Anomaly) else figure
