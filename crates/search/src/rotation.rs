//! The random orthogonal transform: it leaves every inner product as it is, and spreads a vector evenly over its values,
//! so that a code with few levels fits all of them.

/// How often signs are drawn and a Hadamard transform follows. One round spreads what lies along an axis, the second what
/// happened to lie along a row of the first.
const ROUNDS: usize = 2;

/// What the signs are drawn from. It is part of every code that was ever stored: another number is another code.
const SEED: u64 = 0x4175_7468_6572_0001;

/// Values are padded with zeros to a multiple of this: a transform of eight values at the least, and whole steps of the
/// kernels.
pub(crate) const WIDTH_STEP: usize = 8;

/// A fixed random rotation of vectors of one width: in every round random signs, then a normalised Walsh-Hadamard
/// transform within blocks of a power of two, then a transposition that carries values from block to block.
///
/// Ailon and Chazelle, "The fast Johnson-Lindenstrauss transform" (2009), section 2, is where signs before a Hadamard
/// transform are shown to spread any vector.
#[derive(Clone, Debug)]
pub(crate) struct Rotation {
    /// How many values come out: the width, padded.
    padded: usize,
    /// The greatest power of two that divides `padded`.
    block: usize,
    /// `ROUNDS` times `padded` factors: a sign each, with the norm of the transform.
    factors: Vec<f64>,
}

impl Rotation {
    pub(crate) fn new(width: usize) -> Self {
        let padded = width.next_multiple_of(WIDTH_STEP).max(WIDTH_STEP);
        let block = 1 << padded.trailing_zeros();
        let norm = 1.0 / f64::sqrt(block as f64);
        let sign = |number| if mix(SEED.wrapping_add(number)) & 1 == 0 { norm } else { -norm };
        let factors = (0..(ROUNDS * padded) as u64).map(sign).collect();
        Self { padded, block, factors }
    }

    /// How many values come out.
    pub(crate) fn padded(&self) -> usize {
        self.padded
    }

    /// The rotated vector, in double precision: what rounding adds is far below a score's last bit.
    pub(crate) fn apply(&self, values: &[f32], rotated: &mut Vec<f64>) {
        rotated.clear();
        rotated.extend(values.iter().map(|value| f64::from(*value)));
        rotated.resize(self.padded, 0.0);
        for factors in self.factors.chunks_exact(self.padded) {
            rotated.iter_mut().zip(factors).for_each(|(value, factor)| *value *= factor);
            rotated.chunks_exact_mut(self.block).for_each(hadamard);
            if self.block < self.padded {
                *rotated = transposed(rotated, self.block);
            }
        }
    }
}

/// The unnormalised Walsh-Hadamard transform of a power of two of values.
fn hadamard(values: &mut [f64]) {
    let mut half = values.len() / 2;
    while half > 0 {
        for pair in values.chunks_exact_mut(2 * half) {
            let (low, high) = pair.split_at_mut(half);
            for (a, b) in low.iter_mut().zip(high) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        half /= 2;
    }
}

/// Reads the blocks as rows of a matrix and writes its columns.
fn transposed(values: &[f64], block: usize) -> Vec<f64> {
    (0..block).flat_map(|column| values.iter().skip(column).step_by(block)).copied().collect()
}

/// The finaliser of `SplitMix64`: of every number another.
fn mix(number: u64) -> u64 {
    let mut x = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(length: usize, step: f32) -> Vec<f32> {
        (0..length).map(|i| (i as f32 * step).sin()).collect()
    }

    fn rotated(rotation: &Rotation, values: &[f32]) -> Vec<f64> {
        let mut into = Vec::new();
        rotation.apply(values, &mut into);
        into
    }

    #[test]
    fn inner_products_stay_at_every_width() {
        for width in 1..=264 {
            let rotation = Rotation::new(width);
            let (a, b) = (wave(width, 0.37), wave(width, 0.73));
            let exact: f64 = a.iter().zip(&b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
            let (a, b) = (rotated(&rotation, &a), rotated(&rotation, &b));
            assert_eq!(a.len() % WIDTH_STEP, 0);
            let product: f64 = a.iter().zip(&b).map(|(x, y)| x * y).sum();
            assert!((product - exact).abs() < 1e-11, "width {width}: {product} for {exact}");
        }
    }

    #[test]
    fn a_vector_along_an_axis_is_spread_over_all_values() {
        for width in [128, 192, 256, 512] {
            let rotation = Rotation::new(width);
            for axis in 0..width {
                let mut values = vec![0.0; width];
                values[axis] = 1.0;
                let greatest = rotated(&rotation, &values).into_iter().fold(0.0, |most: f64, v| most.max(v.abs()));
                assert!(greatest < 0.75, "width {width}, axis {axis}: {greatest}");
            }
        }
    }
}
