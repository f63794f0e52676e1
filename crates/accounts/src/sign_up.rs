//! New accounts and new passwords, and which account an address and a password mean.
//!
//! One address may have accounts in several organisations. That signing up looks the same whether or not an address is
//! known already, and takes as long, is what keeps one organisation from finding out about another.

use std::net::IpAddr;

use biometric::{TenantId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

use crate::audit::{self, Act, Actor, Who};
use crate::throttle::{self, Subject};
use crate::user::{check_role, end_sessions};
use crate::{Accounts, Email, Error, Password, PlanId, Role, SessionId, User, UserId, name, organisation, user};

/// Passwords are tried so many times at least, whoever they are tried against: how long it takes must not tell how many
/// accounts an address has. Four organisations with one address are more than anybody has who is not us.
const VERIFICATIONS_MIN: usize = 4;

/// Somebody who wishes for an account.
#[derive(Debug)]
pub struct NewUser {
    /// The address to sign in by.
    pub email: Email,
    /// What people call them.
    pub name: String,
    /// The password.
    pub password: Password,
}

/// An account that an address has, with what is needed to check a password.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) user: User,
    kept: String,
}

impl Known {
    /// Whether it is the same account with the same password.
    fn is_unchanged(&self, now: &Self) -> bool {
        self.user.id == now.user.id && self.kept == now.kept
    }

    /// What is to be kept of the password from now on, now that it has been right; `None`: what is kept of it.
    pub(crate) fn renewed(&self, accounts: &Accounts, password: &str) -> Result<Option<String>, Error> {
        accounts.hasher.renewed(password, &self.kept)
    }

    /// Makes sure that the account still has this password.
    ///
    /// # Errors
    /// [`Error::NoSuchUser`] otherwise: replacing it ended all sessions, and one that began now would go on.
    pub(crate) fn still(&self, transaction: &Transaction<'_>) -> Result<(), Error> {
        match is_kept(transaction, self.user.id, &self.kept)? {
            true => Ok(()),
            false => Err(Error::NoSuchUser),
        }
    }
}

impl Accounts {
    /// Makes an organisation with its first owner.
    ///
    /// # Errors
    /// [`Error::Name`], [`Error::PasswordElsewhere`], [`Error::Throttled`] after many from one network address or for one
    /// e-mail address, [`Error::NoSuchPlan`], or when the database does not answer.
    pub fn sign_up(
        &self,
        organisation: &str,
        new: NewUser,
        plan: PlanId,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<User, Error> {
        let organisation = name::checked(organisation)?;
        let NewUser { email, name: person, password } = new;
        let person = name::checked(&person)?;
        self.write(|transaction| throttle::admit(transaction, &[Subject::SignUp(address)], now))?;
        self.keep(&email, &password, None, now, |transaction, kept| {
            let by = Actor { address, ..Actor::system() };
            let made = organisation::create(transaction, organisation, plan, &by, now)?;
            insert(transaction, made.id, &email, person, Role::Owner, kept, address, now)
        })
    }

    /// Replaces a user's password by another; all their other sessions end, and a link to choose another works no more.
    ///
    /// # Errors
    /// [`Error::WrongPassword`], [`Error::Throttled`], [`Error::PasswordElsewhere`], [`Error::NoSuchUser`], or when the
    /// database does not answer.
    #[expect(clippy::too_many_arguments, reason = "what a form says, and who sent it")]
    #[expect(clippy::needless_pass_by_value, reason = "whoever hands a password over keeps none")]
    pub fn change_password(
        &self,
        organisation: TenantId,
        id: UserId,
        old: &str,
        new: Password,
        keep: Option<SessionId>,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        let proved = self.prove(organisation, id, old, now)?;
        let email = self.user(organisation, id)?.email;
        self.keep(&email, &new, Some(id), now, |transaction, kept| {
            user::find(transaction, organisation, id)?;
            // Replaced meanwhile, as by whoever found out that the old one is known to somebody.
            if !is_kept(transaction, id, &proved)? {
                return Err(Error::WrongPassword);
            }
            set_password(transaction, id, kept)?;
            let sql = "DELETE FROM link WHERE user = ? AND purpose = 'reset_password'";
            transaction.prepare_cached(sql)?.execute((id.0,))?;
            let sql = "DELETE FROM session WHERE user = ? AND id IS NOT ?";
            transaction.prepare_cached(sql)?.execute((id.0, keep.map(|keep| keep.0)))?;
            Ok(audit::write(transaction, organisation, by, Act::PasswordChanged, email.as_str(), "", now)?)
        })
    }

    /// Whether somebody who is signed in knows their password: asked again before what cannot be undone.
    ///
    /// # Errors
    /// [`Error::WrongPassword`], [`Error::Throttled`], [`Error::NoSuchUser`], or when the database does not answer.
    pub fn check_password(
        &self,
        organisation: TenantId,
        id: UserId,
        password: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.prove(organisation, id, password, now).map(drop)
    }

    /// As [`Accounts::check_password`]; gives back what is kept of the password that was right.
    fn prove(&self, organisation: TenantId, id: UserId, password: &str, now: Timestamp) -> Result<String, Error> {
        let kept: String = self.write(|transaction| {
            user::find(transaction, organisation, id)?;
            throttle::admit(transaction, &[Subject::User(id)], now)?;
            Ok(transaction.query_row("SELECT password FROM user WHERE id = ?", (id.0,), |row| row.get(0))?)
        })?;
        if !self.hasher.matches(password, Some(&kept))? {
            return Err(Error::WrongPassword);
        }
        self.write(|transaction| Ok(throttle::forgive(transaction, Subject::User(id))?))?;
        Ok(kept)
    }

    /// The account that this address and password mean, if they mean one.
    pub(crate) fn meant(&self, email: Option<&Email>, password: &str) -> Result<Option<Known>, Error> {
        let known = email.map_or_else(|| Ok(Vec::new()), |email| known(&self.connection(), email))?;
        Ok(self.matching(known, password)?.pop())
    }

    /// Those of these accounts that have this password.
    fn matching(&self, known: Vec<Known>, password: &str) -> Result<Vec<Known>, Error> {
        let count = known.len();
        let mut matching = Vec::new();
        for known in known {
            if self.hasher.matches(password, Some(&known.kept))? {
                matching.push(known);
            }
        }
        for _ in count..VERIFICATIONS_MIN {
            self.hasher.matches(password, None)?;
        }
        Ok(matching)
    }

    /// Does something with what is to be kept of a new password, once it is sure that the password means no other account
    /// of the address. `own` is the account that it is for, if there is one already.
    ///
    /// Whoever chooses a password for an address learns whether another account of it has that very password, so choosing
    /// is guessing, and counted: also when it succeeds, which is a wrong guess.
    ///
    /// # Errors
    /// [`Error::Throttled`], [`Error::PasswordElsewhere`], and those of the work.
    pub(crate) fn keep<T>(
        &self,
        email: &Email,
        new: &Password,
        own: Option<UserId>,
        now: Timestamp,
        work: impl Fn(&Transaction<'_>, &str) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.write(|transaction| throttle::admit(transaction, &[Subject::Choice(email)], now))?;
        let mut hash = None;
        loop {
            let compared = known(&self.connection(), email)?;
            if self.matching(compared.clone(), new.reveal())?.iter().any(|other| Some(other.user.id) != own) {
                return Err(Error::PasswordElsewhere);
            }
            let kept = match &hash {
                Some(kept) => kept,
                None => hash.insert(self.hasher.hash(new)?),
            };
            let done = self.write(|transaction| {
                let still = known(transaction, email)?;
                // Else somebody made another account of the address meanwhile, perhaps with the same password.
                let is_compared = |now: &Known| compared.iter().any(|then| then.is_unchanged(now));
                still.iter().all(is_compared).then(|| work(transaction, kept)).transpose()
            })?;
            if let Some(done) = done {
                return Ok(done);
            }
        }
    }
}

fn known(connection: &Connection, email: &Email) -> Result<Vec<Known>, Error> {
    let mut select = connection
        .prepare_cached(&format!("SELECT {}, password FROM user WHERE email = ? ORDER BY id", User::COLUMNS))?;
    let read = |row: &Row<'_>| Ok(Known { user: User::read(row)?, kept: row.get("password")? });
    Ok(select.query_map((email.as_str(),), read)?.collect::<Result<_, _>>()?)
}

/// Adds a user to an organisation, in the transaction that may make it.
#[expect(clippy::too_many_arguments, reason = "one row, column by column")]
pub(crate) fn insert(
    transaction: &Transaction<'_>,
    organisation: TenantId,
    email: &Email,
    name: &str,
    role: Role,
    kept: &str,
    address: Option<IpAddr>,
    now: Timestamp,
) -> Result<User, Error> {
    check_role(organisation, role)?;
    let mut select = transaction.prepare_cached("SELECT 1 FROM user WHERE organisation = ? AND email = ?")?;
    if select.exists((organisation.0, email.as_str()))? {
        return Err(Error::EmailTaken);
    }
    let mut insert = transaction.prepare_cached(
        "INSERT INTO user (organisation, email, name, role, password, created) VALUES (?, ?, ?, ?, ?, ?)",
    )?;
    let id =
        insert.insert(params![organisation.0, email.as_str(), name, role.word(), kept, now.as_millis()]).map(UserId)?;
    let by = Actor { who: Who::User(id), address };
    audit::write(transaction, organisation, &by, Act::UserJoined, email.as_str(), role.word(), now)?;
    user::find(transaction, organisation, id)
}

/// Puts another password in the place of the old one and signs the user out everywhere.
pub(crate) fn reset(transaction: &Transaction<'_>, id: UserId, kept: &str) -> Result<(), rusqlite::Error> {
    set_password(transaction, id, kept)?;
    end_sessions(transaction, id)
}

/// Whether this is what is kept of a user's password now.
fn is_kept(transaction: &Transaction<'_>, id: UserId, kept: &str) -> Result<bool, rusqlite::Error> {
    transaction.prepare_cached("SELECT 1 FROM user WHERE id = ? AND password = ?")?.exists((id.0, kept))
}

/// Puts what is kept of a password in the place of what was kept.
pub(crate) fn set_password(transaction: &Transaction<'_>, id: UserId, kept: &str) -> Result<(), rusqlite::Error> {
    transaction.prepare_cached("UPDATE user SET password = ? WHERE id = ?")?.execute((kept, id.0)).map(drop)
}

/// The user of this number, whosever it is.
pub(crate) fn any_user(transaction: &Transaction<'_>, id: UserId) -> Result<User, Error> {
    let mut select = transaction.prepare_cached(&format!("SELECT {} FROM user WHERE id = ?", User::COLUMNS))?;
    select.query_row((id.0,), User::read).optional()?.ok_or(Error::NoSuchUser)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Actor, SignInError};

    const NOW: Timestamp = Timestamp::from_millis(1_600_000_000_000);
    const PASSWORD: &str = "vermilion kettle";

    fn new(email: &str, password: &str) -> NewUser {
        let (email, password) =
            (Email::parse(email).expect("an address"), Password::parse(password, &[]).expect("good"));
        NewUser { email, name: "Ana".to_owned(), password }
    }

    fn house() -> (tempfile::TempDir, Accounts, User) {
        let dir = tempfile::tempdir().expect("a directory");
        let accounts = Accounts::open(dir.path()).expect("opens");
        let ana =
            accounts.sign_up("Acme", new("ana@example.org", PASSWORD), PlanId::FREE, None, NOW).expect("signed up");
        (dir, accounts, ana)
    }

    /// How often passwords are hashed meanwhile.
    fn runs(accounts: &Accounts, work: impl FnOnce()) -> u64 {
        let before = accounts.hasher.runs();
        work();
        accounts.hasher.runs() - before
    }

    fn sign_in(accounts: &Accounts, email: &str, password: &str) -> Result<(), SignInError> {
        accounts.sign_in(email, password, None, "", NOW).map(drop)
    }

    #[test]
    fn whoever_signs_in_or_fails_to_costs_the_same() {
        let (_dir, accounts, ana) = house();
        accounts.sign_up("Other", new("two@example.org", PASSWORD), PlanId::FREE, None, NOW).expect("signed up");
        accounts
            .sign_up("More", new("two@example.org", "umbrella sandwich"), PlanId::FREE, None, NOW)
            .expect("signed up");
        let ben =
            accounts.sign_up("Third", new("ben@example.org", PASSWORD), PlanId::FREE, None, NOW).expect("signed up");
        let link = crate::Purpose::Join { organisation: ben.organisation, role: Role::Owner, email: None };
        let (_, secret) = accounts.create_link(link, &Actor::command_line(), NOW).expect("made");
        let follow = || accounts.follow_link(secret.reveal(), new("cem@example.org", PASSWORD), None, None, NOW);
        follow().expect("joined");
        accounts.disable_user(ben.organisation, ben.id, &Actor::command_line(), NOW).expect("disabled");
        for (email, password, is_right) in [
            (ana.email.as_str(), PASSWORD, true),
            ("two@example.org", "umbrella sandwich", true),
            (ana.email.as_str(), "vermilion kettles", false),
            ("nobody@example.org", PASSWORD, false),
            ("no address", PASSWORD, false),
            ("", "", false),
            (ana.email.as_str(), &"x".repeat(1_000_000), false),
            // Of somebody who is disabled.
            ("ben@example.org", PASSWORD, false),
        ] {
            let cost = runs(&accounts, || {
                let answer = sign_in(&accounts, email, password);
                assert!(
                    if is_right { answer.is_ok() } else { matches!(answer, Err(SignInError::Wrong)) },
                    "{answer:?}"
                );
            });
            assert_eq!(cost, VERIFICATIONS_MIN as u64, "{email}");
        }
    }

    #[test]
    fn signing_up_costs_the_same_whether_or_not_the_address_is_known() {
        let (_dir, accounts, _) = house();
        let cost = |email: &str| {
            let wish = new(email, "umbrella sandwich");
            runs(&accounts, || drop(accounts.sign_up("Other", wish, PlanId::FREE, None, NOW).expect("signed up")))
        };
        assert_eq!(cost("ana@example.org"), cost("nobody@example.org"));
    }

    #[test]
    fn who_is_throttled_makes_nobody_work() {
        let (_dir, accounts, _) = house();
        for _ in 0..5 {
            assert!(matches!(sign_in(&accounts, "ana@example.org", "wrong"), Err(SignInError::Wrong)));
        }
        let cost = runs(&accounts, || {
            let answer = sign_in(&accounts, "ana@example.org", PASSWORD);
            assert!(matches!(answer, Err(SignInError::Throttled { .. })));
        });
        assert_eq!(cost, 0);
    }

    /// What a slow password check leaves time for, which nobody can hit by chance.
    #[test]
    fn a_password_that_was_replaced_while_it_was_checked_signs_nobody_in() {
        let (_dir, accounts, ana) = house();
        let known = accounts.meant(Some(&ana.email), PASSWORD).expect("read").expect("the right one");
        accounts.write(|transaction| known.still(transaction)).expect("still so");
        let new = Password::parse("umbrella sandwich", &[]).expect("good");
        accounts
            .change_password(ana.organisation, ana.id, PASSWORD, new, None, &Actor::command_line(), NOW)
            .expect("changed");
        assert!(matches!(accounts.write(|transaction| known.still(transaction)), Err(Error::NoSuchUser)));
    }
}
