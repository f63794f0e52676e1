//! The truth: a full scan of every original in single precision.

use super::queries::Queries;
use super::rows::Rows;
use crate::{Error, Progress};

/// Rows that all probes are compared with before the next ones: 64 KB at 128 values, which stay in a first- or
/// second-level cache meanwhile.
const TILE_ROWS: usize = 128;

/// The best score of a probe, and every row that has it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Exact {
    pub(super) score: f32,
    /// In ascending order.
    pub(super) rows: Vec<u32>,
}

impl Exact {
    const NONE: Self = Self { score: f32::NEG_INFINITY, rows: Vec::new() };

    pub(super) fn add(&mut self, row: u32, score: f32) {
        if score > self.score {
            self.score = score;
            self.rows.clear();
        }
        if score == self.score {
            self.rows.push(row);
        }
    }

    fn merge(&mut self, other: &Self) {
        other.rows.iter().for_each(|row| self.add(*row, other.score));
        self.rows.sort_unstable();
    }
}

/// Scans all rows for all probes, on all cores, with the house's own inner product.
pub(super) fn exact(rows: &Rows, queries: &Queries, progress: &dyn Progress) -> Result<Vec<Exact>, Error> {
    progress.begin("f32 scan", rows.blocks() as u64);
    let work = |best: &mut Vec<Exact>, first: usize, values: &[f32]| {
        for (tile, values) in values.chunks(TILE_ROWS * rows.width).enumerate() {
            let first = first + tile * TILE_ROWS;
            for (best, probe) in best.iter_mut().zip(queries.values.chunks_exact(rows.width)) {
                biometric::scan(values, probe, |row, score| best.add((first + row) as u32, score));
            }
        }
        progress.advance();
        Ok(())
    };
    let parts = rows.share_out(|| vec![Exact::NONE; queries.count()], work)?;
    progress.end();
    let mut all = vec![Exact::NONE; queries.count()];
    for part in parts {
        all.iter_mut().zip(&part).for_each(|(all, one)| all.merge(one));
    }
    Ok(all)
}

/// The best of rows that lie in memory, on the caller's thread; `first` is the number of the first one.
pub(super) fn best_of(values: &[f32], first: usize, probe: &[f32]) -> Exact {
    let mut best = Exact::NONE;
    biometric::scan(values, probe, |row, score| best.add((first + row) as u32, score));
    best
}

/// The best of rows that lie in memory, on so many threads.
pub(super) fn best_of_all(values: &[f32], probe: &[f32], threads: usize) -> Exact {
    if threads <= 1 {
        return best_of(values, 0, probe);
    }
    let width = probe.len();
    let part_rows = (values.len() / width).div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let part = |(part, values)| scope.spawn(move || best_of(values, part * part_rows, probe));
        let parts: Vec<_> = values.chunks(part_rows * width).enumerate().map(part).collect();
        let mut best = Exact::NONE;
        for part in parts {
            best.merge(&part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        best
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Quiet;
    use crate::search::source::Source;

    #[test]
    fn finds_what_a_plain_scan_finds_with_all_ties() {
        let folder = tempfile::tempdir().expect("a folder");
        let source = Source::Synthetic { width: 8 };
        let rows = Rows::write(&folder.path().join("rows"), &source, 5000, &Quiet).expect("written");
        let queries = Queries::draw(&source, 5000, 0, 12);
        let found = exact(&rows, &queries, &Quiet).expect("scanned");
        let mut values = Vec::new();
        rows.in_order(|_, block| {
            values.extend_from_slice(block);
            Ok(())
        })
        .expect("read");
        for (number, found) in found.iter().enumerate() {
            let probe = queries.probes(number, 1);
            assert_eq!(best_of_all(&values, probe, 3), *found);
            let best = values.chunks_exact(8).map(|row| biometric::dot(row, probe)).fold(f32::NEG_INFINITY, f32::max);
            assert_eq!(best.to_bits(), found.score.to_bits());
        }
        assert_eq!(best_of_all(&[1.0, 0.0, 0.0, 1.0, 1.0, 0.0], &[1.0, 0.0], 2).rows, [0, 2]);
    }
}
