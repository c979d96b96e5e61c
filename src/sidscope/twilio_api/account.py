"""One Twilio account, as sidscope reads it: twilio-python's resources in, records of the domain out."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from sidscope.domain.jsontext import JsonText, decoded
from sidscope.domain.patterns import later
from sidscope.domain.records import (
    Call,
    Context,
    Conversation,
    Execution,
    Flow,
    Membership,
    Memberships,
    Participant,
    ReadStatus,
    Step,
    Task,
)
from sidscope.settings import Credentials
from sidscope.twilio_api import records
from sidscope.twilio_api.errors import (
    BadCredentials,
    BadResponse,
    Denied,
    NotFound,
    TwilioApiError,
    asked,
)
from sidscope.twilio_api.origin import Origin
from sidscope.twilio_api.records import Message
from sidscope.twilio_api.retry import Policy
from sidscope.twilio_api.throttle import CAP, START, Counters, Hold, Throttle

if TYPE_CHECKING:
    from twilio.base.page import Page
    from twilio.rest import Client

    from sidscope.twilio_api.recording import Recorder
    from sidscope.twilio_api.replaying import Player

# The largest pages that Twilio gives (its API descriptions, PageSize).
STUDIO_PAGE = 1000
TASKROUTER_PAGE = 1000
PARTICIPANTS_PAGE = 100
MEMBERSHIPS_PAGE = 50

_ADDRESS = later(r"(?:[a-z]+:)?\+?\d{3,}|(?:whatsapp|messenger|rcs|sms):.+", re.IGNORECASE)

T = TypeVar("T")


class Account:
    """Reads one account. Made by :func:`connect`; belongs to one event loop; at most a limited number of
    requests are under way at once, however many are asked for.

    Lists raise :class:`~sidscope.twilio_api.errors.TwilioApiError`. Look-ups of one thing whose answer is kept
    (context, conversation, task, call, message, memberships) never do: their ``read_status`` says how they
    ended (GONE 404, DENIED 401 or 403, FAILED anything else), and ``refused`` and ``last_problem`` say why.
    """

    def __init__(
        self,
        client: Client,
        counters: Counters,
        now: Callable[[], datetime],
        close: Callable[[], Awaitable[None]],
    ) -> None:
        self.counters = counters
        self.refused: BadCredentials | None = None  # the last 401: these credentials are good for nothing
        self.last_problem: TwilioApiError | None = None  # why the last look-up FAILED
        self._client = client
        self._now = now
        self._close = close
        self._workspaces: list[str] | None = None
        self._listing_workspaces = asyncio.Lock()

    # -- Studio -----------------------------------------------------------------------------------------------

    async def flows(self) -> list[Flow]:
        """All flows of the account, without their definitions."""
        pages = self._pages(self._client.studio.v2.flows.page_async(page_size=STUDIO_PAGE), records.flow)
        return [flow async for page in pages for flow in page]

    async def executions(
        self,
        flow_sid: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        status: str | None = None,
        page_size: int = STUDIO_PAGE,
    ) -> AsyncIterator[list[Execution]]:
        """The executions of a flow created in [since, until), newest first, one page at a time.

        ``status``: "active" or "ended" only. Raises NotFound for a flow that is no more.
        """
        filters: dict[str, Any] = {"page_size": page_size}
        if status is not None:
            filters["status"] = status
        # The SDK cuts fractions of a second off and writes Z whatever the zone.
        if since is not None:
            filters["date_created_from"] = since.astimezone(UTC)
        if until is not None:
            filters["date_created_to"] = _next_whole_second(until.astimezone(UTC))
        first = self._flow(flow_sid).executions.page_async(**filters)
        async for page in self._pages(first, lambda row: records.execution(row, flow_sid)):
            yield page

    async def execution(self, flow_sid: str, execution_sid: str) -> Execution:
        """One execution, as it is now. Raises NotFound if this flow has no such execution."""
        resource = self._execution(flow_sid, execution_sid)
        return await self._ask(resource.fetch_async(), lambda it: records.execution(it, flow_sid))

    async def context(self, flow_sid: str, execution_sid: str) -> Context:
        """The context of an execution: what Twilio sent, untouched and undecoded (it may be text that holds JSON)."""

        status, body = await self._look_up(self._context(flow_sid, execution_sid))
        return Context(execution_sid, status, self._now(), body)

    async def steps(self, flow_sid: str, execution_sid: str) -> list[Step]:
        """The steps of an execution, oldest first. Raises NotFound."""
        first = self._execution(flow_sid, execution_sid).steps.page_async(page_size=STUDIO_PAGE)
        pages = self._pages(first, lambda row: records.step(row, flow_sid, execution_sid))
        return records.oldest_first([step async for page in pages for step in page])

    async def step_context(self, flow_sid: str, execution_sid: str, step_sid: str) -> Any:
        """The context as it was at the end of one step, untouched. Raises NotFound."""
        return decoded(await self._context(flow_sid, execution_sid, f"/Steps/{records.usable_sid(step_sid)}"))

    async def flow_revision(self, flow_sid: str, revision: int) -> dict[str, Any]:
        """One revision of a flow with its definition, as Twilio sends it. Raises NotFound."""
        path = f"/Flows/{records.usable_sid(flow_sid)}/Revisions/{revision:d}"
        return dict(await self._ask(self._client.studio.v2.fetch_async("GET", path), _mapping))

    # -- Conversations ----------------------------------------------------------------------------------------

    async def conversation(self, sid: str, service_sid: str | None = None) -> Conversation:
        """A conversation: in the account's default service, else under ``service_sid`` where that is known."""

        async def read() -> Conversation:
            v1 = self._client.conversations.v1
            ch = records.usable_sid(sid)
            make = lambda it: records.conversation(it, sid, self._now())  # noqa: E731
            try:
                return await self._ask(v1.conversations(ch).fetch_async(), make)
            except NotFound:
                if service_sid is None:
                    raise
            service = v1.services(records.usable_sid(service_sid))
            return await self._ask(service.conversations(ch).fetch_async(), make)

        status, found = await self._look_up(read())
        return found or Conversation(sid, status, self._now(), chat_service_sid=service_sid)

    async def participants(self, conversation_sid: str, service_sid: str | None = None) -> list[Participant]:
        """Who takes part in a conversation; looked for as :meth:`conversation` does. Raises NotFound."""
        v1 = self._client.conversations.v1
        ch = records.usable_sid(conversation_sid)
        make = lambda row: records.participant(row, conversation_sid)  # noqa: E731
        try:
            pages = self._pages(v1.conversations(ch).participants.page_async(page_size=PARTICIPANTS_PAGE), make)
            return [row async for page in pages for row in page]
        except NotFound:
            if service_sid is None:
                raise
        service = v1.services(records.usable_sid(service_sid))
        pages = self._pages(service.conversations(ch).participants.page_async(page_size=PARTICIPANTS_PAGE), make)
        return [row async for page in pages for row in page]

    async def memberships(self, address: str) -> Memberships:
        """Every conversation that an address takes part in, or an identity where it is no address (webchat).

        Where the reading broke off, ``rows`` has what was read until then and ``read_status`` is not OK.
        """
        rows: list[Membership] = []

        async def read() -> None:
            resource = self._client.conversations.v1.participant_conversations
            key = "address" if _ADDRESS.fullmatch(address) else "identity"
            first = resource.page_async(page_size=MEMBERSHIPS_PAGE, **{key: address})
            async for page in self._pages(first, records.membership):
                rows.extend(page)

        status, _ = await self._look_up(read())
        return Memberships(address, status, self._now(), tuple(rows))

    # -- TaskRouter, calls, messages --------------------------------------------------------------------------

    async def task(self, sid: str, workspace_sid: str | None = None) -> Task:
        """An agent's task. Without its workspace, all workspaces of the account are tried (listed once)."""

        async def read() -> Task:
            reason: TwilioApiError = NotFound("the account has no workspace")
            for workspace in [workspace_sid] if workspace_sid else await self._all_workspaces():
                try:
                    return await self._task_in(workspace, sid)
                except Denied as error:
                    reason = error  # so it may be here, whatever the other workspaces say
                except NotFound as error:
                    reason = reason if isinstance(reason, Denied) else error
            raise reason

        status, found = await self._look_up(read())
        return found or Task(sid, status, self._now(), workspace_sid=workspace_sid)

    async def workspaces(self) -> list[str]:
        """The SIDs of all TaskRouter workspaces, listed once."""
        return list(await self._all_workspaces())

    async def call(self, sid: str) -> Call:
        """A call."""
        status, found = await self._look_up(self._plain("Calls", sid, records.call))
        return found or Call(sid, status, self._now())

    async def message(self, sid: str) -> Message:
        """A message of the Messages API (SM, MM); one of a conversation (IM) has no address of its own."""
        status, found = await self._look_up(self._plain("Messages", sid, records.message))
        return found or Message(sid, status, self._now())

    async def close(self) -> None:
        """Close all connections."""
        await self._close()

    # -- how it is asked --------------------------------------------------------------------------------------

    def _flow(self, flow_sid: str) -> Any:
        return self._client.studio.v2.flows(records.usable_sid(flow_sid))

    def _execution(self, flow_sid: str, execution_sid: str) -> Any:
        return self._flow(flow_sid).executions(records.usable_sid(execution_sid))

    async def _context(self, flow_sid: str, execution_sid: str, step: str = "") -> JsonText:
        """Past the SDK's resource, which would decode it."""
        from sidscope.twilio_api.envelope import context_in

        execution = f"/Flows/{records.usable_sid(flow_sid)}/Executions/{records.usable_sid(execution_sid)}"
        answer = self._client.studio.v2.request_async("GET", f"{execution}{step}/Context")
        return await self._ask(answer, lambda it: context_in(it.text))

    async def _task_in(self, workspace_sid: str, sid: str) -> Task:
        workspace = self._client.taskrouter.v1.workspaces(records.usable_sid(workspace_sid))
        fetch = workspace.tasks(records.usable_sid(sid)).fetch_async()
        return await self._ask(fetch, lambda it: records.task(it, sid, workspace_sid, self._now()))

    async def _plain(self, kind: str, sid: str, make: Callable[[Mapping[str, Any], str, datetime], T]) -> T:
        """A call or message as it was sent: the SDK's RFC 2822 parser drops offsets, and raises on nonsense."""
        path = f"/Accounts/{self._client.account_sid}/{kind}/{records.usable_sid(sid)}.json"
        fetch = self._client.api.v2010.fetch_async("GET", path)
        return await self._ask(fetch, lambda it: make(_mapping(it), sid, self._now()))

    async def _all_workspaces(self) -> list[str]:
        async with self._listing_workspaces:
            if self._workspaces is None:
                first = self._client.taskrouter.v1.workspaces.page_async(page_size=TASKROUTER_PAGE)
                pages = self._pages(first, lambda row: records.usable_sid(row.sid))
                try:
                    self._workspaces = [sid async for page in pages for sid in page]
                except NotFound as error:  # the list, not the task that is looked for
                    raise BadResponse("the account has no list of workspaces", request=error.request) from None
            return self._workspaces

    async def _pages(self, first: Awaitable[Page], make: Callable[[Any], T]) -> AsyncIterator[list[T]]:
        """The rows of a list, a page at a time, following each next_page_url as it is."""
        page, rows, following = await self._ask(first, lambda page: _page(page, make))
        seen: set[str] = set()
        while True:
            yield rows
            if following is None:
                return
            if following in seen:
                raise BadResponse("a list whose pages lead back to each other", request=asked.get())
            seen.add(following)
            page, rows, following = await self._ask(page.next_page_async(), lambda page: _page(page, make))

    async def _ask(self, answer: Awaitable[Any], make: Callable[[Any], T]) -> T:
        """Wait for the SDK's answer and make of it what is wanted, or raise one of our errors."""
        from twilio.base.exceptions import TwilioException

        try:
            return make(await answer)
        except TwilioApiError as error:
            error.request = error.request or asked.get()
            if isinstance(error, BadCredentials):
                self.refused = error
            raise
        except (TwilioException, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            # The transport lets only 200 through: the SDK cannot read the payload. Its exception holds the body.
            problem = type(error).__name__
        raise BadResponse(f"an answer of another shape than described ({problem})", request=asked.get())

    async def _look_up(self, reading: Awaitable[T]) -> tuple[ReadStatus, T | None]:
        try:
            return ReadStatus.OK, await reading
        except NotFound:
            return ReadStatus.GONE, None
        except (BadCredentials, Denied):
            return ReadStatus.DENIED, None
        except TwilioApiError as error:
            self.last_problem = error
            return ReadStatus.FAILED, None


def connect(
    credentials: Credentials,
    *,
    api_url: str | None = None,
    asgi_app: Callable[..., Awaitable[None]] | None = None,
    max_concurrency: int = CAP,
    policy: Policy | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    chance: Random | None = None,
    tape: Recorder | Player | None = None,
) -> Account:
    """The account that ``credentials`` open; nothing is sent yet. Loads the SDK and the HTTP libraries.

    ``api_url`` (http(s)://host[:port]) replaces the origin of every Twilio host; ``asgi_app`` answers in this
    process instead of a network. ``clock`` gives monotonic seconds, ``sleep`` waits for some, ``now`` is the
    wall clock in UTC. ``tape`` writes the session down, or answers all of it from a recording instead of the network
    and tells the time. Raises Unreachable if the environment names a proxy that cannot be used.
    """
    from sidscope.twilio_api.client import sdk_client
    from sidscope.twilio_api.replaying import Player
    from sidscope.twilio_api.transport import TwilioTransport, in_process_client, network_client, no_client

    policy = policy or Policy()
    counters = Counters()
    if isinstance(tape, Player):
        http = no_client()
    else:
        http = in_process_client(asgi_app, policy) if asgi_app else network_client(policy, max_concurrency)
    now = tape.now if tape else now
    transport = TwilioTransport(
        http,
        credentials,
        origin=Origin(api_url),
        throttle=Throttle(Hold(START, max_concurrency), counters, clock, sleep),
        counters=counters,
        policy=policy,
        clock=clock,
        sleep=sleep,
        now=now,
        chance=chance or Random(),  # noqa: S311 (jitter, no cryptography)
        tape=tape,
    )
    return Account(sdk_client(credentials, transport), counters, now, transport.close)


def _page(page: Page, make: Callable[[Any], T]) -> tuple[Page, list[T], str | None]:
    if not isinstance(page.load_page(page._payload), list):  # the SDK takes {} and "" for a list of nothing
        raise BadResponse("an answer of another shape than described (no list)")
    rows = [make(row) for row in page]
    following = page.next_page_url
    if following is not None and not isinstance(following, str):
        raise BadResponse("a list whose next page is no address")
    return page, rows, following or None


def _mapping(payload: Any) -> Mapping[str, Any]:
    if not isinstance(payload, Mapping):
        raise BadResponse("an answer of another shape than described")
    return payload


def _next_whole_second(time: datetime) -> datetime:
    return time if time.microsecond == 0 else time.replace(microsecond=0) + timedelta(seconds=1)
