//! The best few of many scores, in an order that does not depend on where a row lies.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use biometric::PersonId;

/// Keeps the `count` nearest: by score, best first, ties by person id.
pub(super) struct Nearest<'a> {
    count: usize,
    /// The worst of the kept is on top.
    kept: BinaryHeap<Ranked<'a>>,
}

/// A row with its place in the order: what is less is nearer.
#[derive(PartialEq)]
pub(super) struct Ranked<'a> {
    pub(super) score: f32,
    pub(super) row: usize,
    pub(super) id: &'a PersonId,
}

impl<'a> Nearest<'a> {
    pub(super) fn new(count: usize) -> Self {
        Self { count, kept: BinaryHeap::new() }
    }

    /// Considers a row; `id` is asked for only when its score may be among the best.
    pub(super) fn offer(&mut self, row: usize, score: f32, id: impl FnOnce() -> &'a PersonId) {
        if self.kept.len() < self.count {
            self.kept.push(Ranked { score, row, id: id() });
        } else if let Some(mut worst) = self.kept.peek_mut()
            && score >= worst.score
        {
            let ranked = Ranked { score, row, id: id() };
            if ranked < *worst {
                *worst = ranked;
            }
        }
    }

    pub(super) fn into_best_first(self) -> Vec<Ranked<'a>> {
        self.kept.into_sorted_vec()
    }
}

impl Eq for Ranked<'_> {}

impl Ord for Ranked<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        // Scores of templates are finite; numerically, so that 0 and -0 tie.
        let by_score = other.score.partial_cmp(&self.score).unwrap_or(Ordering::Equal);
        by_score.then_with(|| self.id.cmp(other.id))
    }
}

impl PartialOrd for Ranked<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
