//! Times of calls.

use serde::Serialize;

/// The middle and the end of what was measured, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Half of the calls took no longer.
    pub p50_ms: f64,
    /// 99 of 100 calls took no longer.
    pub p99_ms: f64,
}

impl Spread {
    /// Of times in seconds.
    pub(super) fn of(seconds: &[f64]) -> Self {
        let at = |share| quantile(seconds, share) * 1e3;
        Self { p50_ms: at(0.5), p99_ms: at(0.99) }
    }
}

/// The least value that this share of all does not exceed (nearest rank); not a number where there is none.
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_the_nearest_rank() {
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(Spread::of(&hundred), Spread { p50_ms: 50_000.0, p99_ms: 99_000.0 });
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(quantile(&[5.0], 0.99), 5.0);
        assert!(median(&[]).is_nan());
    }
}
