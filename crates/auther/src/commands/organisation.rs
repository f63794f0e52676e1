//! `auther organisation`: who shares the installation.

use std::process::ExitCode;

use accounts::{Accounts, Actor, Organisation as Kept, PlanId};
use biometric::TenantId;
use serde::Serialize;

use super::missing::{Asked, found};
use crate::assembly::{Assembly, now};
use crate::back_office::Rooms;
use crate::cli::Organisation;
use crate::failure::{Failure, Outcome};
use crate::output::{note, print, time};

/// How many are read at once.
const PAGE: usize = 1_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OrganisationShown {
    id: i64,
    name: String,
    plan: i64,
    plan_name: String,
    created: String,
    suspended: Option<String>,
    /// Since when it is being erased, if it is.
    erasing: Option<String>,
}

impl OrganisationShown {
    fn new(organisation: Kept) -> Self {
        Self {
            id: organisation.id.0,
            name: organisation.name,
            plan: organisation.plan.id.0,
            plan_name: organisation.plan.name,
            created: time(organisation.created),
            suspended: organisation.suspended.map(time),
            erasing: organisation.erasing.map(time),
        }
    }

    fn line(&self) -> String {
        let state = match (&self.erasing, &self.suspended) {
            (Some(at), _) => format!("  being erased since {at}"),
            (None, Some(at)) => format!("  suspended {at}"),
            (None, None) => String::new(),
        };
        let Self { id, name, plan, plan_name, created, .. } = self;
        format!("{id:>4}  {created}  plan {plan} ({plan_name})  {name}{state}")
    }
}

pub(super) fn run(assembly: Assembly, command: Organisation, json: bool) -> Outcome {
    let accounts = assembly.accounts()?;
    let by = Actor::command_line();
    match command {
        Organisation::List => {
            let shown: Vec<_> = all(&accounts)?.into_iter().map(OrganisationShown::new).collect();
            print(json, &shown, |shown| shown.iter().map(OrganisationShown::line).collect::<Vec<_>>().join("\n"))?;
            Ok(ExitCode::SUCCESS)
        }
        Organisation::Create { name, plan } => {
            let plan = plan.map_or(PlanId::FREE, PlanId);
            let asked = Asked { plan: Some(plan.0), ..Asked::default() };
            show(accounts.create_organisation(&name, plan, &by, now()), asked, json)
        }
        Organisation::Plan { id, plan } => {
            let asked = Asked { organisation: Some(id.0), plan: Some(plan), ..Asked::default() };
            show(accounts.set_plan(id, PlanId(plan), &by, now()), asked, json)
        }
        Organisation::Suspend { id } => {
            let asked = Asked { organisation: Some(id.0), ..Asked::default() };
            show(accounts.suspend(id, &by, now()), asked, json)
        }
        Organisation::Resume { id } => {
            let asked = Asked { organisation: Some(id.0), ..Asked::default() };
            show(accounts.resume(id, &by, now()), asked, json)
        }
        Organisation::Erase { id, yes } => erase(assembly, &accounts, id, yes, json),
    }
}

fn all(accounts: &Accounts) -> Outcome<Vec<Kept>> {
    let mut all: Vec<Kept> = Vec::new();
    loop {
        let page = accounts.organisations(all.last().map(|last| last.id), PAGE)?;
        let is_last = page.len() < PAGE;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

fn show(outcome: Result<Kept, accounts::Error>, asked: Asked<'_>, json: bool) -> Outcome {
    let Some(organisation) = found(outcome, asked, json)? else { return Ok(super::answer(false)) };
    print(json, &OrganisationShown::new(organisation), OrganisationShown::line)?;
    Ok(ExitCode::SUCCESS)
}

fn erase(assembly: Assembly, accounts: &Accounts, id: TenantId, yes: bool, json: bool) -> Outcome {
    let asked = Asked { organisation: Some(id.0), ..Asked::default() };
    let found = found(accounts.organisation(id), asked, json)?;
    let Some(organisation) = found else { return Ok(super::answer(false)) };
    if !yes {
        let (id, name) = (id.0, organisation.name);
        return Err(Failure::new(format!("organisation {id} is {name:?}; add --yes to erase it for good")));
    }
    // Before anything changes: what is needed to end it must be there.
    let rooms = Rooms::open(assembly)?;
    if organisation.erasing.is_none() {
        accounts.begin_erasure(id, &Actor::command_line(), now())?;
    }
    if !json {
        let seconds = rooms.assembly.settings.request_ms_max / 1_000;
        note(format_args!("Erasing; this waits {seconds} seconds for requests that were under way."));
    }
    super::wait(rooms.erasure().finish(id))??;
    print(json, &serde_json::json!({ "erased": id.0 }), |_| format!("organisation {} is erased", id.0))?;
    Ok(ExitCode::SUCCESS)
}
