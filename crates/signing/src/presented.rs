//! What the headers of a signed request say.

use aws_lc_rs::digest::{SHA256, digest};

use crate::{Nonce, Version};

/// The longest text of a signature that is looked at: base64 of 4096 bits.
pub const SIGNATURE_CHARS_MAX: usize = 684;

/// The bytes of a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature(Vec<u8>);

impl Signature {
    /// Reads standard base64 with its padding, as the contract has it. Other ways to write the same bytes are refused.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text.len() > SIGNATURE_CHARS_MAX {
            return None;
        }
        base64_simd::STANDARD.decode_to_vec(text).ok().map(Self)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// What is remembered of it.
    #[must_use]
    pub fn seen(&self) -> Seen {
        let mut first = [0; 32];
        first.copy_from_slice(digest(&SHA256, &self.0).as_ref());
        Seen(first)
    }
}

/// A signature in short: its SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seen(pub [u8; 32]);

/// What a signed request presents.
#[derive(Clone, Debug)]
pub struct Presented<'a> {
    /// Its signature.
    pub signature: Signature,
    /// The nonce, if its line is length-prefixed.
    pub nonce: Option<Nonce<'a>>,
}

/// What is wrong with the headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PresentedError {
    /// The signature is no base64.
    #[error("the signature is not standard base64")]
    Signature,
    /// The version is unknown, or says something else than the nonce does.
    #[error("Signature-Version is 1 (without a Nonce) or 2 (with one of 16 to 64 characters A-Z a-z 0-9 - _)")]
    Version,
}

impl<'a> Presented<'a> {
    /// Reads the values of `Signature`, `Signature-Version` and `Nonce`.
    ///
    /// # Errors
    /// [`PresentedError`].
    pub fn parse(signature: &str, version: Option<&str>, nonce: Option<&'a str>) -> Result<Self, PresentedError> {
        let signature = Signature::parse(signature).ok_or(PresentedError::Signature)?;
        let nonce = match (version, nonce) {
            (None | Some("1"), None) => None,
            (Some("2"), Some(nonce)) => Some(Nonce::parse(nonce).ok_or(PresentedError::Version)?),
            (_, _) => return Err(PresentedError::Version),
        };
        Ok(Self { signature, nonce })
    }

    /// Which line was signed.
    #[must_use]
    pub const fn version(&self) -> Version {
        match self.nonce {
            None => Version::Plain,
            Some(_) => Version::LengthPrefixed,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NONCE: &str = "0123456789abcdef";

    #[test]
    fn version_and_nonce_go_together() {
        let version = |version, nonce| Presented::parse("AAAA", version, nonce).map(|presented| presented.version());
        assert_eq!(version(None, None), Ok(Version::Plain));
        assert_eq!(version(Some("1"), None), Ok(Version::Plain));
        assert_eq!(version(Some("2"), Some(NONCE)), Ok(Version::LengthPrefixed));
        for (word, nonce) in [
            (None, Some(NONCE)),
            (Some("1"), Some(NONCE)),
            (Some("2"), None),
            (Some("3"), None),
            (Some("2"), Some("a")),
        ] {
            assert_eq!(version(word, nonce), Err(PresentedError::Version), "{word:?} {nonce:?}");
        }
    }

    #[test]
    fn a_signature_is_written_in_one_way_only() {
        for text in ["", "AAA", "AAAA\n", " AAAA", "AA-_", "AAB=", "AAAA====", &"A".repeat(688)] {
            assert!(Signature::parse(text).is_none(), "{text:?}");
        }
        assert_eq!(Signature::parse("AAA=").map(|signature| signature.as_bytes().len()), Some(2));
    }

    proptest! {
        /// Were there a second text for the same bytes, a replay could hide in it; what is remembered are the bytes, too.
        #[test]
        fn what_is_read_is_written_back_the_same(text in "[A-Za-z0-9+/=_-]{0,16}") {
            if let Some(signature) = Signature::parse(&text) {
                prop_assert_eq!(base64_simd::STANDARD.encode_to_string(signature.as_bytes()), text);
            }
        }
    }
}
