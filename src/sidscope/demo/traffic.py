"""Random customers, in the same language as the named stories."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from random import Random

from sidscope.demo.account import Fate, Where
from sidscope.demo.script import Agent, Event, Happens, Request, Rings, Story, Writes

KINDS = {
    "whatsapp": 38,
    "sms": 8,
    "plain_whatsapp": 8,
    "plain_sms": 5,
    "rcs": 2,
    "messenger": 4,
    "webchat": 10,
    "legacy": 2,
    "calls": 11,
    "survey": 4,
    "outbound": 3,
    "outbound_call": 2,
    "job": 1,
    "private": 2,
}
"""What a customer is, and how often."""

LAST_HOUR_FOR_GONE = -18.0
"""Contexts of executions older than this (hours) are sometimes past retention already."""


@dataclass(slots=True)
class Customer:
    """One random customer from ``begin`` to ``end`` (hours); ``pace`` shortens every duration."""

    random: Random
    begin: float
    end: float
    pace: float

    def story(self) -> Story:
        kind = self.random.choices(tuple(KINDS), tuple(KINDS.values()))[0]
        match kind:
            case "whatsapp" | "sms" | "messenger":
                events = self._conversations(kind)
            case "plain_whatsapp" | "plain_sms" | "rcs":
                events = self._plain(kind.removeprefix("plain_"))
            case "webchat" | "legacy":
                events = self._sessions(kind)
            case "calls":
                events = self._calls()
            case "private":
                events = [Writes(at=self.begin, flow="private", lasts=self._minutes(2, 9))]
            case _:
                events = self._requests(kind)
        return Story(kind, f"A random customer: {kind}.", tuple(events))

    def _minutes(self, least: float, most: float) -> float:
        return self.random.uniform(least, most) * max(self.pace, 0.12)

    def _gap(self) -> float:
        """Hours until the customer comes back."""
        return min(self.random.lognormvariate(0.7, 1.0) + 0.35, 30.0) * self.pace

    def _times(self, most: int) -> list[float]:
        times: list[float] = []
        at = self.begin
        while at <= self.end and len(times) < most:
            times.append(at)
            at += self._gap()
        return times

    def _fate(self, at: float) -> Fate:
        if at < LAST_HOUR_FOR_GONE and self.random.random() < 0.03:
            return "gone"
        fates: tuple[Fate, ...] = ("ok", "string", "nested", "empty")
        return self.random.choices(fates, (93, 4, 2, 1))[0]

    def _odd(self) -> tuple[str, ...]:
        odd = []
        if self.random.random() < 0.08:
            odd.append("subflow")
        if self.random.random() < 0.04:
            odd.append("old")
        if self.random.random() < 0.03:
            odd.append("capitals")
        for name, chance in (("crm", 0.05), ("overwritten", 0.12), ("flex_failed", 0.02), ("silent", 0.02)):
            if "old" not in odd and self.random.random() < chance:
                odd.append(name)
        return tuple(odd)

    def _agent(self) -> Agent | None:
        """A quarter of all executions end with an agent."""
        after, roll = self._minutes(1.5, 4), self.random.random()
        takes = self._minutes(0.5, 6)
        if roll < 0.18:
            purged = self._minutes(4, 12) if self.random.random() < 0.4 else None
            return Agent(after, takes, self._minutes(10, 70), purged=purged)
        if roll < 0.21:
            return Agent(after, takes, self._minutes(10, 40), "wrapping")
        if roll < 0.24:
            return Agent(after, None, self._minutes(20, 60), "canceled")
        return Agent(after, takes) if roll < 0.26 else None

    def _replies(self, lasts: float) -> tuple[float, ...]:
        count = self.random.choices((0, 1, 2, 4), (5, 4, 2, 1))[0]
        return tuple(sorted(self.random.uniform(0.3, 0.95) * lasts for _ in range(count)))

    def _conversations(self, channel: str) -> list[Event]:
        events: list[Event] = []
        line = 1 if self.random.random() < 0.15 else 0
        service = ("service",) if self.random.random() < 0.04 else ()
        agents = False
        times = self._times(9)
        for at, following in zip(times, [*times[1:], inf], strict=False):
            lasts, agent, roll = self._minutes(1, 14), self._agent(), self.random.random()
            if forgets := agent is None and self.random.random() < 0.04:
                lasts = self._minutes(90, 600)  # the flow waits for an answer; the next message would be that
            agents = agents or agent is not None
            replay: tuple[str, ...] = ("support",) if roll < 0.09 else ()
            fate = self._fate(at)
            events.append(
                Writes(
                    at=at,
                    channel=channel,
                    line=line,
                    flow="support" if roll > 0.9 else "entry",
                    lasts=lasts,
                    replies=self._replies(lasts),
                    agent=agent,
                    replay=replay,
                    fate="ok" if service or replay else fate,
                    odd=service or (() if replay else self._odd()),
                )
            )
            if forgets:
                break
            after = at + lasts / 60 + self._minutes(20, 200) / 60
            if agent is None and (fortune := self.random.random()) < 0.13:
                what = (
                    "closed"
                    if fortune < 0.09 or agents or after > following
                    else "inactive"
                    if fortune < 0.12
                    else "deleted"
                )
                events.append(Happens(at=after, what=what))
        return events

    def _plain(self, channel: str) -> list[Event]:
        events: list[Event] = []
        for at in self._times(8):
            lasts = self._minutes(0.5, 6)
            events.append(
                Writes(
                    at=at,
                    flow="messaging",
                    channel=channel,
                    lasts=lasts,
                    replies=self._replies(lasts),
                    fate=self._fate(at) if channel != "rcs" else "ok",
                    odd=self._odd() if channel != "rcs" else (),
                )
            )
        return events

    def _sessions(self, flow: str) -> list[Event]:
        events: list[Event] = []
        for at in self._times(2):
            lasts, agent = self._minutes(1, 9), self._agent()
            shape = "task" if flow == "legacy" else "interaction"
            if agent:
                agent = Agent(agent.after, agent.takes, agent.ends, agent.status, purged=agent.purged, shape=shape)
            replies = self._replies(lasts)
            events.append(Writes(at=at, flow=flow, channel="webchat", lasts=lasts, replies=replies, agent=agent))
        return events

    def _calls(self) -> list[Event]:
        events: list[Event] = []
        for at in self._times(3):
            lasts = self._minutes(2, 15)
            agent = Agent(lasts * 0.3, 1, lasts * 0.6, shape="voice") if self.random.random() < 0.4 else None
            odd = [
                name
                for name, chance in (("old", 0.12), ("dial", 0.15), ("texts", 0.1), ("client", 0.06))
                if self.random.random() < chance
            ]
            events.append(Rings(at=at, lasts=lasts, agent=agent, odd=tuple(odd)))
        return events

    def _requests(self, kind: str) -> list[Event]:
        at, lasts = self.begin, self._minutes(3, 20)
        match kind:
            case "survey":
                replies = self._replies(lasts)
                return [Request(at=at, what="survey", lasts=lasts, replies=replies, odd=("survey_task",))]
            case "outbound_call":
                return [Request(at=at, what="call", lasts=lasts, odd=("dial",) if self.random.random() < 0.3 else ())]
            case "job":
                return [Request(at=at, what="job", lasts=lasts)]
        places: tuple[Where, ...] = ("channel", "conversation", "outbound")
        where = self.random.choice(places)
        events: list[Event] = [Request(at=at, what="talk", channel="whatsapp", lasts=lasts, talk_at=where)]
        answer = at + lasts / 60 + self._gap()
        if answer <= self.end:
            events.append(Writes(at=answer, lasts=self._minutes(1, 9), agent=self._agent()))
        return events


def random_story(random: Random, begin: float, end: float, pace: float = 1.0) -> Story:
    """A customer who first turns up ``begin`` hours from now and does not begin anything new after ``end``."""
    return Customer(random, begin, end, pace).story()
