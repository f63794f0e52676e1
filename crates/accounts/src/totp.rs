//! The second factor: codes of an authenticator app (TOTP, RFC 6238: SHA-1, six digits, half a minute), and recovery codes
//! for who has lost it.

use std::fmt;

use biometric::Timestamp;
use rusqlite::{Transaction, params};
use signing::Vault;
use totp_rs::{Builder, Totp};
use zeroize::Zeroizing;

use crate::audit::{self, Act, Actor};
use crate::seal::Purpose;
use crate::secret::{Digest, random_token};
use crate::throttle::{self, Subject};
use crate::{Accounts, Error, UserId, sign_up};

/// The length of an app's secret in bytes: that of the hash (RFC 4226, section 4, requirement R6).
const SECRET_BYTES: usize = 20;

/// Codes of the half minute before and after count too (RFC 6238, section 5.2): clocks differ, people type slowly.
const STEPS_EITHER_WAY: u16 = 1;

/// How many recovery codes there are.
const RECOVERY_CODES: usize = 10;

/// The length of a recovery code in characters: 51 bits, in lower case only.
const RECOVERY_CHARS: usize = 10;

/// What an authenticator app is told.
pub struct TotpSetup {
    /// The secret, as it is typed in.
    pub secret_base32: Zeroizing<String>,
    /// The same for a QR code: an `otpauth` address.
    pub uri: Zeroizing<String>,
}

/// A recovery code; overwritten when dropped.
pub struct RecoveryCode(Zeroizing<String>);

impl RecoveryCode {
    /// The code in clear, for the one time that it is shown: two groups with a hyphen between.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it. Case and hyphens are how it is written, not what it says.
    fn digest(text: &str) -> Digest {
        let plain: Zeroizing<String> =
            Zeroizing::new(text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase());
        Digest::of(&plain)
    }
}

impl fmt::Display for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(..)")
    }
}

impl Accounts {
    /// Begins to set up a second factor: it counts only once a code has confirmed it. Beginning again replaces the secret.
    ///
    /// # Errors
    /// [`Error::SecondFactorOn`], [`Error::NoSuchUser`], or when the database does not answer.
    pub fn begin_second_factor(&self, user: UserId, issuer: &str) -> Result<TotpSetup, Error> {
        let mut secret = Zeroizing::new([0_u8; SECRET_BYTES]);
        getrandom::fill(&mut *secret)?;
        let sealed = self.vault.seal(&Purpose::SecondFactor(user).text(), &secret[..])?;
        let known = self.write(|transaction| {
            let known = sign_up::any_user(transaction, user)?;
            if known.second_factor {
                return Err(Error::SecondFactorOn);
            }
            let sql = "UPDATE user SET totp_sealed = ?, totp_step_used = NULL WHERE id = ?";
            transaction.prepare_cached(sql)?.execute(params![sealed.0, user.0])?;
            Ok(known)
        })?;
        let secret_base32 = Zeroizing::new(totp(&secret[..]).secret().to_base32());
        let (issuer, account) = (percent_encoded(issuer), percent_encoded(known.email.as_str()));
        let uri = format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period=30",
            *secret_base32
        );
        Ok(TotpSetup { secret_base32, uri: Zeroizing::new(uri) })
    }

    /// Ends setting up with a code of the app: from now on signing in asks for one. The recovery codes are to be shown now.
    ///
    /// # Errors
    /// [`Error::WrongCode`], [`Error::Throttled`], [`Error::SecondFactorOn`], [`Error::SecondFactorOff`] when none was
    /// begun, [`Error::NoSuchUser`], or when the database does not answer.
    pub fn confirm_second_factor(
        &self,
        user: UserId,
        code: &str,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Vec<RecoveryCode>, Error> {
        self.guessing(user, now, |transaction| {
            let known = sign_up::any_user(transaction, user)?;
            if known.second_factor {
                return Err(Error::SecondFactorOn);
            }
            spend_app_code(transaction, &self.vault, user, code, now)?.then_some(()).ok_or(Error::WrongCode)?;
            let sql = "UPDATE user SET totp_confirmed = ? WHERE id = ?";
            transaction.prepare_cached(sql)?.execute((now.as_millis(), user.0))?;
            let (organisation, email) = (known.organisation, known.email);
            audit::write(transaction, organisation, by, Act::SecondFactorEnabled, email.as_str(), "", now)?;
            new_codes(transaction, user)
        })
    }

    /// Removes the second factor, by one of its codes.
    ///
    /// # Errors
    /// [`Error::WrongCode`], [`Error::Throttled`], [`Error::SecondFactorOff`], [`Error::NoSuchUser`], or when the database
    /// does not answer.
    pub fn remove_second_factor(&self, user: UserId, code: &str, by: &Actor, now: Timestamp) -> Result<(), Error> {
        self.guessing(user, now, |transaction| {
            let known = sign_up::any_user(transaction, user)?;
            spend(transaction, &self.vault, user, code, now)?;
            let sql = "UPDATE user SET totp_sealed = NULL, totp_confirmed = NULL, totp_step_used = NULL WHERE id = ?";
            transaction.prepare_cached(sql)?.execute((user.0,))?;
            transaction.prepare_cached("DELETE FROM recovery_code WHERE user = ?")?.execute((user.0,))?;
            let (organisation, email) = (known.organisation, known.email);
            Ok(audit::write(transaction, organisation, by, Act::SecondFactorRemoved, email.as_str(), "", now)?)
        })
    }

    /// Replaces all recovery codes by new ones, to be shown now.
    ///
    /// # Errors
    /// As [`Accounts::remove_second_factor`].
    pub fn renew_recovery_codes(
        &self,
        user: UserId,
        code: &str,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Vec<RecoveryCode>, Error> {
        self.guessing(user, now, |transaction| {
            let known = sign_up::any_user(transaction, user)?;
            spend(transaction, &self.vault, user, code, now)?;
            let (organisation, email) = (known.organisation, known.email);
            audit::write(transaction, organisation, by, Act::RecoveryCodesRenewed, email.as_str(), "", now)?;
            new_codes(transaction, user)
        })
    }

    /// How many recovery codes a user has not used.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn recovery_codes_left(&self, user: UserId) -> Result<usize, Error> {
        let connection = self.connection();
        let mut select = connection.prepare_cached("SELECT count(*) FROM recovery_code WHERE user = ?")?;
        let count: i64 = select.query_row((user.0,), |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// Does what a code allows; a wrong one stays counted.
    fn guessing<T>(
        &self,
        user: UserId,
        now: Timestamp,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.write(|transaction| throttle::admit(transaction, &[Subject::User(user)], now))?;
        self.write(|transaction| {
            let done = work(transaction)?;
            throttle::forgive(transaction, Subject::User(user))?;
            Ok(done)
        })
    }
}

/// Uses up a code of a user whose second factor counts: the app's, or a recovery code.
///
/// # Errors
/// [`Error::WrongCode`] also when it was used before; [`Error::SecondFactorOff`].
pub(crate) fn spend(
    transaction: &Transaction<'_>,
    vault: &Vault,
    user: UserId,
    code: &str,
    now: Timestamp,
) -> Result<(), Error> {
    if !sign_up::any_user(transaction, user)?.second_factor {
        return Err(Error::SecondFactorOff);
    }
    let is_right =
        spend_app_code(transaction, vault, user, code, now)? || spend_recovery_code(transaction, user, code)?;
    is_right.then_some(()).ok_or(Error::WrongCode)
}

/// Whether this is a code of the app for now; it, and those before it, are worth nothing afterwards.
fn spend_app_code(
    transaction: &Transaction<'_>,
    vault: &Vault,
    user: UserId,
    code: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let mut select = transaction.prepare_cached("SELECT totp_sealed, totp_step_used FROM user WHERE id = ?")?;
    let (sealed, used): (Option<Vec<u8>>, Option<i64>) =
        select.query_row((user.0,), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let sealed = sealed.ok_or(Error::SecondFactorOff)?;
    let secret = vault.open(&Purpose::SecondFactor(user).text(), &sealed)?;
    let typed: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let seconds = u64::try_from(now.as_millis() / 1000).unwrap_or_default();
    let Some(step) = totp(&secret).check(&typed, seconds).map(u64::cast_signed) else { return Ok(false) };
    if used.is_some_and(|used| step <= used) {
        return Ok(false);
    }
    transaction.prepare_cached("UPDATE user SET totp_step_used = ? WHERE id = ?")?.execute((step, user.0))?;
    Ok(true)
}

fn spend_recovery_code(transaction: &Transaction<'_>, user: UserId, code: &str) -> Result<bool, rusqlite::Error> {
    let sql = "DELETE FROM recovery_code WHERE user = ? AND digest = ?";
    Ok(transaction.prepare_cached(sql)?.execute(params![user.0, RecoveryCode::digest(code).as_bytes()])? > 0)
}

fn new_codes(transaction: &Transaction<'_>, user: UserId) -> Result<Vec<RecoveryCode>, Error> {
    transaction.prepare_cached("DELETE FROM recovery_code WHERE user = ?")?.execute((user.0,))?;
    let mut insert = transaction.prepare_cached("INSERT INTO recovery_code (user, digest) VALUES (?, ?)")?;
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    while codes.len() < RECOVERY_CODES {
        let random = Zeroizing::new(random_token("", RECOVERY_CHARS)?.to_ascii_lowercase());
        let (first, second) = random.split_at(RECOVERY_CHARS / 2);
        let code = RecoveryCode(Zeroizing::new(format!("{first}-{second}")));
        insert.execute(params![user.0, RecoveryCode::digest(code.reveal()).as_bytes()])?;
        codes.push(code);
    }
    Ok(codes)
}

fn totp(secret: &[u8]) -> Totp {
    // SHA-1, six digits and half a minute are the library's defaults, and the only ones that all apps know.
    Builder::new().with_secret(secret.to_vec().into_boxed_slice()).with_skew(STEPS_EITHER_WAY).build_noncompliant()
}

/// As a URI takes it (RFC 3986, section 2.3: what is unreserved stays).
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            true => encoded.push(char::from(byte)),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_standards() {
        // RFC 6238, appendix B, of which the last six digits are shown.
        let totp = totp(b"12345678901234567890");
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(totp.generate(seconds).to_string(), code);
            assert!(totp.check(code, seconds + 30).is_some() && totp.check(code, seconds + 60).is_none());
        }
    }

    #[test]
    fn an_address_is_encoded() {
        assert_eq!(percent_encoded("a+b@x.org:é"), "a%2Bb%40x.org%3A%C3%A9");
    }

    #[test]
    fn a_recovery_code_is_the_same_however_it_is_written() {
        assert!(RecoveryCode::digest("abcde-12345").matches(&RecoveryCode::digest(" ABCDE 12345 ")));
        assert!(!RecoveryCode::digest("abcde-12345").matches(&RecoveryCode::digest("abcde-12346")));
    }
}
