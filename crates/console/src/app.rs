//! What handlers share.

use std::sync::Arc;

use accounts::RateLimiter;
use tokio::sync::Semaphore;

use crate::fault::Fault;
use crate::{Parts, Settings};

/// How many requests may be about a password at once. The accounts hash few at a time; whoever waits for that waits
/// here, where waiting takes no thread: those threads are needed to check the keys of the API's callers.
const PASSWORDS_AT_ONCE_MAX: usize = 4;

/// The state of the router; a clone is another handle.
#[derive(Clone)]
pub(crate) struct Console(Arc<Shared>);

struct Shared {
    parts: Parts,
    passwords: Arc<Semaphore>,
    live: RateLimiter,
}

impl Console {
    pub(crate) fn new(parts: Parts) -> Self {
        let passwords = Arc::new(Semaphore::new(PASSWORDS_AT_ONCE_MAX));
        Self(Arc::new(Shared { parts, passwords, live: RateLimiter::new() }))
    }

    /// How fast each session has pictures of its camera checked: counted by the number of the session.
    pub(crate) fn live(&self) -> &RateLimiter {
        &self.0.live
    }

    /// Does what may have to wait for the disk, on a thread that no other request needs.
    ///
    /// What `work` returns is returned: with `?` twice, an error of the accounts becomes its page.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Parts) -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let console = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&console)).await;
        done.map_err(|error| Fault::internal(format!("a blocking call: {error}")))
    }

    /// The same for what hashes a password, which takes a processor for a while.
    pub(crate) async fn hashing<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Parts) -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let permit = self.0.passwords.clone().acquire_owned().await;
        let permit = permit.map_err(|error| Fault::internal(error.to_string()))?;
        // The permit goes along: a request that is given up meanwhile still keeps its processor busy.
        let with_permit = move |parts: &Parts| {
            let done = work(parts);
            drop(permit);
            done
        };
        self.blocking(with_permit).await
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.parts.settings
    }
}

impl std::ops::Deref for Console {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}
