//! The `OpenAPI` document: what the service tells developers and their tools about itself.
//!
//! It is made here, of the tables that the service runs on ([`Code`](crate::Code), [`Case`](crate::Case),
//! [`face::Measure`], [`accounts::Operation`], the default limits), so that it cannot be out of date; what no table has,
//! the prose, stands beside the thing that it describes. `call` says which calls there are, `outcome` which of them can
//! end how; everything else writes these down. The back-office renders its documentation from this document and from
//! nothing else. A copy is committed as `openapi/auther-check-api.json`, and a test holds it to what is made here.
//!
//! Objects are sorted by name. Where order matters to a reader there is an array, or a number under `x-order`.

mod call;
mod case;
mod component;
mod example;
mod operation;
mod outcome;
mod sample;
mod table;

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

use self::call::{Call, Tag};

/// Where the document is served.
pub(crate) const PATH: &str = "/openapi.json";

/// The version of the contract, which is not that of the program.
const VERSION: &str = "6.0.0";

/// Where the second server of the document lies: a name that belongs to nobody, so that no key is sent to a stranger.
const BASE_EXAMPLE: &str = "https://api.example.com";

const DESCRIPTION: &str = "Recognises people by their faces: enrol a person with one image, then find out who somebody \
    is (identify), whether somebody is who they say they are (verify), or whether two images show the same person \
    (compare).\n\n\
    Requests and answers are JSON. Every call of `/person` needs an API key in the header `Api-Key`. An answer with \
    status 200 means success; every other one carries `code`, `type` and `message`, and often `details`: `code` is the \
    row of the error table, `type` tells apart the cases of one code, and both are stable. Decide by them, never by \
    `message`.\n\n\
    Every answer carries the header `Request-Id`; quote it when you ask for support. Unknown fields of a request are \
    ignored. An answer with a status of 500 or above does not count against the plan. Where an answer carries the header \
    `Retry-After`, the same request may be sent again after so many seconds.";

/// The document.
#[must_use]
pub fn openapi() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Auther Check API",
            "version": VERSION,
            "summary": "Face recognition: enrol, identify, verify and compare.",
            "description": DESCRIPTION,
        },
        "servers": [
            {"url": "/", "description": "The service that this document comes from."},
            {
                "url": "{base}",
                "description": "A service elsewhere.",
                "variables": {"base": {
                    "default": BASE_EXAMPLE,
                    "description": "The public address of the service, without a slash at the end.",
                }},
            },
        ],
        "tags": Tag::ALL.map(|tag| json!({"name": tag.name(), "description": tag.description()})),
        "security": [
            {component::API_KEY: []},
            {component::API_KEY: [], component::SIGNATURE: [], component::TIMESTAMP: []},
        ],
        "paths": paths(),
        "components": component::all(),
        "x-error-codes": table::error_codes(),
        "x-image-requirements": table::image_requirements(),
        "x-limits": table::limits(),
        "x-similarity": table::similarity(),
    })
}

fn paths() -> Value {
    let mut paths = Map::new();
    for call in Call::ALL {
        let path = paths.entry(call.path()).or_insert_with(|| json!({}));
        path[call.method().to_ascii_lowercase()] = operation::describe(*call);
    }
    paths.into()
}

/// `GET /openapi.json`.
pub(crate) async fn document() -> Response {
    static TEXT: LazyLock<Bytes> = LazyLock::new(|| openapi().to_string().into());
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    ([content_type], TEXT.clone()).into_response()
}
