//! Deleting, a little at a time: whatever else wants to be written never waits for more than one small step.

use biometric::{TenantId, Timestamp};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::calendar::day;

/// How many rows one step deletes from a table: a few milliseconds' work.
const STEP_ROWS_MAX: i64 = 1_000;

/// How often old rows are looked for, in milliseconds.
const PRUNE_EVERY_MS: i64 = 3_600_000;

const DAY_MS: i64 = 86_400_000;

/// How long what is written here is kept, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// For the log of single requests.
    pub request_log_days: u32,
    /// For the counts per day.
    pub usage_days: u32,
}

/// What is to be deleted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Chore {
    /// What is older than it is kept.
    Prune { requests_before: Timestamp, days_before: i64, signatures_before: Timestamp },
    /// All of an organisation.
    Forget(TenantId),
}

impl Chore {
    /// Does one step of it; `true` when nothing is left to do.
    pub(super) fn step(self, connection: &mut Connection) -> Result<bool, rusqlite::Error> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let deleted = match self {
            Self::Prune { requests_before, days_before, signatures_before } => {
                prune(&transaction, requests_before, days_before, signatures_before)?
            }
            Self::Forget(organisation) => forget(&transaction, organisation)?,
        };
        transaction.commit()?;
        Ok(deleted == 0)
    }
}

fn prune(
    transaction: &Transaction<'_>,
    requests: Timestamp,
    days: i64,
    signatures: Timestamp,
) -> Result<usize, rusqlite::Error> {
    let mut old_requests =
        transaction.prepare_cached("DELETE FROM request WHERE id IN (SELECT id FROM request WHERE at < ? LIMIT ?)")?;
    let mut old_days = transaction.prepare_cached(
        "DELETE FROM daily WHERE (organisation, day, operation, code, key) IN
         (SELECT organisation, day, operation, code, key FROM daily WHERE day < ? LIMIT ?)",
    )?;
    let mut old_signatures = transaction.prepare_cached(
        "DELETE FROM signature WHERE digest IN (SELECT digest FROM signature WHERE expires < ? LIMIT ?)",
    )?;
    Ok(old_requests.execute((requests.as_millis(), STEP_ROWS_MAX))?
        + old_days.execute((days, STEP_ROWS_MAX))?
        + old_signatures.execute((signatures.as_millis(), STEP_ROWS_MAX))?)
}

fn forget(transaction: &Transaction<'_>, organisation: TenantId) -> Result<usize, rusqlite::Error> {
    const STATEMENTS: [&str; 4] = [
        "DELETE FROM request WHERE id IN (SELECT id FROM request WHERE organisation = ? LIMIT ?)",
        "DELETE FROM daily WHERE (organisation, day, operation, code, key) IN
         (SELECT organisation, day, operation, code, key FROM daily WHERE organisation = ? LIMIT ?)",
        "DELETE FROM key_use WHERE key IN (SELECT key FROM key_use WHERE organisation = ? LIMIT ?)",
        "DELETE FROM quota WHERE (organisation, month) IN
         (SELECT organisation, month FROM quota WHERE organisation = ? LIMIT ?)",
    ];
    let delete = |sql: &&str| transaction.prepare_cached(sql)?.execute((organisation.0, STEP_ROWS_MAX));
    STATEMENTS.iter().map(delete).sum()
}

/// Knows when old rows are to be looked for again, from the times that it is told.
pub(super) struct Pruning {
    retention: Retention,
    last: Option<Timestamp>,
}

impl Pruning {
    pub(super) const fn new(retention: Retention) -> Self {
        Self { retention, last: None }
    }

    /// What is to be deleted now, if it is time for it.
    pub(super) fn due(&mut self, now: Timestamp) -> Option<Chore> {
        let since = |last: Timestamp| now.as_millis().saturating_sub(last.as_millis());
        // Also when the clock went back: else there would be none until it is where it was.
        let is_due = self.last.is_none_or(|last| since(last).abs() >= PRUNE_EVERY_MS);
        is_due.then(|| {
            self.last = Some(now);
            let log_ms = i64::from(self.retention.request_log_days) * DAY_MS;
            Chore::Prune {
                requests_before: Timestamp::from_millis(now.as_millis().saturating_sub(log_ms)),
                signatures_before: now,
                days_before: day(now).saturating_sub(i64::from(self.retention.usage_days)),
            }
        })
    }
}
