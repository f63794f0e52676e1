//! `/docs/signing`: how requests and answers are signed.

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
    let anchors = vec![
        Anchor::new("setting-up", "Setting up"),
        Anchor::new("request", "Build the signature"),
        Anchor::new("response", "Verify the answer"),
        Anchor::new("length-prefixed", "The length-prefixed line"),
        Anchor::new("rules", "The rules"),
        Anchor::new("limits", "What it does not protect"),
    ];
    reply::page(&Page {
        frame: Doc::Signing.frame(visit),
        contents: Contents::of(Doc::Signing, anchors),
        base: visit.console.settings().public_url.clone(),
    })
}
