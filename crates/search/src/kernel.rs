//! The inner loop: codes of a group of rows against a few probes, which leaves the rows that may still win.
//!
//! Each kind of processor has a file; all return the same bits. A new one (AVX-512, NEON) is a file beside these, a name
//! in [`Kernel`] and a line in [`Kernel::sieve`]; the layout of the codes suits registers of 512 bits. None is here that
//! could not be run and tested.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod portable;

use std::fmt;

use crate::Query;
use crate::codes::Layout;

/// Code for a kind of processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// Plain Rust, for every processor.
    Portable,
    /// x86-64 with AVX2.
    Avx2,
}

/// A row that may win: its bound reaches the threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Survivor {
    /// Which of the probes.
    pub(crate) query: u32,
    /// Which row, from the first of the chunk.
    pub(crate) row: u32,
    /// What its score is at most.
    pub(crate) bound: f32,
}

/// Groups of codes that a kernel goes through at once, and what it looks for.
pub(crate) struct Chunk<'a> {
    pub(crate) layout: Layout,
    pub(crate) groups: &'a [u8],
    pub(crate) queries: &'a [&'a Query],
    /// For every probe the score from which on a row counts.
    pub(crate) thresholds: &'a [f32],
}

impl Kernel {
    /// What this processor can run, the slowest first.
    #[must_use]
    pub fn available() -> Vec<Self> {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            return vec![Self::Portable, Self::Avx2];
        }
        vec![Self::Portable]
    }

    /// The fastest that this processor can run.
    #[must_use]
    pub fn best() -> Self {
        Self::available().into_iter().next_back().unwrap_or(Self::Portable)
    }

    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
        }
    }

    /// Puts the rows whose bound is not below the threshold into `survivors`.
    ///
    /// A kernel that this processor cannot run is replaced by one that it can.
    pub(crate) fn sieve(self, chunk: &Chunk<'_>, survivors: &mut Vec<Survivor>) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 if std::arch::is_x86_feature_detected!("avx2") => {
                // SAFETY: the processor has just been asked for the feature.
                unsafe { avx2::sieve(chunk, survivors) }
            }
            Self::Avx2 | Self::Portable => portable::sieve(chunk, survivors),
        }
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Asks for memory that will be read soon; a hint, which cannot fail and may point anywhere.
pub(crate) fn prefetch(address: *const u8, bytes: usize) {
    #[cfg(target_arch = "x86_64")]
    for line in (0..bytes).step_by(crate::codes::LINE) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing that the program could see, and never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.wrapping_add(line).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (address, bytes);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Coder, Codes, Tier};

    fn sieved(kernel: Kernel, codes: &Codes, queries: &[&Query], thresholds: &[f32]) -> Vec<(u32, u32, u32)> {
        let mut survivors = Vec::new();
        let chunk = Chunk { layout: codes.layout(), groups: codes.as_bytes(), queries, thresholds };
        kernel.sieve(&chunk, &mut survivors);
        let mut found: Vec<_> = survivors.iter().map(|s| (s.query, s.row, s.bound.to_bits())).collect();
        found.sort_unstable();
        found
    }

    fn values(length: usize) -> impl Strategy<Value = Vec<f32>> {
        let value = prop_oneof![-0.3..0.3_f32, Just(0.0), Just(1.0), Just(f32::MIN_POSITIVE / 2.0)];
        prop::collection::vec(value, length)
    }

    proptest! {
        #[test]
        fn every_kernel_returns_the_bits_of_the_portable_one(
            (width, rows, probes) in prop_oneof![Just(8), Just(40), Just(128), Just(192), Just(512)]
                .prop_flat_map(|width: usize| (Just(width), values(width * 19), values(width * 7))),
            threshold in -0.5..1.0_f32,
        ) {
            for tier in Tier::ALL {
                let coder = Coder::new(width, tier);
                let codes = coder.encode(&rows);
                let queries: Vec<_> = probes.chunks(width).map(|probe| coder.query(probe)).collect();
                let queries: Vec<_> = queries.iter().collect();
                let mut thresholds = vec![threshold; queries.len()];
                thresholds[0] = f32::NEG_INFINITY;
                thresholds[1] = f32::NAN;
                for count in 1..=queries.len() {
                    let expected = sieved(Kernel::Portable, &codes, &queries[..count], &thresholds[..count]);
                    for kernel in Kernel::available() {
                        prop_assert_eq!(&sieved(kernel, &codes, &queries[..count], &thresholds[..count]), &expected);
                    }
                }
            }
        }
    }

    /// Every level and word at its greatest: no sum of a kernel may run over.
    #[test]
    fn the_greatest_sums_do_not_run_over() {
        for (tier, width) in [(Tier::U8, 1024), (Tier::V4, 1024), (Tier::U8, 128), (Tier::V4, 128)] {
            let coder = Coder::new(width, tier);
            let mut codes = coder.encode(&vec![0.01; 16 * width]);
            let lines = codes.layout().lines * crate::codes::LINE;
            codes.as_bytes_mut()[..lines].fill(0xff);
            let mut query = coder.query(&vec![0.01; width]);
            let word = match tier {
                Tier::U8 => 63,
                Tier::V4 => 127,
            };
            for sign in [1_i8, -1] {
                query.words.fill(i32::from_le_bytes([(sign * word).to_le_bytes()[0]; 4]));
                let expected = sieved(Kernel::Portable, &codes, &[&query], &[f32::NEG_INFINITY]);
                assert_eq!(expected.len(), 16);
                for kernel in Kernel::available() {
                    assert_eq!(sieved(kernel, &codes, &[&query], &[f32::NEG_INFINITY]), expected, "{tier} {kernel}");
                }
            }
        }
    }
}
