//! `/person/face/{person_id}`: create, update, remove, get.

use axum::extract::State;
use axum::http::StatusCode;

use super::answer::PersonAnswer;
use crate::app::App;
use crate::error::{Problem, problem_of};
use crate::extract::{Authorised, Body, Delete, Enrol, FaceImage, PersonPath, Read};

pub(crate) async fn create(
    State(app): State<App>,
    caller: Authorised<Enrol>,
    PersonPath(id): PersonPath,
    Body(image): Body<FaceImage>,
) -> Result<PersonAnswer, Problem> {
    let enrolled = app.operations.enrol(caller.tenant, id.clone(), image.face).await;
    enrolled.map(PersonAnswer).map_err(|error| problem_of(error, Some(&id)))
}

pub(crate) async fn update(
    State(app): State<App>,
    caller: Authorised<Enrol>,
    PersonPath(id): PersonPath,
    Body(image): Body<FaceImage>,
) -> Result<PersonAnswer, Problem> {
    let updated = app.operations.update(caller.tenant, id.clone(), image.face).await;
    updated.map(PersonAnswer).map_err(|error| problem_of(error, Some(&id)))
}

pub(crate) async fn remove(
    State(app): State<App>,
    caller: Authorised<Delete>,
    PersonPath(id): PersonPath,
) -> Result<StatusCode, Problem> {
    let removed = app.operations.remove(caller.tenant, &id).await;
    removed.map(|()| StatusCode::OK).map_err(|error| problem_of(error, Some(&id)))
}

pub(crate) async fn read(
    State(app): State<App>,
    caller: Authorised<Read>,
    PersonPath(id): PersonPath,
) -> Result<PersonAnswer, Problem> {
    let found = app.operations.get(caller.tenant, &id).await;
    found.map(PersonAnswer).map_err(|error| problem_of(error, Some(&id)))
}
