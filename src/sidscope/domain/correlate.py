"""From what is known of single executions to records that say which belong together, and why.

Pure, and right for any set of executions; better the more is known. For the whole truth the set holds, with an
execution, all known ones of its conversation and of its contact.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sidscope.domain.anomalies import STUCK_AFTER, Oddity, find_anomalies
from sidscope.domain.facts import Source
from sidscope.domain.grouping import Latest, Run, arrange
from sidscope.domain.record import Judgement, Known, Record
from sidscope.domain.records import Channel, Conversation, Lookups, ReadStatus
from sidscope.domain.sids import sid_key
from sidscope.domain.verdicts import SAME_MOMENT, Case, judge


def correlate(
    known: Iterable[Known],
    lookups: Lookups,
    *,
    now: datetime,
    stuck_after: timedelta = STUCK_AFTER,
    known_since: datetime | None = None,
) -> dict[str, Record]:
    """The records of these executions, by the key of their SID, in time order.

    ``known_since`` is how far back executions are known (for ``first_seen``).
    """
    runs = arrange(known, lookups)
    conversations = known_conversations(lookups)
    cases = cases_of(runs, lookups, conversations, known_since)
    judgements = {case.run.sid: judge(case) for case in cases}
    anomalies = find_anomalies(runs, judgements, conversations, now=now, stuck_after=stuck_after)
    return {sid_key(run.sid): _record(run, judgements[run.sid], anomalies[run.sid]) for run in runs}


def known_conversations(lookups: Lookups) -> dict[str, Conversation]:
    """What Twilio said of each conversation: read by itself, else as ParticipantConversations tells it."""
    found: dict[str, Conversation] = {}
    for conversation in (*_told_by_participants(lookups), *lookups.conversations.values()):
        other = found.setdefault(sid_key(conversation.sid), conversation)
        if _weight(conversation) >= _weight(other):
            found[sid_key(conversation.sid)] = conversation
    return found


def _weight(conversation: Conversation) -> tuple[bool, bool, datetime]:
    """Closed is final; an answer says more than a failure; of two answers the later one holds."""
    answered = conversation.read_status in (ReadStatus.OK, ReadStatus.GONE)
    return conversation.closed, answered, conversation.read_at


def _told_by_participants(lookups: Lookups) -> Iterator[Conversation]:
    for memberships in lookups.memberships.values():
        for row in memberships.rows:
            yield Conversation(
                sid=row.conversation_sid,
                read_status=ReadStatus.OK,
                read_at=memberships.read_at,
                state=row.conversation_state,
                chat_service_sid=row.chat_service_sid,
                date_created=row.date_created,
                date_updated=row.date_updated,
                date_closed=row.date_updated if row.conversation_state == "closed" else None,
            )


class _Starts:
    """What started the executions on every conversation, while walking through them in time order."""

    def __init__(self) -> None:
        self._on: defaultdict[str | None, Latest] = defaultdict(Latest)
        self._by_message: defaultdict[tuple[str | None, str], Latest] = defaultdict(Latest)

    def handed_over(self, run: Run) -> Run | None:
        """The earlier one on its conversation, in another flow, that the same message started, or at most two seconds
        before."""
        if run.message_key:
            one_message = self._by_message[run.conversation_key, run.message_key].elsewhere(run)
            if one_message:
                return one_message
        other = self._on[run.conversation_key].elsewhere(run)
        return other if other and run.started - other.started <= SAME_MOMENT else None

    def add(self, run: Run) -> None:
        self._on[run.conversation_key].add(run)
        if run.message_key:
            self._by_message[run.conversation_key, run.message_key].add(run)


class _Contact:
    """One contact on one channel, as it looks while walking through its executions in time order."""

    def __init__(self) -> None:
        self.last: dict[str | None, tuple[int, Run]] = {}  # sender → its last execution with a conversation

    def previous(self, run: Run) -> Run | None:
        """The last execution with a conversation on this sender, or on one where either sender is unknown."""
        senders = self.last.keys() if run.sender is None else (run.sender, None)
        candidates = [self.last[sender] for sender in senders if sender in self.last]
        return max(candidates, key=lambda candidate: candidate[0])[1] if candidates else None


def cases_of(
    runs: list[Run],
    lookups: Lookups,
    conversations: dict[str, Conversation],
    known_since: datetime | None = None,
) -> Iterator[Case]:
    """What the verdict on each execution depends on; ``runs`` are in time order.

    A case is meant to be judged before the next is asked for: the lists of earlier executions grow as one goes.
    """
    inbound = _Inbound(runs)
    on_conversation: defaultdict[str, list[Run]] = defaultdict(list)
    on_call: dict[str, Run] = {}
    sent_by: dict[str, Run] = {}
    starts = _Starts()
    contacts: defaultdict[tuple[str, Channel | None], _Contact] = defaultdict(_Contact)
    for index, run in enumerate(runs):
        key = run.conversation_key
        if key is None:
            call = run.known.facts.call
            yield Case(run, same_call=on_call.get(sid_key(call.value)) if call else None)
            if call:
                on_call[sid_key(call.value)] = run
            continue
        same = on_conversation[key]
        contact = contacts[run.contact, run.channel] if run.contact else None
        previous = contact.previous(run) if contact and not same else None
        previous_key = previous.conversation_key if previous else None
        yield Case(
            run=run,
            same=same,
            handed_over_by=starts.handed_over(run) if same else None,
            previous=previous,
            sent_by=sent_by.get(previous_key) if previous_key else None,
            conversation=conversations.get(key if same else previous_key or ""),
            tasks=lookups.tasks,
            last_inbound=inbound.before(run) if previous else None,
            known_since=known_since,
        )
        same.append(run)
        starts.add(run)
        if run.known.facts.handoffs:
            sent_by[key] = run
        if contact:
            contact.last[run.sender] = (index, run)


class _Inbound:
    """The known inbound messages of every contact on every channel."""

    def __init__(self, runs: Iterable[Run]) -> None:
        moments: defaultdict[tuple[str, Channel | None], list[tuple[datetime, int, Run]]] = defaultdict(list)
        for index, run in enumerate(runs):
            if run.contact:
                for message in run.known.facts.inbound:
                    moments[run.contact, run.channel].append((message.time, index, run))
        for times in moments.values():
            times.sort(key=lambda item: item[:2])
        self._moments = moments

    def before(self, run: Run) -> datetime | None:
        """When the contact last wrote to this sender before the message that started ``run``."""
        times = self._moments.get((run.contact, run.channel)) if run.contact else None
        if not times:
            return None
        end = bisect_left(times, (run.started - SAME_MOMENT,), key=lambda item: (item[0],))
        for index in range(end - 1, -1, -1):
            time, _, other = times[index]
            one_sender = run.sender is None or other.sender is None or run.sender == other.sender
            if one_sender and other is not run and (run.message_key is None or run.message_key != other.message_key):
                return time
        return None


def _record(run: Run, judgement: Judgement, oddities: tuple[Oddity, ...]) -> Record:
    row, facts = run.known.row, run.known.facts
    hit = facts.conversation or facts.call
    return Record(
        execution_sid=row.sid,
        flow_sid=row.flow_sid,
        flow_name=run.known.flow_name,
        flow_version=row.flow_version,
        status=row.status,
        date_created=row.date_created,
        date_updated=row.date_updated,
        channel=run.channel.value if run.channel else None,
        contact=run.contact,
        sender=run.sender,
        initiated_by=row.initiated_by,
        conversation_sid=facts.conversation.value if facts.conversation else None,
        call_sid=facts.call.value if facts.call else None,
        task_sid=facts.task.value if facts.task else None,
        interaction_sid=facts.interaction.value if facts.interaction else None,
        message_sid=facts.message.value if facts.message else None,
        sid_source=(hit.source if hit else Source.NONE).value,
        context_status=run.known.context_status.value,
        group_key=run.group_key,
        reentry_number=run.number,
        verdict=judgement.verdict.value,
        verdict_basis=judgement.basis.value,
        verdict_reason=judgement.reason,
        evidence=(*judgement.evidence, *(each.evidence for each in oddities if each.evidence)),
        anomalies=tuple(each.name.value for each in oddities),
        related_sids=facts.related,
        anomaly_reasons=tuple(each.reason for each in oddities),
        outcome=run.known.outcome.value if run.known.outcome else None,
    )


__all__ = ["Known", "Record", "cases_of", "correlate", "known_conversations"]
