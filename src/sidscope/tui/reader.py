"""What the explorer reads from the archive, as records. Everything here blocks: it runs in the feed's threads."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from sidscope.archive import Archive, find_records, lookups_of, of_story
from sidscope.domain.anomalies import STUCK_AFTER
from sidscope.domain.correlate import correlate
from sidscope.domain.record import Known, Record
from sidscope.domain.records import Channel, Lookups, ReadStatus
from sidscope.domain.sids import sid_key
from sidscope.domain.story import tell
from sidscope.domain.value import replace
from sidscope.domain.window import windows
from sidscope.tui import discretion
from sidscope.tui.detail import Detail
from sidscope.tui.groups import one_contact, record_key, started
from sidscope.tui.json_tree import JsonTree

FIRST_PORTION = 80
"""Executions in the first portion: enough for any screen, read in some milliseconds."""

PORTION = 500
"""Executions in the others: taking in so many holds the loop for less than a frame."""


class Reader:
    """Reads records and details. ``since``: older executions are only read where they belong to a newer one."""

    def __init__(
        self,
        archive: Archive,
        *,
        since: datetime | None,
        now: Callable[[], datetime],
        stuck_after: timedelta = STUCK_AFTER,
    ) -> None:
        self._archive = archive
        self._since = since
        self._now = now
        self._stuck_after = stuck_after
        self._wanted: set[str] = set()  # older than since, but asked for

    def history(self) -> Iterator[list[Record]]:
        """Every execution since then, newest first, in portions; the first one is small."""
        until: datetime | None = None
        size = FIRST_PORTION
        seen: set[str] = set()
        while True:
            portion = self._archive.starts(self._since, until, size)
            fresh = [sid for sid, _ in portion if sid_key(sid) not in seen]
            if fresh:
                records = self.records(fresh)
                # What they depend on comes with them, in full: it is not read again further back.
                seen.update(map(record_key, records))
                seen.update(map(sid_key, fresh))
                yield records
            if len(portion) < size:
                return
            if not fresh:  # more executions of one instant than fit a portion
                size *= 2
                continue
            # The oldest instant may go on in the next portion: it is asked for again, and what is known is skipped.
            until = portion[-1][1] + timedelta(milliseconds=1)
            size = max(size, PORTION)

    def changes_elsewhere(self, after: int | None) -> tuple[int, list[str]]:
        """What other processes brought into the archive; see :meth:`Archive.changes_elsewhere`."""
        return self._archive.changes_elsewhere(after)

    def records(self, keys: Iterable[str]) -> list[Record]:
        """The records of these executions and of those that their verdicts depend on, within the time that is shown.

        A list holds a hundred thousand of them: the evidence behind each verdict is for :meth:`detail` to tell.
        """
        records = self._correlate(self._archive.neighbourhood(keys, related=False))
        since = self._since
        return [
            _slim(record)
            for key, record in records.items()
            if since is None or started(record) >= since or key in self._wanted
        ]

    def find(self, target: str) -> list[Record]:
        """What the archive knows of a SID or address, oldest first; it is shown from now on, however old."""
        found = find_records(self._archive, target, now=self._now(), stuck_after=self._stuck_after)
        self._wanted.update(record_key(record) for record in found)
        return found

    def detail(self, key: str, *, related: bool = False) -> Detail | None:
        """Everything about one execution; None if the archive does not hold it. ``related``: the others of its story
        with their related SIDs too, for which each context is read."""
        own = self._archive.known([key]).get(key)
        known = of_story(self._archive, key, related=related)
        if own is None or all(sid_key(each.row.sid) != key for each in known):
            return None
        lookups = lookups_of(self._archive, known)
        records = self._correlate(known, lookups)
        record = replace(records[key], related_sids=own.facts.related)
        context = self._archive.context(own.row.sid)
        tree = None
        if context is not None and context.read_status is ReadStatus.OK and not own.facts.empty:
            tree = JsonTree(context.body)
        of_contact = [each for each in records.values() if one_contact(record, each)]
        story = [each for each in of_contact if _one_sender(record, each)]
        story.sort(key=lambda each: (started(each), each.reentry_number, each.execution_sid))
        facts = {sid_key(each.row.sid): each.facts for each in known}
        inbound = [
            item.time for each in story if each.channel == Channel.WHATSAPP for item in facts[record_key(each)].inbound
        ]
        opened = windows(inbound)
        drawn = tell(story, facts, lookups, opened, inbound, len(of_contact) - len(story))
        read_at = context.read_at if context else None
        return discretion.detail(Detail(record, own.facts, tree, story, opened, read_at, drawn=drawn))

    def _correlate(self, known: list[Known], lookups: Lookups | None = None) -> dict[str, Record]:
        return correlate(
            known,
            lookups_of(self._archive, known) if lookups is None else lookups,
            now=self._now(),
            stuck_after=self._stuck_after,
            known_since=self._archive.oldest_started(),
        )


def _one_sender(record: Record, other: Record) -> bool:
    return other.group_key == record.group_key or None in (record.sender, other.sender) or other.sender == record.sender


def _slim(record: Record) -> Record:
    """What a list needs of a record, and texts that many have held only once."""
    group = record.group_key
    return replace(
        record,
        flow_sid=sys.intern(record.flow_sid),
        status=_shared(record.status),
        sender=_shared(record.sender),
        conversation_sid=group if record.conversation_sid == group else record.conversation_sid,
        message_sid=record.initiated_by if record.message_sid == record.initiated_by else record.message_sid,
        verdict_reason="",
        evidence=(),
        anomaly_reasons=(),
    )


def _shared(text: str | None) -> str | None:
    return None if text is None else sys.intern(text)
