//! What handlers share.

use std::sync::Arc;

use accounts::usage::Usage;
use accounts::{Accounts, RateLimiter};
use engine::Operations;
use tokio::sync::Semaphore;

use crate::Settings;
use crate::plan::Places;

/// The state of the router; a clone is another handle.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

/// What all clones share.
pub(crate) struct Shared {
    /// What does the work.
    pub(crate) operations: Arc<dyn Operations>,
    /// Who may ask for it.
    pub(crate) accounts: Arc<Accounts>,
    /// How much they have asked for.
    pub(crate) usage: Arc<Usage>,
    /// How fast they ask.
    pub(crate) rates: RateLimiter,
    /// How many requests each has in flight.
    pub(crate) places: Places,
    /// Within which limits.
    pub(crate) settings: Settings,
    /// One permit for each request that may be in flight.
    pub(crate) in_flight: Semaphore,
}

impl App {
    pub(crate) fn new(
        operations: Arc<dyn Operations>,
        accounts: Arc<Accounts>,
        usage: Arc<Usage>,
        settings: Settings,
    ) -> Self {
        let in_flight = Semaphore::new(settings.requests_in_flight_max.min(Semaphore::MAX_PERMITS));
        let (rates, places) = (RateLimiter::new(), Places::default());
        Self(Arc::new(Shared { operations, accounts, usage, rates, places, settings, in_flight }))
    }
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
