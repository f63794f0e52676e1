//! A share of counted events with the interval that the count supports.

use serde::Serialize;

/// Quantile of the normal distribution for a two-sided 95 % interval.
const Z_95: f64 = 1.959_963_984_540_054;

/// So many of so many, as a percentage with its 95 % interval.
///
/// The interval is Wilson's score interval (1927): it stays within 0 to 100 % and is sensible at a count of 0. It takes
/// the comparisons for independent; comparisons that share images or people are not quite, so it is a lower bound of the
/// uncertainty.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rate {
    /// How many.
    pub count: u64,
    /// Of how many.
    pub total: u64,
    /// `100 * count / total`; 0 of nothing.
    pub percent: f64,
    /// Lower end of the interval in percent.
    pub low_percent: f64,
    /// Upper end of the interval in percent.
    pub high_percent: f64,
}

impl Rate {
    /// `count` of `total`.
    #[must_use]
    pub fn new(count: u64, total: u64) -> Self {
        if total == 0 {
            return Self { count, total, percent: 0.0, low_percent: 0.0, high_percent: 100.0 };
        }
        let (n, p) = (total as f64, count as f64 / total as f64);
        let z2 = Z_95 * Z_95;
        let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = Z_95 / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        let percent = |share: f64| 100.0 * share.clamp(0.0, 1.0);
        Self {
            count,
            total,
            percent: percent(p),
            low_percent: percent(middle - half),
            high_percent: percent(middle + half),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_published_wilson_intervals() {
        // Newcombe (1998), table I, method 3: 81/263, 15/148, 0/20, 1/29.
        let published =
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)];
        for (count, total, low, high) in published {
            let rate = Rate::new(count, total);
            assert!((rate.low_percent / 100.0 - low).abs() < 6e-5, "{rate:?}");
            assert!((rate.high_percent / 100.0 - high).abs() < 6e-5, "{rate:?}");
        }
    }

    #[test]
    fn nothing_of_nothing_says_nothing() {
        let rate = Rate::new(0, 0);
        assert_eq!((rate.percent, rate.low_percent, rate.high_percent), (0.0, 0.0, 100.0));
    }
}
