//! What is written down of a request that somebody was let in for: in the request log, in the statistics, in the quota.
//!
//! The middleware begins a record and ends it, the extractor says in between whose it is. One that is not ended belongs to
//! a client that went away.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use accounts::usage::{Charge, Done, Usage};
use accounts::{Caller, KeyId, Operation};
use axum::response::Response;
use biometric::TenantId;

use crate::clock;
use crate::error::Cause;
use crate::request_id::RequestId;

/// The status of a request whose client went away before the answer: what nginx made usual.
const CLIENT_GONE: u16 = 499;

/// A handle that travels with the request.
#[derive(Clone, Default)]
pub(crate) struct Record(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    whose: Option<(TenantId, Option<KeyId>, Operation)>,
    charge: Option<Charge>,
}

impl Record {
    /// Says whose request it is.
    pub(crate) fn of(&self, caller: &Caller, operation: Operation) {
        self.known().whose = Some((caller.tenant, caller.key, operation));
    }

    /// Says what it has cost.
    pub(crate) fn charge(&self, charge: Charge) {
        self.known().charge = Some(charge);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The record as the middleware holds it: written when it ends, or when it is dropped because the client has gone.
pub(crate) struct Open {
    record: Record,
    usage: Arc<Usage>,
    id: RequestId,
    begun: Instant,
}

impl Open {
    pub(crate) fn begin(usage: Arc<Usage>, id: RequestId) -> Self {
        Self { record: Record::default(), usage, id, begun: Instant::now() }
    }

    /// What the extractor fills in.
    pub(crate) fn record(&self) -> Record {
        self.record.clone()
    }

    pub(crate) fn end(self, response: &Response) {
        let code = response.extensions().get::<Cause>().map_or("", |cause| cause.case.code().text());
        let status = response.status();
        // What we could not do costs nothing.
        if status.is_server_error()
            && let Some(charge) = self.record.known().charge.take()
        {
            self.usage.refund(charge);
        }
        self.write(status.as_u16(), code);
    }

    fn write(&self, status: u16, code: &str) {
        let Some((organisation, key, operation)) = self.record.known().whose.take() else { return };
        self.usage.record(Done {
            organisation,
            key,
            operation,
            status,
            code: code.to_owned(),
            latency_us: u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX),
            request_id: self.id.to_string(),
            at: clock::now(),
        });
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // Nothing, when it was ended: whose it was has been taken.
        self.write(CLIENT_GONE, "");
    }
}
