//! Passwords: which are good enough, how they are kept, how they are checked.
//!
//! Kept as Argon2id (RFC 9106) with a salt of their own. Hashing takes some tens of milliseconds and 19 MiB on purpose,
//! so it happens outside every lock, and only few at a time: a flood of sign-ins must not take the memory.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use crate::Error;

/// The fewest characters. NIST SP 800-63B-4 asks for 15 where a password is all there is and 8 beside a second factor,
/// which here everybody may have.
const CHARS_MIN: usize = 12;

/// The most characters: sentences fit, and nobody makes us hash megabytes.
const CHARS_MAX: usize = 256;

/// Fewer different characters than this, and it is a pattern.
const DIFFERENT_MIN: usize = 5;

/// Personal words shorter than this are parts of other words.
const PERSONAL_CHARS_MIN: usize = 4;

/// Beginnings of what people choose when they have to choose something long (SP 800-63B-4 asks for such a list); compared
/// in lower case, without what is neither letter nor digit.
const COMMON: &[&str] = &[
    "123456789",
    "1234567890",
    "0123456789",
    "987654321",
    "abcdefgh",
    "qwertyuiop",
    "qwerty123",
    "1q2w3e4r",
    "1qaz2wsx",
    "asdfghjkl",
    "zxcvbnm",
    "password",
    "passw0rd",
    "p4ssword",
    "passwort",
    "contrasena",
    "motdepasse",
    "letmein",
    "iloveyou",
    "welcome",
    "administrator",
    "admin123",
    "changeme",
    "secret123",
    "trustno1",
    "sunshine",
    "football",
    "baseball",
    "superman",
    "princess",
    "dragon",
    "monkey123",
    "starwars",
    "whatever",
    "computer",
    "internet",
    "michael",
    "jennifer",
    "correcthorsebatterystaple",
    "thisisapassword",
    "mypassword",
    "auther",
];

/// Memory in KiB, passes and lanes: the first choice of OWASP's Password Storage Cheat Sheet.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How many passwords are hashed at once: 38 MiB.
const AT_ONCE_MAX: usize = 2;

/// A password that is good enough to be taken; overwritten when dropped.
pub struct Password(Zeroizing<String>);

impl Password {
    /// The password that somebody chose; `personal` is what others know of them (name, address, organisation).
    ///
    /// # Errors
    /// [`PasswordError`] says what to do.
    pub fn parse(text: &str, personal: &[&str]) -> Result<Self, PasswordError> {
        let length = text.chars().count();
        if length < CHARS_MIN {
            return Err(PasswordError::Short { chars_min: CHARS_MIN });
        }
        if length > CHARS_MAX {
            return Err(PasswordError::Long { chars_max: CHARS_MAX });
        }
        let plain = plain(text);
        let mut different: Vec<char> = plain.chars().collect();
        different.sort_unstable();
        different.dedup();
        // What follows a common beginning must be a password's worth of its own.
        let is_common = |common: &&str| plain.strip_prefix(*common).is_some_and(|rest| rest.len() < CHARS_MIN / 2);
        if different.len() < DIFFERENT_MIN || COMMON.iter().any(is_common) {
            return Err(PasswordError::Common);
        }
        match personal.iter().any(|words| is_made_of(&plain, words)) {
            true => Err(PasswordError::Personal),
            false => Ok(Self(Zeroizing::new(text.to_owned()))),
        }
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

/// Whether hardly anything is left of the password without the words that others know.
fn is_made_of(password: &str, words: &str) -> bool {
    let words = words.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= PERSONAL_CHARS_MIN);
    let rest = words.fold(password.to_owned(), |rest, word| rest.replace(&word.to_lowercase(), ""));
    rest.len() < password.len() && rest.chars().count() < CHARS_MIN / 2
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short.
    #[error("use at least {chars_min} characters; a few words in a row are easy to remember")]
    Short {
        /// The fewest characters.
        chars_min: usize,
    },
    /// Too long.
    #[error("use at most {chars_max} characters")]
    Long {
        /// The most characters.
        chars_max: usize,
    },
    /// Everybody's.
    #[error("this is among the first passwords that anybody would try; choose another")]
    Common,
    /// Made of what others know.
    #[error("this is made of your name, your address or your organisation; choose another")]
    Personal,
}

/// Hashes and checks passwords.
pub(crate) struct Hasher {
    argon2: Argon2<'static>,
    running: Mutex<usize>,
    ended: Condvar,
    runs: AtomicU64,
}

impl Hasher {
    pub(crate) fn new() -> Self {
        // The constants are valid parameters; were they not, the recommended ones of the library would do.
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or(Params::DEFAULT);
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Self { argon2, running: Mutex::new(0), ended: Condvar::new(), runs: AtomicU64::new(0) }
    }

    /// What is kept of a password.
    pub(crate) fn hash(&self, password: &Password) -> Result<String, Error> {
        self.hash_text(password.reveal())
    }

    fn hash_text(&self, password: &str) -> Result<String, Error> {
        let hashed = self.one_of_few(|| self.argon2.hash_password(password.as_bytes()));
        hashed.map(|hash| hash.to_string()).map_err(|error| Error::Hashing(error.to_string()))
    }

    /// What is to be kept of a password from now on that has just been right, if what is kept of it was made with other
    /// parameters than those above.
    pub(crate) fn renewed(&self, password: &str, kept: &str) -> Result<Option<String>, Error> {
        let hash = PasswordHash::new(kept).map_err(|error| Error::Hashing(error.to_string()))?;
        let params = Params::try_from(&hash).map_err(|error| Error::Hashing(error.to_string()))?;
        let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
        let is_todays = hash.algorithm == Algorithm::Argon2id.ident()
            && hash.version == Some(Version::V0x13.into())
            && cost(&params) == cost(self.argon2.params());
        (!is_todays).then(|| self.hash_text(password)).transpose()
    }

    /// Whether this is the password that was kept; takes as long whether it is or not. `None` is nobody's password:
    /// checked all the same, against a hash that nothing has.
    pub(crate) fn matches(&self, password: &str, kept: Option<&str>) -> Result<bool, Error> {
        let unreadable = |error: argon2::password_hash::phc::Error| Error::Hashing(error.to_string());
        let hash = PasswordHash::new(kept.unwrap_or(NOBODYS)).map_err(unreadable)?;
        // Longer ones were never taken, and hashing them is work that anybody could make us do.
        let is_possible = password.chars().count() <= CHARS_MAX;
        let tried = if is_possible { password } else { "" };
        let matches = self.one_of_few(|| self.argon2.verify_password(tried.as_bytes(), &hash)).is_ok();
        Ok(matches && is_possible && kept.is_some())
    }

    /// How often passwords were hashed: what a test counts instead of seconds.
    #[cfg(test)]
    pub(crate) fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    fn one_of_few<T>(&self, work: impl FnOnce() -> T) -> T {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        while *running >= AT_ONCE_MAX {
            running = self.ended.wait(running).unwrap_or_else(PoisonError::into_inner);
        }
        *running += 1;
        drop(running);
        let _place = Place(self);
        self.runs.fetch_add(1, Ordering::Relaxed);
        work()
    }
}

/// A place among the few, given back also by a panic.
struct Place<'a>(&'a Hasher);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.running.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.ended.notify_one();
    }
}

/// A hash with the parameters above, of random bytes that nobody kept.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$Zm9yIG5vYm9keSBhdCBhbA$\
                       8H6zVx8oZ8n0W3mQf1bq3uV2l1mJ8oYcQv7yqkC3c2E";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_odd_passwords_are_taken() {
        for text in ["vermilion kettle", "Tr0ub4dor&3 and more", "ひみつのあいことばはながいほうがよい", "x9!kQ2#mZ7$w"]
        {
            assert!(Password::parse(text, &["Ana Smith", "ana@example.org"]).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_anybody_would_try_is_not() {
        let of =
            |text: &str| Password::parse(text, &["Ana Steinmeier", "ana.steinmeier@example.org", "Acme Doors"]).err();
        assert_eq!(of("short"), Some(PasswordError::Short { chars_min: CHARS_MIN }));
        assert_eq!(of(&"long".repeat(100)), Some(PasswordError::Long { chars_max: CHARS_MAX }));
        for text in
            ["password1234", "Passw0rd!!!!!", "aaaaaaaaaaaaaaa", "abababababababab", "1234567890123", "qwertyuiop12"]
        {
            assert_eq!(of(text), Some(PasswordError::Common), "{text}");
        }
        for text in ["steinmeier123", "Acme-Doors-2026", "AnaSteinmeier1"] {
            assert_eq!(of(text), Some(PasswordError::Personal), "{text}");
        }
    }

    #[test]
    fn a_kept_password_is_recognised_and_no_other() {
        let hasher = Hasher::new();
        let password = Password::parse("vermilion kettle", &[]).expect("good");
        let (one, other) = (hasher.hash(&password).expect("hashed"), hasher.hash(&password).expect("hashed"));
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, other, "each has a salt of its own");
        assert!(hasher.matches("vermilion kettle", Some(&one)).expect("checked"));
        for wrong in ["vermilion kettl", "Vermilion kettle", "", &"x".repeat(CHARS_MAX + 1)] {
            assert!(!hasher.matches(wrong, Some(&one)).expect("checked"));
        }
        assert!(hasher.matches("vermilion kettle", Some("nonsense")).is_err());
    }

    #[test]
    fn nobody_has_a_password_but_it_takes_as_much_work() {
        let hasher = Hasher::new();
        assert!(!hasher.matches("", None).expect("checked"));
        assert_eq!(hasher.runs(), 1);
        let of_ours = hasher.hash(&Password::parse("vermilion kettle", &[]).expect("good")).expect("hashed");
        assert_eq!(NOBODYS.rsplitn(3, '$').last(), of_ours.rsplitn(3, '$').last(), "the same parameters");
        assert_eq!(NOBODYS.len(), of_ours.len());
    }

    #[test]
    fn debugging_shows_no_password() {
        assert_eq!(format!("{:?}", Password::parse("vermilion kettle", &[])), "Ok(Password(..))");
    }
}
