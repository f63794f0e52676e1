//! What goes on with requests whose jobs are done: a search for the face that a job found.

use std::time::{Duration, Instant};

use super::Queue;
use crate::Error;

/// Work for a free core that needs nothing of a worker's own.
pub(crate) type Work = Box<dyn FnOnce() + Send>;

/// The way to the workers for what follows jobs. How much waits here is for those to bound who send it: each piece belongs to
/// requests that were let in as jobs.
pub(crate) trait FollowUps: Send + Sync {
    /// Has `work` run by a free worker, at once if there is one. It goes before every job, but for those that can begin
    /// before it has waited for `patience`.
    ///
    /// `work` is dropped without being run when the workers end; a panic in it ends with it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when there is no worker.
    fn follow_up(&self, patience: Duration, work: Work) -> Result<(), Error>;

    /// How busy the workers are now.
    fn load(&self) -> Load;
}

/// How busy the workers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Load {
    /// Workers that have nothing to do.
    pub(crate) idle: usize,
    /// While jobs wait: how long it takes in the mean until another worker is free.
    pub(crate) turn: Option<Duration>,
}

/// A piece of work, and how long jobs may go before it.
pub(super) struct FollowUp {
    pub(super) work: Work,
    patient_until: Instant,
}

impl FollowUp {
    /// Whether it is to be run now: the next worker to be free would come too late.
    pub(super) fn is_due(&self, now: Instant, turn: Duration) -> bool {
        self.patient_until <= now + turn
    }
}

impl<W: 'static> FollowUps for Queue<W> {
    fn follow_up(&self, patience: Duration, work: Work) -> Result<(), Error> {
        let mut state = self.lock();
        // Also when it is closed: a worker that is still there ends what its jobs began.
        if state.alive == 0 {
            return Err(Error::Unavailable("the CPU pool has stopped".into()));
        }
        state.follow_ups.push_back(FollowUp { work, patient_until: Instant::now() + patience });
        self.changed.notify_one();
        Ok(())
    }

    fn load(&self) -> Load {
        let state = self.lock();
        let taken = state.busy + state.jobs.len() + state.follow_ups.len();
        let turn = (!state.jobs.is_empty()).then(|| state.turn());
        Load { idle: state.alive.saturating_sub(taken), turn }
    }
}
