//! A file for each page, or for each handful of pages about one thing.

pub(crate) mod asset;
pub(crate) mod audit;
pub(crate) mod data;
pub(crate) mod docs;
pub(crate) mod fault;
pub(crate) mod forgot;
pub(crate) mod home;
pub(crate) mod keys;
pub(crate) mod link;
pub(crate) mod operator;
pub(crate) mod overview;
pub(crate) mod persons;
pub(crate) mod profile;
pub(crate) mod requests;
pub(crate) mod second_factor;
pub(crate) mod settings;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod sign_up;
pub(crate) mod team;
pub(crate) mod try_it;

use axum::extract::RawPathParams;

use crate::fault::Fault;

/// The number that a path holds under this name. What is none is not found: as what is not there, or not for this visitor.
pub(crate) fn number(params: &RawPathParams, name: &str) -> Result<i64, Fault> {
    let text = params.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text);
    text.parse().map_err(|_| Fault::NotFound)
}
