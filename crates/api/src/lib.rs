//! HTTP: Auther Check API v6.0.0. Knows codes, headers and JSON; knows neither pixels nor SQL.
//!
//! [`router`] makes the service of an [`engine::Operations`] and an [`accounts::Accounts`]; [`serve`] runs it on a
//! socket. A request goes through `middleware::around`, then through the types of its handler's parameters
//! (`extract`), then through one call of the engine; whatever goes wrong anywhere becomes a row of the error table
//! ([`Code`], [`Case`]).

mod address;
mod app;
mod clock;
mod error;
mod extract;
mod health;
mod middleware;
mod openapi;
mod person;
mod plan;
mod request_id;
mod response;
mod router;
mod serve;
mod settings;
mod signature;
mod time;

pub use error::{Case, Code, code_of, defect_case, describe};
pub use openapi::{meaning, openapi};
pub use person::check::Verdicts;
pub use router::{admission, router};
pub use serve::{Tls, TlsError, serve};
pub use settings::Settings;
