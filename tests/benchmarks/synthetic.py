"""An account of any size, the same for every seed: rows as Twilio lists them, and contexts of a given size.

The shapes follow Twilio's descriptions (github.com/twilio/twilio-oai) and the webhook fields of Conversations; texts
are words of random syllables, which compress about as a language does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import blake2b
from random import Random
from typing import Any

Json = dict[str, Any]

STUDIO = "https://studio.twilio.com/v2/Flows"
SENDER = "whatsapp:+4930123456"
PER_CONVERSATION = 2
"""Executions on each conversation: the second one is a re-entry."""


def sid(kind: str, number: int) -> str:
    """The SID of the thing with this number: any of 2^128, the same each time."""
    return kind + blake2b(f"{kind}{number}".encode(), digest_size=16).hexdigest()


ACCOUNT = sid("AC", 1)


@cache
def words() -> tuple[str, ...]:
    """A vocabulary."""
    chance = Random(3)
    syllables = [first + vowel for first in "bdfghklmnprstvwz" for vowel in ("a", "e", "i", "o", "u", "en", "er")]
    return tuple("".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(4_000))


def text(chance: Random, letters: int) -> str:
    """So many letters of words; frequent ones are frequent."""
    found: list[str] = []
    vocabulary = words()
    while letters > 0:
        word = vocabulary[int(len(vocabulary) * chance.random() ** 3)]
        found.append(word)
        letters -= len(word) + 1
    return " ".join(found)


@dataclass(frozen=True)
class Population:
    """What an account holds. Execution 0 is the newest; they began over ``span`` before ``zero``."""

    zero: datetime
    executions: int
    flows: int = 10
    context_bytes: int = 16_600
    active: int = 0
    settled: bool = False
    """Every row names its call or conversation, so that no context is needed to group it."""
    span: timedelta = timedelta(hours=20)

    def flow(self, number: int) -> str:
        """The flow of an execution."""
        return sid("FW", number % self.flows)

    def started(self, number: int) -> datetime:
        """When an execution began, in whole seconds as at Twilio."""
        moment = self.zero - timedelta(minutes=2) - self.span * (number / max(1, self.executions))
        return moment.replace(microsecond=0)

    def talk(self, number: int) -> int:
        """The number of an execution's conversation: those on one are half the population apart."""
        return number % max(1, self.executions // PER_CONVERSATION)

    def conversation(self, number: int) -> str:
        return sid("CH", self.talk(number))

    def contact(self, number: int) -> str:
        return f"whatsapp:+49151{self.talk(number):08d}"

    def flow_rows(self) -> list[Json]:
        """The list of flows."""
        return [
            {
                "sid": sid("FW", number),
                "account_sid": ACCOUNT,
                "friendly_name": f"Flow {number}",
                "status": "published",
                "revision": 3,
                "date_created": "2026-01-02T03:04:05Z",
                "date_updated": "2026-01-02T03:04:05Z",
                "url": f"{STUDIO}/{sid('FW', number)}",
                "links": {"executions": f"{STUDIO}/{sid('FW', number)}/Executions"},
            }
            for number in range(self.flows)
        ]

    def row(self, number: int) -> Json:
        """An execution as the list shows it."""
        execution, flow, started = sid("FN", number), self.flow(number), self.started(number)
        url = f"{STUDIO}/{flow}/Executions/{execution}"
        address, by = self.contact(number), sid("SM", number)
        if self.settled and number % 2:
            address, by = f"+49151{number:08d}", sid("CA", number)
        elif self.settled:
            address = self.conversation(number)
        return {
            "sid": execution,
            "account_sid": ACCOUNT,
            "flow_sid": flow,
            "contact_channel_address": address,
            "contact_sid": sid("FC", self.talk(number)),
            "flow_version": 3,
            "context": {},
            "status": "active" if number < self.active else "ended",
            "date_created": f"{started:%Y-%m-%dT%H:%M:%SZ}",
            "date_updated": f"{started + timedelta(seconds=50):%Y-%m-%dT%H:%M:%SZ}",
            "initiated_by": by,
            "url": url,
            "links": {"steps": f"{url}/Steps", "execution_context": f"{url}/Context"},
        }

    def context(self, number: int) -> Json:
        """An execution's context, as long as it is to be."""
        chance = Random(number)
        started = self.started(number)
        body: Json = {
            "trigger": {"message": self._message(number, 0, started, chance)},
            "contact": {"channel": {"address": self.contact(number)}},
            "flow": {
                "sid": sid("FN", number),
                "flow_sid": self.flow(number),
                "channel": {"address": SENDER},
                "variables": {"language": "de", "attempts": "1"},
            },
            "widgets": {},
        }
        widgets: Json = body["widgets"]
        size = len(json.dumps(body))
        for turn in range(1, 10_000):
            made = self._widget(number, turn, started, chance)
            size += len(json.dumps(made)) + 20
            if size > self.context_bytes:
                break
            widgets[f"{('ask', 'http', 'set', 'say')[turn % 4]}_{chance.choice(words())}_{turn}"] = made
        return body

    def _widget(self, number: int, turn: int, started: datetime, chance: Random) -> Json:
        at = started + timedelta(seconds=7 * turn)
        if turn % 4 == 1:
            parsed = {chance.choice(words()): text(chance, 30) for _ in range(8)} | {"id": chance.getrandbits(48)}
            return {
                "status_code": 200,
                "content_type": "application/json;charset=utf-8",
                "body": json.dumps(parsed),
                "parsed": parsed,
            }
        if turn % 4 == 2:
            return {chance.choice(words()): text(chance, 25) for _ in range(4)}
        message = self._message(number, turn, at, chance)
        return {"inbound": message} if turn % 4 == 0 else {"outbound": message}

    def _message(self, number: int, turn: int, at: datetime, chance: Random) -> Json:
        conversation, here = self.conversation(number), sid("IM", number * 1_000 + turn)
        return {
            "EventType": "onMessageAdded",
            "AccountSid": ACCOUNT,
            "ChatServiceSid": sid("IS", 1),
            "ConversationSid": conversation,
            "ChannelSid": conversation,
            "MessageSid": here,
            "MessagingServiceSid": sid("MG", 1),
            "ParticipantSid": sid("MB", self.talk(number)),
            "Author": self.contact(number),
            "From": self.contact(number),
            "To": SENDER,
            "Source": "WHATSAPP",
            "Index": str(turn),
            "Body": text(chance, 80),
            "Attributes": "{}",
            "DateCreated": f"{at:%Y-%m-%dT%H:%M:%S}.{chance.randrange(1000):03d}Z",
            "RetryCount": "0",
            "WebhookType": "studio",
            "WebhookSid": sid("WH", self.talk(number)),
        }

    def answer(self, number: int) -> Json:
        """The context as Twilio answers it."""
        execution, flow = sid("FN", number), self.flow(number)
        return {
            "account_sid": ACCOUNT,
            "context": self.context(number),
            "execution_sid": execution,
            "flow_sid": flow,
            "url": f"{STUDIO}/{flow}/Executions/{execution}/Context",
        }

    def numbers(self) -> Iterator[int]:
        """The executions, the newest first."""
        return iter(range(self.executions))
