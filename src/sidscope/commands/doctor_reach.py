"""What these credentials can read at Twilio: one request for each thing that sidscope asks for.

Where a look-up needs a SID it is one that nobody has: Twilio says 404 to whoever may look, and 403 to others.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from statistics import median
from typing import Final

from sidscope.commands.findings import OK, SKIPPED, WARNING, WRONG, Finding
from sidscope.domain.numbers import count
from sidscope.domain.records import Execution, Flow, ReadStatus
from sidscope.domain.times import say_span
from sidscope.domain.value import value
from sidscope.twilio_api import Account, BadCredentials, Counters, Denied, TwilioApiError, Unreachable

_NOBODY: Final = "+15005550006"  # Twilio's own number for tests
_ZEROS: Final = "0" * 32
_FLOWS_ASKED: Final = 5
_SLOW: Final = 1.0  # seconds for an answer
_CLOCK_OK, _CLOCK_WRONG = 3.0, 60.0  # seconds; a Date header has whole ones

_GIVE: Final = "give the key read access to {} (Console: Account > API keys & tokens), or use another key"
_LATER: Final = "try again; if it stays so, look at https://status.twilio.com"
_NETWORK: Final = "check the network, the proxy (HTTPS_PROXY) and that {} is let through"


async def look(open_account: Callable[[], Awaitable[Account]], api_url: str | None) -> tuple[list[Finding], int]:
    """What was found, and the exit code: 3 if the credentials are refused, 4 if nobody answered, else 0. ``api_url``:
    where requests go instead of to Twilio."""
    network = _NETWORK.format(f"{api_url} (SIDSCOPE_API_URL)" if api_url else "*.twilio.com:443")
    try:
        account = await open_account()
    except Unreachable as error:  # the proxy settings
        return [Finding("Twilio", WRONG, f"unreachable: {error.message}", network)], 4
    try:
        return await _Look(account, network).all()
    finally:
        await account.close()


class _Look:
    """One round of requests, one after the other."""

    def __init__(self, account: Account, network: str) -> None:
        self._account = account
        self._network = network  # what to do where nobody answers
        self._times: list[float] = []
        self._flows: list[Flow] = []
        self._newest: list[tuple[Flow, str]] = []  # flows that may be listed, with their newest execution
        self._workspaces: list[str] = []

    async def all(self) -> tuple[list[Finding], int]:
        steps: list[tuple[str, str, Callable[[], Awaitable[_Told]]]] = [
            ("flows", "Studio flows", self._list_flows),
            ("executions", "Studio executions", self._list_executions),
            ("contexts", "Studio execution contexts", self._read_context),
            ("conversations", "Conversations", self._read_conversation),
            ("participants", "Conversations: ParticipantConversations", self._read_memberships),
            ("workspaces", "TaskRouter workspaces", self._list_workspaces),
            ("tasks", "TaskRouter tasks", self._read_task),
            ("calls", "Calls", self._read_call),
            ("messages", "Messages", self._read_message),
        ]
        outcomes = [(check, product, await self._try(step)) for check, product, step in steps]
        results = [outcome for _, _, outcome in outcomes if not isinstance(outcome, _Nothing)]
        # A 401 for one product while another can be read: the key is right, and restricted.
        refused = not any(isinstance(result, str | _Partly) for result in results) and any(
            isinstance(result, BadCredentials) for result in results
        )
        findings = [
            _finding(check, product, outcome, refused=refused, network=self._network)
            for check, product, outcome in outcomes
        ]
        counters = self._account.counters
        findings += [clock(counters.clock_skew), self._speed(counters)]
        return findings, 3 if refused else 4 if all(isinstance(result, Unreachable) for result in results) else 0

    async def _try(self, step: Callable[[], Awaitable[_Told]]) -> _Told | TwilioApiError | _Nothing:
        """What the step says, or why it could not."""
        self._account.refused = self._account.last_problem = None
        before, began = self._account.counters.requests, time.monotonic()
        try:
            says = await step()
        except (_Nothing, TwilioApiError) as error:
            return error
        if self._account.counters.requests == before + 1:
            self._times.append(time.monotonic() - began)
        return says

    async def _list_flows(self) -> str:
        self._flows = await self._account.flows()
        return f"readable: {count(len(self._flows), 'flow')}"

    async def _list_executions(self) -> _Told:
        """Of the first flows that have any; goes on where one flow is denied, for that says nothing of the others."""
        if not self._flows:
            raise _Nothing("not asked: no flow is known")
        denied: dict[str, TwilioApiError] = {}
        asked = 0
        for flow in self._flows[:_FLOWS_ASKED]:
            asked += 1
            if not await self._lists(flow, denied):
                continue
            return _some(f"readable (asked {count(asked, 'flow')})", denied, "executions")
        if len(denied) == asked:
            raise next(iter(denied.values()))
        return _some(f"readable, but the {count(asked, 'flow')} asked had none", denied, "executions")

    async def _lists(self, flow: Flow, denied: dict[str, TwilioApiError]) -> bool:
        """Whether the flow can be listed and has an execution, which is noted."""
        try:
            page: list[Execution] = await anext(self._account.executions(flow.sid, page_size=1), [])
        except (Denied, BadCredentials) as error:
            denied[flow.friendly_name] = error
            return False
        if page:
            self._newest.append((flow, page[0].sid))
        return bool(page)

    async def _read_context(self) -> _Told:
        """Of the newest execution of the first flow that has one; of other flows' where that is denied."""
        if not self._newest:
            raise _Nothing("not asked: no execution is known")
        denied: dict[str, TwilioApiError] = {}
        others = [flow for flow in self._flows[:_FLOWS_ASKED] if flow is not self._newest[0][0]]
        while True:
            flow, execution = self._newest[-1]
            try:
                return _some(
                    self._told((await self._account.context(flow.sid, execution)).read_status), denied, "contexts"
                )
            except (Denied, BadCredentials) as error:
                denied[flow.friendly_name] = error
                self._account.refused = None
            while others and not await self._lists(others.pop(0), {}):
                pass  # until one has an execution
            if self._newest[-1][0] is flow:
                raise next(iter(denied.values()))

    async def _read_conversation(self) -> str:
        return self._told((await self._account.conversation(f"CH{_ZEROS}")).read_status)

    async def _read_memberships(self) -> str:
        return self._told((await self._account.memberships(_NOBODY)).read_status)

    async def _list_workspaces(self) -> str:
        self._workspaces = await self._account.workspaces()
        return f"readable: {count(len(self._workspaces), 'workspace')}"

    async def _read_task(self) -> str:
        if not self._workspaces:
            raise _Nothing("not asked: no workspace is known")
        return self._told((await self._account.task(f"WT{_ZEROS}", self._workspaces[0])).read_status)

    async def _read_call(self) -> str:
        return self._told((await self._account.call(f"CA{_ZEROS}")).read_status)

    async def _read_message(self) -> str:
        return self._told((await self._account.message(f"SM{_ZEROS}")).read_status)

    def _told(self, status: ReadStatus) -> str:
        """Look-ups do not raise: their status does it here."""
        if status in (ReadStatus.OK, ReadStatus.GONE):
            return "readable"
        if self._account.refused:
            raise self._account.refused
        if status is ReadStatus.DENIED:
            raise Denied("these credentials may not read it")
        raise self._account.last_problem or Unreachable("it could not be read")

    def _speed(self, counters: Counters) -> Finding:
        if not self._times:
            return Finding("speed", SKIPPED, "nothing was answered")
        usual = median(self._times)
        says = f"an answer takes {usual * 1000:.0f} ms"
        if counters.concurrent_reported is not None:
            says += f", Twilio counted {count(counters.concurrent_reported, 'request')} of the account at once"
        if counters.throttled:
            do = "other programs use up the account's limit of requests at once; sidscope waits its turn"
            return Finding("speed", WARNING, f"{says}; {counters.throttled} refused as too many (429)", do)
        if usual > _SLOW:
            do = "lists will take long; an edge nearer to you may help (TWILIO_EDGE)"
            return Finding("speed", WARNING, says, do)
        return Finding("speed", OK, says)


class _Nothing(Exception):
    """There is nothing to ask for."""


@value
class _Partly:
    """It can be read, but not of these flows."""

    says: str
    flows: tuple[str, ...]


_Told = str | _Partly


def _some(says: str, denied: Collection[str], what: str) -> _Told:
    if not denied:
        return says
    names = ", ".join(f"“{name}”" for name in denied)
    return _Partly(f"{says}, but denied in {names}. {_LOST_OF_FLOW[what]}", tuple(denied))


_LOST: Final = {
    "flows": "Nothing can be listed",
    "executions": "Nothing can be listed",
    "contexts": "Most executions cannot be grouped",
    "conversations": "Why a conversation is new can only be inferred",
    "participants": "Conversations of an address are found by listing alone, and senders may stay unknown",
    "workspaces": "Tasks are found only where a context names their workspace",
    "tasks": "What became of agents' tasks can only be inferred",
    "calls": "Finding a call needs a look at all that began since --since",
    "messages": "Finding a message needs a look at all that began since --since",
}


_LOST_OF_FLOW: Final = {
    "executions": "Executions of such a flow are missing, other flows' are not",
    "contexts": "Executions of such a flow can only be grouped by what their rows say, other flows' are complete",
}


def _finding(
    check: str, product: str, outcome: _Told | TwilioApiError | _Nothing, *, refused: bool, network: str
) -> Finding:
    match outcome:
        case str():
            return Finding(check, OK, outcome)
        case _Partly():
            flows = "this flow" if len(outcome.flows) == 1 else "these flows"
            return Finding(check, WARNING, outcome.says, f"nothing, or let the key read {flows} too")
        case _Nothing():
            return Finding(check, SKIPPED, str(outcome))
        case BadCredentials() if refused:
            do = "check the credentials, or choose another --profile"
            return Finding(check, WRONG, f"the credentials are refused: {outcome.message}", do)
        case BadCredentials() | Denied():
            return Finding(check, WRONG, f"denied: {outcome.message}. {_LOST[check]}", _GIVE.format(product))
        case Unreachable():
            return Finding(check, WRONG, f"unreachable: {outcome.message}", network)
        case _:
            return Finding(check, WRONG, f"failed: {outcome.message}", _LATER)


def clock(skew: float | None) -> Finding:
    """What to say of a clock that Twilio's is ``skew`` seconds ahead of."""
    if skew is None:
        return Finding("clock", SKIPPED, "no answer told the time")
    if abs(skew) <= _CLOCK_OK:
        return Finding("clock", OK, "agrees with Twilio's, to a second or two")
    way = "behind" if skew > 0 else "ahead of"
    says = (
        f"this machine's is {say_span(timedelta(seconds=abs(skew)))} {way} Twilio's: ages and windows are wrong by that"
    )
    return Finding("clock", WRONG if abs(skew) >= _CLOCK_WRONG else WARNING, says, "set the clock (NTP)")
