//! Everything that is not a success: one table of codes, one of cases, and the way from the engine's words to them.

mod case;
mod code;
mod from_engine;
mod problem;

pub use case::Case;
pub use code::Code;
pub(crate) use from_engine::problem_of;
pub use from_engine::{code_of, defect_case, describe};
pub(crate) use problem::{Cause, Detail, Number, Problem};
