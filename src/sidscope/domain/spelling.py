"""What was meant by what was pasted: a link of the Console, SIDs in a row, a number as people write it. Pure."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from sidscope.domain.patterns import later
from sidscope.domain.query import VALUES
from sidscope.domain.sids import SHORTEST_BEGINNING, is_sid, is_sid_prefix, sids_in

_LINK: Final = later(r"(?:https?://)?[\w.-]+\.[a-z]+(?::[0-9]+)?/\S+")
_BETWEEN: Final = later(r"[\s,;]+")
_DASHES: Final = "‐‑‒–"
_QUOTES: Final = " \t\r\n,;\"'`´“”„‟‘’‚‛‹›«»<>[]{}"
_STOPS: Final = ".!?"
_NUMBER: Final = later(rf"([A-Za-z]{{2,12}}:)?\s*([( ]*\+|00)?([\s(]*[0-9][\s()./0-9{_DASHES}-]*)")
_IDENTITY: Final = later(r"(whatsapp|messenger|rcs|client|sip)(:\S+)", re.IGNORECASE)
_LINKED: Final = ("tel:", "sms:")  # how pages link a number: no part of it
_SHORTEST, _LONGEST = 7, 15  # digits of a phone number (E.164)
_A_DATE = 8  # so many digits with dashes may be a date, and a part of a name


def one_thing(text: str) -> str | None:
    """The SID or address that ``text`` is as a whole, as Twilio spells it; None if it is none.

    Of a link the execution, else the last SID in it. In a number what is only for the eye does not count, and 00 is +.
    Nor do quotes and signs of direction around any of them, a full stop behind, and the width of digits.
    """
    plain = _plain(text)
    if is_sid(sid := plain.strip("()")):
        return sid
    if _LINK.fullmatch(plain):
        sids = list(sids_in(unquote(plain)))
        return next((sid for sid in sids if is_sid(sid, "FN")), sids[-1] if sids else None)
    number = _number(plain)
    if number is None and (identity := _IDENTITY.fullmatch(text.strip(_QUOTES))):  # which may end with a full stop
        return identity[1].lower() + identity[2]
    return number


def beginning_of_sid(text: str) -> str | None:
    """The beginning of a SID that ``text`` surely is as a whole, as Twilio spells it; None if it is none or short."""
    plain = _plain(text)
    spelled = plain[:2].upper() + plain[2:].lower()
    long = len(spelled) >= SHORTEST_BEGINNING and any(map(str.isdigit, spelled))  # a word may be spelled so
    return spelled if long and is_sid_prefix(spelled) else None


def as_query(text: str) -> str:
    """``text`` as the query language has it: a link as its SID, SIDs parted by blanks, a number without what is only
    for the eye. Any other text is left as it is; so are digits that may be two words of a query."""
    words = [plain for word in _BETWEEN.split(text) if (plain := _plain(word))]
    if words and all(map(is_sid, words)):
        return " ".join(words)
    one, plain = one_thing(text), _plain(text)
    several = re.match("[0-9]", plain) and not plain.startswith("00") and len(plain.split()) > 1
    return text if one is None or (several and "(" not in plain) else one


def _plain(text: str) -> str:
    """``text`` without what stands around it or is not seen at all, and with digits and letters of the usual width."""
    if not text.isascii():
        from unicodedata import category, normalize

        text = "".join(sign for sign in normalize("NFKC", text) if category(sign) != "Cf")
    return text.strip(_QUOTES + _STOPS)


def _number(text: str) -> str | None:
    match = _NUMBER.fullmatch(text)
    prefix = (match[1] or "").lower() if match else ""
    if match is None or prefix[:-1] in VALUES:  # contact:+49… is a term of the query
        return None
    plus, written = "+" if match[2] or prefix == "whatsapp:" else "", match[3]
    if match[2]:
        written = written.replace("(0)", "")  # the zero that is dialled only without the country code
    digits = re.sub(r"\D", "", written)
    least = _SHORTEST if plus or prefix or written == digits else _A_DATE + 1
    return f"{'' if prefix in _LINKED else prefix}{plus}{digits}" if least <= len(digits) <= _LONGEST else None
