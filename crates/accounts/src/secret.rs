//! The secret of a key: made, taken apart, compared.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// How a secret begins, so that people and scanners for leaked secrets recognise one.
const MARK: &str = "ak_";

/// Characters that follow the mark and are kept in clear, to tell keys apart in lists: 59 bits, so they do not collide.
const PREFIX_CHARS: usize = 10;

/// Characters that nobody keeps: the fewest of this alphabet that hold 256 bits.
pub(crate) const TOKEN_CHARS: usize = 43;

/// What stands between the two.
const SEPARATOR: char = '_';

/// Letters and digits only: a double click selects the whole secret, and no header or shell quotes it.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Bytes at or above this would make the first characters of the alphabet likelier than the last.
const FAIR_BYTE_END: u8 = (256 / ALPHABET.len() * ALPHABET.len()) as u8;

/// The secret of an API key: shown once to whoever made the key, kept by nobody here; overwritten when dropped.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// A new one, from the operating system's random numbers.
    pub(crate) fn generate() -> Result<Self, getrandom::Error> {
        let prefix = random_token(MARK, PREFIX_CHARS)?;
        Ok(Self(random_token(&format!("{}{SEPARATOR}", *prefix), TOKEN_CHARS)?))
    }

    /// The secret in clear, for the one time that it is shown.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A text that begins so and goes on with this many random characters, from the operating system's random numbers;
/// overwritten when dropped.
pub(crate) fn random_token(mark: &str, chars: usize) -> Result<Zeroizing<String>, getrandom::Error> {
    // Room for the whole from the start: growing would leave copies behind.
    let length = mark.len() + chars;
    let mut text = Zeroizing::new(String::with_capacity(length));
    text.push_str(mark);
    let mut bytes = Zeroizing::new([0_u8; 64]);
    while text.len() < length {
        getrandom::fill(&mut *bytes)?;
        let fair = bytes.iter().filter(|byte| **byte < FAIR_BYTE_END);
        let characters = fair.map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]));
        let missing = length - text.len();
        text.extend(characters.take(missing));
    }
    Ok(text)
}

/// The part of a presented secret that is kept in clear; `None` when the text cannot be a secret of ours.
pub(crate) fn prefix(presented: &str) -> Option<&str> {
    let (prefix, hidden) = presented.split_at_checked(MARK.len() + PREFIX_CHARS)?;
    let is_ours = prefix.starts_with(MARK) && hidden.starts_with(SEPARATOR);
    (is_ours && hidden.len() == SEPARATOR.len_utf8() + TOKEN_CHARS).then_some(prefix)
}

/// What is kept of a secret: its SHA-256.
///
/// A slow hash, as for passwords, would protect nothing more: the secret has 256 random bits, so nobody finds it by
/// trying, however fast trying is. It would only make every request slower.
#[derive(Clone, Copy)]
pub(crate) struct Digest([u8; 32]);

impl Digest {
    pub(crate) fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    pub(crate) fn from_stored(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Compares in a time that does not depend on where they differ.
    pub(crate) fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_secret_is_recognisable_and_holds_256_bits() {
        let secret = Secret::generate().expect("random");
        let prefix = prefix(secret.reveal()).expect("ours");
        assert!(prefix.starts_with(MARK) && secret.reveal().starts_with(prefix));
        assert!((ALPHABET.len() as f64).log2() * TOKEN_CHARS as f64 >= 256.0);
    }

    #[test]
    fn no_two_are_alike_and_every_character_occurs() {
        let secrets: Vec<Secret> = (0..500).map(|_| Secret::generate().expect("random")).collect();
        assert_eq!(secrets.iter().map(|s| s.reveal().to_owned()).collect::<HashSet<_>>().len(), secrets.len());
        let seen: HashSet<u8> = secrets.iter().flat_map(|s| s.reveal()[MARK.len()..].bytes()).collect();
        assert!(ALPHABET.iter().all(|byte| seen.contains(byte)));
    }

    #[test]
    fn debug_shows_nothing() {
        let secret = Secret::generate().expect("random");
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }

    #[test]
    fn what_is_not_ours_has_no_prefix() {
        let secret = Secret::generate().expect("random");
        let cut = &secret.reveal()[..secret.reveal().len() - 1];
        for text in ["", "ak_", "sk_0123456789_", cut, &format!("{}x", secret.reveal()), &secret.reveal()[3..]] {
            assert_eq!(prefix(text), None);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(ak_)?.{0,12}_?.{0,45}") {
            let _ = prefix(&text);
        }

        /// It once was sliced before its length was known: in the middle of a character.
        #[test]
        fn no_text_with_the_mark_makes_it_panic(text in "ak_.{1,13}_") {
            prop_assert_eq!(prefix(&text), None);
        }
    }
}
