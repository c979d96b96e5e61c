"""The figures behind the rules."""

from __future__ import annotations

from sidscope.domain.correlate import correlate
from sidscope.domain.stats import UNREAD, count

from .builders import NOW, lookups, replay, sid, talk


def test_executions_conversations_verdicts_and_anomalies_by_channel() -> None:
    known = [talk(1, 0, 1), talk(2, 1, 1), talk(3, 2, 2), talk(4, 3, None)]
    stats = count(correlate(known, lookups(), now=NOW).values())
    whatsapp = stats.channels["whatsapp"]
    assert stats.total.executions == whatsapp.executions == 4
    assert whatsapp.conversations == 2
    assert whatsapp.per_conversation == 1.5
    assert whatsapp.most_on_one == 2
    assert whatsapp.verdicts["reentry"] == 1
    assert whatsapp.verdicts["first_seen"] == 1
    assert whatsapp.verdicts["no_conversation"] == 1
    assert sum(stats.as_dict()["total"]["verdicts"].values()) == 4


def test_an_execution_whose_channel_is_not_known_is_counted_as_such() -> None:
    stats = count(correlate([replay(1, 0, 1)], lookups(), now=NOW).values())
    assert list(stats.channels) == [UNREAD]
    assert stats.channels[UNREAD].on_conversation == {sid("CH", 1): 1}


def test_nothing_has_no_mean() -> None:
    stats = count([])
    assert stats.channels == {}
    assert stats.as_dict()["total"]["executions_per_conversation"] is None
