//! `/person/recognize-face`: who is this?

use axum::extract::State;

use super::answer::PersonAnswer;
use crate::app::App;
use crate::error::{Problem, problem_of};
use crate::extract::{Authorised, Body, FaceImage, Identify};

pub(crate) async fn identify(
    State(app): State<App>,
    caller: Authorised<Identify>,
    Body(image): Body<FaceImage>,
) -> Result<PersonAnswer, Problem> {
    let found = app.operations.identify(&caller.scope, image.face).await;
    found.map(PersonAnswer).map_err(|error| problem_of(error, None))
}
