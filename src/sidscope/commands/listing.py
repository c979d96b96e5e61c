"""``sidscope list``: the executions of a span of time, with their conversations and verdicts."""

from __future__ import annotations

import gc
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sidscope.archive import Archive, read_records
from sidscope.commands.missing import missing
from sidscope.commands.opening import Opened, opened
from sidscope.commands.options import Options
from sidscope.commands.output import write_records
from sidscope.commands.running import run_engine, tell
from sidscope.domain.numbers import count
from sidscope.domain.query import Query
from sidscope.domain.record import Record
from sidscope.domain.sids import sid_key
from sidscope.domain.value import replace
from sidscope.sync.engine import SCREENFUL, Engine
from sidscope.veil import hide_record


def run_list(options: Options, env: Mapping[str, str], home: Path) -> int:
    """Lists, prints, and says what is missing; the exit code."""
    with opened(options, env, home, lambda: datetime.now(UTC)) as account:
        records, problems = answer(account, options, related=options.format != "table")
        columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        if options.mask:
            records = [hide_record(record) for record in records]
        write_records(records, options.format, sys.stdout, columns=columns)
        sys.stdout.flush()
        if not records and options.format == "table" and not problems:
            tell_empty(account, options)
    tell(map(options.spoken, problems))
    return 1 if problems else 0


def answer(account: Opened, options: Options, *, related: bool) -> tuple[list[Record], list[str]]:
    """The records that the options ask for, newest first, after Twilio was asked if it may be, and what they lack."""
    problems = run_engine(account, _reading(options))
    gc.disable()  # what is read now is there to the end: looking through it would be a tenth of a long list's time
    records = _select(account.archive, options, account.now(), related=related)
    return records, missing(records) if account.open_account is None else problems


def _reading(options: Options) -> Callable[[Engine], Awaitable[None]]:
    """What the engine has to do for these options before the archive can answer."""

    # A recording may be the explorer's: it holds what the explorer asks for, which is what a list asks for and more.
    screenful = SCREENFUL if options.replay else None

    async def work(engine: Engine) -> None:
        await engine.refresh(options.since, options.until, screenful=screenful)
        if options.explain:
            await engine.explain(_window(engine.archive, options))

    return work


def _window(archive: Archive, options: Options) -> list[str]:
    return [sid for sid, _ in archive.starts(options.since, options.until)]


def _select(archive: Archive, options: Options, now: datetime, *, related: bool) -> list[Record]:
    """The records that the options ask for, newest first; ``related``: with their related SIDs, in which a bare SID is
    looked for too."""
    related = related or any(not term.key for term in options.query.terms)
    window = {sid_key(sid) for sid in _window(archive, options)}
    records = read_records(archive, window, now=now, stuck_after=options.stuck_after, related=related)
    chosen = (record for key, record in reversed(records.items()) if key in window)
    matching = list(filter(options.query.test(), chosen))
    return matching[: options.limit]


def tell_empty(account: Opened, options: Options) -> None:
    """Says on stderr that there is nothing, and what to try."""
    where = "The archive holds" if options.offline else "There is"
    what = "execution that matches" if options.query.terms else "execution"
    hint = _unread(account, options) or _further_back(account, options)
    ending = f"; {hint}." if hint else "."
    sys.stderr.write(f"sidscope: {where} no {what} since {options.since:%Y-%m-%d %H:%M} UTC{ending}\n")


def _unread(account: Opened, options: Options) -> str | None:
    """What was not read of the window's executions, if the query asks for what only that tells."""
    query = options.query
    if query.about_outcome:
        others = replace(options, query=query.but_outcome, limit=None)
        records = _select(account.archive, others, account.now(), related=False)
        unknown = sum(record.outcome is None for record in records)
        if unknown:
            return f"only steps tell how {count(unknown, 'execution')} went: F in the explorer reads them"
    if not options.explain and any(term.key in _IN_CONTEXTS for term in query.terms):
        records = _select(account.archive, replace(options, query=Query()), account.now(), related=False)
        unknown = sum(record.context_status == "not_needed" and record.contact is None for record in records)
        if unknown:
            return f"only contexts tell who is behind {count(unknown, 'execution')}: --explain reads them"
    return None


def _further_back(account: Opened, options: Options) -> str | None:
    """The next longer span that may hold some."""
    now = account.now()
    span = next((days for days in _SPANS if now - timedelta(days=days) < options.since), None)
    oldest = account.archive.oldest_started()
    if options.offline and (oldest is None or oldest >= options.since):
        return "without --offline Twilio is asked"
    return f"--since {span}d looks further back" if span else None


_IN_CONTEXTS = ("contact", "sender", "channel")
_SPANS = (7, 30)  # days: Twilio's memory ends there
