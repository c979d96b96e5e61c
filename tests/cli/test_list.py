"""``sidscope list``: the truth of the account, in every form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from sidscope.archive import Archive, archive_path
from sidscope.demo import World
from sidscope.demo.account import make_sid
from sidscope.domain.record import KEYS
from sidscope.domain.records import Execution
from tests.cli.conftest import CommandLine, Served, serve
from tests.support.oracle import JsonRecord, by_group, differences


def truth(account: Served, *, explain: bool) -> list[JsonRecord]:
    return list(account.world.truth(account.world.zero, since=account.day, explain=explain))


def denied(records: Sequence[JsonRecord]) -> int:
    return sum(record["context_status"] == "denied" for record in records)


def told(records: Sequence[JsonRecord]) -> str:
    """What stderr says of those."""
    count = denied(records)
    return f"sidscope: incomplete: {count} context{'s' if count > 1 else ''} denied to these credentials\n"


def assert_off_the_edge(account: Served) -> None:
    """Commands judge what is stuck by the real time, seconds after the account's: nothing may be on the edge."""
    for record in truth(account, explain=True):
        sign = datetime.fromisoformat(record["date_updated"] or record["date_created"])
        silent = account.world.zero - sign
        assert record["status"] != "active" or not timedelta(hours=1, minutes=50) < silent <= timedelta(hours=2)


@pytest.fixture
def large(sidscope: CommandLine) -> Iterator[Served]:
    """Many customers beside the named stories; what they do is on no edge either."""
    with contextmanager(serve)(World(12, executions=420, flows=12, arrival=None)) as large:
        sidscope.environment |= large.environment
        yield large


def test_explained_it_is_the_truth_in_every_form(sidscope: CommandLine, large: Served) -> None:
    account = large
    assert_off_the_edge(account)
    true = truth(account, explain=True)
    done = sidscope.process("list", "--since", account.since, "--explain", "--format", "json")
    assert (done.code, done.err) == (1, told(true))
    records = done.records()
    assert differences(records, true) == []
    assert_newest_first(records)
    assert all(tuple(record) == KEYS and len(record) == 26 for record in records)
    for form in ("jsonl", "csv"):
        again = sidscope("list", "--since", account.since, "--offline", "--format", form)
        assert (again.code, again.err) == (1, told(true))
        assert uncontrolled(again.records()) == uncontrolled(records)


def assert_newest_first(records: Sequence[JsonRecord]) -> None:
    times = [record["date_created"] for record in records]
    assert times == sorted(times, reverse=True)
    for group in by_group(records).values():
        assert [record["reentry_number"] for record in group] == list(range(len(group)))[::-1]


def uncontrolled(records: Sequence[JsonRecord]) -> list[JsonRecord]:
    """Without the texts that a CSV file for spreadsheets changes: formulas and controls."""
    return [{key: value for key, value in record.items() if key != "verdict_reason"} for record in records]


def test_unexplained_it_is_the_truth_too_and_a_second_run_is_cheap(sidscope: CommandLine, account: Served) -> None:
    assert_off_the_edge(account)
    true = truth(account, explain=False)
    first = sidscope("list", "--since", account.since, "--format", "jsonl")
    assert (first.code, first.err) == (1, told(true))
    assert differences(first.records(), true) == []
    account.app.log.clear()
    second = sidscope("list", "--since", account.since, "--format", "jsonl")
    assert second == first
    unfinished = sum(r["status"] == "active" or r["context_status"] == "denied" for r in true)
    assert len(account.app.log) <= 1 + len(account.world.flows) + unfinished
    assert account.kinds().count("execution_context") == denied(true)


def test_a_complete_list_exits_0_with_nothing_on_stderr(sidscope: CommandLine, account: Served) -> None:
    """What Twilio no longer has (404) counts as complete."""
    account.faulty.answer("FN[0-4][0-9a-f]*/Context$", 404)
    flow = next(flow for flow in account.world.flows if flow.denied)
    account.faulty.answer(f"{flow.sid}/Executions/.*/Context$", 404)
    done = sidscope.process("list", "--since", account.since, "--format", "jsonl")
    assert (done.code, done.err) == (0, "")
    assert {record["context_status"] for record in done.records()} == {"ok", "gone", "not_needed"}


def test_dates_are_utc_with_z_and_lists_are_lists(sidscope: CommandLine, account: Served) -> None:
    for record in sidscope("list", "--since", account.since, "--explain", "--format", "json").records():
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record["date_created"])
        assert record["evidence"]
        for item in record["evidence"]:
            assert set(item) == {"fact", "sid", "time", "source"}
            assert item["time"] is None or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", item["time"])
        assert all(set(item) == {"sid", "path"} for item in record["related_sids"])
        assert isinstance(record["anomalies"], list)
        assert record["verdict_reason"].endswith(".")


def test_queries_and_limits_choose_among_them(filled: CommandLine, account: Served) -> None:
    def chosen(*arguments: str) -> list[dict[str, object]]:
        done = filled("list", "--offline", "--since", account.since, "--format", "jsonl", *arguments)
        records = done.records()
        assert (done.code, done.err) == ((1, told(records)) if denied(records) else (0, ""))
        return records

    everything = chosen()
    active = [record for record in everything if record["status"] == "active"]
    assert chosen("status:active") == active
    assert chosen("-status:ended") == active
    assert chosen("--", "-status:ended") == active
    assert chosen("status:active", "channel:voice") == [r for r in active if r["channel"] == "voice"]
    assert chosen("status:active channel:voice") == [r for r in active if r["channel"] == "voice"]
    flow = account.world.flows[0]
    assert chosen(f"flow:{flow.sid}") == [r for r in everything if r["flow_sid"] == flow.sid] != []
    assert chosen(f'flow:"{flow.name}"') == [r for r in everything if r["flow_name"] == flow.name]
    assert chosen("verdict:reentry", "-channel:whatsapp") == [
        r for r in everything if r["verdict"] == "reentry" and r["channel"] != "whatsapp"
    ]
    assert chosen("anomaly:stuck") == [r for r in everything if "stuck" in str(r["anomalies"])] != []
    contact = str(next(r["contact"] for r in everything if r["contact"]))
    assert chosen(f"contact:{contact}") == [r for r in everything if contact in str(r["contact"])]
    conversation = str(next(r["conversation_sid"] for r in everything if r["verdict"] == "reentry"))
    assert len(chosen(conversation)) > 1
    assert chosen(conversation.upper()) == chosen(conversation)
    assert chosen("--limit", "7") == everything[:7]
    assert chosen("--limit=3", "status:active") == active[:3]
    assert account.app.log == []


def test_until_ends_it(filled: CommandLine, account: Served) -> None:
    until = account.world.zero - timedelta(hours=3)
    done = filled("list", "--offline", "--since", account.since, "--until", until.isoformat(), "--format", "jsonl")
    true = account.world.truth(account.world.zero, since=account.day, until=until, explain=False)
    assert {record["execution_sid"] for record in done.records()} == {record["execution_sid"] for record in true}


def test_stuck_after_is_as_told(filled: CommandLine, account: Served) -> None:
    def stuck(*arguments: str) -> int:
        done = filled("list", "--offline", "--since", account.since, "anomaly:stuck", "--format", "jsonl", *arguments)
        return len(done.records())

    assert stuck("--stuck-after", "1m") > stuck() > stuck("--stuck-after", "30h") == 0


def test_the_table_is_for_people(filled: CommandLine, account: Served) -> None:
    done = filled("list", "--offline", "--since", account.since)
    heading, *lines = done.out.splitlines()
    assert heading.split()[:2] == ["STARTED", "(UTC)"]
    assert len(lines) == len(truth(account, explain=False))
    assert "\x1b" not in done.out
    assert all(re.search(r"FN[0-9a-f]{32}", line) for line in lines)


def test_only_on_a_conversation_or_call_does_an_execution_come_again(filled: CommandLine, account: Served) -> None:
    arguments = ("list", "--offline", "--since", account.since)
    records = filled(*arguments, "--format", "jsonl").records()
    lines = filled(*arguments).out.splitlines()[1:]
    trees = {
        record["execution_sid"]: filled("find", record["execution_sid"], "--offline").out
        for record in records
        if record["reentry_number"]
    }
    numbered = set()
    for record, line in zip(records, lines, strict=True):
        named = record["conversation_sid"] or record["call_sid"]
        sign = f"↻{record['reentry_number'] + 1}" if record["reentry_number"] and named else None
        assert re.findall(r"  (↻\d+) ", line) == ([sign] if sign else [])
        if record["reentry_number"]:
            own = next(line for line in trees[record["execution_sid"]].splitlines() if record["execution_sid"] in line)
            assert ("↻" in own) == (sign is not None)
            numbered.add(record["verdict"])
    assert numbered >= {"reentry", "handover", "new_call", "no_conversation"}


def test_nothing_to_show_is_said(filled: CommandLine, account: Served) -> None:
    done = filled("list", "--offline", "--since", account.since, "contact:nobody")
    assert done.code == 0
    assert "no execution that matches" in done.sentence()
    done = filled("list", "--offline", "--since", account.since, "contact:nobody", "--format", "json")
    assert (done.code, done.out, done.err) == (0, "[]\n", "")
    done = filled("list", "--offline", "--since", account.since, "contact:nobody", "--format", "csv")
    assert (done.code, done.out, done.err) == (0, ",".join(KEYS) + "\n", "")


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("status:active", "--since 7d looks further back"),
        ("status:active --since 7d", "--since 30d looks further back"),
        ("status:active --since 30d", "without --offline Twilio is asked"),
        ("outcome:failed", "only steps tell how 1 execution went: F in the explorer reads them"),
        ("timeout --since 7d", "only steps tell how 1 execution went: F in the explorer reads them"),
        ("outcome:failed status:active", "--since 7d looks further back"),
        ("contact:+4915", "only contexts tell who is behind 1 execution: --explain reads them"),
        ("contact:+4915 --explain", "--since 7d looks further back"),
    ],
)
def test_what_to_try_where_nothing_matches_is_what_may_help(sidscope: CommandLine, query: str, hint: str) -> None:
    now, ac = datetime.now(UTC), make_sid("AC", "somebody")
    with Archive.open(archive_path(sidscope.data_dir, ac), account_sid=ac) as archive:
        for number, days in enumerate((0, 20)):
            started, conversation = now - timedelta(days=days, hours=1), make_sid("CH", number)
            archive.write(Execution(make_sid("FN", number), make_sid("FW", 1), "ended", started, None, conversation))
    done = sidscope("list", "--offline", *query.split())
    assert done.code == 0
    assert done.sentence().endswith(f" UTC; {hint}.")


def test_offline_needs_no_credentials_where_there_is_one_archive(filled: CommandLine, account: Served) -> None:
    with_credentials = filled("list", "--offline", "--since", account.since, "--format", "jsonl")
    filled.environment.clear()
    without = filled("list", "--offline", "--since", account.since, "--format", "jsonl")
    assert without == with_credentials
    assert (without.code, without.err) == (1, told(without.records()))  # as far as it was allowed to be read
    (archive,) = filled.data_dir.glob("*.sqlite3")
    archive.with_name(f"AC{'0' * 32}.sqlite3").write_bytes(archive.read_bytes())
    whose = filled("list", "--offline")
    assert whose.code == 3
    assert whose.sentence() == (
        f"{filled.data_dir} holds archives of 2 accounts: set TWILIO_ACCOUNT_SID to one of "
        f"AC{'0' * 32}, {account.world.account_sid}."
    )
    alone = {"TWILIO_ACCOUNT_SID": account.world.account_sid}
    assert filled("list", "--offline", "--since", account.since, "--format", "jsonl", **alone) == with_credentials
    assert f"  {account.world.account_sid}\n" in filled("archive", "info", **alone).out


def test_what_is_pending_does_not_make_offline_incomplete(sidscope: CommandLine, account: Served) -> None:
    account.faulty.answer("/Context$", 401, passes=5)
    assert sidscope("list", "--since", account.since).code == 3
    done = sidscope("list", "--offline", "--since", account.since, "--format", "jsonl")
    assert (done.code, done.err) == (0, "")
    assert sum(record["context_status"] == "pending" for record in done.records()) > 10


def test_two_processes_on_one_archive(sidscope: CommandLine, account: Served) -> None:
    arguments = ("list", "--since", account.since, "--format", "jsonl")
    processes = [sidscope.start(*arguments, "--explain"), sidscope.start(*arguments)]
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 1
        assert err.count("\n") == 1
        assert len(out.splitlines()) == len(truth(account, explain=True))
    done = sidscope(*arguments, "--offline")
    assert differences(done.records(), truth(account, explain=True)) == []


def test_the_demo_needs_nothing_and_leaves_nothing(sidscope: CommandLine) -> None:
    done = sidscope.process("list", "--demo", "--format", "jsonl")
    assert (done.code, done.err) == (0, "")
    assert len(done.records()) > 100
    assert not sidscope.data_dir.exists()
    assert sidscope("list", "--demo", "--offline").code == 0
