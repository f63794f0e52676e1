//! Whose signature it is, whatever the algorithm.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::{CryptoError, Line, PrivateKey, PublicKey, SigningKey};

/// How a line is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    HashThenRsa,
    /// HMAC-SHA256 under a shared key.
    HashOnly,
}

impl Algorithm {
    /// Both.
    pub const ALL: &[Self] = &[Self::HashThenRsa, Self::HashOnly];

    /// The word for it, in databases and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::HashThenRsa => "hash-then-rsa",
            Self::HashOnly => "hash-only",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A word that names no algorithm.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an algorithm is hash-then-rsa or hash-only")]
pub struct UnknownAlgorithm;

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(word: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL.iter().copied().find(|algorithm| algorithm.word() == word).ok_or(UnknownAlgorithm)
    }
}

/// What a client's signature is verified by.
#[derive(Debug)]
pub enum Verifier {
    /// The client's public key.
    Rsa(PublicKey),
    /// The shared key.
    Hmac(Arc<SigningKey>),
}

impl Verifier {
    /// The algorithm that it belongs to.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa(_) => Algorithm::HashThenRsa,
            Self::Hmac(_) => Algorithm::HashOnly,
        }
    }

    /// Whether the signature is that of this key over the line.
    #[must_use]
    pub fn verifies(&self, line: &dyn Line, signature: &[u8]) -> bool {
        match self {
            Self::Rsa(key) => key.verifies(line, signature),
            Self::Hmac(key) => key.verifies(line, signature),
        }
    }
}

/// What a response is signed by; a clone is another handle.
#[derive(Clone, Debug)]
pub enum Signer {
    /// The server's pair.
    Rsa(Arc<PrivateKey>),
    /// The shared key.
    Hmac(Arc<SigningKey>),
}

impl Signer {
    /// Signs; the result is the value of the header `Signature`.
    ///
    /// # Errors
    /// [`CryptoError`].
    pub fn sign(&self, line: &dyn Line) -> Result<String, CryptoError> {
        let signature = match self {
            Self::Rsa(key) => key.sign(line)?,
            Self::Hmac(key) => key.sign(line),
        };
        Ok(base64_simd::STANDARD.encode_to_string(signature))
    }
}
