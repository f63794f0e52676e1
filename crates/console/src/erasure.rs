//! Erasing an organisation: what happens behind the mark that `Accounts::begin_erasure` sets.
//!
//! The mark ends keys and sessions at once and outlives everything, so the rest may take its time, be interrupted, and be
//! done again from its beginning: the pages, the command line and the start of the server all end erasures here. The
//! organisation itself goes last: until then it is known that something is left.

use std::sync::Arc;
use std::time::Duration;

use accounts::Accounts;
use accounts::usage::{self, Usage};
use biometric::{Person, TenantId};
use engine::{Clock, Operations, Scope};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::Parts;

/// Persons listed at once.
const PAGE: usize = 1_000;

/// Persons removed at once: they share a commit to the disk.
const AT_ONCE: usize = 64;

/// A request that was cut off by its time limit may be in the gallery's queue for so much longer.
const STRAGGLERS_MS: i64 = 1_000;

/// What an erasure needs.
#[derive(Clone)]
pub struct Erasure {
    /// Where the mark is, and the users and keys.
    pub accounts: Arc<Accounts>,
    /// Where the counts and the request log are.
    pub usage: Arc<Usage>,
    /// Where the persons are.
    pub operations: Arc<dyn Operations>,
    /// Where the time comes from.
    pub clock: Clock,
    /// How long a request may go on that was let in before the mark, in milliseconds.
    pub request_ms_max: u64,
}

/// Why an erasure did not come to its end. The mark stays: it is to be tried again.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    /// Nobody began it.
    #[error("the erasure of organisation {} was not begun", .0.0)]
    NotBegun(TenantId),
    /// The accounts do not answer.
    #[error(transparent)]
    Accounts(#[from] accounts::Error),
    /// The counters do not answer.
    #[error(transparent)]
    Usage(#[from] usage::Error),
    /// The gallery does not answer.
    #[error("persons cannot be removed: {0}")]
    Persons(#[from] engine::Error),
    /// The program is about to end.
    #[error("interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl Erasure {
    /// With the console's own parts.
    pub(crate) fn of(parts: &Parts) -> Self {
        Self {
            accounts: Arc::clone(&parts.accounts),
            usage: Arc::clone(&parts.usage),
            operations: Arc::clone(&parts.operations),
            clock: Arc::clone(&parts.clock),
            request_ms_max: parts.settings.request_ms_max,
        }
    }

    /// Ends every erasure that was begun. What fails is logged, and left for the next start.
    pub async fn finish_all(&self) {
        let erasing = match self.blocking(|this| this.accounts.erasing()).await {
            Ok(Ok(erasing)) => erasing,
            Ok(Err(error)) => return tracing::error!(%error, "erasures cannot be resumed"),
            Err(_) => return,
        };
        for organisation in erasing {
            self.finish_logged(organisation).await;
        }
    }

    /// Ends one erasure and says in the log how it went: for whoever does not wait for it.
    pub async fn finish_logged(&self, organisation: TenantId) {
        tracing::info!(organisation = organisation.0, "erasing an organisation");
        match self.finish(organisation).await {
            Ok(()) => tracing::info!(organisation = organisation.0, "an organisation is erased"),
            Err(error) => {
                tracing::error!(organisation = organisation.0, %error, "an erasure stopped; it goes on at the next start");
            }
        }
    }

    /// Ends an erasure: persons, counts and log, then users, keys and the organisation itself. Done already is as good.
    ///
    /// # Errors
    /// [`ErasureError`].
    pub async fn finish(&self, organisation: TenantId) -> Result<(), ErasureError> {
        let Some(began) = self.began(organisation).await? else { return Ok(()) };
        self.remove_persons(organisation).await?;
        // A request that was let in before the mark may still enrol somebody, or be written down.
        let until = began + i64::try_from(self.request_ms_max).unwrap_or(i64::MAX).saturating_add(STRAGGLERS_MS);
        let left = until.saturating_sub((self.clock)().as_millis());
        tokio::time::sleep(Duration::from_millis(left.max(0).unsigned_abs())).await;
        self.remove_persons(organisation).await?;
        self.blocking(move |this| this.usage.forget(organisation)).await??;
        match self.blocking(move |this| this.accounts.finish_erasure(organisation, (this.clock)())).await? {
            // Another process was quicker.
            Ok(()) | Err(accounts::Error::NoSuchOrganisation) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// When the mark was set, in milliseconds; `None` when the organisation is gone already.
    async fn began(&self, organisation: TenantId) -> Result<Option<i64>, ErasureError> {
        match self.blocking(move |this| this.accounts.organisation(organisation)).await? {
            Ok(found) => {
                let began = found.erasing.ok_or(ErasureError::NotBegun(organisation))?;
                Ok(Some(began.as_millis()))
            }
            Err(accounts::Error::NoSuchOrganisation) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Everybody that the organisation enrolled, the faces of its collections too.
    async fn remove_persons(&self, tenant: TenantId) -> Result<(), ErasureError> {
        let scope = Scope { tenant, rules: self.operations.rules(), persons_max: None };
        self.operations.erase_collections(&scope).await?;
        loop {
            // Always from the beginning: those before are gone.
            let persons = self.operations.list(&scope, None, PAGE).await?;
            if persons.is_empty() {
                return Ok(());
            }
            let removals = persons.into_iter().map(|person| self.remove(&scope, person));
            stream::iter(removals).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        }
    }

    async fn remove(&self, scope: &Scope, person: Person) -> Result<(), engine::Error> {
        match self.operations.remove(scope, &person.id).await {
            // Another process was quicker.
            Err(engine::Error::PersonNotFound) => Ok(()),
            removed => removed,
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, tokio::task::JoinError> {
        let this = self.clone();
        tokio::task::spawn_blocking(move || work(&this)).await
    }
}
