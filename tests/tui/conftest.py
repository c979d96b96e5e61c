from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sidscope.archive import Archive
from tests.tui.samples import open_archive


@pytest.fixture(autouse=True)
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same screen on every machine: no animations, UTC, the usual colours."""
    import time

    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.delenv("NO_COLOR", raising=False)
    time.tzset()


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with open_archive(tmp_path) as archive:
        yield archive
