//! The identity of a file.

use std::fmt;

use sha2::Digest as _;

/// Bytes in a SHA-256.
const SHA256_BYTES: usize = 32;

/// A SHA-256: what a file is, whatever it is called and wherever it came from.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256([u8; SHA256_BYTES]);

impl Sha256 {
    /// The hash of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Reads 64 hexadecimal digits.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, Sha256Error> {
        let mut bytes = [0; SHA256_BYTES];
        let digits = text.as_bytes();
        if digits.len() != 2 * SHA256_BYTES {
            return Err(Sha256Error);
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(bytes))
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; SHA256_BYTES] {
        &self.0
    }
}

fn digit(character: u8) -> Result<u8, Sha256Error> {
    let value = char::from(character).to_digit(16).ok_or(Sha256Error)?;
    u8::try_from(value).map_err(|_| Sha256Error)
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

/// A text that is no SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 is 64 hexadecimal digits")]
pub struct Sha256Error;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_published_hash_of_abc_and_reads_back() {
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Sha256::of(b"abc").to_string(), text);
        assert_eq!(Sha256::parse(&text.to_uppercase()), Ok(Sha256::of(b"abc")));
    }

    #[test]
    fn refuses_what_is_not_64_hexadecimal_digits() {
        for text in ["", "ba78", &"g".repeat(64), &"0".repeat(65), &"é".repeat(32)] {
            assert_eq!(Sha256::parse(text), Err(Sha256Error), "{text}");
        }
    }
}
