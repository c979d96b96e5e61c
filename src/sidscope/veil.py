"""Masking for other people's eyes: addresses and what was said are hidden, everything that explains stays.

The one place that knows what is hidden, for the screen (`m`), screenshots and ``--mask``. What Twilio and the flow's
author wrote stays (:mod:`sidscope.domain.masking` lists it): SIDs, times, states, names of flows and widgets. An
address shows as :func:`~sidscope.safetext.mask_address` leaves it, a text as :data:`HIDDEN`. Masking twice changes
nothing more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from sidscope.domain.facts import Facts, Hit, Mention
from sidscope.domain.masking import Masker
from sidscope.domain.patterns import later
from sidscope.domain.record import Evidence, Record
from sidscope.domain.sids import is_sid, sids_in
from sidscope.domain.value import replace
from sidscope.safetext import is_masked, mask_address

if TYPE_CHECKING:
    from sidscope.domain.changes import Change, Changes

HIDDEN: Final = "•••"
"""What stands for a text that somebody wrote."""

# No part of a longer word or SID; and not what mask_address has left already.
ADDRESS: Final = later(
    r"(?<![0-9A-Za-z])(?:"
    r"(?:whatsapp|messenger|rcs|sms|tel|sips?|client|chat|instagram|viber|line|telegram):[^\s\"',;(){}<>]++(?! …)"
    r"|\+[0-9][0-9 ().-]{5,18}[0-9]"
    r"|\+?[0-9]{7,20}(?![0-9A-Za-z])"
    r"|[^\s@\"'<>:,;(]+@[^\s@\"'<>,;)]+\.[^\s@\"'<>,;)]+"
    r")"
)


class _Hider(Masker):
    """The same stand-in for everybody."""

    def leaf(self, text: str, key: str = "", layers: int = 4) -> str:
        return text if is_masked(text) else super().leaf(text, key, layers)

    def number(self, plus: str, digits: str) -> str:
        return mask_address(plus + digits)

    def text(self, text: str) -> str:
        return " ".join([HIDDEN, *sids_in(text[:10_000])])

    def large(self, value: int) -> Any:
        return HIDDEN


def hide_addresses(sentence: str) -> str:
    """A sentence of sidscope's or Twilio's own without the addresses in it."""
    return ADDRESS.sub(lambda found: mask_address(found[0]), sentence)


def hide_address(address: str | None) -> str | None:
    """An address, or an identity, that only tells who it is to those who know."""
    return mask_address(address) if address else address


def hide_body(body: Any) -> Any:
    """A copy of any JSON without addresses and texts; :data:`HIDDEN` for what is too deep to look through."""
    try:
        return _Hider().tree(json.loads(json.dumps(body)), named=False, free=True)
    except RecursionError:
        return HIDDEN


def hide_record(record: Record) -> Record:
    """A record without addresses, for eyes only: nothing may be grouped or filtered by it."""
    return replace(
        record,
        contact=hide_address(record.contact),
        sender=hide_address(record.sender),
        initiated_by=hide_address(record.initiated_by),
        verdict_reason=_without(record.verdict_reason, (record.contact, record.sender)),
        evidence=tuple(_hide_evidence(item, (record.contact, record.sender)) for item in record.evidence),
        related_sids=tuple(Mention(each.sid, hide_addresses(each.path)) for each in record.related_sids),
        anomaly_reasons=tuple(_without(each, (record.contact, record.sender)) for each in record.anomaly_reasons),
    )


def _hide_evidence(item: Evidence, people: Iterable[str | None]) -> Evidence:
    sid = item.sid if item.sid is None or is_sid(item.sid) else hide_address(item.sid)
    return replace(item, fact=_without(item.fact, people), sid=sid, source=_without(item.source, people))


def _without(sentence: str, people: Iterable[str | None]) -> str:
    """Also without identities, which do not look like addresses; one of a letter or two would be found in any word."""
    for person in people:
        if person and len(person) > 2 and not is_sid(person):
            sentence = sentence.replace(person, mask_address(person))
    return hide_addresses(sentence)


def hide_facts(facts: Facts) -> Facts:
    """What a context says, without addresses."""

    def hidden(hit: Hit | None) -> Hit | None:
        return replace(hit, value=mask_address(hit.value), path=hide_addresses(hit.path)) if hit else None

    return replace(
        facts,
        contact=hidden(facts.contact),
        sender=hidden(facts.sender),
        related=tuple(Mention(each.sid, hide_addresses(each.path)) for each in facts.related),
    )


def hide_changes(changes: Changes) -> Changes:
    """What a step changed, without what the values say."""
    return replace(
        changes,
        items=tuple(map(_hide_change, changes.items)),
        noise=tuple(map(_hide_change, changes.noise)),
    )


def _hide_change(change: Change) -> Change:
    return replace(change, path=hide_addresses(change.path), old=hide_body(change.old), new=hide_body(change.new))
