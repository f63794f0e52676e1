//! The answers that handlers give: a page, a page with complaints, the way to another page.

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::done::Done;
use crate::fault::Fault;

/// A page.
pub(crate) fn page(template: &impl Template) -> Result<Response, Fault> {
    page_with(StatusCode::OK, template)
}

/// The form again, with what is wrong with it.
pub(crate) fn form_again(template: &impl Template) -> Result<Response, Fault> {
    page_with(StatusCode::UNPROCESSABLE_ENTITY, template)
}

/// A page with a status.
pub(crate) fn page_with(status: StatusCode, template: &impl Template) -> Result<Response, Fault> {
    Ok(html(status, template.render()?))
}

pub(crate) fn html(status: StatusCode, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// Go and look at that page. `to` is a path of ours.
pub(crate) fn see_other(to: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    // A path with characters that a header cannot hold leads to the front page.
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/console"));
    response.headers_mut().insert(header::LOCATION, to);
    response
}

/// Go to that page, which says what has been done.
pub(crate) fn done(to: &str, what: Done) -> Response {
    let sign = if to.contains('?') { '&' } else { '?' };
    see_other(&format!("{to}{sign}done={}", what.word()))
}
