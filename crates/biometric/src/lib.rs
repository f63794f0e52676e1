//! The vocabulary of the house: what a person, a template, a comparison score and a similarity are.
//!
//! Terms follow ISO/IEC 2382-37. The crate knows nothing but the standard library, so that every other room can speak
//! this language without taking on a dependency.
//!
//! A comparison goes through four types, each the only way to the next:
//!
//! ```text
//! Template x Template --compare--> Score --Calibration--> Similarity --Threshold--> Decision
//! ```

mod calibration;
mod dot;
mod model_id;
mod person;
mod similarity;
mod template;
mod timestamp;
mod wipe;

pub use calibration::{Calibration, CalibrationError, Knot};
pub use dot::{dot, dot_additions, scan};
pub use model_id::{ModelId, ModelIdError};
pub use person::{Person, PersonId, PersonIdError, TenantId};
pub use similarity::{Decision, Similarity, SimilarityError};
pub use template::{Score, Template, TemplateError};
pub use timestamp::Timestamp;
pub use wipe::{wipe, wipe_slice};
