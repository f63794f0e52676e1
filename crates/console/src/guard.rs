//! Who may see which page, and which forms are ours: every route goes through here before its handler runs.

use accounts::Stage;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use subtle::ConstantTimeEq as _;

use crate::app::Console;
use crate::fault::Fault;
use crate::form::{self, Form};
use crate::reply::see_other;
use crate::visit::Visit;
use crate::{Access, next};

/// The header in which scripts send the session's token; pages send it as the field `csrf`.
const TOKEN: &str = "x-csrf-token";

/// Lets a request through to its handler, with a [`Visit`] and, for what changes something, a [`Form`] as extensions.
pub(crate) async fn guard(
    State((console, access)): State<(Console, Access)>,
    request: Request,
    then: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let visit = match Visit::of(&console, &parts).await {
        Ok(visit) => visit,
        Err(fault) => return fault.into_response(),
    };
    let mut body = Some(body);
    let mut response = match refusal(&visit, access, &mut parts, &mut body).await {
        Some(refusal) => refusal,
        None => {
            parts.extensions.insert(visit.clone());
            then.run(Request::from_parts(parts, body.unwrap_or_default())).await
        }
    };
    if response.extensions().get::<Fault>().is_some() {
        // For the page that is made of it.
        response.extensions_mut().insert(visit);
    }
    response
}

/// Why the handler is not run, if it is not. A form is taken out of the body: the token is in it.
async fn refusal(visit: &Visit, access: Access, parts: &mut Parts, body: &mut Option<Body>) -> Option<Response> {
    let changes = !matches!(parts.method, Method::GET | Method::HEAD);
    if changes && !is_same_origin(&visit.console, &parts.headers) {
        return Some(Fault::ForeignForm.into_response());
    }
    if let Some(refusal) = rule(visit, access, changes) {
        return Some(refusal);
    }
    if changes && form::is_form(&parts.headers) {
        let bytes_max = visit.console.settings().form_bytes_max;
        match form::read(body.take().unwrap_or_default(), bytes_max).await {
            Ok(form) => parts.extensions.insert(form),
            Err(fault) => return Some(fault.into_response()),
        };
    }
    let needs_token = changes && access != Access::Public;
    let has_token = || has_token(visit, &parts.headers, parts.extensions.get::<Form>());
    (needs_token && !has_token()).then(|| Fault::ForeignForm.into_response())
}

/// What the rule of the route says against the visitor.
fn rule(visit: &Visit, access: Access, changes: bool) -> Option<Response> {
    let stage = visit.session.as_ref().map(|session| (session.stage, session.user.role));
    match (access, stage) {
        (Access::Public, _) | (Access::Pending, Some((Stage::SecondFactor, _))) => None,
        (Access::Pending, Some((Stage::Full, _))) => Some(see_other("/console")),
        (Access::AtLeast(least), Some((Stage::Full, role))) if role >= least => None,
        (Access::AtLeast(_), Some((Stage::Full, _))) => Some(Fault::Forbidden.into_response()),
        (Access::AtLeast(_), Some((Stage::SecondFactor, _))) => Some(see_other("/console/second-factor")),
        (Access::Pending, None) => Some(see_other("/console/sign-in")),
        // What was to be changed cannot be asked for again with a link: back to the beginning.
        (Access::AtLeast(_), None) if changes => Some(see_other("/console/sign-in")),
        (Access::AtLeast(_), None) => Some(see_other(&next::sign_in(&visit.target))),
    }
}

/// Whether the request comes from a page of ours. Browsers say so; whoever says nothing is no browser of today, and has
/// no business with forms.
fn is_same_origin(console: &Console, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else { return false };
    // Behind a proxy that talks to us under another name, the public address is the one that browsers see.
    let host = origin.split_once("://").map(|(_, host)| host);
    origin == console.settings().public_url || (host.is_some() && host == text(header::HOST.as_str()))
}

/// Whether the session's token came along, which pages of other sites cannot know. For what changes something it is asked
/// here; a handler asks it for a GET that costs something.
pub(crate) fn has_token(visit: &Visit, headers: &HeaderMap, form: Option<&Form>) -> bool {
    let header = headers.get(TOKEN).and_then(|value| value.to_str().ok());
    let presented = header.or(form.map(|form| form.get("csrf"))).unwrap_or_default();
    let expected = visit.session.as_ref().map_or("", |session| &session.csrf);
    !expected.is_empty() && bool::from(presented.as_bytes().ct_eq(expected.as_bytes()))
}
