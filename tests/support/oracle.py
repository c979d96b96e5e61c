"""Records held against the simulated account's own truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

JsonRecord = Mapping[str, Any]

PRIMARY = (
    "execution_sid",
    "conversation_sid",
    "call_sid",
    "task_sid",
    "interaction_sid",
    "message_sid",
    "initiated_by",
)
"""The keys of a record whose SID makes its group the answer to ``find``."""


def differences(got: Iterable[JsonRecord], truth: Iterable[JsonRecord]) -> list[str]:
    """Where the records say something else than the truth does, in any key that it has."""
    records = {record["execution_sid"]: record for record in got}
    found = []
    for true in truth:
        record = records.pop(true["execution_sid"], None)
        if record is None:
            found.append(f"{true['execution_sid']} is missing")
            continue
        for key, value in true.items():
            if key == "foreign_sids":
                missing = set(value) - {mention["sid"] for mention in record["related_sids"]}
                if missing:
                    found.append(f"{true['execution_sid']} does not relate {missing}")
            elif record[key] != value:
                found.append(f"{true['execution_sid']} {key}: {record[key]!r}, in truth {value!r}")
    return found + [f"{sid} is too many" for sid in records]


def related(truth: Iterable[JsonRecord], target: str) -> set[str]:
    """The executions that ``find`` must give for a SID: those of the groups that hold it, else those that mention it;
    for an address: all of that contact, ``+49…`` on every channel."""
    truth = list(truth)
    if not is_hex(target[2:]):
        spellings = {target} | ({f"{prefix}:{target}" for prefix in ("whatsapp", "messenger", "rcs")})
        wanted = spellings if target.startswith("+") else {target}
        return {record["execution_sid"] for record in truth if record["contact"] in wanted}
    if target.startswith("FW"):
        return {record["execution_sid"] for record in truth if record["flow_sid"] == target}
    groups = {
        record["group_key"].upper()
        for record in truth
        if any((record[key] or "").upper() == target.upper() for key in PRIMARY)
    }
    if groups:
        return {record["execution_sid"] for record in truth if record["group_key"].upper() in groups}
    return {record["execution_sid"] for record in truth if target in record["foreign_sids"]}


def is_hex(text: str) -> bool:
    return len(text) == 32 and all(character in "0123456789abcdefABCDEF" for character in text)


def by_group(truth: Iterable[JsonRecord]) -> dict[str, list[JsonRecord]]:
    """The records of each group."""
    groups: defaultdict[str, list[JsonRecord]] = defaultdict(list)
    for record in truth:
        groups[record["group_key"].upper()].append(record)
    return groups


def moment(record: JsonRecord) -> datetime:
    return datetime.fromisoformat(record["date_created"])
