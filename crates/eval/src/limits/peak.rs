//! What one core of this machine can do at best: multiply and add, and read memory.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::demand::Demand;

/// Sums that are worked on at once: four cycles of latency times two units are eight; more, so that no unit ever waits, and
/// no more than there are registers.
const CHAINS: usize = 12;

/// Values of `f32` in a register of AVX2.
const LANES: usize = 8;

/// Operations of a multiplication with its addition.
const OPERATIONS: usize = 2;

/// Rounds of a pass, about ten milliseconds: long enough for the clock, short enough to fit between other work.
const ROUNDS: usize = 4_000_000;

/// Passes, of which the fastest counts: other work on the machine only makes it slower.
const PASSES: usize = 12;

/// What one core can do at best.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Peaks {
    /// Floating-point operations a second in single precision, a multiplication with its addition being two.
    pub flops_per_second: f64,
    /// With which instructions.
    pub instructions: String,
    /// Bytes a second that are read from memory in order.
    pub bytes_per_second: f64,
}

impl Peaks {
    /// Measures, which takes about a second.
    #[must_use]
    pub fn measure() -> Self {
        let seconds = (0..PASSES).map(|_| {
            let begun = Instant::now();
            black_box(pass(ROUNDS));
            begun.elapsed().as_secs_f64()
        });
        let fastest = seconds.fold(f64::INFINITY, f64::min);
        Self {
            flops_per_second: (ROUNDS * CHAINS * LANES * OPERATIONS) as f64 / fastest,
            instructions: if has_fma() { "AVX2 and FMA".into() } else { "portable".into() },
            bytes_per_second: search::memory_bandwidth(NonZeroUsize::MIN),
        }
    }

    /// The higher of each: what was reached once can be reached.
    #[must_use]
    pub fn highest(self, other: &Self) -> Self {
        Self {
            flops_per_second: self.flops_per_second.max(other.flops_per_second),
            instructions: self.instructions,
            bytes_per_second: self.bytes_per_second.max(other.bytes_per_second),
        }
    }

    /// The least time for operations, in milliseconds.
    #[must_use]
    pub fn compute_ms(&self, demand: Demand) -> f64 {
        demand.flops as f64 / self.flops_per_second * 1e3
    }

    /// The least time for bytes, in milliseconds.
    #[must_use]
    pub fn memory_ms(&self, demand: Demand) -> f64 {
        demand.bytes as f64 / self.bytes_per_second * 1e3
    }

    /// The limit: one after the other. Where the two overlap, the larger alone would be the limit (the roofline of Williams,
    /// Waterman and Patterson 2009).
    #[must_use]
    pub fn limit_ms(&self, demand: Demand) -> f64 {
        self.compute_ms(demand) + self.memory_ms(demand)
    }
}

#[cfg(target_arch = "x86_64")]
fn has_fma() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_fma() -> bool {
    false
}

/// Multiplies and adds in registers alone; the sum is for the compiler, which must not leave the work out.
fn pass(rounds: usize) -> f32 {
    #[cfg(target_arch = "x86_64")]
    if has_fma() {
        // SAFETY: the processor has just been asked for both features.
        return unsafe { pass_fma(rounds) };
    }
    pass_portable(rounds)
}

/// Each sum comes near to one and stays there: neither infinite nor so small that the processor slows down.
const FACTOR: f32 = 0.999;
const TERM: f32 = 0.001;

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn pass_fma(rounds: usize) -> f32 {
    use std::arch::x86_64::{_mm256_add_ps, _mm256_cvtss_f32, _mm256_fmadd_ps, _mm256_set1_ps};
    let (factor, term) = (_mm256_set1_ps(black_box(FACTOR)), _mm256_set1_ps(black_box(TERM)));
    let mut sums = [_mm256_set1_ps(black_box(0.5)); CHAINS];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm256_fmadd_ps(*sum, factor, term);
        }
    }
    _mm256_cvtss_f32(sums.into_iter().fold(term, |all, sum| _mm256_add_ps(all, sum)))
}

fn pass_portable(rounds: usize) -> f32 {
    let (factor, term) = (black_box(FACTOR), black_box(TERM));
    let mut sums = [[black_box(0.5_f32); LANES]; CHAINS];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = sum.map(|value| value * factor + term);
        }
    }
    sums.as_flattened().iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_the_time_of_the_operations_and_then_of_the_bytes() {
        let peaks = Peaks { flops_per_second: 100e9, instructions: String::new(), bytes_per_second: 20e9 };
        let demand = Demand { flops: 1_150_000_000, bytes: 40_000_000 };
        assert!((peaks.compute_ms(demand) - 11.5).abs() < 1e-9);
        assert!((peaks.memory_ms(demand) - 2.0).abs() < 1e-9);
        assert!((peaks.limit_ms(demand) - 13.5).abs() < 1e-9);
        let other = Peaks { flops_per_second: 90e9, bytes_per_second: 30e9, ..peaks.clone() };
        assert_eq!(
            (other.clone().highest(&peaks), peaks.highest(&other).flops_per_second),
            (Peaks { flops_per_second: 100e9, ..other }, 100e9)
        );
    }

    #[test]
    fn both_passes_do_the_same_work() {
        // Every chain goes the same way; the order in which they are added is what differs.
        let (all, portable) = (pass(1000), pass_portable(1000));
        assert!(portable > 0.5 * (CHAINS * LANES) as f32 && portable < (CHAINS * LANES) as f32);
        let one = portable / (CHAINS * LANES) as f32;
        assert!((all - TERM - CHAINS as f32 * one).abs() < 1e-3 || !has_fma(), "{all} {one}");
    }
}
