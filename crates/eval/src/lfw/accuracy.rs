//! The protocol of the data set: ten-fold accuracy.

use biometric::Template;

use super::Variant;
use super::dataset::{Dataset, Pair};
use super::variant::Embeddings;
use crate::Error;
use crate::stats::{Judged, share_right, threshold_of_most_right};

/// Accuracy of each fold in percent. Threshold and, where the recipe has one, population mean are chosen on the people
/// and pairs of the other folds.
pub(crate) fn by_fold(data: &Dataset, embeddings: &Embeddings<'_>, variant: Variant) -> Result<Vec<f64>, Error> {
    (0..data.folds).map(|fold| accuracy_of(data, embeddings, variant, fold)).collect()
}

fn accuracy_of(data: &Dataset, embeddings: &Embeddings<'_>, variant: Variant, fold: usize) -> Result<f64, Error> {
    // With people in several folds there are no others to take the mean of: all are taken.
    let of_other_folds = |person: usize| !data.folds_disjoint || data.fold_of[person] != Some(fold);
    let (templates, _) = embeddings.templates(variant, of_other_folds)?;
    let judge = |pairs: &mut dyn Iterator<Item = &Pair>| -> Vec<Judged> {
        pairs.map(|pair| Judged { score: score(&templates, pair), mated: pair.mated }).collect()
    };
    let others = judge(&mut data.pairs.iter().filter(|pair| pair.fold != fold));
    let own = judge(&mut data.pairs.iter().filter(|pair| pair.fold == fold));
    match own.is_empty() || others.is_empty() {
        true => Err(Error::TooLittle(format!("fold {fold} of {} or its rest has no pairs", data.folds))),
        false => Ok(100.0 * share_right(&own, threshold_of_most_right(&others))),
    }
}

fn score(templates: &[Option<Template>], pair: &Pair) -> Option<f32> {
    let (a, b) = (templates[pair.a].as_ref()?, templates[pair.b].as_ref()?);
    a.compare(b).ok().map(|score| score.0)
}
