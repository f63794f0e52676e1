//! The limits of this listener.

use accounts::Networks;

/// What a deployment may set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The greatest encoded image in bytes. Bodies are limited to what images of that size need as base64.
    pub image_bytes_max: usize,
    /// How long a request may take, its body's arrival included, in milliseconds.
    pub request_ms_max: u64,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Networks,
}

impl Default for Settings {
    fn default() -> Self {
        Self { image_bytes_max: 10 << 20, request_ms_max: 30_000, trusted_proxies: Networks::NONE }
    }
}

impl Settings {
    /// The greatest body of a call that carries so many images: base64 takes four characters for three bytes. What else a
    /// body holds is at most a list of 4,096 face ids.
    pub(crate) fn body_bytes_max(&self, images: usize) -> usize {
        const REST_BYTES_MAX: usize = 256 << 10;
        let base64 = self.image_bytes_max.div_ceil(3).saturating_mul(4);
        base64.saturating_mul(images).saturating_add(REST_BYTES_MAX)
    }
}
