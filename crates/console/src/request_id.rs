//! The id that every response carries and every log line of its request shows.

use std::fmt;

use axum::http::{HeaderName, HeaderValue};
use uuid::Uuid;

/// The response header.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("request-id");

/// A fresh UUID of version 7: ordered by time, so that support finds the place in the log.
#[derive(Clone, Copy)]
pub(crate) struct RequestId(Uuid);

impl RequestId {
    pub(crate) fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The id as the header's value.
    pub(crate) fn header_value(self) -> HeaderValue {
        let mut buffer = Uuid::encode_buffer();
        // Hexadecimal digits and hyphens are always a valid value.
        HeaderValue::from_str(self.0.hyphenated().encode_lower(&mut buffer)).unwrap_or(HeaderValue::from_static(""))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
