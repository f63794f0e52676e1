//! Amazon Rekognition's wire format over our faces and collections, so that a program written for it works unchanged.
//!
//! Every call is a `POST /` that names its action in `X-Amz-Target` and is signed with Signature Version 4 ([`sigv4`]). It
//! goes through `middleware::around`, then `call::answer`: action, signature and key, plan, fields of the body, one call of
//! [`engine::Collections`]; whatever goes wrong anywhere becomes an exception of Amazon's (`exception`).
//!
//! What is not measured here (age, gender, emotions and more) is absent from the answers, never made up.

mod action;
mod actions;
mod app;
mod body;
mod call;
mod exception;
mod face_shape;
mod input;
mod middleware;
mod router;
mod settings;
pub mod sigv4;
mod token;

pub use action::Action;
pub use router::{Parts, router};
pub use settings::Settings;
