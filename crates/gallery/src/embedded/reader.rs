//! The connection that watches whether somebody wrote.

use biometric::ModelId;
use rusqlite::Connection;

use super::follow::catch_up;
use crate::database::fault::Fault;
use crate::mirror::Shared;

/// A connection that only reads.
pub(super) struct Reader {
    connection: Connection,
    /// SQLite's own counter of other connections' commits, when the mirror was last brought up to date.
    seen: Option<i64>,
}

impl Reader {
    pub(super) fn new(connection: Connection) -> Result<Self, Fault> {
        connection.pragma_update(None, "query_only", "ON")?;
        Ok(Self { connection, seen: None })
    }

    /// Brings the mirror at least to what was committed, by whichever process, before this call.
    pub(super) fn refresh(&mut self, model: &ModelId, mirror: &Shared) -> Result<(), Fault> {
        let counter = self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if self.seen == Some(counter) && mirror.read().is_loaded() {
            return Ok(());
        }
        catch_up(&self.connection.transaction()?, model, mirror)?;
        self.seen = Some(counter);
        Ok(())
    }
}
