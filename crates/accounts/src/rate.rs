//! How fast an organisation may call: a token bucket each, in memory.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use biometric::{TenantId, Timestamp};

use crate::Rate;

/// The most organisations that are remembered; one that is forgotten begins with a full bucket.
const BUCKETS_MAX: usize = 10_000;

const NANOS_PER_MILLI: i128 = 1_000_000;
const NANOS_PER_SECOND: f64 = 1e9;

/// The longest time between two requests, for rates that are next to nothing or no rates at all: a day.
const INTERVAL_NANOS_MAX: f64 = 86_400.0 * NANOS_PER_SECOND;

/// Limits how many requests an organisation makes: `burst` at once, `per_second` in the long run.
///
/// It counts for this process alone and is forgotten with it, which costs one burst at most. In any stretch of time it
/// admits no more than `burst + per_second × time`.
pub struct RateLimiter {
    buckets: Mutex<HashMap<TenantId, Bucket>>,
    buckets_max: usize,
}

/// A bucket of tokens, written down as the time at which it will be full again (the "theoretical arrival time" of the
/// generic cell rate algorithm): whole nanoseconds, so that nothing is lost by rounding.
#[derive(Clone, Copy)]
struct Bucket {
    /// In which time one token comes.
    interval: i128,
    /// In which time an empty bucket fills.
    size: i128,
    full_at: i128,
}

impl RateLimiter {
    /// A limiter that has seen nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self { buckets: Mutex::default(), buckets_max: BUCKETS_MAX }
    }

    /// Lets one request of the organisation through, if its bucket holds a token.
    ///
    /// # Errors
    /// After which time there will be one, in whole milliseconds; a refusal costs nothing.
    pub fn admit(&self, organisation: TenantId, rate: Rate, now: Timestamp) -> Result<(), Duration> {
        let now = i128::from(now.as_millis()) * NANOS_PER_MILLI;
        let mut buckets = self.buckets();
        if buckets.len() >= self.buckets_max && !buckets.contains_key(&organisation) {
            make_room(&mut buckets, now);
        }
        let full = Bucket::full(rate, now);
        let bucket = buckets.entry(organisation).or_insert(full);
        if (bucket.interval, bucket.size) != (full.interval, full.size) {
            // The plan was changed: what was used under the old rate says little about the new one.
            *bucket = full;
        }
        bucket.take(now)
    }

    fn buckets(&self) -> MutexGuard<'_, HashMap<TenantId, Bucket>> {
        // A panic elsewhere leaves no half-done work: every bucket is changed by one assignment.
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for RateLimiter {
    fn default() -> Self {
        Self::new()
    }
}

impl Bucket {
    fn full(rate: Rate, now: i128) -> Self {
        let interval = interval(rate.per_second);
        Self { interval, size: interval * i128::from(rate.burst.max(1)), full_at: now }
    }

    fn take(&mut self, now: i128) -> Result<(), Duration> {
        let Self { interval, size, .. } = *self;
        // More than empty it can only be when the clock went back: then the time until then is not waited for again.
        self.full_at = self.full_at.clamp(now, now + size);
        let full_after_taking = self.full_at + interval;
        match full_after_taking - now - size {
            missing if missing > 0 => Err(whole_millis(missing)),
            _enough => {
                self.full_at = full_after_taking;
                Ok(())
            }
        }
    }
}

/// Nanoseconds in which one token comes, rounded up: rather a little slower than promised to nobody.
fn interval(per_second: f64) -> i128 {
    match per_second > 0.0 {
        true => (NANOS_PER_SECOND / per_second).ceil().clamp(1.0, INTERVAL_NANOS_MAX) as i128,
        false => INTERVAL_NANOS_MAX as i128,
    }
}

/// Rounded up: the callers' clocks know no finer time, and who waits must find a token.
fn whole_millis(nanos: i128) -> Duration {
    Duration::from_millis(u64::try_from((nanos + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI).unwrap_or(u64::MAX))
}

/// Forgets who has a full bucket; if nobody has, whoever comes closest.
fn make_room(buckets: &mut HashMap<TenantId, Bucket>, now: i128) {
    let before = buckets.len();
    buckets.retain(|_, bucket| bucket.full_at > now);
    if buckets.len() == before {
        let fullest = buckets.iter().min_by_key(|(_, bucket)| bucket.full_at).map(|(organisation, _)| *organisation);
        fullest.and_then(|organisation| buckets.remove(&organisation));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However many come, the map does not grow; who is forgotten first has a full bucket.
    #[test]
    fn the_map_is_bounded_and_keeps_who_used_most() {
        let limiter = RateLimiter { buckets_max: 3, ..RateLimiter::new() };
        let rate = Rate { per_second: 1.0, burst: 2 };
        let at = Timestamp::from_millis;
        for _ in 0..2 {
            limiter.admit(TenantId(1), rate, at(0)).expect("admitted");
        }
        for organisation in 2..100 {
            limiter.admit(TenantId(organisation), rate, at(0)).expect("admitted");
            assert!(limiter.buckets().len() <= 3);
        }
        assert!(limiter.admit(TenantId(1), rate, at(0)).is_err(), "its empty bucket was not forgotten");
        limiter.admit(TenantId(200), rate, at(60_000)).expect("admitted");
        assert_eq!(limiter.buckets().len(), 1, "full buckets are forgotten");
    }

    #[test]
    fn impossible_rates_admit_next_to_nothing_and_never_panic() {
        for per_second in [0.0, -1.0, f64::NAN, f64::NEG_INFINITY, 1e-300] {
            let (limiter, rate) = (RateLimiter::new(), Rate { per_second, burst: 0 });
            assert!(limiter.admit(TenantId(1), rate, Timestamp::from_millis(i64::MIN)).is_ok());
            let wait = limiter.admit(TenantId(1), rate, Timestamp::from_millis(i64::MIN));
            assert_eq!(wait, Err(Duration::from_secs(86_400)), "{per_second}");
        }
        let (limiter, rate) = (RateLimiter::new(), Rate { per_second: f64::INFINITY, burst: u32::MAX });
        assert!((0..100).all(|_| limiter.admit(TenantId(1), rate, Timestamp::from_millis(i64::MAX)).is_ok()));
    }
}
