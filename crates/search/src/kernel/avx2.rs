//! x86-64 with AVX2: eight rows in a register.

use std::arch::x86_64::{
    __m256i, _CMP_NLT_UQ, _MM_HINT_T0, _mm_loadu_si128, _mm_prefetch, _mm256_add_epi16, _mm256_add_epi32,
    _mm256_add_ps, _mm256_and_si256, _mm256_castsi256_ps, _mm256_cmp_ps, _mm256_cvtepi32_ps, _mm256_cvtepu16_epi32,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_movemask_ps, _mm256_mul_ps, _mm256_set1_epi8,
    _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_si256, _mm256_slli_epi32, _mm256_srli_epi16,
    _mm256_storeu_ps, _mm256_sub_epi32,
};

use super::{Chunk, Survivor};
use crate::codes::{GROUP_ROWS, LINE};
use crate::{Query, Tier};

/// Rows in a register, and registers in a group.
const ROWS: usize = 8;
const HALVES: usize = GROUP_ROWS / ROWS;

/// Probes that are worked on at once: their sums stay in registers.
const QUERIES: usize = 4;

/// Lines of `v4` after which sums of 16 bits are widened: eight sums of two products of at most 15 times 127 are 30,480.
const V4_LINES: usize = 4;

/// How far ahead memory is asked for, in bytes: the processor's own looking ahead ends at a page.
const AHEAD_BYTES: usize = 4096;

/// A whole number for each row of a group.
type Sums = [__m256i; HALVES];

/// Goes through the groups once, with as many probes at a time as registers hold: a group's codes stay in the first-level
/// cache for all of them.
#[target_feature(enable = "avx2")]
pub(super) fn sieve(chunk: &Chunk<'_>, survivors: &mut Vec<Survivor>) {
    let (fours, rest) = chunk.queries.as_chunks::<QUERIES>();
    let fours: Vec<_> = fours.iter().map(Probes::new).collect();
    let rest: Vec<_> = rest.as_chunks::<1>().0.iter().map(Probes::new).collect();
    let bytes = chunk.layout.group_bytes();
    for (number, group) in chunk.groups.chunks_exact(bytes).enumerate() {
        let (lines, _) = group.as_chunks::<LINE>();
        let Some((bounds, codes)) = lines.split_last() else { continue };
        for line in lines {
            // It may point beyond the codes: a prefetch never faults.
            _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().wrapping_add(AHEAD_BYTES).cast());
        }
        let mut group = Group { bounds, first_row: (number * GROUP_ROWS) as u32, place: 0, survivors };
        for probes in &fours {
            group.keep(&probes.sums(chunk.layout.tier, codes), probes, chunk.thresholds);
        }
        for probes in &rest {
            group.keep(&probes.sums(chunk.layout.tier, codes), probes, chunk.thresholds);
        }
    }
}

/// Probes that are worked on together, their words side by side: for every line of `u8` one of each, of `v4` two.
struct Probes<'a, const N: usize> {
    queries: [&'a Query; N],
    words: Vec<[i32; N]>,
}

impl<'a, const N: usize> Probes<'a, N> {
    fn new(queries: &[&'a Query; N]) -> Self {
        let words = (0..queries[0].words.len()).map(|place| queries.map(|query| query.words[place])).collect();
        Self { queries: *queries, words }
    }

    /// For every row of a group and every probe the sum of levels times words.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn sums(&self, tier: Tier, codes: &[[u8; LINE]]) -> [Sums; N] {
        match tier {
            Tier::U8 => sums_u8(codes, &self.words),
            Tier::V4 => sums_v4(codes, self.words.as_chunks::<2>().0),
        }
    }
}

/// A group whose sums are known.
struct Group<'a> {
    bounds: &'a [u8; LINE],
    first_row: u32,
    /// Which probe is next.
    place: usize,
    survivors: &'a mut Vec<Survivor>,
}

impl Group<'_> {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn keep<const N: usize>(&mut self, sums: &[Sums; N], probes: &Probes<'_, N>, thresholds: &[f32]) {
        for (sums, query) in sums.iter().zip(probes.queries) {
            let first = Survivor { query: self.place as u32, row: self.first_row, bound: thresholds[self.place] };
            keep(sums, self.bounds, query, first, self.survivors);
            self.place += 1;
        }
    }
}

/// Adds the rows whose bound is not below the threshold, which `first` holds as its bound.
#[inline]
#[target_feature(enable = "avx2")]
fn keep(sums: &Sums, bounds: &[u8], query: &Query, first: Survivor, survivors: &mut Vec<Survivor>) {
    let (scales, residuals) = bounds.split_at(LINE / 2);
    let threshold = _mm256_set1_ps(first.bound);
    for (half, sum) in sums.iter().enumerate() {
        let doubled = _mm256_sub_epi32(_mm256_slli_epi32::<1>(*sum), _mm256_set1_epi32(query.offset));
        let scale = _mm256_mul_ps(widen(scales, half), _mm256_set1_ps(query.step));
        let residual = _mm256_mul_ps(widen(residuals, half), _mm256_set1_ps(query.norm));
        let lost = _mm256_add_ps(residual, _mm256_set1_ps(query.margin));
        let bound = _mm256_add_ps(_mm256_mul_ps(scale, _mm256_cvtepi32_ps(doubled)), lost);
        let mut mask = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NLT_UQ>(bound, threshold));
        if mask != 0 {
            let mut values = [0.0; ROWS];
            // SAFETY: there is room for eight values; the store needs no alignment.
            unsafe { _mm256_storeu_ps(values.as_mut_ptr(), bound) };
            while mask != 0 {
                let lane = mask.trailing_zeros();
                let row = first.row + (half * ROWS) as u32 + lane;
                survivors.push(Survivor { row, bound: values[lane as usize], ..first });
                mask &= mask - 1;
            }
        }
    }
}

/// Eight `bfloat16` as `f32`.
#[inline]
#[target_feature(enable = "avx2")]
fn widen(halves: &[u8], half: usize) -> std::arch::x86_64::__m256 {
    let eight = &halves[half * 2 * ROWS..][..2 * ROWS];
    // SAFETY: the slice has the sixteen bytes that are read; the load needs no alignment.
    let eight = unsafe { _mm_loadu_si128(eight.as_ptr().cast()) };
    _mm256_castsi256_ps(_mm256_slli_epi32::<16>(_mm256_cvtepu16_epi32(eight)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(line: &[u8; LINE], half: usize) -> __m256i {
    let lanes = &line[half * LINE / HALVES..][..LINE / HALVES];
    // SAFETY: the slice has the 32 bytes that are read; the load needs no alignment.
    unsafe { _mm256_loadu_si256(lanes.as_ptr().cast()) }
}

/// A byte a value: products are widened at once, since two of them nearly fill 16 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn sums_u8<const N: usize>(lines: &[[u8; LINE]], words: &[[i32; N]]) -> [Sums; N] {
    let ones = _mm256_set1_epi16(1);
    let mut sums = [[_mm256_setzero_si256(); HALVES]; N];
    for (line, words) in lines.iter().zip(words) {
        let levels = [load(line, 0), load(line, 1)];
        for (sums, word) in sums.iter_mut().zip(words) {
            let word = _mm256_set1_epi32(*word);
            for (sum, levels) in sums.iter_mut().zip(levels) {
                let products = _mm256_madd_epi16(_mm256_maddubs_epi16(levels, word), ones);
                *sum = _mm256_add_epi32(*sum, products);
            }
        }
    }
    sums
}

/// Half a byte a value: products are added up in 16 bits for as long as they fit.
#[inline]
#[target_feature(enable = "avx2")]
fn sums_v4<const N: usize>(lines: &[[u8; LINE]], words: &[[[i32; N]; 2]]) -> [Sums; N] {
    let ones = _mm256_set1_epi16(1);
    let mut sums = [[_mm256_setzero_si256(); HALVES]; N];
    let (blocks, rest) = lines.as_chunks::<V4_LINES>();
    let (block_words, rest_words) = words.as_chunks::<V4_LINES>();
    let mut widen = |narrow: [Sums; N]| {
        for (sums, narrow) in sums.iter_mut().zip(narrow) {
            for (sum, narrow) in sums.iter_mut().zip(narrow) {
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(narrow, ones));
            }
        }
    };
    for (lines, words) in blocks.iter().zip(block_words) {
        widen(narrow_v4(lines, words));
    }
    if !rest.is_empty() {
        widen(narrow_v4(rest, rest_words));
    }
    sums
}

/// At most [`V4_LINES`] lines, in sums of 16 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn narrow_v4<const N: usize>(lines: &[[u8; LINE]], words: &[[[i32; N]; 2]]) -> [Sums; N] {
    let low_mask = _mm256_set1_epi8(0x0f);
    let mut narrow = [[_mm256_setzero_si256(); HALVES]; N];
    for (line, [low_words, high_words]) in lines.iter().zip(words) {
        let both = [load(line, 0), load(line, 1)];
        let low = both.map(|both| _mm256_and_si256(both, low_mask));
        add_v4(&mut narrow, low, low_words);
        let high = both.map(|both| _mm256_and_si256(_mm256_srli_epi16::<4>(both), low_mask));
        add_v4(&mut narrow, high, high_words);
    }
    narrow
}

#[inline]
#[target_feature(enable = "avx2")]
fn add_v4<const N: usize>(narrow: &mut [Sums; N], levels: Sums, words: &[i32; N]) {
    for (sums, word) in narrow.iter_mut().zip(words) {
        let word = _mm256_set1_epi32(*word);
        for (sum, levels) in sums.iter_mut().zip(levels) {
            *sum = _mm256_add_epi16(*sum, _mm256_maddubs_epi16(levels, word));
        }
    }
}
