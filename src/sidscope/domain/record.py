"""One execution as sidscope tells it: the record that list, find, the archive's readers and the screen share."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sidscope.domain.facts import Facts, Mention
from sidscope.domain.records import Execution, ReadStatus
from sidscope.domain.steps import Ending
from sidscope.domain.times import iso
from sidscope.domain.value import names_of, value


class Verdict(StrEnum):
    """Why this execution has the conversation it has (design.md 3.2, in the order in which the rules are asked)."""

    UNKNOWN = "unknown"
    HANDOVER = "handover"
    REENTRY = "reentry"
    NEW_SESSION = "new_session"
    NEW_CALL = "new_call"
    NO_CONVERSATION = "no_conversation"
    FIRST_SEEN = "first_seen"
    NEW_AFTER_TASK = "new_after_task"
    NEW_AFTER_CLOSE = "new_after_close"
    NEW_AFTER_WINDOW = "new_after_window"
    UNEXPLAINED = "unexplained"


class Basis(StrEnum):
    """How a verdict is known: a Twilio resource says so, it follows from contexts and times, or not at all."""

    OBSERVED = "observed"
    INFERRED = "inferred"
    UNKNOWN = "unknown"


class Anomaly(StrEnum):
    """What stands beside a verdict because it should not be."""

    WEBCHAT_REUSED = "webchat_reused"
    REENTRY_AFTER_CLOSE = "reentry_after_close"
    OVERLAPPING_CONVERSATIONS = "overlapping_conversations"
    MESSAGE_STARTED_SEVERAL = "message_started_several"
    STUCK = "stuck"


@value
class Evidence:
    """One fact behind a verdict: what it says, of which SID, when that happened, and where it was read."""

    fact: str
    sid: str | None
    time: datetime | None
    source: str


@value
class Judgement:
    """A verdict with all that supports it."""

    verdict: Verdict
    basis: Basis
    reason: str
    evidence: tuple[Evidence, ...] = ()


@value
class Known:
    """What is known of one execution before it is compared with others."""

    row: Execution
    facts: Facts
    context_status: ReadStatus
    flow_name: str | None = None
    outcome: Ending | None = None  # None: its steps were not read, or not to their end

    @property
    def unknowable(self) -> bool:
        """Whether its conversation cannot be known: the row does not tell, and the context that would is gone, denied,
        empty or not read."""
        facts = self.facts
        return not (facts.conversation or facts.call) and (facts.empty or self.context_status is not ReadStatus.OK)


@value
class Record:
    """One execution with its SIDs, its group and its verdict; None is unknown."""

    execution_sid: str
    flow_sid: str
    flow_name: str | None
    flow_version: int | None
    status: str | None
    date_created: datetime | None
    date_updated: datetime | None
    channel: str | None
    contact: str | None
    sender: str | None
    initiated_by: str | None
    conversation_sid: str | None
    call_sid: str | None
    task_sid: str | None
    interaction_sid: str | None
    message_sid: str | None
    sid_source: str
    context_status: str
    group_key: str
    reentry_number: int
    verdict: str
    verdict_basis: str
    verdict_reason: str
    evidence: tuple[Evidence, ...]
    anomalies: tuple[str, ...]
    related_sids: tuple[Mention, ...]
    anomaly_reasons: tuple[str, ...] = ()
    """A sentence for each anomaly; for people alone, so no part of the command line's contract."""
    outcome: str | None = None
    """How it went, one of :data:`OUTCOMES`, if its steps were read; no part of the contract either."""

    @property
    def active(self) -> bool:
        return self.status == "active"

    @property
    def failed(self) -> bool:
        """Whether something in it failed, or it was stopped half-way; nobody answering or hanging up is no failure."""
        return self.outcome in FAILURES

    def as_dict(self) -> dict[str, Any]:
        """The record of the command line's contract (design.md section 6): JSON values, all keys present."""
        values: dict[str, Any] = {name: getattr(self, name) for name in KEYS}
        values["date_created"] = iso(self.date_created)
        values["date_updated"] = iso(self.date_updated)
        values["evidence"] = [
            {"fact": item.fact, "sid": item.sid, "time": iso(item.time), "source": item.source}
            for item in self.evidence
        ]
        values["anomalies"] = list(self.anomalies)
        values["related_sids"] = [{"sid": mention.sid, "path": mention.path} for mention in self.related_sids]
        return values


_UNPRINTED = ("anomaly_reasons", "outcome")
KEYS: tuple[str, ...] = tuple(name for name in names_of(Record) if name not in _UNPRINTED)
"""The keys of a record, in the order in which they are printed."""

OUTCOMES: tuple[str, ...] = tuple(ending.value for ending in Ending if ending is not Ending.ACTIVE)
"""How an execution can have gone, as far as its steps tell."""

FAILURES: tuple[str, ...] = (Ending.FAILED.value, Ending.LOOP.value, Ending.LIMIT.value, Ending.CUT.value)
"""The outcomes of an execution in which something is broken, the worst first."""
