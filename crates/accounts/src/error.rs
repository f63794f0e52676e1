//! What can go wrong, apart for each of the three things that one does here: open, manage, authenticate.

/// Why the database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be created, or its mode not be set.
    #[error("the accounts database cannot be created: {0}")]
    File(#[from] std::io::Error),
    /// The file is no sound SQLite database: restore it from a backup.
    #[error("the accounts database is damaged: {0}")]
    Damaged(String),
    /// The file is a database of some other program.
    #[error("the file is a database, but not of accounts")]
    Foreign,
    /// A later version of the program wrote it.
    #[error("the accounts database has schema {found}; this version knows schemas up to {known}")]
    NewerSchema {
        /// The schema version in the file.
        found: i64,
        /// The greatest schema version that this program knows.
        known: i64,
    },
    /// SQLite gave up.
    #[error("the accounts database cannot be opened: {0}")]
    Database(rusqlite::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => Self::Damaged(error.to_string()),
            Some(_) | None => Self::Database(error),
        }
    }
}

/// Why a key cannot be made, listed or disabled.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name is no name for a key.
    #[error("a key's name is 1 to {chars_max} characters, none of them a control character")]
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
    /// The operating system has no random numbers to give.
    #[error("no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// SQLite gave up.
    #[error("the accounts database does not answer: {0}")]
    Database(#[from] rusqlite::Error),
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
    /// The key is good, but not for this.
    #[error("the key has no such permission")]
    NotPermitted,
    /// SQLite gave up: nothing is known about the key.
    #[error("the accounts database does not answer: {0}")]
    Database(#[from] rusqlite::Error),
}
