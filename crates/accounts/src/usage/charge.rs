//! The quota: how many requests an organisation has made in a calendar month, and whether it may make another.

use biometric::{TenantId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::calendar::CalendarMonth;
use super::signature::{self, SIGNATURES_MAX, Signed, Unacceptable};

/// One request that was charged. Handing it to [`refund`](super::Usage::refund) takes it back, once; dropping it leaves
/// it charged.
#[derive(Debug, PartialEq, Eq)]
pub struct Charge {
    pub(super) organisation: TenantId,
    pub(super) month: CalendarMonth,
    pub(super) used: u64,
}

impl Charge {
    /// How many requests have been charged in this month, this one included.
    #[must_use]
    pub const fn used(&self) -> u64 {
        self.used
    }
}

/// The month's requests are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{used} of {limit} requests of this month are used")]
pub struct Exhausted {
    /// How many were charged.
    pub used: u64,
    /// How many there are.
    pub limit: u64,
    /// When there are new ones: the beginning of the next calendar month, UTC.
    pub resets: Timestamp,
}

/// Why a request is not charged. It is not counted then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChargeError {
    /// The quota is used up.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    /// The request's signature has counted already.
    #[error("the signature was used before")]
    Replayed,
    /// More signatures of the key are remembered than may be.
    #[error("more signatures of this key are remembered than may be: {signatures_max}")]
    TooManySignatures {
        /// The greatest number of them.
        signatures_max: u64,
    },
    /// Nothing is known about the quota: too many wait, or the database does not answer.
    #[error("the usage database does not answer: {0}")]
    Unavailable(String),
}

/// What is used of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    /// How many requests were charged.
    pub used: u64,
    /// When the counting begins anew.
    pub resets: Timestamp,
}

/// A request that is to be charged to the calendar month (UTC) of `now`.
#[derive(Clone, Copy)]
pub struct ToCharge {
    /// Whose month it is.
    pub organisation: TenantId,
    /// How many requests a month has; `None`: there is no limit.
    pub limit: Option<u64>,
    /// Its verified signature, if it has one: it counts once, so a second request with it is refused. Remembered on the disk
    /// before anybody is told.
    pub signed: Option<Signed>,
    /// When it is.
    pub now: Timestamp,
}

impl ToCharge {
    /// Remembers the signature, if there is one, and charges.
    ///
    /// A signature stays remembered when the quota is used up: what its client was told has failed must not succeed later, when
    /// somebody else sends it again.
    pub(super) fn run(self, transaction: &Transaction<'_>) -> Result<Result<Charge, ChargeError>, rusqlite::Error> {
        if let Some(signed) = &self.signed {
            match signature::remember(transaction, signed, self.now, SIGNATURES_MAX)? {
                Ok(()) => {}
                Err(Unacceptable::Replayed) => return Ok(Err(ChargeError::Replayed)),
                Err(Unacceptable::TooMany) => {
                    return Ok(Err(ChargeError::TooManySignatures { signatures_max: SIGNATURES_MAX }));
                }
            }
        }
        Ok(self.count(transaction)?.map_err(ChargeError::Exhausted))
    }

    /// Counts one more, unless that would be one too many: decided and written by one statement.
    fn count(self, transaction: &Transaction<'_>) -> Result<Result<Charge, Exhausted>, rusqlite::Error> {
        let Self { organisation, limit, signed: _, now } = self;
        let month = CalendarMonth::of(now);
        // More than that nobody can count to.
        let limit_stored = limit.map_or(i64::MAX, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
        let mut insert = transaction.prepare_cached(
            "INSERT INTO quota (organisation, month, used) SELECT ?1, ?2, 1 WHERE ?3 > 0
             ON CONFLICT DO UPDATE SET used = used + 1 WHERE used < ?3 RETURNING used",
        )?;
        let values = params![organisation.0, month.0, limit_stored];
        let used = insert.query_row(values, |row| row.get(0).map(i64::cast_unsigned)).optional()?;
        Ok(match (used, limit) {
            (Some(used), _) => Ok(Charge { organisation, month, used }),
            (None, Some(limit)) => {
                let used = used_in(transaction, organisation, month)?;
                Err(Exhausted { used, limit, resets: month.ends() })
            }
            // Refused without a limit: the counter is at its end.
            (None, None) => Err(Exhausted { used: u64::MAX, limit: u64::MAX, resets: month.ends() }),
        })
    }
}

/// Takes a charge back from the month in which it was made.
pub(super) fn refund(transaction: &Transaction<'_>, charge: &Charge) -> Result<(), rusqlite::Error> {
    let mut update = transaction
        .prepare_cached("UPDATE quota SET used = used - 1 WHERE organisation = ? AND month = ? AND used > 0")?;
    update.execute((charge.organisation.0, charge.month.0)).map(drop)
}

/// How many requests were charged.
pub(super) fn used_in(
    connection: &Connection,
    organisation: TenantId,
    month: CalendarMonth,
) -> Result<u64, rusqlite::Error> {
    let mut select = connection.prepare_cached("SELECT used FROM quota WHERE organisation = ? AND month = ?")?;
    let used = select.query_row((organisation.0, month.0), |row| row.get::<_, i64>(0)).optional()?;
    Ok(used.map_or(0, i64::cast_unsigned))
}
