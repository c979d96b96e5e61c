"""The tables, as a list of migrations: the number of those that have run is the schema's version."""

from __future__ import annotations

import sqlite3
from typing import Final

APPLICATION_ID: Final = 0x53494453
"""``SIDS`` in the header of the file: another program's database is never taken for an archive."""

_FIRST: Final = """
CREATE TABLE account (sid TEXT NOT NULL);

CREATE TABLE flows (
    sid TEXT NOT NULL PRIMARY KEY COLLATE NOCASE,
    friendly_name TEXT NOT NULL,
    status TEXT,
    revision INTEGER,
    date_created INTEGER,
    date_updated INTEGER
) WITHOUT ROWID;

-- Times are microseconds since 1970 (UTC). NOCASE compares SIDs as Twilio does and keeps their spelling.
CREATE TABLE executions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: nothing stale can point to another execution
    sid TEXT NOT NULL COLLATE NOCASE,
    flow_sid TEXT NOT NULL COLLATE NOCASE,
    status TEXT,
    date_created INTEGER,
    date_updated INTEGER,
    contact_channel_address TEXT,
    initiated_by TEXT,
    flow_version INTEGER,
    -- what follows from the row and its context
    started INTEGER NOT NULL,
    wanted INTEGER NOT NULL,       -- 1 while a context is needed to group it and not read for the present row
    context_status TEXT NOT NULL,
    row_stamp TEXT,                -- of the row as it was when the context was read
    read_at INTEGER,
    conversation BLOB,             -- the key of the CH, CA, contact
    call BLOB,
    contact TEXT,
    channel TEXT,
    steps_read_at INTEGER,
    facts BLOB NOT NULL            -- without the related SIDs
);
CREATE UNIQUE INDEX executions_sid ON executions (sid);
CREATE INDEX executions_started ON executions (started);
CREATE INDEX executions_flow ON executions (flow_sid, started);
CREATE INDEX executions_wanted ON executions (started) WHERE wanted = 1;
CREATE INDEX executions_active ON executions (flow_sid, started) WHERE status = 'active';
CREATE INDEX executions_conversation ON executions (conversation) WHERE conversation IS NOT NULL;
CREATE INDEX executions_call ON executions (call) WHERE call IS NOT NULL;
CREATE INDEX executions_contact ON executions (contact) WHERE contact IS NOT NULL;

-- Apart from executions, so that a list of those never reads past bodies.
CREATE TABLE contexts (execution INTEGER PRIMARY KEY, codec INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE related (execution INTEGER PRIMARY KEY, body BLOB NOT NULL);

-- Every SID (18 bytes, see codec.key) and address, and the executions whose row or context holds it.
CREATE TABLE mentions (
    key BLOB NOT NULL,
    execution INTEGER NOT NULL,
    PRIMARY KEY (key, execution)
) WITHOUT ROWID;

CREATE TABLE steps (
    execution INTEGER NOT NULL,
    position INTEGER NOT NULL,     -- oldest first
    sid TEXT NOT NULL COLLATE NOCASE,
    name TEXT,
    transitioned_from TEXT,
    transitioned_to TEXT,
    type TEXT,
    parent_step_sid TEXT,
    date_created INTEGER,
    date_updated INTEGER,
    PRIMARY KEY (execution, position)
) WITHOUT ROWID;
CREATE INDEX steps_sid ON steps (sid);

CREATE TABLE conversations (
    key BLOB NOT NULL PRIMARY KEY,
    sid TEXT NOT NULL,
    read_status TEXT NOT NULL,
    read_at INTEGER NOT NULL,
    state TEXT,
    chat_service_sid TEXT,
    date_created INTEGER,
    date_updated INTEGER,
    date_closed INTEGER
) WITHOUT ROWID;

CREATE TABLE tasks (
    key BLOB NOT NULL PRIMARY KEY,
    sid TEXT NOT NULL,
    read_status TEXT NOT NULL,
    read_at INTEGER NOT NULL,
    assignment_status TEXT,
    workspace_sid TEXT,
    reason TEXT,
    date_created INTEGER,
    date_updated INTEGER,
    attributes TEXT
) WITHOUT ROWID;

CREATE TABLE calls (
    key BLOB NOT NULL PRIMARY KEY,
    sid TEXT NOT NULL,
    read_status TEXT NOT NULL,
    read_at INTEGER NOT NULL,
    status TEXT,
    direction TEXT,
    from_ TEXT,
    "to" TEXT,
    parent_call_sid TEXT,
    date_created INTEGER,
    start_time INTEGER,
    end_time INTEGER
) WITHOUT ROWID;

CREATE TABLE memberships (
    address TEXT NOT NULL PRIMARY KEY,
    read_status TEXT NOT NULL,
    read_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE membership_rows (
    owner TEXT NOT NULL,           -- memberships.address
    position INTEGER NOT NULL,
    conversation BLOB NOT NULL,    -- the key of conversation_sid
    conversation_sid TEXT NOT NULL,
    conversation_state TEXT,
    chat_service_sid TEXT,
    address TEXT,
    proxy_address TEXT,
    date_created INTEGER,
    date_updated INTEGER,
    PRIMARY KEY (owner, position)
) WITHOUT ROWID;
CREATE INDEX membership_rows_conversation ON membership_rows (conversation);

-- Spans [since, until) of a flow's executions that have been completely listed; they never touch each other.
CREATE TABLE coverage (
    flow_sid TEXT NOT NULL COLLATE NOCASE,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (flow_sid, since)
) WITHOUT ROWID;
"""

_STEP_CONTEXTS: Final = """
-- How the reading of the steps at steps_read_at ended, and of which row (as context_status and row_stamp). Version 1
-- kept only what was ok, and not whether the execution had ended by then.
ALTER TABLE executions ADD COLUMN steps_status TEXT NOT NULL DEFAULT 'ok';
ALTER TABLE executions ADD COLUMN steps_stamp TEXT NOT NULL DEFAULT '';

CREATE TABLE step_contexts (
    step BLOB NOT NULL PRIMARY KEY,    -- the key of the FT
    execution INTEGER NOT NULL,
    sid TEXT NOT NULL,
    read_status TEXT NOT NULL,
    read_at INTEGER NOT NULL,
    row_stamp TEXT NOT NULL,
    codec INTEGER,
    body BLOB
);
CREATE INDEX step_contexts_execution ON step_contexts (execution);
"""

_CHANGES: Final = """
-- The context holds the related SIDs too, and is kept.
DROP TABLE related;

-- Which executions changed, in the order of the commits, and who wrote that: how a screen learns what another process
-- brought in, at a cost that does not depend on how many executions there are. Only the last ones are kept.
CREATE TABLE changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    execution INTEGER NOT NULL,
    origin INTEGER NOT NULL
);
"""

CHANGES_KEPT: Final = 100_000

MIGRATIONS: Final[tuple[str, ...]] = (_FIRST, _STEP_CONTEXTS, _CHANGES)
"""Version n is made from version n - 1 by ``MIGRATIONS[n - 1]``. Released ones are never changed."""

VERSION: Final = len(MIGRATIONS)


def version_of(db: sqlite3.Connection) -> int:
    """How many migrations have run; 0 for an empty database."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: sqlite3.Connection, account_sid: str) -> None:
    """Bring a database of this or an older version up to date, each migration in a transaction of its own."""
    for number in range(version_of(db), VERSION):
        db.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have been faster between the look and the lock.
            if version_of(db) == number:
                for statement in statements(MIGRATIONS[number]):
                    db.execute(statement)
                if number == 0:
                    db.execute("INSERT INTO account VALUES (?)", (account_sid,))
                    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.execute(f"PRAGMA user_version = {number + 1}")
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise


def statements(script: str) -> list[str]:
    """The statements of a script, each ending a line (``executescript`` would commit between them)."""
    found, rest = [], ""
    for line in script.splitlines(keepends=True):
        rest += line
        if sqlite3.complete_statement(rest):
            found.append(rest.strip())
            rest = ""
    if rest.strip():
        found.append(rest.strip())
    return found
