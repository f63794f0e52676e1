//! Plain Rust: what the other kernels must equal, bit for bit.

use super::{Chunk, Survivor};
use crate::bound::widen_half;
use crate::codes::{GROUP_ROWS, LINE, Layout, STEP_VALUES};
use crate::{Query, Tier};

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
                // Also a bound that is no number rules nobody out.
                if bound >= *threshold || bound.is_nan() {
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
    let mut sums = [0; GROUP_ROWS];
    match layout.tier {
        Tier::U8 => {
            for (line, word) in codes.chunks_exact(LINE).zip(&query.words) {
                add(&mut sums, line, *word, |byte| byte);
            }
        }
        Tier::V4 => {
            for (line, words) in codes.chunks_exact(LINE).zip(query.words.chunks_exact(2)) {
                add(&mut sums, line, words[0], |byte| byte & 0x0f);
                add(&mut sums, line, words[1], |byte| byte >> 4);
            }
        }
    }
    sums
}

fn add(sums: &mut Sums, line: &[u8], word: i32, level: impl Fn(u8) -> u8) {
    let word = word.to_le_bytes().map(|byte| i32::from(i8::from_le_bytes([byte])));
    for (sum, lane) in sums.iter_mut().zip(line.chunks_exact(STEP_VALUES)) {
        *sum += lane.iter().zip(word).map(|(byte, word)| i32::from(level(*byte)) * word).sum::<i32>();
    }
}
