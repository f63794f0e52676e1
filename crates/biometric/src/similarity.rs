//! Similarity in percent, tied to a false match rate, and the decision taken on it.

use std::fmt;

/// A similarity of 0 to 100 %, defined by the false match rate (FMR) of one comparison at that threshold:
/// `40 - 10 * log10(FMR)` up to 90 %, then the decade from 1e-5 to 1e-6 spans 90 to 98 %.
///
/// So 80 % means one false match in 10,000 comparisons of different people, whatever the model.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Similarity(f64);

impl Similarity {
    /// Not alike at all: also what a score that is not a number is worth.
    pub const NONE: Self = Self(0.0);
    /// The threshold of verify and, unless the request says otherwise, of compare: FMR 1e-4.
    pub const VERIFY: Self = Self(80.0);
    /// The threshold of identify and of the duplicate search: FMR 1e-6.
    pub const IDENTIFY: Self = Self(98.0);

    /// A similarity in percent.
    ///
    /// # Errors
    /// When it is outside 0 to 100 or not a number.
    pub fn from_percent(percent: f64) -> Result<Self, SimilarityError> {
        match (0.0..=100.0).contains(&percent) {
            true => Ok(Self(percent)),
            false => Err(SimilarityError),
        }
    }

    /// Percent, 0 to 100, unrounded: decisions are taken on this.
    #[must_use]
    pub fn percent(self) -> f64 {
        self.0
    }

    /// Percent with two decimals, rounded down, for the wire: a similarity that was shown, used as the threshold of the
    /// same comparison, matches.
    #[must_use]
    pub fn percent_shown(self) -> f64 {
        (self.0 * 100.0 + SHOWN_EPSILON).floor() / 100.0
    }

    /// Whether this similarity reaches `threshold`.
    #[must_use]
    pub fn decide(self, threshold: Self) -> Decision {
        match self.0 >= threshold.0 {
            true => Decision::Match,
            false => Decision::NonMatch,
        }
    }
}

/// `p / 100 * 100` of a two-decimal `p` may fall below `p` by rounding; this is far above that error and far below the
/// hundredth that is shown.
const SHOWN_EPSILON: f64 = 1e-9;

/// The outcome of a comparison at a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The similarity is at or above the threshold.
    Match,
    /// It is below.
    NonMatch,
}

/// A number that is no percentage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimilarityError;

impl fmt::Display for SimilarityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a similarity is a number from 0 to 100")
    }
}

impl std::error::Error for SimilarityError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_the_threshold_is_a_match() {
        let of = |p| Similarity::from_percent(p).expect("a percentage");
        assert_eq!(of(80.0).decide(Similarity::VERIFY), Decision::Match);
        assert_eq!(of(79.999_999).decide(Similarity::VERIFY), Decision::NonMatch);
    }

    #[test]
    fn what_is_shown_never_exceeds_what_is_meant() {
        for i in 0..=1_000_000_u32 {
            let similarity = Similarity::from_percent(f64::from(i) / 10_000.0).expect("a percentage");
            let shown = Similarity::from_percent(similarity.percent_shown()).expect("a percentage");
            assert!(shown.percent() <= similarity.percent() + 1e-9);
            assert!(similarity.percent() - shown.percent() < 0.01);
            assert_eq!(shown.percent_shown(), shown.percent(), "showing twice changes nothing");
        }
    }

    #[test]
    fn refuses_what_is_no_percentage() {
        for percent in [-0.1, 100.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Similarity::from_percent(percent), Err(SimilarityError));
        }
    }
}
