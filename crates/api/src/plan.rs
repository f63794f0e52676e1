//! What an organisation's plan allows, in the words of the error table.

use accounts::Caller;
use accounts::usage::Exhausted;
use admission::{Place, Record, Refusal};

use crate::app::App;
use crate::error::{Case, Detail, Problem};

/// Lets one more request of the organisation in, and charges it.
pub(crate) async fn admit(app: &App, caller: &Caller, record: &Record) -> Result<Place, Problem> {
    app.admission.admit(caller, record).await.map_err(problem)
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
        Refusal::Unavailable(why) => Problem::new(Case::Unavailable).caused_by(why),
        Refusal::Internal(why) => Problem::internal(why),
    }
}
