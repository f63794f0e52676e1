//! Probes, for whoever restarts the process and whoever sends it traffic. They need no key and tell nothing else.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use crate::app::App;
use crate::error::{Problem, problem_of};
use crate::response::json_response;

/// Answers while the process runs.
pub(crate) const LIVE: &str = "/healthz";
/// Answers with success while requests would be served.
pub(crate) const READY: &str = "/readyz";

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

pub(crate) async fn live() -> Response {
    json_response(StatusCode::OK, &Health { status: "live" })
}

pub(crate) async fn ready(State(app): State<App>) -> Result<Response, Problem> {
    app.operations.ready().await.map_err(|error| problem_of(error, None))?;
    Ok(json_response(StatusCode::OK, &Health { status: "ready" }))
}
