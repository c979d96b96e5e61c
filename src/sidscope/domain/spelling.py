"""What was meant by what was pasted: a link of the Console, SIDs in a row, a number as people write it. Pure."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from sidscope.domain.patterns import later
from sidscope.domain.query import VALUES
from sidscope.domain.sids import is_sid, sids_in

_LINK: Final = later(r"(?:https?://)?[\w.-]+\.[a-z]+(?::[0-9]+)?/\S+")
_BETWEEN: Final = later(r"[\s,;]+")
_DASHES: Final = "‐‑‒–"
_NUMBER: Final = later(rf"([a-z]{{2,12}}:)?\s*([( ]*\+|00)?([\s(]*[0-9][\s()./0-9{_DASHES}-]*)")
_IDENTITY: Final = later(r"(?:whatsapp|messenger|rcs|client|sip):\S+")
_SHORTEST, _LONGEST = 7, 15  # digits of a phone number (E.164)
_A_DATE = 8  # so many digits with dashes may be a date, and a part of a name


def one_thing(text: str) -> str | None:
    """The SID or address that ``text`` is as a whole, as Twilio spells it; None if it is none.

    Of a link the execution, else the last SID in it. In a number what is only for the eye does not count, and 00 is +.
    """
    text = text.strip(" \t\r\n,;")
    if is_sid(text):
        return text
    if _LINK.fullmatch(text):
        sids = list(sids_in(unquote(text)))
        return next((sid for sid in sids if is_sid(sid, "FN")), sids[-1] if sids else None)
    number = _number(text)
    if number is None and _IDENTITY.fullmatch(text):
        return text
    return number


def as_query(text: str) -> str:
    """``text`` as the query language has it: a link as its SID, SIDs parted by blanks, a number without what is only
    for the eye. Any other text is left as it is; so are digits that may be two words of a query."""
    words = [word for word in _BETWEEN.split(text) if word]
    if words and all(map(is_sid, words)):
        return " ".join(words)
    one = one_thing(text)
    several = re.match(r"\s*[0-9]", text) and not text.lstrip().startswith("00") and len(text.split()) > 1
    return text if one is None or (several and "(" not in text) else one


def _number(text: str) -> str | None:
    match = _NUMBER.fullmatch(text)
    if match is None or (match[1] or "")[:-1] in VALUES:  # contact:+49… is a term of the query
        return None
    prefix, plus, written = match[1] or "", "+" if match[2] else "", match[3]
    if plus:
        written = written.replace("(0)", "")  # the zero that is dialled only without the country code
    digits = re.sub(r"\D", "", written)
    least = _SHORTEST if plus or prefix or written == digits else _A_DATE + 1
    return f"{prefix}{plus}{digits}" if least <= len(digits) <= _LONGEST else None
