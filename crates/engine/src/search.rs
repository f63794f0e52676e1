//! Searches of a gallery, those that wait together in one pass over its references.
//!
//! A pass reads all references of a gallery, and comparing one with sixteen probes takes hardly longer than reading it. So
//! probes of one gallery share passes, wherever that costs nobody time:
//!
//! - The worker that made a template searches for it at once when no job waits. There is no faster way: no other thread has to
//!   be woken. Whatever waits for the same gallery comes along.
//! - While jobs wait, all workers are busy, and the next job will bring another probe. Then a probe lets jobs go first, but
//!   never longer than its pass would take: at worst it waits twice as long as alone, and the more a pass costs beside a job,
//!   the more probes share it. A gallery of some thousands is searched at once, load or no load.
//! - Sixteen probes are a full pass: the worker that brings the sixteenth makes it at once. More are more passes, on as many
//!   workers as are free.
//!
//! No clock wakes anybody: probes wait only while every worker has other work.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use biometric::{Template, TenantId};
use futures_executor::block_on;
use gallery::{Candidate, Gallery, Query};
use tokio::sync::oneshot;

use crate::Error;
use crate::pool::FollowUps;

#[cfg(test)]
mod tests;

/// Probes that share one pass: from there on comparing takes longer than reading, and one more saves nothing.
pub(crate) const SEARCH_BATCH_MAX: usize = 16;

/// Probes that may wait in all: 64 full passes, and half a megabyte. Far more than requests may be in flight by default, so
/// that a request whose face has been found is not refused; but an end.
const SEARCHES_WAITING_MAX: usize = 64 * SEARCH_BATCH_MAX;

/// When trying again makes sense for a search that is one too many: the least that `Retry-After` can say.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// What a pass takes for each reference, by and large: its codes, 68 bytes at 128 values, at some 15 GB/s. It decides only how
/// long company is waited for, so a guess is enough.
const PASS_TIME_PER_ROW: Duration = Duration::from_nanos(5);

type Found = Result<Vec<Candidate>, Error>;

/// All searches of one engine. Nobody's probe is ever compared with another tenant's references.
pub(crate) struct Searches {
    gallery: Arc<dyn Gallery>,
    workers: Arc<dyn FollowUps>,
    /// Locked for moments, and never while the workers' queue is asked.
    lines: Mutex<HashMap<TenantId, Line>>,
}

/// Who waits for one gallery.
#[derive(Default)]
struct Line {
    probes: VecDeque<Probe>,
    /// Passes that are on their way to a worker; there are enough of them for all probes.
    passes: usize,
}

/// A template that is searched for.
struct Probe {
    template: Template,
    count: usize,
    answer: oneshot::Sender<Found>,
}

/// A search that was begun.
pub(crate) struct Begun(oneshot::Receiver<Found>);

impl Begun {
    /// What it finds; see [`Searches::nearest`]. Dropping it calls the search off.
    pub(crate) async fn found(self) -> Found {
        self.0.await.unwrap_or_else(|_closed| Err(Error::Unavailable("the CPU pool has stopped".into())))
    }
}

impl Searches {
    pub(crate) fn new(gallery: Arc<dyn Gallery>, workers: Arc<dyn FollowUps>) -> Arc<Self> {
        Arc::new(Self { gallery, workers, lines: Mutex::default() })
    }

    /// The `count` nearest references of a tenant, best first, ties by person id.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when too many wait already; otherwise what the gallery says.
    pub(crate) async fn nearest(self: &Arc<Self>, tenant: TenantId, probe: Template, count: usize) -> Found {
        let patience = self.patience(tenant).await.unwrap_or_default();
        let begun = self.join(tenant, probe, count);
        self.order(tenant, patience);
        begun.found().await
    }

    /// The same, begun on a worker that has just made the probe: it is the one that searches, if none has to wait.
    pub(crate) fn begin(self: &Arc<Self>, tenant: TenantId, probe: Template, count: usize) -> Begun {
        let patience = block_on(self.patience(tenant));
        let begun = self.join(tenant, probe, count);
        let waiting = self.lines().get(&tenant).map_or(0, |line| line.probes.len());
        let is_time = patience.is_none() || waiting >= SEARCH_BATCH_MAX;
        let batch = if is_time { self.take(tenant) } else { Vec::new() };
        // First, so that another worker may begin with those who are left.
        self.order(tenant, patience.unwrap_or_default());
        self.pass(tenant, batch);
        begun
    }

    /// How long a probe may wait for company; `None`: not at all.
    async fn patience(&self, tenant: TenantId) -> Option<Duration> {
        let turn = self.workers.load().turn?;
        // A gallery that does not answer says so to the search.
        let rows = self.gallery.count(tenant).await.ok()?;
        let pass = PASS_TIME_PER_ROW.saturating_mul(u32::try_from(rows).unwrap_or(u32::MAX));
        (pass > turn).then_some(pass)
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<TenantId, Line>> {
        // Nothing in here is ever half done when it panics.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join(&self, tenant: TenantId, template: Template, count: usize) -> Begun {
        let (answer, answered) = oneshot::channel();
        let mut lines = self.lines();
        let waiting: usize = lines.values().map(|line| line.probes.len()).sum();
        if *template.model() != *self.gallery.model() {
            // The receiver is in this very function, here and below.
            let _ = answer.send(Err(gallery::Error::ModelMismatch.into()));
        } else if waiting >= SEARCHES_WAITING_MAX {
            let _ = answer.send(Err(Error::Overloaded { retry_after: RETRY_AFTER }));
        } else {
            lines.entry(tenant).or_default().probes.push_back(Probe { template, count, answer });
        }
        Begun(answered)
    }

    /// Sends for as many passes as those who wait need.
    fn order(self: &Arc<Self>, tenant: TenantId, patience: Duration) {
        let missing = {
            let mut lines = self.lines();
            let Some(line) = lines.get_mut(&tenant) else { return };
            let missing = line.probes.len().div_ceil(SEARCH_BATCH_MAX).saturating_sub(line.passes);
            line.passes += missing;
            missing
        };
        for _ in 0..missing {
            let errand = Errand { tenant, searches: Some(Arc::clone(self)) };
            // When nobody takes it, it is dropped, and that tells those who wait.
            let _ = self.workers.follow_up(patience, Box::new(move || errand.run()));
        }
    }

    /// Those who are next, one pass of them.
    fn take(&self, tenant: TenantId) -> Vec<Probe> {
        let mut lines = self.lines();
        let Some(line) = lines.get_mut(&tenant) else { return Vec::new() };
        let mut batch = Vec::new();
        while batch.len() < SEARCH_BATCH_MAX
            && let Some(probe) = line.probes.pop_front()
        {
            // Whoever went away takes no place.
            if !probe.answer.is_closed() {
                batch.push(probe);
            }
        }
        if line.probes.is_empty() && line.passes == 0 {
            lines.remove(&tenant);
        }
        batch
    }

    /// Those whom an errand is for.
    fn fetch(&self, tenant: TenantId) -> Vec<Probe> {
        if let Some(line) = self.lines().get_mut(&tenant) {
            line.passes -= 1;
        }
        self.take(tenant)
    }

    /// Searches for all of a batch at once, and tells each what came of it, be it an error or a panic.
    fn pass(&self, tenant: TenantId, batch: Vec<Probe>) {
        if batch.is_empty() {
            return;
        }
        let scan = || {
            let queries: Vec<_> =
                batch.iter().map(|probe| Query { probe: &probe.template, count: probe.count }).collect();
            block_on(self.gallery.search(tenant, &queries, self.threads()))
        };
        let found = catch_unwind(AssertUnwindSafe(scan));
        let mut found = found.map(|found| found.map(Vec::into_iter));
        for Probe { answer, .. } in batch {
            let told = match &mut found {
                Ok(Ok(found)) => found.next().ok_or_else(|| Error::Internal("a search was not answered".into())),
                Ok(Err(error)) => Err(error.clone().into()),
                Err(_panic) => Err(Error::Internal("a search panicked".into())),
            };
            // Whoever stopped waiting meanwhile needs no answer.
            let _ = answer.send(told);
        }
    }

    /// How many cores a pass may use: this worker's, and those of workers that have nothing to do just now. How many are worth
    /// it, the gallery knows. A job that comes while they are lent shares them for the rest of the pass.
    fn threads(&self) -> NonZeroUsize {
        NonZeroUsize::MIN.saturating_add(self.workers.load().idle)
    }
}

/// A pass on its way to a worker. When it is dropped before, there is no worker any more, and those who wait are told.
struct Errand {
    tenant: TenantId,
    searches: Option<Arc<Searches>>,
}

impl Errand {
    fn run(mut self) {
        if let Some(searches) = self.searches.take() {
            searches.pass(self.tenant, searches.fetch(self.tenant));
        }
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        if let Some(searches) = self.searches.take() {
            // Their senders are dropped: that is the answer.
            drop(searches.fetch(self.tenant));
        }
    }
}
