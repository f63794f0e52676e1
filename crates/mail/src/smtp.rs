//! Sending.

use std::fmt;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{SmtpTransport, Transport as _};

use crate::message::compose;
use crate::server::{Encryption, Server};
use crate::{SendError, SetupError};

/// How long to connect, and how long to wait for each answer of the server.
pub const STEP_MAX: Duration = Duration::from_secs(15);

/// One mail server, and one sender.
#[derive(Clone)]
pub struct Smtp {
    transport: SmtpTransport,
    from: Mailbox,
    host: String,
}

impl Smtp {
    /// Sends through the server of the URL: `smtps://user:password@host:465` (encrypted from the start),
    /// `smtp://user:password@host:587?tls=required` (encrypted by STARTTLS), or `smtp://localhost:25?tls=none` (this
    /// machine's own). Characters that mean something in a URL are written `%40` in user and password.
    ///
    /// # Errors
    /// When the URL or the sender is not understood, or encryption is not to be had. Nothing is sent yet.
    pub fn new(url: &str, from: &str) -> Result<Self, SetupError> {
        Self::with_patience(url, from, STEP_MAX)
    }

    /// The same with less or more patience than [`STEP_MAX`].
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_patience(url: &str, from: &str, step_max: Duration) -> Result<Self, SetupError> {
        let server = Server::parse(url)?;
        if from.contains(char::is_control) {
            return Err(SetupError::Sender);
        }
        let from = from.parse().map_err(|_| SetupError::Sender)?;
        let host = server.host.clone();
        let mut builder = SmtpTransport::builder_dangerous(&host)
            .port(server.port)
            .timeout(Some(step_max))
            .tls(tls(&host, server.encryption)?);
        if let Some(credentials) = server.credentials {
            builder = builder.credentials(Credentials::new(credentials.user, credentials.password.to_string()));
        }
        Ok(Self { transport: builder.build(), from, host })
    }

    /// Sends one message; it is with the server when this returns.
    ///
    /// # Errors
    /// When the recipient or the subject is none, or the server is not there or refuses.
    pub fn send(&self, to: &str, subject: &str, text: &str) -> Result<(), SendError> {
        let message = compose(&self.from, to, subject, text)?;
        self.transport.send(&message)?;
        Ok(())
    }

    /// The server's name.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

/// The host alone: the transport knows the password.
impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("host", &self.host).finish_non_exhaustive()
    }
}

fn tls(host: &str, encryption: Encryption) -> Result<Tls, SetupError> {
    let parameters = || TlsParameters::new(host.to_owned()).map_err(|error| SetupError::Encryption(error.to_string()));
    Ok(match encryption {
        Encryption::Always => Tls::Wrapper(parameters()?),
        Encryption::Required => Tls::Required(parameters()?),
        Encryption::None => Tls::None,
    })
}
