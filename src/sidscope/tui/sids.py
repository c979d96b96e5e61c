"""Each SID of an execution with its kind, where it was found and the path to it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from sidscope.domain.facts import Facts, Hit
from sidscope.domain.record import Record
from sidscope.domain.sids import KINDS, kind_of, sid_key
from sidscope.tui.detail import Detail
from sidscope.tui.ink import BLANK, Ink, Row, fit

_KIND = 20  # cells for the kind
_LABELS = {
    "conversation service": "service",
    "address configuration": "address config.",
    "interaction participant": "participant",
}  # for those that are too long
_SID = 34
_ROW_LISTING = "Twilio's list of executions"


def sid_rows(detail: Detail, cells: int) -> list[Row]:
    """The execution's own SIDs and addresses first, then every other one with its path."""
    rows = [Row((Ink("  Its own", "title"),))]
    seen = set()
    for kind, value, source, path in _own(detail.record, detail.facts):
        seen.add((sid_key(value), path))
        rows += _entry(kind, value, source, path, cells, "sidstrong")
    others = [each for each in detail.record.related_sids if (sid_key(each.sid), each.path) not in seen]
    if others:
        rows += [BLANK, Row((Ink("  Named in it as well", "title"),))]
        for mention in others:
            rows += _entry(kind_of(mention.sid) or KINDS["FN"], mention.sid, "", mention.path, cells, "sid")
    return rows


def _own(record: Record, facts: Facts) -> Iterator[tuple[str, str, str, str]]:
    yield "execution", record.execution_sid, "row", "sid"
    yield "flow", record.flow_sid, "row", "flow_sid"
    found: list[tuple[str, str | None, Hit | None]] = [
        ("conversation", record.conversation_sid, facts.conversation),
        ("call", record.call_sid, facts.call),
        ("task", record.task_sid, facts.task),
        ("interaction", record.interaction_sid, facts.interaction),
        ("message", record.message_sid, facts.message),
        ("contact", record.contact, facts.contact),
        ("sender", record.sender, facts.sender),
    ]
    for kind, value, hit in found:
        if value is None:
            continue
        if hit is not None and hit.value == value:
            yield kind, value, hit.source.value, hit.path
        else:  # another execution of the same conversation, or a look-up, tells it
            yield kind, value, "", "told by another execution or look-up"
    if facts.service_sid:
        yield "service", facts.service_sid, "", "the conversation's service"


def _entry(kind: str, value: str, source: str, path: str, cells: int, ink: str) -> Iterator[Row]:
    where = path if not source or path.startswith(f"{source}.") else f"{source} · {path}"
    in_context = None if source == "row" or " " in path else path
    head = (Ink("  "), Ink(fit(_LABELS.get(kind, kind), _KIND - 1) + " ", "dim"))
    if cells >= 2 + _KIND + _SID + 2 + 24:
        parts = (*head, Ink(fit(value, _SID) + "  ", ink), Ink(where, "faint"))
        yield Row(parts, value=value, stands=True, path=in_context)
        return
    yield Row((*head, Ink(value, ink)), value=value, stands=True, path=in_context)
    yield Row((Ink(" " * (2 + _KIND)), Ink(where, "faint")))
