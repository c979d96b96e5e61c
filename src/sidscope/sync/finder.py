"""Finding what the archive does not know: the fewest requests to Twilio that can answer for one SID or address.

A conversation leads to its participants and to the flows' lists, from the given moment or its beginning to its end; a
call to the lists around its start; an execution is asked of each flow; an address leads to its conversations and the
lists; whatever has no such way is looked for in all that began since the given moment. Only contexts that can matter
are read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sidscope.archive import Archive
from sidscope.domain.channels import MESSAGING, channel_of_address, spellings
from sidscope.domain.evidence import settles
from sidscope.domain.grouping import RUN_GAP
from sidscope.domain.jsontree import mapping
from sidscope.domain.numbers import count
from sidscope.domain.record import Known
from sidscope.domain.records import Channel, Conversation, Execution, Flow, ReadStatus
from sidscope.domain.sids import as_twilio, is_sid, kind_of, same_sid, sid_key
from sidscope.domain.value import replace, value
from sidscope.sync.contexts import ContextQueue
from sidscope.sync.keeping import keep
from sidscope.sync.listing import Lister
from sidscope.sync.progress import Problems
from sidscope.twilio_api import Account, BadCredentials, NotFound, TwilioApiError, Unreachable

MARGIN = timedelta(minutes=10)
"""How far from a call's or message's own time its execution is looked for."""

WORTH_SAYING = 50
"""More requests than this are announced before they are spent."""


@value
class Search:
    """What is looked for, and how far back lists may go: ``since`` bounds them hard if ``explicit``, and is the
    fallback where the thing itself does not say when it was."""

    target: str
    since: datetime
    until: datetime | None = None
    explicit: bool = False

    def from_(self, moment: datetime | None) -> datetime:
        """Where a list begins for a thing that began at ``moment``."""
        if moment is None:
            return self.since
        return max(moment, self.since) if self.explicit else moment


@dataclass(slots=True)
class _Candidates:
    """Which rows of a list can belong to what is looked for; empty sets mean that every row can."""

    sids: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)

    def can_match(self, row: Execution) -> bool:
        if not self.sids and not self.addresses:
            return True
        contact = row.contact_channel_address
        named = [sid for sid in (contact, row.initiated_by) if is_sid(sid)]
        return contact is None or contact in self.addresses or any(sid_key(sid) in self.sids for sid in named if sid)


class Finder:
    """Asks Twilio for one thing and brings what belongs to it into the archive."""

    def __init__(
        self,
        account: Account,
        archive: Archive,
        lister: Lister,
        contexts: ContextQueue,
        problems: Problems,
        announce: Callable[[str], None],
        now: Callable[[], datetime],
    ) -> None:
        self._account = account
        self._archive = archive
        self._lister = lister
        self._contexts = contexts
        self._problems = problems
        self._announce = announce
        self._now = now
        self._flows: list[Flow] | None = None  # listed once in a search
        self._unsaid = 0  # requests spent since the last announcement

    async def find(self, search: Search) -> None:
        """Spends the requests; whatever they bring is in the archive afterwards. Raises TwilioApiError where
        nothing could be read at all."""
        self._flows, self._unsaid = None, 0
        search = replace(search, target=as_twilio(search.target))
        kind = kind_of(search.target)
        if kind == "execution":
            await self._execution(search)
        elif kind == "conversation":
            await self._conversation(search, search.target)
        elif kind == "call":
            await self._call(search, search.target)
        elif kind == "task":
            await self._task(search)
        elif kind == "message":
            await self._message(search)
        elif kind == "flow":
            flows = [flow for flow in await self._all_flows() if same_sid(flow.sid, search.target)]
            await self._lists(flows, search.since, search.until, _Candidates())
        elif kind is None:
            await self._address(search, search.target)
        else:
            await self._everything(search)
        await asyncio.to_thread(self._archive.flush)

    async def _all_flows(self) -> list[Flow]:
        if self._flows is None:
            self._flows = await self._lister.flows()
        return self._flows

    def _spend(self, requests: int, what: str) -> None:
        """Says beforehand what is to be spent, as soon as that comes to more than a few."""
        self._unsaid += requests
        if self._unsaid > WORTH_SAYING:
            self._announce(f"{what}: at least {count(self._unsaid, 'request')}.")
            self._unsaid = 0

    async def _everything(self, search: Search) -> None:
        """All that began since: a row that names the target leads on, else contexts must be asked, and those of rows
        that name a conversation or a call only where the others do not mention the target."""
        rows = await self._list(await self._all_flows(), search.since, search.until)
        named = [row for row in rows if same_sid(row.initiated_by, search.target)]
        if not named:
            await self._read(_unsettled(rows))
            if not is_sid(search.target, "CH", "CA") and not await self._known(search.target):
                await self._read(rows)
            named = await self._holding(search.target)
        if not is_sid(search.target, "CH"):
            await self._complete(search, named)

    async def _complete(self, search: Search, rows: Sequence[Execution]) -> None:
        """These executions are what was looked for: brings in the others of their groups."""
        await self._read(_unsettled(rows))
        await asyncio.to_thread(self._archive.flush)
        known = await asyncio.to_thread(self._archive.known, [row.sid for row in rows])
        conversations = {sid_key(hit.value): hit.value for item in known.values() if (hit := item.facts.conversation)}
        for conversation in conversations.values():
            await self._conversation(search, conversation)
        for item in known.values():
            contact, call = item.facts.contact, item.facts.call
            if call and not item.facts.conversation:
                # The same call may have been sent on to another flow.
                addresses = {contact.value} if contact else set()
                await self._around(search, item.row.started, _Candidates({sid_key(call.value)}, addresses))
            if contact and not item.facts.conversation and not item.unknowable and item.facts.channel in MESSAGING:
                # Messages without a conversation form a run: what the contact wrote a day before and since.
                start = search.from_(item.row.started - RUN_GAP)
                await self._lists(await self._all_flows(), start, search.until, _Candidates(set(), {contact.value}))

    async def _lists(
        self, flows: Sequence[Flow], since: datetime, until: datetime | None, candidates: _Candidates
    ) -> None:
        """Lists [since, until) and reads the contexts that are needed to group the rows that can match."""
        rows = await self._list(flows, since, until)
        await self._read(_unsettled(row for row in rows if candidates.can_match(row)))

    async def _list(self, flows: Sequence[Flow], since: datetime, until: datetime | None) -> list[Execution]:
        """What began in [since, until): just listed, or listed before and therefore not asked for again."""
        self._spend(len(flows), f"Listing {count(len(flows), 'flow')} since {since:%Y-%m-%d %H:%M} UTC")
        await self._lister.executions(flows, since, until, _nothing_more)
        listed = {sid_key(flow.sid) for flow in flows}
        rows = await asyncio.to_thread(self._window, since, until)
        return [row for row in rows if sid_key(row.flow_sid) in listed]

    def _window(self, since: datetime, until: datetime | None) -> list[Execution]:
        self._archive.flush()
        return [item.row for item in self._archive.window(since, until, related=False)]

    async def _read(self, unsettled: Sequence[Execution]) -> None:
        rows = await asyncio.to_thread(self._archive.unread, unsettled)
        self._spend(len(rows), f"Reading {count(len(rows), 'context')}")
        await self._contexts.read(rows)

    async def _execution(self, search: Search) -> None:
        """An FN is addressable only under its flow: each is asked, and the first that has it ends the search."""
        flows = await self._all_flows()
        for item in (await asyncio.to_thread(self._archive.known, [search.target])).values():
            flows = [flow for flow in flows if same_sid(flow.sid, item.row.flow_sid)]
        self._spend(len(flows), f"Asking {count(len(flows), 'flow')} for {search.target}")
        row = await self._first(flows, search.target)
        if row is None:
            return
        await keep(self._archive, row)
        await self._complete(search, [row])

    async def _first(self, flows: Sequence[Flow], sid: str) -> Execution | None:
        async def ask(flow: Flow) -> Execution | None:
            try:
                return await self._account.execution(flow.sid, sid)
            except NotFound:
                return None
            except (BadCredentials, Unreachable):
                raise
            except TwilioApiError as error:
                self._problems.add(f"{flow.friendly_name!r} could not be asked for {sid}: {error.message}")
                return None

        asked = [asyncio.create_task(ask(flow)) for flow in flows]
        try:
            for answer in asyncio.as_completed(asked):
                row = await answer
                if row:
                    return row
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        return None

    async def _conversation(self, search: Search, sid: str) -> None:
        conversation = await self._account.conversation(sid)
        await keep(self._archive, conversation)
        self._stop_if_refused()
        if conversation.read_status is not ReadStatus.OK:
            # Deleted, of another service or not ours to read: only the executions themselves can tell.
            self._problems.read("conversation", sid, conversation.read_status)
            await self._everything(search)
            return
        addresses = await self._participants(conversation)
        candidates = _Candidates({sid_key(sid)}, addresses) if addresses else _Candidates()
        began = conversation.date_created - MARGIN if conversation.date_created else None
        ended = conversation.date_closed + MARGIN if conversation.date_closed else search.until
        # What the contact did before says why this conversation is new: as far back as a list would know it too.
        start = search.since if search.explicit else min(search.from_(began), search.since)
        if ended is not None and start >= ended:
            self._problems.add(f"{sid} was closed before --since: its executions were not listed, go further back.")
            return
        await self._lists(await self._all_flows(), start, ended, candidates)

    async def _participants(self, conversation: Conversation) -> set[str]:
        try:
            participants = await self._account.participants(conversation.sid, conversation.chat_service_sid)
        except BadCredentials:
            raise
        except TwilioApiError as error:
            self._problems.add(f"The participants of {conversation.sid} could not be read: {error.message}")
            return set()
        named = (value for participant in participants for value in (participant.address, participant.identity))
        return {value for value in named if value}

    async def _call(self, search: Search, sid: str) -> None:
        call = await self._account.call(sid)
        await keep(self._archive, call)
        self._stop_if_refused()
        if call.read_status is not ReadStatus.OK:
            self._problems.read("call", sid, call.read_status)
            await self._everything(search)
            return
        if call.parent_call_sid:  # a child leg: the context of its parent's execution mentions it
            await self._through(search, call.parent_call_sid)
            return
        addresses = {address for address in (call.from_, call.to) if address}
        await self._around(search, call.start_time or call.date_created, _Candidates({sid_key(sid)}, addresses))

    async def _through(self, search: Search, sid: str) -> None:
        """The target belongs to this conversation or call: the context of one of its executions says to which."""
        await (self._conversation(search, sid) if is_sid(sid, "CH") else self._call(search, sid))
        await self._read([item.row for item in await self._known(sid)])

    async def _around(self, search: Search, moment: datetime | None, candidates: _Candidates) -> None:
        start = search.from_(moment - MARGIN if moment else None)
        end = moment + MARGIN if moment else search.until
        if end is not None and start >= end:
            self._problems.add(f"{search.target} is from before --since: nothing was listed for it, go further back.")
            return
        await self._lists(await self._all_flows(), start, end, candidates)

    async def _task(self, search: Search) -> None:
        task = await self._account.task(search.target)
        await keep(self._archive, task)
        self._stop_if_refused()
        attributes = mapping(task.attributes)
        conversation = attributes.get("conversationSid") or attributes.get("channelSid")
        call = attributes.get("call_sid") or attributes.get("callSid")
        if isinstance(conversation, str) and is_sid(conversation, "CH"):
            await self._through(search, conversation)
        elif isinstance(call, str) and is_sid(call, "CA"):
            await self._through(search, call)
        else:
            self._problems.read("task", search.target, task.read_status)
            await self._everything(search)

    async def _message(self, search: Search) -> None:
        """A message of the Messages API says who wrote when; one of a conversation (IM) only where it was used."""
        if is_sid(search.target, "IM"):
            await self._everything(search)
            return
        message = await self._account.message(search.target)
        self._stop_if_refused()
        if message.read_status is not ReadStatus.OK:
            self._problems.read("message", search.target, message.read_status)
            await self._everything(search)
            return
        addresses = {address for address in (message.from_, message.to) if address}
        candidates = _Candidates({sid_key(search.target)}, addresses)
        await self._around(search, message.date_created, candidates)
        if message.date_created and not await self._known(search.target):
            # It came into an execution, or out of one, that had begun before.
            start = search.from_(message.date_created - RUN_GAP)
            await self._lists(await self._all_flows(), start, message.date_created, candidates)
        await self._complete(search, await self._holding(search.target))

    async def _known(self, sid: str) -> list[Known]:
        """The executions that are known by now to have or mention a SID."""
        await asyncio.to_thread(self._archive.flush)
        found = await asyncio.to_thread(self._archive.search, sid)
        return list((await asyncio.to_thread(self._archive.known, found)).values())

    async def _holding(self, sid: str) -> list[Execution]:
        """Those of them that do not merely mention it: their groups are what is looked for."""
        known = [(item.row, item.facts) for item in await self._known(sid)]
        owns = [(row, (facts.call, facts.task, facts.interaction, facts.message)) for row, facts in known]
        return [row for row, hits in owns if any(hit and same_sid(hit.value, sid) for hit in hits)]

    async def _address(self, search: Search, address: str) -> None:
        names = spellings(address)
        conversations: set[str] = set()
        asked = [name for name in names if name == address or channel_of_address(name) in (None, Channel.WHATSAPP)]
        for name in asked:  # as typed, and where it is a phone number that number on WhatsApp
            memberships = await self._account.memberships(name)
            await keep(self._archive, memberships)
            self._stop_if_refused()
            self._problems.read("participant", name, memberships.read_status)
            conversations |= {sid_key(row.conversation_sid) for row in memberships.rows}
        await self._lists(await self._all_flows(), search.since, search.until, _Candidates(conversations, set(names)))

    def _stop_if_refused(self) -> None:
        if self._account.refused:
            raise self._account.refused


async def _nothing_more(page: Sequence[Execution]) -> None:
    """The rows of a list are with the archive; which contexts to read is decided when all are there."""


def _unsettled(rows: Iterable[Execution]) -> list[Execution]:
    """The rows that name neither a conversation nor a call."""
    return [row for row in rows if not settles(row)]
