//! `CreateCollection`, `DeleteCollection`, `ListCollections`.

use std::borrow::Cow;

use axum::response::Response;
use engine::CollectionId;
use serde::{Deserialize, Serialize};

use crate::call::{Call, success};
use crate::exception::Exception;
use crate::input::{Violations, parse};
use crate::token::{self, List};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named<'a> {
    #[serde(borrow)]
    collection_id: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Created {
    status_code: u16,
    collection_arn: String,
    face_model_version: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Deleted {
    status_code: u16,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page<'a> {
    #[serde(borrow)]
    next_token: Option<Cow<'a, str>>,
    max_results: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    collection_ids: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    face_model_versions: Vec<String>,
}

fn named(body: &[u8]) -> Result<CollectionId, Exception> {
    let fields: Named<'_> = parse(body)?;
    let mut violations = Violations::default();
    let collection = violations.collection(fields.collection_id.as_deref());
    violations.none(|| collection)
}

pub(super) async fn create(call: Call) -> Result<Response, Exception> {
    let id = named(&call.body)?;
    let created = call.app.collections.create_collection(&call.scope, id.clone()).await;
    created.map_err(|error| Exception::of(error, id.as_str()))?;
    let (region, account) = (&call.region, call.scope.tenant.0);
    success(&Created {
        status_code: 200,
        collection_arn: format!("aws:rekognition:{region}:{account:012}:collection/{}", id.as_str()),
        face_model_version: call.app.collections.face_model().to_string(),
    })
}

pub(super) async fn delete(call: Call) -> Result<Response, Exception> {
    let id = named(&call.body)?;
    let deleted = call.app.collections.delete_collection(&call.scope, id.clone()).await;
    deleted.map_err(|error| Exception::of(error, id.as_str()))?;
    success(&Deleted { status_code: 200 })
}

pub(super) async fn list(call: Call) -> Result<Response, Exception> {
    let fields: Page<'_> = parse(&call.body)?;
    let mut violations = Violations::default();
    let (page, next) = (violations.page(fields.max_results), violations.token(fields.next_token.as_deref()));
    let after = next.map(|token| token::after(List::Collections, token)).transpose();
    let after: Option<CollectionId> = violations.none(|| Some(after))??;
    // One more than is shown says whether there is another page.
    let listed = call.app.collections.collections(&call.scope, after, page + 1).await;
    let mut ids = listed.map_err(|error| Exception::of(error, ""))?;
    let has_more = ids.len() > page;
    ids.truncate(page);
    let last = ids.last().filter(|_| has_more);
    let model = call.app.collections.face_model().to_string();
    success(&Listed {
        next_token: last.map(|last| token::of(List::Collections, last.as_str())),
        face_model_versions: vec![model; ids.len()],
        collection_ids: ids.iter().map(|id| id.as_str().to_owned()).collect(),
    })
}
