"""The sync panel says what is being read, how much of it is left, and for how long."""

from __future__ import annotations

from sidscope.sync.progress import SyncState
from sidscope.tui.ink import Ink
from sidscope.tui.sync_panel import sync_rows
from tests.tui.samples import NOW


def panel(state: SyncState) -> str:
    rows = sync_rows(state, NOW, 80, live=Ink("reading"), offline=False)
    return "\n".join("".join(part.text for part in row.parts) for row in rows)


def test_done_total_cost_throttle_and_time_left() -> None:
    state = SyncState(
        phase="reading", contexts_done=1_500, contexts_left=500, requests=1_540, in_flight=20, limit=21, throttled=2
    )
    assert "time left" not in panel(state)  # not known yet
    state.seconds_left = 75
    words = panel(state)
    for told in ("500 left · 1,500 of 2,000 read", "about 1 m 15 s", "1,540", "20 of 21 at once", "429 2 times"):
        assert told in words


def test_nothing_left() -> None:
    assert "0 left · 1,500 read" in panel(SyncState(phase="live", contexts_done=1_500))
