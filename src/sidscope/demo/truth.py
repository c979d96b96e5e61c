"""What a reader of the account must come to, told by those who made it.

This is the oracle for sidscope's own rules, so it uses none of them: what an execution is about is taken from the
simulator's own books, and only whether a reader can see it is worked out here. See design.md section 3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sidscope.demo.account import SOURCE_OF, Run, Talk, Wiring, iso, wire

SHORT = timedelta(seconds=2)
DAY = timedelta(hours=24)
STUCK = timedelta(hours=2)

Verdict = tuple[str, str]


@dataclass(slots=True, eq=False)
class Seen:
    """One execution as a reader sees it."""

    run: Run
    status: str  # of the context
    readable: bool  # the context was read and says something
    at: datetime
    talk: Talk | None = None
    call: str | None = None
    source: str = "none"
    contact: str | None = None
    sender: str | None = None
    channel: str | None = None
    message: str | None = None
    group: str = ""
    number: int = 0
    verdict: Verdict = ("", "")
    anomalies: list[str] = field(default_factory=list)

    @property
    def talk_sid(self) -> str | None:
        return self.run.spell(self.talk.sid) if self.talk else None


def truth_of(
    runs: Iterable[Run],
    now: datetime,
    *,
    since: datetime | None,
    until: datetime | None,
    explain: bool,
) -> list[dict[str, Any]]:
    """The records of the executions created in [since, until), newest first, for somebody who knows just these."""
    wanted = (
        run
        for run in runs
        if (since is None or wire(run.started) >= since) and (until is None or wire(run.started) < until)
    )
    reader = _Reader(now, explain)
    rows = [reader.see(run) for run in wanted]
    rows.sort(key=lambda s: (s.at, s.run.keyed_on_talk, s.run.started))
    reader.share_contacts(rows)
    reader.group(rows)
    reader.judge(rows)
    return [reader.record(row) for row in reversed(rows)]


class _Reader:
    def __init__(self, now: datetime, explain: bool):
        self.now = now
        self.explain = explain

    # --- what can be seen of one execution

    def see(self, run: Run) -> Seen:
        by_call = run.initiated_by is not None and run.initiated_by.startswith("CA")
        if by_call or (run.keyed_on_talk and not self.explain):
            status = "not_needed"
        elif run.flow.denied:
            status = "denied"
        else:
            status = "gone" if run.fate == "gone" else "ok"
        readable = status == "ok" and run.fate != "empty"
        seen = Seen(run, status, readable, wire(run.started))
        if run.keyed_on_talk:
            seen.talk, seen.source = run.talk, "row"
        elif readable and (talk := run.seen_talk(self.now)):
            seen.talk, seen.source = talk, SOURCE_OF[run.talk_at]
        elif by_call and run.call:
            seen.call, seen.source = run.call.sid, "row"
        elif readable and run.call:
            seen.call, seen.source = run.spell(run.call.sid), "trigger" if run.wiring is Wiring.CALL else "widget"
        by_message = run.initiated_by is not None and run.initiated_by[:2] in ("SM", "MM", "IM")
        seen.message = run.message_sid if by_message or readable else None
        if readable:
            seen.contact = run.contact
        elif not run.keyed_on_talk:
            seen.contact = run.row_address
        if readable and run.wiring in (Wiring.MESSAGE, Wiring.CALL, Wiring.REQUEST):
            seen.sender = run.sender
        elif self.explain and seen.talk and seen.talk.has_customer(self.now):
            seen.sender = seen.talk.proxy
        return seen

    def share_contacts(self, rows: list[Seen]) -> None:
        """A conversation has one customer: whoever does not tell it learns it from the others. Then the channel."""
        of_talk = {row.talk.sid: row.contact for row in reversed(rows) if row.talk and row.contact}
        for row in rows:
            if row.contact is None and row.talk:
                row.contact = of_talk.get(row.talk.sid)
            row.channel = row.run.channel if row.readable else self._channel_of_row(row)

    def _channel_of_row(self, row: Seen) -> str | None:
        """All that is left where no context helps: the address, and what started it."""
        if row.call:
            return "voice"
        if row.contact is None:
            return None if row.status == "not_needed" else "unknown"
        if (prefix := row.contact.split(":")[0]) in ("whatsapp", "messenger", "rcs"):
            return prefix
        if not row.contact.startswith("+"):
            return "webchat" if row.talk else "unknown"
        if row.talk or row.message:
            return "sms"
        return "api" if (row.run.initiated_by or "").startswith("RQ") else "unknown"

    # --- groups

    def group(self, rows: list[Seen]) -> None:
        last: dict[tuple[str | None, str | None, str | None], Seen] = {}
        keys: dict[str, str] = {}
        counts: dict[str, int] = defaultdict(int)
        for row in rows:
            row.group = row.talk_sid or row.call or row.run.sid
            if row.talk is None and row.call is None and row.readable and row.channel not in ("api", "unknown"):
                pair = (row.contact, row.sender, row.channel)
                before = last.get(pair)
                if before and row.at - before.at <= DAY:
                    row.group = before.group
                last[pair] = row
            row.group = keys.setdefault(row.group.upper(), row.group)  # as the group's first execution spells it
            row.number = counts[row.group]
            counts[row.group] += 1

    # --- verdicts

    def judge(self, rows: list[Seen]) -> None:
        of_contact: dict[str, list[Seen]] = defaultdict(list)
        of_talk: dict[str, list[Seen]] = defaultdict(list)
        of_message: dict[str, list[Seen]] = defaultdict(list)
        for row in rows:
            same_talk = of_talk[row.talk.sid] if row.talk else []
            same_contact = of_contact[row.contact] if row.contact else []
            same_message = of_message[row.message.upper()] if row.message else []
            line = [
                s
                for s in same_contact
                if s.channel == row.channel and (s.sender == row.sender or s.sender is None or row.sender is None)
            ]
            row.verdict = self._verdict(row, same_talk, line)
            self._anomalies(row, line, same_contact, same_message)
            for together in (same_talk, same_contact, same_message):
                together.append(row)

    def _verdict(self, row: Seen, same_talk: list[Seen], line: list[Seen]) -> Verdict:
        if row.talk is None:
            if row.call:
                return "new_call", "observed"
            return ("no_conversation", "observed") if row.readable else ("unknown", "unknown")
        for earlier in same_talk:
            same_message = row.message is not None and earlier.message == row.message
            if earlier.run.flow is not row.run.flow and (same_message or row.at - earlier.at <= SHORT):
                return "handover", "observed"
        if same_talk:
            return "reentry", "observed"
        if row.channel == "webchat":
            return "new_session", "observed"
        previous = next((s.talk for s in reversed(line) if s.talk), None)
        if previous is None:
            return "first_seen", "inferred"
        return self._why_new(row, previous, line)

    def _why_new(self, row: Seen, previous: Talk, line: list[Seen]) -> Verdict:
        """Why ``row`` is not on ``previous``, as far as Twilio tells it now."""
        handoffs = [
            h for s in line if s.talk is previous and s.readable and (h := s.run.seen_handoff(self.now)) is not None
        ]
        closed = self.explain and not previous.gone(self.now) and previous.closed(self.now)
        gone = self.explain and previous.gone(self.now)
        if handoffs and not self.explain:
            return "new_after_task", "inferred"
        if handoffs:
            task = max(handoffs, key=lambda h: h.at).task
            if task.gone(self.now):
                return "new_after_task", "inferred"
            status = task.status(self.now)[1]
            if status == "completed" or (status != "canceled" and closed):
                return "new_after_task", "observed"
        if closed:
            return "new_after_close", "observed"
        if gone:
            return "new_after_close", "inferred"
        inbound = [t for s in line for t in self._inbound(s) if t < row.at]
        if inbound and row.at - max(inbound) > DAY:
            return "new_after_window", "inferred"
        return "unexplained", "unknown"

    def _inbound(self, row: Seen) -> list[datetime]:
        """The inbound messages of the contact that this execution tells of."""
        run = row.run
        times = [row.at] if row.message else []
        if row.readable and run.talk and run.talk_at != "attributes":  # a plain SMS reply does not tell its time
            replies = [t for t in run.replies if t <= self.now]
            times += replies[-1:] if run.overwritten else replies
        return times

    def _anomalies(self, row: Seen, line: list[Seen], same_contact: list[Seen], same_message: list[Seen]) -> None:
        run, talk, verdict = row.run, row.talk, row.verdict[0]
        if verdict == "reentry" and row.channel == "webchat":
            row.anomalies.append("webchat_reused")
        if verdict == "reentry" and talk and self.explain and not talk.gone(self.now):
            since, state = talk.state(self.now)
            if state == "closed" and wire(since) < row.at:
                row.anomalies.append("reentry_after_close")
        if self.explain and talk and row.sender and verdict not in ("reentry", "handover"):
            others = {s.talk.sid: s.talk for s in line if s.talk and s.talk is not talk and s.sender == row.sender}
            if any(not other.gone(self.now) and not other.closed(self.now) for other in others.values()):
                row.anomalies.append("overlapping_conversations")
        together = [*same_message, *(s for s in same_contact if row.at - s.at <= SHORT)]
        if verdict != "handover" and any(s.run.flow is not run.flow for s in together):
            row.anomalies.append("message_started_several")
        silent_since = wire(run.updated(self.now) or run.started)
        if run.active(self.now) and self.now - silent_since > STUCK:
            row.anomalies.append("stuck")

    # --- the record

    def record(self, row: Seen) -> dict[str, Any]:
        run = row.run
        handoff = run.seen_handoff(self.now) if row.readable else None
        return {
            "execution_sid": run.sid,
            "flow_sid": run.flow.sid,
            "flow_name": run.flow.name,
            "flow_version": run.version,
            "status": "active" if run.active(self.now) else "ended",
            "date_created": iso(run.started),
            "date_updated": iso(run.updated(self.now)),
            "channel": row.channel,
            "contact": row.contact,
            "sender": row.sender,
            "initiated_by": run.initiated_by,
            "conversation_sid": row.talk_sid,
            "call_sid": row.call,
            "task_sid": run.spell(handoff.task.sid) if handoff else None,
            "interaction_sid": handoff.task.interaction_sid if handoff and handoff.shape != "voice" else None,
            "message_sid": row.message,
            "sid_source": row.source,
            "context_status": row.status,
            "group_key": row.group,
            "reentry_number": row.number,
            "verdict": row.verdict[0],
            "verdict_basis": row.verdict[1],
            "anomalies": list(row.anomalies),
            "foreign_sids": set(run.foreign.values()) if row.readable else set(),
        }
