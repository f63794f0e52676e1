//! The tables, and how they come to be.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::connection;
use super::fault::Fault;

/// Marks the file as an Auther gallery: `AthG`.
const APPLICATION_ID: u32 = 0x4174_6847;

/// What every SQLite file begins with, how long its header is, and where in it the application id lies, in bytes.
const MAGIC: &[u8] = b"SQLite format 3\0";
pub(super) const HEADER_BYTES: usize = 100;
const APPLICATION_ID_AT: usize = 68;

/// The steps from an empty file to the schema of this release; step `n` (from 1) leads to schema version `n`. A step
/// that was released is never changed.
const MIGRATIONS: [&str; 1] = ["
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
"];

/// The schema version that this release writes.
const KNOWN: i64 = MIGRATIONS.len() as i64;

/// Tells a gallery from other files by its header.
pub(super) fn identify(header: &[u8; HEADER_BYTES]) -> Result<(), Fault> {
    match (header.starts_with(MAGIC), header[APPLICATION_ID_AT..].starts_with(&APPLICATION_ID.to_be_bytes())) {
        (true, true) => Ok(()),
        (true, false) => Err(Fault::Foreign),
        (false, _) => Err(Fault::Corrupt("not a database".into())),
    }
}

/// Fills an empty file.
pub(super) fn create(path: &Path) -> Result<(), Fault> {
    let mut connection = connection::open(path)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.execute_batch(
        "CREATE TABLE migration (version INTEGER PRIMARY KEY, applied INTEGER NOT NULL DEFAULT (unixepoch())) STRICT",
    )?;
    migrate(&mut connection)?;
    connection::log_ahead(&connection)?;
    connection.close().map_err(|(_, error)| error.into())
}

/// Brings a gallery to the schema of this release.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.query_row("SELECT coalesce(max(version), 0) FROM migration", [], |row| row.get(0))?;
    let done = usize::try_from(found).map_err(|_| Fault::Corrupt(format!("schema version {found}")))?;
    let steps = MIGRATIONS.get(done..).ok_or(Fault::NewerSchema { found, known: KNOWN })?;
    for (step, version) in steps.iter().zip(found + 1..) {
        transaction.execute_batch(step)?;
        transaction.execute("INSERT INTO migration (version) VALUES (?1)", [version])?;
    }
    Ok(transaction.commit()?)
}
