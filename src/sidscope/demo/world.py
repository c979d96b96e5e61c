"""The world behind the simulated account: flows, people, their stories, and time."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from threading import RLock
from typing import Any, NamedTuple

from sidscope.demo.account import Flow, Person, Run, Talk, make_sid
from sidscope.demo.people import CITIES, FLOW_NAMES, NAMES
from sidscope.demo.script import Story
from sidscope.demo.simulator import Books, Player, by_start
from sidscope.demo.stories import STORIES
from sidscope.demo.traffic import random_story
from sidscope.demo.truth import truth_of

COUNTRIES = ("+4915", "+4915", "+4366", "+3367", "+5511", "+8190", "+8869", "+9665", "+4479")
LANGUAGES = ("de", "en", "fr", "ar", "zh-TW", "es")
BUSY_ROLES = ("entry", "messaging", "webchat", "voice", "support", "outbound")


class Login(NamedTuple):
    """What a client signs in with: the account, and either it and its token or an API key and its secret."""

    account_sid: str
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class PlayedStory:
    """A named story and the executions it made, in the order in which they started."""

    story: Story
    person: Person
    runs: tuple[Run, ...]

    @property
    def sids(self) -> tuple[str, ...]:
        return tuple(run.sid for run in self.runs)


class World:
    """A simulated account, generated from ``seed`` relative to ``now``.

    The same seed and sizes give the same world at the same offsets from ``now``: SIDs never depend on the clock.
    ``executions`` is how many there are at ``now`` at least, over the ``hours`` before it (named stories reach
    further back); ``flows`` is raised to the eight that the stories need. After ``now`` somebody new begins to
    write every ``arrival`` seconds on average (None: nobody), lives their story at a quicker pace, and comes back.
    ``private``: whether one flow's contexts are refused with 403, so that no listing of the account is complete.

    Safe to use from several threads.
    """

    def __init__(
        self,
        seed: int = 1,
        now: datetime | None = None,
        *,
        executions: int = 300,
        flows: int = 8,
        hours: float = 36.0,
        arrival: float | None = 9.0,
        stories: Iterable[Story] = STORIES,
        private: bool = True,
    ):
        self.seed = seed
        self.zero = (now or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
        self.founded = self.zero - timedelta(days=400)
        self.account_sid = make_sid("AC", seed)
        self.auth_token = make_sid("", seed, "token")
        self.api_key = make_sid("SK", seed)
        self.api_secret = make_sid("", seed, "secret")
        self.lock = RLock()
        self.flows = self._make_flows(flows, private)
        self.books = Books(seed, make_sid("IS", seed), make_sid("IS", seed, "second"), make_sid("WS", seed))
        self.workspaces = {
            make_sid("WS", seed, "old"): "Old team",
            self.books.workspace: "Flex Task Assignment",
        }
        self.stories: dict[str, PlayedStory] = {}
        self._runs: dict[str, Run] = {}
        self._by_flow: dict[str, list[Run]] = {flow.sid: [] for flow in self.flows}
        self._talks_by_address: dict[str, list[Talk]] = {}
        self._people = 0
        for story in stories:
            self._play_named(story)
        self._fill(executions, hours)
        self._arrival = arrival
        self._arrivals = Random(f"{seed}/arrivals")
        self._next_arrival = self.zero - timedelta(minutes=1)  # who writes first has already arrived
        self._arrived = 0
        self._schedule_arrival()
        self.advance(self.zero)

    # --- who may come in

    def credentials(self, *, api_key: bool = True) -> Login:
        """What to sign in with: the API key, or the account's own token."""
        if api_key:
            return Login(self.account_sid, self.api_key, self.api_secret)
        return Login(self.account_sid, self.account_sid, self.auth_token)

    # --- time

    def advance(self, now: datetime) -> None:
        """Lets everything happen that happens until ``now``. Going back is allowed: nothing is forgotten."""
        with self.lock:
            while self._arrival is not None and self._next_arrival <= now:
                self._arrived += 1
                story = random_story(Random(f"{self.seed}/live/{self._arrived}"), 0.0, 2.0, pace=0.06)
                self._play(story, f"live/{self._arrived}", self._next_arrival)
                self._schedule_arrival()

    def _schedule_arrival(self) -> None:
        if self._arrival is not None:
            self._next_arrival += timedelta(seconds=0.5 + self._arrivals.expovariate(1 / self._arrival))

    # --- what there is

    def runs_of(self, flow_sid: str, now: datetime) -> list[Run]:
        """The executions of a flow that have started by ``now``, newest first."""
        runs = self._by_flow[flow_sid]
        return runs[: bisect_left(runs, now, key=lambda r: r.started)][::-1]

    def runs(self, now: datetime) -> list[Run]:
        """All executions that have started by ``now``, newest first."""
        return by_start(r for r in self._runs.values() if r.started < now)[::-1]

    def run(self, sid: str) -> Run | None:
        return self._runs.get(sid.upper())

    def flow(self, sid: str) -> Flow | None:
        return next((f for f in self.flows if f.sid.upper() == sid.upper()), None)

    def talk(self, sid: str) -> Talk | None:
        return self.books.talks.get(sid[:2].upper() + sid[2:].lower())

    def talks_of(self, address: str, now: datetime) -> list[Talk]:
        """The conversations in which ``address`` (or identity) takes part, newest first."""
        talks = [t for t in self._talks_by_address.get(address, ()) if t.opened <= now and t.has_customer(now)]
        return sorted(talks, key=lambda t: (t.opened, t.sid), reverse=True)

    def truth(
        self,
        now: datetime,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        explain: bool = True,
    ) -> list[dict[str, Any]]:
        """What ``sidscope list`` must print for the executions created in [since, until), newest first.

        For somebody who has seen only these executions: what lies before ``since`` is not known to them. Keys:
        those of design.md section 6 but verdict_reason, evidence and related_sids; and ``foreign_sids``, a set
        that related_sids must contain.
        """
        with self.lock:
            self.advance(now)
            return truth_of(self.runs(now), now, since=since, until=until, explain=explain)

    # --- how it is made

    def _make_flows(self, count: int, private: bool) -> tuple[Flow, ...]:
        flows = []
        for index in range(max(count, len(FLOW_NAMES))):
            if index < len(FLOW_NAMES):
                role = list(FLOW_NAMES)[index]
                name = FLOW_NAMES[role]
            else:
                extra = index - len(FLOW_NAMES)
                role = BUSY_ROLES[extra % len(BUSY_ROLES)]
                city = CITIES[extra % len(CITIES)]
                name = f"{FLOW_NAMES[role].split(' ')[0]} {city} {extra // len(CITIES) + 2}"
            created = self.founded + timedelta(days=3 * index)
            flows.append(
                Flow(
                    sid=make_sid("FW", self.seed, index),
                    role=role,
                    name=name,
                    revision=7 + index % 5,
                    created=created,
                    updated=created + timedelta(days=1),
                    denied=role == "private" and private,
                )
            )
        return tuple(flows)

    def _person(self, key: str, random: Random) -> Person:
        index = self._people
        self._people += 1
        number = (index * 7919 + self.seed * 104729) % 10**8
        identity = make_sid("", self.seed, key, "identity")
        return Person(
            key=f"guest{index}",
            name=random.choice(NAMES),
            phone=f"{random.choice(COUNTRIES)}{number:08d}",
            identity=f"{identity[:8]}-{identity[8:12]}-{identity[12:16]}-{identity[16:28]}",
            messenger_id=f"{7 * 10**15 + index * 7919}",
            language=random.choice(LANGUAGES),
        )

    def _play_named(self, story: Story) -> None:
        if story.name in self.stories:
            raise ValueError(f"two stories are called {story.name}")
        main = {flow.role: flow for flow in reversed(self.flows)}
        self.stories[story.name] = self._play(story, story.name, self.zero, main)

    def _play(self, story: Story, name: str, zero: datetime, main: dict[str, Flow] | None = None) -> PlayedStory:
        story = Story(name, story.says, story.events)
        random = Random(f"{self.seed}/{name}/person")
        person = self._person(name, random)
        choice = random.randrange(1000)

        def flow_of(role: str) -> Flow:
            if main:
                return main[role]
            flows = [flow for flow in self.flows if flow.role == role]
            return flows[choice % len(flows)]

        runs = by_start(Player(self.books, story, person, zero, flow_of).play())
        for run in runs:
            self._runs[run.sid.upper()] = run
            insort(self._by_flow[run.flow.sid], run, key=lambda r: (r.started, r.sid))
            if run.talk:
                known = self._talks_by_address.setdefault(run.talk.address, [])
                if run.talk not in known:
                    known.append(run.talk)
        return PlayedStory(story, person, tuple(runs))

    def _fill(self, executions: int, hours: float) -> None:
        """Random customers, until there are enough executions."""
        count = 0
        started = sum(r.started < self.zero for r in self._runs.values())
        while started < executions:
            count += 1
            random = Random(f"{self.seed}/customer/{count}")
            begin = -0.02 - hours * random.random() if random.random() < 0.85 else -0.02 - 0.4 * random.random()
            played = self._play(random_story(random, begin, -0.01), f"customer/{count}", self.zero)
            started += sum(r.started < self.zero for r in played.runs)
