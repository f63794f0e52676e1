//! What marks a file as one of ours, and the steps that its tables have come through.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::connection;
use super::fault::Fault;

/// What every SQLite file begins with, how long its header is, and where in it the application id lies, in bytes.
const MAGIC: &[u8] = b"SQLite format 3\0";
pub(super) const HEADER_BYTES: usize = 100;
const APPLICATION_ID_AT: usize = 68;

/// A kind of file.
pub(crate) struct Format {
    /// Its name in the data directory.
    pub(crate) file_name: &'static str,
    /// Marks the file in its header.
    pub(crate) application_id: u32,
    /// The steps from an empty file to the schema of this release; step `n` (from 1) leads to schema version `n`.
    pub(crate) migrations: &'static [&'static str],
}

impl Format {
    /// Tells such a file from others by its header.
    pub(super) fn identify(&self, header: &[u8; HEADER_BYTES]) -> Result<(), Fault> {
        let is_marked = header[APPLICATION_ID_AT..].starts_with(&self.application_id.to_be_bytes());
        match (header.starts_with(MAGIC), is_marked) {
            (true, true) => Ok(()),
            (true, false) => Err(Fault::Foreign),
            (false, _) => Err(Fault::Corrupt("not a database".into())),
        }
    }

    /// Fills an empty file.
    pub(super) fn create(&self, path: &Path) -> Result<(), Fault> {
        let mut connection = connection::open(path)?;
        connection.pragma_update(None, "application_id", self.application_id)?;
        connection.execute_batch(
            "CREATE TABLE migration (version INTEGER PRIMARY KEY, applied INTEGER NOT NULL DEFAULT (unixepoch())) STRICT",
        )?;
        self.migrate(&mut connection)?;
        connection::log_ahead(&connection)?;
        connection.close().map_err(|(_, error)| error.into())
    }

    /// Brings a file to the schema of this release.
    pub(crate) fn migrate(&self, connection: &mut Connection) -> Result<(), Fault> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: i64 =
            transaction.query_row("SELECT coalesce(max(version), 0) FROM migration", [], |row| row.get(0))?;
        let done = usize::try_from(found).map_err(|_| Fault::Corrupt(format!("schema version {found}")))?;
        let known = self.migrations.len() as i64;
        let steps = self.migrations.get(done..).ok_or(Fault::NewerSchema { found, known })?;
        for (step, version) in steps.iter().zip(found + 1..) {
            transaction.execute_batch(step)?;
            transaction.execute("INSERT INTO migration (version) VALUES (?1)", [version])?;
        }
        Ok(transaction.commit()?)
    }
}
