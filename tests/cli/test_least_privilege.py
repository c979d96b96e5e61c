"""README's table of permissions is what sidscope asks for, no more and no less, and each denial costs one look-up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine, Done, Served

README = Path(__file__).parents[2] / "README.md"


def rows() -> list[list[str]]:
    """For each row of the table the paths that it permits, as patterns."""
    section = README.read_text(encoding="utf-8").partition("### Permissions\n")[2].partition("\n### ")[0]
    told = [line.split("|")[2] for line in section.splitlines() if line.startswith("| ") and "`/" in line]
    return [[pattern(path) for path in re.findall("`(/[^`]+)`", cell)] for cell in told]


def pattern(path: str) -> str:
    kinds = {"SM": "(SM|MM)"}
    return re.sub(
        r"\\\{([A-Z]{2})\\\}", lambda kind: f"{kinds.get(kind[1], kind[1])}[0-9a-fA-F]{{32}}", re.escape(path)
    )


ROWS = rows()


def ask(sidscope: CommandLine, account: Served, name: str) -> Done:
    """One thing that asks Twilio for something, knowing nothing yet."""
    truth = account.world.truth(account.world.zero)

    def some(kind: str, prefix: str) -> str:
        return next(str(record[kind]) for record in truth if (record[kind] or "").startswith(prefix))

    arguments = {
        "list": ("list", "--explain"),
        "conversation": ("find", some("conversation_sid", "CH")),
        "call": ("find", some("call_sid", "CA")),
        "task": ("find", some("task_sid", "WT")),
        "message": ("find", some("initiated_by", "SM")),
        "address": ("find", some("contact", "whatsapp:")),
        "execution": ("find", truth[0]["execution_sid"]),
    }[name]
    return sidscope(*arguments, "--since", account.since, "--data-dir", sidscope.home / name)


def tour(sidscope: CommandLine, account: Served) -> None:
    """Everything that asks Twilio for anything, but for what only the explorer asks for."""
    for name in ("list", "conversation", "call", "task", "message", "address", "execution"):
        ask(sidscope, account, name)
    sidscope("doctor")


def test_what_is_asked_for_is_what_readme_names_no_more_and_no_less(sidscope: CommandLine, account: Served) -> None:
    tour(sidscope, account)
    asked = set(account.faulty.requests)
    allowed = [path for row in ROWS for path in row]
    assert {path for path in asked if not any(re.fullmatch(each, path) for each in allowed)} == set()
    assert {request.method for request in account.app.log} == {"GET"}
    by_hand = ("/Steps", "Services/IS")  # asked for by the explorer, and for conversations of another service
    for path in allowed:
        assert any(re.fullmatch(path, request) for request in asked) or any(part in path for part in by_hand), path


SAID = {
    "/v2/Flows": ("list", "did not give what is needed"),
    "/v2/Flows/{FW}/Executions": ("list", "could not be listed"),
    "/v2/Flows/{FW}/Executions/{FN}/Context": ("list", "[0-9]+ contexts denied"),
    "/v1/Conversations/{CH}": ("conversation", "1 conversation denied"),
    "/v1/Conversations/{CH}/Participants": ("conversation", "The participants of CH.* could not be read"),
    "/v1/ParticipantConversations": ("address", "[12] participants? denied"),
    "/v1/Workspaces": ("task", "1 task denied"),
    "/v1/Workspaces/{WS}/Tasks/{WT}": ("task", "1 task denied"),
    "/2010-04-01/Accounts/{AC}/Calls/{CA}.json": ("call", "1 call denied"),
    "/2010-04-01/Accounts/{AC}/Messages/{SM}.json": ("message", "1 message denied"),
}


@pytest.mark.parametrize("path", SAID)
def test_what_is_denied_is_one_look_up_less_and_is_said(sidscope: CommandLine, account: Served, path: str) -> None:
    name, words = SAID[path]
    account.faulty.answer(f"^{pattern(path)}$", 403)
    done = ask(sidscope, account, name)
    assert done.code == 1
    assert re.search(words, done.err)
    nothing = path in ("/v2/Flows", "/v2/Flows/{FW}/Executions")
    assert ("FN" in done.out) != nothing, "what else there is comes all the same"


def test_every_row_of_the_table_is_denied_here_once() -> None:
    """But for what only the explorer asks for: steps, in tests/sync/test_steps.py and tests/tui/test_steps_tab.py."""
    named = {path for row in ROWS for path in row if "/Steps" not in path and "Services" not in path}
    assert named == {pattern(path) for path in SAID} | {pattern("/v2/Flows/{FW}/Executions/{FN}")}
