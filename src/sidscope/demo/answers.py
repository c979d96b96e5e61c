"""What each address answers: the routes of Studio, Conversations, TaskRouter and the API of 2010."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from sidscope.demo.account import Run, Talk, wire
from sidscope.demo.contexts import context_of
from sidscope.demo.paging import BadQuery, Query, asked, cut, envelope
from sidscope.demo.resources import CONVERSATIONS, STUDIO, TASKROUTER, Json, Resources, inbound_of
from sidscope.demo.steps import StepRow, steps_of
from sidscope.demo.world import World

Item = TypeVar("Item")


class Refusal(Exception):
    """An answer that is none, with Twilio's status and error code."""

    def __init__(self, status: int, code: int, message: str):
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def _sid(prefix: str) -> str:
    return rf"({prefix}[0-9a-fA-F]{{32}})"


_FLOW = f"/v2/Flows/{_sid('FW')}"
_RUN = f"{_FLOW}/Executions/{_sid('FN')}"
_STEP = f"{_RUN}/Steps/{_sid('FT')}"
_TALK = rf"/v1(?:/Services/{_sid('IS')})?/Conversations/{_sid('CH')}"
_WORKSPACE = f"/v1/Workspaces/{_sid('WS')}"
_ACCOUNT = f"/2010-04-01/Accounts/{_sid('AC')}"

ROUTES: Final = (
    ("flows", "studio", "/v2/Flows"),
    ("flow", "studio", _FLOW),
    ("revisions", "studio", f"{_FLOW}/Revisions"),
    ("revision", "studio", rf"{_FLOW}/Revisions/(\d+|LatestPublished|LatestRevision)"),
    ("executions", "studio", f"{_FLOW}/Executions"),
    ("execution", "studio", _RUN),
    ("execution_context", "studio", f"{_RUN}/Context"),
    ("steps", "studio", f"{_RUN}/Steps"),
    ("step", "studio", _STEP),
    ("step_context", "studio", f"{_STEP}/Context"),
    ("conversations", "conversations", rf"/v1(?:/Services/{_sid('IS')})?/Conversations"),
    ("conversation", "conversations", _TALK),
    ("participants", "conversations", f"{_TALK}/Participants"),
    ("messages", "conversations", f"{_TALK}/Messages"),
    ("participant_conversations", "conversations", rf"/v1(?:/Services/{_sid('IS')})?/ParticipantConversations"),
    ("workspaces", "taskrouter", "/v1/Workspaces"),
    ("workspace", "taskrouter", _WORKSPACE),
    ("tasks", "taskrouter", f"{_WORKSPACE}/Tasks"),
    ("task", "taskrouter", f"{_WORKSPACE}/Tasks/{_sid('WT')}"),
    ("call", "api", rf"{_ACCOUNT}/Calls/{_sid('CA')}\.json"),
    ("text_message", "api", rf"{_ACCOUNT}/Messages/{_sid('(?:SM|MM)')}\.json"),
)
"""Name (a method of :class:`Answers`), product, path."""


class Answers:
    """Answers one request at one moment. Every route has a method; None means that there is no such thing."""

    def __init__(self, world: World, now: datetime, query: Query):
        self.world = world
        self.now = now
        self.query = query
        self.write = Resources(world, now)

    # --- Studio

    def flows(self) -> Json:
        flows = self.world.flows[::-1]
        rows = [(f, f"{f.created.timestamp():020.6f}{f.sid}") for f in flows]
        return self._list("flows", rows, f"{STUDIO}/v2/Flows", lambda f: self.write.flow(f, whole=False))

    def flow(self, flow_sid: str) -> Json | None:
        flow = self.world.flow(flow_sid)
        return self.write.flow(flow, whole=True) if flow else None

    def revisions(self, flow_sid: str) -> Json | None:
        flow = self.world.flow(flow_sid)
        if flow is None:
            return None
        rows = [(n, f"{n:09d}") for n in range(flow.revision, 0, -1)]
        url = f"{STUDIO}/v2/Flows/{flow.sid}/Revisions"
        return self._list("revisions", rows, url, lambda n: self.write.revision(flow, n, whole=False))

    def revision(self, flow_sid: str, number: str) -> Json | None:
        flow = self.world.flow(flow_sid)
        if flow is None:
            return None
        wanted = int(number) if number.isdecimal() else flow.revision
        return self.write.revision(flow, wanted, whole=True) if 1 <= wanted <= flow.revision else None

    def executions(self, flow_sid: str) -> Json | None:
        flow = self.world.flow(flow_sid)
        if flow is None:
            return None
        runs = self.world.runs_of(flow.sid, self.now)
        since, until = self._date("DateCreatedFrom"), self._date("DateCreatedTo")
        status = self.query.get("status")
        if status not in (None, "active", "ended"):
            raise BadQuery("status is active or ended")
        rows = [
            (run, f"{run.started.timestamp():020.6f}{run.sid}")
            for run in runs
            if (since is None or wire(run.started) >= since)
            and (until is None or wire(run.started) < until)
            and (status is None or run.active(self.now) is (status == "active"))
        ]
        return self._list("executions", rows, f"{STUDIO}/v2/Flows/{flow.sid}/Executions", self.write.execution)

    def execution(self, flow_sid: str, sid: str) -> Json | None:
        run = self._run(flow_sid, sid)
        return self.write.execution(run) if run else None

    def execution_context(self, flow_sid: str, sid: str) -> Json | None:
        run = self._run(flow_sid, sid)
        if run is None:
            return None
        if run.flow.denied:
            raise Refusal(403, 20403, "Access to this resource is denied")
        if run.fate == "gone":
            return None
        return self.write.context(run, context_of(run, self.world.account_sid, self.now))

    def steps(self, flow_sid: str, sid: str) -> Json | None:
        run = self._run(flow_sid, sid)
        if run is None:
            return None
        steps = self._steps(run)
        rows = [(step, f"{len(steps) - i:09d}") for i, step in enumerate(steps)]
        url = f"{STUDIO}/v2/Flows/{run.flow.sid}/Executions/{run.sid}/Steps"
        return self._list("steps", rows, url, lambda step: self.write.step(run, step))

    def step(self, flow_sid: str, sid: str, step_sid: str) -> Json | None:
        run, step = self._step(flow_sid, sid, step_sid)
        return self.write.step(run, step) if run and step else None

    def step_context(self, flow_sid: str, sid: str, step_sid: str) -> Json | None:
        run, step = self._step(flow_sid, sid, step_sid)
        return self.write.step_context(run, step) if run and step else None

    # --- Conversations

    def conversations(self, service_sid: str | None) -> Json:
        service = service_sid or self.world.books.default_service
        talks = [
            t
            for t in self.world.books.talks.values()
            if t.service_sid.upper() == service.upper() and t.opened <= self.now and not t.gone(self.now)
        ]
        if state := self.query.get("State"):
            talks = [t for t in talks if t.state(self.now)[1] == state]
        base = _base(service_sid)
        return self._talks("conversations", talks, f"{base}/Conversations", lambda t: self.write.conversation(t, base))

    def conversation(self, service_sid: str | None, sid: str) -> Json | None:
        talk = self._talk(service_sid, sid)
        return self.write.conversation(talk, _base(service_sid)) if talk else None

    def participants(self, service_sid: str | None, sid: str) -> Json | None:
        talk = self._talk(service_sid, sid)
        if talk is None:
            return None
        base = _base(service_sid)
        rows = [self.write.participant(talk, base, agent=True)] if talk.has_agent(self.now) else []
        if talk.has_customer(self.now):
            rows.append(self.write.participant(talk, base))
        url = f"{CONVERSATIONS}{base}/Conversations/{talk.sid}/Participants"
        return self._list("participants", [(row, row["date_created"]) for row in rows], url, dict, most=100)

    def messages(self, service_sid: str | None, sid: str) -> Json | None:
        talk = self._talk(service_sid, sid)
        if talk is None:
            return None
        base = _base(service_sid)
        rows = [(message, f"{message.index:09d}") for message in reversed(inbound_of(talk, self.now))]
        if self.query.get("Order", "asc") == "asc":
            rows = [(message, f"{len(rows) - message.index:09d}") for message, _ in reversed(rows)]
        url = f"{CONVERSATIONS}{base}/Conversations/{talk.sid}/Messages"
        return self._list("messages", rows, url, lambda message: self.write.message(talk, message, base), most=100)

    def participant_conversations(self, service_sid: str | None) -> Json:
        address = self.query.get("Address") or self.query.get("Identity")
        if not address:
            raise BadQuery("Address or Identity is needed")
        talks = self.world.talks_of(address, self.now)
        talks = [t for t in talks if ("Identity" in self.query) is (t.proxy is None)]
        if service_sid:
            talks = [t for t in talks if t.service_sid.upper() == service_sid.upper()]
        url = f"{_base(service_sid)}/ParticipantConversations"
        return self._talks("conversations", talks, url, self.write.membership, most=50)

    # --- TaskRouter

    def workspaces(self) -> Json:
        rows = [((sid, name), f"{i}") for i, (sid, name) in enumerate(self.world.workspaces.items())][::-1]
        url = f"{TASKROUTER}/v1/Workspaces"
        return self._list("workspaces", rows, url, lambda row: self.write.workspace(*row))

    def workspace(self, sid: str) -> Json | None:
        found = next((s for s in self.world.workspaces if s.upper() == sid.upper()), None)
        return self.write.workspace(found, self.world.workspaces[found]) if found else None

    def tasks(self, workspace_sid: str) -> Json | None:
        if self.workspace(workspace_sid) is None:
            return None
        tasks = [
            t
            for t in self.world.books.tasks.values()
            if t.workspace_sid.upper() == workspace_sid.upper() and t.created <= self.now and not t.gone(self.now)
        ]
        if statuses := self.query.get("AssignmentStatus"):
            tasks = [t for t in tasks if t.status(self.now)[1] in statuses.split(",")]
        rows = sorted(((t, f"{t.created.timestamp():020.6f}{t.sid}") for t in tasks), key=lambda r: r[1], reverse=True)
        return self._list("tasks", rows, f"{TASKROUTER}/v1/Workspaces/{workspace_sid}/Tasks", self.write.task)

    def task(self, workspace_sid: str, sid: str) -> Json | None:
        task = self.world.books.tasks.get(_canonical(sid))
        if task is None or task.workspace_sid.upper() != workspace_sid.upper():
            return None
        return None if task.created > self.now or task.gone(self.now) else self.write.task(task)

    # --- the API of 2010

    def call(self, account_sid: str, sid: str) -> Json | None:
        call = self.world.books.calls.get(_canonical(sid))
        if account_sid.upper() != self.world.account_sid.upper() or call is None or call.started > self.now:
            return None
        return self.write.call(call)

    def text_message(self, account_sid: str, sid: str) -> Json | None:
        run = self.world.books.messages.get(sid.upper())
        if account_sid.upper() != self.world.account_sid.upper() or run is None or run.started > self.now:
            return None
        return self.write.text_message(_canonical(sid), run)

    # --- helpers

    def _run(self, flow_sid: str, sid: str) -> Run | None:
        """An execution is found under its own flow only."""
        run = self.world.run(sid)
        found = run and run.flow.sid.upper() == flow_sid.upper() and run.started < self.now
        return run if found else None

    def _steps(self, run: Run) -> list[StepRow]:
        return steps_of(run, self.world.account_sid, self.now)

    def _step(self, flow_sid: str, sid: str, step_sid: str) -> tuple[Run | None, StepRow | None]:
        run = self._run(flow_sid, sid)
        steps = self._steps(run) if run else []
        return run, next((s for s in steps if s.sid.upper() == step_sid.upper()), None)

    def _talk(self, service_sid: str | None, sid: str) -> Talk | None:
        """Without a service only the default one's conversations answer."""
        talk = self.world.talk(sid)
        service = service_sid or self.world.books.default_service
        if talk is None or talk.service_sid.upper() != service.upper():
            return None
        return None if talk.opened > self.now or talk.gone(self.now) else talk

    def _date(self, name: str) -> datetime | None:
        given = self.query.get(name)
        if given is None:
            return None
        try:
            moment = datetime.fromisoformat(given)
        except ValueError as wrong:
            raise BadQuery(f"{name} is no ISO 8601 time") from wrong
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def _talks(self, key: str, talks: Sequence[Talk], url: str, write: Callable[[Talk], Json], most: int = 100) -> Json:
        rows = sorted(((t, f"{t.opened.timestamp():020.6f}{t.sid}") for t in talks), key=lambda r: r[1], reverse=True)
        return self._list(key, rows, f"{CONVERSATIONS}{url}", write, most)

    def _list(
        self,
        key: str,
        rows: Sequence[tuple[Item, str]],
        url: str,
        write: Callable[[Item], Any],
        most: int = 1000,
    ) -> Json:
        """One page of ``rows``, which are sorted by falling keys."""
        page = asked(self.query, 50, most)
        shown, cursor = cut(rows, page, lambda row: row[1])
        return envelope(key, [write(item) for item, _ in shown], page, cursor, url, self.query)


def _base(service_sid: str | None) -> str:
    return f"/v1/Services/{service_sid}" if service_sid else "/v1"


def _canonical(sid: str) -> str:
    return sid[:2].upper() + sid[2:].lower()
