//! What is written down of a request that somebody was let in for: in the request log, in the statistics, in the quota.
//!
//! The middleware begins a record and ends it, the extractor says in between whose it is. One that is not ended belongs to
//! a client that went away.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use accounts::usage::{Charge, Done, Usage};
use accounts::{Caller, KeyId, Operation};
use biometric::TenantId;

use crate::Clock;

/// The status of a request whose client went away before the answer: what nginx made usual.
const CLIENT_GONE: u16 = 499;

/// From this status on it was our fault.
const SERVER_ERROR: u16 = 500;

/// A handle that travels with the request.
#[derive(Clone, Default)]
pub struct Record(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    whose: Option<(TenantId, Option<KeyId>, Operation)>,
    charge: Option<Charge>,
    is_closed: bool,
}

impl Record {
    /// Says whose request it is.
    pub fn of(&self, caller: &Caller, operation: Operation) {
        self.known().whose = Some((caller.tenant, caller.key, operation));
    }

    /// Says what it has cost.
    ///
    /// # Errors
    /// The charge comes back when the request was given up while it was charged: nothing was done for it.
    pub(crate) fn charge(&self, charge: Charge) -> Result<(), Charge> {
        let mut known = self.known();
        match known.is_closed {
            true => Err(charge),
            false => {
                known.charge = Some(charge);
                Ok(())
            }
        }
    }

    /// Takes out what is known; nothing is added any more.
    fn close(&self) -> Known {
        let closed = Known { is_closed: true, ..Known::default() };
        std::mem::replace(&mut *self.known(), closed)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The record as the middleware holds it: written when it ends, or when it is dropped because the client has gone.
pub struct Open {
    record: Record,
    usage: Arc<Usage>,
    request_id: String,
    begun: Instant,
    clock: Clock,
}

impl Open {
    pub(crate) fn begin(usage: Arc<Usage>, request_id: String, clock: Clock) -> Self {
        Self { record: Record::default(), usage, request_id, begun: Instant::now(), clock }
    }

    /// What is filled in when it is known whose request it is.
    #[must_use]
    pub fn record(&self) -> Record {
        self.record.clone()
    }

    /// Writes the request down as it was answered, with the code of an error or nothing.
    pub fn end(self, status: u16, code: &str) {
        let mut known = self.record.close();
        // What we could not do costs nothing.
        if status >= SERVER_ERROR
            && let Some(charge) = known.charge.take()
        {
            self.usage.refund(charge);
        }
        self.write(&known, status, code);
    }

    fn write(&self, known: &Known, status: u16, code: &str) {
        let Some((organisation, key, operation)) = known.whose else { return };
        self.usage.record(Done {
            organisation,
            key,
            operation,
            status,
            code: code.to_owned(),
            latency_us: u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX),
            request_id: self.request_id.clone(),
            at: (self.clock)(),
        });
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // Nothing, when it was ended: what was known has been taken out.
        self.write(&self.record.close(), CLIENT_GONE, "");
    }
}

#[cfg(test)]
mod tests {
    use accounts::usage::{RequestFilter, Retention, ToCharge};
    use accounts::{Limits, Permissions};

    use super::*;

    const TENANT: TenantId = TenantId(7);

    fn usage() -> (tempfile::TempDir, Arc<Usage>) {
        let folder = tempfile::tempdir().expect("a folder");
        let usage = Usage::open(folder.path(), Retention { request_log_days: 30, usage_days: 400 }).expect("opens");
        (folder, Arc::new(usage))
    }

    fn now() -> biometric::Timestamp {
        biometric::Timestamp::from_millis(1_700_000_000_000)
    }

    /// One request that is answered so, or not at all, and charged before or after that.
    fn run(usage: &Arc<Usage>, answer: Option<(u16, &str)>, is_late: bool) {
        let to_charge = ToCharge { organisation: TENANT, limit: None, signed: None, now: now() };
        let charge = || usage.charge(to_charge).expect("charged");
        let open = Open::begin(Arc::clone(usage), "id".to_owned(), now);
        let record = open.record();
        let (limits, rules, permissions) = (Limits::default(), Arc::default(), Permissions::ALL);
        let caller = Caller { key: None, tenant: TENANT, limits, rules, permissions, charged: true, signing: None };
        record.of(&caller, Operation::Get);
        if !is_late {
            record.charge(charge()).expect("in time");
        }
        match answer {
            Some((status, code)) => open.end(status, code),
            None => drop(open),
        }
        if is_late {
            usage.refund(record.charge(charge()).expect_err("too late"));
        }
        usage.flush();
    }

    #[test]
    fn what_is_charged_in_time_is_given_back_for_our_faults_only() {
        let (_folder, usage) = usage();
        let outcomes = [
            (Some((200, "")), 200, "", 1),
            (Some((400, "R_003")), 400, "R_003", 2),
            (Some((503, "U_001")), 503, "U_001", 2),
            (None, CLIENT_GONE, "", 3),
        ];
        for (number, (answer, status, code, used)) in outcomes.into_iter().enumerate() {
            run(&usage, answer, false);
            let lines = usage.requests(TENANT, &RequestFilter::default(), None, 9).expect("lines");
            assert_eq!((lines.len(), lines[0].status, lines[0].code.as_str()), (number + 1, status, code), "one each");
            assert_eq!(usage.month(TENANT, now()).expect("a month").used, used, "{status}");
        }
    }

    /// The disk was so slow that nobody waited any more.
    #[test]
    fn a_charge_that_comes_after_the_end_is_handed_back() {
        let (_folder, usage) = usage();
        for answer in [Some((503, "U_001")), None] {
            run(&usage, answer, true);
        }
        assert_eq!(usage.month(TENANT, now()).expect("a month").used, 0);
        assert_eq!(usage.requests(TENANT, &RequestFilter::default(), None, 9).expect("lines").len(), 2);
    }
}
