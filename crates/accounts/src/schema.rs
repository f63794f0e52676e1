//! The tables and their history.

use crate::database::Schema;

/// The schema of accounts.db; its mark is "AUAC".
pub(crate) const SCHEMA: Schema = Schema { application_id: 0x4155_4143, migrations: MIGRATIONS, read_through: true };

const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE api_key (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        tenant INTEGER NOT NULL,
        name TEXT NOT NULL,
        prefix TEXT NOT NULL UNIQUE,
        digest BLOB NOT NULL CHECK (length(digest) = 32),
        permissions TEXT NOT NULL,
        created INTEGER NOT NULL,
        expires INTEGER,
        disabled INTEGER
    ) STRICT;
",
    "
    ALTER TABLE api_key ADD COLUMN networks TEXT NOT NULL DEFAULT '';
    ALTER TABLE api_key ADD COLUMN rotated INTEGER REFERENCES api_key (id);
    CREATE INDEX api_key_by_tenant ON api_key (tenant);

    CREATE TABLE plan (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        requests_month_max INTEGER,
        persons_max INTEGER,
        rate_per_second REAL,
        rate_burst INTEGER,
        CHECK ((rate_per_second IS NULL) = (rate_burst IS NULL))
    ) STRICT;
    INSERT INTO plan VALUES (1, 'Operator', NULL, NULL, NULL, NULL), (2, 'Free', 1000, 100, 2.0, 10);

    CREATE TABLE organisation (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        plan INTEGER NOT NULL REFERENCES plan (id),
        created INTEGER NOT NULL,
        suspended INTEGER,
        erasing INTEGER
    ) STRICT;
    INSERT INTO organisation (id, name, plan, created) VALUES (1, 'Operator', 1, unixepoch() * 1000);
    -- Keys made before there were organisations keep working.
    INSERT INTO organisation (id, name, plan, created)
        SELECT tenant, 'Organisation ' || tenant, 1, min(created) FROM api_key WHERE tenant <> 1 GROUP BY tenant;

    CREATE TABLE rule (
        organisation INTEGER NOT NULL REFERENCES organisation (id),
        name TEXT NOT NULL,
        value REAL NOT NULL,
        PRIMARY KEY (organisation, name)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        organisation INTEGER NOT NULL,
        actor TEXT NOT NULL,
        act TEXT NOT NULL,
        subject TEXT NOT NULL,
        detail TEXT NOT NULL,
        address TEXT
    ) STRICT;
    CREATE INDEX audit_by_organisation ON audit (organisation, id);

    -- One address may have an account in several organisations: were it unique, signing up would tell whether somebody
    -- else is here.
    CREATE TABLE user (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        organisation INTEGER NOT NULL REFERENCES organisation (id),
        email TEXT NOT NULL,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        password TEXT NOT NULL,
        created INTEGER NOT NULL,
        disabled INTEGER,
        last_sign_in INTEGER,
        totp_secret BLOB,
        totp_confirmed INTEGER,
        totp_step_used INTEGER,
        UNIQUE (organisation, email)
    ) STRICT;
    CREATE INDEX user_by_email ON user (email);

    CREATE TABLE recovery_code (
        user INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
        digest BLOB NOT NULL CHECK (length(digest) = 32),
        PRIMARY KEY (user, digest)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE session (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
        user INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
        csrf TEXT NOT NULL,
        stage TEXT NOT NULL,
        created INTEGER NOT NULL,
        seen INTEGER NOT NULL,
        address TEXT,
        agent TEXT NOT NULL
    ) STRICT;
    CREATE INDEX session_by_user ON session (user);

    CREATE TABLE link (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
        purpose TEXT NOT NULL,
        organisation INTEGER REFERENCES organisation (id),
        user INTEGER REFERENCES user (id) ON DELETE CASCADE,
        plan INTEGER REFERENCES plan (id),
        role TEXT,
        email TEXT,
        created INTEGER NOT NULL,
        expires INTEGER NOT NULL,
        used INTEGER
    ) STRICT;

    -- What was tried, by a digest of whom or where: no address book lies here.
    CREATE TABLE attempt (
        subject BLOB NOT NULL,
        at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX attempt_by_subject ON attempt (subject, at);
    CREATE INDEX attempt_by_time ON attempt (at);
",
];
