//! What handlers share.

use std::sync::Arc;

use accounts::Accounts;
use tokio::sync::Semaphore;

use crate::{Operations, Settings};

/// The state of the router; a clone is another handle.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

/// What all clones share.
pub(crate) struct Shared {
    /// What does the work.
    pub(crate) operations: Arc<dyn Operations>,
    /// Who may ask for it.
    pub(crate) accounts: Arc<Accounts>,
    /// Within which limits.
    pub(crate) settings: Settings,
    /// One permit for each request that may be in flight.
    pub(crate) in_flight: Semaphore,
}

impl App {
    pub(crate) fn new(operations: Arc<dyn Operations>, accounts: Arc<Accounts>, settings: Settings) -> Self {
        let in_flight = Semaphore::new(settings.requests_in_flight_max.min(Semaphore::MAX_PERMITS));
        Self(Arc::new(Shared { operations, accounts, settings, in_flight }))
    }
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
