//! Which recognition model made a template.

use std::fmt;
use std::sync::Arc;

/// The longest model id, in bytes.
const MODEL_ID_BYTES_MAX: usize = 96;

/// Names everything that decides what a template means: weights, alignment, centring, averaging.
///
/// Two templates may be compared only when their model ids are equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelId(Arc<str>);

impl ModelId {
    /// Accepts 1 to 96 characters of `a-z 0-9 . _ @ -`.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, ModelIdError> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._@-".contains(&b);
        match (1..=MODEL_ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(allowed) {
            true => Ok(Self(text.into())),
            false => Err(ModelIdError),
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no model id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelIdError;

impl fmt::Display for ModelIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a model id is 1 to 96 characters of a-z 0-9 . _ @ -")
    }
}

impl std::error::Error for ModelIdError {}
