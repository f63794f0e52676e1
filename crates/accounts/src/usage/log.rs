//! Requests that are done, on their way into the file.
//!
//! Nobody waits for them, so they are written together, a few times a second. To wake the thread that writes for each of them,
//! and to commit each for itself, takes tenths of a millisecond of a core that an answer or the next request needs.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::done::Done;

/// How many may wait: more than a second's on any machine. Beyond that, waiting only hides that the disk does not keep up.
const DONE_MAX: usize = 8_192;

/// Those that wait to be written.
#[derive(Default)]
pub(super) struct Log(Mutex<Vec<Done>>);

/// What became of one that was added.
pub(super) enum Added {
    /// None waited before: somebody has to be told.
    First,
    /// Others waited already.
    Another,
    /// There are too many; it is dropped.
    Dropped,
}

impl Log {
    pub(super) fn add(&self, done: Done) -> Added {
        let mut waiting = self.waiting();
        match waiting.len() {
            DONE_MAX.. => Added::Dropped,
            before => {
                waiting.push(done);
                if before == 0 { Added::First } else { Added::Another }
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting().is_empty()
    }

    /// All of them, in their order.
    pub(super) fn take(&self) -> Vec<Done> {
        std::mem::take(&mut *self.waiting())
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Done>> {
        // Nothing in between leaves it half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
