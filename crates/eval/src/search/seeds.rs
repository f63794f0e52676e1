//! Templates of real images, as the seeds of a gallery.

use std::path::PathBuf;

use face::Recipe;

use super::report::Quantile;
use super::source::Seeds;
use crate::embeddings::Cache;
use crate::lfw::{CacheFile, Dataset};
use crate::{Error, FaceChoice, PipelineFactory, Progress, extract};

/// The shares of the comparisons whose score is told.
const SHARES: [f64; 5] = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

/// Labelled images.
#[derive(Clone, Debug)]
pub struct Faces {
    /// Folder with `lfw/` and `pairs.csv`, as for the evaluation of accuracy.
    pub input: PathBuf,
    /// The recipe that ships.
    pub recipe: Recipe,
    /// Keeps embeddings from one run to the next.
    pub cache: Option<CacheFile>,
}

impl Faces {
    /// Templates of all images that show a face.
    pub(super) fn seeds(&self, factory: &PipelineFactory<'_>, progress: &dyn Progress) -> Result<Seeds, Error> {
        let data = Dataset::read(&self.input)?;
        let folder = Dataset::folder(&self.input);
        let files: Vec<PathBuf> = data.images.iter().map(|name| folder.join(name)).collect();
        let mut cache = match &self.cache {
            Some(CacheFile { path, key }) => Cache::open(path, key)?,
            None => Cache::none(),
        };
        let extractions = extract::extract(&files, FaceChoice::NearestCentre, factory, &mut cache, progress)?;
        let (mut templates, mut person_of, mut width) = (Vec::new(), Vec::new(), 0);
        for (image, extraction) in extractions.iter().enumerate() {
            let Some(embedding) = extraction.embedding() else { continue };
            let template = self.recipe.template(&embedding)?;
            width = template.values().len();
            templates.extend_from_slice(template.values());
            person_of.push(data.person_of[image]);
        }
        Seeds::new(width, templates, person_of)
    }
}

/// Scores of different people among the seeds.
pub(super) fn quantiles_of_seeds(seeds: &Seeds) -> Vec<Quantile> {
    let person_of = seeds.person_of();
    quantiles(seeds.templates(), seeds.width(), |a, b| person_of[a] != person_of[b])
}

/// The scores that shares of all comparisons reach, of vectors with each other.
pub(super) fn quantiles(values: &[f32], width: usize, counts: impl Fn(usize, usize) -> bool) -> Vec<Quantile> {
    let mut scores = Vec::new();
    for (number, row) in values.chunks_exact(width).enumerate() {
        biometric::scan(&values[(number + 1) * width..], row, |other, score| {
            if counts(number, number + 1 + other) {
                scores.push(score);
            }
        });
    }
    let quantile = |share: f64| {
        let at = (share * scores.len() as f64) as usize;
        let score =
            if scores.is_empty() { f32::NAN } else { *scores.select_nth_unstable_by(at, |a, b| b.total_cmp(a)).1 };
        Quantile { share, score }
    };
    SHARES.map(quantile).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_comparisons_that_count() {
        // Cosines 1 (the same person), 0 and 0.
        let values = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0];
        let scores = |counts: fn(usize, usize) -> bool| quantiles(&values, 2, counts).iter().map(|q| q.score).collect();
        let (all, different): (Vec<f32>, Vec<f32>) = (scores(|_, _| true), scores(|a, b| (a, b) != (0, 1)));
        assert_eq!((all, different), (vec![1.0; 5], vec![0.0; 5]));
    }
}
