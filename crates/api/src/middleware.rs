//! What happens around every request, in this order: request id, span and log line, the answer's signature, panics caught,
//! time-out, admission.
//!
//! The limit on a body is not here but where bodies are read (`extract::body`): it depends on the call, and a request
//! that is refused for another reason should not have its body read at all.

mod log_line;

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use tracing::Instrument as _;

use self::log_line::LogLine;
use crate::app::App;
use crate::error::{Case, Cause, Problem};
use crate::extract::HeldBody;
use crate::health;
use crate::request_id::{self, RequestId};
use crate::signature::Countersignature;

pub(crate) async fn around(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = RequestId::new();
    let line = LogLine::begin(id, &request);
    let open = app.admission.open(id.to_string());
    request.extensions_mut().insert(open.record());
    let countersignature = Countersignature::begin(&mut request);
    let body = HeldBody::new(std::mem::take(request.body_mut()));
    request.extensions_mut().insert(body);
    let span = line.span();
    let response = caught(timed(&app, admitted(&app, request, next))).instrument(span.clone()).await;
    let response = match countersignature {
        Some(countersignature) => countersignature.sign(&app, response).instrument(span).await,
        None => response,
    };
    let code = response.extensions().get::<Cause>().map_or("", |cause| cause.case.code().text());
    open.end(response.status().as_u16(), code);
    line.end(&response);
    with_headers(response, id)
}

/// A panic ends its request and no other.
async fn caught(work: impl Future<Output = Response>) -> Response {
    // Nothing that a panic leaves half done is looked at again: the future is dropped, what it shares has its own locks.
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => Problem::internal(format!("panic: {}", panic_text(&*panic))).into_response(),
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&'static str>().copied();
    text.or(panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a text")
}

/// A request that takes too long is given up, be it for its body or for its work.
async fn timed(app: &App, work: impl Future<Output = Response>) -> Response {
    let limit = Duration::from_millis(app.settings.request_ms_max);
    match tokio::time::timeout(limit, work).await {
        Ok(response) => response,
        Err(_) => Problem::new(Case::TimedOut).into_response(),
    }
}

/// Refuses at once what would have to wait; probes get through, or a busy service would be taken for a dead one.
async fn admitted(app: &App, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    if matches!(route, Some(health::LIVE | health::READY)) {
        return next.run(request).await;
    }
    match app.admission.enter() {
        Some(_permit) => next.run(request).await,
        None => Problem::new(Case::Overloaded).into_response(),
    }
}

/// Nothing of what we answer is to be kept by a cache or guessed at by a browser.
fn with_headers(mut response: Response, id: RequestId) -> Response {
    let headers = response.headers_mut();
    headers.insert(request_id::HEADER, id.header_value());
    // What may be kept says so itself.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_kept_by_no_cache_unless_it_says_so_itself() {
        let of = |response| with_headers(response, RequestId::new()).headers().clone();
        assert_eq!(of(Response::default())[header::CACHE_CONTROL], "no-store");
        let kept = ([(header::CACHE_CONTROL, "max-age=60")], "kept").into_response();
        assert_eq!(of(kept).get_all(header::CACHE_CONTROL).iter().collect::<Vec<_>>(), ["max-age=60"]);
    }
}
