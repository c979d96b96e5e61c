"""How often each rule holds, by channel: the figures behind the rules, over whatever executions are given."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sidscope.domain.record import Anomaly, Record, Verdict
from sidscope.domain.records import Channel
from sidscope.domain.sids import sid_key
from sidscope.domain.value import value

UNREAD = "not read"
"""What stands for the channel of executions of which neither row nor context tells one."""
ALL = "all"
"""What stands for all channels together."""
PER_CONVERSATION = ("conversations", "executions per conversation", "most on one conversation")
"""The figures about conversations, as :meth:`ChannelStats.figures` calls them."""


@dataclass(slots=True)
class ChannelStats:
    """The figures of one channel, or of all."""

    executions: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    bases: Counter[str] = field(default_factory=Counter)
    anomalies: Counter[str] = field(default_factory=Counter)
    on_conversation: Counter[str] = field(default_factory=Counter)
    """Conversation → executions on it."""

    @property
    def conversations(self) -> int:
        return len(self.on_conversation)

    @property
    def per_conversation(self) -> float | None:
        """Executions per conversation, of those that have one; None where there is none."""
        return sum(self.on_conversation.values()) / len(self.on_conversation) if self.on_conversation else None

    @property
    def most_on_one(self) -> int:
        """The most executions that one conversation has."""
        return max(self.on_conversation.values(), default=0)

    def add(self, record: Record) -> None:
        """Counts one execution."""
        self.executions += 1
        self.verdicts[record.verdict] += 1
        self.bases[record.verdict_basis] += 1
        self.anomalies.update(record.anomalies)
        if record.conversation_sid:
            self.on_conversation[sid_key(record.conversation_sid)] += 1

    def figures(self) -> dict[str, str]:
        """Every figure as people read it, by what it is called."""
        mean = self.per_conversation
        about_conversations = (str(self.conversations), "-" if mean is None else f"{mean:.2f}", str(self.most_on_one))
        return {
            "executions": str(self.executions),
            **dict(zip(PER_CONVERSATION, about_conversations, strict=True)),
            **{verdict.value: str(self.verdicts[verdict.value]) for verdict in Verdict},
            **{anomaly.value: str(self.anomalies[anomaly.value]) for anomaly in Anomaly},
        }

    def as_dict(self) -> dict[str, Any]:
        """The figures as JSON values, every verdict and anomaly with its number."""
        mean = self.per_conversation
        return {
            "executions": self.executions,
            "conversations": self.conversations,
            "executions_per_conversation": None if mean is None else round(mean, 3),
            "most_executions_on_one_conversation": self.most_on_one,
            "verdicts": {verdict.value: self.verdicts[verdict.value] for verdict in Verdict},
            "bases": dict(sorted(self.bases.items())),
            "anomalies": {anomaly.value: self.anomalies[anomaly.value] for anomaly in Anomaly},
        }


@value
class Stats:
    """The figures of all executions, and of each channel that occurs, in the order of the channels."""

    total: ChannelStats
    channels: dict[str, ChannelStats]

    def figures(self) -> dict[str, dict[str, str]]:
        """Every figure as people read it, by channel, and of all."""
        return {**{name: one.figures() for name, one in self.channels.items()}, ALL: self.total.figures()}

    def as_dict(self) -> dict[str, Any]:
        """The figures as JSON values."""
        return {
            "total": self.total.as_dict(),
            "channels": {name: figures.as_dict() for name, figures in self.channels.items()},
        }


def count(records: Iterable[Record]) -> Stats:
    """The figures over these executions."""
    total = ChannelStats()
    found: defaultdict[str, ChannelStats] = defaultdict(ChannelStats)
    for record in records:
        total.add(record)
        found[record.channel or UNREAD].add(record)
    order = [*(channel.value for channel in Channel), UNREAD]
    return Stats(total, {name: found[name] for name in order if name in found})
