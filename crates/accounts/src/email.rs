//! E-mail addresses, as names of accounts.

use std::fmt;
use std::str::FromStr;

/// The longest address that mail can be sent to (RFC 5321, section 4.5.3.1, without the angle brackets).
const CHARS_MAX: usize = 254;

/// An address, in lower case: nobody means two people by `Ana@` and `ana@`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(String);

impl Email {
    /// The address that somebody typed.
    ///
    /// # Errors
    /// When it is plainly none. Whether mail arrives there, only sending some can tell.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim().to_lowercase();
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError)?;
        let is_local = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        let is_label = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        let is_plausible = !local.is_empty()
            && local.chars().all(is_local)
            && local.split('.').all(|part| !part.is_empty())
            && domain.split('.').all(is_label);
        match is_plausible && text.len() <= CHARS_MAX {
            true => Ok(Self(text)),
            false => Err(EmailError),
        }
    }

    /// What the database holds, which was parsed once.
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Without the address: what is printed for debugging ends in logs.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(..)")
    }
}

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        Self::parse(text)
    }
}

/// A text that is no e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no e-mail address; one looks like name@example.org")]
pub struct EmailError;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_are_recognised_and_lowered() {
        for (text, email) in [
            (" Ana@Example.ORG ", "ana@example.org"),
            ("a.b+c@x-y.de", "a.b+c@x-y.de"),
            ("root@localhost", "root@localhost"),
            ("jürgen@müller.example", "jürgen@müller.example"),
        ] {
            assert_eq!(Email::parse(text).map(|email| email.to_string()), Ok(email.to_owned()));
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        let long = format!("{}@example.org", "x".repeat(CHARS_MAX));
        for text in [
            "",
            "@",
            "ana",
            "ana@",
            "@x.org",
            "a b@x.org",
            "a@x..org",
            "a@-x.org",
            "a@x.org-",
            ".a@x.org",
            "a..b@x.org",
            "a@x.org\r\nBcc: b@x.org",
            "a\u{0}@x.org",
            "a@b@x.org",
            "<a@x.org>",
            "a,b@x.org",
            "a@[127.0.0.1]",
            &long,
        ] {
            assert_eq!(Email::parse(text), Err(EmailError), "{text:?}");
        }
    }

    #[test]
    fn debugging_shows_no_address() {
        assert_eq!(format!("{:?}", Email::parse("ana@example.org")), "Ok(Email(..))");
    }

    proptest! {
        #[test]
        fn parsing_twice_changes_nothing(text in r"[\PC\r\n]{0,40}@[\PC]{0,40}|[A-Za-z.+-]{1,8}@[A-Za-z.-]{1,8}") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(email.as_str()), Ok(email.clone()));
                prop_assert!(!email.as_str().contains(|c: char| c.is_control() || c.is_whitespace() || "<>,;:\"".contains(c)));
            }
        }
    }
}
