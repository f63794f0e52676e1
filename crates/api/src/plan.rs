//! What an organisation's plan allows, in the words of the error table.

use std::time::Duration;

use accounts::Caller;
use accounts::usage::{Exhausted, Signed};
use admission::{Place, Record, Refusal};

use crate::app::App;
use crate::error::{Case, Detail, Problem};

/// When to come back when more signatures are remembered than may be: they go one by one, as their time runs out.
const SIGNATURES_RETRY_AFTER: Duration = Duration::from_secs(10);

/// Lets one more request of the organisation in: not too fast, and not too many at once.
pub(crate) fn enter(app: &App, caller: &Caller) -> Result<Place, Problem> {
    app.admission.admit(caller).map_err(problem)
}

/// Charges the request to the month's quota, and remembers its signature, if it has one: with that it is done.
pub(crate) async fn charge(app: &App, caller: &Caller, record: &Record, signed: Option<Signed>) -> Result<(), Problem> {
    app.admission.charge(caller, record, signed).await.map_err(problem)
}

fn problem(refusal: Refusal) -> Problem {
    let detail = |case, check, value, max| Detail::measured(case, check, value, None, max);
    match refusal {
        Refusal::Rate { rate, retry_after } => {
            let rate = detail(Case::RateExceeded, "requests_per_second", f64::NAN, rate.per_second);
            Problem::from(rate).retry_after(retry_after)
        }
        Refusal::InFlight { requests_max, retry_after } => {
            let places = detail(Case::TooManyInFlight, "requests_in_flight", f64::NAN, requests_max as f64);
            Problem::from(places).retry_after(retry_after)
        }
        Refusal::Exhausted(Exhausted { used, limit, resets }) => {
            let month = detail(Case::RequestsExhausted, "requests_per_month", used as f64, limit as f64);
            month.resetting(resets).into()
        }
        Refusal::Replayed => Problem::new(Case::SignatureReplayed),
        Refusal::TooManySignatures { signatures_max } => {
            let max = signatures_max as f64;
            let remembered = detail(Case::TooManySignatures, "signatures_remembered", max, max);
            Problem::from(remembered).retry_after(SIGNATURES_RETRY_AFTER)
        }
        Refusal::Unavailable(why) => Problem::new(Case::Unavailable).caused_by(why),
    }
}
