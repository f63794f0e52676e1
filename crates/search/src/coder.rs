//! Vectors to codes, probes to queries.

use std::sync::Arc;

use crate::Tier;
use crate::bound::{DECODED_NORM_MAX, round_up, slack};
use crate::codes::{Codes, GROUP_ROWS, LINE, Layout, STEP_VALUES};
use crate::quantise::{Quantised, levels_max, quantise, quantise_probe};
use crate::rotation::Rotation;

/// How vectors of one width become codes of one tier. Cloning is cheap; two coders of the same width and tier are the
/// same, in every process and release that gives the same [`Coder::fingerprint`].
#[derive(Clone, Debug)]
pub struct Coder {
    width: usize,
    layout: Layout,
    rotation: Arc<Rotation>,
}

/// A probe, prepared for the search.
#[derive(Clone)]
pub struct Query {
    /// The probe as it is, for the recomputation.
    pub(crate) probe: Box<[f32]>,
    /// Its rotated and quantised values, four bytes to a step of the kernels, in the order of the codes' lines.
    pub(crate) words: Box<[i32]>,
    /// What the sum of levels times words has too much, since levels are not negative: the sum of words times the greatest
    /// level, to be taken from twice the sum.
    pub(crate) offset: i32,
    /// What one step of the words is worth.
    pub(crate) step: f32,
    /// The factor of a row's residual: the norm of the probe.
    pub(crate) norm: f32,
    /// What is added for every row: what the probe's quantisation can cost, and all rounding.
    pub(crate) margin: f32,
    /// Of which codes.
    pub(crate) layout: Layout,
}

impl Coder {
    /// The greatest width, in values: up to it a kernel's sums are whole numbers that `f32` holds exactly, below 2^24
    /// (1024 values, each at most 255 times 63).
    pub const WIDTH_MAX: usize = 1024;

    /// Changes whenever codes of the same vector become other bytes.
    const VERSION: u64 = 2;

    /// A coder for vectors of `width` values.
    ///
    /// # Panics
    /// When the width is 0 or above [`Coder::WIDTH_MAX`]: no model has such templates.
    #[must_use]
    pub fn new(width: usize, tier: Tier) -> Self {
        assert!((1..=Self::WIDTH_MAX).contains(&width), "templates have 1 to {} values", Self::WIDTH_MAX);
        Self { width, layout: Layout::new(tier, width), rotation: Arc::new(Rotation::new(width)) }
    }

    /// How many values a vector has.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// What it makes.
    #[must_use]
    pub fn tier(&self) -> Tier {
        self.layout.tier
    }

    /// Equal for coders that make the same codes: for whoever keeps codes on a disk.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let tier = match self.tier() {
            Tier::U8 => 1,
            Tier::V4 => 2,
        };
        Self::VERSION << 32 | tier << 16 | self.width as u64
    }

    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }

    /// The codes of vectors that lie one after the other.
    ///
    /// # Panics
    /// When `values` is no whole number of vectors: a defect of the caller.
    #[must_use]
    pub fn encode(&self, values: &[f32]) -> Codes {
        let mut codes = Codes::zeroed(self, values.len() / self.width);
        self.encode_groups(values, codes.as_bytes_mut());
        codes
    }

    /// Writes the codes of vectors into the groups from the first of `groups` on; for filling many at once from several
    /// threads.
    ///
    /// # Panics
    /// When `values` is no whole number of vectors, or more than the groups have room for: a defect of the caller.
    pub fn encode_groups(&self, values: &[f32], groups: &mut [u8]) {
        // The row of half a vector would stay wiped: a person whom no search finds.
        assert!(values.len().is_multiple_of(self.width), "vectors of one model have one length");
        let mut rotated = Vec::with_capacity(self.rotation.padded());
        let vectors = values.chunks(GROUP_ROWS * self.width);
        assert!(vectors.len() * self.layout.group_bytes() <= groups.len(), "room for every row");
        for (vectors, group) in vectors.zip(groups.chunks_exact_mut(self.layout.group_bytes())) {
            for (row, vector) in vectors.chunks_exact(self.width).enumerate() {
                self.encode_row(vector, &mut rotated, group, row);
            }
        }
    }

    /// Writes the code of one vector into its place in a group.
    pub(crate) fn encode_row(&self, vector: &[f32], rotated: &mut Vec<f64>, group: &mut [u8], row: usize) {
        self.rotation.apply(vector, rotated);
        let Quantised { levels, scale, residual } = quantise(self.tier(), rotated);
        rotated.fill(0.0);
        let (lines, bounds) = group.split_at_mut(self.layout.lines * LINE);
        let lanes = lines.chunks_exact_mut(LINE).map(|line| &mut line[row * STEP_VALUES..][..STEP_VALUES]);
        match self.tier() {
            Tier::U8 => lanes.zip(levels.chunks_exact(STEP_VALUES)).for_each(|(lane, four)| lane.copy_from_slice(four)),
            Tier::V4 => lanes.zip(levels.chunks_exact(2 * STEP_VALUES)).for_each(|(lane, eight)| {
                let (low, high) = eight.split_at(STEP_VALUES);
                lane.iter_mut().zip(low.iter().zip(high)).for_each(|(byte, (low, high))| *byte = low | high << 4);
            }),
        }
        let (scales, residuals) = bounds.split_at_mut(LINE / 2);
        scales[2 * row..][..2].copy_from_slice(&scale.to_le_bytes());
        residuals[2 * row..][..2].copy_from_slice(&residual.to_le_bytes());
    }

    /// A probe, prepared for the search.
    ///
    /// # Panics
    /// When it has another length: a defect of the caller.
    #[must_use]
    pub fn query(&self, probe: &[f32]) -> Query {
        assert_eq!(probe.len(), self.width, "vectors of one model have one length");
        let mut rotated = Vec::new();
        self.rotation.apply(probe, &mut rotated);
        let quantised = quantise_probe(self.tier(), &rotated);
        let margin = DECODED_NORM_MAX * quantised.residual + slack(self.width, quantised.norm);
        let sum: i32 = quantised.words.iter().map(|word| i32::from(*word)).sum();
        let four = |words: &[i8]| i32::from_le_bytes([0, 1, 2, 3].map(|i| words[i].to_le_bytes()[0]));
        Query {
            probe: probe.into(),
            words: quantised.words.chunks_exact(STEP_VALUES).map(four).collect(),
            offset: sum * levels_max(self.tier()) as i32,
            step: quantised.step,
            norm: round_up(quantised.norm),
            margin: round_up(margin),
            layout: self.layout,
        }
    }
}

impl Codes {
    /// Replaces a row's code.
    ///
    /// # Panics
    /// When there is no such row, or the vector has another length: a defect of the caller.
    pub fn set(&mut self, coder: &Coder, row: usize, vector: &[f32]) {
        assert!(row < self.rows() && vector.len() == coder.width && self.layout() == coder.layout);
        let bytes = coder.layout.group_bytes();
        let group = &mut self.as_bytes_mut()[row / GROUP_ROWS * bytes..][..bytes];
        coder.encode_row(vector, &mut Vec::new(), group, row % GROUP_ROWS);
    }
}

impl Drop for Query {
    fn drop(&mut self) {
        self.probe.fill(0.0);
        self.words.fill(0);
        // Keeps the optimiser from seeing that nobody reads the zeros.
        std::hint::black_box((&mut self.probe, &mut self.words));
    }
}

impl std::fmt::Debug for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Query").field("layout", &self.layout).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use biometric::dot;

    use super::*;
    use crate::bound::widen_half;
    use crate::{Goal, Gone, How, Job, Memory, Piece, scan};

    fn unit(values: &[f64]) -> Vec<f32> {
        let norm = values.iter().map(|value| value * value).sum::<f64>().sqrt();
        values.iter().map(|value| (value / norm) as f32).collect()
    }

    fn rotated(coder: &Coder, vector: &[f32]) -> Vec<f64> {
        let mut into = Vec::new();
        coder.rotation.apply(vector, &mut into);
        into
    }

    /// The vector whose rotation has these values: the rotation's transpose is its inverse.
    fn rotated_back(coder: &Coder, values: &[f64]) -> Vec<f64> {
        let axis = |place| (0..coder.width).map(|i| f32::from(u8::from(i == place))).collect::<Vec<_>>();
        (0..coder.width)
            .map(|place| rotated(coder, &axis(place)).iter().zip(values).map(|(a, b)| a * b).sum())
            .collect()
    }

    /// What the code of a rotated row says it is, and the bound of what it lost.
    fn decoded(tier: Tier, turned: &[f64]) -> (Vec<f64>, f64) {
        let Quantised { levels, scale, residual } = quantise(tier, turned);
        let scale = f64::from(widen_half(scale));
        let decoded = levels.iter().map(|level| scale * (2.0 * f64::from(*level) - levels_max(tier)));
        (decoded.collect(), f64::from(widen_half(residual)))
    }

    /// Whether a search for all who reach a row's own score finds it.
    fn found(coder: &Coder, row: &[f32], probe: &[f32]) -> bool {
        let (codes, originals) = (coder.encode(row), Memory::new(coder.width, row.to_vec()));
        let piece = Piece { codes: &codes, originals: &originals, gone: &Gone::default() };
        let goal = Goal::Reaching { score: dot(row, probe), rows_max: 1 };
        let job = Job { query: &coder.query(probe), goal };
        scan(&[piece], &[job], How::alone()).expect("undamaged")[0].len() == 1
    }

    /// Where Cauchy and Schwarz leave no room: probes along what the code lost of a row, alone and mixed with the row. Their
    /// scores are as far above what the codes say as they can be.
    #[test]
    fn the_worst_probe_for_a_row_finds_it_at_its_own_score() {
        for (tier, width) in [(Tier::U8, 64), (Tier::V4, 64), (Tier::U8, 24), (Tier::V4, 24)] {
            let coder = Coder::new(width, tier);
            for seed in 0..40 {
                let wave: Vec<_> =
                    (0..width).map(|i| ((i * (seed + 3)) as f64 * 0.7).sin() + 0.3 * (i as f64).cos()).collect();
                let row = unit(&wave);
                let turned = rotated(&coder, &row);
                let (decoded, residual) = decoded(tier, &turned);
                let lost: Vec<_> = turned.iter().zip(&decoded).map(|(a, b)| a - b).collect();
                let lost = rotated_back(&coder, &lost);
                for share in [0.0, 0.01, 0.1, 0.5, 2.0] {
                    let probe: Vec<_> =
                        lost.iter().zip(&row).map(|(lost, row)| lost + share * f64::from(*row)).collect();
                    let probe = unit(&probe);
                    let score = dot(&row, &probe);
                    if share == 0.0 {
                        // The case is what it says: nearly all of the residual is in the score.
                        let said: f64 = rotated(&coder, &probe).iter().zip(&decoded).map(|(a, b)| a * b).sum();
                        assert!(f64::from(score) - said > 0.98 * residual);
                    }
                    assert!(found(&coder, &row, &probe), "{tier} {width}");
                }
            }
        }
    }

    /// Rows with many values exactly on the border between two levels: were the scale fitted to other levels than those that
    /// are stored, what is decoded would be longer than the row. The probe lies along what the code lost, and what rounding
    /// takes from it along what the code says, as far as rounding goes.
    #[test]
    fn a_row_on_the_border_between_levels_is_found_at_its_own_score() {
        let (tier, width) = (Tier::V4, 112);
        let coder = Coder::new(width, tier);
        // A fifteenth of the greatest value: its reciprocal is rounded, so that dividing by it is not multiplying by that.
        // Everything is a whole number of 2^-22, which neither a vector nor its rotation rounds.
        let part = 1815.0 / f64::from(1 << 18);
        for fourteens in 15..=25 {
            let parts = |place| match place {
                0 => 15.0,
                1..=11 => -10.0,
                _ if place <= 11 + fourteens => -14.0,
                _ => [13.2, -15.0, 13.2, -13.2, 13.2][place % 5],
            };
            let values: Vec<_> = (0..width).map(|place| parts(place) * part).collect();
            let row: Vec<_> = rotated_back(&coder, &values).iter().map(|value| *value as f32).collect();
            let turned = rotated(&coder, &row);
            assert_eq!(turned, values, "nothing is rounded");
            let (decoded, _) = decoded(tier, &turned);
            let lost: Vec<_> = turned.iter().zip(&decoded).map(|(a, b)| a - b).collect();
            let greatest = |values: &[f64]| values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
            let (step, longest) = (greatest(&lost) / 127.0, greatest(&decoded));
            let word = |(lost, decoded): (&f64, &f64)| (lost / step).round() + 0.495 * decoded / longest;
            let mut words: Vec<_> = lost.iter().zip(&decoded).map(word).collect();
            let first = words.iter_mut().max_by(|a, b| a.abs().total_cmp(&b.abs())).expect("values");
            *first = 127.0_f64.copysign(*first);
            let probe = unit(&rotated_back(&coder, &words));
            assert!(found(&coder, &row, &probe), "{fourteens}");
        }
    }

    /// No product of the bound may run over, least of all to minus infinity.
    #[test]
    fn a_probe_as_long_as_numbers_go_rules_nobody_out() {
        for (tier, width) in Tier::ALL.into_iter().flat_map(|tier| [8, 16, 128].map(|width| (tier, width))) {
            let coder = Coder::new(width, tier);
            for seed in 0..40 {
                let row = unit(&(0..width).map(|i| ((i * (seed + 3)) as f64 * 0.7).sin()).collect::<Vec<_>>());
                for length in [1e37_f32, 1.6e38, 1.8e38, 3.3e38, 3.395e38, 3.4e38, f32::MAX] {
                    let probe: Vec<_> = row.iter().map(|value| -value * length).collect();
                    assert!(found(&coder, &row, &probe), "{tier} {width} {seed} {length}");
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "one length")]
    fn half_a_vector_is_refused() {
        let coder = Coder::new(8, Tier::U8);
        let mut codes = Codes::zeroed(&coder, 2);
        coder.encode_groups(&[0.1; 12], codes.as_bytes_mut());
    }

    #[test]
    fn codes_change_row_by_row() {
        for tier in Tier::ALL {
            let coder = Coder::new(24, tier);
            let rows: Vec<f32> = (0..24 * 40).map(|i| (i as f32 * 0.37).sin() * 0.2).collect();
            let mut codes = coder.encode(&rows);
            codes.set(&coder, 17, &rows[..24]);
            let mut changed = rows.clone();
            changed.copy_within(..24, 17 * 24);
            assert_eq!(codes.as_bytes(), coder.encode(&changed).as_bytes());
            codes.clear(39);
            assert_ne!(codes.as_bytes(), coder.encode(&changed).as_bytes());
            let back = Codes::from_bytes(&coder, 40, codes.as_bytes()).expect("the same length");
            assert_eq!((back.rows(), back.as_bytes()), (40, codes.as_bytes()));
            assert!(Codes::from_bytes(&coder, 60, codes.as_bytes()).is_err());
        }
    }
}
