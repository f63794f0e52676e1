//! `/console/operator/plans`: how much organisations may use.

use accounts::{Error, Limits, Plan, PlanId, Rate};
use askama::Template;
use axum::extract::RawPathParams;
use axum::response::Response;

use crate::done::Done;
use crate::fault::Fault;
use crate::form::Form;
use crate::frame::{Frame, Section};
use crate::pages::number;
use crate::problems::Problems;
use crate::reply::{done, form_again, page};
use crate::visit::Signed;

const HERE: &str = "/console/operator/plans";

#[derive(Template)]
#[template(path = "operator_plans.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    /// The plan that is being edited; `None`: a new one.
    edited: Option<PlanId>,
    form: PlanForm,
    problems: Problems,
}

/// A plan in the list.
struct Row {
    id: PlanId,
    name: String,
    requests: String,
    persons: String,
    rate: String,
    may_be_edited: bool,
}

impl Row {
    fn of(plan: Plan) -> Self {
        let count = |count: Option<u64>| count.map_or("any number".to_owned(), |count| crate::text::count(&count));
        Self {
            may_be_edited: ![PlanId::OPERATOR, PlanId::FREE].contains(&plan.id),
            id: plan.id,
            name: plan.name,
            requests: count(plan.limits.requests_month_max),
            persons: count(plan.limits.persons_max),
            rate: plan
                .limits
                .rate
                .map_or("any".to_owned(), |r| format!("{} a second, {} at once", r.per_second, r.burst)),
        }
    }
}

/// The fields of a plan, as typed.
#[derive(Default)]
struct PlanForm {
    name: String,
    requests: String,
    persons: String,
    per_second: String,
    burst: String,
}

impl PlanForm {
    fn of(plan: &Plan) -> Self {
        let count = |count: Option<u64>| count.map_or(String::new(), |count| count.to_string());
        let rate = plan.limits.rate;
        Self {
            name: plan.name.clone(),
            requests: count(plan.limits.requests_month_max),
            persons: count(plan.limits.persons_max),
            per_second: rate.map_or(String::new(), |rate| rate.per_second.to_string()),
            burst: rate.map_or(String::new(), |rate| rate.burst.to_string()),
        }
    }

    fn typed(form: &Form) -> Self {
        let text = |name: &str| form.trimmed(name).to_owned();
        let (name, requests, persons) = (text("name"), text("requests"), text("persons"));
        Self { name, requests, persons, per_second: text("per_second"), burst: text("burst") }
    }

    /// What the fields say; empty ones mean: no limit.
    fn limits(&self, problems: &mut Problems) -> Limits {
        let mut count = |field, text: &str| match text.parse::<u64>() {
            _ if text.is_empty() => None,
            Ok(count @ 1..) => Some(count),
            Ok(0) | Err(_) => {
                problems.add(field, "Write a whole number from 1, or nothing for no limit.");
                None
            }
        };
        let (requests, persons) = (count("requests", &self.requests), count("persons", &self.persons));
        let burst = count("burst", &self.burst).map(|burst| u32::try_from(burst).unwrap_or(u32::MAX));
        let per_second = match self.per_second.replace(',', ".").parse::<f64>() {
            _ if self.per_second.is_empty() => None,
            Ok(rate) if rate.is_finite() && rate > 0.0 => Some(rate),
            Ok(_) | Err(_) => {
                problems.add("per_second", "Write a number above 0, or nothing for no limit.");
                None
            }
        };
        let rate = match (per_second, burst) {
            (Some(per_second), Some(burst)) => Some(Rate { per_second, burst }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                if problems.is_empty() {
                    problems.add("burst", "Say both how fast and how many at once, or neither.");
                }
                None
            }
        };
        Limits { requests_month_max: requests, persons_max: persons, rate }
    }
}

pub(crate) async fn show(signed: Signed) -> Result<Response, Fault> {
    let plans = signed.console.blocking(|parts| parts.accounts.plans()).await??;
    let edited = signed.query("edit").parse().ok().map(PlanId);
    let edited = plans.iter().find(|plan| edited == Some(plan.id) && Row::of((*plan).clone()).may_be_edited);
    let (form, edited) = (edited.map(PlanForm::of).unwrap_or_default(), edited.map(|plan| plan.id));
    page(&build(&signed, plans, edited, form, Problems::default()))
}

fn build(signed: &Signed, plans: Vec<Plan>, edited: Option<PlanId>, form: PlanForm, problems: Problems) -> Page {
    let rows = plans.into_iter().map(Row::of).collect();
    Page { frame: signed.frame("Plans", Section::Plans), rows, edited, form, problems }
}

pub(crate) async fn create(signed: Signed, form: Form) -> Result<Response, Fault> {
    save(signed, None, form).await
}

pub(crate) async fn edit(signed: Signed, params: RawPathParams, form: Form) -> Result<Response, Fault> {
    let id = PlanId(number(&params, "id")?);
    save(signed, Some(id), form).await
}

async fn save(signed: Signed, id: Option<PlanId>, form: Form) -> Result<Response, Fault> {
    let (typed, mut problems) = (PlanForm::typed(&form), Problems::default());
    let limits = typed.limits(&mut problems);
    if typed.name.is_empty() {
        problems.add("name", "Give the plan a name.");
    }
    let (name, by, now) = (typed.name.clone(), signed.actor(), signed.now);
    let is_good = problems.is_empty();
    let saved = signed.console.blocking(move |parts| {
        let saved = match (is_good, id) {
            (false, _) => None,
            (true, None) => Some(parts.accounts.create_plan(&name, limits, &by, now)),
            (true, Some(id)) => Some(parts.accounts.edit_plan(id, &name, limits, &by, now)),
        };
        Ok::<_, Error>((saved, parts.accounts.plans()?))
    });
    let (saved, plans) = saved.await??;
    match saved {
        Some(Ok(_)) => return Ok(done(HERE, Done::PlanSaved)),
        Some(Err(error @ (Error::Name { .. } | Error::PlanTaken))) => problems.add("name", error.to_string()),
        Some(Err(error @ (Error::PlanFixed | Error::PlanLimits))) => problems.add("", error.to_string()),
        Some(Err(error)) => return Err(error.into()),
        None => (),
    }
    form_again(&build(&signed, plans, id, typed, problems))
}
