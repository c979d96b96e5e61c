"""sidscope's rules and the simulator's own truth, which know nothing of each other, come to the same records.

Without any transport: the rows, contexts and look-ups go straight from the account's answers into the rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from sidscope.demo import World
from sidscope.demo.account import wire
from sidscope.demo.answers import Answers, Refusal
from sidscope.domain.correlate import correlate
from sidscope.domain.evidence import extract, settles
from sidscope.domain.record import Known
from sidscope.domain.records import Conversation, Execution, Lookups, Membership, Memberships, ReadStatus, Task
from sidscope.domain.sids import is_sid, sid_key
from tests.support.account import NOON


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


class Reader:
    """Somebody who reads everything that ``--explain`` reads (or, without it, that a plain list reads)."""

    def __init__(self, world: World, now: datetime, since: datetime, *, explain: bool):
        self.world, self.now, self.since, self.explain = world, now, since, explain
        self.answers = Answers(world, now, {})

    def known(self) -> Iterator[Known]:
        for run in self.world.runs(self.now):
            if wire(run.started) < self.since:
                continue
            told = self.answers.execution(run.flow.sid, run.sid)
            assert told is not None
            row = Execution(
                told["sid"],
                told["flow_sid"],
                told["status"],
                moment(told["date_created"]),
                moment(told["date_updated"]),
                told["contact_channel_address"],
                told["initiated_by"],
                told["flow_version"],
            )
            by_call = is_sid(row.initiated_by, "CA")
            needed = not by_call if self.explain else not settles(row)
            status, body = self.context(row) if needed else (ReadStatus.NOT_NEEDED, None)
            yield Known(row, extract(row, body, read=status is ReadStatus.OK), status, run.flow.name)

    def context(self, row: Execution) -> tuple[ReadStatus, Any]:
        try:
            told = self.answers.execution_context(row.flow_sid, row.sid)
        except Refusal:
            return ReadStatus.DENIED, None
        return (ReadStatus.OK, told["context"]) if told else (ReadStatus.GONE, None)

    def lookups(self, records: list[dict[str, Any]]) -> Lookups:
        conversations, tasks, memberships = dict[str, Conversation](), dict[str, Task](), dict[str, Memberships]()
        for record in records:
            if sid := record["conversation_sid"]:
                conversations[sid_key(sid)] = self.conversation(sid)
            if sid := record["task_sid"]:
                told = self.answers.task(self.world.books.workspace, sid)
                status = ReadStatus.OK if told else ReadStatus.GONE
                assignment = told["assignment_status"] if told else None
                tasks[sid_key(sid)] = Task(sid, status, self.now, assignment)
            if contact := record["contact"]:
                memberships[contact] = self.memberships(contact)
        return Lookups(conversations, tasks, memberships=memberships)

    def conversation(self, sid: str) -> Conversation:
        services = (None, self.world.books.second_service)
        told = next((t for service in services if (t := self.answers.conversation(service, sid))), None)
        if told is None:
            return Conversation(sid, ReadStatus.GONE, self.now)
        updated = moment(told["date_updated"])
        closed = updated if told["state"] == "closed" else None
        return Conversation(sid, ReadStatus.OK, self.now, told["state"], date_updated=updated, date_closed=closed)

    def memberships(self, address: str) -> Memberships:
        rows = []
        for kind in ("Address", "Identity"):
            told = Answers(self.world, self.now, {kind: address}).participant_conversations(None)
            for row in told["conversations"]:
                proxy = (row["participant_messaging_binding"] or {}).get("proxy_address")
                rows.append(Membership(row["conversation_sid"], row["conversation_state"], proxy_address=proxy))
        return Memberships(address, ReadStatus.OK, self.now, tuple(rows))


@pytest.mark.parametrize("explain", [True, False])
@pytest.mark.parametrize(("seed", "hours", "minutes"), [(1, 200, 0), (21, 200, 25), (22, 24, 0), (23, 12, 5)])
def test_rules_and_truth_agree(seed: int, hours: int, minutes: int, explain: bool) -> None:
    world = World(seed, NOON, executions=450, flows=12)
    now, since = NOON + timedelta(minutes=minutes), NOON - timedelta(hours=hours)
    truth = world.truth(now, since=since, explain=explain)
    reader = Reader(world, now, since, explain=explain)
    known = list(reader.known())
    records = correlate(known, Lookups(), now=now)
    if explain:
        lookups = reader.lookups([record.as_dict() for record in records.values()])
        records = correlate(known, lookups, now=now)
    assert len(truth) == len(records) > 200
    for true in truth:
        record = records[sid_key(true["execution_sid"])].as_dict()
        foreign, anomalies = true.pop("foreign_sids"), true.pop("anomalies")
        assert true == {key: record[key] for key in true}
        assert set(anomalies) == set(record["anomalies"])
        assert foreign <= {mention["sid"] for mention in record["related_sids"]}
