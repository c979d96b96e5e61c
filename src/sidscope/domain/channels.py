"""Which channel an execution came by, and what an address looks like."""

from __future__ import annotations

from typing import Final

from sidscope.domain.patterns import later
from sidscope.domain.records import Channel

MESSAGING: Final = frozenset({Channel.WHATSAPP, Channel.SMS, Channel.MESSENGER, Channel.RCS, Channel.WEBCHAT})
"""The channels on which messages, not calls or requests, come."""

PREFIXES: Final = {
    "whatsapp:": Channel.WHATSAPP,
    "messenger:": Channel.MESSENGER,
    "rcs:": Channel.RCS,
}
"""How Twilio marks the channel in an address (https://www.twilio.com/docs/messaging/channels)."""

_SOURCES: Final = {
    "WHATSAPP": Channel.WHATSAPP,
    "SMS": Channel.SMS,
    "MMS": Channel.SMS,
    "MESSENGER": Channel.MESSENGER,
    "RCS": Channel.RCS,
    "WEBCHAT": Channel.WEBCHAT,
}
_PHONE: Final = later(r"\+[1-9][0-9]{1,14}")  # E.164
_DIGITS: Final = later(r"[1-9][0-9]{6,14}")  # enough of them for one
_ADDRESS_WITH_PREFIX: Final = later(r"[a-z]{2,12}:\S+")


def is_phone(address: str | None) -> bool:
    """Whether it is a phone number in E.164, without any channel prefix."""
    return address is not None and bool(_PHONE.fullmatch(address))


def is_address(text: str) -> bool:
    """Whether it is surely written as an address: a phone number, or ``whatsapp:…``, ``client:…``, ``sip:…``."""
    return is_phone(text) or bool(_ADDRESS_WITH_PREFIX.fullmatch(text))


def channel_of_address(address: str | None) -> Channel | None:
    """The channel that an address names in its prefix, if any."""
    if address is not None:
        for prefix, channel in PREFIXES.items():
            if address.lower().startswith(prefix):
                return channel
    return None


def channel_of_conversation(contact: str | None) -> Channel | None:
    """The channel of a conversation of which only the contact is known."""
    if contact is None:
        return None
    return channel_of_address(contact) or (Channel.SMS if is_phone(contact) else Channel.WEBCHAT)


def spellings(address: str) -> tuple[str, ...]:
    """The addresses that somebody who types ``address`` means: ``+49…`` is also that number on WhatsApp, Messenger
    and RCS; digits alone may be a number without its ``+``; an address with a prefix means itself alone."""
    if _DIGITS.fullmatch(address):
        return address, *spellings(f"+{address}")
    return (address, *(prefix + address for prefix in PREFIXES)) if is_phone(address) else (address,)


def decide_channel(
    *,
    call: bool,
    contact: str | None,
    sender: str | None,
    source: str | None,
    web: bool,
    conversation: bool,
    message: bool,
    sent_message: bool,
    rest: bool,
) -> Channel | None:
    """The channel by the rules of design.md 3.1, the first that holds; None if none does.

    ``source`` is ``trigger.conversation.Source``; ``web`` says that the channel attributes hold ``channel_type: web``;
    ``sent_message`` that the flow sent a message to a phone number; the sender's number only speaks where the contact
    is unknown.
    """
    if call:
        return Channel.VOICE
    by_prefix = channel_of_address(contact) or channel_of_address(sender)
    if by_prefix:
        return by_prefix
    by_source = _SOURCES.get(source.upper()) if source else None
    if by_source:
        return by_source
    if conversation and (web or (contact is not None and not is_phone(contact))):
        return Channel.WEBCHAT
    if (message or conversation or sent_message) and is_phone(contact or sender):
        return Channel.SMS
    return Channel.API if rest else None
