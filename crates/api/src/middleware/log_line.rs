//! One log line for each request: what was asked for and what came of it, without anything personal.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::response::Response;
use tracing::Span;

use crate::error::{Case, Cause};
use crate::request_id::RequestId;

/// A line that is written when it is dropped: after its end, or because the client has gone.
pub(super) struct LogLine {
    span: Span,
    begun: Instant,
    answer: Option<Answer>,
}

impl LogLine {
    /// The route is logged as its template: the path itself may hold the id of a person.
    pub(super) fn begin(id: RequestId, request: &Request) -> Self {
        let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
        let method = method_word(request.method());
        let span = tracing::info_span!("request", request_id = %id, method, route, key = tracing::field::Empty);
        Self { span, begun: Instant::now(), answer: None }
    }

    /// The span that everything logged during the request belongs to.
    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// The line is written when the answer is on its way, which need not wait for whoever reads the log.
    pub(super) fn end(mut self, response: &Response) {
        let (status, cause) = (response.status().as_u16(), response.extensions().get::<Cause>().cloned());
        self.answer = Some(Answer { status, cause, latency_ms: self.latency_ms() });
        // Written when it is dropped: by this task, or with it when the runtime ends.
        tokio::spawn(async move { drop(self) });
    }

    fn latency_ms(&self) -> f64 {
        // Three decimals: probes and refusals take microseconds.
        (self.begun.elapsed().as_secs_f64() * 1_000_000.0).round() / 1_000.0
    }
}

impl Drop for LogLine {
    fn drop(&mut self) {
        let _entered = self.span.enter();
        match &self.answer {
            Some(answer) => answer.write(),
            None => tracing::info!(latency_ms = self.latency_ms(), "request: the client went away"),
        }
    }
}

/// What the line says of an answer.
struct Answer {
    status: u16,
    cause: Option<Cause>,
    latency_ms: f64,
}

impl Answer {
    fn write(&self) {
        let Self { status, cause, latency_ms } = self;
        let inside = cause.as_ref().and_then(|cause| cause.inside.as_deref());
        let case = cause.as_ref().map(|cause| cause.case);
        let (code, word) = case.map_or(("", ""), |case| (case.code().text(), case.word()));
        // A defect of ours, a dependency that is down, or what clients do all day.
        match case {
            Some(Case::Internal) => tracing::error!(status, code, case = word, latency_ms, cause = inside, "request"),
            Some(Case::Unavailable) => tracing::warn!(status, code, case = word, latency_ms, cause = inside, "request"),
            Some(_) | None => tracing::info!(status, code, case = word, latency_ms, cause = inside, "request"),
        }
    }
}

/// The method, unless the client made it up: what it made up could be anything.
fn method_word(method: &Method) -> &'static str {
    const KNOWN: [Method; 9] = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
        Method::PATCH,
        Method::CONNECT,
        Method::TRACE,
    ];
    const WORDS: [&str; 9] = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE"];
    KNOWN.iter().position(|known| known == method).map_or("other", |i| WORDS[i])
}
