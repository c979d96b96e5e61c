"""Whether the screen is masked, for sharing it: `m` and ``--mask``.

Addresses and what was said are hidden before they come to any widget: the list's contacts by :func:`address`, details
where they are read (:func:`detail`, :func:`steps`), records that are copied by :func:`record`; and every text is looked
through once more when it is painted (:func:`spoken`). The session and the archive keep the truth: filters, groups and
look-ups work as before. What is copied while the screen is masked is what it shows; SIDs are whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sidscope import veil
from sidscope.domain.patterns import later
from sidscope.domain.record import Record
from sidscope.domain.value import replace

if TYPE_CHECKING:
    from sidscope.tui.detail import Detail
    from sidscope.tui.steps_reader import StepsDetail

_PERSON = later(r'(?<=contact:)(?:"[^"]*"?|\S+)|(?<=sender:)(?:"[^"]*"?|\S+)')
_masked = False  # of the one screen that a process has


def mask(on: bool) -> None:
    """From now on the screen hides addresses and texts, or shows them again."""
    global _masked
    _masked = on


def masked() -> bool:
    """Whether addresses and texts are hidden now."""
    return _masked


def spoken(text: str) -> str:
    """A sentence or label, without the addresses in it while they are hidden."""
    return veil.hide_addresses(text) if _masked else text


def typed(text: str) -> str:
    """What somebody types, as long as it is: dots for addresses, and for whoever is asked for."""
    if not _masked:
        return text
    dotted = _PERSON.sub(lambda found: "•" * len(found[0]), text)
    return veil.ADDRESS.sub(lambda found: "•" * len(found[0]), dotted)


def body(truth: Any) -> Any:
    """A context, or what is left of it to be seen."""
    return veil.hide_body(truth) if _masked else truth


def address(text: str) -> str:
    """An address or identity."""
    return veil.hide_address(text) or "" if _masked else text


def record(truth: Record) -> Record:
    """A record to be shown or copied."""
    return veil.hide_record(truth) if _masked else truth


def detail(truth: Detail) -> Detail:
    """A detail to be shown; says whether it hides anything."""
    if not _masked:
        return truth
    from sidscope.tui.json_tree import JsonTree

    return replace(
        truth,
        record=veil.hide_record(truth.record),
        facts=veil.hide_facts(truth.facts),
        tree=JsonTree(veil.hide_body(truth.tree.body)) if truth.tree else None,
        story=[veil.hide_record(each) for each in truth.story],
        drawn=truth.drawn.with_records(veil.hide_record),
        masked=True,
    )


def steps(truth: StepsDetail) -> StepsDetail:
    """The steps of an execution to be shown; says whether it hides anything."""
    if not _masked:
        return truth
    looks = {
        index: replace(look, changes=veil.hide_changes(look.changes)) if look.changes else look
        for index, look in truth.looks.items()
    }
    return replace(truth, looks=looks, masked=True)
