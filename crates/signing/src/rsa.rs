//! `hash-then-RSA`: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2), as `openssl dgst -sha256 -sign` makes it.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeySize, PrivateDecryptingKey, PublicEncryptingKey};
use aws_lc_rs::signature::{
    KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, RsaSubjectPublicKey,
};
use num_bigint::BigUint;
use rustls_pki_types::pem::{self, SectionKind};
use zeroize::Zeroizing;

use crate::{CryptoError, Line};

/// The shortest modulus in bits: the contract's, and NIST SP 800-131A's.
pub const MODULUS_BITS_MIN: usize = 2_048;

/// The longest modulus in bits: whoever uploads a longer key makes every request of theirs slow for all.
pub const MODULUS_BITS_MAX: usize = 4_096;

/// The longest PEM text that is looked at, in bytes: a key of 4096 bits takes about 800.
const PEM_BYTES_MAX: usize = 16 << 10;

/// Why a text is no key that may be used here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is no PEM in it.
    #[error("this is no PEM: it begins with -----BEGIN PUBLIC KEY-----; `openssl rsa -in key.pem -pubout` writes one")]
    NotPem,
    /// A private key was handed in where a public one belongs.
    #[error(
        "this is a private key: keep it to yourself, and upload what `openssl rsa -in key.pem -pubout` makes of it"
    )]
    Private,
    /// Some other thing in PEM.
    #[error("this PEM holds no public key but something else; `openssl rsa -in key.pem -pubout` writes what is needed")]
    OtherPem,
    /// More than one thing.
    #[error("there is more than one thing in this PEM; upload one key at a time")]
    Several,
    /// Not RSA, or damaged.
    #[error("this is no RSA key, or it is damaged")]
    NotRsa,
    /// Too short or too long.
    #[error("the key has {bits} bits; it must have {MODULUS_BITS_MIN} to {MODULUS_BITS_MAX}")]
    Bits {
        /// The bits of its modulus.
        bits: usize,
    },
}

/// The public half of a key: verifies.
pub struct PublicKey {
    parsed: ParsedPublicKey,
    der: Vec<u8>,
}

impl PublicKey {
    /// The key in a PEM text: `PUBLIC KEY` (X.509 `SubjectPublicKeyInfo`), RSA only.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        if text.len() > PEM_BYTES_MAX {
            return Err(KeyError::NotPem);
        }
        let mut rest = text.as_bytes();
        let mut section = || pem::from_buf(&mut rest).map_err(|_| KeyError::NotPem);
        let (kind, der) = section()?.ok_or(KeyError::NotPem)?;
        let der = Zeroizing::new(der);
        match (kind, section()?) {
            (SectionKind::PublicKey, None) => Self::from_der(&der),
            (SectionKind::PrivateKey | SectionKind::RsaPrivateKey | SectionKind::EcPrivateKey, _) => {
                Err(KeyError::Private)
            }
            (_, Some(_)) => Err(KeyError::Several),
            (_, None) => Err(KeyError::OtherPem),
        }
    }

    /// The key in X.509 `SubjectPublicKeyInfo`, DER.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let key = PublicEncryptingKey::from_der(der).map_err(|_| KeyError::NotRsa)?;
        let bits = key.key_size_bits();
        if !(MODULUS_BITS_MIN..=MODULUS_BITS_MAX).contains(&bits) {
            return Err(KeyError::Bits { bits });
        }
        // As we would write it: of two writings of one key, one is kept.
        let der: PublicKeyX509Der<'_> = key.as_der().map_err(|_| KeyError::NotRsa)?;
        let der = der.as_ref().to_vec();
        let parsed = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &der).map_err(|_| KeyError::NotRsa)?;
        Ok(Self { parsed, der })
    }

    /// The key in X.509 `SubjectPublicKeyInfo`, DER.
    #[must_use]
    pub fn to_der(&self) -> &[u8] {
        &self.der
    }

    /// The key as the PEM text that `openssl` reads.
    #[must_use]
    pub fn to_pem(&self) -> String {
        to_pem("PUBLIC KEY", &self.der).to_string()
    }

    /// What people compare keys by: SHA-256 of the DER, in hexadecimal, as `openssl pkey -pubin -outform DER | sha256sum`
    /// prints it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex(digest(&SHA256, &self.der).as_ref())
    }

    /// How long a signature of this key is, in bytes.
    #[must_use]
    pub fn signature_bytes(&self) -> usize {
        self.numbers().map_or(0, |numbers| numbers.modulus_len())
    }

    /// The SHA-256 that a signature of this key holds, whatever was signed: what the page calls decrypting it. `None`: it is no
    /// signature of this key, or not one of SHA-256. For people who look for a mistake; what decides is
    /// [`PublicKey::verifies`].
    #[must_use]
    pub fn recovered_digest(&self, signature: &[u8]) -> Option<[u8; 32]> {
        /// `DigestInfo` of SHA-256 up to the digest (RFC 8017, section 9.2, note 1).
        const SHA256_INFO: &[u8] = &[
            0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
            0x20,
        ];
        let numbers = self.numbers()?;
        let number = |bytes: &[u8]| BigUint::from_bytes_be(bytes);
        let modulus = number(numbers.modulus().big_endian_without_leading_zero());
        let exponent = number(numbers.exponent().big_endian_without_leading_zero());
        let signature = number(signature);
        if signature >= modulus {
            return None;
        }
        // 0x00 in front is lost as a leading zero: 01 FF..FF 00 DigestInfo digest.
        let encoded = signature.modpow(&exponent, &modulus).to_bytes_be();
        let (padding, rest) = encoded.split_at_checked(encoded.len().checked_sub(SHA256_INFO.len() + 32)?)?;
        let is_padding = matches!(padding, [1, filling @ .., 0] if filling.iter().all(|byte| *byte == 0xff));
        let digest = rest.strip_prefix(SHA256_INFO)?.try_into().ok()?;
        is_padding.then_some(digest)
    }

    fn numbers(&self) -> Option<RsaSubjectPublicKey> {
        RsaSubjectPublicKey::from_der(&self.der).ok()
    }

    /// Whether the signature is that of this key over the line.
    #[must_use]
    pub fn verifies(&self, line: &dyn Line, signature: &[u8]) -> bool {
        self.parsed.verify_digest_sig(&line.digest(), signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.fingerprint())
    }
}

/// Both halves: signs.
pub struct PrivateKey {
    pair: RsaKeyPair,
    der: Zeroizing<Vec<u8>>,
}

impl PrivateKey {
    /// A new pair of 2048 bits; takes some tens of milliseconds.
    ///
    /// # Errors
    /// [`CryptoError`].
    pub fn generate() -> Result<Self, CryptoError> {
        let key = PrivateDecryptingKey::generate(KeySize::Rsa2048)?;
        let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = key.as_der()?;
        Self::from_der(Zeroizing::new(der.as_ref().to_vec())).map_err(|_| CryptoError)
    }

    /// The pair in PKCS#8, DER, as [`PrivateKey::to_der`] gave it.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_der(der: Zeroizing<Vec<u8>>) -> Result<Self, KeyError> {
        let pair = RsaKeyPair::from_pkcs8(&der).map_err(|_| KeyError::NotRsa)?;
        Ok(Self { pair, der })
    }

    /// The pair in a PEM text: `PRIVATE KEY` (PKCS#8) or `RSA PRIVATE KEY` (PKCS#1), not encrypted.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let mut rest = text.as_bytes();
        let (kind, der) = pem::from_buf(&mut rest).map_err(|_| KeyError::NotPem)?.ok_or(KeyError::NotPem)?;
        let der = Zeroizing::new(der);
        let pair = match kind {
            SectionKind::PrivateKey => return Self::from_der(der),
            SectionKind::RsaPrivateKey => RsaKeyPair::from_der(&der).map_err(|_| KeyError::NotRsa)?,
            _ => return Err(KeyError::OtherPem),
        };
        Ok(Self { pair, der })
    }

    /// The pair in PKCS#8, DER; overwritten when dropped.
    #[must_use]
    pub fn to_der(&self) -> &[u8] {
        &self.der
    }

    /// The pair as a PEM text, for the one time that it is shown; overwritten when dropped.
    #[must_use]
    pub fn to_pem(&self) -> Zeroizing<String> {
        to_pem("PRIVATE KEY", &self.der)
    }

    /// The public half.
    ///
    /// # Errors
    /// [`KeyError`], when the modulus is longer than is accepted.
    pub fn public(&self) -> Result<PublicKey, KeyError> {
        let der: PublicKeyX509Der<'_> = self.pair.public_key().as_der().map_err(|_| KeyError::NotRsa)?;
        PublicKey::from_der(der.as_ref())
    }

    /// Signs; about half a millisecond.
    ///
    /// # Errors
    /// [`CryptoError`].
    pub fn sign(&self, line: &dyn Line) -> Result<Vec<u8>, CryptoError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign_digest(&RSA_PKCS1_SHA256, &line.digest(), &mut signature)?;
        Ok(signature)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

fn to_pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    /// As RFC 7468 has it.
    const LINE_CHARS: usize = 64;
    let base64 = Zeroizing::new(base64_simd::STANDARD.encode_to_string(der));
    let lines = base64.len().div_ceil(LINE_CHARS);
    // Room for all from the start: growing would leave copies behind.
    let mut text = Zeroizing::new(String::with_capacity(base64.len() + lines + 2 * label.len() + 64));
    text.push_str(&format!("-----BEGIN {label}-----\n"));
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE_CHARS));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_rsa_public_key_is_told_apart() {
        let key = PrivateKey::generate().expect("a key");
        let public = key.public().expect("its public half");
        let pem = public.to_pem();
        let refusal = |text: &str| PublicKey::from_pem(text).expect_err("refused");
        assert_eq!(refusal(&key.to_pem()), KeyError::Private);
        assert_eq!(refusal(&format!("{pem}{pem}")), KeyError::Several);
        assert_eq!(refusal("hello"), KeyError::NotPem);
        assert_eq!(refusal(""), KeyError::NotPem);
        assert_eq!(refusal(&"x".repeat(PEM_BYTES_MAX + 1)), KeyError::NotPem);
        assert_eq!(refusal("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), KeyError::OtherPem);
        assert_eq!(refusal("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"), KeyError::NotRsa);
        assert_eq!(PublicKey::from_pem(&pem).expect("the key").fingerprint(), public.fingerprint());
        assert_eq!(PublicKey::from_pem(&format!("Subject: x\r\n{}", pem.replace('\n', "\r\n"))).map(|_| ()), Ok(()));
    }

    #[test]
    fn a_pair_survives_its_pem_and_tells_nothing_in_debug() {
        let key = PrivateKey::generate().expect("a key");
        let again = PrivateKey::from_pem(&key.to_pem()).expect("read");
        assert_eq!(again.to_der(), key.to_der());
        assert_eq!(format!("{key:?}"), "PrivateKey(..)");
        assert!(matches!(PrivateKey::from_pem(&key.public().expect("public").to_pem()), Err(KeyError::OtherPem)));
    }
}
