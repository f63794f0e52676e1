//! `/docs`: the documentation for developers, made from the one description of the API; works signed out and offline.

mod advice;
mod errors;
mod image;
mod image_requirements;
mod index;
mod json;
mod limits;
mod postman;
mod quick_start;
mod reference;
mod signing;

pub(crate) use image::serve as image;
pub(crate) use postman::serve as postman;

use axum::extract::RawPathParams;
use axum::response::Response;
use serde_json::Value;

use crate::fault::Fault;
use crate::frame::{Frame, Section};
use crate::visit::Visit;

/// A page of the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doc {
    Index,
    QuickStart,
    Reference,
    ImageRequirements,
    Errors,
    Limits,
    Signing,
}

impl Doc {
    /// In the order in which one reads.
    const ALL: [Self; 7] = [
        Self::Index,
        Self::QuickStart,
        Self::Reference,
        Self::ImageRequirements,
        Self::Errors,
        Self::Limits,
        Self::Signing,
    ];

    const fn path(self) -> &'static str {
        match self {
            Self::Index => "/docs",
            Self::QuickStart => "/docs/quick-start",
            Self::Reference => "/docs/reference",
            Self::ImageRequirements => "/docs/image-requirements",
            Self::Errors => "/docs/errors",
            Self::Limits => "/docs/limits",
            Self::Signing => "/docs/signing",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Index => "Documentation",
            Self::QuickStart => "Quick start",
            Self::Reference => "API reference",
            Self::ImageRequirements => "Image requirements",
            Self::Errors => "Errors",
            Self::Limits => "Limits",
            Self::Signing => "Signing",
        }
    }

    /// What one finds there, in a line.
    const fn says(self) -> &'static str {
        match self {
            Self::Index => "Where to begin.",
            Self::QuickStart => "From nothing to the first face that is recognised, in shell, Python or JavaScript.",
            Self::Reference => "Every call: its fields, samples in three languages, answers and errors.",
            Self::ImageRequirements => "What an image must be like, with pictures, measures and limits.",
            Self::Errors => "Every code, what it means, and what to do about it.",
            Self::Limits => "Rate, quotas, sizes, what is kept, and what a similarity means.",
            Self::Signing => "Requests and answers that prove who made them, and that nobody changed them.",
        }
    }

    fn frame(self, visit: &Visit) -> Frame {
        visit.frame(self.title(), Section::Docs)
    }
}

/// A place on a page.
struct Anchor {
    id: String,
    label: String,
    /// Whether it belongs to the one before it.
    is_below: bool,
}

impl Anchor {
    fn new(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self { id: id.into(), label: label.into(), is_below: false }
    }

    fn below(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self { is_below: true, ..Self::new(id, label) }
    }
}

/// The side navigation: the pages, and the places on this one.
struct Contents {
    doc: Doc,
    anchors: Vec<Anchor>,
}

impl Contents {
    fn of(doc: Doc, anchors: Vec<Anchor>) -> Self {
        Self { doc, anchors }
    }

    /// Path and title of every page, and whether it is this one.
    fn pages(&self) -> Vec<(&'static str, &'static str, bool)> {
        Doc::ALL.map(|other| (other.path(), other.title(), other == self.doc)).to_vec()
    }

    /// Path and title of the page that one reads after this one.
    fn next(&self) -> Option<(&'static str, &'static str)> {
        let after = Doc::ALL.into_iter().skip_while(|other| *other != self.doc).nth(1);
        after.map(|doc| (doc.path(), doc.title()))
    }

    fn is_index(&self) -> bool {
        self.doc == Doc::Index
    }
}

pub(crate) async fn index(visit: Visit) -> Result<Response, Fault> {
    index::page(&visit)
}

pub(crate) async fn one(visit: Visit, params: RawPathParams) -> Result<Response, Fault> {
    let name = params.iter().find(|(known, _)| *known == "page").map_or("", |(_, name)| name);
    let doc = Doc::ALL.into_iter().find(|doc| doc.path().strip_prefix("/docs/") == Some(name));
    match doc.ok_or(Fault::NotFound)? {
        Doc::Index => index::page(&visit),
        Doc::QuickStart => quick_start::page(&visit),
        Doc::Reference => reference::page(&visit),
        Doc::ImageRequirements => image_requirements::page(&visit),
        Doc::Errors => errors::page(&visit),
        Doc::Limits => limits::page(&visit),
        Doc::Signing => signing::page(&visit),
    }
}

/// The text that a value is; empty for what is none.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The elements of a value; none for what is no array.
fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The fields of a value; none for what is no object.
fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// A number as people write it: `1,234,567`, `10.2`.
fn number(value: f64) -> String {
    match value >= 1_000.0 && value.fract() == 0.0 {
        true => crate::text::count(&(value as u64)),
        false => value.to_string().replace('-', "−"),
    }
}
