//! `/console/audit`: who did what to the organisation.

use accounts::AuditEntry;
use askama::Template;
use axum::response::Response;

use crate::fault::Fault;
use crate::frame::{Frame, Section};
use crate::reply::page;
use crate::visit::Signed;

/// How many lines a page shows.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    frame: Frame,
    entries: Vec<AuditEntry>,
    older: String,
    newer: String,
}

pub(crate) async fn show(signed: Signed) -> Result<Response, Fault> {
    let before = signed.query("before").parse::<i64>().ok();
    let organisation = signed.organisation();
    let read = move |parts: &crate::Parts| parts.accounts.audit(organisation, before, PAGE + 1);
    let mut entries = signed.console.blocking(read).await??;
    let goes_on = entries.len() > PAGE;
    entries.truncate(PAGE);
    let last = entries.last().map_or(0, |entry| entry.id);
    page(&Page {
        frame: signed.frame("Audit log", Section::Audit),
        entries,
        older: if goes_on { format!("/console/audit?before={last}") } else { String::new() },
        newer: if before.is_some() { "/console/audit".to_owned() } else { String::new() },
    })
}
