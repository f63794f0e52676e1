//! The pages of what went wrong.

use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use crate::fault::Fault;
use crate::frame::{Frame, Section};
use crate::reply::html;
use crate::request_id::RequestId;
use crate::visit::Visit;

/// For those who are signed in, with the navigation.
#[derive(Template)]
#[template(path = "fault.html")]
struct Page {
    frame: Frame,
    status: u16,
    advice: String,
    is_ours: bool,
    request_id: String,
}

/// For everybody else.
#[derive(Template)]
#[template(path = "fault_public.html")]
struct PublicPage {
    frame: Frame,
    advice: String,
    is_ours: bool,
    request_id: String,
}

/// The page of a fault; with nothing more to go wrong.
pub(crate) fn page(visit: Option<&Visit>, fault: &Fault, id: RequestId) -> Response {
    let (status, title, advice) = (fault.status(), fault.title(), fault.advice());
    let (is_ours, request_id) = (status.is_server_error(), id.to_string());
    let text = match visit.filter(|visit| visit.full_session().is_some()) {
        Some(visit) => {
            let frame = visit.frame(title, Section::None);
            Page { frame, status: status.as_u16(), advice, is_ours, request_id }.render()
        }
        None => PublicPage { frame: Frame::bare(title), advice, is_ours, request_id }.render(),
    };
    let mut response = html(status, text.unwrap_or_else(|_| title.to_owned()));
    if let Some(seconds) = fault.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
