//! `/console/operator/organisations`: whom the installation serves. The operator sees how many persons an organisation
//! has enrolled, never who they are.

use accounts::{Error, Organisation, Plan, PlanId, Purpose};
use askama::Template;
use axum::extract::RawPathParams;
use axum::response::Response;
use biometric::TenantId;
use engine::Scope;

use crate::done::Done;
use crate::fault::Fault;
use crate::form::Form;
use crate::frame::{Frame, Section};
use crate::pages::team::make_link;
use crate::pages::{data, number};
use crate::problems::Problems;
use crate::reply::{done, form_again, page};
use crate::visit::Signed;

const HERE: &str = "/console/operator/organisations";

/// How many organisations a page shows.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "operator_organisations.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    plans: Vec<Plan>,
    older: String,
    newer: String,
}

#[derive(Template)]
#[template(path = "operator_organisation.html")]
struct OrganisationPage {
    frame: Frame,
    row: Row,
    users: usize,
    keys: usize,
    plans: Vec<Plan>,
    is_operators: bool,
}

#[derive(Template)]
#[template(path = "operator_erase.html")]
struct ErasePage {
    frame: Frame,
    organisation: Organisation,
    problems: Problems,
}

struct Row {
    organisation: Organisation,
    used: u64,
    persons: u64,
}

impl Row {
    fn state(&self) -> (&'static str, &'static str) {
        match (self.organisation.erasing, self.organisation.suspended) {
            (Some(_), _) => ("danger", "Being erased"),
            (None, Some(_)) => ("warning", "Suspended"),
            (None, None) => ("success", "Active"),
        }
    }
}

pub(crate) async fn show(signed: Signed) -> Result<Response, Fault> {
    let after = signed.query("after").parse().ok().map(TenantId);
    let found = signed.console.blocking(move |parts| {
        Ok::<_, Error>((parts.accounts.organisations(after, PAGE + 1)?, parts.accounts.plans()?))
    });
    let (mut organisations, plans) = found.await??;
    let goes_on = organisations.len() > PAGE;
    organisations.truncate(PAGE);
    let last = organisations.last().map_or(0, |last| last.id.0);
    let rows = rows(&signed, organisations).await?;
    page(&Page {
        frame: signed.frame("Organisations", Section::Organisations),
        rows,
        plans,
        older: if goes_on { format!("{HERE}?after={last}") } else { String::new() },
        newer: if after.is_some() { HERE.to_owned() } else { String::new() },
    })
}

async fn rows(signed: &Signed, organisations: Vec<Organisation>) -> Result<Vec<Row>, Fault> {
    let now = signed.now;
    let months = signed.console.blocking(move |parts| {
        let used = |organisation: Organisation| {
            let used = parts.usage.month(organisation.id, now)?.used;
            Ok::<_, Fault>((organisation, used))
        };
        organisations.into_iter().map(used).collect::<Result<Vec<_>, _>>()
    });
    let mut rows = Vec::new();
    for (organisation, used) in months.await?? {
        let scope = Scope { tenant: organisation.id, ..signed.scope() };
        let persons = signed.console.operations.count(&scope).await?;
        rows.push(Row { organisation, used, persons });
    }
    Ok(rows)
}

pub(crate) async fn show_one(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    let id = TenantId(number(&params, "id")?);
    let found = signed.console.blocking(move |parts| {
        let accounts = &parts.accounts;
        let organisation = accounts.organisation(id)?;
        Ok::<_, Error>((organisation, accounts.users(id)?.len(), accounts.keys_of(id)?.len(), accounts.plans()?))
    });
    let (organisation, users, keys, plans) = found.await??;
    let title = organisation.name.clone();
    let row = rows(&signed, vec![organisation]).await?.pop().ok_or(Fault::NotFound)?;
    let is_operators = id == TenantId::OPERATOR;
    page(&OrganisationPage {
        frame: signed.frame(title, Section::Organisations),
        row,
        users,
        keys,
        plans,
        is_operators,
    })
}

pub(crate) async fn invite(signed: Signed, form: Form) -> Result<Response, Fault> {
    let plan = PlanId(form.trimmed("plan").parse().map_err(|_| Fault::Unreadable)?);
    let name = signed.console.blocking(move |parts| parts.accounts.plan(plan)).await??.name;
    let says =
        format!("Whoever opens this link first founds an organisation with the plan {name} and becomes its owner.");
    make_link(&signed, Purpose::Found { plan }, (HERE, "Organisations"), says, None).await
}

pub(crate) async fn set_plan(signed: Signed, params: RawPathParams, form: Form) -> Result<Response, Fault> {
    let (id, by, now) = (TenantId(number(&params, "id")?), signed.actor(), signed.now);
    let plan = PlanId(form.trimmed("plan").parse().map_err(|_| Fault::Unreadable)?);
    signed.console.blocking(move |parts| parts.accounts.set_plan(id, plan, &by, now)).await??;
    Ok(done(&format!("{HERE}/{}", id.0), Done::PlanChanged))
}

pub(crate) async fn suspend(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    let (id, by, now) = (TenantId(number(&params, "id")?), signed.actor(), signed.now);
    signed.console.blocking(move |parts| parts.accounts.suspend(id, &by, now)).await??;
    Ok(done(&format!("{HERE}/{}", id.0), Done::OrganisationSuspended))
}

pub(crate) async fn resume(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    let (id, by, now) = (TenantId(number(&params, "id")?), signed.actor(), signed.now);
    signed.console.blocking(move |parts| parts.accounts.resume(id, &by, now)).await??;
    Ok(done(&format!("{HERE}/{}", id.0), Done::OrganisationResumed))
}

pub(crate) async fn ask_erase(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    page(&erase_page(&signed, &params, Problems::default()).await?)
}

async fn erase_page(signed: &Signed, params: &RawPathParams, problems: Problems) -> Result<ErasePage, Fault> {
    let id = TenantId(number(params, "id")?);
    let organisation = signed.console.blocking(move |parts| parts.accounts.organisation(id)).await??;
    Ok(ErasePage { frame: signed.frame("Erase an organisation", Section::Organisations), organisation, problems })
}

pub(crate) async fn erase(signed: Signed, params: RawPathParams, form: Form) -> Result<Response, Fault> {
    let mut asked = erase_page(&signed, &params, Problems::default()).await?;
    if form.trimmed("organisation") != asked.organisation.name {
        asked.problems.add("organisation", "This is not the name of the organisation.");
        return form_again(&asked);
    }
    let (id, by, now) = (asked.organisation.id, signed.actor(), signed.now);
    signed.console.blocking(move |parts| parts.accounts.begin_erasure(id, &by, now)).await??;
    data::spawn(&signed.console, id);
    Ok(done(HERE, Done::ErasureBegun))
}
