"""What goes into a ticket or a table: the SIDs of a story as text that others can read and no reader acts on.

Everything is in UTC. Addresses go through ``mask`` and every stranger's text through ``clean``, both given by the
caller (safetext's ``mask_address``, and ``safe`` or ``csv_cell``); masked addresses are also replaced wherever they
stand in sentences and names. Message bodies and variables are never part of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from sidscope.domain.channels import PREFIXES
from sidscope.domain.failure import failure_first
from sidscope.domain.patterns import later
from sidscope.domain.query import primary_sids
from sidscope.domain.record import Record
from sidscope.domain.sids import is_sid, kind_of, short, sid_key
from sidscope.domain.signs import sentences
from sidscope.domain.steps import Path, Visit
from sidscope.domain.times import iso, say_span
from sidscope.domain.value import value

Clean = Callable[[str], str]

MOST_STEPS_TOLD: Final = 5
MOST_MENTIONS: Final = 30
"""So many SIDs that executions merely mention are listed; the rest is counted."""


_SHORT: Final = later(r"[A-Za-z]{2}[0-9A-Fa-f]{2}…[0-9A-Fa-f]{2}")


@value
class Account:
    """Whose executions these are."""

    sid: str
    region: str | None = None


def ticket_pack(
    records: Sequence[Record],
    account: Account,
    *,
    now: datetime,
    mask: Clean,
    clean: Clean,
    paths: Mapping[str, Path] | None = None,
    about: str | None = None,
    around: Iterable[Record] = (),
) -> str:
    """A story (its executions in time order) as Markdown: account, what happened and why, the last steps, every SID.

    ``paths``: what is known of the steps, by :func:`~sidscope.domain.sids.sid_key` of the execution. ``about``: the
    SID or address that it is about, named in the title. ``around``: what these executions were compared with, so that
    each SID that a sentence shortens stands in full. ``mask`` may be a function that changes nothing.
    """
    speech = _Speech(records, mask, clean)
    steps = {sid_key(key): path for key, path in (paths or {}).items()}
    title = about or (records[-1].execution_sid if records else account.sid)
    title = title if is_sid(title) else speech.address(title)
    lines = [
        f"# Twilio Studio: {speech.code(title)}",
        "",
        f"- Account: {speech.code(account.sid)}, region {speech.code(account.region or 'us1')}",
        f"- Written: {_utc(now)} (all times are UTC)",
        *_people(records, speech),
        "",
        "## What happened",
        "",
        *_happened(records, speech),
    ]
    for record in records:
        path = steps.get(sid_key(record.execution_sid))
        if path is not None:
            lines += ["", *_steps(record, path, speech)]
    unread = [speech.code(record.execution_sid) for record in records if sid_key(record.execution_sid) not in steps]
    if unread:
        lines += ["", f"No steps are known of {', '.join(unread)}."]
    lines += ["", "## SIDs", "", *_sids(records, account, steps, speech, around)]
    return "\n".join(lines) + "\n"


def rows_as_markdown(records: Iterable[Record], *, mask: Clean, clean: Clean) -> str:
    """One row per execution as a Markdown table."""
    rows = list(records)
    speech = _Speech(rows, mask, clean)
    return "\n".join(_table(_COLUMNS, ([speech.code(cell) for cell in _cells(row, speech)] for row in rows))) + "\n"


def rows_as_tsv(records: Iterable[Record], *, mask: Clean, clean: Clean) -> str:
    """One row per execution with tabs between, for a spreadsheet: let ``clean`` be one that defuses formulas."""
    rows = list(records)
    speech = _Speech(rows, mask, clean)
    lines = [_COLUMNS, *([speech.line(cell) for cell in _cells(row, speech)] for row in rows)]
    return "\n".join("\t".join(line) for line in lines) + "\n"


_COLUMNS: Final = (
    "started",
    "updated",
    "status",
    "flow",
    "channel",
    "contact",
    "execution",
    "conversation",
    "call",
    "task",
    "verdict",
)


def _cells(record: Record, speech: _Speech) -> Iterator[str]:
    yield _utc(record.date_created)
    yield _utc(record.date_updated)
    yield record.status or ""
    yield record.flow_name or record.flow_sid
    yield record.channel or ""
    yield speech.address(record.contact)
    yield record.execution_sid
    yield record.conversation_sid or ""
    yield record.call_sid or ""
    yield record.task_sid or ""
    yield record.verdict


class _Speech:
    """How texts are put into Markdown and TSV: addresses masked, strangers' texts harmless."""

    def __init__(self, records: Iterable[Record], mask: Clean, clean: Clean) -> None:
        self._mask = mask
        self._clean = clean
        self._known: dict[str, str] = {}
        for record in records:
            for address in (record.contact, record.sender, record.initiated_by):
                if address and len(address) > 3 and not is_sid(address):
                    self._known[address] = mask(address)
                    for prefix in PREFIXES:
                        if address.startswith(prefix):
                            self._known[address.removeprefix(prefix)] = mask(address.removeprefix(prefix))
        longest_first = sorted(self._known, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def address(self, address: str | None) -> str:
        """An address as it may be told."""
        return self._mask(address) if address else ""

    def line(self, text: str) -> str:
        """One line without tabs, addresses masked, harmless."""
        if self._pattern:
            text = self._pattern.sub(lambda match: self._known[match.group()], text)
        return re.sub(r"[\t\r\n]+", " ", self._clean(text))

    def code(self, text: str) -> str:
        """Text that Markdown takes as it is; nothing for nothing."""
        text = self.line(text).replace("`", "'").replace("|", "¦").strip()
        return f"`{text}`" if text else ""

    def prose(self, text: str) -> str:
        """A sentence in which Markdown finds no markup."""
        text = self.line(text).replace("`", "'").replace("|", "¦").replace("://", ":∕∕")
        return re.sub(r"([\\*\[\]<>#~])", r"\\\1", text)


def _people(records: Sequence[Record], speech: _Speech) -> Iterator[str]:
    pairs = dict.fromkeys((record.contact, record.sender, record.channel) for record in records)
    answered = {contact for contact, sender, _ in pairs if sender}
    for contact, sender, channel in pairs:
        if sender or (contact and contact not in answered):
            to = f" to {speech.code(speech.address(sender))}" if sender else ""
            who = speech.code(speech.address(contact)) or "an unknown contact"
            yield f"- Contact: {who}{to}, {channel or 'unknown channel'}"


def _happened(records: Sequence[Record], speech: _Speech) -> Iterator[str]:
    if not records:
        yield "No execution is known."
    for number, record in enumerate(records, 1):
        flow = speech.code(record.flow_name or record.flow_sid)
        version = f" version {record.flow_version}" if record.flow_version is not None else ""
        updated = f", last updated {_utc(record.date_updated)}" if record.date_updated else ""
        yield (
            f"{number}. {_utc(record.date_created) or 'at an unknown time'} {speech.code(record.execution_sid)}"
            f" in {flow}{version}: {record.status or 'state unknown'}{updated},"
            f" `{record.verdict}` ({record.verdict_basis})"
        )
        for sentence in sentences(record):
            yield f"   - {speech.prose(sentence)}"
        for item in record.evidence:
            sid = f" {speech.code(item.sid)}" if item.sid else ""
            when = f", {_utc(item.time)}" if item.time else ""
            yield f"   - evidence: {speech.prose(item.fact)}{sid}{when} (read in: {speech.prose(item.source)})"


def _steps(record: Record, path: Path, speech: _Speech) -> Iterator[str]:
    yield f"## Last steps of {speech.code(record.execution_sid)}"
    yield ""
    yield speech.prose(failure_first(path).sentence)
    if not path.visits:
        return
    yield ""
    rows = (
        [
            _utc(visit.entered),
            speech.code(visit.widget),
            speech.code(visit.event or visit.stay.value),
            speech.code(visit.to or ""),
            say_span(visit.dwell) if visit.dwell is not None else "",
            speech.code(visit.step_out or visit.step_in or ""),
        ]
        for visit in last_visits(path)
    )
    yield from _table(("entered", "widget", "event", "to", "stayed", "step"), rows)


def last_visits(path: Path, most: int = MOST_STEPS_TOLD) -> tuple[Visit, ...]:
    """The last few stays, the first failure among them even if it was long before."""
    last = path.visits[-most:] if most else ()
    failure = path.first_failure
    if failure is None or not last or failure >= last[0].index:
        return last
    return (path.visits[failure], *last[1:])


def _sids(
    records: Sequence[Record],
    account: Account,
    steps: Mapping[str, Path],
    speech: _Speech,
    around: Iterable[Record],
) -> Iterator[str]:
    rows: dict[str, tuple[str, str]] = {}
    mentions: dict[str, tuple[str, str]] = {}

    def tell(sid: str | None, what: str) -> None:
        if sid and kind_of(sid):
            rows.setdefault(sid_key(sid), (sid, speech.prose(what)))

    tell(account.sid, "the account")
    for record in records:
        tell(record.execution_sid, f"{record.status or 'state unknown'}, started {_utc(record.date_created) or '?'}")
        tell(record.flow_sid, record.flow_name or "its flow")
        tell(record.conversation_sid, "its conversation")
        tell(record.call_sid, "its call")
        tell(record.task_sid, "the agent's task")
        tell(record.interaction_sid, "the interaction behind the task")
        tell(record.message_sid, "the message that started it")
        tell(record.initiated_by, "what initiated it")
        for item in record.evidence:
            tell(item.sid, item.fact)
        path = steps.get(sid_key(record.execution_sid))
        for visit in last_visits(path) if path else ():
            tell(visit.step_out or visit.step_in, f"step at {visit.widget}")
    for sid in _shortened(records, around):
        tell(sid, "named in a sentence above")
    for record in records:
        for mention in record.related_sids:
            if sid_key(mention.sid) not in rows:
                mentions.setdefault(sid_key(mention.sid), (mention.sid, speech.code(mention.path)))
    told = [*rows.values(), *list(mentions.values())[:MOST_MENTIONS]]
    yield from _table(("kind", "SID", "what"), ([kind_of(sid) or "", speech.code(sid), what] for sid, what in told))
    if len(mentions) > MOST_MENTIONS:
        yield ""
        yield f"{len(mentions) - MOST_MENTIONS} more are merely mentioned."


def _shortened(records: Sequence[Record], around: Iterable[Record]) -> Iterator[str]:
    """The SIDs whose short form stands in a sentence on the executions."""
    texts = [text for record in records for text in (*sentences(record), *(item.fact for item in record.evidence))]
    named = {form for text in texts for form in _SHORT.findall(text)}
    for record in (*records, *around):
        for sid in primary_sids(record):
            if short(sid) in named:
                yield sid


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _utc(moment: datetime | None) -> str:
    return iso(moment.replace(microsecond=0)) or "" if moment else ""
