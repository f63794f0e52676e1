//! The connection that watches whether somebody wrote.

use rusqlite::Connection;

use super::follow::catch_up;
use super::site::Site;
use crate::database::fault::Fault;

/// A connection that only reads.
pub(super) struct Reader {
    connection: Connection,
    /// SQLite's own counter of other connections' commits, when the mirror was last brought up to date.
    seen: Option<i64>,
}

impl Reader {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, seen: None }
    }

    /// Brings the mirror at least to what was committed, by whichever process, before this call.
    pub(super) fn refresh(&mut self, site: &Site) -> Result<(), Fault> {
        let counter = self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if self.seen == Some(counter) && site.mirror.position().is_some() {
            return Ok(());
        }
        catch_up(&self.connection.transaction()?, site)?;
        self.seen = Some(counter);
        Ok(())
    }
}
