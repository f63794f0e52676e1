//! Requests that are done: the log, the statistics of the day, and when each key was last used.

use biometric::{TenantId, Timestamp};
use rusqlite::{Transaction, params};

use super::calendar::day;
use crate::{KeyId, Operation};

/// A request that was answered, or whose client went away. It names no person and holds no image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Whose request it was.
    pub organisation: TenantId,
    /// The key that was presented; `None`: the console.
    pub key: Option<KeyId>,
    /// What was asked for.
    pub operation: Operation,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The code of the error; empty when there was none.
    pub code: String,
    /// How long it took, in microseconds.
    pub latency_us: u64,
    /// The request's own id, as the client got it.
    pub request_id: String,
    /// When it came.
    pub at: Timestamp,
}

/// Keys are numbered from 1, so 0 stands for none: a column that is part of a primary key has no nulls.
pub(super) fn stored_key(key: Option<KeyId>) -> i64 {
    key.map_or(0, |key| key.0)
}

/// The reverse.
pub(super) fn read_key(stored: i64) -> Option<KeyId> {
    (stored != 0).then_some(KeyId(stored))
}

impl Done {
    pub(super) fn write(&self, transaction: &Transaction<'_>) -> Result<(), rusqlite::Error> {
        let (organisation, key, operation) = (self.organisation.0, stored_key(self.key), self.operation.word());
        let mut log = transaction.prepare_cached(
            "INSERT INTO request (at, organisation, key, operation, status, code, latency_us, request_id)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        log.execute(params![
            self.at.as_millis(),
            organisation,
            key,
            operation,
            self.status,
            self.code,
            i64::try_from(self.latency_us).unwrap_or(i64::MAX),
            self.request_id,
        ])?;
        let mut count = transaction.prepare_cached(
            "INSERT INTO daily (organisation, day, operation, code, key, count) VALUES (?, ?, ?, ?, ?, 1)
             ON CONFLICT DO UPDATE SET count = count + 1",
        )?;
        count.execute(params![organisation, day(self.at), operation, self.code, key])?;
        if self.key.is_some() {
            // Requests end in another order than they come in.
            let mut used = transaction.prepare_cached(
                "INSERT INTO key_use (key, organisation, last) VALUES (?, ?, ?)
                 ON CONFLICT DO UPDATE SET last = max(last, excluded.last)",
            )?;
            used.execute((key, organisation, self.at.as_millis()))?;
        }
        Ok(())
    }
}
