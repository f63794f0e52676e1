//! How long a job may wait for a worker.
//!
//! A queue has one good use: to hold a burst until it is worked off. Under lasting overload it has none: the same jobs are
//! done in the same time, each of them later. So how long a job may wait depends on when the queue was empty last. As long
//! ago as a burst may last, or less: so long may a job wait. Longer ago: the queue is no burst, it stands, and may hold only
//! what keeps the workers busy. That is `CoDel`'s distinction of good queues and bad ones (Nichols and Jacobson, "Controlling
//! Queue Delay", ACM Queue 10(5), 2012) in the form that servers of requests give it (Maurer, "Fail at Scale", ACM Queue
//! 13(8), 2015).
//!
//! Whether a queue is a burst is asked again when a job's turn comes: who was let in as part of what turned out to stand is
//! refused then. Measured (`auther bench load`): with the answer of their arrival kept, the first seconds at twice the capacity
//! wait for more than a second, and the 99th percentile is theirs.
//!
//! First come is first served under overload, too, where Maurer turns it round: with waits as short as these it makes the
//! latency worse, since those who came early are served last, if at all (simulated as in `tests/overload.rs`: p99 0.9 s
//! instead of 0.3 s at twice the capacity).

use std::time::{Duration, Instant};

/// A job that has waited so many times as long as it may is refused when its turn comes. What decides at the door is an
/// estimate: it errs by as much when jobs of 30 and of 120 ms are mixed, and who has waited so far is nearly there. Without
/// the allowance one job in twenty is refused late at twice the capacity, with it one in two hundred.
const LATE: u32 = 3;
const LATE_OF: u32 = 2;

/// How long jobs may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitLimits {
    /// While the queue was empty no longer ago than this.
    pub burst: Duration,
    /// After that, until it is empty again; no longer than `burst`, in any case.
    pub standing: Duration,
}

impl Default for WaitLimits {
    /// 1 s: 64 requests at once, 30 ms of a core each, take that of two cores. No longer, since until then a load of twice the
    /// capacity is taken for a burst, and its first seconds count in the percentiles of all that follow: with 1.5 s the 99th
    /// of a minute is theirs.
    ///
    /// 250 ms: what two cores do meanwhile is some 16 jobs. With less, a job of 120 ms among them empties the queue now and
    /// then, so that it counts as a burst again; with more, everybody waits longer for nothing (`tests/overload.rs`).
    fn default() -> Self {
        Self { burst: Duration::from_secs(1), standing: Duration::from_millis(250) }
    }
}

/// What decides how long a job may wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    limits: WaitLimits,
    /// When nobody waited the last time.
    empty: Instant,
}

impl Patience {
    pub(super) fn new(limits: WaitLimits, now: Instant) -> Self {
        Self { limits, empty: now }
    }

    /// To be told when nobody waits.
    pub(super) fn nobody_waits(&mut self, now: Instant) {
        self.empty = now;
    }

    /// The longest that a job may be expected to wait, as things are.
    pub(super) fn wait_max(&self, now: Instant) -> Duration {
        match now.saturating_duration_since(self.empty) <= self.limits.burst {
            true => self.limits.burst,
            false => self.limits.standing.min(self.limits.burst),
        }
    }

    /// Whether a job that has waited since then comes too late.
    pub(super) fn is_late(&self, since: Instant, now: Instant) -> bool {
        now.saturating_duration_since(since) > self.wait_max(now) * LATE / LATE_OF
    }
}
