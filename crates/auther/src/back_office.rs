//! The back-office as this binary puts it together: its settings, its mail, and what is said at the first start.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use accounts::usage::Usage;
use accounts::{Accounts, Actor, Email, Limits, PlanId, Purpose, Rate, SessionLimits};
use console::{Erasure, Mailer};
use engine::{Collections, Operations};

use crate::assembly::{Assembly, now};
use crate::failure::Outcome;
use crate::links;
use crate::settings::{Settings, SignUp, Switch};

const MINUTE_MS: i64 = 60 * 1000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// How often is looked for what interruptions left in collections, the first time at the start.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// What serves requests, opened once; a clone is another handle.
#[derive(Clone)]
pub(crate) struct Rooms {
    pub(crate) assembly: Arc<Assembly>,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) usage: Arc<Usage>,
    pub(crate) operations: Arc<dyn Operations>,
    pub(crate) collections: Arc<dyn Collections>,
}

impl Rooms {
    pub(crate) fn open(assembly: Assembly) -> Outcome<Self> {
        let engine = Arc::new(assembly.engine()?);
        let (operations, collections) = (Arc::clone(&engine) as Arc<dyn Operations>, engine as Arc<dyn Collections>);
        let (accounts, usage) = (assembly.accounts()?, assembly.usage()?);
        Ok(Self { assembly: Arc::new(assembly), accounts, usage, operations, collections })
    }

    /// What erases organisations.
    pub(crate) fn erasure(&self) -> Erasure {
        Erasure {
            accounts: Arc::clone(&self.accounts),
            usage: Arc::clone(&self.usage),
            operations: Arc::clone(&self.operations),
            clock: Arc::new(now),
            request_ms_max: self.assembly.settings.request_ms_max,
        }
    }
}

/// Hands mail to the server that the settings name.
struct SmtpMailer(mail::Smtp);

impl Mailer for SmtpMailer {
    fn send(&self, to: &Email, subject: &str, text: &str) -> Result<(), String> {
        self.0.send(to.as_str(), subject, text).map_err(|error| error.to_string())
    }
}

/// Who sends mail, if anybody is to.
pub(crate) fn mailer(settings: &Settings) -> Outcome<Option<Arc<dyn Mailer>>> {
    Ok(settings.mail()?.map(|smtp| Arc::new(SmtpMailer(smtp)) as Arc<dyn Mailer>))
}

/// What of the settings is the console's, on a server that listens here.
pub(crate) fn settings(settings: &Settings, listen: SocketAddr) -> console::Settings {
    let session = SessionLimits {
        idle_ms_max: i64::from(settings.session_idle_minutes) * MINUTE_MS,
        age_ms_max: i64::from(settings.session_age_days) * DAY_MS,
    };
    console::Settings {
        sign_up: match settings.sign_up {
            SignUp::Open => console::SignUp::Open,
            SignUp::Invitation => console::SignUp::Invitation,
            SignUp::Closed => console::SignUp::Closed,
        },
        trusted_proxies: settings.trusted_proxies.clone(),
        contact: Some(settings.contact.clone()).filter(|contact| !contact.is_empty()),
        request_ms_max: settings.request_ms_max,
        ..console::Settings::new(settings.public_url(listen), session, PlanId::FREE)
    }
}

/// The limits of the free plan.
pub(crate) fn free_limits(settings: &Settings) -> Limits {
    Limits {
        requests_month_max: Some(settings.free_requests_month_max),
        persons_max: Some(settings.free_persons_max),
        rate: Some(Rate { per_second: settings.free_requests_per_second, burst: settings.free_burst_requests }),
    }
}

/// Says what whoever starts the server has to do next.
pub(crate) fn introduce(rooms: &Rooms, listen: SocketAddr) -> Outcome<()> {
    let settings = &rooms.assembly.settings;
    let (public_url, no_key) = (settings.public_url(listen), rooms.accounts.keys()?.is_empty());
    if settings.console == Switch::Off {
        if no_key {
            tracing::warn!("there is no API key yet; make one with `auther key create --name NAME`");
        }
        return Ok(());
    }
    if !rooms.accounts.has_operator()? {
        let (_, secret) = rooms.accounts.create_link(Purpose::Operator, &Actor::system(), now())?;
        let link = links::url(&public_url, &secret);
        tracing::warn!(%link, "no operator yet: open this link to set one up");
    }
    if no_key {
        let page = format!("{public_url}/console/keys");
        tracing::warn!(%page, "there is no API key yet; make one there, or with `auther key create --name NAME`");
    }
    if !listen.ip().is_loopback() && !settings.is_https() {
        tracing::warn!(
            "passwords go over the network in clear: set tls_certificate and tls_key, or put TLS in front and set public_url \
             to https://..."
        );
    }
    Ok(())
}

/// Goes on with what an earlier process did not end.
pub(crate) async fn resume_erasures(rooms: Rooms) {
    rooms.erasure().finish_all().await;
}

/// Removes what interruptions left in collections, as long as the server runs.
pub(crate) async fn sweep_collections(collections: Arc<dyn Collections>) {
    loop {
        if let Err(error) = collections.sweep_collections().await {
            tracing::error!(%error, "what is left over in collections cannot be removed");
        }
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}
