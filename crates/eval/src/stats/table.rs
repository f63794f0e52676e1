//! From non-mated scores to the table that turns a score into a similarity.

use biometric::Knot;
use serde::Serialize;

use super::{Distribution, ParetoTail};

/// The steps between 45 % and 98 %; 98 % is the highest tie to a false match rate that the contract makes.
const PERCENTS: [f64; 12] = [45.0, 50.0, 55.0, 60.0, 65.0, 70.0, 75.0, 80.0, 85.0, 90.0, 94.0, 98.0];

/// Up to here a decade of FMR is ten points.
const LAST_OF_TEN_A_DECADE: f64 = 90.0;

/// From there a decade is eight points: 98 % is 1e-6.
const POINTS_A_DECADE_ABOVE: f64 = 8.0;

/// Below this many scores the empirical quantile is replaced by the fitted tail: its relative error is then above
/// 1 / sqrt(100) = 10 %.
const SCORES_MIN: f64 = 100.0;

/// The score worth 100 %: a unit vector with itself, less what rounding to `f32` may take.
const SAME_IMAGE_SCORE: f64 = 0.999_99;

/// The FMR that defines a similarity from 40 % to 98 %.
#[must_use]
pub fn fmr_of_percent(percent: f64) -> f64 {
    let decades = match percent <= LAST_OF_TEN_A_DECADE {
        true => (percent - 40.0) / 10.0,
        false => 5.0 + (percent - LAST_OF_TEN_A_DECADE) / POINTS_A_DECADE_ABOVE,
    };
    10.0_f64.powf(-decades)
}

/// What a knot rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KnotSource {
    /// By definition: the ends.
    Definition,
    /// The order statistic of the measured scores.
    Empirical,
    /// The fitted tail.
    FittedTail,
}

/// One knot and how it came about.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MeasuredKnot {
    /// Similarity in percent.
    pub percent: f64,
    /// The FMR that defines it; none at the ends.
    pub fmr: Option<f64>,
    /// The score of the knot.
    pub score: f64,
    /// What it rests on.
    pub source: KnotSource,
    /// The order statistic, for comparison, where there is one.
    pub empirical_score: Option<f64>,
    /// The fitted tail's value, for comparison, where it applies.
    pub fitted_score: Option<f64>,
    /// Non-mated scores at or above the knot.
    pub scores_above: u64,
}

impl From<&MeasuredKnot> for Knot {
    fn from(knot: &MeasuredKnot) -> Self {
        Self { score: knot.score, percent: knot.percent }
    }
}

/// The table of a distribution of non-mated scores, from 0 % at -1 to 100 % at the same image, and the tail it leans on.
///
/// Knots that the data cannot tell apart (few scores, or many ties) are left out, so the table always rises strictly.
#[must_use]
pub fn measure_table(scores: &Distribution) -> (Vec<MeasuredKnot>, Option<ParetoTail>) {
    let tail = ParetoTail::fit(scores);
    let mut knots = vec![end(0.0, -1.0)];
    for percent in PERCENTS {
        let knot = measure(scores, tail.as_ref(), percent);
        let above_last = knots.last().is_none_or(|last| knot.score > last.score);
        if above_last && knot.score < SAME_IMAGE_SCORE {
            knots.push(knot);
        }
    }
    knots.push(end(100.0, SAME_IMAGE_SCORE));
    (knots, tail)
}

fn measure(scores: &Distribution, tail: Option<&ParetoTail>, percent: f64) -> MeasuredKnot {
    let fmr = fmr_of_percent(percent);
    let empirical = f64::from(scores.threshold_at(fmr));
    let fitted = tail.filter(|tail| fmr < tail.level_fmr).map(|tail| tail.score_at(fmr));
    let (score, source) = match fitted {
        Some(fitted) if fmr * (scores.count() as f64) < SCORES_MIN => (fitted, KnotSource::FittedTail),
        Some(_) | None => (empirical, KnotSource::Empirical),
    };
    MeasuredKnot {
        percent,
        fmr: Some(fmr),
        score,
        source,
        empirical_score: Some(empirical),
        fitted_score: fitted,
        scores_above: scores.at_or_above(score as f32),
    }
}

fn end(percent: f64, score: f64) -> MeasuredKnot {
    MeasuredKnot {
        percent,
        fmr: None,
        score,
        source: KnotSource::Definition,
        empirical_score: None,
        fitted_score: None,
        scores_above: 0,
    }
}

#[cfg(test)]
mod tests {
    use biometric::{Calibration, Similarity};

    use super::super::Tally;
    use super::*;

    fn calibration(knots: &[MeasuredKnot]) -> Calibration {
        Calibration::new(knots.iter().map(Knot::from).collect()).expect("rises")
    }

    #[test]
    fn percentages_are_tied_to_the_contracts_rates() {
        for (percent, fmr) in [(50.0, 1e-1), (60.0, 1e-2), (70.0, 1e-3), (80.0, 1e-4), (90.0, 1e-5), (98.0, 1e-6)] {
            assert!((fmr_of_percent(percent) / fmr - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn at_a_knot_exactly_its_share_of_the_scores_matches() {
        let mut tally = Tally::default();
        // A million scores, no two alike, in a steep curve as real ones are.
        (1..=1_000_000_u32).for_each(|i| tally.push((-(f64::from(i) / 1e6).ln() / 30.0) as f32));
        let scores = tally.finish();
        let (knots, tail) = measure_table(&scores);
        assert!(tail.is_some_and(|tail| tail.shape.abs() < 0.1), "an exponential tail: {tail:?}");
        let calibration = calibration(&knots);
        for (percent, count) in [(60.0, 10_000), (70.0, 1_000), (80.0, 100)] {
            let threshold = calibration.score_at(Similarity::from_percent(percent).expect("a percentage"));
            assert_eq!(scores.at_or_above(threshold as f32), count);
        }
        let fitted = calibration.score_at(Similarity::IDENTIFY);
        assert!((fitted - 1e6_f64.ln() / 30.0).abs() < 0.02, "{fitted}");
    }

    #[test]
    fn few_or_equal_scores_still_give_a_rising_table() {
        for scores in [vec![], vec![0.1], vec![0.2; 5000], vec![1.0; 10], vec![-1.0, 0.0, 0.5]] {
            let mut tally = Tally::default();
            scores.iter().for_each(|score| tally.push(*score));
            let (knots, _) = measure_table(&tally.finish());
            assert!(knots.len() >= 2);
            calibration(&knots);
        }
    }
}
