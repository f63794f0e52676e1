//! `hash-only`: HMAC-SHA256 (RFC 2104) under a key that both sides know.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{Context, HMAC_SHA256, Key};
use zeroize::Zeroizing;

use crate::Line;

/// The key that client and server share: its bytes are those of the text that the client was shown.
pub struct SigningKey {
    text: Zeroizing<String>,
    key: Key,
}

impl SigningKey {
    /// The key of this text.
    #[must_use]
    pub fn new(text: Zeroizing<String>) -> Self {
        let key = Key::new(HMAC_SHA256, text.as_bytes());
        Self { text, key }
    }

    /// The text, for the one time that it is shown, and to seal it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// Signs.
    #[must_use]
    pub fn sign(&self, line: &dyn Line) -> Vec<u8> {
        let mut context = Context::with_key(&self.key);
        line.parts(&mut |part| context.update(part));
        context.sign().as_ref().to_vec()
    }

    /// Whether the signature is that of this key over the line; in a time that does not depend on where they differ.
    #[must_use]
    pub fn verifies(&self, line: &dyn Line, signature: &[u8]) -> bool {
        verify_slices_are_equal(&self.sign(line), signature).is_ok()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}
