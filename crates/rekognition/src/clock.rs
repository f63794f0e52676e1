//! The one place of this crate where the time of day is read.

use std::time::{SystemTime, UNIX_EPOCH};

use biometric::Timestamp;

/// Now; the epoch on a machine whose clock stands before it.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
