"""Which executions belong together (design.md 3.1): by conversation, by call, by a run of messages, or alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from sidscope.domain.channels import MESSAGING, channel_of_conversation
from sidscope.domain.facts import Hit
from sidscope.domain.record import Known
from sidscope.domain.records import Channel, Lookups, ReadStatus
from sidscope.domain.sids import is_sid, sid_key

RUN_GAP = timedelta(hours=24)
"""Messages without a conversation form one run while each starts within this of the one before."""


class Run:
    """An execution put among the others: what it is compared by, and where it stands in its group. (No dataclass: that
    it changes leaves out ``value``, and ``dataclasses`` are slow to load.)"""

    __slots__ = (
        "channel",
        "contact",
        "conversation",
        "conversation_key",
        "flow_key",
        "group_key",
        "known",
        "message_key",
        "number",
        "sender",
        "sid",
        "started",
    )

    def __init__(self, known: Known, contact: str | None, channel: Channel | None, sender: str | None) -> None:
        row, facts = known.row, known.facts
        self.known = known
        self.contact = contact
        self.channel = channel
        self.sender = sender
        self.group_key = ""
        self.number = 0
        self.sid = row.sid
        self.started = row.started
        self.conversation: Hit | None = facts.conversation
        self.conversation_key = sid_key(facts.conversation.value) if facts.conversation else None
        self.message_key = sid_key(facts.message.value) if facts.message else None
        self.flow_key = sid_key(row.flow_sid)

    @property
    def order(self) -> tuple[datetime, bool, str]:
        """Time order; on equal times the row that names the customer comes before the row that names a CH."""
        row = self.known.row
        return self.started, is_sid(row.contact_channel_address, "CH"), sid_key(row.sid)


class Latest:
    """The last of several executions that come in time order, and the last one in any other flow than that."""

    __slots__ = ("_last", "_other")

    def __init__(self) -> None:
        self._last: Run | None = None
        self._other: Run | None = None

    def add(self, run: Run) -> None:
        """``run`` is later than all before."""
        if self._last and self._last.flow_key != run.flow_key:
            self._other = self._last
        self._last = run

    def elsewhere(self, run: Run) -> Run | None:
        """The last one that ran in another flow than ``run`` does."""
        return self._last if self._last and self._last.flow_key != run.flow_key else self._other


def arrange(known: Iterable[Known], lookups: Lookups) -> list[Run]:
    """All executions in time order with contact, channel and sender as far as known, group and place in it."""
    runs = sorted((_run(item) for item in known), key=lambda run: run.order)
    _inherit(runs)
    _name_senders(runs, lookups)
    _group(runs)
    return runs


def _run(known: Known) -> Run:
    facts = known.facts
    return Run(
        known=known,
        contact=facts.contact.value if facts.contact else None,
        channel=facts.channel,
        sender=facts.sender.value if facts.sender else None,
    )


def _inherit(runs: list[Run]) -> None:
    """A row keyed on its CH does not name the customer: another execution of the same CH may. The channel too, unless
    that one is called by what it did itself, a call or a request."""
    contacts: dict[str, str] = {}
    channels: dict[str, Channel] = {}
    for run in runs:
        key = run.conversation_key
        if key:
            if run.contact:
                contacts.setdefault(key, run.contact)
            if run.channel in MESSAGING:
                channels.setdefault(key, run.channel)
    for run in runs:
        key = run.conversation_key
        if key:
            run.contact = run.contact or contacts.get(key)
            run.channel = run.channel or channels.get(key) or channel_of_conversation(run.contact)
        if run.channel is None and run.known.context_status not in (ReadStatus.NOT_NEEDED, ReadStatus.PENDING):
            run.channel = Channel.UNKNOWN


def _name_senders(runs: list[Run], lookups: Lookups) -> None:
    """Fills in senders as ParticipantConversations names them, for a contact and a conversation."""
    senders = {
        (address, sid_key(row.conversation_sid)): row.proxy_address
        for address, memberships in lookups.memberships.items()
        for row in memberships.rows
        if row.proxy_address
    }
    for run in runs:
        if run.sender is None and run.contact and run.conversation_key:
            run.sender = senders.get((run.contact, run.conversation_key))


def _group(runs: list[Run]) -> None:
    sizes: defaultdict[str, int] = defaultdict(int)
    names: dict[str, str] = {}  # sid_key → the spelling that the group is called by
    last: dict[tuple[str, str | None, Channel], Run] = {}
    for run in runs:
        facts = run.known.facts
        hit = facts.conversation or facts.call
        if hit:
            run.group_key = names.setdefault(sid_key(hit.value), hit.value)
        elif run.contact and run.channel in MESSAGING and not run.known.unknowable:
            identity = (run.contact, run.sender, run.channel)
            before = last.get(identity)
            within = before is not None and run.started - before.started <= RUN_GAP
            run.group_key = before.group_key if before is not None and within else run.sid
            last[identity] = run
        else:
            run.group_key = run.sid
        run.number = sizes[run.group_key]
        sizes[run.group_key] += 1
