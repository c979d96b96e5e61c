"""`--mask`: every output tells as much, but not who anybody is; and nothing on the disk for who wants that."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.cli.conftest import CommandLine, Served


def people(account: Served) -> set[str]:
    """What everybody's addresses and identities have in them that must not be seen."""
    truth = account.world.truth(account.world.zero)
    told = {str(record[key]) for record in truth for key in ("contact", "sender") if record[key]}
    return {re.sub(r"^[a-z]+:\+?|^\+", "", one) for one in told if not one.startswith("CH")}


@pytest.mark.parametrize(
    "arguments",
    [
        *(("list", "--explain", "--format", form) for form in ("table", "json", "csv")),
        *(("find", "ADDRESS", "--format", form) for form in ("tree", "json")),
        ("find", "ADDRESS", "--format", "markdown"),
        ("find", "CALL", "--format", "json"),
        ("find", "whatsapp:+4915199999999"),
        ("find", "+49151x"),
        ("stats",),
        ("list", "--offline", "contact:NOBODY"),
    ],
    ids=" ".join,
)
def test_no_output_tells_who_anybody_is(filled: CommandLine, account: Served, arguments: tuple[str, ...]) -> None:
    truth = account.world.truth(account.world.zero, since=account.day)
    words = {
        "ADDRESS": next(r["contact"] for r in truth if (r["contact"] or "").startswith("whatsapp:")),
        "CALL": next(r["call_sid"] for r in truth if r["call_sid"]),
    }
    asked = [words.get(word, word) for word in arguments]
    plain = filled(*asked, "--since", account.since)
    masked = filled(*asked, "--since", account.since, "--mask")
    assert masked.code == plain.code
    hidden = {one for one in (*people(account), "4915199999999") if len(one) > 3}
    assert not {one for one in hidden if one in masked.out or one in masked.err}
    assert len(masked.out.splitlines()) == len(plain.out.splitlines())
    assert sorted(re.findall("(?:FN|CH|CA)[0-9a-f]{32}", masked.out)) == sorted(
        re.findall("(?:FN|CH|CA)[0-9a-f]{32}", plain.out)
    )
    if "markdown" not in arguments and arguments[:2] in (("list", "--explain"), ("find", "ADDRESS")):
        assert any(one in plain.out for one in hidden), "so that this can fail"


def test_json_has_the_same_keys_and_verdicts(filled: CommandLine, account: Served) -> None:
    def seen(*more: str) -> list[dict[str, Any]]:
        return list(json.loads(filled("list", "--since", account.since, "--format", "json", *more).out))

    for plain, masked in zip(seen(), seen("--mask"), strict=True):
        same = plain.keys() - {"contact", "sender", "initiated_by", "verdict_reason", "evidence", "related_sids"}
        assert {key: plain[key] for key in same} == {key: masked[key] for key in same}
        assert (plain["contact"] is None) == (masked["contact"] is None)


def test_the_archive_keeps_the_truth(filled: CommandLine, account: Served) -> None:
    filled("list", "--since", account.since, "--mask")
    again = filled("list", "--offline", "--since", account.since, "--format", "json").out
    assert any(one in again for one in people(account))


@pytest.mark.parametrize("option", ["--no-archive", "--demo"])
def test_who_wants_nothing_kept_finds_nothing_on_the_disk(sidscope: CommandLine, account: Served, option: str) -> None:
    account.faulty.answer("Executions$", 403, passes=1)
    for command in (("list",), ("list", "--explain"), ("find", "CH" + "0" * 32), ("stats",)):
        assert sidscope.process(*command, "--since", "1h", option, SIDSCOPE_LOG="debug").code in (0, 1)
    assert [path for path in sidscope.home.rglob("*") if path.is_file()] == []
