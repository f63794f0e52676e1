//! What can go wrong, apart for each of the three things that one does here: open, manage, authenticate.

use std::path::PathBuf;
use std::time::Duration;

/// Why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("{}: {fault}", path.display())]
pub struct OpenError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: OpenFault,
}

/// What is wrong with a database file.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// The file cannot be created, or its mode not be set; or there is no thread to write it.
    #[error("cannot be created: {0}")]
    File(#[from] std::io::Error),
    /// The file is no sound SQLite database: restore it from a backup.
    #[error("is damaged: {0}")]
    Damaged(String),
    /// The file is a database of some other program.
    #[error("is a database of something else")]
    Foreign,
    /// A later version of the program wrote it.
    #[error("has schema {found}; this version knows schemas up to {known}")]
    NewerSchema {
        /// The schema version in the file.
        found: i64,
        /// The greatest schema version that this program knows.
        known: i64,
    },
    /// The master key cannot be read or made.
    #[error("cannot be opened without the master key: {0}")]
    MasterKey(#[from] signing::MasterKeyError),
    /// The file of the master key is gone.
    #[error("holds secrets sealed under a master key, and {} is not there: restore it from the backup", path.display())]
    MasterKeyMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The master key is another one.
    #[error("was sealed under another master key than that in {}: restore the right one from the backup", path.display())]
    MasterKeyWrong {
        /// Where the wrong one is.
        path: PathBuf,
    },
    /// SQLite gave up.
    #[error("cannot be opened: {0}")]
    Database(rusqlite::Error),
}

impl From<signing::CryptoError> for OpenFault {
    fn from(error: signing::CryptoError) -> Self {
        Self::MasterKey(error.into())
    }
}

impl From<rusqlite::Error> for OpenFault {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => Self::Damaged(error.to_string()),
            Some(_) | None => Self::Database(error),
        }
    }
}

/// Why something cannot be done with organisations, users, keys or links.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name is none.
    #[error("a name is 1 to {chars_max} characters, none of them a control character")]
    Name {
        /// The greatest number of characters.
        chars_max: usize,
    },
    /// The key would expire before it is made.
    #[error("the expiry is not in the future")]
    Expiry,
    /// No key has this id.
    #[error("there is no such key")]
    NoSuchKey,
    /// The key cannot be replaced any more.
    #[error("the key has been disabled, has expired or been replaced already; make a new one")]
    KeyEnded,
    /// The organisation has as many valid keys as it may.
    #[error("an organisation may have {max} keys at a time; disable some first")]
    TooManyKeys {
        /// The greatest number of keys.
        max: u32,
    },
    /// No organisation has this number.
    #[error("there is no such organisation")]
    NoSuchOrganisation,
    /// The organisation is suspended, or being erased.
    #[error("the organisation is suspended")]
    Suspended,
    /// The operator's own organisation cannot be suspended or erased, nor be given another plan.
    #[error("the operator's own organisation stays as it is")]
    OperatorsOwn,
    /// No plan has this number.
    #[error("there is no such plan")]
    NoSuchPlan,
    /// The operator's plan and the free plan are not edited here.
    #[error(
        "this plan is not edited here: the operator's has no limits, the free plan's are settings of the deployment"
    )]
    PlanFixed,
    /// Another plan has this name.
    #[error("another plan has this name")]
    PlanTaken,
    /// A limit of a plan is none.
    #[error("a plan's limits are whole numbers from 1, its rate a number above 0")]
    PlanLimits,
    /// No user of this organisation has this number.
    #[error("there is no such user")]
    NoSuchUser,
    /// Somebody must be left who can manage the organisation.
    #[error("this is the last owner; make somebody else an owner first")]
    LastOwner,
    /// Nobody gives, changes or takes a role that is above their own.
    #[error("this needs a higher role than yours")]
    AboveRole,
    /// Operators are made in the operator's own organisation only.
    #[error("operators belong to the operator's own organisation")]
    RoleElsewhere,
    /// The organisation has an account of this address already.
    #[error("this e-mail address has an account in the organisation already")]
    EmailTaken,
    /// The address has an account with this very password in another organisation: signing in could not tell which is
    /// meant. Only who knows both is told.
    #[error("you use this password for another organisation already; choose a different one here")]
    PasswordElsewhere,
    /// The password that was to prove who asks is wrong.
    #[error("the password is not right")]
    WrongPassword,
    /// The code of the second factor is wrong, or has been used.
    #[error("the code is not right, or it has been used")]
    WrongCode,
    /// The second factor is set up already.
    #[error("the second factor is set up already; remove it first")]
    SecondFactorOn,
    /// There is no second factor to do this with.
    #[error("no second factor is being set up")]
    SecondFactorOff,
    /// No session of this user has this number.
    #[error("there is no such session")]
    NoSuchSession,
    /// No link of this organisation has this number.
    #[error("there is no such link")]
    NoSuchLink,
    /// The link was used, withdrawn, has expired or never was one.
    #[error("the link does not work any more")]
    LinkInvalid,
    /// Too many attempts.
    #[error("too many attempts")]
    Throttled {
        /// When the next one counts.
        retry_after: Duration,
    },
    /// The key is not set to sign.
    #[error("signing is off for this key; choose an algorithm first")]
    SigningOff,
    /// A public key was handed in for a key that shares a secret.
    #[error("this key is set to hash-only, which has no public keys; set it to hash-then-rsa first")]
    SigningShared,
    /// What was handed in is no public key.
    #[error(transparent)]
    ClientKey(#[from] signing::KeyError),
    /// The same public key is there already.
    #[error("this public key is there already")]
    ClientKeyTaken,
    /// As many client keys as may be.
    #[error("{max} client keys may be valid at once; remove the older one first")]
    TooManyClientKeys {
        /// The greatest number of them.
        max: u32,
    },
    /// No client key of this key has this number.
    #[error("there is no such client key")]
    NoSuchClientKey,
    /// As many access keys as may be.
    #[error("{max} access keys may be valid at once; remove one first")]
    TooManyAccessKeys {
        /// The greatest number of them.
        max: u32,
    },
    /// No access key of this key has this id.
    #[error("there is no such access key")]
    NoSuchAccessKey,
    /// A secret that was kept sealed does not open.
    #[error(transparent)]
    Sealed(#[from] signing::VaultError),
    /// The cryptographic library gave up.
    #[error(transparent)]
    Crypto(#[from] signing::CryptoError),
    /// Passwords cannot be hashed.
    #[error("passwords cannot be hashed: {0}")]
    Hashing(String),
    /// The operating system has no random numbers to give.
    #[error("no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// SQLite gave up.
    #[error("the accounts database does not answer: {0}")]
    Database(#[from] rusqlite::Error),
}

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Address, password or code are wrong, or the account may not sign in: one answer for all.
    #[error("not signed in")]
    Wrong,
    /// Too many attempts.
    #[error("too many attempts")]
    Throttled {
        /// When the next one counts.
        retry_after: Duration,
    },
    /// Something else went wrong.
    #[error(transparent)]
    Failed(Error),
}

impl From<Error> for SignInError {
    fn from(error: Error) -> Self {
        if let Error::Throttled { retry_after } = error {
            return Self::Throttled { retry_after };
        }
        Self::Failed(error)
    }
}

impl From<rusqlite::Error> for SignInError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<getrandom::Error> for SignInError {
    fn from(error: getrandom::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Why a call is not let in.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// No key has this secret.
    #[error("unknown key")]
    Unknown,
    /// The key has been disabled.
    #[error("the key is disabled")]
    Disabled,
    /// The key's time is over.
    #[error("the key has expired")]
    Expired,
    /// The key may not be used from this address.
    #[error("the key may not be used from this address")]
    Network,
    /// The key's organisation is suspended, or being erased.
    #[error("the organisation is suspended")]
    Suspended,
    /// The key is good, but not for this.
    #[error("the key has no such permission")]
    NotPermitted,
    /// The secret that the signature is held against does not open.
    #[error(transparent)]
    Sealed(#[from] signing::VaultError),
    /// SQLite gave up: nothing is known about the key.
    #[error("the accounts database does not answer: {0}")]
    Database(#[from] rusqlite::Error),
}
