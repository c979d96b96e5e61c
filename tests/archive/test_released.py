"""Archives of every released version, as SQL that the release itself wrote: each opens here with all that is in it."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from pathlib import Path

import pytest

from sidscope.archive import Archive, archive_path, schema
from sidscope.domain.records import ReadStatus
from sidscope.domain.sids import sid_key

from .samples import ACCOUNT, FLOW, at, body, execution, sid

RELEASED = sorted(Path(__file__).parent.joinpath("released").glob("version_*.sql"))


def test_there_is_one_of_every_version() -> None:
    assert [int(re.findall(r"\d+", path.stem)[0]) for path in RELEASED] == list(range(1, schema.VERSION + 1))


@pytest.mark.parametrize("released", RELEASED, ids=lambda path: str(path.stem))
def test_an_archive_of_a_released_version_keeps_everything(tmp_path: Path, released: Path) -> None:
    path = archive_path(tmp_path / "data", ACCOUNT)
    path.parent.mkdir(mode=0o700)
    db = sqlite3.connect(path)
    db.executescript(released.read_text(encoding="utf-8"))
    db.close()
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        assert archive.notice is None
        assert archive.info().schema_version == schema.VERSION
        assert [flow.friendly_name for flow in archive.flows()] == ["Empfang ☕"]
        known = archive.known([sid_key(execution(number).sid) for number in (1, 2, 3)], related=False)
        assert [item.row for item in known.values()] == [
            execution(1),
            execution(2),
            execution(3, status="active", date_updated=None),
        ]
        read = archive.context(execution(1).sid)
        assert read is not None
        assert read.body == body(1, "whatsapp:+4900001", said={"Body": "Grüße 👋"})
        assert known[sid_key(execution(2).sid)].context_status is ReadStatus.GONE
        steps = archive.steps(execution(1).sid)
        assert steps is not None
        assert [step.name for step in steps.steps] == ["incomingMessage"]
        looked_up = archive.lookups({sid("CH", 1)}, {sid("WT", 1)}, ("whatsapp:+4900001",), {sid("CA", 1)})
        assert looked_up.conversations[sid_key(sid("CH", 1))].closed
        assert looked_up.tasks[sid_key(sid("WT", 1))].assignment_status == "completed"
        assert looked_up.calls[sid_key(sid("CA", 1))].status == "completed"
        assert len(looked_up.memberships["whatsapp:+4900001"].rows) == 1
        span = archive.coverage(FLOW)
        assert span is not None
        assert (span.since, span.until) == (at(-60), at(5))
        assert archive.search(sid("CH", 1)) == [sid_key(execution(1).sid)]


def test_what_was_released_is_never_changed() -> None:
    """A change here would leave archives behind that no version knows: add a migration instead."""
    assert [hashlib.sha256(script.encode()).hexdigest()[:16] for script in schema.MIGRATIONS] == [
        "5ee1d33d20f1d2b0",
        "e42b2537c4b5ee38",
        "6445d17b60e2bda2",
    ]
