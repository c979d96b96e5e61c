"""Handing what came to the archive, from an event loop that must not wait."""

from __future__ import annotations

import asyncio

from sidscope.archive import Archive, ArchiveError
from sidscope.archive.types import Item

AGAIN = 1.0
"""Seconds before it is looked whether an archive in trouble can be written again."""


async def keep(archive: Archive, *items: Item) -> None:
    """Queues the items for the archive's writer. Where thousands wait already, waits too, but not on the loop; through
    a trouble that may pass, where the archive's users are patient."""
    while True:
        try:
            if archive.room:
                archive.write(*items)
            else:
                await asyncio.to_thread(archive.write, *items)
            return
        except ArchiveError:
            if not (archive.patient and archive.recovers):
                raise
        await asyncio.sleep(AGAIN)
