"""How facts are stored: the core in the row, every SID and address as keys. The related SIDs with their paths are not:
they stand in the context, which is kept, and are found there again where somebody wants them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sidscope.archive.codec import Value, deflate, inflate, key, text, unpack
from sidscope.domain.evidence import extract, mentioned, related
from sidscope.domain.facts import Facts, Mention, facts_from_json, facts_to_json
from sidscope.domain.jsontree import encodable
from sidscope.domain.records import Execution
from sidscope.domain.sids import sid_key
from sidscope.domain.value import replace, value

NOISE: Final = frozenset({"AC", "IS", "MG", "FW"})
"""Kinds that nearly every execution names: they find nothing, and would double the index (perf-notes.md 5)."""

_NOISE_KEYS: Final = frozenset(kind.encode() for kind in NOISE)
_LONGEST_ADDRESS: Final = 256


@value
class StoredFacts:
    """Facts as they are written, and the keys that they alone give their execution."""

    core: bytes
    keys: frozenset[Value]
    conversation: Value
    call: Value
    contact: Value
    channel: str | None


def stored(execution_sid: str, facts: Facts, body: Any = None) -> StoredFacts:
    """What is written for the ``facts`` of an execution, and for the context that they were found in."""
    return StoredFacts(
        core=deflate(facts_to_json(replace(facts, related=()) if facts.related else facts).encode()),
        keys=_keys_of_facts(execution_sid, facts, body),
        conversation=key(facts.conversation.value) if facts.conversation else None,
        call=key(facts.call.value) if facts.call else None,
        contact=text(facts.contact.value) if facts.contact else None,
        channel=facts.channel.value if facts.channel else None,
    )


def stored_for(row: Execution, body: Any = None, *, read: bool = False) -> StoredFacts:
    """What is written for a row and, where it was ``read``, its context."""
    return stored(row.sid, extract(row, body, read=read, related=False), body)


def loaded(core: bytes) -> Facts:
    """Back from :func:`stored`, without related SIDs."""
    return facts_from_json(inflate(core).decode())


def stored_again(row: Execution, codec: int | None, body: bytes | None) -> StoredFacts:
    """What is written for a row and the context that is kept of it (None where there is none)."""
    if codec is None or body is None:
        return stored_for(row)
    return stored_for(row, unpack(codec, body), read=True)


def related_again(row: Execution, facts: Facts, codec: int | None, body: bytes | None) -> tuple[Mention, ...]:
    """The related SIDs that :func:`loaded` leaves out."""
    return related(row, None if codec is None or body is None else unpack(codec, body), facts)


# An execution is found under the keys of its row, of its facts and of its context, beside its own SID and its flow's.
# Deleting relies on them: they must come out of what is stored as they went in. Who changes one of these functions
# writes a migration that makes the index anew.


def keys_again(row: Execution, codec: int | None, body: bytes | None) -> frozenset[Value]:
    """All keys under which an execution is found, out of its row and the context as it is kept."""
    if codec is None or body is None:
        return keys_of_row(row)
    told = unpack(codec, body)
    return keys_of_row(row) | _keys_of_facts(row.sid, extract(row, told, read=True, related=False), told)


def keys_of_row(row: Execution) -> frozenset[Value]:
    """The keys under which a row is found, whatever its context says: as spelled, and as a contact is kept."""
    address = row.contact_channel_address
    return _keys({address, address and encodable(address), row.initiated_by})


def _keys_of_facts(execution_sid: str, facts: Facts, body: Any = None) -> frozenset[Value]:
    values: set[str | None] = {mention.sid for mention in facts.related}
    values.update(mentioned(body) - {sid_key(execution_sid)})
    for hit in (facts.conversation, facts.call, facts.task, facts.interaction, facts.message):
        values.add(hit.value if hit else None)
    for hit in (facts.contact, facts.sender):
        values.add(hit.value if hit else None)
    for handoff in facts.handoffs:
        values.update((handoff.task_sid, handoff.workspace_sid, handoff.interaction_sid))
    return _keys(values)


def _keys(values: Iterable[str | None]) -> frozenset[Value]:
    found = (key(value) for value in values if value and len(value) <= _LONGEST_ADDRESS)
    return frozenset(each for each in found if not (isinstance(each, bytes) and each[:2] in _NOISE_KEYS))
