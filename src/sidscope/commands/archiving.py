"""``sidscope archive info`` and ``archive purge``: what is kept on this machine, and forgetting it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from sidscope.commands.opening import opened
from sidscope.commands.options import Options, UsageError
from sidscope.domain.numbers import count
from sidscope.domain.times import iso, say_time
from sidscope.domain.value import replace


def run_archive(options: Options, env: Mapping[str, str], home: Path) -> int:
    """Shows or purges; the exit code."""
    options = replace(options, offline=True)  # Twilio is not asked, so credentials only say which account
    if options.query_text == "info":
        return _info(options, env, home)
    if options.query_text == "purge":
        return _purge(options, env, home)
    raise UsageError("archive needs to know what to do: sidscope archive info, or archive purge --older-than 30d.")


def _info(options: Options, env: Mapping[str, str], home: Path) -> int:
    with opened(options, env, home, lambda: datetime.now(UTC), tidy=False) as account:
        info = account.archive.info()
    lines = [
        ("account", account.account_sid),
        ("file", str(info.path) if info.path else "in memory"),
        ("size", f"{info.bytes:,} bytes"),
        ("schema", f"version {info.schema_version}"),
        ("oldest execution", iso(info.oldest) or "none"),
        ("newest execution", iso(info.newest) or "none"),
        *((table, f"{number:,}") for table, number in info.counts.items()),
        *((f"contexts {status}", f"{number:,}") for status, number in info.contexts.items()),
        ("forget the old", "sidscope archive purge --older-than 7d"),
        ("forget it all", "delete the file, and those beside it whose names begin like its own"),
        ("forget by itself", 'after 30 days, or what "keep" in the configuration file says (sidscope doctor names it)'),
        ("keep nothing", "sidscope --no-archive"),
    ]
    size = max(len(name) for name, _ in lines)
    sys.stdout.writelines(f"{name:<{size}}  {value}\n" for name, value in lines)
    return 0


def _purge(options: Options, env: Mapping[str, str], home: Path) -> int:
    if options.older_than is None:
        raise UsageError("purge needs to know what to forget: --older-than 30d.")
    with opened(options, env, home, lambda: datetime.now(UTC), tidy=False, change=True) as account:
        result = account.archive.purge(options.older_than)
    sys.stdout.write(
        f"Forgot {count(result.executions, 'execution')} without a sign of life since {say_time(options.older_than)}.\n"
    )
    return 0
