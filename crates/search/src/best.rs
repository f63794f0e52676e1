//! What a search keeps of the rows it recomputed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{Goal, Hit};

/// Rows kept beyond those that count, half of them, before those that fell behind are thrown out.
const SPARE_HITS: usize = 64;

/// The rows that one job has found so far, in one thread.
pub(crate) enum Best {
    Nearest {
        count: usize,
        /// The `count` best scores.
        scores: BinaryHeap<Reverse<Ordered>>,
        /// Rows with at least the worst of those scores, and some that have fallen behind.
        hits: Vec<Hit>,
        /// With so many, those that have fallen behind are thrown out. It grows with those that have not: where many
        /// rows tie, they are not gone through again for each.
        hits_max: usize,
    },
    Reaching {
        score: f32,
        rows_max: usize,
        hits: Vec<Hit>,
    },
}

/// A score that can be ordered: scores of templates are numbers; numerically, so that 0 and -0 tie.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Ordered(f32);

impl Best {
    pub(crate) fn new(goal: &Goal) -> Self {
        match *goal {
            Goal::Nearest(count) => {
                let (scores, hits, hits_max) = (BinaryHeap::new(), Vec::new(), hits_max(count));
                Self::Nearest { count, scores, hits, hits_max }
            }
            Goal::Reaching { score, rows_max } => Self::Reaching { score, rows_max, hits: Vec::new() },
        }
    }

    /// The score from which on a row counts; infinite when none does.
    pub(crate) fn threshold(&self) -> f32 {
        match self {
            Self::Nearest { count: 0, .. } => f32::INFINITY,
            Self::Nearest { count, scores, .. } => match scores.peek() {
                Some(Reverse(Ordered(worst))) if scores.len() == *count => *worst,
                Some(_) | None => f32::NEG_INFINITY,
            },
            Self::Reaching { rows_max, hits, .. } if hits.len() >= *rows_max => f32::INFINITY,
            Self::Reaching { score, .. } => *score,
        }
    }

    /// Considers a row. One with a score that is no number is never found.
    pub(crate) fn offer(&mut self, hit: Hit) {
        let counts = hit.score >= self.threshold();
        if !counts {
            return;
        }
        match self {
            Self::Nearest { count, scores, hits, hits_max } => {
                hits.push(hit);
                if scores.len() == *count {
                    scores.pop();
                }
                scores.push(Reverse(Ordered(hit.score)));
                if hits.len() > *hits_max {
                    retain(scores, *count, hits);
                    *hits_max = self::hits_max(hits.len());
                }
            }
            Self::Reaching { hits, .. } => hits.push(hit),
        }
    }

    /// Takes over what another thread found.
    pub(crate) fn merge(&mut self, other: Self) {
        let (Self::Nearest { hits, .. } | Self::Reaching { hits, .. }) = other;
        hits.into_iter().for_each(|hit| self.offer(hit));
    }

    /// What was found; the nearest best first, then in the order in which the rows lie.
    pub(crate) fn into_hits(self) -> Vec<Hit> {
        match self {
            Self::Nearest { count, scores, mut hits, .. } => {
                retain(&scores, count, &mut hits);
                hits.sort_unstable_by(|a, b| {
                    Ordered(b.score).cmp(&Ordered(a.score)).then_with(|| (a.piece, a.row).cmp(&(b.piece, b.row)))
                });
                hits
            }
            Self::Reaching { hits, .. } => hits,
        }
    }
}

/// How many rows are kept where so many count.
fn hits_max(count: usize) -> usize {
    count.saturating_add(SPARE_HITS).saturating_mul(2)
}

/// Throws out the rows that have fallen behind.
fn retain(scores: &BinaryHeap<Reverse<Ordered>>, count: usize, hits: &mut Vec<Hit>) {
    if let Some(Reverse(Ordered(worst))) = scores.peek()
        && scores.len() == count
    {
        hits.retain(|hit| hit.score >= *worst);
    }
}

impl Eq for Ordered {}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.partial_cmp(&other.0).unwrap_or(std::cmp::Ordering::Equal)
    }
}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// A threshold that the threads of one search share: what one has found rules rows out for all.
pub(crate) struct Shared(AtomicU32);

impl Shared {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(key(f32::NEG_INFINITY)))
    }

    /// The greatest threshold that any thread has reached, this one's included.
    pub(crate) fn raise(&self, own: f32) -> f32 {
        // No other memory is read because of it: a stale value only rules out less.
        let before = self.0.fetch_max(key(own), Ordering::Relaxed);
        value(before.max(key(own)))
    }
}

/// Whole numbers in the order of the `f32`s that they stand for.
fn key(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 0 { bits | 1 << 31 } else { !bits }
}

fn value(key: u32) -> f32 {
    f32::from_bits(if key >> 31 == 1 { key & !(1 << 31) } else { !key })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hit(row: usize, score: f32) -> Hit {
        Hit { piece: 0, row, score }
    }

    proptest! {
        #[test]
        fn the_nearest_are_the_best_and_all_that_tie_with_the_last(scores in prop::collection::vec(0..20_u8, 0..400), count in 0..30_usize, cut in 0..400_usize) {
            let scores: Vec<f32> = scores.iter().map(|score| f32::from(*score)).collect();
            let goal = Goal::Nearest(count);
            let (mut one, mut two) = (Best::new(&goal), Best::new(&goal));
            for (row, score) in scores.iter().enumerate() {
                if row < cut { one.offer(hit(row, *score)) } else { two.offer(hit(row, *score)) }
            }
            two.merge(one);
            let mut expected: Vec<_> = scores.iter().enumerate().map(|(row, score)| (*score, row)).collect();
            expected.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let worst = count.checked_sub(1).map_or(f32::INFINITY, |last| expected.get(last).map_or(0.0, |last| last.0));
            expected.retain(|(score, _)| *score >= worst);
            let found: Vec<_> = two.into_hits().iter().map(|hit| (hit.score, hit.row)).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn keys_are_in_the_order_of_their_values(a in prop::num::f32::ANY, b in prop::num::f32::ANY) {
            prop_assume!(!a.is_nan() && !b.is_nan());
            prop_assert_eq!(value(key(a)).to_bits(), a.to_bits());
            if a < b { prop_assert!(key(a) < key(b)); }
        }
    }

    /// Half a million persons who were enrolled with one image: going through all of them again for each took a minute and a half.
    #[test]
    fn many_that_tie_are_found_in_good_time() {
        let mut best = Best::new(&Goal::Nearest(1));
        (0..500_000).for_each(|row| best.offer(hit(row, 0.5)));
        best.offer(hit(500_000, 0.25));
        assert_eq!(best.into_hits().len(), 500_000);
    }

    #[test]
    fn what_is_no_number_is_not_found() {
        let mut best = Best::new(&Goal::Nearest(2));
        best.offer(hit(0, f32::NAN));
        best.offer(hit(1, -1.0));
        assert_eq!(best.into_hits(), [hit(1, -1.0)]);
    }

    #[test]
    fn no_more_rows_reach_a_score_than_are_asked_for() {
        let mut best = Best::new(&Goal::Reaching { score: 0.5, rows_max: 2 });
        for (row, score) in [(0, 0.4), (1, 0.5), (2, 0.9), (3, 0.9)] {
            best.offer(hit(row, score));
        }
        assert_eq!(best.threshold(), f32::INFINITY);
        assert_eq!(best.into_hits(), [hit(1, 0.5), hit(2, 0.9)]);
    }
}
