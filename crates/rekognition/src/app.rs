//! What calls share.

use std::sync::Arc;

use accounts::Accounts;
use admission::Admission;
use engine::Collections;

use crate::Settings;

/// The state of the router; a clone is another handle.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

/// What all clones share.
pub(crate) struct Shared {
    /// What does the work.
    pub(crate) collections: Arc<dyn Collections>,
    /// Who may ask for it.
    pub(crate) accounts: Arc<Accounts>,
    /// How much of it.
    pub(crate) admission: Arc<Admission>,
    /// Within which limits.
    pub(crate) settings: Settings,
}

impl App {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
