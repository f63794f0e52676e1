//! `/docs/quick-start`: from nothing to a face that is recognised. The calls and their answers are those of the reference.

use askama::Template;
use axum::response::Response;
use serde_json::Value;

use super::{Anchor, Contents, Doc, json, object, text};
use crate::fault::Fault;
use crate::frame::Frame;
use crate::reply;
use crate::samples::{self, Sample};
use crate::visit::Visit;

/// Id of the call, anchor, heading, and what happens.
const STEPS: [(&str, &str, &str, &str); 4] = [
    (
        "createPerson",
        "enrol",
        "Enrol a face",
        "The image becomes a template, kept under an id of yours: here jane.doe. The image itself is not kept.",
    ),
    (
        "verifyPerson",
        "verify",
        "Verify: is it Jane?",
        "Compares a face with the one that is enrolled under the id. Send another picture of the same person.",
    ),
    (
        "identifyPerson",
        "identify",
        "Identify: who is it?",
        "Searches all enrolled persons. When nobody is similar enough, the answer is 410 with the code RF_001.",
    ),
    ("removePerson", "remove", "Forget Jane", "The id, its times and the template are gone for good."),
];

/// A call, in each language, and what comes back.
struct Step {
    anchor: &'static str,
    heading: &'static str,
    says: &'static str,
    operation: &'static str,
    samples: Vec<Sample>,
    answer: String,
}

#[derive(Template)]
#[template(path = "docs/quick_start.html")]
struct Page {
    frame: Frame,
    contents: Contents,
    steps: Vec<Step>,
}

pub(super) fn page(visit: &Visit) -> Result<Response, Fault> {
    let (openapi, base) = (&visit.console.openapi, &visit.console.settings().public_url);
    let steps = STEPS.map(|(operation, anchor, heading, says)| Step {
        anchor,
        heading,
        says,
        operation,
        samples: samples::of(openapi, operation, base),
        answer: answer(openapi, operation),
    });
    let mut anchors = vec![
        Anchor::new("key", "Get a key"),
        Anchor::new("postman", "Postman, if you like"),
        Anchor::new("picture", "Take a picture"),
    ];
    anchors.extend(steps.iter().map(|step| Anchor::new(step.anchor, step.heading)));
    anchors.push(Anchor::new("go-on", "Go on"));
    reply::page(&Page {
        frame: Doc::QuickStart.frame(visit),
        contents: Contents::of(Doc::QuickStart, anchors),
        steps: steps.into(),
    })
}

/// The first example of success; empty where the answer is.
fn answer(openapi: &Value, operation: &str) -> String {
    let mut calls = object(&openapi["paths"]).flat_map(|(_, methods)| object(methods));
    let call = calls.find(|(_, call)| text(&call["operationId"]) == operation);
    let examples = call.map(|(_, call)| &call["responses"]["200"]["content"]["application/json"]["examples"]);
    let example = examples.and_then(|examples| object(examples).next());
    example.map(|(_, example)| json::pretty(openapi, &example["value"])).unwrap_or_default()
}
