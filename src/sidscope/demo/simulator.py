"""Plays a story: decides, as Twilio does, what each event makes, and writes it into the books with its time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Literal, cast

from sidscope.demo.account import Call, Flow, Handoff, Person, Run, Talk, Task, Where, Wiring, make_sid, wire
from sidscope.demo.script import Agent, Event, Happens, Request, Rings, Story, Writes

SENDERS = {
    "whatsapp": ("whatsapp:+4930555001", "whatsapp:+4930555002"),
    "sms": ("+4930555011", "+4930555012"),
    "voice": ("+4930555021", "+4930555022"),
    "messenger": ("messenger:104200000000001", "messenger:104200000000002"),
    "rcs": ("rcs:cafe_zoe_agent", "rcs:cafe_zoe_promo"),
}
"""Our own addresses, by channel and line."""

REPLAY_DELAYS = (0.45, 1.7, 2.9)
"""Seconds after the message until a replayed webhook starts the next flow (twilio-facts.md 3.4)."""


@dataclass(slots=True)
class Books:
    """Everything that has been written down, past and future."""

    seed: int
    default_service: str
    second_service: str
    workspace: str
    runs: list[Run] = field(default_factory=list)
    talks: dict[str, Talk] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    messages: dict[str, Run] = field(default_factory=dict)  # SM, MM and IM that started an execution


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


class Player:
    """One customer's story while it is played. ``flow_of`` finds the flow that plays a role for this customer."""

    def __init__(self, books: Books, story: Story, person: Person, zero: datetime, flow_of: Callable[[str], Flow]):
        self.books = books
        self.story = story
        self.person = person
        self.zero = zero
        self.flow_of = flow_of
        self.runs: list[Run] = []
        self.talks: dict[tuple[str, int], Talk] = {}
        self.last_talk: Talk | None = None
        self.random = Random(f"{books.seed}/{story.name}")
        self.expected: list[str] = []
        self.made = 0

    def play(self) -> list[Run]:
        """All executions of the story, in the order in which they start."""
        for event in sorted(self.story.events, key=lambda e: e.at):
            # Nobody writes on the minute. On some fraction of a second: a replayed webhook then falls into the same
            # second, or into the next.
            stray = self.random.randrange(60) + self.random.choice((0.3, 0.7))
            at = wire(self.zero + timedelta(hours=event.at)) + seconds(stray)
            self.expected = _claims(event)
            match event:
                case Writes():
                    self._writes(event, at)
                case Rings():
                    self._rings(event, at)
                case Request():
                    self._request(event, at)
                case Happens():
                    self._happens(event, at)
        return self.runs

    # --- what becomes of each event

    def _writes(self, event: Writes, at: datetime) -> None:
        flow = self.flow_of(event.flow)
        if event.flow in ("messaging", "outbound"):
            run = self._message(event, flow, at)
            if event.also:
                twin = self._message(event, self.flow_of(event.also), at + seconds(5), run.message_sid)
                twin.handoff = None
            return
        wiring = Wiring.LEGACY_CHAT if event.flow == "legacy" else Wiring.CONVERSATION
        talk = self._talk_for(event, at)
        message = self._sid("IM")
        run = self._run(event, flow, at, wiring, event.channel, talk.address, None, message)
        self._join(run, talk, event.talk_at)
        if event.on_closed:
            run.row_address = run.spell(talk.sid)
        run.replies = tuple(at + minutes(r) for r in event.replies)
        if event.also:
            copy = Writes(at=event.at, flow=event.also, channel=event.channel, line=event.line, expect=None)
            self._message(copy, self.flow_of(event.also), at + seconds(1.2))
        last = run
        for role, delay in zip(event.replay, REPLAY_DELAYS, strict=False):
            last = self._run(
                event, self.flow_of(role), at + seconds(delay), wiring, event.channel, talk.address, None, message
            )
            last.row_address = last.spell(talk.sid)
            self._join(last, talk, "trigger")
        if event.replay:
            run.ended = at + seconds(1)
            run.replies = ()
        self._hand_over(last, event.agent, talk)

    def _message(self, event: Writes, flow: Flow, at: datetime, message: str | None = None) -> Run:
        """Programmable Messaging: no conversation, unless the flow hands over to an agent, which opens one."""
        contact, sender = self.person.address(event.channel), SENDERS[event.channel][event.line]
        message = message or self._sid("MM" if self.random.random() < 0.1 else "SM")
        run = self._run(event, flow, at, Wiring.MESSAGE, event.channel, contact, sender, message)
        run.replies = tuple(at + minutes(r) for r in event.replies)
        if event.agent:
            talk = self._open_talk(event.channel, event.line, at + minutes(event.agent.after), "handed over")
            self._join(run, talk, "attributes")
            run.talk_from = talk.opened
            self._hand_over(run, event.agent, talk)
        return run

    def _rings(self, event: Rings, at: datetime) -> None:
        flow, ours = self.flow_of(event.flow), SENDERS["voice"][0]
        contact = f"client:{self.person.key}" if "client" in event.odd else self.person.phone
        ended = None if event.lasts is None else at + minutes(event.lasts)
        call = Call(self._sid("CA"), contact, ours, "inbound", at, ended)
        self.books.calls[call.sid] = call
        run = self._run(event, flow, at, Wiring.CALL, "voice", contact, ours, None)
        self._rides(run, call)
        if "dial" in event.odd:
            self._dials(run, call)
        if event.agent:
            self._hand_over(run, event.agent, None)
        if event.redirect:
            after = at + minutes(1)
            run.ended = after
            self._rides(
                self._run(event, self.flow_of(event.redirect), after, Wiring.CALL, "voice", contact, ours, None), call
            )

    def _rides(self, run: Run, call: Call) -> None:
        run.call = call
        if run.version is not None:  # an older row tells neither its version nor what started it
            run.initiated_by = call.sid

    def _request(self, event: Request, at: datetime) -> None:
        channel = {"call": "voice", "job": "api"}.get(event.what, event.channel)
        sender = SENDERS["sms" if channel == "api" else channel][event.line]
        contact = self.person.address(channel)
        run = self._run(event, self.flow_of(event.flow), at, Wiring.REQUEST, channel, contact, sender, None)
        run.replies = tuple(at + minutes(r) for r in event.replies)
        if event.what == "talk":
            talk = self.talks.get((channel, event.line))
            if talk is None or not talk.takes_messages(at):
                talk = self._open_talk(channel, event.line, at, self._why(talk, at))
            self._join(run, talk, event.talk_at)
            if event.talk_at == "inbound":
                run.talk_from = run.replies[0]
        elif event.what == "call":
            call = Call(self._sid("CA"), sender, contact, "outbound-api", at + seconds(1), run.ended)
            self.books.calls[call.sid] = call
            run.call = call
            if "dial" in event.odd:
                self._dials(run, call)

    def _dials(self, run: Run, call: Call) -> None:
        """The flow connects the call to somebody: another leg, a call of its own."""
        at = run.started + seconds(20)
        leg = Call(self._sid("CA"), call.to, SENDERS["voice"][1], "outbound-dial", at, run.ended, call.sid)
        self.books.calls[leg.sid] = leg
        run.foreign["dial"] = leg.sid

    def _happens(self, event: Happens, at: datetime) -> None:
        talk = self.last_talk
        if talk is None:
            raise ValueError(f"{self.story.name}: {event.what} before any conversation")
        match event.what:
            case "deleted":
                talk.deleted = talk.deleted or at
            case "left":
                talk.left = talk.left or at
            case "closed" | "inactive":
                talk.states.append((at, event.what))
            case other:
                raise ValueError(f"{self.story.name}: {other}")

    # --- conversations

    def _talk_for(self, event: Writes, at: datetime) -> Talk:
        """The conversation that a message lands in: the open one of this address and this line, or a new one."""
        talk = self.talks.get((event.channel, event.line))
        session = event.channel == "webchat" and not event.same_session
        if talk and not session and not event.second and (event.on_closed or talk.takes_messages(at)):
            return talk
        if event.on_closed:
            raise ValueError(f"{self.story.name}: no conversation to come back to")
        why = "session" if session else "second" if event.second else self._why(talk, at)
        service = self.books.second_service if {"service"} & set(event.odd) else self.books.default_service
        return self._open_talk(event.channel, event.line, at, why, service)

    def _open_talk(self, channel: str, line: int, at: datetime, why: str, service: str | None = None) -> Talk:
        proxy = SENDERS[channel][line] if channel in SENDERS else None
        talk = Talk(
            sid=self._sid("CH"),
            service_sid=service or self.books.default_service,
            channel=channel,
            person=self.person,
            address=self.person.address(channel),
            proxy=proxy,
            opened=at,
            why=why,
        )
        self.talks[channel, line] = self.last_talk = self.books.talks[talk.sid] = talk
        return talk

    def _why(self, before: Talk | None, at: datetime) -> str:
        """Why Twilio does not use the conversation that there was before."""
        if before is None:
            return "first"
        if before.gone(at):
            return "deleted"
        return "closed" if before.closed(at) else "left"

    def _join(self, run: Run, talk: Talk, where: Where) -> None:
        run.talk, run.talk_at = talk, where
        talk.runs.append(run)
        self.last_talk = talk

    # --- executions and tasks

    def _run(
        self,
        event: Writes | Rings | Request,
        flow: Flow,
        at: datetime,
        wiring: Wiring,
        channel: str,
        contact: str,
        sender: str | None,
        message: str | None,
    ) -> Run:
        old = "old" in event.odd
        run = Run(
            sid=self._sid("FN"),
            flow=flow,
            story=self.story.name,
            person=self.person,
            wiring=wiring,
            channel=channel,
            started=at,
            ended=None if event.lasts is None else at + minutes(event.lasts),
            contact=contact,
            sender=sender,
            row_address=None if "anonymous" in event.odd else contact,
            initiated_by=None if old else message or (self._sid("RQ") if wiring is Wiring.REQUEST else None),
            version=None if old else flow.revision,
            message_sid=message,
            fate=event.fate,
            odd=frozenset(event.odd),
            says_updated="silent" not in event.odd,
            expect=self.expected.pop(0) if self.expected else None,
        )
        if "crm" in event.odd:
            run.foreign |= {key: self._sid(prefix) for key, prefix in (("talk", "CH"), ("task", "WT"), ("call", "CA"))}
        if "survey_task" in event.odd:
            run.foreign["survey_task"] = self._sid("WT")
        self.runs.append(run)
        self.books.runs.append(run)
        if message:
            self.books.messages.setdefault(message.upper(), run)
        return run

    def _hand_over(self, run: Run, agent: Agent | None, talk: Talk | None) -> None:
        if agent is None:
            return
        at = run.started + minutes(agent.after)
        task = Task(self._sid("WT"), self._sid("KD"), self.books.workspace, run, at)
        self.books.tasks[task.sid] = task
        run.handoff = Handoff(at, task, cast(Literal["interaction", "task", "voice"], agent.shape))
        if agent.takes is not None:
            task.statuses.append((at + minutes(agent.takes), "assigned", ""))
        if agent.ends is not None:
            end = at + minutes(agent.ends)
            reason = {"canceled": "Task canceled on Workflow timeout", "completed": "Agent ended the chat"}
            task.statuses.append((end, agent.status, reason.get(agent.status, "")))
            if talk and agent.closes and agent.status != "canceled":
                talk.states.append((end, "closed"))
            if agent.purged is not None:
                task.purged = end + minutes(agent.purged)
        if run.wiring is Wiring.CALL:
            return
        run.ended = at + seconds(1) if run.ended is not None else None  # "Task created" fires at once for messaging
        run.replies = tuple(r for r in run.replies if r < at)

    def _sid(self, prefix: str) -> str:
        """A new SID: stable as long as the story makes the same things in the same order."""
        self.made += 1
        return make_sid(prefix, self.books.seed, self.story.name, self.made)


def _claims(event: Event) -> list[str]:
    claims: str | None = None if isinstance(event, Happens) else event.expect
    return [c.strip() for c in claims.split(";")] if claims else []


def by_start(runs: Iterable[Run]) -> list[Run]:
    return sorted(runs, key=lambda r: (r.started, r.sid))
