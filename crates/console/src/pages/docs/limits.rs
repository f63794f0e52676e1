//! `/docs/limits`: how much, how fast, how large, how long, and what a similarity means.

use accounts::Limits;
use askama::Template;
use axum::response::Response;
use serde_json::Value;

use super::{Anchor, Contents, Doc, array, number, text};
use crate::fault::Fault;
use crate::frame::Frame;
use crate::text::count;
use crate::visit::Visit;
use crate::{prose, reply};

/// A limit of a request.
struct Row {
    meaning: String,
    accepted: String,
    code: String,
    kind: String,
}

/// A similarity and how often it is wrong.
struct Similarity {
    percent: String,
    one_in: String,
    note: String,
}

/// The visitor's own plan in words; an empty text for what is unlimited.
struct Plan {
    name: String,
    requests: String,
    persons: String,
    rate: String,
}

#[derive(Template)]
#[template(path = "docs/limits.html")]
struct Page {
    frame: Frame,
    contents: Contents,
    plan: Option<Plan>,
    rows: Vec<Row>,
    meaning: String,
    similarities: Vec<Similarity>,
}

pub(super) fn page(visit: &Visit) -> Result<Response, Fault> {
    let openapi = &visit.console.openapi;
    let anchors = [
        ("plan", "Rate and quotas"),
        ("sizes", "Sizes"),
        ("similarity", "Similarity"),
        ("kept", "What is kept, and for how long"),
    ];
    let own = visit.full_session().map(|session| &session.organisation.plan);
    reply::page(&Page {
        frame: Doc::Limits.frame(visit),
        contents: Contents::of(Doc::Limits, anchors.map(|(id, label)| Anchor::new(id, label)).into()),
        plan: own.map(|plan| in_words(&plan.name, plan.limits)),
        rows: array(&openapi["x-limits"]).iter().map(row).collect(),
        meaning: prose::html(text(&openapi["x-similarity"]["meaning"])),
        similarities: array(&openapi["x-similarity"]["rows"]).iter().map(similarity).collect(),
    })
}

fn in_words(name: &str, limits: Limits) -> Plan {
    let counted = |limit: Option<u64>| limit.map(|limit| count(&limit)).unwrap_or_default();
    Plan {
        name: name.to_owned(),
        requests: counted(limits.requests_month_max),
        persons: counted(limits.persons_max),
        rate: limits
            .rate
            .map(|rate| format!("{} a second, {} at once", rate.per_second, rate.burst))
            .unwrap_or_default(),
    }
}

fn row(row: &Value) -> Row {
    let bound = |name: &str| row[name].as_f64().map(|value| quantity(value, text(&row["unit"])));
    let accepted = match (row["min"].as_f64(), bound("min"), bound("max")) {
        (Some(min), _, Some(max)) => format!("{} to {max}", number(min)),
        (_, Some(min), None) => format!("at least {min}"),
        (_, None, Some(max)) => format!("at most {max}"),
        (_, None, None) => "no limit".to_owned(),
        // A bound is a number or is none, whichever way one asks.
        (None, Some(_), Some(_)) => String::new(),
    };
    Row {
        meaning: prose::line(text(&row["meaning"])),
        accepted,
        code: text(&row["code"]).to_owned(),
        kind: text(&row["type"]).to_owned(),
    }
}

/// A limit as people say it; what is rounded is rounded down.
fn quantity(value: f64, unit: &str) -> String {
    const MIB: f64 = 1_048_576.0;
    match unit {
        "bytes" if value >= MIB => format!("{} MiB", number((value / MIB * 10.0).floor() / 10.0)),
        "pixels" if value >= 1e6 => format!("{} megapixels", number(value / 1e6)),
        "milliseconds" => format!("{} seconds", number(value / 1e3)),
        "percent" => format!("{} %", number(value)),
        other => format!("{} {other}", number(value)),
    }
}

fn similarity(row: &Value) -> Similarity {
    Similarity {
        percent: format!("{} %", number(row["percent"].as_f64().unwrap_or_default())),
        one_in: row["oneIn"].as_u64().map(|one_in| format!("1 in {}", count(&one_in))).unwrap_or_default(),
        note: text(&row["note"]).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_well() {
        for (value, unit, expected) in [
            (10_485_760.0, "bytes", "10 MiB"),
            (14_782_392.0, "bytes", "14 MiB"),
            (29_499_248.0, "bytes", "28.1 MiB"),
            (40e6, "pixels", "40 megapixels"),
            (100.0, "pixels", "100 pixels"),
            (30_000.0, "milliseconds", "30 seconds"),
            (128.0, "characters", "128 characters"),
            (100.0, "percent", "100 %"),
        ] {
            assert_eq!(quantity(value, unit), expected);
        }
    }
}
