//! How often something may be tried: passwords, codes, sign-ups, links for a new password.
//!
//! Attempts are rows in the database, so that neither a restart nor a second server forgets them. An attempt is counted
//! before it is looked at, and taken back when it was right: guesses that come at once do not slip through. What is
//! refused here is not counted, or a stranger's guesses would keep the owner out for ever.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use biometric::Timestamp;
use rusqlite::{Transaction, params};
use sha2::{Digest as _, Sha256};

use crate::{Email, Error, UserId};

/// How long wrong guesses are remembered at the front door, where anybody may make them in somebody's name.
const GUESSES_MS: i64 = 15 * 60 * 1000;

/// How long those are remembered that only somebody makes who knows the password, or is signed in. With the waits between
/// them some hundred fit in a day, so that a code of six digits, of which three count at a time, stands for years.
const PROOFS_MS: i64 = 24 * 60 * 60 * 1000;

/// The longest wait that wrong guesses cause.
const WAIT_MS_MAX: i64 = 15 * 60 * 1000;

/// How long sign-ups and wishes for a new password are remembered.
const VOLUME_MS: i64 = 60 * 60 * 1000;

/// Guesses at one account, or at one user's codes, without a wait.
const ACCOUNT_FREE: u32 = 5;

/// Guesses from one address without a wait: an office behind one address has many forgetful people.
const ADDRESS_FREE: u32 = 20;

/// Sign-ups from one address in an hour.
const SIGN_UPS_FREE: u32 = 10;

/// Links for a new password to one address in an hour.
const RESETS_FREE: u32 = 3;

/// What is tried, by whom or from where.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject<'a> {
    /// Signing in to the accounts of an address.
    Account(&'a Email),
    /// Signing in from a network address.
    Address(Option<IpAddr>),
    /// Proving that one is this user: with a code, or with the old password.
    User(UserId),
    /// Signing up from a network address.
    SignUp(Option<IpAddr>),
    /// Choosing a password for an account of an address.
    Choice(&'a Email),
    /// Asking for a new password.
    Reset(&'a Email),
}

/// How many are free, for how long they count, and what comes then.
struct Terms {
    free: u32,
    window_ms: i64,
    then: Then,
}

enum Then {
    /// Each further attempt waits twice as long as the one before, from a second on.
    Doubling,
    /// One more only when the oldest is forgotten.
    Full,
}

impl Subject<'_> {
    fn terms(self) -> Terms {
        let guesses = |free, window_ms| Terms { free, window_ms, then: Then::Doubling };
        let volume = |free| Terms { free, window_ms: VOLUME_MS, then: Then::Full };
        match self {
            Self::Account(_) | Self::Choice(_) => guesses(ACCOUNT_FREE, GUESSES_MS),
            Self::User(_) => guesses(ACCOUNT_FREE, PROOFS_MS),
            Self::Address(_) => guesses(ADDRESS_FREE, GUESSES_MS),
            Self::SignUp(_) => volume(SIGN_UPS_FREE),
            Self::Reset(_) => volume(RESETS_FREE),
        }
    }

    /// What stands for it in the database.
    fn digest(self) -> [u8; 32] {
        let address = |address: Option<IpAddr>| address.map_or_else(|| "unknown".to_owned(), place);
        let text = match self {
            Self::Account(email) => format!("account {email}"),
            Self::Address(from) => format!("address {}", address(from)),
            Self::User(user) => format!("user {}", user.0),
            Self::SignUp(from) => format!("sign-up {}", address(from)),
            Self::Choice(email) => format!("choice {email}"),
            Self::Reset(email) => format!("reset {email}"),
        };
        Sha256::digest(text.as_bytes()).into()
    }
}

/// Where somebody is: an IPv6 host has a whole /64 to itself, and would never come twice from the same of its addresses.
fn place(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{}/64", Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

/// Counts an attempt at all of these, if each allows one more.
///
/// # Errors
/// [`Error::Throttled`], and then nothing is counted.
pub(crate) fn admit(transaction: &Transaction<'_>, subjects: &[Subject<'_>], now: Timestamp) -> Result<(), Error> {
    let forgotten = now.as_millis().saturating_sub(PROOFS_MS.max(GUESSES_MS).max(VOLUME_MS));
    transaction.prepare_cached("DELETE FROM attempt WHERE at < ?")?.execute((forgotten,))?;
    let waits = subjects.iter().map(|subject| wait_ms(transaction, *subject, now)).collect::<Result<Vec<_>, _>>()?;
    match waits.into_iter().max() {
        Some(wait @ 1..) => Err(Error::Throttled { retry_after: Duration::from_millis(wait.unsigned_abs()) }),
        Some(_) | None => {
            let mut insert = transaction.prepare_cached("INSERT INTO attempt (subject, at) VALUES (?, ?)")?;
            for subject in subjects {
                insert.execute(params![subject.digest(), now.as_millis()])?;
            }
            Ok(())
        }
    }
}

/// Forgets every attempt at these: it was the right one at last.
pub(crate) fn forgive(transaction: &Transaction<'_>, subject: Subject<'_>) -> Result<(), rusqlite::Error> {
    transaction.prepare_cached("DELETE FROM attempt WHERE subject = ?")?.execute(params![subject.digest()]).map(drop)
}

/// Takes back the newest attempt alone.
pub(crate) fn take_back(transaction: &Transaction<'_>, subject: Subject<'_>) -> Result<(), rusqlite::Error> {
    let sql =
        "DELETE FROM attempt WHERE rowid = (SELECT rowid FROM attempt WHERE subject = ? ORDER BY at DESC LIMIT 1)";
    transaction.prepare_cached(sql)?.execute(params![subject.digest()]).map(drop)
}

fn wait_ms(transaction: &Transaction<'_>, subject: Subject<'_>, now: Timestamp) -> Result<i64, rusqlite::Error> {
    let Terms { free, window_ms, then } = subject.terms();
    let mut select = transaction
        .prepare_cached("SELECT count(*), min(at), max(at) FROM attempt WHERE subject = ? AND at > ? AND at <= ?")?;
    // What lies in the future was written by a clock that has been set back since.
    let times = params![subject.digest(), now.as_millis().saturating_sub(window_ms), now.as_millis()];
    let (count, oldest, newest): (u32, Option<i64>, Option<i64>) =
        select.query_row(times, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let (Some(oldest), Some(newest), Some(beyond)) = (oldest, newest, count.checked_sub(free)) else { return Ok(0) };
    let until = match then {
        Then::Doubling => newest + 1000_i64.saturating_mul(1 << beyond.min(20)).min(WAIT_MS_MAX),
        Then::Full => oldest + window_ms,
    };
    Ok((until - now.as_millis()).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Accounts;

    fn accounts() -> (tempfile::TempDir, Accounts) {
        let dir = tempfile::tempdir().expect("a directory");
        let accounts = Accounts::open(dir.path()).expect("opens");
        (dir, accounts)
    }

    fn try_at(accounts: &Accounts, subject: Subject<'_>, at_ms: i64) -> Result<(), Duration> {
        let tried = accounts.write(|transaction| admit(transaction, &[subject], Timestamp::from_millis(at_ms)));
        tried.map_err(|error| {
            let Error::Throttled { retry_after } = error else { panic!("{error}") };
            retry_after
        })
    }

    #[test]
    fn waits_double_and_who_waits_as_told_is_let_in() {
        let (_dir, accounts) = accounts();
        let subject = Subject::User(UserId(1));
        let mut now = 1_000_000;
        for _ in 0..ACCOUNT_FREE {
            assert_eq!(try_at(&accounts, subject, now), Ok(()));
        }
        for seconds in [1, 2, 4, 8, 16, 32, 64, 128] {
            let wait = try_at(&accounts, subject, now).expect_err("throttled");
            assert_eq!(wait, Duration::from_secs(seconds));
            assert!(try_at(&accounts, subject, now + wait.as_millis() as i64 - 1).is_err(), "not a moment earlier");
            now += wait.as_millis() as i64;
            assert_eq!(try_at(&accounts, subject, now), Ok(()));
        }
        assert_eq!(try_at(&accounts, Subject::User(UserId(2)), now), Ok(()), "others do not wait");
    }

    #[test]
    fn no_wait_is_longer_than_what_is_remembered() {
        let (_dir, accounts) = accounts();
        let subject = Subject::Address(None);
        accounts
            .write(|transaction| {
                for at in 0..200 {
                    transaction.execute("INSERT INTO attempt VALUES (?, ?)", params![subject.digest(), at])?;
                }
                Ok(())
            })
            .expect("written");
        assert!(try_at(&accounts, subject, 200).expect_err("throttled").as_millis() as i64 <= GUESSES_MS);
        assert_eq!(try_at(&accounts, subject, 200 + GUESSES_MS), Ok(()));
    }

    #[test]
    fn volume_is_counted_by_the_hour() {
        let (_dir, accounts) = accounts();
        let email = Email::parse("ana@example.org").expect("an address");
        let subject = Subject::Reset(&email);
        for minute in 0..i64::from(RESETS_FREE) {
            assert_eq!(try_at(&accounts, subject, minute * 60_000), Ok(()));
        }
        assert_eq!(try_at(&accounts, subject, 10 * 60_000), Err(Duration::from_secs(50 * 60)));
        assert_eq!(try_at(&accounts, subject, 60 * 60_000), Ok(()));
    }

    #[test]
    fn what_is_refused_is_not_counted_and_what_was_right_is_forgiven() {
        let (_dir, accounts) = accounts();
        let subject = Subject::User(UserId(1));
        for _ in 0..ACCOUNT_FREE {
            assert_eq!(try_at(&accounts, subject, 0), Ok(()));
        }
        for _ in 0..100 {
            assert_eq!(try_at(&accounts, subject, 0), Err(Duration::from_secs(1)));
        }
        accounts.write(|transaction| Ok(take_back(transaction, subject)?)).expect("taken back");
        assert_eq!(try_at(&accounts, subject, 0), Ok(()));
        accounts.write(|transaction| Ok(forgive(transaction, subject)?)).expect("forgiven");
        for _ in 0..ACCOUNT_FREE {
            assert_eq!(try_at(&accounts, subject, 0), Ok(()));
        }
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let (_dir, accounts) = accounts();
        let subject = Subject::User(UserId(1));
        for _ in 0..ACCOUNT_FREE {
            assert_eq!(try_at(&accounts, subject, 10_000_000_000), Ok(()));
        }
        assert_eq!(try_at(&accounts, subject, 0), Ok(()));
    }

    #[test]
    fn a_host_with_many_addresses_is_one_place() {
        let place = |text: &str| super::place(text.parse().expect("an address"));
        assert_eq!(place("2001:db8:1:2:3:4:5:6"), place("2001:db8:1:2:ffff::"));
        assert_ne!(place("2001:db8:1:2::"), place("2001:db8:1:3::"));
        assert_eq!(place("::ffff:192.0.2.7"), place("192.0.2.7"));
        assert_ne!(place("192.0.2.7"), place("192.0.2.8"));
    }

    #[test]
    fn codes_are_not_guessed_within_a_year() {
        let (_dir, accounts) = accounts();
        let subject = Subject::User(UserId(1));
        let (mut now, mut guesses) = (0, 0);
        while now < 3 * PROOFS_MS {
            match try_at(&accounts, subject, now) {
                Ok(()) => guesses += 1,
                Err(wait) => now += i64::try_from(wait.as_millis()).expect("short"),
            }
        }
        assert!(f64::from(guesses) / 3.0 * 365.0 * 3e-6 < 0.2, "{guesses} guesses in three days");
    }

    #[test]
    fn no_address_stands_in_the_database() {
        let (dir, accounts) = accounts();
        let email = Email::parse("ana@example.org").expect("an address");
        assert_eq!(try_at(&accounts, Subject::Account(&email), 0), Ok(()));
        for file in std::fs::read_dir(dir.path()).expect("listed") {
            let bytes = std::fs::read(file.expect("a file").path()).expect("read");
            assert!(!bytes.windows(7).any(|window| window == b"example"));
        }
    }
}
