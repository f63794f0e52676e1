//! The people of an organisation, and what each may do.

use std::fmt;

use biometric::{TenantId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use crate::audit::{self, Act, Actor, Who};
use crate::{Accounts, Email, Error, name};

/// The number of a user, never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(pub i64);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a user may do; each role may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Looks.
    Viewer,
    /// Makes keys, tries the service, removes persons.
    Developer,
    /// Manages the organisation: people, limits, data.
    Owner,
    /// Runs the installation; only in the operator's own organisation.
    Operator,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Developer, Self::Owner, Self::Operator];

    /// The word for it, on pages and in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Developer => "developer",
            Self::Owner => "owner",
            Self::Operator => "operator",
        }
    }

    /// The role of this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// The role without which an organisation could not be managed any more.
    const fn highest_in(organisation: TenantId) -> Self {
        match organisation {
            TenantId::OPERATOR => Self::Operator,
            TenantId(_) => Self::Owner,
        }
    }
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The number.
    pub id: UserId,
    /// Whose user it is.
    pub organisation: TenantId,
    /// The address, by which they sign in.
    pub email: Email,
    /// What people call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When they joined.
    pub created: Timestamp,
    /// Since when they may not sign in, if they may not.
    pub disabled: Option<Timestamp>,
    /// When they last signed in.
    pub last_sign_in: Option<Timestamp>,
    /// Whether they have a second factor.
    pub second_factor: bool,
}

impl User {
    /// The columns that a user is read from.
    pub(crate) const COLUMNS: &str = "user.id AS user, user.organisation AS user_organisation, email,
        user.name AS user_name, role, user.created AS user_created, disabled, last_sign_in,
        totp_confirmed IS NOT NULL AS second_factor";

    pub(crate) fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        let time = |column: &str| row.get::<_, Option<i64>>(column).map(|millis| millis.map(Timestamp::from_millis));
        let role: String = row.get("role")?;
        Ok(Self {
            id: UserId(row.get("user")?),
            organisation: TenantId(row.get("user_organisation")?),
            email: Email::from_stored(row.get("email")?),
            name: row.get("user_name")?,
            role: Role::of_word(&role).ok_or_else(|| rusqlite::Error::InvalidColumnName(format!("role {role}")))?,
            created: Timestamp::from_millis(row.get("user_created")?),
            disabled: time("disabled")?,
            last_sign_in: time("last_sign_in")?,
            second_factor: row.get("second_factor")?,
        })
    }
}

impl Accounts {
    /// The users of an organisation, the longest there first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn users(&self, organisation: TenantId) -> Result<Vec<User>, Error> {
        let connection = self.connection();
        let mut select = connection
            .prepare_cached(&format!("SELECT {} FROM user WHERE organisation = ? ORDER BY id", User::COLUMNS))?;
        Ok(select.query_map((organisation.0,), User::read)?.collect::<Result<_, _>>()?)
    }

    /// One user of an organisation.
    ///
    /// # Errors
    /// [`Error::NoSuchUser`], also when it is another organisation's; or when the database does not answer.
    pub fn user(&self, organisation: TenantId, id: UserId) -> Result<User, Error> {
        find(&self.connection(), organisation, id)
    }

    /// The accounts of an address, one in each organisation: for whoever runs the installation, and for mails to that
    /// very address.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn accounts_of(&self, email: &Email) -> Result<Vec<User>, Error> {
        let connection = self.connection();
        let mut select = connection.prepare_cached(&format!(
            "SELECT {} FROM user WHERE email = ? AND disabled IS NULL ORDER BY id",
            User::COLUMNS
        ))?;
        Ok(select.query_map((email.as_str(),), User::read)?.collect::<Result<_, _>>()?)
    }

    /// Whether anybody runs the installation yet.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn has_operator(&self) -> Result<bool, Error> {
        let connection = self.connection();
        let mut select = connection.prepare_cached("SELECT 1 FROM user WHERE role = ? AND disabled IS NULL")?;
        Ok(select.exists((Role::Operator.word(),))?)
    }

    /// Gives a user another role; they have to sign in again.
    ///
    /// # Errors
    /// [`Error::NoSuchUser`], [`Error::LastOwner`], [`Error::AboveRole`], [`Error::RoleElsewhere`], or when the database
    /// does not answer.
    pub fn set_role(
        &self,
        organisation: TenantId,
        id: UserId,
        role: Role,
        by: &Actor,
        now: Timestamp,
    ) -> Result<User, Error> {
        self.write(|transaction| {
            let user = find(transaction, organisation, id)?;
            check_reach(transaction, by, organisation, user.role, Error::NoSuchUser)?;
            check_role(organisation, role)?;
            check_reach(transaction, by, organisation, role, Error::NoSuchUser)?;
            if user.role == role {
                return Ok(user);
            }
            check_not_last(transaction, &user)?;
            transaction.prepare_cached("UPDATE user SET role = ? WHERE id = ?")?.execute((role.word(), id.0))?;
            end_sessions(transaction, id)?;
            let detail = format!("{} → {}", user.role.word(), role.word());
            audit::write(transaction, organisation, by, Act::RoleChanged, user.email.as_str(), &detail, now)?;
            Ok(User { role, ..user })
        })
    }

    /// Keeps a user out from now on.
    ///
    /// # Errors
    /// [`Error::NoSuchUser`], [`Error::LastOwner`], [`Error::AboveRole`], or when the database does not answer.
    pub fn disable_user(&self, organisation: TenantId, id: UserId, by: &Actor, now: Timestamp) -> Result<User, Error> {
        self.write(|transaction| {
            let user = find(transaction, organisation, id)?;
            check_reach(transaction, by, organisation, user.role, Error::NoSuchUser)?;
            if user.disabled.is_some() {
                return Ok(user);
            }
            check_not_last(transaction, &user)?;
            transaction
                .prepare_cached("UPDATE user SET disabled = ? WHERE id = ?")?
                .execute((now.as_millis(), id.0))?;
            end_sessions(transaction, id)?;
            audit::write(transaction, organisation, by, Act::UserDisabled, user.email.as_str(), "", now)?;
            Ok(User { disabled: Some(now), ..user })
        })
    }

    /// Lets a user in again.
    ///
    /// # Errors
    /// [`Error::NoSuchUser`], [`Error::AboveRole`], or when the database does not answer.
    pub fn enable_user(&self, organisation: TenantId, id: UserId, by: &Actor, now: Timestamp) -> Result<User, Error> {
        self.write(|transaction| {
            let user = find(transaction, organisation, id)?;
            check_reach(transaction, by, organisation, user.role, Error::NoSuchUser)?;
            if user.disabled.is_none() {
                return Ok(user);
            }
            transaction.prepare_cached("UPDATE user SET disabled = NULL WHERE id = ?")?.execute((id.0,))?;
            audit::write(transaction, organisation, by, Act::UserEnabled, user.email.as_str(), "", now)?;
            Ok(User { disabled: None, ..user })
        })
    }

    /// Removes a user and what is known of them; the audit log keeps the address.
    ///
    /// # Errors
    /// [`Error::NoSuchUser`], [`Error::LastOwner`], [`Error::AboveRole`], or when the database does not answer.
    pub fn remove_user(&self, organisation: TenantId, id: UserId, by: &Actor, now: Timestamp) -> Result<(), Error> {
        self.write(|transaction| {
            let user = find(transaction, organisation, id)?;
            check_reach(transaction, by, organisation, user.role, Error::NoSuchUser)?;
            check_not_last(transaction, &user)?;
            // Before the row is gone: the actor may be removing themselves.
            audit::write(transaction, organisation, by, Act::UserRemoved, user.email.as_str(), "", now)?;
            transaction.prepare_cached("DELETE FROM user WHERE id = ?")?.execute((id.0,))?;
            Ok(())
        })
    }

    /// Gives a user another name.
    ///
    /// # Errors
    /// [`Error::NoSuchUser`], [`Error::Name`], [`Error::AboveRole`], or when the database does not answer.
    pub fn rename_user(
        &self,
        organisation: TenantId,
        id: UserId,
        wish: &str,
        by: &Actor,
        now: Timestamp,
    ) -> Result<User, Error> {
        let name = name::checked(wish)?.to_owned();
        self.write(|transaction| {
            let user = find(transaction, organisation, id)?;
            // Everybody has their own name to give.
            if by.who != Who::User(id) {
                check_reach(transaction, by, organisation, user.role, Error::NoSuchUser)?;
            }
            transaction.prepare_cached("UPDATE user SET name = ? WHERE id = ?")?.execute((&name, id.0))?;
            audit::write(transaction, organisation, by, Act::UserRenamed, user.email.as_str(), &name, now)?;
            Ok(User { name, ..user })
        })
    }
}

/// A user of an organisation; that of another is not found.
pub(crate) fn find(connection: &Connection, organisation: TenantId, id: UserId) -> Result<User, Error> {
    let mut select =
        connection.prepare_cached(&format!("SELECT {} FROM user WHERE id = ? AND organisation = ?", User::COLUMNS))?;
    select.query_row((id.0, organisation.0), User::read).optional()?.ok_or(Error::NoSuchUser)
}

/// Operators are made in the operator's own organisation only.
pub(crate) fn check_role(organisation: TenantId, role: Role) -> Result<(), Error> {
    match role <= Role::highest_in(organisation) {
        true => Ok(()),
        false => Err(Error::RoleElsewhere),
    }
}

/// Whoever acts on somebody's role, or on somebody of a role, manages people and has at least that role: in the same
/// organisation, or as an operator of the installation. To those of another organisation there is nothing there:
/// `hidden` is what they are told of what does not exist.
pub(crate) fn check_reach(
    transaction: &Transaction<'_>,
    by: &Actor,
    organisation: TenantId,
    role: Role,
    hidden: Error,
) -> Result<(), Error> {
    let Who::User(id) = by.who else { return Ok(()) };
    let mut select = transaction.prepare_cached(&format!("SELECT {} FROM user WHERE id = ?", User::COLUMNS))?;
    let actor = select.query_row((id.0,), User::read).optional()?.ok_or(Error::AboveRole)?;
    if actor.organisation != organisation && actor.role != Role::Operator {
        return Err(hidden);
    }
    match actor.role >= role.max(Role::Owner) && actor.disabled.is_none() {
        true => Ok(()),
        false => Err(Error::AboveRole),
    }
}

/// Somebody else must be left who can manage the organisation.
fn check_not_last(transaction: &Transaction<'_>, user: &User) -> Result<(), Error> {
    let highest = Role::highest_in(user.organisation);
    if user.role != highest || user.disabled.is_some() {
        return Ok(());
    }
    let mut select = transaction
        .prepare_cached("SELECT 1 FROM user WHERE organisation = ? AND role = ? AND disabled IS NULL AND id <> ?")?;
    match select.exists((user.organisation.0, highest.word(), user.id.0))? {
        true => Ok(()),
        false => Err(Error::LastOwner),
    }
}

/// Signs a user out everywhere.
pub(crate) fn end_sessions(transaction: &Transaction<'_>, id: UserId) -> Result<(), rusqlite::Error> {
    transaction.prepare_cached("DELETE FROM session WHERE user = ?")?.execute((id.0,)).map(drop)
}
