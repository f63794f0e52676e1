//! Scores of all pairs within a set of people, sorted into what they are evidence of.

use biometric::Template;

use super::dataset::Dataset;
use super::labels::LabelErrors;
use crate::compare::Matrix;
use crate::stats::{Distribution, Rate, Tally};

/// One thread's share.
#[derive(Default)]
struct Part {
    mated: Vec<f32>,
    non_mated: Tally,
    mislabelled_mated: Vec<f32>,
    mislabelled_non_mated: Vec<f32>,
}

/// Scores of all pairs of some images, by what their names say.
pub(crate) struct Scores {
    /// Pairs of one person, in ascending order.
    mated: Vec<f32>,
    /// Mated pairs of which a face was not found: non-matches at every threshold.
    mated_failed: u64,
    /// Pairs of two people.
    pub(crate) non_mated: Distribution,
}

/// Scores of the pairs whose names can be trusted, and of all.
pub(crate) struct BothLabellings {
    pub(crate) corrected: Scores,
    pub(crate) as_named: Scores,
}

/// Templates by image, and which people are compared by them.
pub(crate) type Group<'a> = (&'a [Option<Template>], &'a (dyn Fn(usize) -> bool + Sync));

/// Compares all images of the wanted people. Pairs across several calls are pooled: each call is one group of people
/// with the templates that hold for it.
pub(crate) fn compare(data: &Dataset, errors: &LabelErrors, groups: &[Group<'_>]) -> BothLabellings {
    let each = |part: &mut Part, a: usize, b: usize, score: f32| match (data.mated(a, b), errors.concern(data, a, b)) {
        (false, false) => part.non_mated.push(score),
        (true, false) => part.mated.push(score),
        (false, true) => part.mislabelled_non_mated.push(score),
        (true, true) => part.mislabelled_mated.push(score),
    };
    let (mut all, mut failed, mut failed_as_named) = (Part::default(), 0, 0);
    for (templates, wanted) in groups {
        for part in Matrix::new(templates, |image| wanted(data.person_of[image])).compare_all(each) {
            all.mated.extend(part.mated);
            all.mislabelled_mated.extend(part.mislabelled_mated);
            all.mislabelled_non_mated.extend(part.mislabelled_non_mated);
            all.non_mated = all.non_mated.merged(&part.non_mated);
        }
        let (trusted, named) = failed_mated_pairs(data, errors, templates, wanted);
        failed += trusted;
        failed_as_named += named;
    }
    let mut non_mated_as_named = all.non_mated.clone();
    all.mislabelled_non_mated.iter().for_each(|score| non_mated_as_named.push(*score));
    let mated_as_named = [all.mated.as_slice(), &all.mislabelled_mated].concat();
    BothLabellings {
        corrected: Scores::new(all.mated, failed, all.non_mated),
        as_named: Scores::new(mated_as_named, failed_as_named, non_mated_as_named),
    }
}

/// Mated pairs without a score: those with trusted names, and all.
fn failed_mated_pairs(
    data: &Dataset,
    errors: &LabelErrors,
    templates: &[Option<Template>],
    wanted: &dyn Fn(usize) -> bool,
) -> (u64, u64) {
    let (mut trusted, mut named) = (0, 0);
    let failed = (0..templates.len()).filter(|a| templates[*a].is_none() && wanted(data.person_of[*a]));
    for a in failed {
        for b in (0..templates.len()).filter(|b| *b != a && data.mated(a, *b)) {
            // A pair of two failures comes up twice and counts once.
            if templates[b].is_some() || a < b {
                named += 1;
                trusted += u64::from(!errors.concern(data, a, b));
            }
        }
    }
    (trusted, named)
}

impl Scores {
    fn new(mut mated: Vec<f32>, mated_failed: u64, non_mated: Tally) -> Self {
        mated.sort_unstable_by(f32::total_cmp);
        Self { mated, mated_failed, non_mated: non_mated.finish() }
    }

    /// The false non-match rate at a threshold; a score at the threshold is a match.
    pub(crate) fn fnmr(&self, threshold: f32) -> Rate {
        let below = self.mated.partition_point(|score| *score < threshold) as u64;
        Rate::new(below + self.mated_failed, self.mated.len() as u64 + self.mated_failed)
    }

    /// The false match rate at a threshold.
    pub(crate) fn fmr(&self, threshold: f32) -> Rate {
        Rate::new(self.non_mated.at_or_above(threshold), self.non_mated.count())
    }

    /// Mated scores, ascending.
    pub(crate) fn mated(&self) -> &[f32] {
        &self.mated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(mated: &[f32], failed: u64, non_mated: &[f32]) -> Scores {
        let mut tally = Tally::default();
        non_mated.iter().for_each(|score| tally.push(*score));
        Scores::new(mated.to_vec(), failed, tally)
    }

    #[test]
    fn counts_are_exact_and_a_score_at_the_threshold_matches() {
        let scores = scores(&[0.9, 0.3, 0.5, 0.5], 0, &[0.5, 0.1, 0.6, 0.5, 0.2]);
        assert_eq!((scores.fnmr(0.5).count, scores.fnmr(0.5).total), (1, 4));
        assert_eq!(scores.fnmr(0.500_001).count, 3);
        assert_eq!((scores.fmr(0.5).count, scores.fmr(0.5).total), (3, 5));
        assert_eq!(scores.fmr(0.55).count, 1);
    }

    #[test]
    fn a_face_that_was_not_found_is_a_non_match_at_every_threshold() {
        let scores = scores(&[0.9], 3, &[0.1]);
        assert_eq!((scores.fnmr(-1.0).count, scores.fnmr(-1.0).total), (3, 4));
    }
}
