//! What can stop an evaluation.

use std::path::{Path, PathBuf};

/// Why an evaluation did not come to a result. A face that is not found is no error: it is counted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder cannot be read or written.
    #[error("{path}: {error}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// A table, or the data it speaks of, is not what is expected.
    #[error("{path}: {problem}")]
    Data {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The caller's factory gave no face pipeline.
    #[error("no face pipeline: {0}")]
    Pipeline(Box<dyn std::error::Error + Send + Sync>),
    /// A network failed, or pixels that were there are gone.
    #[error(transparent)]
    Face(#[from] face::Error),
    /// The measured calibration contradicts itself.
    #[error(transparent)]
    Card(#[from] models::CardError),
    /// A network's file is not one whose work can be counted.
    #[error(transparent)]
    Model(#[from] models::PrepareError),
    /// There are too few comparisons for a statistic.
    #[error("too little data: {0}")]
    TooLittle(String),
    /// The Python side of a comparison failed.
    #[error("the Python side failed: {0}")]
    Python(String),
    /// Our server does not start, or does not do what it is for.
    #[error("the server: {0}")]
    Server(String),
    /// The search's index is not what was put into it.
    #[error(transparent)]
    Search(#[from] search::Damaged),
}

impl From<face::ModelError> for Error {
    fn from(error: face::ModelError) -> Self {
        Self::Face(error.into())
    }
}

impl From<face::ImageError> for Error {
    fn from(error: face::ImageError) -> Self {
        Self::Face(error.into())
    }
}

impl Error {
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self::File { path: path.to_owned(), error }
    }

    pub(crate) fn data(path: &Path, problem: impl Into<String>) -> Self {
        Self::Data { path: path.to_owned(), problem: problem.into() }
    }
}
