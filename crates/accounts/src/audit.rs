//! The audit log: who did what to an organisation.

use std::net::IpAddr;

use biometric::{TenantId, Timestamp};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use crate::{Accounts, Error, UserId, organisation};

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// A person who is signed in.
    User(UserId),
    /// Whoever may use the command line of the installation.
    CommandLine,
    /// The program itself.
    System,
}

/// Who acts, and from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub who: Who,
    /// From where, if over the network.
    pub address: Option<IpAddr>,
}

impl Actor {
    /// The command line.
    #[must_use]
    pub const fn command_line() -> Self {
        Self { who: Who::CommandLine, address: None }
    }

    /// The program itself.
    #[must_use]
    pub const fn system() -> Self {
        Self { who: Who::System, address: None }
    }
}

macro_rules! acts {
    ($($act:ident = $word:literal, $meaning:literal;)+) => {
        /// What was done. The words stay as they are: they are in databases.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Act {
            $(#[doc = $meaning] $act,)+
        }

        impl Act {
            /// Everything that is written down.
            pub const ALL: &[Self] = &[$(Self::$act),+];

            /// The word for it in the database.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$act => $word),+ }
            }

            /// What it means, in a sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$act => $meaning),+ }
            }
        }
    };
}

acts! {
    OrganisationCreated = "organisation_created", "The organisation was made.";
    OrganisationSuspended = "organisation_suspended", "The organisation was suspended: its keys are refused.";
    OrganisationResumed = "organisation_resumed", "The organisation may go on.";
    ErasureBegun = "erasure_begun", "The erasure of the organisation began.";
    OrganisationErased = "organisation_erased", "An organisation and all that belonged to it was erased.";
    PlanChanged = "plan_changed", "The organisation was given another plan.";
    PlanCreated = "plan_created", "A plan was made.";
    PlanEdited = "plan_edited", "A plan was changed.";
    UserJoined = "user_joined", "Somebody joined the organisation.";
    UserRenamed = "user_renamed", "A user took another name.";
    RoleChanged = "role_changed", "A user was given another role.";
    UserDisabled = "user_disabled", "A user was disabled and signed out.";
    UserEnabled = "user_enabled", "A user may sign in again.";
    UserRemoved = "user_removed", "A user was removed.";
    PasswordChanged = "password_changed", "A user changed their password.";
    PasswordReset = "password_reset", "A password was replaced by way of a link.";
    SecondFactorEnabled = "second_factor_enabled", "A user set up a second factor.";
    SecondFactorRemoved = "second_factor_removed", "A user removed their second factor.";
    RecoveryCodesRenewed = "recovery_codes_renewed", "A user had new recovery codes made.";
    SignedIn = "signed_in", "A user signed in.";
    SessionEnded = "session_ended", "A user ended one of their sessions.";
    SignedOutEverywhere = "signed_out_everywhere", "A user ended all their other sessions.";
    LinkCreated = "link_created", "A one-time link was made.";
    LinkWithdrawn = "link_withdrawn", "A one-time link was withdrawn.";
    KeyCreated = "key_created", "A key was made.";
    KeyRotated = "key_rotated", "A key was replaced by a new one.";
    KeyDisabled = "key_disabled", "A key was disabled.";
    SigningChanged = "signing_changed", "How the requests of a key are signed was changed.";
    ClientKeyAdded = "client_key_added", "A client key was made or handed in.";
    ClientKeyRemoved = "client_key_removed", "A client key was removed.";
    ServerKeyRotated = "server_key_rotated", "A new pair was made for the server's signatures.";
    AccessKeyCreated = "access_key_created", "An access key was made.";
    AccessKeyRemoved = "access_key_removed", "An access key was removed.";
    RulesChanged = "rules_changed", "The organisation changed its own limits.";
    PersonRemoved = "person_removed", "A person's face and id were removed in the back-office.";
    DataExported = "data_exported", "The organisation's data were exported.";
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number; later lines have greater ones.
    pub id: i64,
    /// When it was done.
    pub at: Timestamp,
    /// To which organisation.
    pub organisation: TenantId,
    /// By whom: the e-mail address that the user had then, `command line` or `system`.
    pub actor: String,
    /// What.
    pub act: Act,
    /// To what or whom.
    pub subject: String,
    /// How, where there is more to say.
    pub detail: String,
    /// From where, if over the network.
    pub address: Option<String>,
}

impl Accounts {
    /// The log of an organisation, the newest first: at most `limit` lines older than `before`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn audit(&self, organisation: TenantId, before: Option<i64>, limit: usize) -> Result<Vec<AuditEntry>, Error> {
        let connection = self.connection();
        let mut select = connection.prepare_cached(
            "SELECT id, at, organisation, actor, act, subject, detail, address FROM audit
             WHERE organisation = ? AND id < ? ORDER BY id DESC LIMIT ?",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let lines = select.query_map((organisation.0, before.unwrap_or(i64::MAX), limit), read)?;
        Ok(lines.collect::<Result<_, _>>()?)
    }

    /// Writes down an act that was done elsewhere.
    ///
    /// # Errors
    /// [`Error::NoSuchOrganisation`]: of one that was erased meanwhile nothing is written any more, for nobody would erase
    /// it again. Or when the database does not answer.
    pub fn note(
        &self,
        organisation: TenantId,
        by: &Actor,
        act: Act,
        subject: &str,
        detail: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.write(|transaction| {
            organisation::find(transaction, organisation)?;
            Ok(write(transaction, organisation, by, act, subject, detail, now)?)
        })
    }
}

fn read(row: &Row<'_>) -> Result<AuditEntry, rusqlite::Error> {
    let word: String = row.get("act")?;
    let act = Act::ALL.iter().find(|act| act.word() == word).copied();
    Ok(AuditEntry {
        id: row.get("id")?,
        at: Timestamp::from_millis(row.get("at")?),
        organisation: TenantId(row.get("organisation")?),
        actor: row.get("actor")?,
        act: act.ok_or_else(|| rusqlite::Error::InvalidColumnName(format!("act {word}")))?,
        subject: row.get("subject")?,
        detail: row.get("detail")?,
        address: row.get("address")?,
    })
}

/// Writes one act down, in the transaction that does it.
pub(crate) fn write(
    transaction: &Transaction<'_>,
    organisation: TenantId,
    by: &Actor,
    act: Act,
    subject: &str,
    detail: &str,
    now: Timestamp,
) -> Result<(), rusqlite::Error> {
    let actor = match by.who {
        // The address as it is now: the user may be removed later, and the log must still say who it was.
        Who::User(user) => {
            let mut select = transaction.prepare_cached("SELECT email FROM user WHERE id = ?")?;
            let email: Option<String> = select.query_row((user.0,), |row| row.get(0)).optional()?;
            email.unwrap_or_else(|| format!("user {}", user.0))
        }
        Who::CommandLine => "command line".to_owned(),
        Who::System => "system".to_owned(),
    };
    let address = by.address.map(|address| address.to_string());
    let mut insert = transaction.prepare_cached(
        "INSERT INTO audit (at, organisation, actor, act, subject, detail, address) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )?;
    insert.execute(params![now.as_millis(), organisation.0, actor, act.word(), subject, detail, address]).map(drop)
}
