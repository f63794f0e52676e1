//! The search: a gallery's codes in chunks, and what survives recomputed from the originals.

use std::num::NonZeroUsize;
use std::thread;

use biometric::dot;

use crate::best::{Best, Shared};
use crate::codes::GROUP_ROWS;
use crate::kernel::{Chunk, Survivor};
use crate::{Codes, Damaged, Gone, Kernel, Originals, Query};

/// Groups in the first chunk of a scan: a few rows are recomputed without a threshold to beat, and set one.
const FIRST_CHUNK_GROUPS: usize = 4;

/// Groups in a chunk at the most: 16,384 rows. What is done once a chunk is nothing beside them, the threshold follows closely,
/// and memory has answered for the originals of one chunk when the next has been sieved.
const CHUNK_GROUPS_MAX: usize = 1024;

/// A part of a gallery: rows with their codes and originals.
#[derive(Clone, Copy)]
pub struct Piece<'a> {
    /// The codes that are scanned.
    pub codes: &'a Codes,
    /// What they were made of.
    pub originals: &'a dyn Originals,
    /// Rows that are not to be found.
    pub gone: &'a Gone,
}

/// What a search is after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// The so many best, and whoever ties with the last of them.
    Nearest(usize),
    /// Whoever has this score or more.
    Reaching {
        /// The least score.
        score: f32,
        /// So many rows are enough.
        rows_max: usize,
    },
}

/// A probe, and what it is after.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// The probe.
    pub query: &'a Query,
    /// What it is after.
    pub goal: Goal,
}

/// A row that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// In which of the pieces.
    pub piece: usize,
    /// Which row there.
    pub row: usize,
    /// Its comparison score: the bits that [`biometric::dot`] returns.
    pub score: f32,
}

/// By what means to search; it changes nothing in what is found.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// Code for which processor.
    pub kernel: Kernel,
    /// On how many threads, the caller's own included.
    pub threads: NonZeroUsize,
}

impl How {
    /// On the caller's thread, by the best kernel there is.
    #[must_use]
    pub fn alone() -> Self {
        Self { kernel: Kernel::best(), threads: NonZeroUsize::MIN }
    }
}

/// Searches all pieces for all jobs in one pass over memory.
///
/// What is found for each job is what a scan of every original would find, and in its order: for [`Goal::Nearest`] best
/// first, then as the rows lie; all rows that tie with the last are there, so that the caller can decide between them. For
/// [`Goal::Reaching`] the order is not promised, and which rows are left out beyond `rows_max` is not either.
///
/// # Errors
/// When an original that had to be looked at is damaged.
///
/// # Panics
/// When a piece's codes or a query are of another coder than the rest: a defect of the caller.
pub fn scan(pieces: &[Piece<'_>], jobs: &[Job<'_>], how: How) -> Result<Vec<Vec<Hit>>, Damaged> {
    let fits = |piece: &Piece<'_>| jobs.iter().all(|job| job.query.layout == piece.codes.layout());
    assert!(pieces.iter().all(fits), "codes and queries of one coder");
    let shared: Vec<Shared> = jobs.iter().map(|_| Shared::new()).collect();
    let groups: usize = pieces.iter().map(|piece| piece.codes.rows().div_ceil(GROUP_ROWS)).sum();
    let threads = how.threads.get().min(groups).max(1);
    let part = |number: usize| {
        let (first, end) = (groups * number / threads, groups * (number + 1) / threads);
        let mut walk = Walk::new(jobs, &shared, how.kernel);
        walk.over(pieces, first, end).map(|()| std::mem::take(&mut walk.best))
    };
    let parts = thread::scope(|scope| {
        let start = |number| (number, thread::Builder::new().spawn_scoped(scope, move || part(number)));
        let others: Vec<_> = (1..threads).map(start).collect();
        let own = part(0);
        let joined = others.into_iter().map(|(number, other)| match other {
            Ok(other) => other.join().unwrap_or_else(|p| std::panic::resume_unwind(p)),
            // A thread that does not start leaves its part to the caller's.
            Err(_) => part(number),
        });
        std::iter::once(own).chain(joined).collect::<Result<Vec<_>, _>>()
    })?;
    let merged = parts.into_iter().reduce(|mut all, more| {
        all.iter_mut().zip(more).for_each(|(all, more)| all.merge(more));
        all
    });
    Ok(merged.unwrap_or_default().into_iter().map(Best::into_hits).collect())
}

/// One thread's way through its part of the groups.
struct Walk<'a> {
    queries: Vec<&'a Query>,
    kernel: Kernel,
    best: Vec<Best>,
    shared: &'a [Shared],
    thresholds: Vec<f32>,
    survivors: Vec<Survivor>,
    /// Groups in the next chunk.
    chunk_groups: usize,
    /// Survivors of the chunk before, whose originals are on their way from memory.
    due: Vec<Due>,
    original: Vec<f32>,
}

/// A row that is to be recomputed for a probe.
struct Due {
    query: usize,
    piece: usize,
    row: usize,
    bound: f32,
}

impl<'a> Walk<'a> {
    fn new(jobs: &[Job<'a>], shared: &'a [Shared], kernel: Kernel) -> Self {
        let best: Vec<_> = jobs.iter().map(|job| Best::new(&job.goal)).collect();
        Self {
            queries: jobs.iter().map(|job| job.query).collect(),
            kernel,
            thresholds: best.iter().map(Best::threshold).collect(),
            best,
            shared,
            survivors: Vec::new(),
            chunk_groups: FIRST_CHUNK_GROUPS,
            due: Vec::new(),
            original: jobs.first().map(|job| vec![0.0; job.query.probe.len()]).unwrap_or_default(),
        }
    }

    /// Goes through the groups from `first` to `end`, counted over all pieces.
    fn over(&mut self, pieces: &[Piece<'_>], first: usize, end: usize) -> Result<(), Damaged> {
        let mut before = 0;
        for (number, piece) in pieces.iter().enumerate() {
            let groups = piece.codes.rows().div_ceil(GROUP_ROWS);
            let mut at = first.saturating_sub(before);
            let stop = end.saturating_sub(before).min(groups);
            while at < stop {
                let next = stop.min(at + self.chunk_groups);
                self.sieve(piece, at, next);
                self.advance(pieces, number, at * GROUP_ROWS)?;
                at = next;
            }
            before += groups;
        }
        self.recompute(pieces)
    }

    /// Finds the rows of some groups that the codes do not rule out.
    fn sieve(&mut self, piece: &Piece<'_>, first: usize, end: usize) {
        for ((threshold, shared), best) in self.thresholds.iter_mut().zip(self.shared).zip(&self.best) {
            *threshold = shared.raise(best.threshold());
        }
        let layout = piece.codes.layout();
        let bytes = layout.group_bytes();
        let groups = &piece.codes.as_bytes()[first * bytes..end * bytes];
        let chunk = Chunk { layout, groups, queries: &self.queries, thresholds: &self.thresholds };
        self.survivors.clear();
        self.kernel.sieve(&chunk, &mut self.survivors);
    }

    /// Asks for the survivors' originals, and recomputes those that were asked for a chunk ago. Before chunks have grown, the
    /// threshold matters more than the wait: then at once.
    fn advance(&mut self, pieces: &[Piece<'_>], number: usize, first_row: usize) -> Result<(), Damaged> {
        if self.chunk_groups == CHUNK_GROUPS_MAX {
            self.recompute(pieces)?;
        }
        let piece = &pieces[number];
        for Survivor { query, row, bound } in &self.survivors {
            let row = first_row + *row as usize;
            // The last group is padded.
            if row < piece.codes.rows() && !piece.gone.contains(row) {
                piece.originals.prefetch(row);
                self.due.push(Due { query: *query as usize, piece: number, row, bound: *bound });
            }
        }
        if self.chunk_groups < CHUNK_GROUPS_MAX {
            self.recompute(pieces)?;
            self.chunk_groups = CHUNK_GROUPS_MAX.min(2 * self.chunk_groups);
        }
        Ok(())
    }

    /// Recomputes all that is due.
    fn recompute(&mut self, pieces: &[Piece<'_>]) -> Result<(), Damaged> {
        for Due { query, piece, row, bound } in self.due.drain(..) {
            let best = &mut self.best[query];
            // The threshold may have risen since the sieve.
            if bound < best.threshold() {
                continue;
            }
            if pieces[piece].originals.copy(row, &mut self.original)? {
                best.offer(Hit { piece, row, score: dot(&self.original, &self.queries[query].probe) });
            }
        }
        Ok(())
    }
}

impl Drop for Walk<'_> {
    fn drop(&mut self) {
        self.original.fill(0.0);
        // Keeps the optimiser from seeing that nobody reads the zeros.
        std::hint::black_box(&mut self.original);
    }
}
