//! HTTP: Auther Check API v6.0.0. Knows codes, headers and JSON; knows neither pixels nor SQL.
//!
//! [`router`] makes the service of an [`Operations`] (the engine) and an [`accounts::Accounts`]; [`serve`] runs it on a
//! socket. A request goes through `middleware::around`, then through the types of its handler's parameters
//! (`extract`), then through one call of [`Operations`]; whatever goes wrong anywhere becomes a row of the error table
//! ([`Code`], [`Case`]).

mod app;
mod clock;
mod error;
mod extract;
mod health;
mod middleware;
mod operations;
mod person;
mod request_id;
mod response;
mod router;
mod serve;
mod settings;

pub use error::{Case, Code, code_of, defect_case, describe};
pub use operations::{Answer, Operations};
pub use person::check::Verdicts;
pub use router::router;
pub use serve::serve;
pub use settings::Settings;
