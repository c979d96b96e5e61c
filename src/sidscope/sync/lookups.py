"""The look-ups that turn inferred verdicts into observed ones: conversations, agent tasks, participants.

For a set of executions: the contexts of rows that name only a CH, one ParticipantConversations per contact, each
previous conversation (under its service too), its task. What is final is never asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sidscope.archive import Archive, lookups_of
from sidscope.domain.channels import MESSAGING
from sidscope.domain.correlate import cases_of, known_conversations
from sidscope.domain.grouping import arrange
from sidscope.domain.record import Known
from sidscope.domain.records import Channel, Conversation, Execution, Lookups, Memberships, ReadStatus, Task
from sidscope.domain.sids import is_sid, sid_key
from sidscope.sync.contexts import ContextQueue
from sidscope.sync.keeping import keep
from sidscope.sync.progress import Problems, Progress
from sidscope.twilio_api import Account


@dataclass(slots=True)
class Needs:
    """What is still to be asked: conversations with their service if known, tasks with their workspace, contacts."""

    conversations: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    tasks: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    contacts: dict[str, str] = field(default_factory=dict)

    def keys(self) -> set[str]:
        """What is needed, by key."""
        return self.conversations.keys() | self.tasks.keys() | self.contacts.keys()

    def without(self, asked: set[str]) -> Needs:
        """The same, less what was asked already: a failed look-up is not asked twice in a row."""
        return Needs(
            {key: value for key, value in self.conversations.items() if key not in asked},
            {key: value for key, value in self.tasks.items() if key not in asked},
            {key: value for key, value in self.contacts.items() if key not in asked},
        )

    def __len__(self) -> int:
        return len(self.keys())


def needs_of(
    known: Iterable[Known], lookups: Lookups, wanted: set[str], fresh_after: datetime, *, whole: bool = False
) -> Needs:
    """What would settle the verdicts on the executions whose keys are ``wanted``, and was neither read since
    ``fresh_after`` nor is final; for the ``whole`` story also what became of conversations and tasks that no verdict
    depends on. Pure."""
    known = list(known)
    needs = Needs()
    runs = arrange(known, lookups)
    services = _services(known, lookups)
    newest = {run.contact: run.started for run in runs if run.contact}
    for case in cases_of(runs, lookups, known_conversations(lookups)):
        contact = case.run.contact
        if sid_key(case.run.sid) not in wanted or case.run.conversation is None:
            continue
        if contact and case.run.channel in MESSAGING - {Channel.WEBCHAT}:
            memberships = lookups.memberships.get(contact)
            if memberships is None or not (
                memberships.read_at >= fresh_after or _tells_all(memberships, newest[contact])
            ):
                needs.contacts[contact] = contact
        previous = case.same[-1] if case.same else case.previous
        hit = previous.conversation if previous else None
        if hit is None:
            continue
        key = sid_key(hit.value)
        if not _settled(lookups.conversations.get(key), fresh_after):
            needs.conversations[key] = (hit.value, services.get(key))
        handoffs = case.sent_by.known.facts.handoffs if case.sent_by else ()
        task = handoffs[-1].task_sid if handoffs else None
        if task and not _settled(lookups.tasks.get(sid_key(task)), fresh_after):
            needs.tasks[sid_key(task)] = (task, handoffs[-1].workspace_sid)
    if whole:
        _add_whole(needs, [item for item in known if sid_key(item.row.sid) in wanted], lookups, fresh_after, services)
    return needs


def _add_whole(
    needs: Needs, told: Iterable[Known], lookups: Lookups, fresh_after: datetime, services: dict[str, str]
) -> None:
    """Adds every conversation of which nothing tells the state, and every task."""
    states = known_conversations(lookups)
    for item in told:
        hit = item.facts.conversation
        if hit is not None and not _settled(states.get(sid_key(hit.value)), fresh_after):
            needs.conversations[sid_key(hit.value)] = (hit.value, services.get(sid_key(hit.value)))
        for handoff in item.facts.handoffs:
            task = handoff.task_sid
            if task is not None and not _settled(lookups.tasks.get(sid_key(task)), fresh_after):
                needs.tasks[sid_key(task)] = (task, handoff.workspace_sid)


def _settled(read: Conversation | Task | None, fresh_after: datetime) -> bool:
    """Whether it is final, or was read (however that ended) recently enough."""
    return read is not None and (read.final or read.read_at >= fresh_after)


def _tells_all(memberships: Memberships, newest: datetime) -> bool:
    """Whether all its conversations are closed and the contact has not come back since."""
    return (
        memberships.read_status is ReadStatus.OK
        and memberships.read_at > newest
        and all(row.conversation_state == "closed" for row in memberships.rows)
    )


def _services(known: Iterable[Known], lookups: Lookups) -> dict[str, str]:
    """The conversation service (IS) of each conversation, where a context or ParticipantConversations names it."""
    services: dict[str, str] = {}
    for memberships in lookups.memberships.values():
        for row in memberships.rows:
            if row.chat_service_sid:
                services[sid_key(row.conversation_sid)] = row.chat_service_sid
    for item in known:
        if item.facts.conversation and item.facts.service_sid:
            services[sid_key(item.facts.conversation.value)] = item.facts.service_sid
    return services


def names_conversation_only(row: Execution) -> bool:
    """Whether the row names its CH, so that its context was not needed to group it but would tell more."""
    return is_sid(row.contact_channel_address, "CH") and not is_sid(row.initiated_by, "CA")


class Explainer:
    """Spends the look-ups for a set of executions, and keeps what it learns in the archive."""

    def __init__(
        self,
        account: Account,
        archive: Archive,
        contexts: ContextQueue,
        progress: Progress,
        problems: Problems,
        now: Callable[[], datetime],
    ) -> None:
        self._account = account
        self._archive = archive
        self._contexts = contexts
        self._progress = progress
        self._problems = problems
        self._now = now
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._answers = 0
        self._answered_as: dict[str, int] = {}  # key → its newest answer, by number

    async def explain(self, keys: Iterable[str], *, fresh: timedelta = timedelta(0), whole: bool = False) -> None:
        """Reads what settles the verdicts on these executions (or the ``whole`` story); what was read within ``fresh``
        is good enough.

        Raises BadCredentials; other failures are kept as such and become problems.
        """
        wanted, fresh_after = {sid_key(key) for key in keys}, self._now() - fresh
        await asyncio.to_thread(self._archive.flush)
        await self._contexts.read(self._contexts.unread(await asyncio.to_thread(self._unread, wanted)))
        asked: set[str] = set()
        while needs := (await self._read_needs(wanted, fresh_after, whole)).without(asked):
            # Participants name services, senders and states: asked first, so that less is asked after.
            now = Needs(contacts=needs.contacts) if needs.contacts else needs
            asked.update(now.keys())
            await self._all(
                [self._once(key, self._memberships, contact) for key, contact in now.contacts.items()]
                + [self._once(key, self._conversation, *wish) for key, wish in now.conversations.items()]
                + [self._once(key, self._task, *wish) for key, wish in now.tasks.items()]
            )

    async def stop(self) -> None:
        """Ends the look-ups that are under way."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def cost(self, keys: Iterable[str], *, fresh: timedelta = timedelta(0), whole: bool = False) -> int:
        """How many requests :meth:`explain` would spend, contexts included, as far as that is known beforehand."""
        wanted, fresh_after = {sid_key(key) for key in keys}, self._now() - fresh
        await asyncio.to_thread(self._archive.flush)
        unread = self._contexts.unread(await asyncio.to_thread(self._unread, wanted))
        return len(unread) + len(await asyncio.to_thread(self._needs, wanted, fresh_after, whole))

    def _unread(self, wanted: set[str]) -> list[Execution]:
        """The rows whose context was not needed to group them but would tell more."""
        known = self._archive.neighbourhood(list(wanted), related=False)
        return self._archive.unread(item.row for item in known if names_conversation_only(item.row))

    async def _read_needs(self, wanted: set[str], fresh_after: datetime, whole: bool) -> Needs:
        """What is needed now: read again if somebody else's answer to part of it came while it was read."""
        while True:
            before = self._answers
            needs = await asyncio.to_thread(self._needs, wanted, fresh_after, whole)
            meanwhile = {key for key, number in self._answered_as.items() if number > before}
            if meanwhile.isdisjoint(needs.keys()):
                return needs

    def _needs(self, wanted: set[str], fresh_after: datetime, whole: bool) -> Needs:
        self._archive.flush()
        known = self._archive.neighbourhood(list(wanted))
        return needs_of(known, lookups_of(self._archive, known), wanted, fresh_after, whole=whole)

    async def _all(self, reads: Sequence[Awaitable[None]]) -> None:
        for read in asyncio.as_completed(reads):
            await read
            if self._account.refused:
                raise self._account.refused

    def _once(
        self, key: str, ask: Callable[..., Awaitable[tuple[str, ReadStatus]]], *wish: str | None
    ) -> Awaitable[None]:
        """Asks for one thing, or waits for the answer to who asked for it already: one story may be explained several
        times at once, and whoever gives up takes nothing from the others."""
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._count(ask, *wish))
            task.add_done_callback(lambda _: self._ended(key))
        return asyncio.shield(task)

    def _ended(self, key: str) -> None:
        self._answers += 1
        self._answered_as[key] = self._answers
        del self._under_way[key]

    async def _count(self, ask: Callable[..., Awaitable[tuple[str, ReadStatus]]], *wish: str | None) -> None:
        self._progress.lookups_total += 1
        what, status = await ask(*wish)
        self._progress.lookups_done += 1
        self._problems.read(what, wish[0] or "", status)

    async def _conversation(self, sid: str, service: str | None) -> tuple[str, ReadStatus]:
        conversation = await self._account.conversation(sid, service)
        await keep(self._archive, conversation)
        return "conversation", conversation.read_status

    async def _task(self, sid: str, workspace: str | None) -> tuple[str, ReadStatus]:
        task = await self._account.task(sid, workspace)
        await keep(self._archive, task)
        return "task", task.read_status

    async def _memberships(self, contact: str) -> tuple[str, ReadStatus]:
        memberships = await self._account.memberships(contact)
        await keep(self._archive, memberships)
        return "participant", memberships.read_status
