//! `/person/compare-face`: are these two the same?

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use biometric::{Decision, Similarity};
use serde::Serialize;

use crate::app::App;
use crate::error::{Number, Problem, problem_of};
use crate::extract::{Authorised, Body, Compare, ImagePair};
use crate::response::json_response;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Comparison {
    faces_matched: Option<Number>,
}

pub(crate) async fn compare(
    State(app): State<App>,
    caller: Authorised<Compare>,
    Body(pair): Body<ImagePair>,
) -> Result<Response, Problem> {
    let compared = app.operations.compare(&caller.scope, pair.source, pair.target).await;
    let similarity = compared.map_err(|error| problem_of(error, None))?;
    let faces_matched = Number::new(faces_matched(similarity, pair.threshold));
    Ok(json_response(StatusCode::OK, &Comparison { faces_matched }))
}

/// The similarity at or above the threshold, otherwise 0.
fn faces_matched(similarity: Similarity, threshold: Similarity) -> f64 {
    match similarity.decide(threshold) {
        Decision::Match => similarity.percent_shown(),
        Decision::NonMatch => 0.0,
    }
}
