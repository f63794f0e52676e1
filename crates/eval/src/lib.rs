//! Measures what the product claims: accuracy, speed, agreement with OpenCV. Makes the calibration file of an embedder.
//!
//! - [`checks`]: the image checks on labelled images: wrong rejects, misses, sweeps, cost, against a baseline.
//! - [`detection`]: how large a face must be to be found, what looks cost, whom the cascade finds.
//! - [`draw`]: lines, dots and text on a picture; what the checks saw of a face.
//! - [`flame`]: where a request's time goes, from the samples of a profiler.
//! - [`mod@load`]: whole requests, our server beside OpenCV, deepface and dlib; latency under load; overhead, memory, start.
//! - [`lfw`]: ten-fold accuracy, FNMR at fixed FMR over all pairs, and the calibration table that makes a score a
//!   similarity.
//! - [`limits`]: what the machine could do at best, stage by stage, and what share of that is reached.
//! - [`portraits`]: measures and the mean shape of the head on studio portraits, which quality and pose rest on.
//! - [`performance`]: the page that the benchmarks' results make.
//! - [`pairs`]: false matches and false non-matches of the shipped thresholds on a folder of labelled pairs.
//! - [`mod@reference`]: boxes, landmarks and embeddings against OpenCV's own code.
//! - [`mod@search`]: the 1:N search beside a full scan, approximate indexes and a database.
//! - [`stages`]: where the time of one request goes, ours and OpenCV's side by side.
//!
//! The crate knows neither where models lie nor how a terminal looks: the caller hands in a factory of face pipelines
//! and a [`Progress`]. Terms follow ISO/IEC 19795-1.

pub mod checks;
mod compare;
pub mod detection;
pub mod draw;
mod embeddings;
mod error;
mod extract;
pub mod flame;
pub mod lfw;
pub mod limits;
pub mod load;
mod machine;
mod markdown;
pub mod pairs;
mod parallel;
pub mod performance;
pub(crate) mod photograph;
mod plot;
pub mod portraits;
mod progress;
mod python;
pub mod reference;
pub mod search;
pub mod stages;
pub mod stats;
mod svg;
mod table_file;

pub use error::Error;
pub use extract::{FaceChoice, PipelineFactory};
pub use machine::Machine;
pub use photograph::{Size, photograph};
pub use progress::{Progress, Quiet};
