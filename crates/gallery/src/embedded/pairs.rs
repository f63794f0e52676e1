//! Persons whose references are alike: every pair is compared.

use biometric::{Person, Score, Template, TemplateError};

use crate::Pair;

/// After so many references progress is told: a fraction of a second's work.
const PROGRESS_ROWS: usize = 64;

/// The best pairs with a score of `at` or more, best first, ties by the ids, at most `count`. The references are in order of
/// the ids.
pub(super) fn reaching(
    references: &[(Person, Template)],
    at: Score,
    count: usize,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Vec<Pair>, TemplateError> {
    // Two numbers of rows and a score.
    let mut found: Vec<(usize, usize, Score)> = Vec::new();
    let all = references.len() as u64;
    for (first, (_, reference)) in references.iter().enumerate() {
        for (second, (_, other)) in references.iter().enumerate().skip(first + 1) {
            let score = reference.compare(other)?;
            if score >= at {
                found.push((first, second, score));
            }
        }
        if found.len() / 2 > count {
            keep_best(&mut found, count);
        }
        if first.is_multiple_of(PROGRESS_ROWS) {
            progress(first as u64, all);
        }
    }
    keep_best(&mut found, count);
    progress(all, all);
    let person = |row: usize| references[row].0.clone();
    Ok(found.into_iter().map(|(first, second, score)| (person(first), person(second), score)).collect())
}

fn keep_best(found: &mut Vec<(usize, usize, Score)>, count: usize) {
    // Scores of templates are finite: zeros of either sign tie.
    let order = |a: Score, b: Score| b.partial_cmp(&a).unwrap_or(std::cmp::Ordering::Equal);
    found.sort_by(|a, b| order(a.2, b.2).then_with(|| (a.0, a.1).cmp(&(b.0, b.1))));
    found.truncate(count);
}
