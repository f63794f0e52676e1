//! What the listener is made of.

use std::sync::Arc;

use accounts::Accounts;
use admission::Admission;
use axum::Router;
use axum::middleware::from_fn_with_state;
use engine::Collections;

use crate::app::{App, Shared};
use crate::{Settings, call, middleware};

/// What the listener is made of.
pub struct Parts {
    /// What does the work.
    pub collections: Arc<dyn Collections>,
    /// Who may ask for it.
    pub accounts: Arc<Accounts>,
    /// How much of it; the same as every other listener's.
    pub admission: Arc<Admission>,
    /// Within which limits.
    pub settings: Settings,
}

/// The whole listener. There is one path, since a call names its action in a header.
pub fn router(parts: Parts) -> Router {
    let Parts { collections, accounts, admission, settings } = parts;
    let app = App::new(Shared { collections, accounts, admission, settings });
    Router::new().fallback(call::answer).layer(from_fn_with_state(app.clone(), middleware::around)).with_state(app)
}
