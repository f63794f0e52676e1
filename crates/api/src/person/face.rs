//! `/person/face/{person_id}`: create, update, remove, get.

use axum::extract::State;
use axum::http::StatusCode;

use super::answer::PersonAnswer;
use crate::app::App;
use crate::error::{Problem, problem_of};
use crate::extract::{Authorised, Body, Create, FaceImage, Get, PersonPath, Remove, Update};

pub(crate) async fn create(
    State(app): State<App>,
    caller: Authorised<Create>,
    PersonPath(id): PersonPath,
    Body(image): Body<FaceImage>,
) -> Result<PersonAnswer, Problem> {
    let enrolled = app.operations.enrol(&caller.scope, id.clone(), image.face).await;
    enrolled.map(PersonAnswer).map_err(|error| problem_of(error, Some(&id)))
}

pub(crate) async fn update(
    State(app): State<App>,
    caller: Authorised<Update>,
    PersonPath(id): PersonPath,
    Body(image): Body<FaceImage>,
) -> Result<PersonAnswer, Problem> {
    let updated = app.operations.update(&caller.scope, id.clone(), image.face).await;
    updated.map(PersonAnswer).map_err(|error| problem_of(error, Some(&id)))
}

pub(crate) async fn remove(
    State(app): State<App>,
    caller: Authorised<Remove>,
    PersonPath(id): PersonPath,
) -> Result<StatusCode, Problem> {
    let removed = app.operations.remove(&caller.scope, &id).await;
    removed.map(|()| StatusCode::OK).map_err(|error| problem_of(error, Some(&id)))
}

pub(crate) async fn read(
    State(app): State<App>,
    caller: Authorised<Get>,
    PersonPath(id): PersonPath,
) -> Result<PersonAnswer, Problem> {
    let found = app.operations.get(&caller.scope, &id).await;
    found.map(PersonAnswer).map_err(|error| problem_of(error, Some(&id)))
}
