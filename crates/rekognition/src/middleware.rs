//! What happens around every call, in this order: request id, span and log line, panics caught, time-out, a place in flight.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::app::App;
use crate::exception::{Exception, Kind, Raised};

/// The header that clients show when they ask for help.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

pub(crate) async fn around(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let (id, begun) = (Uuid::now_v7().hyphenated().to_string(), Instant::now());
    let open = app.admission.open(id.clone());
    request.extensions_mut().insert(open.record());
    let (action, key) = (tracing::field::Empty, tracing::field::Empty);
    let span = tracing::info_span!("rekognition", request_id = %id, action, key);
    let response = caught(timed(&app, admitted(&app, request, next))).instrument(span.clone()).await;
    let raised = response.extensions().get::<Raised>();
    open.end(response.status().as_u16(), raised.map_or("", |raised| raised.kind.code()));
    span.in_scope(|| log(&response, begun));
    with_headers(response, &id)
}

/// What came of it, without anything personal. A client that goes away leaves a line of the request log alone.
fn log(response: &Response, begun: Instant) {
    let status = response.status().as_u16();
    let latency_ms = (begun.elapsed().as_secs_f64() * 1_000_000.0).round() / 1_000.0;
    let raised = response.extensions().get::<Raised>();
    let code = raised.map_or("", |raised| raised.kind.name());
    let cause = raised.and_then(|raised| raised.cause.as_deref());
    match raised.map(|raised| raised.kind) {
        Some(Kind::InternalServerError) => tracing::error!(status, code, latency_ms, cause, "request"),
        Some(_) | None => tracing::info!(status, code, latency_ms, cause, "request"),
    }
}

/// A panic ends its request and no other.
async fn caught(work: impl Future<Output = Response>) -> Response {
    // Nothing that a panic leaves half done is looked at again: the future is dropped, what it shares has its own locks.
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => Exception::internal(format!("panic: {}", panic_text(&*panic))).into_response(),
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
        Err(_) => Exception::overloaded().into_response(),
    }
}

/// Refuses at once what would have to wait.
async fn admitted(app: &App, request: Request, next: Next) -> Response {
    match app.admission.enter() {
        Some(_permit) => next.run(request).await,
        None => Exception::overloaded().into_response(),
    }
}

/// Nothing of what we answer is to be kept by a cache or guessed at by a browser.
fn with_headers(mut response: Response, id: &str) -> Response {
    let headers = response.headers_mut();
    // Hexadecimal digits and hyphens are always a valid value.
    headers.insert(REQUEST_ID, HeaderValue::from_str(id).unwrap_or(HeaderValue::from_static("")));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
