"""``python -m tests.benchmarks [-k NAME] [--quick] [--json FILE]``: measures, prints a table, writes JSON."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks import explorer, figures, finding, growth, machine, network
from tests.benchmarks.figures import Figure
from tests.benchmarks.sizes import FULL, QUICK, SMOKE, Sizes

BENCHMARKS: dict[str, Callable[[Sizes], list[Figure]]] = {
    "cold": network.cold,
    "limit": network.limit,
    "throttle": network.throttle,
    "warm": network.warm,
    "resolve": network.resolve,
    "sid": finding.sid,
    "first rows": explorer.first_rows,
    "keys": explorer.keys,
    "live": explorer.live,
    "idle": explorer.idle,
    "memory": explorer.memory,
    "archive": finding.archive,
    "loop": explorer.loop,
}
GROWTH = "growth"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmarks whose name holds NAME; 1 if a figure is not reached."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("-k", metavar="NAME", default="", help=f"only these: {', '.join([*BENCHMARKS, GROWTH])}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, a smaller archive")
    parser.add_argument("--smoke", action="store_true", help="only to see that everything runs")
    parser.add_argument(
        "--json", metavar="FILE", type=Path, default=Path("benchmarks.json"), help="default: %(default)s"
    )
    parser.add_argument("--markdown", action="store_true", help="print the table as README has it")
    given = parser.parse_args(arguments)
    sizes = SMOKE if given.smoke else QUICK if given.quick else FULL
    chosen = [name for name in [*BENCHMARKS, GROWTH] if given.k.lower() in name]
    if not chosen:
        parser.error(f"no benchmark is called {given.k!r}")
    measured: list[Figure] = []
    grown: list[dict[str, Any]] = []
    for name in chosen:
        began = time.perf_counter()
        if name == GROWTH:
            grown = growth.growth(sizes)
        else:
            measured += BENCHMARKS[name](sizes)
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)  # noqa: T201
    described = machine.description()
    told = [figures.markdown(measured) if given.markdown else figures.table(measured)] if measured else []
    told += [growth.table(grown)] if grown else []
    told.append(", ".join(f"{name} {value}" for name, value in described.items()))
    print("\n\n".join(told))  # noqa: T201
    given.json.write_text(figures.document(measured, described, grown) + "\n", encoding="utf-8")
    return 1 if any(figure.reached is False for figure in measured) else 0


if __name__ == "__main__":
    sys.exit(main())
