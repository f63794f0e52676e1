//! `/docs/errors`: every code, its cases, and what to do.

use askama::Template;
use axum::response::Response;
use serde_json::Value;

use super::{Anchor, Contents, Doc, advice, array, json, text};
use crate::fault::Fault;
use crate::frame::Frame;
use crate::visit::Visit;
use crate::{prose, reply};

/// A code.
struct Row {
    code: String,
    status: u64,
    message: String,
    meaning: String,
    advice: String,
    /// Whether the same request may succeed later.
    is_passing: bool,
    kinds: Vec<Kind>,
}

/// A case of a code.
struct Kind {
    name: String,
    meaning: String,
    /// What the person before the camera should do; empty where it is not about a face.
    advice: String,
    /// Where it is not that of the code.
    status: Option<u64>,
}

#[derive(Template)]
#[template(path = "docs/errors.html")]
struct Page {
    frame: Frame,
    contents: Contents,
    rows: Vec<Row>,
    /// The codes that an image can be refused with, the first one first.
    precedence: Vec<String>,
    example: String,
}

pub(super) fn page(visit: &Visit) -> Result<Response, Fault> {
    let openapi = &visit.console.openapi;
    let rows: Vec<Row> = array(&openapi["x-error-codes"]).iter().map(row).collect();
    let mut anchors = vec![Anchor::new("form", "What an error looks like"), Anchor::new("several", "Several at once")];
    anchors.push(Anchor::new("codes", "Codes"));
    anchors.extend(rows.iter().map(|row| Anchor::below(row.code.clone(), row.code.clone())));
    let precedence = rows.iter().map(|row| row.code.clone()).take_while(|code| code != "NF_001").collect();
    reply::page(&Page {
        frame: Doc::Errors.frame(visit),
        contents: Contents::of(Doc::Errors, anchors),
        rows,
        precedence,
        example: json::pretty(openapi, &example()),
    })
}

fn row(row: &Value) -> Row {
    let (code, status) = (text(&row["code"]), row["status"].as_u64().unwrap_or_default());
    let kind = |kind: &Value| Kind {
        name: text(&kind["type"]).to_owned(),
        meaning: prose::line(text(&kind["meaning"])),
        advice: text(&kind["advice"]).to_owned(),
        status: kind["status"].as_u64().filter(|own| *own != status),
    };
    Row {
        code: code.to_owned(),
        status,
        message: text(&row["message"]).to_owned(),
        meaning: prose::line(text(&row["meaning"])),
        advice: prose::line(advice::about(code)),
        is_passing: row["retry"].as_bool().unwrap_or_default(),
        kinds: array(&row["types"]).iter().map(kind).collect(),
    }
}

/// Dark glasses hide the eyes, so that they do not pass for open ones either.
fn example() -> Value {
    serde_json::json!({
        "code": "F_005", "type": "sunglasses", "message": "Sunglasses exists",
        "details": [
            { "code": "F_005", "check": "eye_contrast_percent", "value": 5.74, "min": 55 },
            { "code": "F_003", "check": "eye_openness_percent", "value": 6.48, "min": 10.2 },
        ],
    })
}
