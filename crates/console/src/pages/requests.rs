//! `/console/requests`: the log of requests; never images, never person ids.

use std::collections::HashMap;

use accounts::usage::{RequestFilter, RequestLine};
use accounts::{KeyId, Operation};
use askama::Template;
use axum::response::Response;
use biometric::Timestamp;

use crate::codes::{self, Outcome};
use crate::fault::Fault;
use crate::frame::{Frame, Section};
use crate::reply::page;
use crate::visit::Signed;

/// How many requests a page shows.
const PAGE: usize = 50;

/// The word in the address for requests that were answered with success.
const OK: &str = "ok";

/// What is written down instead of a status where the client did not wait for its answer.
const CLIENT_GONE: u16 = 499;

#[derive(Template)]
#[template(path = "requests.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    /// Value, label, whether it is chosen.
    operations: Vec<(String, String, bool)>,
    outcomes: Vec<(String, String, bool)>,
    keys: Vec<(String, String, bool)>,
    is_filtered: bool,
    older: String,
    newer: String,
}

struct Row {
    at: Timestamp,
    operation: &'static str,
    status: u16,
    kind: Outcome,
    code: String,
    meaning: String,
    latency: String,
    key: String,
    request_id: String,
}

impl Row {
    /// How the outcome is coloured.
    fn class(&self) -> &'static str {
        match (self.kind, self.status) {
            // Nobody was there any more to take the answer: neither good nor bad.
            (Outcome::Answered, CLIENT_GONE) => "",
            (Outcome::Answered, _) => "success",
            (Outcome::NoMatch, _) => "accent",
            (Outcome::Refused, _) => "warning",
            (Outcome::Failed, _) => "danger",
        }
    }

    /// The outcome in a word.
    fn outcome(&self) -> &str {
        match (self.code.as_str(), self.status) {
            ("", CLIENT_GONE) => "client gone",
            ("", _) => OK,
            (code, _) => code,
        }
    }
}

pub(crate) async fn show(signed: Signed) -> Result<Response, Fault> {
    let filter = RequestFilter {
        operation: Operation::of_word(signed.query("operation")),
        code: match signed.query("outcome") {
            "" => None,
            OK => Some(String::new()),
            code => Some(code.to_owned()),
        },
        key: signed.query("key").parse().ok().map(KeyId),
    };
    let before = signed.query("before").parse::<i64>().ok();
    let (organisation, asked) = (signed.organisation(), filter.clone());
    let found = signed.console.blocking(move |parts| {
        let lines = parts.usage.requests(organisation, &asked, before, PAGE + 1)?;
        Ok::<_, Fault>((lines, parts.accounts.keys_of(organisation)?))
    });
    let (mut lines, keys) = found.await??;
    let goes_on = lines.len() > PAGE;
    lines.truncate(PAGE);
    let address = |before: Option<i64>| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for name in ["operation", "outcome", "key"] {
            let value = signed.query(name);
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some(before) = before {
            query.append_pair("before", &before.to_string());
        }
        format!("/console/requests?{}", query.finish())
    };
    let names: HashMap<KeyId, String> = keys.iter().map(|key| (key.id, key.name.clone())).collect();
    let openapi = &signed.console.openapi;
    page(&Page {
        frame: signed.frame("Requests", Section::Requests),
        older: if goes_on { address(lines.last().map(|line| line.id)) } else { String::new() },
        newer: if before.is_some() { address(None) } else { String::new() },
        rows: lines.into_iter().map(|line| row(line, &names, openapi)).collect(),
        operations: Operation::ALL
            .map(|o| (o.word().to_owned(), o.word().to_owned(), filter.operation == Some(o)))
            .to_vec(),
        outcomes: outcomes(openapi, filter.code.as_deref()),
        keys: keys.iter().map(|k| (k.id.to_string(), k.name.clone(), filter.key == Some(k.id))).collect(),
        is_filtered: filter != RequestFilter::default(),
    })
}

fn row(line: RequestLine, names: &HashMap<KeyId, String>, openapi: &serde_json::Value) -> Row {
    Row {
        at: line.at,
        operation: line.operation.word(),
        status: line.status,
        kind: Outcome::of(openapi, &line.code),
        meaning: codes::meaning(openapi, &line.code).to_owned(),
        code: line.code,
        latency: format!("{:.1}", line.latency_us as f64 / 1_000.0),
        key: match line.key {
            None => "back-office".to_owned(),
            Some(key) => names.get(&key).cloned().unwrap_or_else(|| format!("key {key}")),
        },
        request_id: line.request_id,
    }
}

fn outcomes(openapi: &serde_json::Value, chosen: Option<&str>) -> Vec<(String, String, bool)> {
    let ok = (OK.to_owned(), "answered (ok)".to_owned(), chosen == Some(""));
    let codes = codes::all(openapi).into_iter().map(|code| (code.clone(), code.clone(), chosen == Some(&code)));
    [ok].into_iter().chain(codes).collect()
}
