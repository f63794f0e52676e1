//! `/docs`: what it is, and where to begin.

use askama::Template;
use axum::response::Response;

use super::{Contents, Doc};
use crate::fault::Fault;
use crate::frame::Frame;
use crate::reply;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "docs/index.html")]
struct Page {
    frame: Frame,
    contents: Contents,
    base: String,
    /// Path, title and a line about every other page.
    cards: Vec<(&'static str, &'static str, &'static str)>,
}

pub(super) fn page(visit: &Visit) -> Result<Response, Fault> {
    let others = Doc::ALL.into_iter().filter(|doc| *doc != Doc::Index);
    reply::page(&Page {
        frame: Doc::Index.frame(visit),
        contents: Contents::of(Doc::Index, Vec::new()),
        base: visit.console.settings().public_url.clone(),
        cards: others.map(|doc| (doc.path(), doc.title(), doc.says())).collect(),
    })
}
