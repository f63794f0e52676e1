//! The tables and their history.

use crate::database::Schema;

/// The schema of usage.db; its mark is "AUUS".
pub(super) const SCHEMA: Schema = Schema {
    application_id: 0x4155_5553,
    migrations: MIGRATIONS,
    // The log of a busy month is long, and nothing in it decides who is let in.
    read_through: false,
};

const MIGRATIONS: &[&str] = &[
    "
    -- What was charged: one row for each organisation and calendar month (months since January 1970, UTC).
    CREATE TABLE quota (
        organisation INTEGER NOT NULL,
        month INTEGER NOT NULL,
        used INTEGER NOT NULL CHECK (used >= 0),
        PRIMARY KEY (organisation, month)
    ) STRICT, WITHOUT ROWID;

    -- How many requests ended how on each day (days since 1970-01-01, UTC). Code '' is success, key 0 the console.
    CREATE TABLE daily (
        organisation INTEGER NOT NULL,
        day INTEGER NOT NULL,
        operation TEXT NOT NULL,
        code TEXT NOT NULL,
        key INTEGER NOT NULL DEFAULT 0,
        count INTEGER NOT NULL,
        PRIMARY KEY (organisation, day, operation, code, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX daily_by_day ON daily (day);

    -- The latest requests, one by one. Nothing here says whom a request was about.
    CREATE TABLE request (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        organisation INTEGER NOT NULL,
        key INTEGER NOT NULL DEFAULT 0,
        operation TEXT NOT NULL,
        status INTEGER NOT NULL,
        code TEXT NOT NULL,
        latency_us INTEGER NOT NULL,
        request_id TEXT NOT NULL
    ) STRICT;
    -- With what the log is filtered by, so that lines that are not wanted need not be looked up.
    CREATE INDEX request_by_organisation ON request (organisation, id, operation, code, key);
    CREATE INDEX request_by_time ON request (at);

    -- When each key was last used.
    CREATE TABLE key_use (
        key INTEGER PRIMARY KEY,
        organisation INTEGER NOT NULL,
        last INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX key_use_by_organisation ON key_use (organisation);
",
    "
    -- Signatures that were accepted, until their time is over: each counts once. How many a key has is counted along.
    CREATE TABLE signature (
        digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
        key INTEGER NOT NULL,
        expires INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX signature_by_key ON signature (key, expires);
    CREATE INDEX signature_by_time ON signature (expires);
    CREATE TABLE signature_count (
        key INTEGER PRIMARY KEY,
        count INTEGER NOT NULL
    ) STRICT;
    CREATE TRIGGER signature_seen AFTER INSERT ON signature BEGIN
        INSERT INTO signature_count (key, count) VALUES (new.key, 1) ON CONFLICT DO UPDATE SET count = count + 1;
    END;
    CREATE TRIGGER signature_forgotten AFTER DELETE ON signature BEGIN
        UPDATE signature_count SET count = count - 1 WHERE key = old.key;
    END;
",
];
