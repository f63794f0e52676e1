//! Who is enrolled, and for whom.

use std::fmt;
use std::str::FromStr;

use crate::Timestamp;

/// The longest person id, in characters (all of them ASCII, so also in bytes).
const PERSON_ID_CHARS_MAX: usize = 128;

/// The name a client gives to a person: 1 to 128 characters of `A-Z a-z 0-9 . _ ~ @ : + -`.
///
/// It is a client's own identifier and may itself be personal data: it belongs in answers, not in logs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(Box<str>);

impl PersonId {
    /// Accepts a person id that has already been percent-decoded.
    ///
    /// # Errors
    /// When it is empty, too long, or holds a character outside the alphabet.
    pub fn parse(text: &str) -> Result<Self, PersonIdError> {
        if text.is_empty() {
            return Err(PersonIdError::Empty);
        }
        if text.len() > PERSON_ID_CHARS_MAX {
            return Err(PersonIdError::TooLong);
        }
        match text.bytes().all(is_person_id_byte) {
            true => Ok(Self(text.into())),
            false => Err(PersonIdError::Character),
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_person_id_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._~@:+-".contains(&byte)
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonId(..)")
    }
}

impl FromStr for PersonId {
    type Err = PersonIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Why a text is no person id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonIdError {
    /// No character at all.
    Empty,
    /// More than 128 characters.
    TooLong,
    /// A character outside `A-Z a-z 0-9 . _ ~ @ : + -`.
    Character,
}

impl fmt::Display for PersonIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "a person id has at least one character",
            Self::TooLong => "a person id has at most 128 characters",
            Self::Character => "a person id is made of A-Z a-z 0-9 . _ ~ @ : + -",
        })
    }
}

impl std::error::Error for PersonIdError {}

/// The organisation whose gallery is meant. Galleries of different tenants share nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(pub i64);

impl TenantId {
    /// The tenant of whoever runs the installation; keys made on the command line belong to it.
    pub const OPERATOR: Self = Self(1);
}

/// What the service tells about an enrolled person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The client's name for the person.
    pub id: PersonId,
    /// When the person was enrolled.
    pub created: Timestamp,
    /// When the reference was last replaced; equal to `created` until then.
    pub updated: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_the_whole_alphabet_and_both_ends_of_the_length() {
        for text in ["a", "A-Z.a_z~0@9:+", &"x".repeat(128)] {
            assert_eq!(PersonId::parse(text).expect(text).as_str(), text);
        }
    }

    #[test]
    fn refuses_everything_else() {
        assert_eq!(PersonId::parse(""), Err(PersonIdError::Empty));
        assert_eq!(PersonId::parse(&"x".repeat(129)), Err(PersonIdError::TooLong));
        for text in ["a b", "a/b", "a%2Fb", "é", "a\0", "a\n", "a?b", "a#b"] {
            assert_eq!(PersonId::parse(text), Err(PersonIdError::Character), "{text:?}");
        }
    }

    #[test]
    fn debug_does_not_show_the_id() {
        let id = PersonId::parse("jane.doe@example.org").expect("valid");
        assert!(!format!("{id:?}").contains("jane"));
    }
}
