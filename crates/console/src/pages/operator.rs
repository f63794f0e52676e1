//! `/console/operator/...`: what whoever runs the installation sees and does.

pub(crate) mod health;
pub(crate) mod models;
pub(crate) mod organisations;
pub(crate) mod plans;
pub(crate) mod signing;
