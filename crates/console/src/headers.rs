//! What every answer tells the browser about what it may do with it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::request_id::{self, RequestId};

/// Nothing from elsewhere, no script and no style within a page, no frame around it. `blob:` is for the pictures that
/// the visitor's own camera takes.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; connect-src 'self'; media-src 'self' blob:; font-src 'self'; form-action 'self'; \
    frame-ancestors 'none'; base-uri 'none'";

/// A year. Other hosts below ours are none of our business.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000";

const FIXED: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Adds them. The request id and the caching that an answer has already stay: the API's own within "try it", an asset's.
pub(crate) fn add(headers: &mut HeaderMap, id: RequestId, is_https: bool) {
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(STRICT_TRANSPORT_SECURITY));
    }
    headers.entry(request_id::HEADER).or_insert_with(|| id.header_value());
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
