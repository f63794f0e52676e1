//! Probes: of enrolled people at drawn similarities, and of people who are not enrolled.

use super::random::Random;
use super::source::{SEED, Source, between};

/// What the stream that draws a probe's person and similarity is for.
const QUERY: u64 = 5;

/// Bands of the cosine between a mated probe and its reference, from and to. Real mated pairs lie from the first, around
/// the thresholds of a false match rate of 1e-3 to 1e-4, to the last.
pub(super) const BANDS: [(f64, f64); 5] = [(0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (0.6, 0.7), (0.7, 0.95)];

/// Whose probe it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Of the person in this row; the cosine is of this band.
    Mated {
        /// Row of the gallery.
        row: u32,
        /// Number into [`BANDS`].
        band: usize,
    },
    /// Of nobody who is enrolled.
    NonMated,
}

/// Probes, one after the other, and whose they are: the bands and the strangers by turns.
#[derive(Debug)]
pub(super) struct Queries {
    pub(super) width: usize,
    pub(super) values: Vec<f32>,
    pub(super) whose: Vec<Whose>,
}

impl Queries {
    /// Probes for a gallery of `rows` rows of this source. `first` tells apart several sets of probes.
    pub(super) fn draw(source: &Source, rows: usize, first: u64, count: usize) -> Self {
        let width = source.width();
        let mut values = vec![0.0; count * width];
        let mut reference = vec![0.0; width];
        let draw = |(number, probe): (usize, &mut [f32])| {
            let id = first + number as u64;
            let random = &mut Random::of(SEED, QUERY, id);
            let Some(band) = Some(number % (BANDS.len() + 1)).filter(|band| *band < BANDS.len()) else {
                source.stranger(id, probe);
                return Whose::NonMated;
            };
            let row = random.below(rows);
            source.row(row as u64, &mut reference);
            source.probe(id, &reference, between(BANDS[band], random), probe);
            Whose::Mated { row: row as u32, band }
        };
        let whose = values.chunks_exact_mut(width).enumerate().map(draw).collect();
        Self { width, values, whose }
    }

    pub(super) fn count(&self) -> usize {
        self.whose.len()
    }

    /// Some probes, one after the other.
    pub(super) fn probes(&self, first: usize, count: usize) -> &[f32] {
        &self.values[first * self.width..(first + count) * self.width]
    }
}

/// A band in words.
pub(super) fn band_name(band: usize) -> String {
    let (low, high) = BANDS[band];
    format!("{low:.1} to {high}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::vector::product;

    #[test]
    fn probes_hit_their_bands_and_every_sixth_is_a_stranger() {
        let source = Source::Synthetic { width: 32 };
        let queries = Queries::draw(&source, 500, 0, 120);
        let mut reference = vec![0.0; 32];
        for (number, whose) in queries.whose.iter().enumerate() {
            let probe = queries.probes(number, 1);
            assert!((product(probe, probe) - 1.0).abs() < 1e-6);
            match whose {
                Whose::Mated { row, band } => {
                    source.row(u64::from(*row), &mut reference);
                    let (cosine, (low, high)) = (product(probe, &reference), BANDS[*band]);
                    assert!(*row < 500 && (low - 1e-5..high + 1e-5).contains(&cosine), "{cosine} in band {band}");
                }
                Whose::NonMated => assert_eq!(number % 6, 5),
            }
        }
        assert_eq!(Queries::draw(&source, 500, 0, 120).values, queries.values);
        assert_ne!(Queries::draw(&source, 500, 120, 120).values, queries.values);
    }
}
