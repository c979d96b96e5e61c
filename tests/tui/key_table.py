"""Writes README's table of keys from the table of commands: ``python -m tests.tui.key_table``."""

from __future__ import annotations

import re
from pathlib import Path

from sidscope.tui.commands import key_table

README = Path(__file__).parents[2] / "README.md"
_TABLE = re.compile(r"(?<=### Keys\n\n)(?:\|.*\n)+")


def table_in_readme() -> str:
    """The table as it stands there."""
    found = _TABLE.search(README.read_text(encoding="utf-8"))
    assert found, "README has a table under ### Keys"
    return found[0]


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    README.write_text(_TABLE.sub(lambda _: key_table(), text), encoding="utf-8")
