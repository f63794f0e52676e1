//! SHA-256, and HMAC over it, of AWS-LC.

use aws_lc_rs::{digest, hmac};

/// What both give.
pub(super) const DIGEST_BYTES: usize = digest::SHA256_OUTPUT_LEN;

pub(super) fn sha256(bytes: &[u8]) -> digest::Digest {
    digest::digest(&digest::SHA256, bytes)
}

pub(super) fn hmac(key: &[u8], bytes: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), bytes)
}

/// Compared in constant time.
pub(super) fn is_hmac(key: &[u8], bytes: &[u8], expected: &[u8; DIGEST_BYTES]) -> bool {
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, key), bytes, expected).is_ok()
}
