//! Third-party files: what they are (cards), where they are (cache), how they come (setup), how they are made fit for
//! inference (prepare).
//!
//! A [`Card`] states everything about one file: licence, SHA-256, sources, and for a network its input, output and
//! calibration. Nothing is trusted for where it came from: a file is what its hash says, checked again on every read.
//!
//! ```text
//! Card --setup--> fetched file --prepare--> prepared file in the Cache --verified_bytes--> the inference runtime
//! ```

mod cache;
mod calibration;
mod card;
mod catalogue;
mod doctor;
mod prepare;
mod setup;
mod sha256;

pub use cache::{Cache, CacheError, CachePlaces};
pub use calibration::{CalibrationFile, Recipe};
pub use card::{
    Card, CardError, Channels, Embedder, FileFacts, Index, Input, InputSize, Kind, Licence, Network, Package, Prepared,
    Source,
};
pub use catalogue::Catalogue;
pub use doctor::{Finding, State, survey};
pub use prepare::{Preparation, PrepareError, Work, prepare, work};
pub use setup::{Attempt, Event, Options, Progress, SetupError, Silent, setup};
pub use sha256::{Sha256, Sha256Error};
