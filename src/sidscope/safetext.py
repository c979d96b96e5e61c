"""The one way from a stranger's text to a screen or terminal.

Contact addresses, message bodies, names of flows and widgets, JSON keys, Twilio's error messages: strangers
wrote them, and a terminal obeys what it is sent (``ESC ]52;…`` sets the clipboard). :func:`safe` turns any
string into one that only shows; the type :class:`Safe` is how the rest of the code knows that it happened.

What :func:`safe` leaves has one width in every terminal we can hope for, the one :func:`width` tells:
variation selectors, skin tones and the joiners inside emoji are dropped, for terminals disagree about them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final, NewType

from sidscope.domain.patterns import later
from sidscope.domain.sids import is_sid
from sidscope.domain.signs import ODD, SIGNS

Safe = NewType("Safe", str)
"""Text without any effect on a terminal. Only :func:`safe` and its like make it from a stranger's text."""

MAX_MARKS: Final = 4
"""How many combining marks may stand on one character; Vietnamese, Thai and Tibetan need no more."""

_ELLIPSIS: Final = "…"
_UNSHOWABLE: Final = "\N{REPLACEMENT CHARACTER}"
_INVISIBLE: Final = "\N{MIDDLE DOT}"
_NOTHING_UNDER_A_MARK: Final = "\N{DOTTED CIRCLE}"

# Nothing of this needs a second look: ASCII, the Latin letters of Europe, the ellipsis of every short SID, and the
# signs that a sentence of ours may begin with.
_NOT_PLAIN = later(f"[^ -~\u00a1-\u00ac\u00ae-\u024f\u2026{ODD}{''.join(SIGNS.values())}]")
_EMOJI: Final = "\u00a9\u00ae\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_EMOJI_JOINER = later(f"(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])")
# Change how the character before them looks, or only ever vary its width: variation selectors, skin tones.
_SELECTORS = later("[\u180b-\u180d\u180f\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef]")
# Letters and marks that show nothing: joiners and fillers by another name.
_BLANKS = later("[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0]")
_JAMO_VOWELS_AND_FINALS = later("[\u1161-\u11ff\ud7b0-\ud7c6\ud7cb-\ud7fb]")  # join the one before
# Wide since Unicode 16 (EastAsianWidth.txt), which Python's own table may be too old to know.
_WIDE_SINCE_16 = later("[\u2630-\u2637\u268a-\u268f\u4dc0-\u4dff\U0001d300-\U0001d376]")

# Besides control characters proper: what turns the direction or breaks the line, and lone surrogates.
_CONTROL = later("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_ACTS_WHEN_PASTED = later(f"(?![\n\t]){_CONTROL.pattern}")
_FORMULA = later("[\t\r]|\\s*[=+@\uff1d\uff0b\uff20\uff0d-]")
_E164 = later(r"\+[0-9]{1,15}")

_CHANNEL_PREFIX = later("(whatsapp|messenger|rcs|sms|tel|sip|sips|client|chat|instagram|viber|line|telegram):")
_MASKED = later(r"\+?[0-9]{0,2} ?…( [0-9]{2})?|.…", re.DOTALL)  # what mask_address leaves
_NUMBER = later(r"(\+?)([0-9][0-9 ().-]*)")


def safe(text: str, limit: int | None = None, *, keep_newlines: bool = False) -> Safe:
    """``text`` as visible, harmless text; the same again if it already is.

    Control characters become their pictures (``␛``, ``␡``; those of C1 ``\N{REPLACEMENT CHARACTER}``), tabs four
    spaces, line separators ``␤``; whatever is invisible or turns the direction becomes ``·``; what is no
    character at all (lone surrogates, private use, unassigned) ``\N{REPLACEMENT CHARACTER}``; combining marks
    end after :data:`MAX_MARKS`, and get a ``◌`` if they stand on nothing.

    ``limit`` is the most characters that come back, an ellipsis for the rest included; no more than that is
    looked at, so a megabyte costs no more than a line. ``keep_newlines`` keeps ``\\n`` (and CR LF as ``\\n``).
    """
    shown = text if limit is None else text[: max(limit, 0) + 1]
    if not (shown.isascii() and shown.isprintable()) and _NOT_PLAIN.search(shown):
        if keep_newlines:
            shown = "\n".join(_shown_line(line) for line in shown.replace("\r\n", "\n").split("\n"))
        else:
            shown = _shown_line(shown)
    if limit is not None and (len(shown) > limit or len(text) > limit + 1):
        shown = shown[: max(limit - 1, 0)] + _ELLIPSIS[:limit]
    return Safe(shown)


def width(text: str) -> int:
    """How many cells one line of :data:`Safe` text takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def clip(text: Safe, cells: int) -> Safe:
    """``text`` if it fits into ``cells``, else as much of it as fits before an ellipsis."""
    if text.isascii():
        fits = len(text) <= cells
        return text if fits else Safe(text[: max(cells - 1, 0)] + _ELLIPSIS[: max(cells, 0)])
    used = end = 0
    for index, character in enumerate(text, start=1):
        used += _cells(character)
        if used < cells:
            end = index
        elif used > cells:
            return Safe(text[:end] + _ELLIPSIS[: max(cells, 0)])
    return text


def pad(text: Safe, cells: int, *, right: bool = False) -> Safe:
    """``text`` in exactly ``cells`` cells: clipped, or filled with spaces (before it, if ``right``)."""
    if text.isascii() and len(text) <= cells:
        return Safe(text.rjust(cells) if right else text.ljust(cells))
    clipped = clip(text, cells)
    fill = " " * (cells - width(clipped))
    return Safe(fill + clipped if right else clipped + fill)


def mask_address(address: str) -> Safe:
    """An address that tells who it is only to those who know: ``whatsapp:+49 … 42``, an identity ``j…``.

    The channel's prefix stays, of a number the first two digits (the first one after ``+1`` and ``+7``, whose
    country codes end there) and the last two, if that hides at least five. A SID is nobody's address and stays.
    """
    text = safe(address, 200)
    if is_sid(text):
        return text
    prefix = match[0] if (match := _CHANNEL_PREFIX.match(text)) else ""
    rest = text[len(prefix) :]
    if is_masked(text):
        return text
    if not (number := _NUMBER.fullmatch(rest)):
        return Safe(f"{prefix}{rest[:1]}{_ELLIPSIS}" if rest else text)
    plus, digits = number[1], re.sub("[^0-9]", "", number[2])
    head = (digits[:1] if digits[0] in "17" else digits[:2]) if plus else ""
    tail = digits[-2:] if len(digits) - len(head) >= 7 else ""
    return Safe(f"{prefix}{plus}{head} {_ELLIPSIS} {tail}".strip())


def is_masked(address: str) -> bool:
    """Whether it is as :func:`mask_address` leaves one."""
    prefix = match[0] if (match := _CHANNEL_PREFIX.match(address)) else ""
    return bool(_MASKED.fullmatch(address[len(prefix) :]))


def csv_cell(text: str) -> str:
    """``text`` fit for a cell of a CSV file, the file being read by programs and opened in spreadsheets.

    Programs must get the value, so only what acts is changed: controls become their pictures, and what a
    spreadsheet would run as a formula gets an apostrophe before it (OWASP, "CSV Injection"). A plain
    ``+4915112345642`` is a number to a spreadsheet, not a formula, and stays. Quoting is the csv module's.
    """
    shown = _CONTROL.sub(lambda match: safe(match[0]), text)
    if _FORMULA.match(text) and not _E164.fullmatch(text):
        return "'" + shown
    return shown


def pasteable(text: str) -> str:
    """``text`` fit for a clipboard, which may be emptied into a terminal: the value itself, but for what acts.

    Controls other than line ends and tabs become their pictures, and so does what turns the direction; letters, marks
    and emoji stay as they are, joiners and all.
    """
    lines = text.replace("\r\n", "\n")
    return _ACTS_WHEN_PASTED.sub(lambda match: safe(match[0]), lines)


def _shown_line(text: str) -> str:
    if text.isascii():
        return text.translate(_ASCII_PICTURES)
    out: list[str] = []
    marks: int | None = None  # how many stand on the character before; None if there is none
    for character in _EMOJI_JOINER.sub("", text):
        if _is_mark(character):
            if marks is None:
                out.append(_NOTHING_UNDER_A_MARK)
                marks = 0
            marks += 1
            if marks <= MAX_MARKS:
                out.append(character)
        elif shown := _shown(character):
            out.append(shown)
            marks = 0
    return "".join(out)


@lru_cache(8192)
def _is_mark(character: str) -> bool:
    """Whether it takes no cell of its own but joins the character before."""
    if _BLANKS.match(character) or _SELECTORS.match(character):
        return False
    return unicodedata.category(character).startswith("M") or bool(_JAMO_VOWELS_AND_FINALS.match(character))


@lru_cache(8192)
def _shown(character: str) -> str:
    """What stands for a character, itself if it is harmless; "" if it is dropped."""
    code = ord(character)
    if character == "\t":
        return "    "
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\N{SYMBOL FOR DELETE}"
    if character in "\x85\u2028\u2029":
        return "\N{SYMBOL FOR NEWLINE}"
    if _SELECTORS.match(character):
        return ""
    if 0xE0000 <= code <= 0xE0FFF:  # tags: a second, unseen text beside the seen one
        return _UNSHOWABLE
    match unicodedata.category(character):
        case "Cf":
            return _INVISIBLE
        case "Cc" | "Cs" | "Co" | "Cn":
            return _UNSHOWABLE
        case "Zs":
            return "  " if character == "\u3000" else " "
    return _INVISIBLE if _BLANKS.match(character) else character


_ASCII_PICTURES: Final = {code: _shown(chr(code)) for code in (*range(0x20), 0x7F)}


@lru_cache(8192)
def _cells(character: str) -> int:
    if _is_mark(character):
        return 0
    wide = unicodedata.east_asian_width(character) in "WF" or _WIDE_SINCE_16.match(character)
    return 2 if wide else 1
