//! `/docs/signing`: what the contract defines, and that this version does not do it.

use askama::Template;
use axum::response::Response;

use super::{Anchor, Contents, Doc};
use crate::fault::Fault;
use crate::frame::Frame;
use crate::reply;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "docs/signing.html")]
struct Page {
    frame: Frame,
    contents: Contents,
    base: String,
}

pub(super) fn page(visit: &Visit) -> Result<Response, Fault> {
    let anchors = vec![Anchor::new("rules", "What is defined"), Anchor::new("until-then", "Until then")];
    reply::page(&Page {
        frame: Doc::Signing.frame(visit),
        contents: Contents::of(Doc::Signing, anchors),
        base: visit.console.settings().public_url.clone(),
    })
}
