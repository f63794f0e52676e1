//! What a key may be good for.

use std::fmt;
use std::str::FromStr;

/// One thing that a key may permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Permission {
    /// Create persons and replace their references.
    Enrol,
    /// Ask whether and since when a person is enrolled.
    Read,
    /// Remove persons.
    Delete,
    /// Search a face among all persons (1:N).
    Identify,
    /// Compare a face with one person (1:1).
    Verify,
    /// Compare two images with each other.
    Compare,
}

impl Permission {
    /// Every permission there is.
    pub const ALL: [Self; 6] = [Self::Enrol, Self::Read, Self::Delete, Self::Identify, Self::Verify, Self::Compare];

    /// The word for it, on the command line and in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Enrol => "enrol",
            Self::Read => "read",
            Self::Delete => "delete",
            Self::Identify => "identify",
            Self::Verify => "verify",
            Self::Compare => "compare",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The permissions of a key: at least one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Permissions(u8);

impl Permissions {
    /// Everything; what a key gets unless it is told otherwise.
    pub const ALL: Self = {
        let (mut bits, mut i) = (0, 0);
        while i < Permission::ALL.len() {
            bits |= Permission::ALL[i].bit();
            i += 1;
        }
        Self(bits)
    };

    /// Exactly these.
    ///
    /// # Errors
    /// When there are none: such a key would be good for nothing.
    pub fn of(permissions: &[Permission]) -> Result<Self, PermissionsError> {
        match permissions.iter().fold(0, |bits, permission| bits | permission.bit()) {
            0 => Err(PermissionsError),
            bits => Ok(Self(bits)),
        }
    }

    /// Whether this one is among them.
    #[must_use]
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// Them, in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |permission| self.contains(*permission))
    }
}

impl Default for Permissions {
    fn default() -> Self {
        Self::ALL
    }
}

/// The words, separated by commas: what [`FromStr`] takes back.
impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().map(Permission::word).collect::<Vec<_>>().join(","))
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Permissions({self})")
    }
}

impl FromStr for Permissions {
    type Err = PermissionsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let permission = |word: &str| Permission::ALL.into_iter().find(|p| p.word() == word.trim());
        let permissions: Option<Vec<_>> = text.split(',').map(permission).collect();
        Self::of(&permissions.ok_or(PermissionsError)?)
    }
}

/// No permission at all, or a word that names none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("permissions are one or more of enrol, read, delete, identify, verify, compare, separated by commas")]
pub struct PermissionsError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_comes_back_from_its_words() {
        for bits in 1..=Permissions::ALL.0 {
            let permissions = Permissions(bits);
            assert_eq!(permissions.to_string().parse(), Ok(permissions));
        }
    }

    #[test]
    fn all_is_all_and_default() {
        assert!(Permission::ALL.into_iter().all(|permission| Permissions::default().contains(permission)));
        assert_eq!(Permissions::ALL.iter().count(), Permission::ALL.len());
    }

    #[test]
    fn the_error_names_every_word() {
        let message = PermissionsError.to_string();
        assert!(Permission::ALL.into_iter().all(|permission| message.contains(permission.word())));
    }

    #[test]
    fn nothing_and_unknown_words_are_refused() {
        for text in ["", ",", "enrol,", "enrol,admin", "Enrol"] {
            assert_eq!(text.parse::<Permissions>(), Err(PermissionsError), "{text:?}");
        }
        assert_eq!(Permissions::of(&[]), Err(PermissionsError));
    }
}
