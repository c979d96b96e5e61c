"""Steps and their contexts, read only when somebody looks into an execution: one request each, kept for good once the
execution has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from sidscope.archive import Archive, StepContextWrite, StepsWrite, row_stamp
from sidscope.domain.records import Execution, ReadStatus, StepContext, StepList
from sidscope.domain.sids import sid_key
from sidscope.sync.keeping import keep
from sidscope.twilio_api import Account, BadCredentials, Denied, NotFound, TwilioApiError

FRESH: Final = timedelta(seconds=10)
"""What was read of an active execution, or could not be read, is not asked for again within this."""

T = TypeVar("T")


class StepReader:
    """Reads the steps of single executions. Lives in one event loop; however many ask at once, Twilio is asked once."""

    def __init__(self, account: Account, archive: Archive, now: Callable[[], datetime]) -> None:
        self._account = account
        self._archive = archive
        self._now = now
        self._under_way: dict[str, asyncio.Task[Any]] = {}

    async def steps(self, fn: str) -> StepList | None:
        """The steps of an execution, from Twilio unless they are final or fresh; None if the archive does not know it.

        A refusal or failure is an answer (its ``read_status``). It is raised, as TwilioApiError, only where the archive
        still holds what was read before, and where the credentials are refused.
        """
        return await self._once(sid_key(fn), lambda: self._steps(fn))

    async def step_context(self, fn: str, step: str) -> StepContext | None:
        """The context of one step of an execution, in the same way."""
        return await self._once(sid_key(step), lambda: self._step_context(fn, step))

    async def _once(self, key: str, read: Callable[[], Awaitable[T]]) -> T:
        async def reading() -> T:
            try:
                return await read()
            finally:
                del self._under_way[key]

        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(reading())
        result: T = await asyncio.shield(task)  # whoever gives up must not take it away from the others
        return result

    async def _steps(self, fn: str) -> StepList | None:
        row = await self._row(fn)
        if row is None:
            return None
        kept = await asyncio.to_thread(self._archive.steps, row.sid)
        if self._good_enough(kept, row):
            return kept
        status, steps, error = await _asked(self._account.steps(row.flow_sid, row.sid))
        await keep(self._archive, StepsWrite(row.sid, tuple(steps or ()), self._now(), status, row_stamp(row)))
        await asyncio.to_thread(self._archive.flush)
        _raise(error, kept)
        return await asyncio.to_thread(self._archive.steps, row.sid)

    async def _step_context(self, fn: str, step: str) -> StepContext | None:
        row = await self._row(fn)
        if row is None:
            return None
        kept = await asyncio.to_thread(self._archive.step_context, step)
        if self._good_enough(kept, row):
            return kept
        status, body, error = await _asked(self._account.step_context(row.flow_sid, row.sid, step))
        context = StepContext(step, row.sid, status, self._now(), body)
        await keep(self._archive, StepContextWrite(context, row_stamp(row)))
        await asyncio.to_thread(self._archive.flush)
        _raise(error, kept)
        return await asyncio.to_thread(self._archive.step_context, step)

    async def _row(self, fn: str) -> Execution | None:
        known = await asyncio.to_thread(self._archive.known, [fn], related=False)
        return next((item.row for item in known.values()), None)

    def _good_enough(self, kept: StepList | StepContext | None, row: Execution) -> bool:
        if kept is None:
            return False
        if kept.final:
            return True
        ended_since = kept.read_status is ReadStatus.OK and not row.active
        return not ended_since and self._now() - kept.read_at < FRESH


async def _asked(reading: Awaitable[T]) -> tuple[ReadStatus, T | None, TwilioApiError | None]:
    """What came of asking Twilio: a status, and the answer or why there is none. 404 is an answer."""
    try:
        return ReadStatus.OK, await reading, None
    except NotFound:
        return ReadStatus.GONE, None, None
    except (BadCredentials, Denied) as error:
        return ReadStatus.DENIED, None, error
    except TwilioApiError as error:
        return ReadStatus.FAILED, None, error


def _raise(error: TwilioApiError | None, kept: StepList | StepContext | None) -> None:
    """Raise what would not show in the archive."""
    if error and (isinstance(error, BadCredentials) or (kept and kept.read_status is ReadStatus.OK)):
        raise error


__all__ = ["FRESH", "StepReader"]
