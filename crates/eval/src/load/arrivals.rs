//! When requests arrive that do not wait for each other.

use std::time::Duration;

use crate::search::random::Random;

/// Arrivals of many people who know nothing of each other: a Poisson process, whose gaps follow the exponential
/// distribution. At times within `window`, in order.
pub(super) fn poisson(seed: u64, per_second: f64, window: Duration) -> Vec<Duration> {
    let mut random = Random::of(seed, 0, 0);
    let mut at = 0.0;
    let next = || {
        at -= (1.0 - random.unit()).ln() / per_second;
        (at < window.as_secs_f64()).then(|| Duration::from_secs_f64(at))
    };
    std::iter::from_fn(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_have_the_mean_and_the_spread_of_the_exponential_distribution() {
        let times = poisson(1, 50.0, Duration::from_secs(400));
        // The count is Poisson-distributed: within four standard deviations of its mean.
        assert!((times.len() as f64 - 20_000.0).abs() < 4.0 * 20_000_f64.sqrt(), "{}", times.len());
        assert!(times.is_sorted() && times.last().is_some_and(|last| *last < Duration::from_secs(400)));
        let gaps: Vec<f64> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        assert!((mean * 50.0 - 1.0).abs() < 0.03, "{mean}");
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.05, "{variance}");
    }

    #[test]
    fn a_seed_is_a_schedule() {
        let of = |seed| poisson(seed, 10.0, Duration::from_secs(10));
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        assert!(poisson(1, 10.0, Duration::ZERO).is_empty());
    }
}
