//! What happens around every request, in this order: request id, span and log line, panics caught, time-out, faults
//! turned into pages, headers. Who may see what is for the guard, route by route.

mod log_line;

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use tracing::Instrument as _;

use self::log_line::LogLine;
use crate::app::Console;
use crate::fault::Fault;
use crate::headers;
use crate::pages::fault::page;
use crate::request_id::RequestId;
use crate::visit::Visit;

pub(crate) async fn around(State(console): State<Console>, mut request: Request, next: Next) -> Response {
    let id = RequestId::new();
    request.extensions_mut().insert(id);
    let line = LogLine::begin(id, &request);
    let span = line.span();
    let response = caught(timed(&console, next.run(request))).instrument(span).await;
    line.end(&response);
    let mut response = with_page(id, response);
    headers::add(response.headers_mut(), id, console.settings().is_https());
    response
}

/// A panic ends its request and no other.
async fn caught(work: impl Future<Output = Response>) -> Response {
    // Nothing that a panic leaves half done is looked at again: the future is dropped, what it shares has its own locks.
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => Fault::internal(format!("panic: {}", panic_text(&*panic))).into_response(),
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&'static str>().copied();
    text.or(panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a text")
}

/// A request that takes too long is given up, be it for its form or for its work.
async fn timed(console: &Console, work: impl Future<Output = Response>) -> Response {
    let limit = Duration::from_millis(console.settings().request_ms_max);
    match tokio::time::timeout(limit, work).await {
        Ok(response) => response,
        Err(_) => Fault::unavailable("out of time").into_response(),
    }
}

/// The page of a fault; the guard has left with the response who asked.
fn with_page(id: RequestId, mut response: Response) -> Response {
    let Some(fault) = response.extensions_mut().remove::<Fault>() else { return response };
    let visit = response.extensions_mut().remove::<Visit>();
    let mut paged = page(visit.as_ref(), &fault, id);
    // What axum or the guard has said already (`Allow`, a cookie taken away) holds for the page, too.
    for (name, value) in response.headers() {
        if !paged.headers().contains_key(name) && name != axum::http::header::CONTENT_LENGTH {
            paged.headers_mut().append(name, value.clone());
        }
    }
    paged
}
