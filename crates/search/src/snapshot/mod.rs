//! The snapshot: a file with the codes and the originals of all spaces, from which a search can begin within moments.
//!
//! It is a cache. The store is what counts; whatever is wrong with a snapshot, it is thrown away and made again. Whose row
//! a row is, only the store knows: here are numbers, vectors and their codes.
//!
//! | part | contents | checked |
//! | --- | --- | --- |
//! | header | magic, format, width, tier, the coder's fingerprint, the store's version and mark, model, checksum | at opening |
//! | directory | for every space its number and how many rows it has | at opening, by a checksum in the header |
//! | keys | for every row its key, ascending within a space | at opening, with their block |
//! | row checksums | for every row the checksum of its original; 0: wiped | at opening, with their block |
//! | block checksums | for every 256 rows one over their keys, row checksums and codes | at opening |
//! | codes | as they lie in memory, every space a [`Codes`](crate::Codes) of its own | at opening, with their block |
//! | originals | for every row its vector | by the row checksum, whenever a row is copied out |
//!
//! Parts lie one after the other, spaces one after the other within a part, so that every offset follows from the
//! directory and none is stored. Numbers are in the byte order of the machine: the file never leaves it. Every checksum
//! begins with that of the header and with the place of what it covers, so that parts of other files, and parts that
//! changed places, do not fit.
//!
//! Opening copies the codes into memory; originals and keys stay in the mapped file. Another process may wipe a row in the
//! file while it is mapped here, which is why the mapping is read by atomic loads only.

mod base;
mod block;
mod file;
mod header;
mod mapping;
mod open;
mod sections;
mod sums;
mod temporary;
#[cfg(test)]
mod tests;
mod wipe;
mod writer;

use std::fmt;
use std::io;

pub use base::Base;
pub use open::Snapshot;
pub use writer::SnapshotWriter;

/// What a snapshot was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The id of the model that made the templates.
    pub model: &'a str,
    /// The store's version.
    pub version: i64,
    /// The store's mark at that version, which tells two histories with the same number apart.
    pub mark: i64,
}

/// Why a snapshot cannot be used.
#[derive(Debug)]
pub enum SnapshotError {
    /// There is none.
    Missing,
    /// It is one, of another model, width, tier, coder or format.
    Other(String),
    /// It is not what was written.
    Damaged(String),
    /// The operating system says no.
    Io(io::Error),
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no snapshot"),
            Self::Other(what) => write!(f, "the snapshot is another's: {what}"),
            Self::Damaged(what) => write!(f, "the snapshot is damaged: {what}"),
            Self::Io(error) => write!(f, "the snapshot cannot be used: {error}"),
        }
    }
}

impl std::error::Error for SnapshotError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Missing | Self::Other(_) | Self::Damaged(_) => None,
        }
    }
}

impl From<io::Error> for SnapshotError {
    fn from(error: io::Error) -> Self {
        let kind = error.kind();
        if kind == io::ErrorKind::NotFound {
            Self::Missing
        } else if kind == io::ErrorKind::UnexpectedEof {
            damaged("it ends early")
        } else {
            Self::Io(error)
        }
    }
}

fn damaged(what: impl Into<String>) -> SnapshotError {
    SnapshotError::Damaged(what.into())
}

fn other(what: impl Into<String>) -> SnapshotError {
    SnapshotError::Other(what.into())
}
