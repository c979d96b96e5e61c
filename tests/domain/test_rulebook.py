"""The rules in words: none is left out, and README tells the same."""

from __future__ import annotations

from pathlib import Path

from sidscope.domain.record import Anomaly, Verdict
from sidscope.domain.records import Channel
from sidscope.domain.rulebook import MEANINGS, ODD_MEANINGS, ON_CHANNEL, verdict_table
from sidscope.domain.signs import SIGNS

README = Path(__file__).parents[2] / "README.md"


def test_every_verdict_anomaly_and_channel_is_explained() -> None:
    assert list(MEANINGS) == list(Verdict)
    assert list(ODD_MEANINGS) == list(Anomaly)
    assert list(ON_CHANNEL) == list(Channel)
    assert set(SIGNS) == set(Verdict)


def test_readme_has_the_same_table() -> None:
    assert verdict_table() in README.read_text(encoding="utf-8")
