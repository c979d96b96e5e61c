"""Strangers' text: visible, harmless, of the width we think it has."""

from __future__ import annotations

import csv
import io
import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sidscope.safetext import MAX_MARKS, Safe, clip, csv_cell, mask_address, pad, pasteable, safe, width

NASTY = [
    *map(chr, range(0x20)),
    *map(chr, range(0x7F, 0xA1)),
    *"\u00ad\u034f\u061c\u115f\u1160\u1161\u11ff\u17b4\u180b\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029",
    *"\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\u3000\u3164\ud83d\udc80\ue000\ufe0e\ufe0f",
    *"\ufeff\uffa0\ufff9\ufffb\ufffe\U000e0001\U000e0041\U000e007f\U000e0101\U0010fffd\U0001d173",
    *"\u0301\u0489\u05b0\u0e49\u0903\u20dd\u20e3❤👍👩🔥🏽🇩🇪🏴日ｱ각Ａ…",
    "\x1b]52;c;eA==\x07",
    "\x1b[2J",
    "\x1b]8;;http://x\x1b\\",
    "\x1bP$q\x1b\\",
    "[/]",
    "[@click=app.quit]",
    "👩\u200d🔥",
    "❤\ufe0f\u200d🔥",
]
texts = st.lists(st.one_of(st.sampled_from(NASTY), st.characters(), st.text(max_size=5))).map("".join)
HARMFUL = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def harmless(text: str) -> bool:
    """Whether nothing in it is obeyed, unseen, or heaped up."""
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        if category in HARMFUL or "\ufe00" <= character <= "\ufe0f":
            return False
        marks = marks + 1 if category.startswith("M") else 0
        if marks > MAX_MARKS:
            return False
    return not unicodedata.category(text[:1] or " ").startswith("M")


@given(texts)
def test_safe_text_is_harmless_and_stays_the_same(text: str) -> None:
    shown = safe(text)
    assert harmless(shown)
    assert safe(shown) == shown


@given(texts)
def test_lines_are_kept_on_demand(text: str) -> None:
    shown = safe(text, keep_newlines=True)
    assert all(harmless(line) for line in shown.split("\n"))
    assert shown.count("\n") == text.count("\n")
    assert safe(shown, keep_newlines=True) == shown


@given(texts, st.integers(0, 30))
def test_limit(text: str, limit: int) -> None:
    shown = safe(text, limit)
    assert len(shown) <= limit
    assert harmless(shown)
    assert safe(shown, limit) == shown
    if len(safe(text)) <= limit and len(text) <= limit:
        assert shown == safe(text)


@given(texts)
def test_width_is_the_width_that_the_screen_is_laid_out_with(text: str) -> None:
    assert width(safe(text)) == cell_len(safe(text))


def test_every_character_there_is() -> None:
    # planes 2 and up hold ideographs, private use and nothing, but for the tags and selectors of plane 14
    for code in (*range(0x20000), *range(0x20000, 0x110000, 101), *range(0xE0000, 0xE1000)):
        shown = safe("a" + chr(code))
        assert harmless(shown), hex(code)
        assert width(shown) == cell_len(shown), hex(code)


@given(texts, st.integers(-1, 30))
def test_clip_never_exceeds_and_never_wastes(text: str, cells: int) -> None:
    whole = safe(text)
    clipped = clip(whole, cells)
    assert width(clipped) <= max(cells, 0)
    assert harmless(clipped)
    if width(whole) <= cells:
        assert clipped == whole
    elif cells > 0:
        assert clipped.endswith("…")
        assert whole.startswith(clipped[:-1])
        assert width(clipped) >= cells - 1  # one cell may stay empty before half a wide character


@given(texts, st.integers(0, 30), st.booleans())
def test_pad_is_exact(text: str, cells: int, right: bool) -> None:
    assert width(pad(safe(text), cells, right=right)) == cells


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain Käse ÷ ñ", "plain Käse ÷ ñ"),
        ("\x00\x1b[31m\x07\x7f", "␀␛[31m␇␡"),
        ("a\tb", "a    b"),
        ("one\r\ntwo\u2028three\x85", "one␍␊two␤three␤"),
        ("\x9b31m", "\N{REPLACEMENT CHARACTER}31m"),
        ("\u202aevil\u202e.exe", "·evil·.exe"),
        ("+49\u200b151", "+49·151"),
        ("\ud800", "\N{REPLACEMENT CHARACTER}"),
        ("\U000e0041", "\N{REPLACEMENT CHARACTER}"),
        ("\u3164", "·"),
        ("a\u00a0b\u3000c", "a b  c"),
        ("👍🏽 ❤\ufe0f 👩\u200d👧", "👍 ❤ 👩👧"),
        ("❤\ufe0f\u200d🔥", "❤🔥"),
        ("می\u200cخواهم", "می·خواهم"),
        ("\u0301x", "◌\u0301x"),
        ("z" + "\u0301" * 500, "z" + "\u0301" * MAX_MARKS),
        ("z" + "\u0301\ufe0f" * 500, "z" + "\u0301" * MAX_MARKS),
        ("Зоя Ζωή さくら 각 สวัสดี", "Зоя Ζωή さくら 각 สวัสดี"),
        ("[/] [@click=app.quit]x[/]", "[/] [@click=app.quit]x[/]"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_newlines_kept() -> None:
    assert safe("one\r\ntwo\n\u0301three\rfour", keep_newlines=True) == "one\ntwo\n◌\u0301three␍four"


def test_a_megabyte_costs_no_more_than_a_line() -> None:
    for text in ("\x1b[" * 500_000, "\u202e\u0301日" * 400_000, "👩\u200d" * 500_000):
        began = time.perf_counter()
        for _ in range(100):
            assert 0 < len(safe(text, 200)) <= 200
        assert time.perf_counter() - began < 0.5  # 100 of them; one whole reading takes longer


@pytest.mark.parametrize(
    ("text", "cells", "clipped"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 5, "abcd…"),
        ("abcdef", 1, "…"),
        ("abcdef", 0, ""),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("日", 1, "…"),
        ("ae\u0301b", 2, "a…"),
        ("xe\u0301", 2, "xe\u0301"),
    ],
)
def test_clip(text: str, cells: int, clipped: str) -> None:
    assert clip(Safe(text), cells) == clipped


def test_pad() -> None:
    assert pad(Safe("日"), 4) == "日  "
    assert pad(Safe("12"), 4, right=True) == "  12"
    assert pad(Safe("日本"), 2) == "… "


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("whatsapp:+4915112345642", "whatsapp:+49 … 42"),
        ("+4915112345642", "+49 … 42"),
        ("+12025550123", "+1 … 23"),
        ("+49 (151) 123-456 42", "+49 … 42"),
        ("messenger:1234567890", "messenger: … 90"),
        ("+491511", "+49 …"),
        ("12345", "…"),
        ("jane@example.com", "j…"),
        ("Jane:Doe", "J…"),
        ("sip:jane@example.com", "sip:j…"),
        ("\u202a+4915112345642", "·…"),
        ("", ""),
        ("whatsapp:", "whatsapp:"),
        ("CH" + "0" * 32, "CH" + "0" * 32),
    ],
)
def test_mask_address(address: str, masked: str) -> None:
    assert mask_address(address) == masked


@given(st.from_regex(r"\A(whatsapp:|sms:|)\+?[0-9]{6,15}\Z"))
def test_a_masked_number_hides_at_least_five_digits(address: str) -> None:
    masked = mask_address(address)
    assert len(re.sub("[^0-9]", "", address)) - len(re.sub("[^0-9]", "", masked)) >= min(
        5, len(re.sub("[^0-9]", "", address)) - 2
    )


@given(texts)
def test_a_masked_identity_shows_one_character(identity: str) -> None:
    masked = mask_address("client:" + identity)
    assert harmless(masked)
    if not re.search("[0-9]", identity):
        assert len(masked) <= len("client:x…")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("whatsapp:+4915112345642", "whatsapp:+4915112345642"),
        ("+4915112345642", "+4915112345642"),
        ("+4915112345642+1", "'+4915112345642+1"),
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("-1+1", "'-1+1"),
        ("@SUM(1)", "'@SUM(1)"),
        ("＝1", "'＝1"),
        ("  =1", "'  =1"),
        ("\t=1", "'    =1"),
        ("\r1", "'␍1"),
        ("a\x1b]52;c;eA==\x07", "a␛]52;c;eA==␇"),
        ("\u202eabc\ud800", "·abc\N{REPLACEMENT CHARACTER}"),
        ("❤\ufe0f a\u200cb 1-2=3", "❤\ufe0f a\u200cb 1-2=3"),
    ],
)
def test_csv_cell(text: str, cell: str) -> None:
    assert csv_cell(text) == cell


@given(st.sampled_from(["", "=", "+", "-", "@", " =", "\t", "\r@", "\uff1d"]), texts)
def test_csv_cells_round_trip_as_one_line_and_are_no_formula(head: str, text: str) -> None:
    cell = csv_cell(head + text)
    file = io.StringIO(newline="")
    csv.writer(file).writerow([cell, "end"])
    file.getvalue().encode()
    assert list(csv.reader(io.StringIO(file.getvalue(), newline=""))) == [[cell, "end"]]
    assert len(cell.splitlines()) <= 1
    if not re.fullmatch(r"\+[0-9]{1,15}", cell):
        assert not cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize(
    ("text", "pasted"),
    [
        ("Grüße 👩‍👩‍👧\n\t客服 e\u0301", "Grüße 👩‍👩‍👧\n\t客服 e\u0301"),
        ("ls\rrm -rf\r\n", "ls␍rm -rf\n"),
        ("\x1b]52;c;AAAA\x07\x9b31m\x7f", "␛]52;c;AAAA␇�31m␡"),
        ("a\u202egnp.exe\u2028\ud800", "a·gnp.exe␤�"),
        ("\x1b[201~\nrm", "␛[201~\nrm"),
    ],
)
def test_what_is_pasted_does_not_act(text: str, pasted: str) -> None:
    assert pasteable(text) == pasted
    assert pasteable(pasted) == pasted
