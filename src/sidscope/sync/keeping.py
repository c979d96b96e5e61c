"""Handing what came to the archive, from an event loop that must not wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sidscope.archive import Archive, ArchiveError
from sidscope.archive.types import Item

AGAIN = 1.0
"""Seconds before it is looked whether an archive in trouble can be written again."""


async def keep(archive: Archive, *items: Item) -> None:
    """Queues the items for the archive's writer. Where thousands wait already, waits too, but not on the loop; through
    a trouble that may pass, where the archive's users are patient."""

    async def queue() -> None:
        if archive.room:
            archive.write(*items)
        else:
            await asyncio.to_thread(archive.write, *items)

    await _at_last(archive, queue)


async def written(archive: Archive) -> None:
    """Waits until all that was queued is in the archive, as patiently."""
    await _at_last(archive, lambda: asyncio.to_thread(archive.flush))


async def _at_last(archive: Archive, attempt: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            return await attempt()
        except ArchiveError:
            if not (archive.patient and archive.recovers):
                raise
        await asyncio.sleep(AGAIN)
