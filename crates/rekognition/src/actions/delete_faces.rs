//! `DeleteFaces`: faces out of a collection.

use std::borrow::Cow;
use std::collections::HashSet;

use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::call::{Call, success};
use crate::exception::Exception;
use crate::input::{Violations, parse};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Fields<'a> {
    #[serde(borrow)]
    collection_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    face_ids: Option<Vec<Cow<'a, str>>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct NotDeleted {
    face_id: String,
    reasons: [&'static str; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Deleted {
    deleted_faces: Vec<String>,
    unsuccessful_face_deletions: Vec<NotDeleted>,
}

pub(super) async fn run(call: Call) -> Result<Response, Exception> {
    let fields: Fields<'_> = parse(&call.body)?;
    let mut violations = Violations::default();
    let collection = violations.collection(fields.collection_id.as_deref());
    let ids = violations.required("faceIds", fields.face_ids);
    let mut faces = ids.map(|ids| violations.face_ids(&ids)).unwrap_or_default();
    let id = violations.none(|| collection)?;
    let mut asked = HashSet::new();
    faces.retain(|face| asked.insert(face.clone()));
    let deleted = call.app.collections.delete_faces(&call.scope, id.clone(), faces.clone()).await;
    let deleted = deleted.map_err(|error| Exception::of(error, id.as_str()))?;
    let gone: HashSet<_> = deleted.iter().collect();
    let not_deleted = faces.iter().filter(|face| !gone.contains(face));
    success(&Deleted {
        unsuccessful_face_deletions: not_deleted
            .map(|face| NotDeleted { face_id: face.to_string(), reasons: ["FACE_NOT_FOUND"] })
            .collect(),
        deleted_faces: deleted.iter().map(ToString::to_string).collect(),
    })
}
