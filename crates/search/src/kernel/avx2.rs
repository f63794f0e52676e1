//! x86-64 with AVX2: eight rows in a register.

use std::arch::x86_64::{
    __m256i, _CMP_NLT_UQ, _MM_HINT_T0, _mm_loadu_si128, _mm_prefetch, _mm256_add_epi16, _mm256_add_epi32,
    _mm256_add_ps, _mm256_and_si256, _mm256_castsi256_ps, _mm256_cmp_ps, _mm256_cvtepi32_ps, _mm256_cvtepu16_epi32,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_movemask_ps, _mm256_mul_ps, _mm256_set1_epi8,
    _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_si256, _mm256_slli_epi32, _mm256_srli_epi16,
    _mm256_storeu_ps, _mm256_sub_epi32,
};

use super::{Chunk, Survivor};
use crate::codes::{GROUP_ROWS, LINE, Layout};
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

#[target_feature(enable = "avx2")]
pub(super) fn sieve(chunk: &Chunk<'_>, survivors: &mut Vec<Survivor>) {
    match chunk.layout.tier {
        Tier::U8 => sieve_by(chunk, survivors, |l, g, q| sums_u8::<1>(l, g, q), |l, g, q| sums_u8::<QUERIES>(l, g, q)),
        Tier::V4 => sieve_by(chunk, survivors, |l, g, q| sums_v4::<1>(l, g, q), |l, g, q| sums_v4::<QUERIES>(l, g, q)),
    }
}

/// Goes through the groups with as many probes at once as registers hold.
#[inline]
#[target_feature(enable = "avx2")]
fn sieve_by(
    chunk: &Chunk<'_>,
    survivors: &mut Vec<Survivor>,
    one: impl Fn(Layout, &[u8], &[&Query]) -> [Sums; 1],
    several: impl Fn(Layout, &[u8], &[&Query]) -> [Sums; QUERIES],
) {
    let Chunk { layout, groups, queries, thresholds } = *chunk;
    for (number, group) in groups.chunks_exact(layout.group_bytes()).enumerate() {
        let (codes, bounds) = group.split_at(layout.lines * LINE);
        for line in (0..group.len()).step_by(LINE) {
            // It may point beyond the codes: a prefetch never faults.
            _mm_prefetch::<_MM_HINT_T0>(group.as_ptr().wrapping_add(AHEAD_BYTES + line).cast());
        }
        let (fours, rest) = queries.as_chunks::<QUERIES>();
        let mut place = 0;
        let mut keep = |sums: &[Sums], queries: &[&Query]| {
            for (sums, query) in sums.iter().zip(queries) {
                let first =
                    Survivor { query: place as u32, row: (number * GROUP_ROWS) as u32, bound: thresholds[place] };
                keep(sums, bounds, query, first, survivors);
                place += 1;
            }
        };
        for four in fours {
            keep(&several(layout, codes, four), four);
        }
        for query in rest.chunks(1) {
            keep(&one(layout, codes, query), query);
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
fn sums_u8<const N: usize>(layout: Layout, codes: &[u8], queries: &[&Query]) -> [Sums; N] {
    let ones = _mm256_set1_epi16(1);
    let mut sums = [[_mm256_setzero_si256(); HALVES]; N];
    let lines = &codes.as_chunks::<LINE>().0[..layout.lines];
    let words: [&[i32]; N] = std::array::from_fn(|query| &queries[query].words[..layout.lines]);
    for (step, line) in lines.iter().enumerate() {
        for half in 0..HALVES {
            let levels = load(line, half);
            for query in 0..N {
                let products = _mm256_maddubs_epi16(levels, _mm256_set1_epi32(words[query][step]));
                sums[query][half] = _mm256_add_epi32(sums[query][half], _mm256_madd_epi16(products, ones));
            }
        }
    }
    sums
}

/// Half a byte a value: products are added up in 16 bits for as long as they fit.
#[inline]
#[target_feature(enable = "avx2")]
fn sums_v4<const N: usize>(layout: Layout, codes: &[u8], queries: &[&Query]) -> [Sums; N] {
    let (ones, low_mask) = (_mm256_set1_epi16(1), _mm256_set1_epi8(0x0f));
    let mut sums = [[_mm256_setzero_si256(); HALVES]; N];
    let lines = &codes.as_chunks::<LINE>().0[..layout.lines];
    let words: [&[[i32; 2]]; N] = std::array::from_fn(|query| &queries[query].words.as_chunks::<2>().0[..layout.lines]);
    for half in 0..HALVES {
        for (block, lines) in lines.chunks(V4_LINES).enumerate() {
            let mut narrow = [_mm256_setzero_si256(); N];
            for (step, line) in lines.iter().enumerate() {
                let both = load(line, half);
                let low = _mm256_and_si256(both, low_mask);
                let high = _mm256_and_si256(_mm256_srli_epi16::<4>(both), low_mask);
                for query in 0..N {
                    let [first, second] = words[query][block * V4_LINES + step];
                    let products = _mm256_add_epi16(
                        _mm256_maddubs_epi16(low, _mm256_set1_epi32(first)),
                        _mm256_maddubs_epi16(high, _mm256_set1_epi32(second)),
                    );
                    narrow[query] = _mm256_add_epi16(narrow[query], products);
                }
            }
            for query in 0..N {
                sums[query][half] = _mm256_add_epi32(sums[query][half], _mm256_madd_epi16(narrow[query], ones));
            }
        }
    }
    sums
}
