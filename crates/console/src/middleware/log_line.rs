//! One log line for each request: which page was asked for and what came of it, without anything personal.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::response::Response;
use tracing::Span;

use crate::fault::Fault;
use crate::request_id::RequestId;

/// A line that is written when it ends, or when it is dropped because the browser has gone.
pub(super) struct LogLine {
    span: Span,
    begun: Instant,
    is_written: bool,
}

impl LogLine {
    /// The route is logged as its template: the path itself may hold the id of a person or the secret of a link.
    pub(super) fn begin(id: RequestId, request: &Request) -> Self {
        let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
        let method = method_word(request.method());
        let span = tracing::info_span!("page", request_id = %id, method, route);
        Self { span, begun: Instant::now(), is_written: false }
    }

    /// The span that everything logged during the request belongs to.
    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    pub(super) fn end(mut self, response: &Response) {
        let status = response.status().as_u16();
        let cause = response.extensions().get::<Fault>().and_then(Fault::inside);
        let latency_ms = self.latency_ms();
        // A defect of ours, a dependency that is down, or what visitors do all day.
        self.span.in_scope(|| match status {
            500 => tracing::error!(status, latency_ms, cause, "page"),
            501..=599 => tracing::warn!(status, latency_ms, cause, "page"),
            _ => tracing::info!(status, latency_ms, "page"),
        });
        self.is_written = true;
    }

    fn latency_ms(&self) -> f64 {
        // Three decimals: refusals take microseconds.
        (self.begun.elapsed().as_secs_f64() * 1_000_000.0).round() / 1_000.0
    }
}

impl Drop for LogLine {
    fn drop(&mut self) {
        if !self.is_written {
            let latency_ms = self.latency_ms();
            self.span.in_scope(|| tracing::info!(latency_ms, "page: the browser went away"));
        }
    }
}

/// The method, unless the client made it up: what it made up could be anything.
fn method_word(method: &Method) -> &'static str {
    const KNOWN: [(Method, &str); 7] = [
        (Method::GET, "GET"),
        (Method::POST, "POST"),
        (Method::PUT, "PUT"),
        (Method::DELETE, "DELETE"),
        (Method::HEAD, "HEAD"),
        (Method::OPTIONS, "OPTIONS"),
        (Method::PATCH, "PATCH"),
    ];
    KNOWN.iter().find(|(known, _)| known == method).map_or("other", |(_, word)| word)
}
