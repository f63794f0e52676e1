//! What can go wrong in a gallery.

use std::fmt;

/// What went wrong in a gallery.
#[derive(Clone, Debug)]
pub enum Error {
    /// An enrolment or update that the gallery as it stands does not allow.
    Conflict {
        /// The person id is enrolled already.
        taken: bool,
        /// The face is enrolled already under another person id.
        duplicate: bool,
    },
    /// The tenant has as many persons as it may.
    Full {
        /// The greatest number of persons.
        persons_max: u64,
    },
    /// No such person.
    NotFound,
    /// The template comes from another model than the gallery's.
    ModelMismatch,
    /// The store cannot answer now; the text is for the log, never for a client.
    Unavailable(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict { taken: true, duplicate: true } => f.write_str("the person id and the face are enrolled"),
            Self::Conflict { duplicate: true, .. } => f.write_str("the face is enrolled under another person id"),
            Self::Conflict { .. } => f.write_str("the person id is enrolled"),
            Self::Full { persons_max } => write!(f, "all of {persons_max} persons are enrolled"),
            Self::NotFound => f.write_str("no such person"),
            Self::ModelMismatch => f.write_str("the template comes from another model than the gallery's"),
            Self::Unavailable(why) => write!(f, "the gallery is not available: {why}"),
        }
    }
}

impl std::error::Error for Error {}
