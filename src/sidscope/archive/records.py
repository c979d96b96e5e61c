"""From the archive to records: what is stored of some executions, correlated by the rules of the domain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sidscope.archive.archive import Archive
from sidscope.domain.anomalies import STUCK_AFTER
from sidscope.domain.correlate import correlate
from sidscope.domain.query import primary_sids
from sidscope.domain.record import Known, Record
from sidscope.domain.records import Lookups
from sidscope.domain.sids import is_sid, kind_of, same_sid, sid_key

if TYPE_CHECKING:
    from sidscope.domain.steps import Path


def lookups_of(archive: Archive, known: Iterable[Known]) -> Lookups:
    """What has been looked up of everything that these executions name."""
    conversations: set[str] = set()
    tasks: set[str] = set()
    calls: set[str] = set()
    contacts: set[str] = set()
    for item in known:
        facts = item.facts
        if facts.conversation:
            conversations.add(facts.conversation.value)
        if facts.call:
            calls.add(facts.call.value)
        if facts.contact:
            contacts.add(facts.contact.value)
        tasks.update(handoff.task_sid for handoff in facts.handoffs if handoff.task_sid)
    return archive.lookups(conversations, tasks, contacts, calls)


def of_story(archive: Archive, fn: str, *, related: bool = False) -> list[Known]:
    """What belongs to the story of an execution: all that it is compared with, and what the same address did on other
    channels (calls beside text messages); ``related``: with related SIDs, for which each context is read."""
    known = archive.neighbourhood([fn], related=related)
    told = {sid_key(item.row.sid) for item in known}
    contacts = {item.facts.contact.value for item in known if item.facts.contact}
    found = [sid for contact in contacts for sid in archive.contact_search(contact) if sid_key(sid) not in told]
    others = [
        item.row.sid
        for item in archive.known(found, related=False).values()
        if item.facts.contact and item.facts.contact.value in contacts
    ]
    return archive.neighbourhood([fn, *others], related=related) if others else known


def read_records(
    archive: Archive,
    fns: Iterable[str],
    *,
    now: datetime,
    stuck_after: timedelta = STUCK_AFTER,
    related: bool = True,
) -> dict[str, Record]:
    """The records of these executions and of all that they are compared with, by key, in time order; ``related``: with
    their related SIDs, for which each context is read."""
    known = archive.neighbourhood(fns, related=related)
    return correlate(
        known,
        lookups_of(archive, known),
        now=now,
        stuck_after=stuck_after,
        known_since=archive.oldest_started(),
    )


def read_paths(archive: Archive, fns: Iterable[str], *, now: datetime) -> dict[str, Path]:
    """The ways through the widgets of those of these executions whose steps were read, by key."""
    from sidscope.domain.steps import path_of

    found = {}
    for key, known in archive.known(fns, related=False).items():
        read = archive.steps(known.row.sid)
        if read and read.steps:
            found[key] = path_of(read.steps, known.row, now=now, complete=read.final)
    return found


def find_records(archive: Archive, target: str, *, now: datetime, stuck_after: timedelta = STUCK_AFTER) -> list[Record]:
    """The executions related to a SID or address, oldest first: those of the groups that hold the SID, or that merely
    mention it; for a flow its executions; for an address all of that contact."""
    if not is_sid(target):
        own = {sid_key(key) for key in archive.contact_search(target)}
        records = read_records(archive, own, now=now, stuck_after=stuck_after)
        return [record for key, record in records.items() if key in own]
    keys = archive.search(target, limit=10_000)
    records = read_records(archive, keys, now=now, stuck_after=stuck_after)
    if kind_of(target) == "flow":
        return [record for record in records.values() if same_sid(record.flow_sid, target)]
    groups = {
        record.group_key for record in records.values() if any(same_sid(sid, target) for sid in primary_sids(record))
    }
    wanted = {sid_key(key) for key in keys} if not groups else set()
    return [record for key, record in records.items() if record.group_key in groups or key in wanted]
