"""What is made of an item before it is written, with no database at hand: a context's facts and keys, its text
compressed. That takes four times as long as the writing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from sidscope.archive.codec import pack
from sidscope.archive.facts import StoredFacts, stored_for
from sidscope.archive.types import ContextItem, ContextWrite, Item, StepContextWrite
from sidscope.domain.jsontext import JsonText, decoded
from sidscope.domain.records import ReadStatus
from sidscope.domain.value import replace, value


@value
class Compressed:
    """A ContextWrite as it is stored, made ahead of the transaction (the lock is not held for that)."""

    write: ContextWrite
    body: bytes | None
    facts: StoredFacts


@value
class CompressedStep:
    """A StepContextWrite as it is stored."""

    write: StepContextWrite
    body: bytes | None


Prepared = Item | Compressed | CompressedStep

Product = tuple[bytes | None, StoredFacts | None]
"""The compressed body and the facts."""


_CONTEXT: Final = 20  # a context of the usual 16 KB weighs as much as this many rows
_ROW: Final = 800  # bytes


def weight(item: Item) -> int:
    """What it takes to write an item, and to keep it until then; 1 for a row."""
    if not isinstance(item, ContextItem):
        return 1
    body = item.context.body
    return max(1, len(body.spelled) // _ROW) if isinstance(body, JsonText) else _CONTEXT


def prepare(items: Sequence[Item]) -> list[Prepared]:
    """Do what needs no database. An answer that cannot be spelled out counts as failed, as every unusable answer."""
    return [join(item, produce(item)) if isinstance(item, ContextItem) else item for item in items]


def produce(item: ContextItem) -> Product:
    """What is stored of a context; no body where there is none or it cannot be spelled out."""
    body, told = None, None
    if item.context.read_status is ReadStatus.OK:
        try:
            told = decoded(item.context.body)
            body = pack(item.context.body)
        except (ValueError, RecursionError):  # CannotStore is one
            told = None
    if isinstance(item, StepContextWrite):
        return body, None
    return body, stored_for(item.row, told, read=body is not None)


def join(item: ContextItem, product: Product) -> Prepared:
    """An item and what :func:`produce` made of it."""
    body, facts = product
    if body is None and item.context.read_status is ReadStatus.OK:
        failed: Any = replace(item.context, read_status=ReadStatus.FAILED, body=None)
        item = replace(item, context=failed)
    if isinstance(item, StepContextWrite):
        return CompressedStep(item, body)
    return Compressed(item, body, cast(StoredFacts, facts))
