"""The benchmarks still run, each at the smallest size. Nothing here judges a time."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as benchmarks
from tests.benchmarks import figures, profiles
from tests.benchmarks.sizes import SMOKE

IN_A_TERMINAL = {"first rows", "keys", "live", "idle", "memory", "loop"}


@pytest.mark.parametrize("name", benchmarks.BENCHMARKS)
def test_it_runs(name: str) -> None:
    if name in IN_A_TERMINAL and sys.platform != "linux":
        pytest.skip("reads /proc")
    measured = benchmarks.BENCHMARKS[name](SMOKE)
    assert measured
    assert all(math.isfinite(figure.value) and figure.value >= 0 for figure in measured)
    assert {figure.name for figure in measured} == {name}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_growth_is_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = tmp_path / "benchmarks.json"
    assert benchmarks.main(["-k", "growth", "--smoke", "--json", str(written)]) == 0
    document = json.loads(written.read_text(encoding="utf-8"))
    assert [row["executions"] for row in document["growth"]] == list(SMOKE.growth)
    assert document["machine"]["python"]
    printed = capsys.readouterr().out
    assert all(name in printed for name in ("start", "regroup", "filter", "story", "list", "move"))


def test_a_table_says_what_is_reached() -> None:
    good = figures.Figure("a", "better than nothing", 2.0, at_least=1.0)
    bad = figures.Figure("b", "worse", 2.0, at_most=1.0, unit="ms")
    printed = figures.table([good, bad]).splitlines()
    assert "✓" in printed[1]
    assert "✗" in printed[2]
    assert figures.markdown([good]).count("\n") == 2


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_where_the_time_goes_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert profiles.main(["--executions", "20", "--latency", "0"]) == 0
    printed = capsys.readouterr().out
    for name in ("from start to end", "the thread that asks", "the one that writes", "a row: all", "to compress it"):
        (line,) = [line for line in printed.splitlines() if name in line]
        assert float(line.split()[-2]) > 0
