//! Enrolled references and the 1:N search: one trait, the embedded store, the contract suite.
//!
//! | module | subject |
//! | --- | --- |
//! | `interface` | the trait [`Gallery`] and what a search finds |
//! | `error` | what can go wrong |
//! | `database` | what every SQLite file of this crate has: who may read it, that it is durable, its schema |
//! | `collections` | named sets of faces, each a gallery of its own, and what is known of each face |
//! | `options` | how a gallery is held in memory |
//! | `mirror` | every tenant's references as the search needs them, as of one version of the store |
//! | `embedded` | the store: one SQLite file, one writer, a change log that other processes follow, a snapshot |
//! | `contract` | the checks that every implementation passes (feature `contract`) |

mod collections;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod database;
mod embedded;
mod error;
mod interface;
mod mirror;
mod options;

pub use collections::{
    Collection, CollectionError, CollectionId, CollectionStore, ExternalImageId, FaceBox, FaceRecord, Leftover,
    NameError,
};
pub use database::fault::{Fault, OpenError};
pub use embedded::{Embedded, Limits};
pub use error::Error;
pub use interface::{Answer, Candidate, Gallery, Pair, Query};
pub use options::Options;
