//! Coefficients to samples: the inverse cosine transform of a block, whole or reduced (ITU-T T.81, A.3.3).
//!
//! A block of 8 x 8 coefficients becomes 8, 4, 2 or 1 samples across, and as many or others down. Fewer samples are made of
//! the low frequencies alone, each of which is weighed by what is left of it in the mean over the pixels that a sample covers:
//! of the reductions that only look at these, none is nearer to that mean.
//!
//! The transform is separable, and in each direction that of Arai, Agui and Nakajima for 8 samples, the definition for fewer;
//! their factors are part of the [`Weights`] that dequantise. Single precision is more exact than the integer transform of the
//! standard's reference, and all vector units have it.

use std::f32::consts::SQRT_2;
use std::f64::consts::PI;

use super::header::{Quantisation, ZIGZAG};

/// Samples or coefficients to the side of a block.
pub(super) const SIDE: usize = 8;

/// The middle of the samples, which the encoder took off (A.3.1).
const MIDDLE: f32 = 128.0;

/// Coefficients column by column, so that the first of both passes needs no transposition.
pub(super) type Block = [i16; SIDE * SIDE];

/// Where a coefficient lies in a block, by its place in the order of the stream; behind the last there is room to be wrong.
pub(super) const PLACES: [u8; 128] = {
    let mut places = [0; 128];
    let mut at = 0;
    while at < ZIGZAG.len() {
        places[at] = ZIGZAG[at] % 8 * 8 + ZIGZAG[at] / 8;
        at += 1;
    }
    places
};

/// To how many samples a block is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) across: usize,
    pub(super) down: usize,
}

impl Shape {
    /// The last place in the order of the stream whose coefficient is looked at.
    pub(super) fn last_place(self) -> u32 {
        let is_seen = |at: &u8| usize::from(at % 8) < self.across && usize::from(at / 8) < self.down;
        ZIGZAG.iter().rposition(is_seen).map_or(0, |place| place as u32)
    }
}

/// What coefficients are multiplied by.
pub(super) struct Weights([f32; SIDE * SIDE]);

impl Weights {
    pub(super) fn new(quantisation: &Quantisation, shape: Shape) -> Self {
        let mut weights = [0.0; SIDE * SIDE];
        for (u, column) in weights.chunks_exact_mut(SIDE).enumerate().take(shape.across) {
            for (v, weight) in column.iter_mut().enumerate().take(shape.down) {
                let step = f64::from(quantisation[v * SIDE + u]);
                *weight = (step * weight_of(u, shape.across) * weight_of(v, shape.down)) as f32;
            }
        }
        Self(weights)
    }
}

/// Of a frequency in one direction, for so many samples.
fn weight_of(frequency: usize, samples: usize) -> f64 {
    let frequency = frequency as f64;
    if frequency == 0.0 {
        // The normalisation of the cosine transform.
        return 0.125_f64.sqrt();
    }
    // What the mean of two neighbours leaves of it, halving by halving.
    let halvings = (0..).map(|halving| SIDE >> halving).take_while(|side| *side > samples);
    let mean: f64 = halvings.map(|side| (frequency * PI / (2 * side) as f64).cos()).product();
    let transform = match (samples, frequency) {
        (8, _) => (frequency * PI / 16.0).cos(),
        (2, _) | (4, 2.0) => (PI / 4.0).cos(),
        _ => 1.0,
    };
    0.5 * mean * transform
}

/// Decodes a block and puts its samples down in lines that are `stride` apart, the first where `samples` begins.
#[inline(always)]
pub(super) fn transform(shape: Shape, block: &Block, weights: &Weights, samples: &mut [u8], stride: usize) {
    match (shape.across, shape.down) {
        (8, 8) => sized::<8, 8>(block, weights, samples, stride),
        (8, 4) => sized::<8, 4>(block, weights, samples, stride),
        (4, 8) => sized::<4, 8>(block, weights, samples, stride),
        (4, 4) => sized::<4, 4>(block, weights, samples, stride),
        (4, 2) => sized::<4, 2>(block, weights, samples, stride),
        (2, 4) => sized::<2, 4>(block, weights, samples, stride),
        (2, 2) => sized::<2, 2>(block, weights, samples, stride),
        (2, 1) => sized::<2, 1>(block, weights, samples, stride),
        (1, 2) => sized::<1, 2>(block, weights, samples, stride),
        _ => sized::<1, 1>(block, weights, samples, stride),
    }
}

/// The same for a block that has nothing but its mean.
#[inline(always)]
pub(super) fn fill(shape: Shape, block: &Block, weights: &Weights, samples: &mut [u8], stride: usize) {
    let sample = sample(f32::from(block[0]) * weights.0[0] + MIDDLE);
    for line in samples.chunks_mut(stride).take(shape.down) {
        line[..shape.across].fill(sample);
    }
}

#[inline(always)]
fn sized<const ACROSS: usize, const DOWN: usize>(block: &Block, weights: &Weights, samples: &mut [u8], stride: usize) {
    let mut columns = [[0.0; DOWN]; ACROSS];
    for (u, column) in columns.iter_mut().enumerate() {
        for (v, value) in column.iter_mut().enumerate() {
            *value = f32::from(block[u * SIDE + v]) * weights.0[u * SIDE + v];
        }
    }
    columns[0][0] += MIDDLE;
    let columns = pass(columns);
    let mut rows = [[0.0; ACROSS]; DOWN];
    for (v, row) in rows.iter_mut().enumerate() {
        for (x, value) in row.iter_mut().enumerate() {
            *value = columns[x][v];
        }
    }
    for (row, line) in pass(rows).iter().zip(samples.chunks_mut(stride)) {
        for (to, value) in line[..ACROSS].iter_mut().zip(row) {
            *to = sample(*value);
        }
    }
}

/// To the nearest number that a sample can be.
#[inline(always)]
fn sample(value: f32) -> u8 {
    // Comparisons in this form are one instruction each.
    let value = if value > 0.0 { value } else { 0.0 };
    let value = if value < 255.0 { value } else { 255.0 };
    // Of a number in this range the lowest bits are its integer part, rounded.
    const TO_INTEGER: f32 = (1 << 23) as f32 * 1.5;
    (value + TO_INTEGER).to_bits() as u8
}

/// The transform of as many values as there are rows, for each of the lanes.
#[inline(always)]
fn pass<const SAMPLES: usize, const LANES: usize>(mut rows: [[f32; LANES]; SAMPLES]) -> [[f32; LANES]; SAMPLES] {
    match SAMPLES {
        8 => eight(&mut rows),
        4 => four(&mut rows),
        2 => two(&mut rows),
        _ => {}
    }
    rows
}

#[inline(always)]
fn plus<const LANES: usize>(a: [f32; LANES], b: [f32; LANES]) -> [f32; LANES] {
    std::array::from_fn(|lane| a[lane] + b[lane])
}

#[inline(always)]
fn minus<const LANES: usize>(a: [f32; LANES], b: [f32; LANES]) -> [f32; LANES] {
    std::array::from_fn(|lane| a[lane] - b[lane])
}

#[inline(always)]
fn times<const LANES: usize>(a: [f32; LANES], factor: f32) -> [f32; LANES] {
    std::array::from_fn(|lane| a[lane] * factor)
}

#[inline(always)]
fn two<const LANES: usize>(rows: &mut [[f32; LANES]]) {
    let (mean, slope) = (rows[0], rows[1]);
    rows[0] = plus(mean, slope);
    rows[1] = minus(mean, slope);
}

#[inline(always)]
fn four<const LANES: usize>(rows: &mut [[f32; LANES]]) {
    /// Cosines of one and of three eighths of a half turn.
    const COS_1: f32 = 0.923_879_5;
    const COS_3: f32 = 0.382_683_43;
    let (outer, inner) = (plus(rows[0], rows[2]), minus(rows[0], rows[2]));
    let odd_outer = plus(times(rows[1], COS_1), times(rows[3], COS_3));
    let odd_inner = minus(times(rows[1], COS_3), times(rows[3], COS_1));
    rows[0] = plus(outer, odd_outer);
    rows[1] = plus(inner, odd_inner);
    rows[2] = minus(inner, odd_inner);
    rows[3] = minus(outer, odd_outer);
}

/// Arai, Agui and Nakajima, "A fast DCT-SQ scheme for images" (1988), turned round.
#[inline(always)]
fn eight<const LANES: usize>(rows: &mut [[f32; LANES]]) {
    /// Twice the cosine of an eighth of a half turn; its difference from, and its sum with, twice that of three eighths.
    const TWICE_COS_1: f32 = 1.847_759_1;
    const DIFFERENCE: f32 = 1.082_392_2;
    const SUM: f32 = 2.613_126;
    let (sum, difference) = (plus(rows[0], rows[4]), minus(rows[0], rows[4]));
    let even = plus(rows[2], rows[6]);
    let turned = minus(times(minus(rows[2], rows[6]), SQRT_2), even);
    let evens = [plus(sum, even), plus(difference, turned), minus(difference, turned), minus(sum, even)];

    let (inner_sum, inner_difference) = (plus(rows[5], rows[3]), minus(rows[5], rows[3]));
    let (outer_sum, outer_difference) = (plus(rows[1], rows[7]), minus(rows[1], rows[7]));
    let first = plus(outer_sum, inner_sum);
    let both = times(plus(inner_difference, outer_difference), TWICE_COS_1);
    let second = minus(minus(both, times(inner_difference, SUM)), first);
    let third = minus(times(minus(outer_sum, inner_sum), SQRT_2), second);
    let fourth = minus(minus(both, times(outer_difference, DIFFERENCE)), third);

    for (at, (even, odd)) in evens.into_iter().zip([first, second, third, fourth]).enumerate() {
        rows[at] = plus(even, odd);
        rows[7 - at] = minus(even, odd);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By definition (A.3.3), in double precision, before rounding.
    fn by_definition(block: &[i16; 64], quantisation: &Quantisation) -> [f64; 64] {
        let norm = |frequency: usize| if frequency == 0 { 0.5_f64.sqrt() } else { 1.0 };
        let cosine = |at: usize, frequency: usize| ((2 * at + 1) as f64 * frequency as f64 * PI / 16.0).cos();
        std::array::from_fn(|at| {
            let (x, y) = (at % 8, at / 8);
            let sum: f64 = (0..64)
                .map(|k| {
                    let (u, v) = (k % 8, k / 8);
                    let coefficient = f64::from(block[u * 8 + v]) * f64::from(quantisation[k]);
                    norm(u) * norm(v) * coefficient * cosine(x, u) * cosine(y, v)
                })
                .sum();
            sum / 4.0 + 128.0
        })
    }

    fn decoded(block: &Block, quantisation: &Quantisation, shape: Shape) -> Vec<u8> {
        let mut samples = vec![0; shape.across * shape.down];
        transform(shape, block, &Weights::new(quantisation, shape), &mut samples, shape.across);
        samples
    }

    fn shapes() -> impl Iterator<Item = Shape> {
        let sides = [(8, 8), (8, 4), (4, 8), (4, 4), (4, 2), (2, 4), (2, 2), (2, 1), (1, 2), (1, 1)];
        sides.into_iter().map(|(across, down)| Shape { across, down })
    }

    /// Coefficients of a block column by column: strong low frequencies, weaker high ones.
    fn blocks() -> impl Strategy<Value = Block> {
        prop::collection::vec(-1.0_f64..1.0, 64)
            .prop_map(|values| std::array::from_fn(|at| (values[at] * 60.0 / (1 + at / 8 + at % 8) as f64) as i16))
    }

    proptest! {
        #[test]
        fn a_whole_block_is_what_the_standard_defines(block in blocks(), step in 1_u16..20) {
            let expected = by_definition(&block, &[step; 64]);
            for (found, expected) in decoded(&block, &[step; 64], Shape { across: 8, down: 8 }).into_iter().zip(expected) {
                let error = (f64::from(found) - expected.clamp(0.0, 255.0)).abs();
                prop_assert!(error < 0.501, "{} for {}", found, expected);
            }
        }

        /// When the frequencies that a shape leaves out are zero, its samples are the means of those that they cover, but for
        /// what the low ones that are left leave to the mean exactly.
        #[test]
        fn a_reduced_block_has_the_means_of_the_whole(block in blocks(), step in 1_u16..8) {
            for shape in shapes() {
                let low = std::array::from_fn(|at| if at / 8 < shape.across && at % 8 < shape.down { block[at] } else { 0 });
                let whole = by_definition(&low, &[step; 64]);
                let (wide, high) = (8 / shape.across, 8 / shape.down);
                for (at, found) in decoded(&block, &[step; 64], shape).into_iter().enumerate() {
                    let (left, top) = (at % shape.across * wide, at / shape.across * high);
                    let covered = (top..top + high).flat_map(|y| (left..left + wide).map(move |x| y * 8 + x));
                    let mean = covered.map(|at| whole[at]).sum::<f64>() / (wide * high) as f64;
                    let error = (f64::from(found) - mean.clamp(0.0, 255.0)).abs();
                    prop_assert!(error < 0.501, "{:?}: {} for {}", shape, found, mean);
                }
            }
        }

        #[test]
        fn a_block_of_one_colour_is_filled_as_it_is_transformed(mean: i16, step: u16) {
            let mut block = [0; 64];
            block[0] = mean;
            for shape in shapes() {
                let mut filled = vec![0; shape.across * shape.down];
                fill(shape, &block, &Weights::new(&[step; 64], shape), &mut filled, shape.across);
                prop_assert_eq!(filled, decoded(&block, &[step; 64], shape));
            }
        }
    }

    #[test]
    fn the_last_place_is_that_of_the_highest_frequency_seen() {
        let places = [(8, 63), (4, 24), (2, 4), (1, 0)];
        for (side, place) in places {
            assert_eq!(Shape { across: side, down: side }.last_place(), place);
        }
    }
}
