//! What clients call collections and images.

use std::fmt;
use std::str::FromStr;

/// The longest name, in characters (all of them ASCII, so also in bytes).
const NAME_CHARS_MAX: usize = 255;

macro_rules! name {
    ($(#[doc = $meaning:literal])+ $name:ident, $others:literal) => {
        $(#[doc = $meaning])+
        ///
        /// It may itself be personal data: it belongs in answers, not in logs.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                check(text, $others).map(|()| Self(text.into()))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

name! {
    /// What an organisation calls a collection: 1 to 255 characters of `A-Z a-z 0-9 _ . -`.
    CollectionId, "_.-"
}

name! {
    /// What a client calls the image that a face was found in: 1 to 255 characters of `A-Z a-z 0-9 _ . - :`.
    ExternalImageId, "_.-:"
}

fn check(text: &str, others: &str) -> Result<(), NameError> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
    match text.len() {
        0 => Err(NameError::Empty),
        bytes if bytes > NAME_CHARS_MAX => Err(NameError::TooLong),
        _ if text.chars().all(is_allowed) => Ok(()),
        _ => Err(NameError::Character),
    }
}

/// Why a text is no such name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// No character at all.
    Empty,
    /// More than 255 characters.
    TooLong,
    /// A character that it may not have.
    Character,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "a name has at least one character",
            Self::TooLong => "a name has at most 255 characters",
            Self::Character => "a name has letters and digits of ASCII and few other characters",
        })
    }
}

impl std::error::Error for NameError {}
