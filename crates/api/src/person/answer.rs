//! A person as the wire shows them.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use biometric::Person;
use serde::Serialize;

use crate::response::json_response;
use crate::time::rfc3339;

/// The answer of every call that succeeds with a person.
pub(crate) struct PersonAnswer(pub(super) Person);

impl IntoResponse for PersonAnswer {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            person_id: &'a str,
            created: String,
            updated: String,
        }
        let Person { id, created, updated } = &self.0;
        let body = Body { person_id: id.as_str(), created: rfc3339(*created), updated: rfc3339(*updated) };
        json_response(StatusCode::OK, &body)
    }
}
