//! Signatures that were accepted: each counts once, as long as its timestamp would be accepted.
//!
//! Kept in the file that every request is written to anyway, so that a replay is refused by whichever process it reaches and
//! after whatever end of it; and waited for on the disk, so that a power cut forgets none.

use biometric::Timestamp;
use rusqlite::{Transaction, params};
use signing::Seen;

use crate::KeyId;

/// How many signatures of one key are remembered at once: some 1,600 requests a second for as long as the window is wide.
/// They take about 100 bytes each on the disk.
pub const SIGNATURES_MAX: u64 = 1_000_000;

/// How many that are over go with each one that comes: the memory shrinks as fast as it grows, and no request waits for a
/// thousand.
const FORGOTTEN_WITH_EACH: i64 = 4;

/// A signature that was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Whose it is.
    pub key: KeyId,
    /// Which one.
    pub seen: Seen,
    /// Until when its timestamp would be accepted.
    pub expires: Timestamp,
}

/// Why a signature does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unacceptable {
    /// It has counted already.
    Replayed,
    /// More of the key are remembered than may be.
    TooMany,
}

/// Remembers a signature, unless it has been seen.
pub(super) fn remember(
    transaction: &Transaction<'_>,
    signed: &Signed,
    now: Timestamp,
    signatures_max: u64,
) -> Result<Result<(), Unacceptable>, rusqlite::Error> {
    let Signed { key, seen: Seen(digest), expires } = signed;
    forget(transaction, *key, now)?;
    let mut count = transaction.prepare_cached("SELECT coalesce(max(count), 0) FROM signature_count WHERE key = ?")?;
    let count: i64 = count.query_row((key.0,), |row| row.get(0))?;
    let mut insert = transaction
        .prepare_cached("INSERT INTO signature (digest, key, expires) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")?;
    // First whether it was seen: who repeats a request is told so, however full the memory is.
    let mut seen = transaction.prepare_cached("SELECT 1 FROM signature WHERE digest = ?")?;
    if seen.exists((digest,))? {
        return Ok(Err(Unacceptable::Replayed));
    }
    if count.cast_unsigned() >= signatures_max {
        return Ok(Err(Unacceptable::TooMany));
    }
    insert.execute(params![digest, key.0, expires.as_millis()])?;
    Ok(Ok(()))
}

/// Forgets a few that are over: of this key, so that a full memory empties, and of any.
fn forget(transaction: &Transaction<'_>, key: KeyId, now: Timestamp) -> Result<(), rusqlite::Error> {
    const OF_KEY: &str = "DELETE FROM signature WHERE digest IN
        (SELECT digest FROM signature WHERE key = ?1 AND expires < ?2 LIMIT ?3)";
    const OF_ANY: &str = "DELETE FROM signature WHERE digest IN
        (SELECT digest FROM signature WHERE ?1 = ?1 AND expires < ?2 LIMIT ?3)";
    for sql in [OF_KEY, OF_ANY] {
        transaction.prepare_cached(sql)?.execute((key.0, now.as_millis(), FORGOTTEN_WITH_EACH))?;
    }
    Ok(())
}
