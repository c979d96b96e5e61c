"""The story of one contact, as it is drawn: a lane for each conversation, with executions, agent tasks and its end.

Pure: from records and what was looked up to lanes in time; :mod:`~sidscope.domain.picture` puts them into cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sidscope.domain.correlate import known_conversations
from sidscope.domain.facts import Facts
from sidscope.domain.record import Basis, Record, Verdict
from sidscope.domain.records import EPOCH, Conversation, Lookups, ReadStatus, Task
from sidscope.domain.sids import sid_key
from sidscope.domain.value import replace, value
from sidscope.domain.window import Span

FRESH: Final = timedelta(seconds=60)
"""While somebody looks at a story, an open conversation or task is not asked for again within this, but soon after."""

LEAD = timedelta(hours=24)
"""A conversation that was opened longer than this before its first known execution is drawn from there on."""


class LaneKind(StrEnum):
    """What the executions of a lane have in common."""

    CONVERSATION = "conversation"
    CALLS = "calls"
    NONE = "none"  # messaging or REST without a conversation
    UNKNOWN = "unknown"  # it cannot be known whether there was one


@value
class AgentTask:
    """A handing over to an agent: from the task's creation (else the end of the execution that sent it) to its end."""

    sid: str
    status: str | None  # Twilio's word; None if it was not read
    read_status: ReadStatus
    started: datetime
    ended: datetime | None  # None: it runs on, or nobody knows

    @property
    def open(self) -> bool:
        """Whether Twilio says that it runs on."""
        return self.status is not None and self.ended is None


@value
class Lane:
    """What happened on one conversation (or among the calls, or without any), oldest first.

    ``state`` is Twilio's own word, or "deleted"; ``basis`` how it is known. ``opened`` and ``closed`` are None where
    they are not known.
    """

    kind: LaneKind
    key: str
    records: tuple[Record, ...]
    keys: tuple[str, ...]  # of the records
    tasks: tuple[AgentTask, ...] = ()
    sid: str | None = None
    state: str | None = None
    basis: Basis = Basis.UNKNOWN
    read_status: ReadStatus = ReadStatus.PENDING
    read_at: datetime | None = None
    opened: datetime | None = None
    closed: datetime | None = None

    @property
    def begins(self) -> datetime:
        """Where its line begins."""
        first = began(self.records[0])
        return self.opened if self.opened and first - LEAD <= self.opened < first else first

    @property
    def open(self) -> bool:
        """Whether Twilio has said that it is open still."""
        return self.basis is Basis.OBSERVED and self.state not in ("closed", "deleted", None)


@value
class Story:
    """All lanes of one contact, the one that began first on top. ``elsewhere``: how many executions of the contact are
    with another sender and not told here."""

    lanes: tuple[Lane, ...] = ()
    windows: tuple[Span, ...] = ()
    inbound: tuple[datetime, ...] = ()
    elsewhere: int = 0

    @property
    def read_at(self) -> datetime | None:
        """When the oldest of the look-ups was made that may be different now."""
        return min((lane.read_at for lane in self.lanes if lane.open and lane.read_at), default=None)

    @property
    def unsettled(self) -> bool:
        """Whether any conversation or task in it may be another when it is read again."""
        return any(lane.open or any(task.open for task in lane.tasks) for lane in self.lanes)

    @property
    def keys(self) -> frozenset[str]:
        """Its executions."""
        return frozenset(key for lane in self.lanes for key in lane.keys)

    def with_records(self, change: Callable[[Record], Record]) -> Story:
        """The same story with each of its executions changed."""
        return replace(
            self, lanes=tuple(replace(lane, records=tuple(map(change, lane.records))) for lane in self.lanes)
        )

    def record(self, key: str | None) -> Record | None:
        """The execution with this key."""
        index = self.lane_of(key)
        if index is None or key is None:
            return None
        lane = self.lanes[index]
        return lane.records[lane.keys.index(key)]

    def lane_of(self, key: str | None) -> int | None:
        """The index of the lane that the execution with this key is on."""
        for index, lane in enumerate(self.lanes):
            if key in lane.keys:
                return index
        return None


UNTOLD: Final = Story()
"""Nothing to draw."""


def began(record: Record) -> datetime:
    """When an execution began; the epoch if Twilio does not say."""
    return record.date_created or record.date_updated or EPOCH


def ended(record: Record) -> datetime | None:
    """When it last did anything; None while it is active."""
    return None if record.active else max(began(record), record.date_updated or began(record))


def tell(
    records: Iterable[Record],
    facts: Mapping[str, Facts],
    lookups: Lookups,
    windows: Sequence[Span] = (),
    inbound: Iterable[datetime] = (),
    elsewhere: int = 0,
) -> Story:
    """The story of these executions; ``facts`` by the key of the execution."""
    groups: dict[tuple[LaneKind, str], list[Record]] = {}
    told = sorted(records, key=lambda record: (began(record), record.reentry_number, record.execution_sid))
    for record in told:
        groups.setdefault(_lane_key(record), []).append(record)
    conversations = known_conversations(lookups)
    over = _inferred_over(told)
    lanes = []
    for (kind, key), members in groups.items():
        tasks = tuple(_tasks(members, facts, lookups.tasks))
        if kind is LaneKind.CONVERSATION:
            lanes.append(_conversation(key, members, tasks, conversations.get(key), key in over))
        else:
            lanes.append(Lane(kind, key, tuple(members), tuple(_keys(members)), tasks))
    return Story(tuple(lanes), tuple(windows), tuple(sorted(set(inbound))), elsewhere)


def _lane_key(record: Record) -> tuple[LaneKind, str]:
    if record.conversation_sid:
        return LaneKind.CONVERSATION, sid_key(record.conversation_sid)
    if record.call_sid:
        return LaneKind.CALLS, ""
    return (LaneKind.UNKNOWN if record.verdict == Verdict.UNKNOWN else LaneKind.NONE), ""


def _inferred_over(told: Sequence[Record]) -> set[str]:
    """The conversations after which a task or a closing made the contact get another one."""
    over: set[str] = set()
    last: dict[str | None, str] = {}
    for record in told:
        if not record.conversation_sid:
            continue
        if record.verdict in (Verdict.NEW_AFTER_TASK, Verdict.NEW_AFTER_CLOSE) and record.channel in last:
            over.add(last[record.channel])
        last[record.channel] = sid_key(record.conversation_sid)
    return over


def _conversation(
    key: str, members: Sequence[Record], tasks: tuple[AgentTask, ...], read: Conversation | None, over: bool
) -> Lane:
    state, basis, closed = None, Basis.UNKNOWN, None
    if read is not None and read.read_status is ReadStatus.OK:
        state, basis, closed = read.state, Basis.OBSERVED, read.date_closed
    elif read is not None and read.read_status is ReadStatus.GONE:
        state, basis = "deleted", Basis.OBSERVED
    elif over:
        state, basis = "closed", Basis.INFERRED
    return Lane(
        LaneKind.CONVERSATION,
        key,
        tuple(members),
        tuple(_keys(members)),
        tasks,
        members[0].conversation_sid,
        state,
        basis,
        read.read_status if read else ReadStatus.PENDING,
        read.read_at if read else None,
        read.date_created if read else None,
        closed,
    )


def _keys(members: Iterable[Record]) -> Iterable[str]:
    return (sid_key(record.execution_sid) for record in members)


def _tasks(members: Iterable[Record], facts: Mapping[str, Facts], read: Mapping[str, Task]) -> Iterable[AgentTask]:
    seen = set()
    for record in members:
        known = facts.get(sid_key(record.execution_sid))
        for handoff in known.handoffs if known else ():
            if handoff.task_sid is None or sid_key(handoff.task_sid) in seen:
                continue
            seen.add(sid_key(handoff.task_sid))
            task = read.get(sid_key(handoff.task_sid))
            started = (task.date_created if task else None) or ended(record) or began(record)
            status, over = None, None
            if task is not None and task.read_status is ReadStatus.OK:
                status = task.assignment_status
                over = max(started, task.date_updated) if task.final and task.date_updated else None
            elif task is not None and task.read_status is ReadStatus.GONE:
                over = max(started, task.date_updated) if task.date_updated else None
            yield AgentTask(handoff.task_sid, status, task.read_status if task else ReadStatus.PENDING, started, over)
