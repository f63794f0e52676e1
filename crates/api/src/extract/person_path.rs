//! The person id in the path.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use biometric::PersonId;

use crate::app::App;
use crate::error::{Case, Detail, Problem};

/// The id of the person that the request is about.
pub(crate) struct PersonPath(pub(crate) PersonId);

impl FromRequestParts<App> for PersonPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let invalid = || Problem::from(Detail::new(Case::PersonIdInvalid, "person_id"));
        // Decoded once by axum, `+` left alone; bytes that are no UTF-8 are its only error. A `%` that begins no escape,
        // or that an escape stood for, is still there: PersonId refuses it, so nothing is ever decoded twice.
        let params = RawPathParams::from_request_parts(parts, app).await.map_err(|_| invalid())?;
        let decoded = params.iter().next().map_or("", |(_, id)| id);
        PersonId::parse(decoded).map(Self).map_err(|_| invalid())
    }
}
