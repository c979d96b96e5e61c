"""Twilio's SIDs: two letters that name the kind of thing, then 32 hexadecimal digits.

The prefixes come from Twilio's API descriptions (github.com/twilio/twilio-oai); the pattern there is
``^XX[0-9a-fA-F]{32}$``, so SIDs compare without regard to case and keep the spelling they came in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sidscope.domain.patterns import later

KINDS: Final[dict[str, str]] = {
    "AC": "account",
    "CA": "call",
    "CF": "conference",
    "CH": "conversation",
    "DF": "event subscription",
    "DG": "event sink",
    "FC": "Studio contact",
    "FN": "execution",
    "FO": "legacy Flex flow",
    "FT": "step",
    "FW": "flow",
    "GO": "Flex instance",
    "HQ": "interaction context",
    "HX": "content template",
    "IG": "address configuration",
    "IM": "message",
    "IS": "conversation service",
    "KD": "interaction",
    "KG": "interaction invite",
    "MB": "participant",
    "MG": "messaging service",
    "MM": "message",
    "PN": "phone number",
    "QU": "call queue",
    "RE": "recording",
    "RQ": "REST request",
    "SK": "API key",
    "SM": "message",
    "TC": "task channel",
    "UO": "interaction channel",
    "US": "user",
    "UT": "interaction participant",
    "UX": "transfer",
    "WH": "webhook",
    "WK": "worker",
    "WQ": "task queue",
    "WR": "reservation",
    "WS": "workspace",
    "WT": "task",
    "WW": "workflow",
    "XE": "WhatsApp sender",
    "ZE": "environment",
    "ZH": "serverless function",
    "ZS": "serverless service",
}
"""SID prefix → what it names, in Twilio's words."""

MESSAGE_PREFIXES: Final = ("SM", "MM", "IM")
"""A message of the Messages API (SM, MM) or of a conversation (IM)."""

SID_LENGTH: Final = 34

SHORTEST_BEGINNING: Final = 6
"""Characters from which on something that looks so is the beginning of a SID rather than a slip."""

_SID = later(r"[A-Za-z]{2}[0-9a-fA-F]{32}")
# Not preceded or followed by a letter or digit: a SID inside a URL or a sentence, never a slice of a longer word.
_SID_IN_TEXT = later(r"(?<![0-9A-Za-z])[A-Za-z]{2}[0-9a-fA-F]{32}(?![0-9A-Za-z])")
_BEGINNING_OF_SID = later(r"[A-Z]{2}[0-9a-f]{1,30}")
_ALMOST_A_SID = later(r"[A-Z]{2}[0-9A-Za-z]*")


def is_sid(value: object, *prefixes: str) -> bool:
    """Whether ``value`` is a whole SID of a known kind; with ``prefixes``, of one of those kinds."""
    if not isinstance(value, str) or len(value) != SID_LENGTH or not _SID.fullmatch(value):
        return False
    prefix = value[:2].upper()
    return prefix in prefixes if prefixes else prefix in KINDS


def kind_of(sid: str) -> str | None:
    """What ``sid`` names ("execution", "conversation"…), or None if it is no SID of a known kind."""
    return KINDS[sid[:2].upper()] if is_sid(sid) else None


def sid_key(sid: str) -> str:
    """The spelling to compare by: two SIDs are the same if their keys are."""
    return sid.upper()


def as_twilio(text: str) -> str:
    """A SID as Twilio spells it, which takes no other in a path: capitals, then lower-case digits. Other text as it
    is."""
    return text[:2].upper() + text[2:].lower() if is_sid(text) else text


def same_sid(left: str | None, right: str | None) -> bool:
    """Whether both are given and name the same thing."""
    return left is not None and right is not None and sid_key(left) == sid_key(right)


def sids_in(text: str) -> Iterator[str]:
    """Every SID of a known kind inside ``text`` (a URL, a sentence), in order, as spelled."""
    for match in _SID_IN_TEXT.finditer(text):
        if match.group()[:2].upper() in KINDS:
            yield match.group()


def sid_keys_in(text: str) -> set[str]:
    """The keys of the SIDs that :func:`sids_in` finds."""
    return {sid_key(sid) for sid in set(_SID_IN_TEXT.findall(text)) if sid[:2].upper() in KINDS}


def is_sid_prefix(text: str) -> bool:
    """Whether ``text`` is the beginning of a SID of a known kind: letters of a kind, then 1 to 30 lower-case digits.
    (Where the last digit alone is missing, something went wrong in copying.)"""
    return bool(_BEGINNING_OF_SID.fullmatch(text)) and text[:2] in KINDS


def is_malformed_sid(text: str) -> bool:
    """Whether ``text`` was surely meant as a SID but is neither one nor the beginning of one: letters of a kind, then
    the wrong number of digits or foreign letters. Words that merely begin alike ("CHRISTINE") are not."""
    if is_sid(text) or is_sid_prefix(text) or not _ALMOST_A_SID.fullmatch(text) or text[:2] not in KINDS:
        return False
    rest = text[2:]
    if len(rest) in range(30, 35):
        return True
    return any(c.isdigit() for c in rest) and (len(rest) >= 16 or bool(re.fullmatch("[0-9a-f]+", rest)))


def what_is_wrong(text: str) -> str:
    """What is wrong with a SID that is none (:func:`is_malformed_sid`): one sentence, the SID in it shortened."""
    shown = text if len(text) <= 12 else f"{text[:4]}…{text[-2:]}"
    digits, foreign = text[2:], re.search("[^0-9a-fA-F]", text[2:])
    if foreign:
        return f"{shown} is not a SID: {foreign[0]} cannot be in one, only 0-9 and a-f"
    return f"{shown} is not a SID: {len(digits)} digits after {text[:2]}, not {SID_LENGTH - 2}"


def short(sid: str) -> str:
    """The form people recognise at a glance: ``CH7f…e1``."""
    return f"{sid[:4]}…{sid[-2:]}" if is_sid(sid) else sid


def about_account(sid: str, own: str) -> str:
    """What to say to whoever looks for an account: there is nothing to find about it."""
    if same_sid(sid, own):
        return f"{short(sid)} is this account: all that is in the list is its own"
    return f"{short(sid)} is another account: this one is {short(own)}"
