//! What handlers share.

use std::sync::Arc;

use accounts::Accounts;
use admission::Admission;
use engine::Operations;

use crate::Settings;

/// The state of the router; a clone is another handle.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

/// What all clones share.
pub(crate) struct Shared {
    /// What does the work.
    pub(crate) operations: Arc<dyn Operations>,
    /// Who may ask for it.
    pub(crate) accounts: Arc<Accounts>,
    /// How much of it.
    pub(crate) admission: Arc<Admission>,
    /// Within which limits.
    pub(crate) settings: Settings,
}

impl App {
    pub(crate) fn new(
        operations: Arc<dyn Operations>,
        accounts: Arc<Accounts>,
        admission: Arc<Admission>,
        settings: Settings,
    ) -> Self {
        Self(Arc::new(Shared { operations, accounts, admission, settings }))
    }
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
