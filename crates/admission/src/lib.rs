//! Which requests are let in, and what is written down of them; whatever protocol they came by.
//!
//! One [`Admission`] serves all listeners of a process: an organisation has one rate, one share of the places in flight
//! and one quota, however it calls.

mod cores;
mod places;
mod record;

use std::sync::Arc;
use std::time::Duration;

use accounts::usage::{Charge, ChargeError, Exhausted, Signed, ToCharge, Usage};
use accounts::{Caller, Rate, RateLimiter};
use biometric::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

pub use places::Place;
pub use record::{Open, Record};

use cores::Cores;
use places::Places;

/// One organisation with a rate may hold one in so many of the places for requests in flight: slow bodies of one customer
/// must not keep the others out.
const SHARE: usize = 2;

/// When to come back with one more request than may be in flight: the least that `Retry-After` can say. A place comes free with
/// every answer, which is several times a second while requests are worked on; of those that are still being sent,
/// nobody knows when they end.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Where the time comes from.
pub type Clock = fn() -> Timestamp;

/// Lets requests in, in this order: a place in flight, how fast, how many at once, how many this month.
pub struct Admission {
    usage: Arc<Usage>,
    rates: RateLimiter,
    places: Places,
    requests_in_flight_max: usize,
    in_flight: Semaphore,
    cores: Cores,
    clock: Clock,
}

/// Why one more request of an organisation is not let in.
#[derive(Debug, PartialEq)]
pub enum Refusal {
    /// They come too fast.
    Rate {
        /// What the plan allows.
        rate: Rate,
        /// When there is room for one more.
        retry_after: Duration,
    },
    /// Too many are being worked on.
    InFlight {
        /// So many of one organisation at once.
        requests_max: usize,
        /// When to try again.
        retry_after: Duration,
    },
    /// The month's are used up.
    Exhausted(Exhausted),
    /// Its signature was used before.
    Replayed,
    /// More signatures are remembered than may be.
    TooManySignatures {
        /// So many.
        signatures_max: u64,
    },
    /// Nothing is known about the quota; the text is for the log.
    Unavailable(String),
}

impl Admission {
    /// The time, by the clock that all listeners share.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// For so many requests at once, of all organisations together.
    #[must_use]
    pub fn new(usage: Arc<Usage>, requests_in_flight_max: usize, clock: Clock) -> Self {
        let in_flight = Semaphore::new(requests_in_flight_max.min(Semaphore::MAX_PERMITS));
        let (rates, places, cores) = (RateLimiter::new(), Places::default(), Cores::new());
        Self { usage, rates, places, requests_in_flight_max, in_flight, cores, clock }
    }

    /// A place in flight for a request of whomever; `None`: there is none, and waiting would not help.
    #[must_use]
    pub fn enter(&self) -> Option<SemaphorePermit<'_>> {
        self.in_flight.try_acquire().ok()
    }

    /// Does work that takes milliseconds of a core, as parsing and hashing a body does, off the runtime's threads; no more of
    /// it at once than there are cores.
    ///
    /// # Errors
    /// When it panics; the text is for the log.
    pub async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
        self.cores.compute(work).await
    }

    /// Begins the record of a request.
    #[must_use]
    pub fn open(&self, request_id: String) -> Open {
        Open::begin(Arc::clone(&self.usage), request_id, self.clock)
    }

    /// Lets one more request of the organisation in: not too fast, and not too many at once.
    ///
    /// # Errors
    /// [`Refusal::Rate`] or [`Refusal::InFlight`].
    pub fn admit(&self, caller: &Caller) -> Result<Place, Refusal> {
        if let Some(rate) = caller.limits.rate {
            let admitted = self.rates.admit(caller.tenant, rate, (self.clock)());
            admitted.map_err(|retry_after| Refusal::Rate { rate, retry_after })?;
        }
        // Without a rate nobody is limited: that is the operator, who knows what the machine can do.
        let requests_max = match caller.limits.rate {
            Some(_) => (self.requests_in_flight_max / SHARE).max(1),
            None => usize::MAX,
        };
        let place = self.places.take(caller.tenant, requests_max);
        place.ok_or(Refusal::InFlight { requests_max, retry_after: RETRY_AFTER })
    }

    /// Charges a request to the month's quota, and remembers its signature, if it has one: with that it is done. The quota
    /// comes last, so that a request which is refused for another reason costs nothing.
    ///
    /// # Errors
    /// Any other [`Refusal`].
    pub async fn charge(&self, caller: &Caller, record: &Record, signed: Option<Signed>) -> Result<(), Refusal> {
        let (organisation, limit) = (caller.tenant, caller.limits.requests_month_max);
        let to_charge = ToCharge { organisation, limit, signed, now: self.now() };
        let (record, (tell, told)) = (record.clone(), oneshot::channel());
        // Also told when the request was given up meanwhile. Such a charge is taken back here: nobody else is left who could.
        let charged = move |verdict: Result<Charge, ChargeError>| {
            let (late, outcome) = match verdict {
                Ok(charge) => (record.charge(charge).err(), Ok(())),
                Err(error) => (None, Err(error)),
            };
            let _ = tell.send(outcome);
            late
        };
        let ended = |_| Err(ChargeError::Unavailable("nobody has answered".to_owned()));
        let outcome = match self.usage.charge_then(to_charge, charged) {
            Ok(()) => told.await.unwrap_or_else(ended),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(()) => Ok(()),
            Err(ChargeError::Exhausted(exhausted)) => Err(Refusal::Exhausted(exhausted)),
            Err(ChargeError::Replayed) => Err(Refusal::Replayed),
            Err(ChargeError::TooManySignatures { signatures_max }) => {
                Err(Refusal::TooManySignatures { signatures_max })
            }
            Err(ChargeError::Unavailable(why)) => Err(Refusal::Unavailable(format!("usage: {why}"))),
        }
    }
}
