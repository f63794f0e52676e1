//! Signed requests and responses, and secrets sealed at rest.
//!
//! | module | subject |
//! | --- | --- |
//! | `line` | what is signed: the line of a request and that of a response, in both versions |
//! | `rsa`, `hmac` | the two algorithms, `hash-then-RSA` and `hash-only` |
//! | `key` | whose signature it is: [`Verifier`] and [`Signer`] over both |
//! | `presented` | what the headers of a request say, parsed |
//! | `window` | when a timestamp is accepted |
//! | `diagnosis` | for people: what differs when a signature does not fit |
//! | `vault` | private keys and shared secrets, sealed under one master key |
//!
//! The crate knows no HTTP and reads no clock. All cryptography is AWS-LC's.

mod diagnosis;
mod hmac;
mod key;
mod line;
mod presented;
mod rsa;
mod vault;
mod window;

pub use diagnosis::{Diagnosis, Finding, Mistake, diagnose};
pub use hmac::SigningKey;
pub use key::{Algorithm, Signer, UnknownAlgorithm, Verifier};
pub use line::{Line, Nonce, RequestLine, ResponseLine, Version};
pub use presented::{Presented, PresentedError, SIGNATURE_CHARS_MAX, Seen, Signature};
pub use rsa::{KeyError, MODULUS_BITS_MAX, MODULUS_BITS_MIN, PrivateKey, PublicKey};
pub use vault::{MasterKeyError, Sealed, Vault, VaultError};
pub use window::{WINDOW_MS, WindowError, accept};

/// The cryptographic library gave up without a reason, which it does only when it is out of memory or of random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cryptographic library failed")]
pub struct CryptoError;

impl From<aws_lc_rs::error::Unspecified> for CryptoError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self
    }
}
