"""``sidscope stats``: the figures behind the rules."""

from __future__ import annotations

from collections import Counter

from .conftest import CommandLine, Served


def test_the_figures_are_those_of_the_list(filled: CommandLine, account: Served) -> None:
    window = ("--offline", "--since", account.since)
    listed = filled("list", *window, "--format", "json")
    records = listed.records()
    done = filled("stats", *window, "--format", "json")
    assert (done.code, done.err) == (listed.code, listed.err)
    total, channels = done.json()["total"], done.json()["channels"]
    assert total["executions"] == len(records)
    assert {name: figures["executions"] for name, figures in channels.items()} == Counter(
        record["channel"] or "not read" for record in records
    )
    assert +Counter(total["verdicts"]) == Counter(record["verdict"] for record in records)
    assert +Counter(total["anomalies"]) == Counter(name for record in records for name in record["anomalies"])
    talks = Counter(record["conversation_sid"].upper() for record in records if record["conversation_sid"])
    assert total["conversations"] == len(talks)
    assert total["most_executions_on_one_conversation"] == max(talks.values())


def test_the_table_tells_the_same_for_a_query(filled: CommandLine, account: Served) -> None:
    done = filled("stats", "channel:voice", "--offline", "--since", account.since)
    assert done.code == 0
    heading, executions, *rest = done.out.splitlines()
    assert heading.split() == ["voice", "all"]
    assert executions.split()[-1] == executions.split()[-2]
    assert any(line.startswith("new_call") for line in rest)
