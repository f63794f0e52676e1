//! What a handler gets, made of a request: a type for each thing, and its refusal with it.
//!
//! The order of a handler's parameters is the order of the refusals: first who calls ([`Authorised`]), then about whom
//! ([`PersonPath`]), then with what ([`Body`]). Whoever has no key learns nothing about the rest.

mod authorised;
mod base64;
mod body;
mod buffer;
mod fields;
mod held;
mod payload;
mod person_path;

pub(crate) use authorised::{API_KEY, Authorised, Check, Compare, Create, Get, Identify, Remove, Update, Verify};
pub(crate) use body::Body;
pub(crate) use buffer::Buffer;
pub(crate) use held::HeldBody;
pub(crate) use payload::{FaceImage, ImagePair};
pub(crate) use person_path::PersonPath;
