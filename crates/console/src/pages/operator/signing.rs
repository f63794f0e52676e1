//! `/console/operator/signing`: the pairs with which the server signs its answers.

use std::time::Duration;

use accounts::ServerKey;
use askama::Template;
use axum::response::Response;
use biometric::Timestamp;

use crate::done::Done;
use crate::fault::Fault;
use crate::form::Form;
use crate::frame::{Frame, Section};
use crate::reply::{done, page};
use crate::visit::Signed;

/// When a new pair begins: word, label, how long from now.
const BEGINNINGS: &[(&str, &str, Duration)] = &[
    ("7", "In 7 days", Duration::from_secs(7 * 24 * 60 * 60)),
    ("30", "In 30 days", Duration::from_secs(30 * 24 * 60 * 60)),
    ("1", "Tomorrow", Duration::from_secs(24 * 60 * 60)),
    ("0", "At once", Duration::ZERO),
];

#[derive(Template)]
#[template(path = "operator_signing.html")]
struct Page {
    frame: Frame,
    keys: Vec<ServerKey>,
    beginnings: &'static [(&'static str, &'static str, Duration)],
}

pub(crate) async fn show(signed: Signed) -> Result<Response, Fault> {
    let now = signed.now;
    let mut keys = signed.console.blocking(move |parts| parts.accounts.server_keys(now)).await??;
    keys.reverse();
    page(&Page { frame: signed.frame("Signing", Section::ServerKeys), keys, beginnings: BEGINNINGS })
}

pub(crate) async fn rotate(signed: Signed, form: Form) -> Result<Response, Fault> {
    let chosen = BEGINNINGS.iter().find(|(word, ..)| *word == form.trimmed("begins")).ok_or(Fault::Unreadable)?;
    let later_ms = i64::try_from(chosen.2.as_millis()).unwrap_or(i64::MAX);
    let (by, now) = (signed.actor(), signed.now);
    let begins = Timestamp::from_millis(now.as_millis().saturating_add(later_ms));
    signed.console.blocking(move |parts| parts.accounts.rotate_server_key(begins, &by, now)).await??;
    Ok(done("/console/operator/signing", Done::ServerKeyRotated))
}
