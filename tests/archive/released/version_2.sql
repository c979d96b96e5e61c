PRAGMA application_id = 1397310547;
PRAGMA user_version = 2;
PRAGMA auto_vacuum = 2;
BEGIN TRANSACTION;
CREATE TABLE account (sid TEXT NOT NULL);
INSERT INTO "account" VALUES('AC00000000000000000000000000000acc');
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
INSERT INTO "calls" VALUES(X'434100000000000000000000000000000001','CA00000000000000000000000000000001','ok',1795348800000000,'completed',NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE contexts (execution INTEGER PRIMARY KEY, codec INTEGER NOT NULL, body BLOB NOT NULL);
INSERT INTO "contexts" VALUES(1,1,X'ABC6D76EC1567118E007A07602962ACDC4122689B50E44AD89F05A006CEE82DB6FC437F76076837421D54FC58999E00A095AB7BA171DDE73787EAAC287F913BB814A6B01');
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
INSERT INTO "conversations" VALUES(X'434800000000000000000000000000000001','CH00000000000000000000000000000001','ok',1795348800000000,'closed',NULL,NULL,NULL,NULL);
CREATE TABLE coverage (
    flow_sid TEXT NOT NULL COLLATE NOCASE,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (flow_sid, since)
) WITHOUT ROWID;
INSERT INTO "coverage" VALUES('FW00000000000000000000000000000001',1795345200000000,1795349100000000);
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
, steps_status TEXT NOT NULL DEFAULT 'ok', steps_stamp TEXT NOT NULL DEFAULT '');
INSERT INTO "executions" VALUES(1,'FN00000000000000000000000000000001','FW00000000000000000000000000000001','ended',1795348860000000,1795348920000000,'whatsapp:+49000000001','SM00000000000000000000000000000001',3,1795348860000000,0,'ok','ended|2026-11-22T12:02:00Z',1795348800000000,X'434800000000000000000000000000000001',NULL,'whatsapp:+4900001','whatsapp',1795348800000000,X'43A45303FCC090AC740C4B7744184E305D22528B8925A68BF02438E263113DEE0C0D758D8C420C8DAC0C0CB1C65D6C2D00','ok','');
INSERT INTO "executions" VALUES(2,'FN00000000000000000000000000000002','FW00000000000000000000000000000001','ended',1795348920000000,1795348980000000,'whatsapp:+49000000002','SM00000000000000000000000000000002',3,1795348920000000,0,'gone','ended|2026-11-22T12:03:00Z',1795348800000000,NULL,NULL,'whatsapp:+49000000002','whatsapp',NULL,X'AB86270D03FCC08898A4838850134B4C8DB8730B09018D1EBC8686BA4646218646560646588337B61600','ok','');
INSERT INTO "executions" VALUES(3,'FN00000000000000000000000000000003','FW00000000000000000000000000000001','active',1795348980000000,NULL,'whatsapp:+49000000003','SM00000000000000000000000000000003',3,1795348980000000,1,'pending',NULL,NULL,NULL,NULL,'whatsapp:+49000000003','whatsapp',NULL,X'AB86270D03FCC09898A4838850134B4C8DB8730B09018D1EBC8686BA46462186465606C6588337B61600','ok','');
CREATE TABLE flows (
    sid TEXT NOT NULL PRIMARY KEY COLLATE NOCASE,
    friendly_name TEXT NOT NULL,
    status TEXT,
    revision INTEGER,
    date_created INTEGER,
    date_updated INTEGER
) WITHOUT ROWID;
INSERT INTO "flows" VALUES('FW00000000000000000000000000000001','Empfang ☕',NULL,NULL,NULL,NULL);
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
INSERT INTO "membership_rows" VALUES('whatsapp:+4900001',0,X'434800000000000000000000000000000001','CH00000000000000000000000000000001',NULL,NULL,'whatsapp:+4900001',NULL,NULL,NULL);
CREATE TABLE memberships (
    address TEXT NOT NULL PRIMARY KEY,
    read_status TEXT NOT NULL,
    read_at INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "memberships" VALUES('whatsapp:+4900001','ok',1795348800000000);
CREATE TABLE mentions (
    key BLOB NOT NULL,
    execution INTEGER NOT NULL,
    PRIMARY KEY (key, execution)
) WITHOUT ROWID;
INSERT INTO "mentions" VALUES('whatsapp:+49000000001',1);
INSERT INTO "mentions" VALUES('whatsapp:+49000000002',2);
INSERT INTO "mentions" VALUES('whatsapp:+49000000003',3);
INSERT INTO "mentions" VALUES('whatsapp:+4900001',1);
INSERT INTO "mentions" VALUES(X'434800000000000000000000000000000001',1);
INSERT INTO "mentions" VALUES(X'534D00000000000000000000000000000001',1);
INSERT INTO "mentions" VALUES(X'534D00000000000000000000000000000002',2);
INSERT INTO "mentions" VALUES(X'534D00000000000000000000000000000003',3);
CREATE TABLE related (execution INTEGER PRIMARY KEY, body BLOB NOT NULL);
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
INSERT INTO "steps" VALUES(1,0,'FT00000000000000000000000000000001','incomingMessage','Trigger','said',NULL,NULL,NULL,NULL);
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
INSERT INTO "tasks" VALUES(X'575400000000000000000000000000000001','WT00000000000000000000000000000001','ok',1795348800000000,'completed',NULL,NULL,NULL,NULL,NULL);
CREATE UNIQUE INDEX executions_sid ON executions (sid);
CREATE INDEX executions_started ON executions (started);
CREATE INDEX executions_flow ON executions (flow_sid, started);
CREATE INDEX executions_wanted ON executions (started) WHERE wanted = 1;
CREATE INDEX executions_active ON executions (flow_sid, started) WHERE status = 'active';
CREATE INDEX executions_conversation ON executions (conversation) WHERE conversation IS NOT NULL;
CREATE INDEX executions_call ON executions (call) WHERE call IS NOT NULL;
CREATE INDEX executions_contact ON executions (contact) WHERE contact IS NOT NULL;
CREATE INDEX steps_sid ON steps (sid);
CREATE INDEX membership_rows_conversation ON membership_rows (conversation);
CREATE INDEX step_contexts_execution ON step_contexts (execution);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('executions',3);
COMMIT;
