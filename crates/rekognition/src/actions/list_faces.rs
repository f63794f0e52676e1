//! `ListFaces`: what is known of the faces of a collection.

use std::borrow::Cow;

use axum::response::Response;
use biometric::PersonId;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::call::{Call, success};
use crate::exception::{Exception, Kind};
use crate::face_shape::Face;
use crate::input::{Violations, parse};
use crate::token::{self, List};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Fields<'a> {
    #[serde(borrow)]
    collection_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    next_token: Option<Cow<'a, str>>,
    max_results: Option<i64>,
    user_id: Option<IgnoredAny>,
    #[serde(borrow)]
    face_ids: Option<Vec<Cow<'a, str>>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    faces: Vec<Face>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    face_model_version: String,
}

pub(super) async fn run(call: Call) -> Result<Response, Exception> {
    let fields: Fields<'_> = parse(&call.body)?;
    let mut violations = Violations::default();
    let collection = violations.collection(fields.collection_id.as_deref());
    let (page, next) = (violations.page(fields.max_results), violations.token(fields.next_token.as_deref()));
    let only = fields.face_ids.as_deref().map(|ids| violations.face_ids(ids));
    let id = violations.none(|| collection)?;
    if fields.user_id.is_some() {
        let message = "Request has invalid parameters: there are no users in collections here.";
        return Err(Exception::new(Kind::InvalidParameterException, message));
    }
    let after: Option<PersonId> = next.map(|token| token::after(List::Faces, token)).transpose()?;
    // One more than is shown says whether there is another page.
    let listed = call.app.collections.faces(&call.scope, id.clone(), after, page + 1, only).await;
    let mut faces = listed.map_err(|error| Exception::of(error, id.as_str()))?;
    let has_more = faces.len() > page;
    faces.truncate(page);
    let next_token = faces.last().filter(|_| has_more).map(|last| token::of(List::Faces, last.id.as_str()));
    let model = call.app.collections.face_model().to_string();
    let faces = faces.into_iter().map(Face::of).collect();
    success(&Listed { faces, next_token, face_model_version: model })
}
