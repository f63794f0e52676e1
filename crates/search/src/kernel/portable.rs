//! Plain Rust: what the other kernels must equal, bit for bit.

use std::cmp::Ordering;

use super::{Chunk, Survivor};
use crate::bound::widen_half;
use crate::codes::{GROUP_ROWS, LINE, Layout, STEP_VALUES};
use crate::{Query, Tier};

/// Lines after which sums of 16 bits are widened: two products of 255 times 63, or sixteen of 15 times 127, fit.
const U8_LINES: usize = 2;
const V4_LINES: usize = 8;

/// A whole number for each row of a group.
type Sums = [i32; GROUP_ROWS];

pub(super) fn sieve(chunk: &Chunk<'_>, survivors: &mut Vec<Survivor>) {
    let Chunk { layout, groups, queries, thresholds } = *chunk;
    for (number, group) in groups.chunks_exact(layout.group_bytes()).enumerate() {
        let (codes, bounds) = group.split_at(layout.lines * LINE);
        for (place, (query, threshold)) in queries.iter().zip(thresholds).enumerate() {
            let sums = sums(layout, codes, query);
            for (row, sum) in sums.into_iter().enumerate() {
                let bound = bound(query, sum, half(bounds, row), half(bounds, GROUP_ROWS + row));
                // What is no number, bound or threshold, rules nobody out.
                if bound.partial_cmp(threshold) != Some(Ordering::Less) {
                    let row = (number * GROUP_ROWS + row) as u32;
                    survivors.push(Survivor { query: place as u32, row, bound });
                }
            }
        }
    }
}

/// What a row's score is at most. Every kernel performs these operations, in this order.
fn bound(query: &Query, sum: i32, scale: f32, residual: f32) -> f32 {
    let decoded = (scale * query.step) * (2 * sum - query.offset) as f32;
    decoded + (residual * query.norm + query.margin)
}

fn half(bounds: &[u8], place: usize) -> f32 {
    widen_half(u16::from_le_bytes([bounds[2 * place], bounds[2 * place + 1]]))
}

/// For every row the sum of its levels times the probe's words.
fn sums(layout: Layout, codes: &[u8], query: &Query) -> Sums {
    let (lines, words) = (codes.as_chunks::<LINE>().0, &query.words);
    let mut wide = [0; LINE];
    match layout.tier {
        Tier::U8 => {
            for (lines, words) in lines.chunks(U8_LINES).zip(words.chunks(U8_LINES)) {
                let mut narrow = [0; LINE];
                for (line, word) in lines.iter().zip(words) {
                    add(&mut narrow, line, *word);
                }
                widen(&mut wide, &narrow);
            }
        }
        Tier::V4 => {
            for (lines, words) in lines.chunks(V4_LINES).zip(words.as_chunks::<2>().0.chunks(V4_LINES)) {
                let mut narrow = [0; LINE];
                for (line, [low, high]) in lines.iter().zip(words) {
                    add(&mut narrow, &line.map(|byte| byte & 0x0f), *low);
                    add(&mut narrow, &line.map(|byte| byte >> 4), *high);
                }
                widen(&mut wide, &narrow);
            }
        }
    }
    let lanes = wide.as_chunks::<STEP_VALUES>().0;
    std::array::from_fn(|row| lanes[row].iter().sum())
}

/// Adds the products of a line's bytes with a word's four, place by place: in a form that a compiler turns into whatever
/// vectors the processor has.
fn add(narrow: &mut [i16; LINE], line: &[u8; LINE], word: i32) {
    let word = word.to_le_bytes().map(|byte| i16::from(byte.cast_signed()));
    for (sums, bytes) in narrow.as_chunks_mut::<STEP_VALUES>().0.iter_mut().zip(line.as_chunks::<STEP_VALUES>().0) {
        for place in 0..STEP_VALUES {
            sums[place] += i16::from(bytes[place]) * word[place];
        }
    }
}

fn widen(wide: &mut [i32; LINE], narrow: &[i16; LINE]) {
    for (wide, narrow) in wide.iter_mut().zip(narrow) {
        *wide += i32::from(*narrow);
    }
}
