//! Percentiles of latencies.

use serde::{Deserialize, Serialize};

/// The shares that are kept: enough to draw the curve, denser towards its end.
const SHARES: [f64; 17] =
    [0.0, 0.1, 0.25, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99, 0.995, 0.999, 1.0];

/// How long requests took.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Latencies {
    /// How many there are.
    pub count: usize,
    /// The least time that a share of them did not exceed, by share.
    pub percentiles: Vec<Percentile>,
}

/// One point of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Percentile {
    /// The share, from 0 to 1.
    pub share: f64,
    /// The time in milliseconds.
    pub ms: f64,
}

impl Latencies {
    /// Of times in seconds. A percentile is the nearest rank; one that would be nothing but the greatest of too few
    /// is left out, but for the greatest itself.
    pub(super) fn of(mut seconds: Vec<f64>) -> Self {
        seconds.sort_unstable_by(f64::total_cmp);
        let count = seconds.len();
        let known = |share: &f64| *share == 1.0 || (1.0 - share) * count as f64 >= 1.0;
        let percentile = |share: f64| {
            let rank = (share * count as f64).ceil() as usize;
            Some(Percentile { share, ms: 1e3 * seconds.get(rank.saturating_sub(1))? })
        };
        Self { count, percentiles: SHARES.into_iter().filter(known).filter_map(percentile).collect() }
    }

    /// The percentile of this share in milliseconds, if it was kept.
    #[must_use]
    pub fn at(&self, share: f64) -> Option<f64> {
        self.percentiles.iter().find(|one| one.share == share).map(|one| one.ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_nearest_rank() {
        let thousand = Latencies::of((1..=1000).rev().map(f64::from).collect());
        let expected = [(0.0, 1.0), (0.5, 500.0), (0.9, 900.0), (0.99, 990.0), (0.999, 999.0), (1.0, 1000.0)];
        for (share, seconds) in expected {
            assert_eq!(thousand.at(share), Some(1e3 * seconds), "{share}");
        }
        assert_eq!((thousand.count, thousand.at(0.123)), (1000, None));
    }

    #[test]
    fn too_few_have_no_far_percentiles() {
        let hundred = Latencies::of((1..=100).map(f64::from).collect());
        assert_eq!((hundred.at(0.99), hundred.at(0.999), hundred.at(1.0)), (Some(99e3), None, Some(100e3)));
        assert_eq!(Latencies::of(vec![]), Latencies::default());
    }
}
