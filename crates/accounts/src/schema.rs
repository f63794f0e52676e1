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
    "
    -- What is sealed opens under the master key that opens this.
    CREATE TABLE vault (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        proof BLOB NOT NULL
    ) STRICT;

    -- Sealed, the secret takes the place of totp_secret, which stays empty from now on.
    ALTER TABLE user ADD COLUMN totp_sealed BLOB;

    CREATE TABLE signing (
        key INTEGER PRIMARY KEY REFERENCES api_key (id) ON DELETE CASCADE,
        algorithm TEXT NOT NULL,
        is_required INTEGER NOT NULL,
        is_length_prefixed INTEGER NOT NULL
    ) STRICT;

    -- What a client signs with: of a pair the public half, or a shared key, sealed.
    CREATE TABLE client_key (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        key INTEGER NOT NULL REFERENCES api_key (id) ON DELETE CASCADE,
        public BLOB,
        shared BLOB,
        created INTEGER NOT NULL,
        CHECK ((public IS NULL) <> (shared IS NULL))
    ) STRICT;
    CREATE INDEX client_key_by_key ON client_key (key);

    -- What the server signs with; of several the one that has begun last.
    CREATE TABLE server_key (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        public BLOB NOT NULL,
        private BLOB NOT NULL,
        created INTEGER NOT NULL,
        begins INTEGER NOT NULL
    ) STRICT;

    -- For clients that sign as those of Amazon do: an id in clear, a secret that both sides know.
    CREATE TABLE access_key (
        id TEXT PRIMARY KEY,
        key INTEGER NOT NULL REFERENCES api_key (id) ON DELETE CASCADE,
        secret BLOB NOT NULL,
        created INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX access_key_by_key ON access_key (key);
",
];
