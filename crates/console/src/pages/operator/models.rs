//! `/console/operator/models`: which models are in use, whence and under which licence.

use askama::Template;
use axum::response::Response;

use crate::ModelRow;
use crate::fault::Fault;
use crate::frame::{Frame, Section};
use crate::reply::page;
use crate::visit::Signed;

#[derive(Template)]
#[template(path = "operator_models.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
}

struct Row {
    model: ModelRow,
    size: String,
}

pub(crate) async fn show(signed: Signed) -> Result<Response, Fault> {
    let models = signed.console.blocking(|parts| parts.status.models()).await?;
    let row = |model: ModelRow| Row { size: format!("{:.1} MB", model.bytes as f64 / 1e6), model };
    page(&Page { frame: signed.frame("Models", Section::Models), rows: models.into_iter().map(row).collect() })
}
