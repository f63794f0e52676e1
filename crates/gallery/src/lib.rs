//! Enrolled references and the 1:N search: one trait, the embedded store, the contract suite.
//!
//! | module | subject |
//! | --- | --- |
//! | `interface` | the trait [`Gallery`] and what a search finds |
//! | `error` | what can go wrong |
//! | `mirror` | every tenant's references in memory, as of one version of the store; the exact search |
//! | `embedded` | the store: one SQLite file, one writer, a change log that other processes follow |
//! | `contract` | the checks that every implementation passes (feature `contract`) |

#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod embedded;
mod error;
mod interface;
mod mirror;

pub use embedded::{Embedded, Fault, OpenError};
pub use error::Error;
pub use interface::{Answer, Candidate, Gallery};
