//! An API key, as it is wished for, kept and used.

use std::fmt;

use biometric::{TenantId, Timestamp};

use crate::{Error, Permissions};

/// The longest name of a key, in characters.
const NAME_CHARS_MAX: usize = 100;

/// The key that is wished for.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What the people who manage keys call it; 1 to 100 characters.
    pub name: String,
    /// Whose gallery it opens.
    pub tenant: TenantId,
    /// What it is good for.
    pub permissions: Permissions,
    /// From when on it is not accepted any more; `None`: it does not expire.
    pub expires: Option<Timestamp>,
}

impl NewKey {
    pub(crate) fn check(&self, now: Timestamp) -> Result<(), Error> {
        let length = self.name.chars().count();
        if !(1..=NAME_CHARS_MAX).contains(&length) || self.name.contains(char::is_control) {
            return Err(Error::Name { chars_max: NAME_CHARS_MAX });
        }
        match self.expires.is_some_and(|expires| expires <= now) {
            true => Err(Error::Expiry),
            false => Ok(()),
        }
    }
}

/// The number of a key, never given twice: what logs and lists name it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub i64);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is known of a key; its secret is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its number.
    pub id: KeyId,
    /// Its name.
    pub name: String,
    /// Whose gallery it opens.
    pub tenant: TenantId,
    /// How its secret begins, to recognise it by.
    pub prefix: String,
    /// What it is good for.
    pub permissions: Permissions,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is not accepted any more.
    pub expires: Option<Timestamp>,
    /// When it was disabled, if it was.
    pub disabled: Option<Timestamp>,
}

/// Who calls: what a valid key stands for during one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The key that was presented.
    pub key: KeyId,
    /// Whose gallery it opens.
    pub tenant: TenantId,
}
