"""Archives of any size, filled in bulk: a million executions in a minute or two instead of ten."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sidscope.archive import Archive, ContextWrite, Coverage, archive_path, row_stamp
from sidscope.archive.codec import CODEC, moment, pack
from sidscope.archive.facts import keys_of_row, stored
from sidscope.archive.tables import EXECUTION
from sidscope.domain.facts import Facts, Hit, Inbound, Mention, Source, Trigger
from sidscope.domain.records import Channel, Context, Execution, Flow, ReadStatus
from tests.benchmarks.synthetic import ACCOUNT, SENDER, Population, sid

PORTION = 5_000


def execution(population: Population, number: int) -> Execution:
    """A row of the list as the archive takes it."""
    row, started = population.row(number), population.started(number)
    return Execution(
        sid=row["sid"],
        flow_sid=row["flow_sid"],
        status=row["status"],
        date_created=started,
        date_updated=started + timedelta(seconds=50),
        contact_channel_address=row["contact_channel_address"],
        initiated_by=row["initiated_by"],
        flow_version=3,
    )


def facts(population: Population, number: int) -> Facts:
    """What a context of one message and one answer says."""
    conversation = population.conversation(number)
    return Facts(
        conversation=Hit(conversation, Source.TRIGGER, "trigger.message.ChannelSid"),
        message=Hit(sid("SM", number), Source.ROW, "initiated_by"),
        contact=Hit(population.contact(number), Source.TRIGGER, "contact.channel.address"),
        sender=Hit(SENDER, Source.TRIGGER, "trigger.message.To"),
        channel=Channel.WHATSAPP,
        trigger=Trigger.MESSAGE,
        service_sid=sid("IS", 1),
        inbound=(Inbound(population.started(number), "date_created"),),
        related=(
            Mention(sid("MB", population.talk(number)), "trigger.message.ParticipantSid"),
            Mention(sid("WH", population.talk(number)), "trigger.message.WebhookSid"),
            Mention(sid("IM", number), "widgets.say.outbound.Sid"),
            Mention(conversation, "widgets.say.outbound.ConversationSid"),
        ),
    )


def _portion(population: Population, bodies: int, numbers: range) -> list[tuple[Any, ...]]:
    """Ready rows: of executions, mentions, contexts."""
    found = []
    for number in numbers:
        row = execution(population, number)
        kept = stored(row.sid, facts(population, number))
        identity = population.executions - number  # the oldest came first
        read_at = moment(row.started + timedelta(minutes=1))
        found.append(
            (
                (
                    identity,
                    *EXECUTION.values(row),
                    moment(row.started),
                    0,
                    "ok",
                    row_stamp(row),
                    read_at,
                    kept.conversation,
                    kept.call,
                    kept.contact,
                    kept.channel,
                    kept.core,
                ),
                [(each, identity) for each in kept.keys | keys_of_row(row)],
                (identity, CODEC, pack(population.context(number))) if number < bodies else None,
            )
        )
    return found


_COLUMNS = (
    f"id, {EXECUTION.columns}, started, wanted, context_status, row_stamp, read_at, conversation, call, contact,"
    " channel, facts"
)


def filled(folder: Path, population: Population, *, bodies: int = 0, now: datetime | None = None) -> Path:
    """An archive of the whole population under ``folder``, each flow listed up to ``now``; contexts are kept of the
    newest ``bodies`` executions."""
    path = archive_path(folder, ACCOUNT)
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        for row in population.flow_rows():
            archive.write(Flow(row["sid"], row["friendly_name"]))
            if now is not None:
                archive.write(Coverage(row["sid"], population.zero - timedelta(days=30), now))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        indexes = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
        db.execute("BEGIN")
        for name, _ in indexes:
            db.execute(f"DROP INDEX {name}")
        db.execute("CREATE TEMP TABLE loose (key BLOB, execution INTEGER)")
        marks = ", ".join("?" * len(_COLUMNS.split(",")))
        for rows in _made(population, bodies):
            db.executemany(f"INSERT INTO executions ({_COLUMNS}) VALUES ({marks})", (row[0] for row in rows))  # noqa: S608
            db.executemany("INSERT INTO loose VALUES (?, ?)", (each for row in rows for each in row[1]))
            db.executemany("INSERT INTO contexts VALUES (?, ?, ?)", (row[2] for row in rows if row[2]))
        db.execute("INSERT INTO mentions SELECT DISTINCT key, execution FROM loose ORDER BY key, execution")
        for _, statement in indexes:
            db.execute(statement)
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def _made(population: Population, bodies: int) -> Iterable[list[tuple[Any, ...]]]:
    portions = [
        range(start, min(start + PORTION, population.executions)) for start in range(0, population.executions, PORTION)
    ]
    make = partial(_portion, population, bodies)
    if len(portions) < 4:
        yield from map(make, portions)
        return
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(make, portions)


def written(path: Path, population: Population, numbers: Iterable[int]) -> int:
    """Writes executions with their whole contexts as a sync does; how many bytes their JSON has."""
    total = 0
    with Archive.open(path, account_sid=ACCOUNT) as archive:
        for number in numbers:
            row, body = execution(population, number), population.context(number)
            read = Context(row.sid, ReadStatus.OK, population.zero, body)
            archive.write(row, ContextWrite(read, row))
            total += len(spelled(body))
    return total


def spelled(body: Any) -> bytes:
    """JSON without a blank too many."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def some_sids(population: Population, number: int) -> list[str]:
    """SIDs of one execution, of every kind that the index holds."""
    talk = population.talk(number)
    return [sid("FN", number), sid("SM", number), sid("IM", number), sid("CH", talk), sid("MB", talk), sid("WH", talk)]


__all__ = ["execution", "facts", "filled", "some_sids", "spelled", "written"]
