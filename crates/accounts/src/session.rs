//! Sessions: who is signed in with which browser.
//!
//! A session lives in the database; the browser holds a random secret, of which a digest is kept. The secret is a new one
//! after every step that gives more (signing in, the second factor), so that one planted or seen before is worth nothing.

use std::fmt;
use std::net::IpAddr;

use biometric::Timestamp;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use zeroize::Zeroizing;

use crate::audit::{self, Act, Actor, Who};
use crate::secret::{Digest, TOKEN_CHARS, random_token};
use crate::throttle::{self, Subject};
use crate::{Accounts, Email, Error, Organisation, SignInError, User, UserId, sign_up, totp};

/// How long there is to enter the code of the second factor.
const SECOND_FACTOR_MS_MAX: i64 = 10 * 60 * 1000;

/// `seen` is written down at most so often: not every picture of a page needs the disk.
const SEEN_MS: i64 = 60 * 1000;

/// Sessions that nobody has seen for so long are deleted, whatever the settings allow.
const FORGOTTEN_MS: i64 = 90 * 24 * 60 * 60 * 1000;

/// How much is kept of what a browser calls itself: those that people use need half of it.
const AGENT_CHARS_MAX: usize = 300;

/// The secret of a session, for the cookie; overwritten when dropped.
pub struct SessionSecret(Zeroizing<String>);

impl SessionSecret {
    fn generate() -> Result<Self, getrandom::Error> {
        Ok(Self(random_token("", TOKEN_CHARS)?))
    }

    /// The secret in clear.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret(..)")
    }
}

/// The number of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub i64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How long sessions last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Unused for so long, in milliseconds, and it ends.
    pub idle_ms_max: i64,
    /// However much it is used, in milliseconds.
    pub age_ms_max: i64,
}

/// How far somebody has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The password was right; the code of the second factor is still to come.
    SecondFactor,
    /// Signed in.
    Full,
}

impl Stage {
    const fn word(self) -> &'static str {
        match self {
            Self::SecondFactor => "second_factor",
            Self::Full => "full",
        }
    }
}

/// Somebody who is signed in, or is about to be.
#[derive(Clone, PartialEq)]
pub struct Session {
    /// Its number.
    pub id: SessionId,
    /// Who.
    pub user: User,
    /// The organisation whose user it is.
    pub organisation: Organisation,
    /// What forms must carry to be ours.
    pub csrf: String,
    /// How far they have come.
    pub stage: Stage,
    /// When it began.
    pub created: Timestamp,
    /// When it was last used, to the minute.
    pub seen: Timestamp,
    /// From where it began.
    pub address: Option<String>,
    /// What the browser called itself.
    pub agent: String,
}

/// Without the token that forms must carry.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("id", &self.id).field("stage", &self.stage).finish_non_exhaustive()
    }
}

/// A session in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionLine {
    /// Its number.
    pub id: SessionId,
    /// When it began.
    pub created: Timestamp,
    /// When it was last used, to the minute.
    pub seen: Timestamp,
    /// From where it began.
    pub address: Option<String>,
    /// What the browser called itself.
    pub agent: String,
}

impl Accounts {
    /// Signs somebody in, or half in if they have a second factor.
    ///
    /// Whether the address is unknown, the password wrong or the account disabled is not told, neither by the answer nor
    /// by how long it takes.
    ///
    /// # Errors
    /// [`SignInError`].
    pub fn sign_in(
        &self,
        email: &str,
        password: &str,
        address: Option<IpAddr>,
        agent: &str,
        now: Timestamp,
    ) -> Result<(SessionSecret, Session), SignInError> {
        // What is no address is nobody's, and takes as long.
        let email = Email::parse(email).ok();
        let account = email.as_ref().map(Subject::Account);
        let subjects: Vec<_> = account.into_iter().chain([Subject::Address(address)]).collect();
        self.write(|transaction| throttle::admit(transaction, &subjects, now))?;
        let meant = self.meant(email.as_ref(), password)?;
        let Some(known) = meant.filter(|known| known.user.disabled.is_none()) else { return Err(SignInError::Wrong) };
        let renewed = known.renewed(self, password)?;
        let secret = SessionSecret::generate()?;
        let session = self.write(|transaction| {
            known.still(transaction)?;
            if let Some(kept) = &renewed {
                sign_up::set_password(transaction, known.user.id, kept)?;
            }
            // This attempt alone. An address is proved to be nobody's, so somebody else may have an account of it too:
            // did being right forgive the guesses before, whoever signs up with another's address could guess without
            // end; did it so only for who is alone with the address, it would tell whether they are.
            throttle::take_back(transaction, Subject::Account(&known.user.email))?;
            throttle::take_back(transaction, Subject::Address(address))?;
            begin(transaction, &secret, known.user.id, address, agent, now)
        });
        match session {
            Ok(session) => Ok((secret, session)),
            // Removed, disabled, erased or given another password while this one was being looked at.
            Err(Error::NoSuchUser) => Err(SignInError::Wrong),
            Err(error) => Err(error.into()),
        }
    }

    /// Begins a session of somebody who has just proved who they are otherwise: by signing up, or by a link.
    ///
    /// # Errors
    /// [`Error::NoSuchUser`] also when the user is disabled; or when the database does not answer.
    pub fn start_session(
        &self,
        user: UserId,
        address: Option<IpAddr>,
        agent: &str,
        now: Timestamp,
    ) -> Result<(SessionSecret, Session), Error> {
        let secret = SessionSecret::generate()?;
        let session = self.write(|transaction| begin(transaction, &secret, user, address, agent, now))?;
        Ok((secret, session))
    }

    /// The session that a browser presents, if it is still good.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn session(&self, secret: &str, limits: SessionLimits, now: Timestamp) -> Result<Option<Session>, Error> {
        let connection = self.connection();
        let Some(mut session) = find(&connection, secret)? else { return Ok(None) };
        let (age_ms, idle_ms) = (since(session.created, now), since(session.seen, now));
        let age_ms_max = match session.stage {
            Stage::SecondFactor => limits.age_ms_max.min(SECOND_FACTOR_MS_MAX),
            Stage::Full => limits.age_ms_max,
        };
        if age_ms >= age_ms_max || idle_ms >= limits.idle_ms_max {
            return Ok(None);
        }
        if idle_ms >= SEEN_MS {
            let mut update = connection.prepare_cached("UPDATE session SET seen = ? WHERE id = ?")?;
            update.execute((now.as_millis(), session.id.0))?;
            session.seen = now;
        }
        Ok(Some(session))
    }

    /// Takes the second step of signing in: a code of the authenticator app, or a recovery code, each once.
    ///
    /// # Errors
    /// [`SignInError`].
    pub fn second_factor(
        &self,
        secret: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<(SessionSecret, Session), SignInError> {
        let new = SessionSecret::generate()?;
        let waiting = |transaction: &Transaction<'_>| -> Result<Option<Session>, Error> {
            let session = find(transaction, secret)?;
            Ok(session.filter(|s| s.stage == Stage::SecondFactor && since(s.created, now) < SECOND_FACTOR_MS_MAX))
        };
        // Two transactions: the attempt stays counted when the second one comes to nothing.
        let session = self.write(|transaction| {
            let session = waiting(transaction)?;
            if let Some(session) = &session {
                throttle::admit(transaction, &[Subject::User(session.user.id)], now)?;
            }
            Ok(session)
        })?;
        let Some(Session { user, .. }) = session else { return Err(SignInError::Wrong) };
        let done = self.write(|transaction| {
            let Some(session) = waiting(transaction)? else { return Err(Error::WrongCode) };
            totp::spend(transaction, &self.vault, user.id, code, now)?;
            throttle::forgive(transaction, Subject::User(user.id))?;
            transaction.prepare_cached("DELETE FROM session WHERE id = ?")?.execute((session.id.0,))?;
            let address = session.address.as_deref().and_then(|address| address.parse().ok());
            insert(transaction, &new, &user, Stage::Full, address, &session.agent, now)?;
            find(transaction, new.reveal())?.ok_or(Error::NoSuchUser)
        });
        match done {
            Ok(session) => Ok((new, session)),
            // The factor was removed by another session meanwhile: signing in again asks for none.
            Err(Error::WrongCode | Error::NoSuchUser | Error::SecondFactorOff) => Err(SignInError::Wrong),
            Err(error) => Err(error.into()),
        }
    }

    /// Ends a session; one that has ended already stays so.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn sign_out(&self, id: SessionId, _now: Timestamp) -> Result<(), Error> {
        self.write(|transaction| {
            Ok(transaction.prepare_cached("DELETE FROM session WHERE id = ?")?.execute((id.0,)).map(drop)?)
        })
    }

    /// The sessions of a user, the last used first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn sessions(&self, user: UserId) -> Result<Vec<SessionLine>, Error> {
        let connection = self.connection();
        let mut select = connection.prepare_cached(
            "SELECT id, created, seen, address, agent FROM session WHERE user = ? AND stage = 'full'
             ORDER BY seen DESC, id DESC",
        )?;
        let read = |row: &Row<'_>| {
            Ok(SessionLine {
                id: SessionId(row.get("id")?),
                created: Timestamp::from_millis(row.get("created")?),
                seen: Timestamp::from_millis(row.get("seen")?),
                address: row.get("address")?,
                agent: row.get("agent")?,
            })
        };
        Ok(select.query_map((user.0,), read)?.collect::<Result<_, _>>()?)
    }

    /// Ends one of a user's sessions.
    ///
    /// # Errors
    /// [`Error::NoSuchSession`], also when it is another user's; or when the database does not answer.
    pub fn end_session(&self, user: UserId, id: SessionId, by: &Actor, now: Timestamp) -> Result<(), Error> {
        self.write(|transaction| {
            let known = sign_up::any_user(transaction, user)?;
            let sql = "DELETE FROM session WHERE id = ? AND user = ?";
            if transaction.prepare_cached(sql)?.execute((id.0, user.0))? == 0 {
                return Err(Error::NoSuchSession);
            }
            Ok(audit::write(transaction, known.organisation, by, Act::SessionEnded, known.email.as_str(), "", now)?)
        })
    }

    /// Ends all of a user's sessions but the one to keep.
    ///
    /// # Errors
    /// [`Error::NoSuchUser`], or when the database does not answer.
    pub fn sign_out_everywhere(
        &self,
        user: UserId,
        keep: Option<SessionId>,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.write(|transaction| {
            let known = sign_up::any_user(transaction, user)?;
            let sql = "DELETE FROM session WHERE user = ? AND id IS NOT ?";
            transaction.prepare_cached(sql)?.execute((user.0, keep.map(|keep| keep.0)))?;
            let (organisation, email) = (known.organisation, known.email);
            Ok(audit::write(transaction, organisation, by, Act::SignedOutEverywhere, email.as_str(), "", now)?)
        })
    }
}

/// How long ago, never less than nothing: clocks are set back.
fn since(then: Timestamp, now: Timestamp) -> i64 {
    now.as_millis().saturating_sub(then.as_millis()).max(0)
}

/// A session of a user that has shown the first factor; full when there is no second.
fn begin(
    transaction: &Transaction<'_>,
    secret: &SessionSecret,
    user: UserId,
    address: Option<IpAddr>,
    agent: &str,
    now: Timestamp,
) -> Result<Session, Error> {
    let user = sign_up::any_user(transaction, user)?;
    if user.disabled.is_some() {
        return Err(Error::NoSuchUser);
    }
    let forgotten = now.as_millis().saturating_sub(FORGOTTEN_MS);
    transaction.prepare_cached("DELETE FROM session WHERE seen < ?")?.execute((forgotten,))?;
    let stage = if user.second_factor { Stage::SecondFactor } else { Stage::Full };
    insert(transaction, secret, &user, stage, address, agent, now)?;
    // Not found: its organisation is being erased. The transaction is rolled back then.
    find(transaction, secret.reveal())?.ok_or(Error::NoSuchUser)
}

fn insert(
    transaction: &Transaction<'_>,
    secret: &SessionSecret,
    user: &User,
    stage: Stage,
    address: Option<IpAddr>,
    agent: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let csrf = random_token("", TOKEN_CHARS)?;
    // A browser calls itself what it likes, at any length, and it is shown in lists.
    let agent: String = agent.chars().filter(|c| !c.is_control()).take(AGENT_CHARS_MAX).collect();
    let mut insert = transaction.prepare_cached(
        "INSERT INTO session (digest, user, csrf, stage, created, seen, address, agent)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7)",
    )?;
    let (digest, shown) = (Digest::of(secret.reveal()), address.map(|address| address.to_string()));
    insert.execute(params![
        digest.as_bytes(),
        user.id.0,
        csrf.as_str(),
        stage.word(),
        now.as_millis(),
        shown,
        agent
    ])?;
    match stage {
        Stage::SecondFactor => Ok(()),
        Stage::Full => {
            let sql = "UPDATE user SET last_sign_in = ? WHERE id = ?";
            transaction.prepare_cached(sql)?.execute((now.as_millis(), user.id.0))?;
            let by = Actor { who: Who::User(user.id), address };
            Ok(audit::write(transaction, user.organisation, &by, Act::SignedIn, user.email.as_str(), "", now)?)
        }
    }
}

fn find(connection: &rusqlite::Connection, secret: &str) -> Result<Option<Session>, Error> {
    let mut select = connection.prepare_cached(&format!(
        "SELECT session.id AS session, csrf, stage, session.created AS session_created, seen, address, agent, {}, {}
         FROM session JOIN user ON user.id = session.user JOIN organisation ON organisation.id = user.organisation
         JOIN plan ON plan.id = organisation.plan
         WHERE session.digest = ? AND disabled IS NULL AND erasing IS NULL",
        User::COLUMNS,
        Organisation::columns()
    ))?;
    let read = |row: &Row<'_>| {
        let stage: String = row.get("stage")?;
        let stage = [Stage::SecondFactor, Stage::Full].into_iter().find(|known| known.word() == stage);
        Ok(Session {
            id: SessionId(row.get("session")?),
            user: User::read(row)?,
            organisation: Organisation::read(row)?,
            csrf: row.get("csrf")?,
            stage: stage.ok_or_else(|| rusqlite::Error::InvalidColumnName("stage".to_owned()))?,
            created: Timestamp::from_millis(row.get("session_created")?),
            seen: Timestamp::from_millis(row.get("seen")?),
            address: row.get("address")?,
            agent: row.get("agent")?,
        })
    };
    Ok(select.query_row((Digest::of(secret).as_bytes(),), read).optional()?)
}
