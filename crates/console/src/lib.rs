//! The back-office: what a person sees of the service in a browser.
//!
//! Pages are made on the server from templates that the compiler checks; without JavaScript everything works but the
//! webcam, the copy buttons and "try it". The crate asks `accounts` and `engine`; the API it reaches only as a router
//! that it is handed, the same that serves everybody else.
//!
//! Where to begin: [`routes`] is the table of every page and who may see it, `guard` holds it, `frame` is what all pages
//! share, `pages` has a file for each.

mod app;
mod assets;
mod chart;
mod codes;
mod cookie;
mod done;
mod erasure;
mod fault;
mod form;
mod frame;
mod guard;
mod headers;
mod middleware;
mod next;
mod pages;
mod parts;
mod problems;
mod prose;
mod qr;
mod reply;
mod request_id;
mod routes;
mod samples;
mod text;
mod visit;

pub use assets::asset_urls;
pub use erasure::{Erasure, ErasureError};
pub use parts::{HealthRow, Mailer, ModelRow, Parts, Settings, SignUp, Status};
pub use routes::{Access, Route, router, routes};
