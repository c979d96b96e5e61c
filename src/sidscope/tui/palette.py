"""What the palette offers: commands, saved queries, profiles and looks, found by words of their names. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sidscope.domain.sids import short
from sidscope.settings import ProfileInfo
from sidscope.tui.accounts import Accounts
from sidscope.tui.commands import PALETTE, SYNC, Command, Situation, blocked, key_names
from sidscope.tui.themes import THEMES

_NO_USE = ("palette", "down", "up", "page_down", "page_up")  # in a palette


class Choice(NamedTuple):
    """One line: ``kind`` and ``target`` say what choosing it does, ``reason`` why it does nothing now."""

    kind: str  # command | query | profile | theme | steps
    target: str
    name: str
    what: str = ""
    keys: str = ""
    reason: str | None = None


def choices(
    commands: Sequence[Command], now: Situation, queries: Mapping[str, str], accounts: Accounts, theme: str
) -> list[Choice]:
    """Everything, commands that do something now first."""
    offered = [
        Choice("command", each.id, each.name, each.what, key_names(each), _why_not(each, now))
        for each in commands
        if PALETTE not in each.where and each.id not in _NO_USE
    ]
    offered.sort(key=lambda choice: choice.reason is not None)
    saved = [Choice("query", text, name, text) for name, text in queries.items()]
    looks = [
        Choice(
            "theme", each.name, f"look: {each.name.removeprefix('sidscope-')}", "on now" if each.name == theme else ""
        )
        for each in THEMES
    ]
    return [*saved, *offered, *of_profiles(accounts), *looks]


def _why_not(command: Command, now: Situation) -> str | None:
    if command.where == {SYNC}:  # its key means something else elsewhere; by name it works anywhere
        return command.why_not(now)
    return blocked(command, now)


def of_profiles(accounts: Accounts) -> list[Choice]:
    """The profiles of twilio-cli."""
    return [
        Choice(
            "profile",
            each.name,
            f"account: {each.name}",
            _where(each),
            "",
            "it is explored now" if each.name == accounts.present else accounts.check(each.name),
        )
        for each in accounts.profiles
    ]


def _where(profile: ProfileInfo) -> str:
    sid = short(profile.account_sid) if profile.account_sid else "no account SID"
    return f"{sid} · {profile.region}" if profile.region else sid


def matching(offered: Iterable[Choice], text: str) -> list[Choice]:
    """Those that hold every word of the text in their name or description; first those whose name begins with it,
    then those whose name holds it."""
    wanted = text.lower().split()
    start = " ".join(wanted)
    found = [each for each in offered if all(word in f"{each.name} {each.what}".lower() for word in wanted)]
    found.sort(
        key=lambda each: (
            not each.name.lower().startswith(start),
            not all(word in each.name.lower() for word in wanted),
        )
    )
    return found
