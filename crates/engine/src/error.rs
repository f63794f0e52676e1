//! What can come of a use case other than success, in the words of the domain.

use std::time::Duration;

/// Why a use case did not succeed. It knows nothing of HTTP: the `api` crate turns it into codes.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes are no image that the service accepts.
    #[error(transparent)]
    Image(#[from] face::ImageError),
    /// The image, the id or the face is refused; every reason found, in no particular order, at least one.
    #[error("refused: {0:?}")]
    Refused(Vec<Refusal>),
    /// No person is enrolled under this id.
    #[error("no such person")]
    PersonNotFound,
    /// The person exists, and the face is not theirs.
    #[error("the face is not that person's")]
    FaceNotMatched,
    /// No enrolled person is similar enough.
    #[error("no person matched")]
    NoPersonMatched,
    /// As many persons are enrolled as may be.
    #[error("as many persons are enrolled as may be: {persons_max}")]
    GalleryFull {
        /// The greatest number of persons.
        persons_max: u64,
    },
    /// More work is waiting than can be done in time.
    #[error("overloaded")]
    Overloaded {
        /// When trying again makes sense.
        retry_after: Duration,
    },
    /// A dependency does not answer; the text is for the log, never for a client.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A defect of ours; the text is for the log, never for a client.
    #[error("internal: {0}")]
    Internal(String),
}

impl From<face::Error> for Error {
    fn from(error: face::Error) -> Self {
        match error {
            face::Error::Image(error) => Self::Image(error),
            face::Error::Model(error) => Self::Internal(error.to_string()),
        }
    }
}

impl From<gallery::Error> for Error {
    /// For the operations that cannot meet a conflict; enrolment and update read conflicts before they come here.
    fn from(error: gallery::Error) -> Self {
        match error {
            gallery::Error::NotFound => Self::PersonNotFound,
            gallery::Error::Full { persons_max } => Self::GalleryFull { persons_max },
            gallery::Error::Unavailable(why) => Self::Unavailable(why),
            gallery::Error::Conflict { taken, duplicate } => Self::Refused(conflicts(taken, duplicate)),
            gallery::Error::ModelMismatch => Self::Internal("the gallery holds templates of another model".into()),
        }
    }
}

/// What a conflict in the gallery means for the client.
pub(crate) fn conflicts(taken: bool, duplicate: bool) -> Vec<Refusal> {
    let taken = taken.then_some(Refusal::PersonTaken);
    taken.into_iter().chain(duplicate.then_some(Refusal::FaceEnrolled)).collect()
}

/// One reason to refuse an enrolment, an update or a probe.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// The person id is enrolled already.
    PersonTaken,
    /// The image fails a check.
    Face(face::Rejection),
    /// The face is enrolled already under another person id (which is not told).
    FaceEnrolled,
}
