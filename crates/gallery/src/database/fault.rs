//! Why the embedded store cannot be opened or cannot answer.

use std::path::PathBuf;
use std::{fmt, io};

use biometric::ModelId;
use rusqlite::ErrorCode;

use crate::Error;

/// Why a gallery on disk could not be opened.
#[derive(Debug)]
pub struct OpenError {
    /// The file that was to be opened.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: Fault,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gallery {}: {}", self.path.display(), self.fault)
    }
}

impl std::error::Error for OpenError {}

/// What can be wrong with a gallery on disk. Texts are for the operator and the log: they name neither a person nor a
/// template.
#[derive(Debug)]
pub enum Fault {
    /// It holds references of another recognition model, which mean nothing to this one.
    OtherModel {
        /// The model that made what is stored.
        stored: String,
        /// The model that was to be used.
        configured: ModelId,
    },
    /// A later release wrote it.
    NewerSchema {
        /// Its schema version.
        found: i64,
        /// The latest that this release knows.
        known: i64,
    },
    /// It is a database of something else.
    Foreign,
    /// It is damaged: what was read is not what was written.
    Corrupt(String),
    /// The operating system refused.
    Io(io::Error),
    /// The database refused.
    Database(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherModel { stored, configured } => write!(
                f,
                "holds references made by the model {stored}, but the model in use is {configured}; references of one \
                 model mean nothing to another: set the model back to {stored}, or name an empty data directory and \
                 enrol everyone again"
            ),
            Self::NewerSchema { found, known } => write!(
                f,
                "has schema version {found}, and this release knows versions up to {known}: a later release wrote it; \
                 use that release, or restore the backup from before the upgrade"
            ),
            Self::Foreign => f.write_str("is a database of something else; name another data directory"),
            Self::Corrupt(what) => write!(f, "is damaged ({what}); restore it from a backup"),
            Self::Io(error) => error.fmt(f),
            Self::Database(what) => f.write_str(what),
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        match code {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt(error.to_string()),
            _ => Self::Database(error.to_string()),
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Unavailable(fault.to_string())
    }
}
