//! How a connection to the file is set up.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::fault::Fault;

/// How long to wait for another process that writes, in milliseconds: longer than its largest batch takes, shorter than
/// a client waits.
pub(crate) const BUSY_MS_MAX: u64 = 5_000;

/// How much of the write-ahead log's file is kept for reuse, in bytes: a few checkpoints' worth.
const LOG_BYTES_KEPT_MAX: i64 = 16 << 20;

/// Opens a database that exists.
pub(crate) fn open(path: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_millis(BUSY_MS_MAX))?;
    // A commit returns after the disk has it.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What is removed is overwritten.
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES_KEPT_MAX)?;
    // No reference in a temporary file; no trust in what a damaged file says.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cell_size_check", "ON")?;
    connection.pragma_update(None, "trusted_schema", "OFF")?;
    Ok(connection)
}

/// The same, write-ahead logged: readers and the writer do not wait for one another.
pub(crate) fn open_logged(path: &Path) -> Result<Connection, Fault> {
    let connection = open(path)?;
    log_ahead(&connection)?;
    Ok(connection)
}

/// Switches the file to write-ahead logging; it stays so.
pub(crate) fn log_ahead(connection: &Connection) -> Result<(), Fault> {
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    match mode.as_str() {
        "wal" => Ok(()),
        other => Err(Fault::Database(format!("write-ahead logging is not to be had here (mode {other})"))),
    }
}

/// Moves the write-ahead log into the database and empties it; `false` when another process still reads from it.
pub(crate) fn checkpoint(connection: &Connection) -> Result<bool, Fault> {
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(busy == 0)
}
