//! A SQLite file of this crate: private, durable, told from other files, brought to the schema of this release.

pub(crate) mod connection;
pub(crate) mod fault;
mod files;
mod format;

pub(crate) use format::Format;
