//! The seven calls of the contract, and `check-face` beside them: each is its parameters, one call of the engine, and its answer.

mod answer;
pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod face;
pub(crate) mod recognize;
pub(crate) mod verify;
