//! `/console/operator/health`: what works and what does not.

use askama::Template;
use axum::response::Response;

use crate::HealthRow;
use crate::fault::Fault;
use crate::frame::{Frame, Section};
use crate::reply::page;
use crate::visit::Signed;

#[derive(Template)]
#[template(path = "operator_health.html")]
struct Page {
    frame: Frame,
    rows: Vec<HealthRow>,
    all_well: bool,
}

pub(crate) async fn show(signed: Signed) -> Result<Response, Fault> {
    let rows = signed.console.blocking(|parts| parts.status.health()).await?;
    let all_well = rows.iter().all(|row| row.ok);
    page(&Page { frame: signed.frame("Health", Section::Health), rows, all_well })
}
