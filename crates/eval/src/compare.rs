//! Every template against every other one.

use std::convert::Infallible;

use biometric::{Template, scan};

use crate::parallel;

/// Rows compared at a time: 256 templates of 128 numbers are 128 KiB and stay in a core's own cache.
const BLOCK_ROWS: usize = 256;

/// Templates one after the other in memory, with the number of the image that each belongs to.
pub(crate) struct Matrix {
    values: Vec<f32>,
    images: Vec<usize>,
    dimension: usize,
}

impl Matrix {
    /// The templates of those images that are `wanted` and have one.
    pub(crate) fn new(templates: &[Option<Template>], wanted: impl Fn(usize) -> bool) -> Self {
        let mut matrix = Self { values: Vec::new(), images: Vec::new(), dimension: 1 };
        for (image, template) in templates.iter().enumerate().filter(|(image, _)| wanted(*image)) {
            if let Some(template) = template {
                matrix.dimension = template.values().len();
                matrix.values.extend(template.values());
                matrix.images.push(image);
            }
        }
        matrix
    }

    /// Compares every row with every later one, on all cores. `each` gets the two images and the score that
    /// [`Template::compare`] would give, bit for bit; each thread has a state of its own.
    pub(crate) fn compare_all<S: Send + Default>(&self, each: impl Fn(&mut S, usize, usize, f32) + Sync) -> Vec<S> {
        let blocks = self.images.len().div_ceil(BLOCK_ROWS);
        let work = |state: &mut S, block: usize| {
            let first = block * BLOCK_ROWS;
            let last = (first + BLOCK_ROWS).min(self.images.len());
            for probe in 0..last {
                let from = first.max(probe + 1);
                self.compare_one(probe, from, last, |row, score| {
                    each(state, self.images[probe], self.images[from + row], score);
                });
            }
            Ok::<(), Infallible>(())
        };
        match parallel::share_out(blocks, || Ok(S::default()), work) {
            Ok(states) => states,
            Err(never) => match never {},
        }
    }

    fn compare_one(&self, probe: usize, from: usize, to: usize, each: impl FnMut(usize, f32)) {
        let row = |at: usize| at * self.dimension;
        scan(&self.values[row(from)..row(to)], &self.values[row(probe)..row(probe + 1)], each);
    }
}

#[cfg(test)]
mod tests {
    use biometric::ModelId;

    use super::*;

    #[test]
    fn every_pair_is_compared_once_with_the_score_of_compare() {
        let model = ModelId::parse("m").expect("valid");
        let template = |seed: usize| {
            let values = (0..16).map(|i| ((seed * 31 + i * 17) as f32 * 0.37).sin()).collect();
            (seed % 50 != 7).then(|| Template::from_embedding(model.clone(), values).expect("a direction"))
        };
        let templates: Vec<_> = (0..600).map(template).collect();
        let matrix = Matrix::new(&templates, |image| image % 3 != 0);
        let push = |pairs: &mut Vec<_>, a, b, score: f32| pairs.push((a, b, score.to_bits()));
        let mut found = matrix.compare_all(push).concat();
        found.sort_unstable();
        let mut expected = Vec::new();
        let wanted: Vec<usize> = (0..600).filter(|i| i % 3 != 0 && i % 50 != 7).collect();
        for (at, a) in wanted.iter().enumerate() {
            for b in &wanted[at + 1..] {
                let (one, other) = (templates[*a].as_ref().expect("there"), templates[*b].as_ref().expect("there"));
                expected.push((*a, *b, one.compare(other).expect("one model").0.to_bits()));
            }
        }
        assert_eq!(found, expected);
    }
}
