"""Listing: all flows, and per flow its executions since a moment, newest first.

Twilio has no list over all flows and no filter by change (https://www.twilio.com/docs/studio/rest-api/v2/execution):
new executions come by DateCreatedFrom, endings by listing again from the oldest one that was still active.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from sidscope.archive import Archive, Coverage
from sidscope.domain.records import Execution, Flow
from sidscope.domain.times import CLOCK_SKEW
from sidscope.sync.keeping import keep
from sidscope.sync.progress import Problems, Progress, trouble_of
from sidscope.twilio_api import Account, BadCredentials, NotFound, TwilioApiError

OVERLAP = timedelta(minutes=1)
"""Executions may become visible a little after the moment they bear: each listing begins this much earlier."""

PAGE = 1000
"""Executions on one page of a list: the most that Twilio gives."""

_JUST_AFTER = timedelta(seconds=1)  # Twilio's dates have whole seconds, DateCreatedTo is exclusive

OnPage = Callable[[Sequence[Execution]], Awaitable[None]]


class Lister:
    """Lists executions into the archive, and hands each page on."""

    def __init__(
        self,
        account: Account,
        archive: Archive,
        progress: Progress,
        problems: Problems,
        now: Callable[[], datetime],
    ) -> None:
        self._account = account
        self._archive = archive
        self._progress = progress
        self._problems = problems
        self._now = now
        self.trouble: str | None = None
        """The kind of trouble that the last flow had which could not be listed; see :attr:`Progress.trouble`."""

    async def flows(self) -> list[Flow]:
        """All flows of the account; raises a TwilioApiError if they cannot be listed."""
        flows = await self._account.flows()
        await keep(self._archive, *flows)
        self._progress.flows_total = len(flows)
        return flows

    async def executions(
        self,
        flows: Sequence[Flow],
        since: datetime,
        until: datetime | None,
        on_page: OnPage,
        *,
        screenful: int | None = None,
    ) -> list[Flow]:
        """Brings the archive up to date on what began in [since, until), all flows at once.

        Of a flow that was listed before, only what can have changed is asked for. With ``screenful``, each flow's
        newest so many come first, before any flow is listed to its end. A flow that cannot be listed is a problem,
        not the end: those flows are returned. Refused credentials are raised.
        """
        self._progress.phase = "listing"
        self._progress.flows_listed = 0
        listings = [_Listing(flow, since, until) for flow in flows]
        for listing in listings:
            await asyncio.to_thread(self._shorten, listing)
        if screenful:
            await asyncio.gather(*(self._list(listing, on_page, screenful) for listing in listings if not listing.done))
        await asyncio.gather(*(self._list(listing, on_page) for listing in listings if not listing.done))
        return [listing.flow for listing in listings if listing.failed]

    def _shorten(self, listing: _Listing) -> None:
        """Leaves out what the archive has for good: ended executions inside spans that were listed before, be it by a
        listing that was broken off half-way."""
        since, _ = listing.spans[0]
        active = [row.started for row in self._archive.active(listing.flow.sid) if row.started >= since]
        for span in self._archive.covered(listing.flow.sid):
            unsettled = (started for started in active if span.since <= started <= span.until)
            listing.leave_out(span.since, min([span.until - OVERLAP, *unsettled]))
        if not listing.spans:
            listing.done = True
            self._progress.flows_listed += 1

    async def _list(self, listing: _Listing, on_page: OnPage, screenful: int | None = None) -> None:
        try:
            while listing.spans:
                if await self._list_span(listing, on_page, screenful):
                    return  # there may be more: the rest comes after every flow's first screenful
        except BadCredentials:
            raise
        except NotFound:
            listing.spans.clear()  # the flow was deleted since it was listed; nothing of it can be read any more
        except TwilioApiError as error:
            self._problems.add(f"The executions of {listing.flow.friendly_name!r} could not be listed: {error.message}")
            self.trouble = trouble_of(error)
            listing.done = listing.failed = True
            return
        listing.done = True
        self._progress.flows_listed += 1

    async def _list_span(self, listing: _Listing, on_page: OnPage, screenful: int | None) -> bool:
        """Lists the newest span that is missing; whether it broke off after a full screen."""
        start, until = listing.spans[0]
        upper = self._upper(start, until)
        pages = self._account.executions(listing.flow.sid, since=start, until=until, page_size=screenful or PAGE)
        async for page in pages:
            await keep(self._archive, *page)
            self._progress.executions_seen += len(page)
            if page:
                oldest = min(row.started for row in page) + _JUST_AFTER  # its second may go on with the next page
                upper = max(upper, max(row.started for row in page) + _JUST_AFTER) if until is None else upper
                listing.spans[0] = (start, min(until, oldest) if until else oldest)
                await self._remember(listing.flow, oldest, upper)
            await on_page(page)
            if screenful and len(page) >= screenful:
                return True
        del listing.spans[0]
        await self._remember(listing.flow, start, upper)
        return False

    def _upper(self, start: datetime, until: datetime | None) -> datetime:
        """Up to where a listing is complete by our clock, with a margin. (An execution seen proves by Twilio's own
        clock that all before it was listed.)"""
        by_clock = self._now() - CLOCK_SKEW
        return max(start, min(by_clock, until) if until else by_clock)

    async def _remember(self, flow: Flow, since: datetime, until: datetime) -> None:
        """Notes what is covered by now, so that it need not be listed again, whatever happens next."""
        await keep(self._archive, Coverage(flow.sid, since, until))


Span = tuple[datetime, datetime | None]


class _Listing:
    """One flow being listed: what of the time asked for is missing, the newest first."""

    def __init__(self, flow: Flow, since: datetime, until: datetime | None) -> None:
        self.flow = flow
        self.spans: list[Span] = [(since, until)]
        self.done = False
        self.failed = False

    def leave_out(self, since: datetime, until: datetime) -> None:
        """Nothing needs to be listed of [since, until)."""
        left: list[Span] = []
        for start, end in self.spans:
            if until <= start or (end is not None and end <= since) or until <= since:
                left.append((start, end))
                continue
            if end is None or until < end:
                left.append((until, end))
            if start < since:
                left.append((start, since))
        self.spans = left
