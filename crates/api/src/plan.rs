//! What an organisation's plan allows, in this order: how fast, how many at once, how many this month.
//!
//! The quota comes last, so that a request which is refused for another reason costs nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use accounts::Caller;
use accounts::usage::{ChargeError, Exhausted, Signed};
use biometric::TenantId;

use crate::app::App;
use crate::clock;
use crate::error::{Case, Detail, Problem};
use crate::record::Record;

/// One organisation with a rate may hold one in so many of the places for requests in flight: slow bodies of one customer
/// must not keep the others out.
const SHARE: usize = 2;

/// When to come back with one more request than may be in flight.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// When to come back when more signatures are remembered than may be: they go one by one, as their time runs out.
const SIGNATURES_RETRY_AFTER: Duration = Duration::from_secs(10);

/// Lets one more request of the organisation in: not too fast, and not too many at once.
pub(crate) fn enter(app: &App, caller: &Caller) -> Result<Place, Problem> {
    check_rate(app, caller)?;
    take_place(app, caller)
}

fn check_rate(app: &App, caller: &Caller) -> Result<(), Problem> {
    let Some(rate) = caller.limits.rate else { return Ok(()) };
    app.rates.admit(caller.tenant, rate, clock::now()).map_err(|retry_after| {
        let detail = Detail::measured(Case::RateExceeded, "requests_per_second", f64::NAN, None, rate.per_second);
        Problem::from(detail).retry_after(retry_after)
    })
}

fn take_place(app: &App, caller: &Caller) -> Result<Place, Problem> {
    // Without a rate nobody is limited: that is the operator, who knows what the machine can do.
    let places_max = match caller.limits.rate {
        Some(_) => (app.settings.requests_in_flight_max / SHARE).max(1),
        None => usize::MAX,
    };
    app.places.take(caller.tenant, places_max).ok_or_else(|| {
        let detail = Detail::measured(Case::TooManyInFlight, "requests_in_flight", f64::NAN, None, places_max as f64);
        Problem::from(detail).retry_after(RETRY_AFTER)
    })
}

/// Charges the request to the month's quota, and remembers its signature, if it has one: with that it is done.
pub(crate) async fn charge(app: &App, caller: &Caller, record: &Record, signed: Option<Signed>) -> Result<(), Problem> {
    let (usage, record) = (Arc::clone(&app.usage), record.clone());
    let (tenant, limit) = (caller.tenant, caller.limits.requests_month_max);
    // Waits for a commit, also when the request is given up meanwhile. Such a charge is taken back here: nobody else is left
    // who could.
    let charging = move || -> Result<(), ChargeError> {
        let charge = match signed {
            Some(signed) => usage.charge_signed(tenant, limit, signed, clock::now())?,
            None => usage.charge(tenant, limit, clock::now())?,
        };
        if let Err(late) = record.charge(charge) {
            usage.refund(late);
        }
        Ok(())
    };
    let charged = tokio::task::spawn_blocking(charging).await;
    match charged.map_err(|error| Problem::internal(format!("charging: {error}")))? {
        Ok(()) => Ok(()),
        Err(ChargeError::Exhausted(Exhausted { used, limit, resets })) => {
            let (case, check) = (Case::RequestsExhausted, "requests_per_month");
            Err(Detail::measured(case, check, used as f64, None, limit as f64).resetting(resets).into())
        }
        Err(ChargeError::Replayed) => Err(Problem::new(Case::SignatureReplayed)),
        Err(ChargeError::TooManySignatures { signatures_max }) => {
            let (case, check) = (Case::TooManySignatures, "signatures_remembered");
            let detail = Detail::measured(case, check, signatures_max as f64, None, signatures_max as f64);
            Err(Problem::from(detail).retry_after(SIGNATURES_RETRY_AFTER))
        }
        Err(ChargeError::Unavailable(why)) => Err(Problem::new(Case::Unavailable).caused_by(format!("usage: {why}"))),
    }
}

/// How many requests of each organisation are in flight.
#[derive(Clone, Default)]
pub(crate) struct Places(Arc<Mutex<HashMap<TenantId, usize>>>);

/// One request in flight, until it is dropped.
pub(crate) struct Place {
    places: Places,
    tenant: TenantId,
}

impl Places {
    fn take(&self, tenant: TenantId, places_max: usize) -> Option<Place> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(tenant).or_default();
        if *count >= places_max {
            return None;
        }
        *count += 1;
        Some(Place { places: self.clone(), tenant })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.tenant) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_each_organisations_own_and_come_back() {
        let places = Places::default();
        let first = places.take(TenantId(1), 2).expect("a place");
        let second = places.take(TenantId(1), 2).expect("a place");
        assert!(places.take(TenantId(1), 2).is_none());
        let other = places.take(TenantId(2), 2).expect("another's place");
        drop(first);
        let third = places.take(TenantId(1), 2).expect("the one that came back");
        drop((second, third, other));
        assert!(places.0.lock().expect("no panic").is_empty(), "nothing is kept of who has gone");
    }
}
