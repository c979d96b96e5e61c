"""SECURITY.md's table names tests that there are, each once."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMED = re.findall(
    r"\| `(tests/[\w/]+\.py)::(?:\w+::)?(\w+)` \|$", (ROOT / "SECURITY.md").read_text(encoding="utf-8"), re.MULTILINE
)


def named_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {node.name for node in found if node.name.startswith("test")}


def test_every_promise_names_a_test_that_there_is() -> None:
    assert len(NAMED) > 50
    missing = [f"{path}::{name}" for path, name in NAMED if name not in named_in(ROOT / path)]
    assert missing == []


def test_every_row_of_the_table_names_one() -> None:
    table = (ROOT / "SECURITY.md").read_text(encoding="utf-8").partition("| promise | test |")[2]
    rows = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith(("| **", "| ---"))]
    assert len(rows) == len(NAMED) == len(set(NAMED))
