//! `auther plan`: how much organisations may ask.

use std::process::ExitCode;

use accounts::{Actor, Limits, Plan as Kept, PlanId, Rate};
use serde::Serialize;

use super::missing::{Asked, found};
use crate::assembly::{Assembly, now};
use crate::cli::{Count, Plan, PlanLimits};
use crate::failure::Outcome;
use crate::output::print;

/// Without a burst of its own, a plan allows at once what it allows in so many seconds.
const BURST_SECONDS: f64 = 5.0;

/// A limit that is `null` does not exist.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlanShown {
    id: i64,
    name: String,
    requests_month_max: Option<u64>,
    persons_max: Option<u64>,
    requests_per_second: Option<f64>,
    burst_requests: Option<u32>,
}

impl PlanShown {
    fn new(plan: Kept) -> Self {
        let Limits { requests_month_max, persons_max, rate } = plan.limits;
        Self {
            id: plan.id.0,
            name: plan.name,
            requests_month_max,
            persons_max,
            requests_per_second: rate.map(|rate| rate.per_second),
            burst_requests: rate.map(|rate| rate.burst),
        }
    }

    fn line(&self) -> String {
        let count = |limit: Option<u64>| limit.map_or("unlimited".to_owned(), |limit| limit.to_string());
        let rate = match (self.requests_per_second, self.burst_requests) {
            (Some(rate), Some(burst)) => format!("{rate} a second, {burst} at once"),
            (None, _) | (_, None) => "any number a second".to_owned(),
        };
        let (requests, persons) = (count(self.requests_month_max), count(self.persons_max));
        format!("{:>4}  {requests} requests a month, {rate}; {persons} persons  {}", self.id, self.name)
    }
}

pub(super) fn run(assembly: &Assembly, command: Plan, json: bool) -> Outcome {
    let accounts = assembly.accounts()?;
    let by = Actor::command_line();
    let plan = match command {
        Plan::List => {
            let plans: Vec<_> = accounts.plans()?.into_iter().map(PlanShown::new).collect();
            print(json, &plans, |plans| plans.iter().map(PlanShown::line).collect::<Vec<_>>().join("\n"))?;
            return Ok(ExitCode::SUCCESS);
        }
        Plan::Create { name, limits } => {
            let none = Limits { requests_month_max: None, persons_max: None, rate: None };
            accounts.create_plan(&name, changed(none, &limits), &by, now())?
        }
        Plan::Edit { id, name, limits } => {
            let asked = Asked { plan: Some(id), ..Asked::default() };
            let edited = accounts.plan(PlanId(id)).and_then(|plan| {
                let name = name.unwrap_or(plan.name);
                accounts.edit_plan(PlanId(id), &name, changed(plan.limits, &limits), &by, now())
            });
            let Some(plan) = found(edited, asked, json)? else { return Ok(super::answer(false)) };
            plan
        }
    };
    print(json, &PlanShown::new(plan), PlanShown::line)?;
    Ok(ExitCode::SUCCESS)
}

/// The limits with those that were given in their places.
fn changed(limits: Limits, given: &PlanLimits) -> Limits {
    Limits {
        requests_month_max: given.requests_month_max.map_or(limits.requests_month_max, Count::limit),
        persons_max: given.persons_max.map_or(limits.persons_max, Count::limit),
        rate: rate(limits.rate, given),
    }
}

fn rate(before: Option<Rate>, given: &PlanLimits) -> Option<Rate> {
    let usual = |per_second: f64| (per_second * BURST_SECONDS).ceil().max(1.0) as u32;
    match (given.requests_per_second, given.burst_requests, before) {
        (Some(0.0), _, _) => None,
        (Some(per_second), burst, _) => Some(Rate { per_second, burst: burst.unwrap_or(usual(per_second)) }),
        (None, Some(burst), Some(Rate { per_second, .. })) => Some(Rate { per_second, burst }),
        (None, Some(_) | None, before) => before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: PlanLimits =
        PlanLimits { requests_month_max: None, persons_max: None, requests_per_second: None, burst_requests: None };

    #[test]
    fn what_is_not_given_stays() {
        let rate = Some(Rate { per_second: 2.0, burst: 10 });
        let limits = Limits { requests_month_max: Some(1_000), persons_max: Some(100), rate };
        assert_eq!(changed(limits, &NOTHING), limits);
        let given = PlanLimits { persons_max: Some(Count::Unlimited), ..NOTHING };
        assert_eq!(changed(limits, &given), Limits { persons_max: None, ..limits });
        let given = PlanLimits { burst_requests: Some(3), ..NOTHING };
        assert_eq!(changed(limits, &given).rate, Some(Rate { per_second: 2.0, burst: 3 }));
        let given = PlanLimits { requests_per_second: Some(0.5), ..NOTHING };
        assert_eq!(changed(limits, &given).rate, Some(Rate { per_second: 0.5, burst: 3 }));
        let given = PlanLimits { requests_per_second: Some(0.0), ..NOTHING };
        assert_eq!(changed(limits, &given).rate, None);
    }
}
