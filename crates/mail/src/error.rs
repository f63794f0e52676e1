//! What can go wrong. No error repeats an address or a password, nor what a server said, which repeats both: errors are
//! logged.

use std::error::Error as _;
use std::io;

/// Why there is no sending with such words.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// It is no URL, or of something else than SMTP.
    #[error("write smtps://USER:PASSWORD@HOST, smtp://USER:PASSWORD@HOST?tls=required, or smtp://localhost?tls=none")]
    Url,
    /// Mail would go over a network in clear.
    #[error("mail is sent unencrypted only to this very machine (localhost): use smtps:// or ?tls=required")]
    Unencrypted,
    /// A user without a password, or the other way round.
    #[error("a user needs a password, and a password a user; neither is needed where the server asks for none")]
    Credentials,
    /// The sender is no address.
    #[error("the sender is no e-mail address: write name@example.org or Name <name@example.org>")]
    Sender,
    /// The system's certificate authorities cannot be read.
    #[error("encryption is not to be had: {0}")]
    Encryption(String),
}

/// Why a message was not sent.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The recipient is no address.
    #[error("the recipient is no e-mail address")]
    Recipient,
    /// The subject has line breaks or other control characters, or is too long.
    #[error("the subject is no line of text")]
    Subject,
    /// The text cannot be put into a message.
    #[error("the text is no plain text")]
    Text,
    /// The server answered no: to the user, the sender, the recipient or the message.
    #[error("the mail server refused it with status {status}")]
    Refused {
        /// The server's three digits; 4xx: it may be tried again.
        status: u16,
    },
    /// The server did not answer in time.
    #[error("the mail server did not answer in time")]
    TimedOut,
    /// There is no connection, or none that can be trusted.
    #[error("no connection to the mail server: {0}")]
    Connection(String),
    /// The server speaks something else, or lacks what is needed.
    #[error("the mail server does not speak SMTP as it is needed (encryption, a way to sign in)")]
    Protocol,
}

impl From<lettre::transport::smtp::Error> for SendError {
    fn from(error: lettre::transport::smtp::Error) -> Self {
        if let Some(status) = error.status() {
            return Self::Refused { status: u16::from(status) };
        }
        let mut sources = std::iter::successors(error.source(), |error| (*error).source());
        let Some(cause) = sources.find_map(|cause| cause.downcast_ref::<io::Error>()) else {
            return match error.is_response() || error.is_client() {
                true => Self::Protocol,
                // Of names that do not resolve and certificates that are not trusted: our own libraries' words.
                false => Self::Connection(error.source().map_or_else(|| error.to_string(), ToString::to_string)),
            };
        };
        // Sockets with a time-out of their own say that it would block.
        match [io::ErrorKind::TimedOut, io::ErrorKind::WouldBlock].contains(&cause.kind()) {
            true => Self::TimedOut,
            false => Self::Connection(cause.to_string()),
        }
    }
}
