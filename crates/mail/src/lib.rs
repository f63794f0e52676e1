//! Plain-text mail over SMTP: links for people who were invited or forgot a password.
//!
//! [`Smtp`] knows one server and one sender. Every message takes a connection of its own: few are sent, and a server that
//! was restarted meanwhile is no trouble. Sending blocks, each step for [`STEP_MAX`] at most.
//!
//! What goes over a network is encrypted, and the server's certificate checked against the authorities that the operating
//! system trusts (`SSL_CERT_FILE` names others): a server that offers no encryption is sent nothing. Plain SMTP is for a
//! server on this very machine.

mod error;
mod message;
mod server;
mod smtp;

pub use error::{SendError, SetupError};
pub use smtp::{STEP_MAX, Smtp};
