//! The limits of the HTTP side. Every one has a default that suits one machine.

use accounts::Networks;

/// What a deployment may set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The greatest encoded image in bytes. Bodies are limited to what images of that size need as base64; whether a
    /// single image is too large is for the engine to say, so that the answer names the limit.
    pub image_bytes_max: usize,
    /// Requests worked on at once; beyond it a request is refused with 503. Bounds memory. While an image arrives and is
    /// parsed, its request holds the body (four thirds of the image; 14.1 MiB of the greatest by default), then the
    /// decoded image besides, and a second text without them where there are line breaks or escapes; while it waits for
    /// the engine, the decoded image alone (10 MiB). Two images are twice that.
    pub requests_in_flight_max: usize,
    /// How long a request may take, its body's arrival included, in milliseconds.
    pub request_ms_max: u64,
    /// Connections held at once; beyond it new ones wait in the operating system's queue. Bounds file descriptors, and
    /// memory: of what was sent and not taken yet, a connection holds at most 64 KiB in HTTP/1.1, 1 MiB in HTTP/2.
    pub connections_max: usize,
    /// How long a client may take to begin (with TLS, to shake hands), then to send the head of a request, and to start the
    /// next one on a connection that is kept open, in milliseconds. Against clients that send a byte now and then to hold
    /// a connection. In HTTP/2 a connection without a request is ended after it.
    pub head_read_ms_max: u64,
    /// The greatest head of a request in bytes; in HTTP/2 counted as RFC 9113 does, with 32 more for each header. An
    /// `Api-Key`, a signature and a proxy's headers fit several times.
    pub head_bytes_max: usize,
    /// The base URL that clients sign: scheme, host and port as they are configured to call, without a slash at its end.
    pub public_url: String,
    /// Proxies whose `X-Forwarded-For` is believed: what others say of where they come from is not.
    pub trusted_proxies: Networks,
    /// How long requests may go on after shutdown was asked for, in milliseconds. Below the 30 s after which Kubernetes
    /// and systemd's usual units kill.
    pub drain_ms_max: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            image_bytes_max: 10 << 20,
            requests_in_flight_max: 64,
            request_ms_max: 30_000,
            connections_max: 1_024,
            head_read_ms_max: 15_000,
            head_bytes_max: 32 << 10,
            public_url: "http://127.0.0.1:8080".to_owned(),
            trusted_proxies: Networks::NONE,
            drain_ms_max: 25_000,
        }
    }
}

impl Settings {
    /// The greatest body of a request that carries so many images.
    ///
    /// Base64 takes four characters for three bytes; MIME line breaks, escaped in JSON, add four characters to 76. What
    /// else a body holds is little.
    #[must_use]
    pub fn body_bytes_max(&self, images: usize) -> usize {
        const REST_BYTES_MAX: usize = 64 << 10;
        let base64 = self.image_bytes_max.div_ceil(3).saturating_mul(4);
        let line_breaks = (base64 / 76).saturating_mul(4);
        base64.saturating_add(line_breaks).saturating_mul(images).saturating_add(REST_BYTES_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_image_fits_into_the_body_however_it_is_wrapped() {
        let settings = Settings::default();
        let characters = settings.image_bytes_max.div_ceil(3) * 4;
        assert!(settings.body_bytes_max(1) > characters + characters / 76 * 4);
        assert!(settings.body_bytes_max(2) > settings.body_bytes_max(1) + characters);
    }

    #[test]
    fn absurd_limits_do_not_overflow() {
        let settings = Settings { image_bytes_max: usize::MAX, ..Settings::default() };
        assert_eq!(settings.body_bytes_max(2), usize::MAX);
    }
}
