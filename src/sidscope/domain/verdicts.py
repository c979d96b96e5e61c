"""Why an execution has a new or the same conversation: the rules of design.md 3.2, the first that holds from the top.

The facts behind them are Twilio's: a closed conversation is final and an address pair is in only one that is not
closed (https://www.twilio.com/docs/conversations/states-timers); completing an agent's task closes its conversation
(https://support.twilio.com/hc/en-us/articles/47736284282011); a cancelled task leaves it open
(https://www.twilio.com/docs/flex/developer/conversations/best-practices).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sidscope.domain.facts import Handoff, Trigger
from sidscope.domain.grouping import Run
from sidscope.domain.phrases import (
    CHANNEL_NAMES,
    apart,
    before,
    closed_when,
    conversation_of,
    execution_of,
    not_told,
    state_now,
)
from sidscope.domain.record import Basis, Evidence, Judgement, Verdict
from sidscope.domain.records import Channel, Conversation, ReadStatus, Task
from sidscope.domain.sids import short
from sidscope.domain.times import say_span, say_time
from sidscope.domain.value import NOTHING, value
from sidscope.domain.window import WINDOW

_AT_ONCE = timedelta(minutes=1)  # a conversation that closes within this of its task's end was closed by that
SAME_MOMENT = timedelta(seconds=2)
"""Executions that one message started begin at most this far apart."""


@value
class Case:
    """All that the verdict on one execution depends on.

    ``same``: earlier executions on its conversation, oldest first; ``handed_over_by``: which of them, in another flow,
    the same message or the same moment started. ``previous``: the last earlier execution of the contact on another
    conversation; ``sent_by``: the last execution that sent that one to an agent. ``conversation``, ``tasks``: what
    Twilio said of that previous conversation and of its tasks. ``same_call``: the last earlier execution on its call.
    ``last_inbound``: when the contact is last known to have written before. ``known_since``: how far back executions
    are known.
    """

    run: Run
    same: Sequence[Run] = ()
    handed_over_by: Run | None = None
    previous: Run | None = None
    sent_by: Run | None = None
    same_call: Run | None = None
    conversation: Conversation | None = None
    tasks: Mapping[str, Task] = NOTHING
    last_inbound: datetime | None = None
    known_since: datetime | None = None


def judge(case: Case) -> Judgement:
    """The verdict on one execution."""
    for rule in RULES:
        judgement = rule(case)
        if judgement:
            return judgement
    return _unexplained(case)


def _unknown(case: Case) -> Judgement | None:
    if not case.run.known.unknowable:
        return None
    status = case.run.known.context_status
    evidence = Evidence(
        f"context {'empty' if status is ReadStatus.OK else status.value}", case.run.sid, None, "context"
    )
    return Judgement(
        Verdict.UNKNOWN,
        Basis.UNKNOWN,
        f"Conversation unknown: {_WHY[status]}.",
        (_started(case.run), evidence),
    )


_WHY = {
    ReadStatus.OK: "the execution's context is empty",
    ReadStatus.GONE: "Twilio no longer has the execution's context",
    ReadStatus.DENIED: "these credentials may not read the execution's context",
    ReadStatus.FAILED: "reading the execution's context failed",
    ReadStatus.PENDING: "the execution's context has not been read yet",
    ReadStatus.NOT_NEEDED: "the execution's context was not read",
}


def _handover(case: Case) -> Judgement | None:
    run, earlier = case.run, case.handed_over_by
    if earlier is None:
        return None
    if run.message_key is not None and run.message_key == earlier.message_key:
        how = f"the same message started this one {apart(run, earlier)}"
    else:
        how = f"this one started {apart(run, earlier)}"
    reason = f"Same conversation: {conversation_of(run)} was handed over by {execution_of(earlier)}; {how}."
    return Judgement(Verdict.HANDOVER, Basis.OBSERVED, reason, (_named(run), _started(earlier)))


def _reentry(case: Case) -> Judgement | None:
    if not case.same:
        return None
    run, earlier, conversation = case.run, case.same[-1], case.conversation
    gap = say_span(run.started - earlier.started)
    closed = conversation.date_closed if conversation and conversation.closed else None
    if closed and closed < run.started:
        how = f"was used again {gap} after {short(earlier.sid)}, although it had been closed {before(run, closed)}."
    else:
        how = f"was still open {gap} after {short(earlier.sid)} had started on it.{_since(conversation)}"
    evidence = (_named(run), _named(earlier), *_state_evidence(case.conversation))
    return Judgement(Verdict.REENTRY, Basis.OBSERVED, f"Same conversation: {conversation_of(run)} {how}", evidence)


def _since(conversation: Conversation | None) -> str:
    """What became of a conversation that was open, as far as Twilio said; nothing where nobody asked."""
    match conversation.read_status if conversation else None:
        case ReadStatus.GONE:
            return " It has been deleted since."
        case ReadStatus.DENIED | ReadStatus.FAILED as status:
            return f" What became of it is not known: {not_told(status, 'it')}."
    if conversation is None or conversation.read_status is not ReadStatus.OK:
        return ""
    if conversation.closed:
        return f" It was closed later{f' ({say_time(conversation.date_closed)})' if conversation.date_closed else ''}."
    return f" It is {state_now(conversation)}."


def _new_session(case: Case) -> Judgement | None:
    run = case.run
    if run.channel is not Channel.WEBCHAT or not run.conversation:
        return None
    reason = f"New webchat session: every session has its own conversation, here {conversation_of(run)}."
    return Judgement(Verdict.NEW_SESSION, Basis.OBSERVED, reason, (_named(run),))


def _new_call(case: Case) -> Judgement | None:
    run, earlier = case.run, case.same_call
    call = run.known.facts.call
    if run.channel is not Channel.VOICE or not call:
        return None
    evidence = [Evidence("call of the execution", call.value, run.started, call.path)]
    if earlier is None:
        reason = f"New call: every call has its own SID, here {short(call.value)}."
    else:
        reason = f"Same call: {short(call.value)} came from {execution_of(earlier)}, {apart(run, earlier)}."
        evidence.append(_started(earlier))
    return Judgement(Verdict.NEW_CALL, Basis.OBSERVED, reason, tuple(evidence))


def _no_conversation(case: Case) -> Judgement | None:
    run = case.run
    if run.conversation:
        return None
    how = _STARTED_BY.get(run.known.facts.trigger, "")
    reason = f"No conversation: {how}the context names none."
    if run.number:
        reason += f" Grouped with {short(run.group_key)} (inferred): each starts within 24 h of the one before."
    return Judgement(Verdict.NO_CONVERSATION, Basis.OBSERVED, reason, (_started(run),))


_STARTED_BY = {Trigger.MESSAGE: "started by a message, and ", Trigger.REQUEST: "started by the REST API, and "}


def _first_seen(case: Case) -> Judgement | None:
    run = case.run
    if case.previous:
        return None
    if run.contact:
        channel = f" on {CHANNEL_NAMES[run.channel]}" if run.channel in CHANNEL_NAMES else ""
        sender = " with this sender" if run.sender else ""
        what = f"no earlier conversation of this contact{channel}{sender} is known"
    else:
        what = f"nothing earlier is known on {conversation_of(run)}, whose contact is not known either"
    back = f" (executions are known since {say_time(case.known_since)})" if case.known_since else ""
    return Judgement(Verdict.FIRST_SEEN, Basis.INFERRED, f"First seen: {what}{back}.", (_named(run),))


def _new_after_task(case: Case) -> Judgement | None:
    at = case.sent_by
    if at is None:
        return None
    handoff = at.known.facts.handoffs[-1]
    conversation, task = case.conversation, _task_of(case, handoff)
    if task and task.assignment_status in ("canceled", "cancelled"):
        return None
    settled = conversation is not None and (conversation.closed or conversation.read_status is ReadStatus.GONE)
    if task is None or task.read_status not in (ReadStatus.OK, ReadStatus.GONE):
        basis, why = Basis.INFERRED, _after_untold_task(case, handoff, task)
    elif task.read_status is ReadStatus.GONE:
        basis, why = Basis.INFERRED, _after_deleted_task(case, task)
    elif task.assignment_status == "completed":
        basis, why = Basis.OBSERVED, _after_completed_task(case, task)
    elif settled or conversation is None or conversation.read_status is not ReadStatus.OK:
        closed = conversation is not None and conversation.closed
        basis, why = Basis.OBSERVED if closed else Basis.INFERRED, _after_other_task(case, task)
    else:
        return None
    evidence = (
        Evidence(
            f"sent to an agent by {short(at.sid)}", handoff.task_sid or handoff.interaction_sid, None, handoff.path
        ),
        *_state_evidence(conversation),
        *_task_evidence(task),
    )
    return Judgement(Verdict.NEW_AFTER_TASK, basis, f"New conversation{_although(case)}: {why}.", evidence)


def _after_untold_task(case: Case, handoff: Handoff, task: Task | None) -> str:
    previous, ended = conversation_of(case.previous), _ended(case)
    why = "the task's SID is not known"
    if handoff.task_sid:
        why = not_told(task.read_status if task else None, f"task {short(handoff.task_sid)}")
    if ended:
        return f"{previous} had been sent to an agent and {ended}; {why}"
    return f"{previous} had been sent to an agent, whose task probably closed it; {why}"


def _after_deleted_task(case: Case, task: Task) -> str:
    previous, ended = conversation_of(case.previous), _ended(case)
    gone = f"the agent's task {short(task.sid)} on {previous} is deleted at Twilio, so it had ended"
    if case.conversation and case.conversation.closed:
        return f"{gone}; {previous} {ended}"
    return f"{gone}; {previous} is deleted too" if ended else f"{gone}{_untold(case)}"


def _after_completed_task(case: Case, task: Task) -> str:
    run, previous, conversation = case.run, conversation_of(case.previous), case.conversation
    name = f"the agent's task {short(task.sid)} on {previous}"
    updated = task.date_updated
    done = f"was completed {before(run, updated)}" if updated and updated <= run.started else "is completed"
    if conversation and conversation.closed:
        closed = conversation.date_closed
        if closed and updated and abs(updated - closed) <= _AT_ONCE:
            return f"{name} {done}, which closed it"
        return f"{name} {done}; {previous} {closed_when(run, conversation)}"
    if conversation and conversation.read_status is ReadStatus.GONE:
        return f"{name} {done}, and {previous} is deleted at Twilio"
    if conversation and conversation.read_status is ReadStatus.OK:
        return f"{name} {done}, although {previous} is {state_now(conversation)}"
    return f"{name} {done}, which closes a conversation{_untold(case)}"


def _after_other_task(case: Case, task: Task) -> str:
    previous, ended = conversation_of(case.previous), _ended(case)
    if ended:
        return f"{previous} {ended}; the agent's task {short(task.sid)} on it is {task.assignment_status}"
    state = f"whose task {short(task.sid)} is {task.assignment_status}"
    return f"{previous} had been sent to an agent, {state}{_untold(case)}"


def _ended(case: Case) -> str:
    """How the previous conversation ended, if Twilio said so."""
    conversation = case.conversation
    if conversation and conversation.closed:
        return closed_when(case.run, conversation)
    return "is deleted at Twilio" if conversation and conversation.read_status is ReadStatus.GONE else ""


def _untold(case: Case) -> str:
    """What Twilio said of a previous conversation that has not ended, or why it said nothing."""
    conversation, previous = case.conversation, conversation_of(case.previous)
    if conversation and conversation.read_status is ReadStatus.OK:
        return f"; {previous} is {state_now(conversation)}"
    return f"; {not_told(conversation.read_status if conversation else None, previous)}"


def _new_after_close(case: Case) -> Judgement | None:
    conversation = case.conversation
    if conversation is None or not conversation.final:
        return None
    previous, evidence = conversation_of(case.previous), tuple(_state_evidence(conversation))
    if case.sent_by:
        handoff = case.sent_by.known.facts.handoffs[-1]
        name = f"task {short(handoff.task_sid)}" if handoff.task_sid else "task"
        agent = f"the agent's {name} on it had been cancelled, which closes nothing"
    else:
        agent = "no agent's task is known on it"
    basis = Basis.OBSERVED if conversation.closed else Basis.INFERRED
    reason = f"New conversation{_although(case)}: {previous} {_ended(case)}; {agent}."
    return Judgement(Verdict.NEW_AFTER_CLOSE, basis, reason, evidence)


def _new_after_window(case: Case) -> Judgement | None:
    if case.last_inbound is None or case.run.started - case.last_inbound <= WINDOW:
        return None
    last = before(case.run, case.last_inbound)
    evidence = (
        Evidence(
            "last known inbound message", case.previous.sid if case.previous else None, case.last_inbound, "context"
        ),
        _named(case.run),
        *_state_evidence(case.conversation),
    )
    lapsed = "so the 24-hour window had lapsed" if case.run.channel is Channel.WHATSAPP else "which is more than 24 h"
    reason = f"New conversation: the contact's last known message was {last}, {lapsed}{_untold(case)}."
    return Judgement(Verdict.NEW_AFTER_WINDOW, Basis.INFERRED, reason, evidence)


def _unexplained(case: Case) -> Judgement:
    conversation, previous = case.conversation, conversation_of(case.previous)
    after = (
        f", {say_span(case.run.started - case.last_inbound)} after the last known message" if case.last_inbound else ""
    )
    if conversation and conversation.read_status is ReadStatus.OK:
        hint = f": {previous} is {state_now(conversation)}"
    else:
        hint = f"; reading {previous} would"
        if conversation and conversation.read_status is ReadStatus.DENIED:
            hint += ", but these credentials may not"
        elif conversation and conversation.read_status is ReadStatus.FAILED:
            hint += ", but that failed"
    reason = f"New conversation{after}. Nothing known explains it{hint}."
    evidence = (_named(case.run), *_state_evidence(conversation))
    return Judgement(Verdict.UNEXPLAINED, Basis.UNKNOWN, reason, evidence)


RULES: tuple[Callable[[Case], Judgement | None], ...] = (
    _unknown,
    _handover,
    _reentry,
    _new_session,
    _new_call,
    _no_conversation,
    _first_seen,
    _new_after_task,
    _new_after_close,
    _new_after_window,
)
"""The rows of the table in order; what none of them explains is ``unexplained``."""


def _task_of(case: Case, handoff: Handoff) -> Task | None:
    return case.tasks.get(handoff.task_sid.upper()) if handoff.task_sid else None


def _although(case: Case) -> str:
    """Says it where the 24-hour window was still open, because that is what surprises people."""
    if case.run.channel is not Channel.WHATSAPP or case.last_inbound is None:
        return ""
    left = case.last_inbound + WINDOW - case.run.started
    return f" although the window was open for at least another {say_span(left)}" if left > timedelta(0) else ""


def _named(run: Run) -> Evidence:
    hit = run.conversation
    if hit is None:
        return _started(run)
    return Evidence(f"conversation of {short(run.sid)}", hit.value, run.started, hit.path)


def _started(run: Run) -> Evidence:
    return Evidence(
        f"started in {run.known.flow_name or short(run.known.row.flow_sid)}", run.sid, run.known.row.date_created, "row"
    )


def _state_evidence(conversation: Conversation | None) -> list[Evidence]:
    if conversation is None:
        return []
    if conversation.read_status is ReadStatus.OK:
        time = conversation.date_closed if conversation.closed else conversation.read_at
        return [Evidence(f"conversation {conversation.state}", conversation.sid, time, "conversation")]
    fact = f"conversation {conversation.read_status.value}"
    return [Evidence(fact, conversation.sid, conversation.read_at, "conversation")]


def _task_evidence(task: Task | None) -> list[Evidence]:
    if task is None:
        return []
    if task.read_status is ReadStatus.OK:
        return [Evidence(f"task {task.assignment_status}", task.sid, task.date_updated, "task")]
    return [Evidence(f"task {task.read_status.value}", task.sid, task.read_at, "task")]
