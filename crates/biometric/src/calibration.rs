//! The map from a model's comparison score to similarity.

use std::fmt;

use crate::{Decision, Score, Similarity};

/// One point of a calibration: at this score, this similarity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knot {
    /// Comparison score, -1 to 1.
    pub score: f64,
    /// Similarity in percent, 0 to 100.
    pub percent: f64,
}

/// A strictly increasing, piecewise linear map from score to similarity, measured for one model.
///
/// Strictly increasing, so that ranking by percentage is ranking by score.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    knots: Box<[Knot]>,
}

impl Calibration {
    /// Accepts the knots of a model's card.
    ///
    /// # Errors
    /// When they do not rise strictly from 0 % to 100 % in both score and percent.
    pub fn new(knots: Vec<Knot>) -> Result<Self, CalibrationError> {
        let ends = (knots.first().map(|k| k.percent), knots.last().map(|k| k.percent));
        if ends != (Some(0.0), Some(100.0)) {
            return Err(CalibrationError::Ends);
        }
        let rises = |w: &[Knot]| w[0].score < w[1].score && w[0].percent < w[1].percent;
        match knots.windows(2).all(rises) {
            true => Ok(Self { knots: knots.into() }),
            false => Err(CalibrationError::NotIncreasing),
        }
    }

    /// The similarity that a score stands for; scores beyond the ends get 0 % and 100 %.
    #[must_use]
    pub fn similarity(&self, score: Score) -> Similarity {
        let percent = self.interpolate(f64::from(score.0), |k| k.score, |k| k.percent);
        Similarity::from_percent(percent.clamp(0.0, 100.0)).unwrap_or(Similarity::NONE)
    }

    /// The score at which a similarity begins: the inverse of [`Self::similarity`].
    #[must_use]
    pub fn score_at(&self, similarity: Similarity) -> f64 {
        self.interpolate(similarity.percent(), |k| k.percent, |k| k.score)
    }

    /// The least score whose similarity reaches `threshold`: comparing scores with it decides exactly as comparing
    /// similarities does.
    #[must_use]
    pub fn threshold_score(&self, threshold: Similarity) -> Score {
        let reaches = |score: f32| self.similarity(Score(score)).decide(threshold) == Decision::Match;
        let mut score = self.score_at(threshold) as f32;
        while !reaches(score) {
            score = score.next_up();
        }
        while reaches(score.next_down()) && score > -1.0 {
            score = score.next_down();
        }
        Score(score)
    }

    /// The knots, from 0 % to 100 %.
    #[must_use]
    pub fn knots(&self) -> &[Knot] {
        &self.knots
    }

    fn interpolate(&self, x: f64, from: impl Fn(&Knot) -> f64, to: impl Fn(&Knot) -> f64) -> f64 {
        let above = self.knots.partition_point(|k| from(k) <= x).clamp(1, self.knots.len() - 1);
        let (low, high) = (&self.knots[above - 1], &self.knots[above]);
        let share = ((x - from(low)) / (from(high) - from(low))).clamp(0.0, 1.0);
        to(low) + share * (to(high) - to(low))
    }
}

/// Why a list of knots is no calibration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalibrationError {
    /// The first knot is not 0 % or the last not 100 %.
    Ends,
    /// A knot does not lie above its predecessor in both score and percent.
    NotIncreasing,
}

impl fmt::Display for CalibrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ends => "a calibration runs from 0 % to 100 %",
            Self::NotIncreasing => "a calibration rises strictly in score and in percent",
        })
    }
}

impl std::error::Error for CalibrationError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn calibration() -> Calibration {
        let knot = |(score, percent)| Knot { score, percent };
        let knots = [(-1.0, 0.0), (0.1, 50.0), (0.3, 80.0), (0.5, 98.0), (1.0, 100.0)];
        Calibration::new(knots.map(knot).to_vec()).expect("rising")
    }

    #[test]
    fn passes_through_its_knots_and_back() {
        let calibration = calibration();
        for knot in calibration.knots() {
            let similarity = calibration.similarity(Score(knot.score as f32));
            assert!((similarity.percent() - knot.percent).abs() < 1e-4);
            assert!((calibration.score_at(similarity) - knot.score).abs() < 1e-6);
        }
    }

    #[test]
    fn deciding_on_scores_is_deciding_on_similarities() {
        let calibration = calibration();
        for percent in [0.0, 12.34, 50.0, 79.99, 80.0, 98.0, 99.999, 100.0] {
            let threshold = Similarity::from_percent(percent).expect("a percentage");
            let Score(least) = calibration.threshold_score(threshold);
            assert_eq!(calibration.similarity(Score(least)).decide(threshold), Decision::Match);
            if percent > 0.0 {
                assert_eq!(calibration.similarity(Score(least.next_down())).decide(threshold), Decision::NonMatch);
            }
        }
    }

    #[test]
    fn rises_strictly_between_the_ends() {
        let calibration = calibration();
        let percents: Vec<f64> =
            (-1000..=1000_i16).map(|i| calibration.similarity(Score(f32::from(i) / 1000.0)).percent()).collect();
        assert!(percents.windows(2).all(|w| w[0] < w[1]));
    }

    #[test]
    fn stays_within_the_ends_whatever_the_score() {
        let calibration = calibration();
        for (score, percent) in [(-2.0, 0.0), (2.0, 100.0), (f32::NAN, 0.0)] {
            assert_eq!(calibration.similarity(Score(score)).percent(), percent);
        }
    }

    #[test]
    fn refuses_tables_that_are_no_calibration() {
        let knot = |(score, percent)| Knot { score, percent };
        for knots in [vec![], vec![(0.0, 0.0)], vec![(0.0, 1.0), (1.0, 100.0)], vec![(0.0, 0.0), (1.0, 99.0)]] {
            let knots = knots.into_iter().map(knot).collect();
            assert_eq!(Calibration::new(knots), Err(CalibrationError::Ends));
        }
        for knots in [[(0.0, 0.0), (0.0, 50.0), (1.0, 100.0)], [(0.0, 0.0), (0.5, 0.0), (1.0, 100.0)]] {
            assert_eq!(Calibration::new(knots.map(knot).to_vec()), Err(CalibrationError::NotIncreasing));
        }
    }
}
