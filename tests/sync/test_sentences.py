"""Every named story, word for word: what a plain list says of each execution, and what it says once explained.

The words stand in ``__snapshots__/test_sentences/test_every_story.txt`` to be read by eye; what changes them on
purpose is approved with ``pytest --snapshot-update``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from sidscope.archive import Archive, read_records
from sidscope.demo import World
from sidscope.demo.stories import STORIES
from sidscope.domain.record import Record
from sidscope.domain.sids import short, sid_key
from tests.support.account import NOON

from .conftest import Scene, scene


class ReadableFile(SingleFileSnapshotExtension):
    """One text file."""

    _write_mode = WriteMode.TEXT
    _file_extension = "txt"


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path, World(1, NOON, executions=1, arrival=None)) as served:
        yield served


def records(archive: Archive) -> dict[str, Record]:
    sids = [known.row.sid for known in archive.window(NOON - timedelta(days=9), None, related=False)]
    return read_records(archive, sids, now=NOON)


def told(record: Record, plain: Record) -> Iterator[str]:
    """One execution: what is said of it with --explain, and before where that is something else."""
    assert record.date_created is not None
    yield (
        f"  {record.date_created:%d %b %H:%M:%S}  {short(record.execution_sid)}  {record.status},"
        f" {record.verdict} ({record.verdict_basis})"
    )
    yield f"      {record.verdict_reason}"
    for name, reason in zip(record.anomalies, record.anomaly_reasons, strict=True):
        yield f"      ! {name}: {reason}"
    if plain.verdict_reason != record.verdict_reason:
        yield f"    before --explain, {plain.verdict} ({plain.verdict_basis})"
        yield f"      {plain.verdict_reason}"
    for reason in plain.anomaly_reasons:
        if reason not in record.anomaly_reasons:
            yield f"      ! {reason}"


async def test_every_story(account: Scene, snapshot: SnapshotAssertion) -> None:
    async with account.engine() as engine:
        await engine.refresh(NOON - timedelta(days=9))
        plain = records(engine.archive)
        await engine.explain(plain)
        explained = records(engine.archive)
    lines = []
    for story in STORIES:
        lines += ["", f"{story.name}: {story.says}"]
        for key in map(sid_key, account.world.stories[story.name].sids):
            lines += told(explained[key], plain[key])
    assert "\n".join(lines).lstrip() + "\n" == snapshot(extension_class=ReadableFile)
