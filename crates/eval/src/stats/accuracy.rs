//! Right and wrong decisions on labelled pairs: what the cross-validated accuracy is made of.

/// A labelled pair: its score, if both faces were found, and whether it is of one person.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Judged {
    /// `None` when a face was not found: never a match.
    pub(crate) score: Option<f32>,
    pub(crate) mated: bool,
}

impl Judged {
    fn value(self) -> f32 {
        self.score.unwrap_or(f32::NEG_INFINITY)
    }
}

/// Share of the pairs that a threshold decides rightly.
pub(crate) fn share_right(pairs: &[Judged], threshold: f32) -> f64 {
    let right = pairs.iter().filter(|pair| (pair.value() >= threshold) == pair.mated).count();
    right as f64 / pairs.len() as f64
}

/// The threshold that decides most pairs rightly: halfway to the next score, the highest of several.
pub(crate) fn threshold_of_most_right(pairs: &[Judged]) -> f32 {
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|a, b| b.value().total_cmp(&a.value()));
    // Above all scores nothing matches: every non-mated pair is right.
    let mut right = sorted.iter().filter(|pair| !pair.mated).count() as i64;
    let (mut most, mut threshold) = (right, f32::INFINITY);
    for (at, pair) in sorted.iter().enumerate() {
        right += if pair.mated { 1 } else { -1 };
        let next = sorted.get(at + 1).map_or(pair.value(), |next| next.value());
        // Between equal scores no threshold fits; pairs without a score never match.
        let fits = pair.score.is_some() && (next < pair.value() || at + 1 == sorted.len());
        if fits && right > most {
            let halfway = if next.is_finite() { f32::midpoint(pair.value(), next) } else { pair.value() };
            (most, threshold) = (right, halfway);
        }
    }
    threshold
}

/// Mean and standard deviation (of these values, not of a population that they sample).
pub(crate) fn mean_and_std(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    (mean, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(values: &[(f32, bool)]) -> Vec<Judged> {
        values.iter().map(|(score, mated)| Judged { score: Some(*score), mated: *mated }).collect()
    }

    #[test]
    fn a_separable_set_is_split_halfway() {
        let pairs = pairs(&[(0.9, true), (0.7, true), (0.3, false), (0.1, false)]);
        let threshold = threshold_of_most_right(&pairs);
        assert!((threshold - 0.5).abs() < 1e-6);
        assert_eq!(share_right(&pairs, threshold), 1.0);
    }

    #[test]
    fn ties_fall_on_one_side_together() {
        let pairs = pairs(&[(0.9, true), (0.5, true), (0.5, false), (0.5, false), (0.1, false)]);
        let threshold = threshold_of_most_right(&pairs);
        assert!((threshold - 0.7).abs() < 1e-6, "{threshold}");
        assert_eq!(share_right(&pairs, threshold), 0.8);
        assert_eq!(share_right(&pairs, 0.5), 0.6, "at the threshold is a match");
    }

    #[test]
    fn a_pair_without_a_face_is_a_non_match() {
        let mut pairs = pairs(&[(0.9, true), (0.1, false)]);
        pairs.push(Judged { score: None, mated: true });
        pairs.push(Judged { score: None, mated: false });
        let threshold = threshold_of_most_right(&pairs);
        assert!(threshold > 0.1 && threshold.is_finite());
        assert_eq!(share_right(&pairs, threshold), 0.75);
    }

    #[test]
    fn spread_of_known_values() {
        assert_eq!(mean_and_std(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]), (5.0, 2.0));
    }
}
