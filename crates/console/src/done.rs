//! What a page says after something has been done. The address holds a word of this table and nothing else, so that a
//! link cannot put words into our mouth.

macro_rules! table {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $says:literal;)+) => {
        /// Something that has been done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Done {
            $($(#[$doc])* $name),+
        }

        impl Done {
            /// All of them.
            const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word in the address.
            pub(crate) const fn word(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// What the page says.
            pub(crate) const fn says(self) -> &'static str {
                match self { $(Self::$name => $says),+ }
            }
        }
    };
}

table! {
    SignedOut = "signed-out", "You are signed out.";
    PasswordReset = "password-reset", "Your password is changed and every session was ended. Sign in with the new one.";
    Welcome = "welcome", "Welcome! Your organisation is ready.";
    Joined = "joined", "Welcome to the team!";
    NameChanged = "name-changed", "Your name is changed.";
    PasswordChanged = "password-changed", "Your password is changed and your other sessions were ended.";
    SecondFactorRemoved = "second-factor-removed", "The second factor is switched off.";
    SessionEnded = "session-ended", "The session was ended.";
    KeyRevoked = "key-revoked", "The key is revoked; it is refused from now on.";
    SigningSet = "signing-set", "How requests are signed is saved and holds from the next request on.";
    ClientKeyAdded = "client-key-added", "The client key is added; what it signs is accepted from now on.";
    ClientKeyRemoved = "client-key-removed", "The client key is removed; what it signs is refused from now on.";
    AccessKeyRemoved = "access-key-removed", "The access key is removed; it is unknown from now on.";
    ServerKeyRotated = "server-key-rotated", "The new pair is made. Give its public half to your clients.";
    PersonRemoved = "person-removed", "The person is removed and forgotten.";
    SettingsSaved = "settings-saved", "The settings are saved and hold from the next request on.";
    LinkWithdrawn = "link-withdrawn", "The invitation is withdrawn.";
    RoleChanged = "role-changed", "The role is changed; they have to sign in again.";
    UserDisabled = "user-disabled", "The member is disabled and signed out.";
    UserEnabled = "user-enabled", "The member may sign in again.";
    UserRemoved = "user-removed", "The member is removed.";
    ErasureBegun = "erasure-begun", "The organisation is being erased.";
    PlanSaved = "plan-saved", "The plan is saved.";
    PlanChanged = "plan-changed", "The organisation has another plan from now on.";
    OrganisationSuspended = "organisation-suspended", "The organisation is suspended.";
    OrganisationResumed = "organisation-resumed", "The suspension is lifted.";
    OtherSessionsEnded = "other-sessions-ended", "All other sessions were ended.";
}

impl Done {
    /// What the page says about the word in its address.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|done| done.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_and_fits_into_an_address() {
        for done in Done::ALL {
            assert_eq!(Done::of(done.word()), Some(*done));
            assert!(done.word().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
            assert!(!done.says().is_empty());
        }
        assert_eq!(Done::of("<script>"), None);
    }
}
