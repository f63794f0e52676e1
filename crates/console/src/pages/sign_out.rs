//! `/console/sign-out`: the session ends, here and in the browser.

use axum::http::header;
use axum::response::Response;

use crate::cookie;
use crate::done::Done;
use crate::fault::Fault;
use crate::reply::done;
use crate::visit::Signed;

pub(crate) async fn act(signed: Signed) -> Result<Response, Fault> {
    let (session, now) = (signed.session().id, signed.now);
    signed.console.blocking(move |parts| parts.accounts.sign_out(session, now)).await??;
    let mut response = done("/console/sign-in", Done::SignedOut);
    if let Some(cookie) = cookie::taken(signed.console.settings().is_https()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
