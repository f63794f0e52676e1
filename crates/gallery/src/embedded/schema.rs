//! The tables, and how they come to be.

use crate::database::Format;

/// The file of a gallery: `AthG`. A step that was released is never changed.
pub(super) const FORMAT: Format = Format {
    file_name: "gallery.db",
    application_id: 0x4174_6847,
    migrations: &[
        "
    -- The one row that says what this store is and where it stands.
    CREATE TABLE store (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        version INTEGER NOT NULL,  -- of the latest change; allocated in the transaction that makes it
        persons INTEGER NOT NULL,  -- how many rows `person` has: a row that got lost is noticed
        model TEXT,                -- who made the references; null until there is one
        width INTEGER              -- how many values each has
    ) STRICT;
    INSERT INTO store VALUES (1, 0, 0, NULL, NULL);

    CREATE TABLE person (
        key INTEGER PRIMARY KEY,   -- the version at which the person was enrolled
        tenant INTEGER NOT NULL,
        id TEXT NOT NULL,
        created INTEGER NOT NULL,  -- milliseconds since 1970, like updated
        updated INTEGER NOT NULL,
        reference BLOB NOT NULL,   -- f32, little endian
        checksum INTEGER NOT NULL, -- FNV-1a of all the other columns
        UNIQUE (tenant, id)
    ) STRICT;

    -- Which rows changed, so that other processes need not read all. It names keys and not ids: a person who was
    -- removed is forgotten here too.
    CREATE TABLE change (
        version INTEGER PRIMARY KEY,
        tenant INTEGER NOT NULL,
        person INTEGER NOT NULL
    ) STRICT;
",
        "
    -- A running hash over all that ever changed, from a random beginning: two stores that stood at the same version in
    -- two lives, before and after one was restored from a copy, differ in it. What is kept beside the store says of which
    -- version and mark it is.
    ALTER TABLE store ADD COLUMN mark INTEGER NOT NULL DEFAULT 0;
    UPDATE store SET mark = random();
    ALTER TABLE change ADD COLUMN mark INTEGER; -- of the store after the change; null where an earlier release made it
    UPDATE change SET mark = (SELECT mark FROM store) WHERE version = (SELECT version FROM store);
    -- The beginning, so that who has seen an empty store need not read everything.
    INSERT INTO change SELECT version, 0, 0, mark FROM store WHERE version = 0;
",
    ],
};
