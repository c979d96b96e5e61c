"""``sidscope pick``: choose in the explorer, and have the SIDs on stdout, for ``$(sidscope pick)``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from sidscope.commands.exploring import run_explorer
from sidscope.commands.options import Options


def run_pick(options: Options, env: Mapping[str, str], home: Path) -> int:
    """Lets the user pick; 0 and the SIDs, one on a line, or 1 and nothing if none was picked."""
    from sidscope.tui.picking import Picking

    picking = Picking(options.kind)
    code = run_explorer(options, env, home, picking=picking)
    if code:
        return code
    sys.stdout.write("".join(f"{sid}\n" for sid in picking.chosen))
    return 0 if picking.chosen else 1
