//! What organisations use: the quota of each month, counts per day, the log of requests, when keys were last used.
//!
//! All of it is in a file of its own, `usage.db`, because it is written with every request and its loss is no disaster:
//! commits survive every end of the process, `kill -9` too, but a power cut may take the last moment with it, and a kill the
//! last tenth of a second of the log and the counts per day.
//! Except for the signatures that were seen ([`Signed`]): those are waited for on the disk.
//!
//! - One thread writes (`writer`). What waits together is written with one commit, and a charge is answered only after
//!   it: a quota is never overdrawn, by however many threads or processes it is charged.
//! - Nobody waits for the log (`log`): lines are written together a few times a second, and when too many are waiting, they
//!   are dropped and counted.
//! - Old rows are deleted a few at a time (`chore`), by the times that come in: nothing here asks for the date.

mod calendar;
mod charge;
mod chore;
mod done;
mod history;
mod log;
mod schema;
mod signature;
mod writer;

use std::collections::HashMap;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, MutexGuard, PoisonError};

use biometric::{TenantId, Timestamp};
use rusqlite::Connection;

pub use calendar::day;
pub use charge::{Charge, ChargeError, Exhausted, Month, ToCharge};
pub use chore::Retention;
pub use done::Done;
pub use history::{DayCount, RequestFilter, RequestLine};
pub use signature::{SIGNATURES_MAX, Signed};

use self::calendar::CalendarMonth;
use self::writer::{Command, Writer};
use crate::{KeyId, OpenError, OpenFault, database};

/// The file in the data directory.
pub const FILE_NAME: &str = "usage.db";

/// How much of the write-ahead log's file is kept for reuse, in bytes.
const LOG_BYTES_KEPT_MAX: i64 = 16 << 20;

/// Why nothing can be told about usage.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// SQLite gave up.
    #[error("the usage database does not answer: {0}")]
    Database(#[from] rusqlite::Error),
    /// The thread that writes could not do it.
    #[error("the usage database cannot be written: {0}")]
    Write(String),
}

/// The usage of one installation. What returns something blocks for as long as the disk takes: keep it off an
/// asynchronous runtime's own threads. Dropping it writes what waits.
pub struct Usage {
    writer: Writer,
    reader: Mutex<Connection>,
}

impl Usage {
    /// Opens the database in the data directory, and makes it if it is not there.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(data_dir: &Path, retention: Retention) -> Result<Self, OpenError> {
        let path = data_dir.join(FILE_NAME);
        Self::open_file(&path, retention).map_err(|fault| OpenError { path, fault })
    }

    fn open_file(path: &Path, retention: Retention) -> Result<Self, OpenFault> {
        let connection = database::open(path, &schema::SCHEMA)?;
        connection
            .execute_batch(&format!("PRAGMA journal_size_limit = {LOG_BYTES_KEPT_MAX}; PRAGMA temp_store = MEMORY;"))?;
        let reader = database::open(path, &schema::SCHEMA)?;
        reader.execute_batch("PRAGMA query_only = ON")?;
        Ok(Self { writer: Writer::start(connection, retention)?, reader: Mutex::new(reader) })
    }

    /// Charges one request, and waits for it.
    ///
    /// # Errors
    /// [`ChargeError`]; nothing is charged then.
    pub fn charge(&self, to_charge: ToCharge) -> Result<Charge, ChargeError> {
        let (tell, told) = sync_channel(1);
        let tell = move |verdict| {
            // Whoever waits here waits to the end.
            let _ = tell.send(verdict);
            None
        };
        self.charge_then(to_charge, tell)?;
        told.recv().unwrap_or_else(|_| Err(ChargeError::Unavailable(writer::ENDED.to_owned())))
    }

    /// Charges one request. `told` is told of it when it is committed, on the thread that writes, which waits meanwhile: it
    /// should do no more than pass it on. What it returns is taken back; so can be done with the charge of a request that was
    /// given up. It is dropped without having been told when the thread ends.
    ///
    /// # Errors
    /// [`ChargeError::Unavailable`] when too much is waiting; nothing is charged then, and nobody told.
    pub fn charge_then(
        &self,
        to_charge: ToCharge,
        told: impl FnOnce(Result<Charge, ChargeError>) -> Option<Charge> + Send + 'static,
    ) -> Result<(), ChargeError> {
        self.writer.charge(to_charge, Box::new(told))
    }

    /// Takes a charge back: the request failed through no fault of the client. Not waited for.
    pub fn refund(&self, charge: Charge) {
        self.writer.submit(Command::Refund(charge));
    }

    /// Writes down a request that is done, within a tenth of a second. Not waited for; dropped, and counted as such, when too
    /// much is waiting.
    pub fn record(&self, done: Done) {
        self.writer.record(done);
    }

    /// How many refunds and records got lost since this was opened, because too much was waiting or the database did
    /// not answer. More than none is worth a warning.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.writer.dropped()
    }

    /// What is used of the calendar month (UTC) of `now`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn month(&self, organisation: TenantId, now: Timestamp) -> Result<Month, Error> {
        let month = CalendarMonth::of(now);
        Ok(Month { used: charge::used_in(&self.reader(), organisation, month)?, resets: month.ends() })
    }

    /// The counts of these days, both included, in their order; see [`day`].
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn days(&self, organisation: TenantId, from_day: i64, to_day: i64) -> Result<Vec<DayCount>, Error> {
        Ok(history::days(&self.reader(), organisation, (from_day, to_day))?)
    }

    /// At most `limit` requests of the log, the newest first; only those with a smaller id than `before`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn requests(
        &self,
        organisation: TenantId,
        filter: &RequestFilter,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<RequestLine>, Error> {
        Ok(history::requests(&self.reader(), organisation, filter, before, limit)?)
    }

    /// When each key was last used that ever was.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn last_used(&self, organisation: TenantId) -> Result<HashMap<KeyId, Timestamp>, Error> {
        Ok(history::last_used(&self.reader(), organisation)?)
    }

    /// Deletes everything that is known of an organisation, and waits for it.
    ///
    /// # Errors
    /// When the database does not answer; doing it again goes on with what is left.
    pub fn forget(&self, organisation: TenantId) -> Result<(), Error> {
        self.writer.wait_for(|reply| Command::Forget(organisation, reply)).map_err(Error::Write)
    }

    /// Waits until everything is written that was handed over before, and what was due to be deleted is.
    pub fn flush(&self) {
        // An error says that the thread has ended: then nothing waits.
        let _ = self.writer.wait_for(Command::Flush);
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves no half-done work: every read here is a single statement.
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
