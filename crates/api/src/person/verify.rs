//! `/person/verify-face/{person_id}`: is this that person?

use axum::extract::State;

use super::answer::PersonAnswer;
use crate::app::App;
use crate::error::{Problem, problem_of};
use crate::extract::{Authorised, Body, FaceImage, PersonPath, Verify};

pub(crate) async fn verify(
    State(app): State<App>,
    caller: Authorised<Verify>,
    PersonPath(id): PersonPath,
    Body(image): Body<FaceImage>,
) -> Result<PersonAnswer, Problem> {
    let verified = app.operations.verify(&caller.scope, id.clone(), image.face).await;
    verified.map(PersonAnswer).map_err(|error| problem_of(error, Some(&id)))
}
