//! The tables and their history.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::OpenError;

/// Marks the file as ours ("AUAC"), so that a wrong path does not get our tables.
const APPLICATION_ID: i64 = 0x4155_4143;

/// What leads from each schema version to the next: entry 0 makes version 1 of an empty file. Never edit an entry that
/// was released; append.
const MIGRATIONS: &[&str] = &["
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
"];

/// The schema that this program writes.
pub(crate) const NEWEST: usize = MIGRATIONS.len();

/// Finds out which schema the file has; 0 when it is new. Reads only, and all of it from one moment: another process may
/// be making the tables meanwhile, and half of what it does would look like somebody else's file.
///
/// # Errors
/// When the file is not ours, or ours of a later version.
pub(crate) fn recognise(connection: &mut Connection) -> Result<usize, OpenError> {
    recognise_within(&connection.transaction_with_behavior(TransactionBehavior::Deferred)?)
}

/// The same, within a transaction that is open already.
fn recognise_within(connection: &Transaction<'_>) -> Result<usize, OpenError> {
    let number = |sql: &str| connection.query_row(sql, (), |row| row.get::<_, i64>(0));
    let (application, found) = (number("PRAGMA application_id")?, number("PRAGMA user_version")?);
    let is_new = application == 0 && found == 0 && number("SELECT count(*) FROM sqlite_schema")? == 0;
    if !is_new && application != APPLICATION_ID {
        return Err(OpenError::Foreign);
    }
    match usize::try_from(found) {
        Ok(version) if version <= NEWEST => Ok(version),
        Ok(_) | Err(_) => Err(OpenError::NewerSchema { found, known: NEWEST as i64 }),
    }
}

/// Brings the file to the newest schema.
///
/// One transaction that writes from its beginning: of two processes that open a new file at once, the second waits and
/// then finds the tables there.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for migration in &MIGRATIONS[recognise_within(&transaction)?..] {
        transaction.execute_batch(migration)?;
    }
    transaction.execute_batch(&format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {NEWEST};"))?;
    Ok(transaction.commit()?)
}
