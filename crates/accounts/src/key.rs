//! An API key, as it is wished for, kept and used.

use std::fmt;
use std::sync::Arc;

use biometric::{TenantId, Timestamp};

use crate::{Error, Limits, Networks, Permissions, Signing};

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
    /// From where it may be used; none: from everywhere.
    pub networks: Networks,
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
    /// From where it may be used; none: from everywhere.
    pub networks: Networks,
    /// The key that replaced it, if one did.
    pub rotated: Option<KeyId>,
    /// How its requests are signed; `None`: they are not.
    pub signing: Option<Signing>,
}

/// Who calls, and everything that a request needs to know of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    /// The key that was presented; `None`: the console, for a user who is signed in.
    pub key: Option<KeyId>,
    /// The organisation whose gallery it opens.
    pub tenant: TenantId,
    /// What the organisation's plan allows.
    pub limits: Limits,
    /// The organisation's own rules by their names; what they mean, the engine knows.
    pub rules: Arc<[(String, f64)]>,
    /// What is permitted.
    pub permissions: Permissions,
    /// Whether requests are charged to the month's quota.
    pub charged: bool,
    /// How requests of the key are signed; `None`: they are not.
    pub signing: Option<Signing>,
}
