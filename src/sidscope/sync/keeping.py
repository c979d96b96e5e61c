"""Handing what came to the archive, from an event loop that must not wait."""

from __future__ import annotations

import asyncio

from sidscope.archive import Archive
from sidscope.archive.types import Item


async def keep(archive: Archive, *items: Item) -> None:
    """Queues the items for the archive's writer. Where thousands wait already, waits too, but not on the loop."""
    if archive.room:
        archive.write(*items)
    else:
        await asyncio.to_thread(archive.write, *items)
