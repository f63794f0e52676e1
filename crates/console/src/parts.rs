//! What the console is put together from.

use std::sync::Arc;

use accounts::usage::Usage;
use accounts::{Accounts, Email, Networks, PlanId, SessionLimits};
use axum::Router;

/// Everything that the pages need; the binary puts it together.
pub struct Parts {
    /// Organisations, users, sessions, keys.
    pub accounts: Arc<Accounts>,
    /// Counters and the request log.
    pub usage: Arc<Usage>,
    /// The use cases, for what the pages themselves ask about persons.
    pub operations: Arc<dyn engine::Operations>,
    /// The API, for "try it": the very router that serves everybody else.
    pub api: Router,
    /// The description of the API, for the reference.
    pub openapi: serde_json::Value,
    /// Who sends mail, if anybody does.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// What the operator sees of the installation.
    pub status: Arc<dyn Status>,
    /// Where the time comes from.
    pub clock: engine::Clock,
    /// What a deployment may set.
    pub settings: Settings,
}

/// What a deployment may set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How browsers reach the installation, without a slash at the end: what links in mails begin with. With `https`,
    /// cookies are marked as secure and browsers are told to stay with TLS.
    pub public_url: String,
    /// Who may make an organisation.
    pub sign_up: SignUp,
    /// How long a session lasts.
    pub session: SessionLimits,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Networks,
    /// The plan of an organisation that signs up.
    pub default_plan: PlanId,
    /// Whom to ask for an account or a new password, in words that are shown as they are: a name, a mail address.
    pub contact: Option<String>,
    /// How long a page may take, its form's arrival included, in milliseconds.
    pub request_ms_max: u64,
    /// The greatest form in bytes.
    pub form_bytes_max: usize,
}

impl Settings {
    /// What holds unless a deployment says otherwise.
    #[must_use]
    pub fn new(public_url: impl Into<String>, session: SessionLimits, default_plan: PlanId) -> Self {
        Self {
            public_url: public_url.into(),
            sign_up: SignUp::Open,
            session,
            trusted_proxies: Networks::default(),
            default_plan,
            contact: None,
            request_ms_max: 30_000,
            form_bytes_max: 64 << 10,
        }
    }

    /// Whether browsers reach us by TLS.
    pub(crate) fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

/// Who may make an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUp {
    /// Everybody.
    Open,
    /// Whom the operator gave a link.
    Invitation,
    /// Nobody; organisations are made by the operator on the command line.
    Closed,
}

/// Who sends mail.
pub trait Mailer: Send + Sync {
    /// Sends a text to an address; blocks until the mail is handed over.
    ///
    /// # Errors
    /// In words for the log.
    fn send(&self, to: &Email, subject: &str, text: &str) -> Result<(), String>;
}

/// What the operator sees of the installation.
pub trait Status: Send + Sync {
    /// What works and what does not.
    fn health(&self) -> Vec<HealthRow>;
    /// The models in use.
    fn models(&self) -> Vec<ModelRow>;
}

/// One part of the installation and how it is.
#[derive(Clone, Debug)]
pub struct HealthRow {
    /// What the part is called.
    pub name: String,
    /// Whether it works.
    pub ok: bool,
    /// How it is, in words.
    pub says: String,
}

/// A model in use and where it comes from.
#[derive(Clone, Debug)]
pub struct ModelRow {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// Under which licence.
    pub licence: String,
    /// Where it comes from.
    pub source: String,
    /// The digest of its file.
    pub sha256: String,
    /// The size of its file.
    pub bytes: u64,
}
