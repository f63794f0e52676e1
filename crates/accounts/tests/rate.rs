//! What the limiter promises, as clients see it.

use std::time::Duration;

use accounts::{Rate, RateLimiter};
use biometric::{TenantId, Timestamp};
use proptest::prelude::*;

const ORGANISATION: TenantId = TenantId(7);
const FREE: Rate = Rate { per_second: 2.0, burst: 10 };

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_600_000_000_000 + millis)
}

/// How many of this many are admitted at once.
fn admitted(limiter: &RateLimiter, rate: Rate, millis: i64, count: usize) -> usize {
    (0..count).filter(|_| limiter.admit(ORGANISATION, rate, at(millis)).is_ok()).count()
}

#[test]
fn a_burst_at_once_and_then_the_rate() {
    let limiter = RateLimiter::new();
    assert_eq!(admitted(&limiter, FREE, 0, 20), 10);
    assert_eq!(limiter.admit(ORGANISATION, FREE, at(0)), Err(Duration::from_millis(500)));
    assert_eq!(limiter.admit(ORGANISATION, FREE, at(499)), Err(Duration::from_millis(1)));
    assert_eq!(admitted(&limiter, FREE, 500, 20), 1);
    assert_eq!(admitted(&limiter, FREE, 3_000, 20), 5);
    assert_eq!(admitted(&limiter, FREE, 1_000_000, 20), 10, "no more than a burst is saved up");
}

#[test]
fn organisations_do_not_use_up_each_others_rate() {
    let limiter = RateLimiter::new();
    assert_eq!(admitted(&limiter, FREE, 0, 20), 10);
    assert!(limiter.admit(TenantId(8), FREE, at(0)).is_ok());
}

#[test]
fn a_changed_plan_counts_at_once() {
    let limiter = RateLimiter::new();
    let slow = Rate { per_second: 0.001, burst: 100 };
    assert_eq!(admitted(&limiter, slow, 0, 200), 100);
    assert_eq!(admitted(&limiter, FREE, 1, 20), 10);
    assert_eq!(admitted(&limiter, slow, 2, 200), 100);
}

#[test]
fn a_clock_that_goes_back_harms_nobody() {
    let limiter = RateLimiter::new();
    assert_eq!(admitted(&limiter, FREE, 3_600_000, 20), 10);
    let wait = limiter.admit(ORGANISATION, FREE, at(0)).expect_err("empty");
    assert_eq!(wait, Duration::from_millis(500), "not an hour");
    assert_eq!(admitted(&limiter, FREE, 500, 20), 1);
}

#[test]
fn many_threads_share_one_bucket() {
    let limiter = RateLimiter::new();
    let rate = Rate { per_second: 1.0, burst: 100 };
    let total: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| admitted(&limiter, rate, 0, 50))).collect();
        threads.into_iter().map(|thread| thread.join().expect("counted")).sum()
    });
    assert_eq!(total, 100);
}

proptest! {
    /// In every stretch of time, no more than the burst and what the rate brings.
    #[test]
    fn never_more_than_promised(
        per_second in 0.05_f64..500.0,
        burst in 1_u32..20,
        steps in prop::collection::vec(0_i64..2_000, 1..120),
    ) {
        let (limiter, rate) = (RateLimiter::new(), Rate { per_second, burst });
        let mut now = 0;
        let mut times = Vec::new();
        for step in steps {
            now += step;
            if limiter.admit(ORGANISATION, rate, at(now)).is_ok() {
                times.push(now);
            }
        }
        for (i, from) in times.iter().enumerate() {
            for (j, to) in times.iter().enumerate().skip(i) {
                let may = f64::from(burst) + per_second * (to - from) as f64 / 1_000.0;
                prop_assert!((j - i + 1) as f64 <= may + 1e-6, "{} in {} ms", j - i + 1, to - from);
            }
        }
    }

    /// Who waits as long as they are told is admitted, however often they asked meanwhile, and no earlier.
    #[test]
    fn retry_after_is_honest(
        per_second in 0.05_f64..500.0,
        burst in 1_u32..20,
        steps in prop::collection::vec(-500_i64..500, 1..60),
    ) {
        let (limiter, rate) = (RateLimiter::new(), Rate { per_second, burst });
        let mut now = 0;
        for step in steps {
            now += step;
            let Err(wait) = limiter.admit(ORGANISATION, rate, at(now)) else { continue };
            let wait = i64::try_from(wait.as_millis()).expect("short");
            prop_assert!(wait > 0);
            prop_assert!(limiter.admit(ORGANISATION, rate, at(now + wait - 1)).is_err());
            now += wait;
            prop_assert!(limiter.admit(ORGANISATION, rate, at(now)).is_ok());
        }
    }
}
