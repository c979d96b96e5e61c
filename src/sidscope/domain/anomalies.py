"""What should not be: the anomalies of design.md 3.2, each on the later execution."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sidscope.domain.channels import MESSAGING
from sidscope.domain.facts import Trigger
from sidscope.domain.grouping import Latest, Run
from sidscope.domain.phrases import apart, conversation_of, execution_of
from sidscope.domain.record import Anomaly, Evidence, Judgement, Verdict
from sidscope.domain.records import Channel, Conversation, Execution, ReadStatus
from sidscope.domain.times import say_time
from sidscope.domain.value import value
from sidscope.domain.verdicts import SAME_MOMENT

STUCK_AFTER = timedelta(hours=2)
"""An active execution that has been silent for longer is called stuck, unless told otherwise."""


@value
class Oddity:
    """One anomaly of one execution: its name, a sentence that says what is odd, and the other SID that it is about."""

    name: Anomaly
    reason: str
    evidence: Evidence | None = None


def is_stuck(row: Execution, now: datetime, after: timedelta = STUCK_AFTER) -> bool:
    """Active, and silent since its last sign of life for more than ``after``."""
    sign_of_life = _sign_of_life(row)
    return row.active and sign_of_life is not None and now - sign_of_life > after


def _sign_of_life(row: Execution) -> datetime | None:
    return row.date_updated or row.date_created


def find_anomalies(
    runs: Sequence[Run],
    judgements: Mapping[str, Judgement],
    conversations: Mapping[str, Conversation],
    *,
    now: datetime,
    stuck_after: timedelta = STUCK_AFTER,
) -> dict[str, tuple[Oddity, ...]]:
    """The anomalies of each execution, by its SID as spelled. ``runs`` are in time order; ``conversations`` what
    Twilio said of them, by key."""
    overlapping = _overlapping(runs, conversations)
    several = _started_several(runs, judgements)

    def of(run: Run) -> Iterator[Oddity]:
        if judgements[run.sid].verdict is Verdict.REENTRY:
            if run.channel is Channel.WEBCHAT:
                yield Oddity(
                    Anomaly.WEBCHAT_REUSED,
                    f"Webchat used {conversation_of(run)} again; every session should have a conversation of its own.",
                )
            if _closed_before(conversations.get(run.conversation_key or ""), run.started):  # as the verdict says
                yield Oddity(Anomaly.REENTRY_AFTER_CLOSE, "A closed conversation takes no messages.")
        if run.sid in overlapping:
            yield _overlap(run, overlapping[run.sid])
        if run.sid in several:
            yield _several(run, several[run.sid])
        if is_stuck(run.known.row, now, stuck_after):
            yield _stuck(run)

    return {run.sid: tuple(of(run)) for run in runs}


def _overlap(run: Run, other: Run) -> Oddity:
    reason = f"{conversation_of(other)}, of the same contact and sender, was open too: there should be one at a time."
    hit = other.conversation
    evidence = Evidence("open at the same time", hit.value, other.started, hit.path) if hit else None
    return Oddity(Anomaly.OVERLAPPING_CONVERSATIONS, reason, evidence)


def _several(run: Run, other: Run) -> Oddity:
    if run.message_key is not None and run.message_key == other.message_key:
        what = "The same message had started"
    else:
        what = "The same contact had started"
    reason = f"{what} {execution_of(other)} too; this one {apart(run, other)}."
    evidence = Evidence("started too", other.sid, other.known.row.date_created, "row")
    return Oddity(Anomaly.MESSAGE_STARTED_SEVERAL, reason, evidence)


def _stuck(run: Run) -> Oddity:
    since = _sign_of_life(run.known.row)
    reason = f"Active, but without a sign of life since {say_time(since)}" if since else "Active, but silent"
    if run.channel in MESSAGING:
        reason += "; it may swallow the contact's next message"
    return Oddity(Anomaly.STUCK, f"{reason}.")


def _closed_before(conversation: Conversation | None, moment: datetime) -> bool:
    return (
        conversation is not None
        and conversation.closed
        and conversation.date_closed is not None
        and conversation.date_closed < moment
    )


def _open_until(key: str, last_use: datetime, conversations: Mapping[str, Conversation]) -> datetime:
    """The latest moment at which a conversation is known to have been open."""
    conversation = conversations.get(key)
    if conversation is None or conversation.read_status is not ReadStatus.OK:
        return last_use
    if conversation.closed:
        return (conversation.date_closed or last_use) - SAME_MOMENT
    return max(last_use, conversation.read_at)


def _overlapping(runs: Sequence[Run], conversations: Mapping[str, Conversation]) -> dict[str, Run]:
    """Executions that began while another conversation of their contact and sender, used before, was open; each with
    the last execution on that one before it."""
    last_use: dict[str, datetime] = {}
    pairs: defaultdict[tuple[str, str], list[Run]] = defaultdict(list)
    for run in runs:
        if run.conversation_key:
            last_use[run.conversation_key] = run.started
            if run.contact and run.sender:
                pairs[run.contact, run.sender].append(run)
    found: dict[str, Run] = {}
    for members in pairs.values():
        # Only the two that stay open longest can matter: at most one of them is the execution's own.
        longest: dict[str, tuple[datetime, Run]] = {}
        for run in members:
            own = run.conversation_key or ""
            others = [other for key, (until, other) in longest.items() if key != own and until > run.started]
            if others:
                found[run.sid] = others[-1]
            longest[own] = _open_until(own, last_use[own], conversations), run
            if len(longest) > 2:
                del longest[min(longest.items(), key=lambda item: item[1][0])[0]]
    return found


def _started_several(runs: Sequence[Run], judgements: Mapping[str, Judgement]) -> dict[str, Run]:
    """Executions whose message, or whose contact within two seconds, had already started one in another flow; each
    with that one."""
    by_message: defaultdict[str, Latest] = defaultdict(Latest)
    by_contact: defaultdict[str, Latest] = defaultdict(Latest)
    found: dict[str, Run] = {}
    for run in runs:
        if run.known.facts.trigger in (Trigger.CALL, Trigger.REQUEST):
            continue
        several: Run | None = None
        if run.contact:
            latest = by_contact[run.contact]
            other = latest.elsewhere(run)
            if other is not None and run.started - other.started <= SAME_MOMENT:
                several = other
            latest.add(run)
        if run.message_key:
            latest = by_message[run.message_key]
            several = latest.elsewhere(run) or several
            latest.add(run)
        if several and judgements[run.sid].verdict is not Verdict.HANDOVER:
            found[run.sid] = several
    return found
