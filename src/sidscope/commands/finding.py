"""``sidscope find``: everything related to one SID or address."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sidscope.archive import Archive, find_records, read_paths, read_records
from sidscope.commands.missing import missing
from sidscope.commands.opening import Opened, opened
from sidscope.commands.options import Options, UsageError, not_a_sid
from sidscope.commands.output import terminal_columns, write_json, write_tree
from sidscope.domain.channels import is_phone
from sidscope.domain.patterns import later
from sidscope.domain.query import record_sids
from sidscope.domain.record import Record
from sidscope.domain.records import Call, Conversation, Task
from sidscope.domain.sids import KINDS, about_account, is_malformed_sid, is_sid, kind_of, sid_key
from sidscope.domain.spelling import as_query, beginning_of_sid, one_thing
from sidscope.domain.times import CLOCK_SKEW, iso
from sidscope.safetext import mask_address, safe
from sidscope.veil import HIDDEN, hide_address, hide_record

if TYPE_CHECKING:
    from sidscope.sync.engine import Engine

_MOST_NAMED = 5  # SIDs in a sentence
_KINDS = frozenset({"execution", "conversation", "call", "message", "task", "interaction", "flow", "step"})


def run_find(options: Options, env: Mapping[str, str], home: Path) -> int:
    """Finds, prints, and says what is missing; the exit code is 1 where nothing was found."""
    target = _target(options)
    with opened(options, env, home, lambda: datetime.now(UTC)) as account:
        target = _whole(account.archive, target, account.now())
        online = account.open_account is not None
        answered = not online or is_sid(target, "AC") or _answers(account.archive, target, options, account.now())

        async def work(engine: Engine) -> None:
            if not answered:
                from sidscope.sync.engine import Search

                await engine.find(Search(target, options.since, options.until, options.since_given))
            if options.explain:
                found = find_records(account.archive, target, now=account.now())
                await engine.explain([record.execution_sid for record in found])

        needed = online and (options.explain or not answered)
        problems = _asked(account, options, env, work) if needed else []
        records = find_records(account.archive, target, now=account.now(), stuck_after=options.stuck_after)
        if not online:
            problems = missing(records)
        if options.limit:
            records = records[-options.limit :]
        document = describe(account.archive, target, records)
        if options.mask:
            records, document = hidden(records, document)
        if options.format == "json":
            write_json(document, sys.stdout)
        elif options.format == "markdown":
            sys.stdout.write(_ticket(account, target, records, options) if records else "")
        else:
            columns = terminal_columns()
            write_tree(document, records, sys.stdout, columns=columns)
        sys.stdout.flush()
    if not records:
        where = "in the archive" if options.offline else "at Twilio or in the archive"
        told = hide_address(target) or "" if options.mask else target
        nothing = f"Nothing about {safe(told, 80)} was found {where}"
        if is_sid(target, "AC"):  # all that there is mentions it, or nothing does
            nothing = about_account(target, account.account_sid)
        sys.stderr.write(f"sidscope: {nothing}.\n")
    elif online and not needed and sys.stderr.isatty():
        sys.stderr.write("sidscope: From the archive, as listed minutes ago; sidscope list brings it up to date.\n")
    if problems:
        from sidscope.commands.running import tell

        tell(map(options.spoken, problems))
    return 1 if problems or not records else 0


def _asked(
    account: Opened, options: Options, env: Mapping[str, str], work: Callable[[Engine], Awaitable[None]]
) -> list[str]:
    """Asks Twilio; loads what that needs only here, for an answer from the archive is to come at once."""
    from sidscope.commands.logs import log_of
    from sidscope.commands.running import run_engine

    with log_of(options, env):
        return run_engine(account, work)


def _target(options: Options) -> str:
    typed = options.query_text.strip()
    target = one_thing(typed) or as_query(typed)
    if target.isdigit() and target != typed:  # written as a phone number, and Twilio knows those by their country
        target = f"+{target}"
    if not target:
        raise UsageError("find needs a SID or an address: sidscope find CH… or sidscope find whatsapp:+49….")
    if beginning_of_sid(target):
        return target  # the archive may know how it goes on
    if is_malformed_sid(target) or _LIKE_A_SID.fullmatch(target):
        raise not_a_sid(target)
    if (
        " " in target
        or "://" in target
        or target in ("+", "-")
        or (target.startswith("+") and not is_phone(target))
        or target.endswith(":")
    ):
        raise UsageError(f"{target!r} is neither one SID nor one address: +49… is an address, and whatsapp:+49….")
    return target


# A shortened or mistyped SID: letters of a kind, then anything but capitals. CHRISTINE may be a webchat identity.
_LIKE_A_SID = later(rf"({'|'.join(KINDS)})(?![0-9A-Fa-f]{{32}}$)(?![A-Z]+$)[0-9A-Za-z.…]{{1,40}}")


def _whole(archive: Archive, target: str, now: datetime) -> str:
    """The SID of which the archive knows one that begins so; anything but a beginning as it is. Raises UsageError."""
    beginning = beginning_of_sid(target)
    if beginning is None:
        return target
    records = read_records(archive, archive.search(beginning, prefix=True), now=now)
    found = {sid_key(sid): sid for record in records.values() for sid in record_sids(record)}
    wholes = [sid for key, sid in found.items() if key.startswith(sid_key(beginning))]
    if len(wholes) > 1:
        named = ", ".join(sorted(wholes)[:_MOST_NAMED]) + (", …" if len(wholes) > _MOST_NAMED else "")
        raise UsageError(f"{len(wholes)} SIDs in the archive begin like {target}: {named}.")
    if not wholes and target.startswith(beginning[:2]):  # else it may be an identity
        raise UsageError(f"{target} is not a whole SID, and the archive knows none that begins so.")
    return wholes[0] if wholes else target


def _answers(archive: Archive, target: str, options: Options, now: datetime) -> bool:
    """Whether the archive knows the target and has listed every flow as far back as is asked for and up to now, so
    that nothing needs to be asked of Twilio. A call needs no list."""
    records = find_records(archive, target, now=now)
    if not records or any(record.context_status in ("pending", "denied", "failed") for record in records):
        return False
    if kind_of(target) == "call" and all(record.call_sid for record in records):
        return True
    since, until = options.since + _A_LITTLE, (options.until or now) - _STILL_NOW
    covered = (archive.coverage(flow.sid) for flow in archive.flows())
    return all(span is not None and span.since <= since and span.until >= until for span in covered)


def _ticket(account: Opened, target: str, records: Sequence[Record], options: Options) -> str:
    """The same ticket as the explorer copies: one engine for both."""
    now = account.now()
    from sidscope.domain.ticket import Account, ticket_pack

    own = [record.execution_sid for record in records]
    return ticket_pack(
        records,
        Account(account.account_sid, account.region),
        now=now.replace(microsecond=0),
        mask=safe if options.no_mask else mask_address,
        clean=safe,
        paths=read_paths(account.archive, own, now=now),
        about=target,
        around=read_records(account.archive, own, now=now, related=False).values(),
    )


_A_LITTLE = timedelta(hours=1)  # a list made within the last hour still answers for the same span back from now
_STILL_NOW = CLOCK_SKEW + timedelta(minutes=10)  # …and what it covers up to now, if it is not older than this


def describe(archive: Archive, target: str, records: Sequence[Record]) -> dict[str, Any]:
    """The document of ``find --format json``: the records, and what was read of what they name."""
    conversations = [record.conversation_sid for record in records if record.conversation_sid]
    calls = [record.call_sid for record in records if record.call_sid]
    tasks = [record.task_sid for record in records if record.task_sid]
    own = {"conversation": conversations, "call": calls, "task": tasks}.get(kind_of(target) or "")
    if own is not None:
        own.append(target)
    looked_up = archive.lookups(set(conversations), set(tasks), (), set(calls))
    kind = kind_of(target)
    return {
        "query": target,
        "kind": "address" if not is_sid(target) else kind if kind in _KINDS else "other",
        "executions": [record.as_dict() for record in records],
        "conversations": [_conversation(item) for item in looked_up.conversations.values()],
        "calls": [_call(item) for item in looked_up.calls.values()],
        "tasks": [_task(item) for item in looked_up.tasks.values()],
    }


def hidden(records: Sequence[Record], document: dict[str, Any]) -> tuple[list[Record], dict[str, Any]]:
    """The same without addresses."""
    masked = [hide_record(record) for record in records]
    calls = [call | {"from": hide_address(call["from"]), "to": hide_address(call["to"])} for call in document["calls"]]
    tasks = [task | {"reason": HIDDEN if task["reason"] else None} for task in document["tasks"]]
    return masked, document | {
        "query": hide_address(document["query"]),
        "executions": [record.as_dict() for record in masked],
        "calls": calls,
        "tasks": tasks,
    }


def _conversation(item: Conversation) -> dict[str, Any]:
    return {
        "sid": item.sid,
        "state": item.state,
        "read_status": item.read_status.value,
        "chat_service_sid": item.chat_service_sid,
        "date_created": iso(item.date_created),
        "date_updated": iso(item.date_updated),
        "date_closed": iso(item.date_closed),
        "read_at": iso(item.read_at.replace(microsecond=0)),
    }


def _call(item: Call) -> dict[str, Any]:
    return {
        "sid": item.sid,
        "status": item.status,
        "read_status": item.read_status.value,
        "direction": item.direction,
        "from": item.from_,
        "to": item.to,
        "date_created": iso(item.date_created),
        "start_time": iso(item.start_time),
        "end_time": iso(item.end_time),
        "read_at": iso(item.read_at.replace(microsecond=0)),
    }


def _task(item: Task) -> dict[str, Any]:
    return {
        "sid": item.sid,
        "status": item.assignment_status,
        "read_status": item.read_status.value,
        "reason": item.reason,
        "date_created": iso(item.date_created),
        "date_updated": iso(item.date_updated),
        "read_at": iso(item.read_at.replace(microsecond=0)),
    }
