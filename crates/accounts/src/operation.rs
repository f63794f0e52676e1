//! What a request does, as logs and statistics name it.

use crate::Permission;

/// One thing that a client may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Enrol a person.
    Create,
    /// Replace a person's reference.
    Update,
    /// Remove a person.
    Remove,
    /// Ask whether and since when a person is enrolled.
    Get,
    /// Search a face among all persons (1:N).
    Identify,
    /// Compare a face with one person (1:1).
    Verify,
    /// Compare two images with each other.
    Compare,
    /// Examine an image and keep nothing.
    Check,
}

impl Operation {
    /// Every operation there is.
    pub const ALL: [Self; 8] =
        [Self::Create, Self::Update, Self::Remove, Self::Get, Self::Identify, Self::Verify, Self::Compare, Self::Check];

    /// The word for it, on pages and in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Remove => "remove",
            Self::Get => "get",
            Self::Identify => "identify",
            Self::Verify => "verify",
            Self::Compare => "compare",
            Self::Check => "check",
        }
    }

    /// The operation of this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.word() == word)
    }

    /// What a key must permit for it.
    #[must_use]
    pub const fn permission(self) -> Permission {
        match self {
            // Checking an image is a rehearsal for enrolling it.
            Self::Create | Self::Update | Self::Check => Permission::Enrol,
            Self::Remove => Permission::Delete,
            Self::Get => Permission::Read,
            Self::Identify => Permission::Identify,
            Self::Verify => Permission::Verify,
            Self::Compare => Permission::Compare,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_operation_comes_back_from_its_own_word() {
        for operation in Operation::ALL {
            assert_eq!(Operation::of_word(operation.word()), Some(operation));
        }
        assert_eq!(Operation::ALL.iter().collect::<HashSet<_>>().len(), Operation::ALL.len());
        assert_eq!(Operation::of_word("Create"), None);
    }

    #[test]
    fn every_permission_is_needed_for_something() {
        let needed: HashSet<_> = Operation::ALL.into_iter().map(Operation::permission).collect();
        assert!(Permission::ALL.iter().all(|permission| needed.contains(permission)));
    }
}
