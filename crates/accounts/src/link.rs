//! One-time links: who holds one may become the operator, found an organisation, join one, or choose a new password.
//!
//! Of a link's secret only a digest is kept. Unknown, used, withdrawn and expired links get one answer.

use std::fmt;
use std::net::IpAddr;

use biometric::{TenantId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use zeroize::Zeroizing;

use crate::audit::{self, Act, Actor, Who};
use crate::secret::{Digest, TOKEN_CHARS, random_token};
use crate::sign_up::{self, NewUser};
use crate::throttle::{self, Subject};
use crate::user::{check_reach, check_role};
use crate::{Accounts, Email, Error, Password, PlanId, Role, User, UserId, name, organisation, user};

const HOUR_MS: i64 = 60 * 60 * 1000;

/// The number of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub i64);

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The secret part of a link: shown or sent once; overwritten when dropped.
pub struct LinkSecret(Zeroizing<String>);

impl LinkSecret {
    /// The secret in clear, for the one time that it is shown.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSecret(..)")
    }
}

/// What a link is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Become an operator of the installation.
    Operator,
    /// Found an organisation, with this plan.
    Found {
        /// The plan.
        plan: PlanId,
    },
    /// Join an organisation.
    Join {
        /// Which.
        organisation: TenantId,
        /// As what.
        role: Role,
        /// Whoever has this address; `None`: whoever has the link.
        email: Option<Email>,
    },
    /// Choose a new password.
    ResetPassword {
        /// Whose.
        user: UserId,
        /// Of which organisation.
        organisation: TenantId,
    },
}

impl Purpose {
    /// The word for it in the database.
    const fn word(&self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Found { .. } => "found",
            Self::Join { .. } => "join",
            Self::ResetPassword { .. } => "reset_password",
        }
    }

    /// How long such a link works: invitations lie in mailboxes over a weekend; a new password is wanted now.
    const fn lives_ms(&self) -> i64 {
        match self {
            Self::Operator => 24 * HOUR_MS,
            Self::Found { .. } | Self::Join { .. } => 7 * 24 * HOUR_MS,
            Self::ResetPassword { .. } => HOUR_MS,
        }
    }

    /// The organisation whose log tells of it.
    const fn organisation(&self) -> TenantId {
        match self {
            Self::Operator | Self::Found { .. } => TenantId::OPERATOR,
            Self::Join { organisation, .. } | Self::ResetPassword { organisation, .. } => *organisation,
        }
    }
}

/// A link, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub id: LinkId,
    /// What it is good for.
    pub purpose: Purpose,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it does not work any more.
    pub expires: Timestamp,
    /// When it was used, if it was.
    pub used: Option<Timestamp>,
}

impl Accounts {
    /// Makes a link; the secret is to be shown or sent now. A new link for the operator, or for one user's password,
    /// takes the place of the former.
    ///
    /// # Errors
    /// [`Error::NoSuchOrganisation`], [`Error::NoSuchUser`], [`Error::NoSuchPlan`], [`Error::AboveRole`],
    /// [`Error::RoleElsewhere`], [`Error::Throttled`] when somebody asks for many new passwords, or when the database does
    /// not answer.
    pub fn create_link(&self, purpose: Purpose, by: &Actor, now: Timestamp) -> Result<(Link, LinkSecret), Error> {
        let secret = LinkSecret(random_token("", TOKEN_CHARS)?);
        self.write(|transaction| {
            let subject = check(transaction, &purpose, by, now)?;
            withdraw_former(transaction, &purpose)?;
            let link = insert(transaction, purpose, &secret, now)?;
            let (organisation, word) = (link.purpose.organisation(), link.purpose.word());
            audit::write(transaction, organisation, by, Act::LinkCreated, &subject, word, now)?;
            Ok((link, secret))
        })
    }

    /// The links of an organisation that still work, the oldest first: invitations to it, and for the operator's those to
    /// found one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn links(&self, organisation: TenantId, now: Timestamp) -> Result<Vec<Link>, Error> {
        let connection = self.connection();
        let mut select = connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM link WHERE used IS NULL AND expires > ?1
             AND ((purpose = 'join' AND organisation = ?2) OR (purpose = 'found' AND ?2 = ?3)) ORDER BY id"
        ))?;
        let links = select.query_map((now.as_millis(), organisation.0, TenantId::OPERATOR.0), read)?;
        Ok(links.collect::<Result<_, _>>()?)
    }

    /// Makes an open link of an organisation useless.
    ///
    /// # Errors
    /// [`Error::NoSuchLink`], also when it is another organisation's; [`Error::AboveRole`]; or when the database does not
    /// answer.
    pub fn withdraw_link(&self, organisation: TenantId, id: LinkId, by: &Actor, now: Timestamp) -> Result<(), Error> {
        self.write(|transaction| {
            let mut select = transaction.prepare_cached(&format!("SELECT {COLUMNS} FROM link WHERE id = ?"))?;
            let link = select.query_row((id.0,), read).optional()?.ok_or(Error::NoSuchLink)?;
            if link.purpose.organisation() != organisation || link.used.is_some() {
                return Err(Error::NoSuchLink);
            }
            let subject = check_maker(transaction, &link.purpose, by, Error::NoSuchLink)?;
            transaction.prepare_cached("DELETE FROM link WHERE id = ?")?.execute((id.0,))?;
            let word = link.purpose.word();
            Ok(audit::write(transaction, organisation, by, Act::LinkWithdrawn, &subject, word, now)?)
        })
    }

    /// What a link is good for, without using it.
    ///
    /// # Errors
    /// [`Error::LinkInvalid`], or when the database does not answer.
    pub fn link(&self, secret: &str, now: Timestamp) -> Result<Link, Error> {
        find(&self.connection(), secret, now)
    }

    /// Follows a link to an account: as operator, as founder of an organisation of this name, or as member of one.
    ///
    /// # Errors
    /// [`Error::LinkInvalid`], [`Error::Name`], [`Error::EmailTaken`], [`Error::PasswordElsewhere`], [`Error::Throttled`]
    /// after many tries for one address, or when the database does not answer. The link still works then.
    pub fn follow_link(
        &self,
        secret: &str,
        new: NewUser,
        organisation: Option<&str>,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<User, Error> {
        let NewUser { email, name: person, password } = new;
        let link = self.link(secret, now)?;
        let person = name::checked(&person)?;
        let founded = match &link.purpose {
            Purpose::Found { .. } => Some(name::checked(organisation.unwrap_or_default())?),
            Purpose::Operator | Purpose::Join { .. } => None,
            Purpose::ResetPassword { .. } => return Err(Error::LinkInvalid),
        };
        // Before anything is done with the password: an invitation is none to try passwords of other addresses.
        check_invited(&link.purpose, &email)?;
        self.keep(&email, &password, None, now, |transaction, kept| {
            // Again, now that nobody else writes: it may have been used while the password was hashed.
            let link = find(transaction, secret, now)?;
            check_invited(&link.purpose, &email)?;
            let (home, role) = match &link.purpose {
                Purpose::Operator => (TenantId::OPERATOR, Role::Operator),
                Purpose::Found { plan } => {
                    let by = Actor { address, ..Actor::system() };
                    (organisation::create(transaction, founded.unwrap_or_default(), *plan, &by, now)?.id, Role::Owner)
                }
                Purpose::Join { organisation, role, email: _ } => (*organisation, *role),
                Purpose::ResetPassword { .. } => return Err(Error::LinkInvalid),
            };
            let user = sign_up::insert(transaction, home, &email, person, role, kept, address, now)?;
            use_up(transaction, link.id, now)?;
            Ok(user)
        })
    }

    /// Follows a link to a new password. The user is signed out everywhere.
    ///
    /// # Errors
    /// [`Error::LinkInvalid`], [`Error::PasswordElsewhere`], [`Error::Throttled`] after many tries for one address, or when
    /// the database does not answer.
    #[expect(clippy::needless_pass_by_value, reason = "whoever hands a password over keeps none")]
    pub fn reset_password(
        &self,
        secret: &str,
        new: Password,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<User, Error> {
        let link = self.link(secret, now)?;
        let Purpose::ResetPassword { user, organisation } = link.purpose else { return Err(Error::LinkInvalid) };
        let gone = |error| if matches!(error, Error::NoSuchUser) { Error::LinkInvalid } else { error };
        let known = self.user(organisation, user).map_err(gone)?;
        self.keep(&known.email, &new, Some(user), now, |transaction, kept| {
            let link = find(transaction, secret, now)?;
            let known = user::find(transaction, organisation, user).map_err(gone)?;
            sign_up::reset(transaction, user, kept)?;
            use_up(transaction, link.id, now)?;
            let by = Actor { who: Who::User(user), address };
            audit::write(transaction, organisation, &by, Act::PasswordReset, known.email.as_str(), "", now)?;
            Ok(known)
        })
    }
}

/// Whether this actor may make or withdraw such a link; gives back whom it is about. `hidden` is what those are told whose
/// organisation it is not.
fn check_maker(transaction: &Transaction<'_>, purpose: &Purpose, by: &Actor, hidden: Error) -> Result<String, Error> {
    match purpose {
        Purpose::Operator | Purpose::Found { .. } => {
            check_reach(transaction, by, TenantId::OPERATOR, Role::Operator, hidden)?;
            Ok(String::new())
        }
        Purpose::Join { organisation, role, email } => {
            check_reach(transaction, by, *organisation, *role, hidden)?;
            check_role(*organisation, *role)?;
            let email = email.as_ref().map_or("anybody", Email::as_str);
            Ok(format!("{email} as {}", role.word()))
        }
        Purpose::ResetPassword { user, organisation } => {
            let user = user::find(transaction, *organisation, *user)?;
            check_reach(transaction, by, *organisation, user.role, hidden)?;
            Ok(user.email.to_string())
        }
    }
}

fn check(transaction: &Transaction<'_>, purpose: &Purpose, by: &Actor, now: Timestamp) -> Result<String, Error> {
    let hidden = match purpose {
        Purpose::Operator | Purpose::Found { .. } => Error::AboveRole,
        Purpose::Join { .. } => Error::NoSuchOrganisation,
        Purpose::ResetPassword { .. } => Error::NoSuchUser,
    };
    let subject = check_maker(transaction, purpose, by, hidden)?;
    match purpose {
        Purpose::Operator => (),
        Purpose::Found { plan } => {
            if !transaction.prepare_cached("SELECT 1 FROM plan WHERE id = ?")?.exists((plan.0,))? {
                return Err(Error::NoSuchPlan);
            }
        }
        Purpose::Join { organisation, .. } => check_stays(transaction, *organisation)?,
        Purpose::ResetPassword { user, organisation } => {
            check_stays(transaction, *organisation)?;
            match by.who {
                // Asked for on the page that anybody may open: not to fill somebody's mailbox.
                Who::System => {
                    let email = user::find(transaction, *organisation, *user)?.email;
                    throttle::admit(transaction, &[Subject::Reset(&email)], now)?;
                }
                Who::User(_) | Who::CommandLine => (),
            }
        }
    }
    Ok(subject)
}

/// To an organisation that is being erased nothing leads any more.
fn check_stays(transaction: &Transaction<'_>, organisation: TenantId) -> Result<(), Error> {
    match organisation::find(transaction, organisation)?.erasing.is_some() {
        true => Err(Error::NoSuchOrganisation),
        false => Ok(()),
    }
}

/// An invitation that names an address is for whoever has it.
fn check_invited(purpose: &Purpose, email: &Email) -> Result<(), Error> {
    let invited = match purpose {
        Purpose::Join { email, .. } => email.as_ref(),
        Purpose::Operator | Purpose::Found { .. } | Purpose::ResetPassword { .. } => None,
    };
    match invited.is_none_or(|invited| invited == email) {
        true => Ok(()),
        false => Err(Error::LinkInvalid),
    }
}

fn withdraw_former(transaction: &Transaction<'_>, purpose: &Purpose) -> Result<(), rusqlite::Error> {
    match purpose {
        Purpose::Operator => transaction.execute("DELETE FROM link WHERE purpose = 'operator' AND used IS NULL", ())?,
        Purpose::ResetPassword { user, .. } => {
            transaction.execute("DELETE FROM link WHERE purpose = 'reset_password' AND user = ?", (user.0,))?
        }
        Purpose::Found { .. } | Purpose::Join { .. } => 0,
    };
    Ok(())
}

fn insert(
    transaction: &Transaction<'_>,
    purpose: Purpose,
    secret: &LinkSecret,
    now: Timestamp,
) -> Result<Link, rusqlite::Error> {
    let expires = Timestamp::from_millis(now.as_millis().saturating_add(purpose.lives_ms()));
    let (mut organisation, mut user, mut plan, mut role, mut email) = (None, None, None, None, None);
    match &purpose {
        Purpose::Operator => (),
        Purpose::Found { plan: of } => plan = Some(of.0),
        Purpose::Join { organisation: to, role: r, email: e } => {
            (organisation, role, email) = (Some(to.0), Some(r.word()), e.as_ref().map(Email::as_str));
        }
        Purpose::ResetPassword { user: of, organisation: to } => (organisation, user) = (Some(to.0), Some(of.0)),
    }
    let digest = Digest::of(secret.reveal());
    let mut insert = transaction.prepare_cached(
        "INSERT INTO link (digest, purpose, organisation, user, plan, role, email, created, expires)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let (made, ends) = (now.as_millis(), expires.as_millis());
    let id =
        insert.insert(params![digest.as_bytes(), purpose.word(), organisation, user, plan, role, email, made, ends])?;
    Ok(Link { id: LinkId(id), purpose, created: now, expires, used: None })
}

const COLUMNS: &str = "id, purpose, organisation, user, plan, role, email, created, expires, used";

fn find(connection: &Connection, secret: &str, now: Timestamp) -> Result<Link, Error> {
    let mut select = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM link WHERE digest = ?"))?;
    let link = select.query_row((Digest::of(secret).as_bytes(),), read).optional()?.ok_or(Error::LinkInvalid)?;
    match link.used.is_none() && link.expires > now {
        true => Ok(link),
        false => Err(Error::LinkInvalid),
    }
}

fn use_up(transaction: &Transaction<'_>, id: LinkId, now: Timestamp) -> Result<(), rusqlite::Error> {
    transaction.prepare_cached("UPDATE link SET used = ? WHERE id = ?")?.execute((now.as_millis(), id.0)).map(drop)
}

fn read(row: &Row<'_>) -> Result<Link, rusqlite::Error> {
    let unreadable = |what: &str| rusqlite::Error::InvalidColumnName(format!("link: {what}"));
    let word: String = row.get("purpose")?;
    let organisation = || row.get("organisation").map(TenantId);
    let purpose = match word.as_str() {
        "operator" => Purpose::Operator,
        "found" => Purpose::Found { plan: row.get("plan").map(PlanId)? },
        "join" => {
            let role: String = row.get("role")?;
            let role = Role::of_word(&role).ok_or_else(|| unreadable("role"))?;
            let email = row.get::<_, Option<String>>("email")?.map(Email::from_stored);
            Purpose::Join { organisation: organisation()?, role, email }
        }
        "reset_password" => {
            Purpose::ResetPassword { user: row.get("user").map(UserId)?, organisation: organisation()? }
        }
        _ => return Err(unreadable("purpose")),
    };
    Ok(Link {
        id: LinkId(row.get("id")?),
        purpose,
        created: Timestamp::from_millis(row.get("created")?),
        expires: Timestamp::from_millis(row.get("expires")?),
        used: row.get::<_, Option<i64>>("used")?.map(Timestamp::from_millis),
    })
}
