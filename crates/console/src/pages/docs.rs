//! `/docs`: the documentation for developers, made from the one description of the API; works signed out and offline.

mod advice;
mod image;
mod reference;
mod requirements;

pub(crate) use image::serve as image;

use askama::Template;
use axum::extract::RawPathParams;
use axum::response::Response;
use serde_json::Value;

use crate::fault::Fault;
use crate::frame::{Frame, Section};
use crate::prose;
use crate::reply::page;
use crate::visit::Visit;

/// A page of the documentation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doc {
    Index,
    QuickStart,
    Reference,
    ImageRequirements,
    Errors,
    Signing,
    Limits,
}

impl Doc {
    const ALL: [Self; 7] = [
        Self::Index,
        Self::QuickStart,
        Self::Reference,
        Self::ImageRequirements,
        Self::Errors,
        Self::Signing,
        Self::Limits,
    ];

    const fn path(self) -> &'static str {
        match self {
            Self::Index => "/docs",
            Self::QuickStart => "/docs/quick-start",
            Self::Reference => "/docs/reference",
            Self::ImageRequirements => "/docs/image-requirements",
            Self::Errors => "/docs/errors",
            Self::Signing => "/docs/signing",
            Self::Limits => "/docs/limits",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Index => "Documentation",
            Self::QuickStart => "Quick start",
            Self::Reference => "API reference",
            Self::ImageRequirements => "Image requirements",
            Self::Errors => "Errors",
            Self::Signing => "Signing",
            Self::Limits => "Limits",
        }
    }

    /// What it is about, in a line.
    const fn says(self) -> &'static str {
        match self {
            Self::Index => "Where to begin",
            Self::QuickStart => "From nothing to the first verified face",
            Self::Reference => "Every call with its fields, samples, answers and errors",
            Self::ImageRequirements => "What an image must be like, with examples and limits",
            Self::Errors => "Every code, what it means and what to do about it",
            Self::Signing => "Requests and responses that prove where they come from",
            Self::Limits => "Rates, quotas, sizes, and what a similarity means",
        }
    }
}

/// What all pages here share: the list of them.
pub(crate) struct Contents {
    entries: Vec<(&'static str, &'static str, bool)>,
}

impl Contents {
    fn of(doc: Doc) -> Self {
        Self { entries: Doc::ALL.map(|other| (other.path(), other.title(), other == doc)).to_vec() }
    }
}

macro_rules! pages {
    ($($name:ident = $path:literal { $($field:ident: $kind:ty),* };)+) => {$(
        #[derive(Template)]
        #[template(path = $path)]
        struct $name {
            frame: Frame,
            contents: Contents,
            base: String,
            $($field: $kind,)*
        }
    )+};
}

pages! {
    IndexPage = "docs/index.html" { cards: Vec<(&'static str, &'static str, &'static str)> };
    QuickStartPage = "docs/quick_start.html" { samples: Vec<QuickStep> };
    ReferencePage = "docs/reference.html" { groups: Vec<reference::Group>, schemas: Vec<reference::Schema> };
    ImageRequirementsPage = "docs/image_requirements.html" { rows: Vec<requirements::Row>, examples: Vec<requirements::Example> };
    ErrorsPage = "docs/errors.html" { rows: Vec<ErrorRow> };
    SigningPage = "docs/signing.html" {};
    LimitsPage = "docs/limits.html" { rows: Vec<LimitRow>, similarity: Vec<SimilarityRow>, meaning: String };
}

/// A step of the quick start in each language.
struct QuickStep {
    title: &'static str,
    says: &'static str,
    samples: Vec<reference::Sample>,
}

struct ErrorRow {
    code: String,
    status: u64,
    message: String,
    meaning: String,
    advice: &'static str,
    retry: bool,
    types: Vec<(String, String)>,
}

struct LimitRow {
    meaning: String,
    limit: String,
    code: String,
}

struct SimilarityRow {
    percent: String,
    one_in: String,
    note: String,
}

pub(crate) async fn index(visit: Visit) -> Result<Response, Fault> {
    show(&visit, Doc::Index)
}

pub(crate) async fn one(visit: Visit, params: RawPathParams) -> Result<Response, Fault> {
    let name = params.iter().next().map_or("", |(_, name)| name);
    let doc = Doc::ALL.into_iter().find(|doc| doc.path().strip_prefix("/docs/") == Some(name));
    show(&visit, doc.ok_or(Fault::NotFound)?)
}

fn show(visit: &Visit, doc: Doc) -> Result<Response, Fault> {
    let openapi = &visit.console.openapi;
    let (frame, contents) = (visit.frame(doc.title(), Section::Docs), Contents::of(doc));
    let base = visit.console.settings().public_url.clone();
    match doc {
        Doc::Index => {
            let cards = Doc::ALL.into_iter().skip(1).map(|doc| (doc.path(), doc.title(), doc.says())).collect();
            page(&IndexPage { frame, contents, base, cards })
        }
        Doc::QuickStart => {
            let samples = quick_start(openapi, &base);
            page(&QuickStartPage { frame, contents, base, samples })
        }
        Doc::Reference => {
            let (groups, schemas) = (reference::groups(openapi, &base), reference::schemas(openapi));
            page(&ReferencePage { frame, contents, base, groups, schemas })
        }
        Doc::ImageRequirements => {
            let (rows, examples) = (requirements::rows(openapi), requirements::examples());
            page(&ImageRequirementsPage { frame, contents, base, rows, examples })
        }
        Doc::Errors => page(&ErrorsPage { frame, contents, base, rows: errors(openapi) }),
        Doc::Signing => page(&SigningPage { frame, contents, base }),
        Doc::Limits => {
            let (rows, similarity) = (limits(openapi), similarity(openapi));
            let meaning = prose::html(text(&openapi["x-similarity"]["meaning"]));
            page(&LimitsPage { frame, contents, base, rows, similarity, meaning })
        }
    }
}

/// The steps are calls of the reference: their samples are the same.
fn quick_start(openapi: &Value, base: &str) -> Vec<QuickStep> {
    let steps = [
        ("createPerson", "Enrol a face", "A portrait becomes a template under an id of yours. The image is not kept."),
        ("verifyPerson", "Verify (1:1)", "Is this the person that they say they are?"),
        ("identifyPerson", "Identify (1:N)", "Who of all enrolled persons is this?"),
        ("removePerson", "Forget", "Id, times and template are gone for good."),
    ];
    let step = |(id, title, says): (&str, &'static str, &'static str)| QuickStep {
        title,
        says,
        samples: reference::samples(openapi, id, base),
    };
    steps.into_iter().map(step).collect()
}

fn errors(openapi: &Value) -> Vec<ErrorRow> {
    let row = |row: &Value| ErrorRow {
        code: text(&row["code"]).to_owned(),
        status: row["status"].as_u64().unwrap_or_default(),
        message: text(&row["message"]).to_owned(),
        meaning: prose::line(text(&row["meaning"])),
        advice: advice::about(text(&row["code"])),
        retry: row["retry"].as_bool().unwrap_or_default(),
        types: array(&row["types"])
            .iter()
            .map(|kind| (text(&kind["type"]).to_owned(), prose::line(text(&kind["meaning"]))))
            .collect(),
    };
    array(&openapi["x-error-codes"]).iter().map(row).collect()
}

fn limits(openapi: &Value) -> Vec<LimitRow> {
    let row = |row: &Value| {
        let unit = text(&row["unit"]);
        let bound = |name: &str| row[name].as_f64().map(|value| quantity(value, unit));
        let limit = match (bound("min"), bound("max")) {
            (Some(min), Some(max)) => format!("{min} to {max}"),
            (Some(min), None) => format!("at least {min}"),
            (None, Some(max)) => format!("at most {max}"),
            (None, None) => String::new(),
        };
        LimitRow { meaning: prose::line(text(&row["meaning"])), limit, code: text(&row["code"]).to_owned() }
    };
    array(&openapi["x-limits"]).iter().map(row).collect()
}

/// A limit as people say it.
fn quantity(value: f64, unit: &str) -> String {
    match unit {
        "bytes" => format!("{:.1} MiB", value / f64::from(1 << 20)).replace(".0 ", " "),
        "pixels" if value >= 1e6 => format!("{} megapixels", value / 1e6),
        "milliseconds" => format!("{} seconds", value / 1e3),
        other => format!("{value} {other}"),
    }
}

fn similarity(openapi: &Value) -> Vec<SimilarityRow> {
    let row = |row: &Value| SimilarityRow {
        percent: format!("{} %", row["percent"].as_f64().unwrap_or_default()),
        one_in: row["oneIn"]
            .as_u64()
            .map_or("–".to_owned(), |one_in| format!("1 in {}", crate::text::count(&one_in))),
        note: text(&row["note"]).to_owned(),
    };
    array(&openapi["x-similarity"]["rows"]).iter().map(row).collect()
}

/// The text that a value is; empty for what is none.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The elements of a value; none for what is no array.
fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
