//! One call, written down.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::call::{Answer, Body, Call};
use super::{case, component, example, outcome, sample};
use crate::{Case, Code};

/// The operation object of a call.
pub(super) fn describe(call: Call) -> Value {
    let failures = outcome::failures(call);
    let order = 1 + Call::ALL.iter().take_while(|other| **other != call).count();
    let mut operation = json!({
        "operationId": call.id(),
        "summary": call.summary(),
        "description": call.description(),
        "tags": [call.tag().name()],
        "responses": responses(call, &failures),
        "x-order": order,
        "x-error-codes": texts(&failures),
        "x-codeSamples": sample::all(call),
    });
    match call.operation() {
        Some(of) => {
            operation["x-operation"] = of.word().into();
            operation["x-permission"] = of.permission().word().into();
        }
        None => operation["security"] = json!([]),
    }
    if call.names_person() {
        operation["parameters"] = json!([{"$ref": "#/components/parameters/person_id"}]);
    }
    if let Some(body) = call.body() {
        operation["requestBody"] = json!({
            "required": true,
            "description": match body {
                Body::FaceImage => "The image of a face.",
                Body::ImagePair => "Two images and, if it is not to be 80 %, the similarity from which they match.",
            },
            "content": json_content(body_schema(body), &example::bodies(body)),
        });
    }
    operation
}

const fn body_schema(body: Body) -> &'static str {
    match body {
        Body::FaceImage => "FaceImage",
        Body::ImagePair => "ImagePair",
    }
}

fn json_content(schema: &str, examples: &Value) -> Value {
    json!({"application/json": {"schema": component::schema(schema), "examples": examples}})
}

/// The codes of cases as the wire shows them, each once.
fn texts(cases: &[Case]) -> Vec<&'static str> {
    outcome::codes(cases).into_iter().map(Code::text).collect()
}

fn responses(call: Call, failures: &[Case]) -> Value {
    let mut responses = Map::from_iter([("200".to_owned(), success(call))]);
    for case in failures {
        let status = case.status();
        let same: Vec<Case> = failures.iter().copied().filter(|other| other.status() == status).collect();
        responses.entry(status.as_str()).or_insert_with(|| failure(call, status, &same));
    }
    responses.into()
}

fn success(call: Call) -> Value {
    let answer = call.answer();
    let (description, schema) = match answer {
        Answer::Nothing => ("Done. The body is empty.", None),
        Answer::Person => ("The person.", Some("Person")),
        Answer::FacesMatched => ("The similarity of the faces, or 0 below the threshold.", Some("FacesMatched")),
        Answer::CheckedImage => ("What was measured, and whether an enrolment would accept it.", Some("CheckedImage")),
        Answer::Health => ("It is.", Some("Health")),
        Answer::Document => ("The document.", Some("Document")),
    };
    let mut response = json!({"description": description, "headers": headers(StatusCode::OK)});
    if let Some(schema) = schema {
        response["content"] = json_content(schema, &example::answers(call));
    }
    response
}

fn failure(call: Call, status: StatusCode, cases: &[Case]) -> Value {
    let codes = texts(cases);
    let types: Vec<&str> = cases.iter().map(|case| case.word()).collect();
    let example = |case: &Case| {
        let summary = format!("{}: {}", case.code().text(), case::meaning(*case));
        (case.word().to_owned(), json!({"summary": summary, "value": example::error(call, *case)}))
    };
    let examples: Map<String, Value> = cases.iter().map(example).collect();
    let reason = status.canonical_reason().unwrap_or_default();
    json!({
        "description": format!("{reason}: {}", codes.join(", ")),
        "headers": headers(status),
        "content": json_content("Error", &examples.into()),
        "x-codes": codes,
        "x-types": types,
    })
}

/// The headers of an answer that a client may look at.
fn headers(status: StatusCode) -> Value {
    let more = match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Some("Retry-After"),
        StatusCode::METHOD_NOT_ALLOWED => Some("Allow"),
        _ => None,
    };
    let names = ["Request-Id", "Signature", "Signature-Key", "Timestamp"].into_iter().chain(more);
    names.map(|name| (name.to_owned(), json!({"$ref": format!("#/components/headers/{name}")}))).collect()
}
