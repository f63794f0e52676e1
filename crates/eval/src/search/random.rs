//! Numbers drawn at random, the same ones in every run: each row and each probe has a stream of its own, so that it does
//! not matter which thread makes it, or in which order.

use std::f64::consts::TAU;

/// The increment of the generator and the factors of its finisher: `SplitMix64` (Steele, Lea, Flood 2014).
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
const FACTORS: [u64; 2] = [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb];

/// One stream of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
    /// The second of two Gaussians, which come in pairs.
    spare: Option<f64>,
}

impl Random {
    /// The stream of one thing: which seed, what kind of thing, which of them.
    pub(crate) fn of(seed: u64, kind: u64, number: u64) -> Self {
        let state = mix(mix(mix(seed) ^ kind) ^ number);
        Self { state, spare: None }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mix(self.state)
    }

    /// From 0 to just below 1.
    pub(crate) fn unit(&mut self) -> f64 {
        // The 53 bits that an f64 holds.
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Below `count`, each as likely as the other but for a share of 2^-64.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.next()) * count as u128) >> 64) as usize
    }

    /// Of the normal distribution with mean 0 and variance 1 (Box & Muller 1958).
    pub(crate) fn gaussian(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let (sine, cosine) = (TAU * self.unit()).sin_cos();
        self.spare = Some(radius * sine);
        radius * cosine
    }
}

/// A bijection of the 64-bit numbers under which neighbours become strangers.
fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(FACTORS[0]);
    value = (value ^ (value >> 27)).wrapping_mul(FACTORS[1]);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_the_same_again_and_unlike_its_neighbours() {
        let first = |kind, number| Random::of(6, kind, number).next();
        assert_eq!(first(1, 2), first(1, 2));
        assert_ne!(first(1, 2), first(1, 3));
        assert_ne!(first(1, 2), first(2, 2));
    }

    #[test]
    fn gaussians_have_their_mean_and_variance() {
        let mut random = Random::of(1, 1, 1);
        let drawn: Vec<f64> = (0..100_000).map(|_| random.gaussian()).collect();
        let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
        let variance = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / drawn.len() as f64;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
    }

    #[test]
    fn numbers_below_a_bound_cover_it_and_stay_below() {
        let mut random = Random::of(1, 1, 1);
        let mut seen = [0_u32; 7];
        (0..7_000).for_each(|_| seen[random.below(7)] += 1);
        assert!(seen.iter().all(|count| (800..1200).contains(count)), "{seen:?}");
    }
}
