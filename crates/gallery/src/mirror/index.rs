//! One tenant's references, and the exact search over them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::{iter, panic, thread};

use search::{Base, Coder, Damaged, Gone, How, Job, Originals, Piece};

use super::Key;
use super::block::{BLOCK_ROWS, Block, RowEdit};

/// So many blocks of new rows are coded by one thread: some ten milliseconds' work, beside which starting it is nothing.
const BLOCKS_PER_THREAD: usize = 8;

/// One tenant's references: those of the snapshot that still count, and what came since. A value: cloning costs a few
/// pointers, and nothing that others hold ever changes.
#[derive(Clone, Default)]
pub(crate) struct Index {
    base: Option<Arc<Base>>,
    /// Rows of the base that were removed or replaced since.
    gone: Gone,
    blocks: Vec<Arc<Block>>,
    len: usize,
}

/// What becomes of a row: another vector, or nothing.
pub(super) type Edit<'a> = (Key, Option<&'a [f32]>);

/// Keys and scores of rows that were found.
pub(crate) type Hits = Vec<(Key, f32)>;

/// What a scan has found.
pub(crate) struct Seen {
    /// For every job what it asked for.
    pub(crate) hits: Vec<Hits>,
    /// Whether a row that counts had been wiped in the snapshot's file, by another process that knows of a later change: the
    /// index is behind, and what was found may lack that row.
    pub(crate) is_behind: bool,
}

impl Index {
    pub(super) fn of(base: Arc<Base>) -> Self {
        let gone = base.wiped();
        let len = base.rows() - gone.len();
        Self { base: Some(base), gone, blocks: Vec::new(), len }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The index after some rows changed, in order of the keys.
    pub(super) fn edited(&self, coder: &Coder, edits: &[Edit<'_>]) -> Self {
        let mut new = self.clone();
        if let Some(base) = &self.base {
            for row in edits.iter().filter_map(|(key, _)| base.row_of(*key)) {
                new.gone.insert(row);
            }
        }
        let mut is_placed = vec![false; edits.len()];
        for block in &mut new.blocks {
            let concerned = block.concerned(edits);
            if !concerned.is_empty() {
                let rows: Vec<RowEdit<'_>> = concerned.iter().map(|(row, edit)| (*row, edits[*edit].1)).collect();
                *block = Arc::new(block.edited(coder, &rows, &[]));
                concerned.iter().for_each(|(_, edit)| is_placed[*edit] = true);
            }
        }
        new.blocks.retain(|block| block.len() > 0);
        let is_new = edits.iter().zip(is_placed).filter(|(_, is_placed)| !is_placed);
        let fresh: Vec<_> = is_new.filter_map(|((key, vector), _)| Some((*key, (*vector)?))).collect();
        new.append(coder, &fresh);
        let blocks: usize = new.blocks.iter().map(|block| block.len()).sum();
        new.len = new.base.as_ref().map_or(0, |base| base.rows()) - new.gone.len() + blocks;
        new
    }

    fn append(&mut self, coder: &Coder, mut rows: &[(Key, &[f32])]) {
        if let Some(last) = self.blocks.last_mut() {
            let (fit, rest) = rows.split_at(rows.len().min(BLOCK_ROWS - last.len()));
            if !fit.is_empty() {
                *last = Arc::new(last.edited(coder, &[], fit));
            }
            rows = rest;
        }
        self.blocks.extend(blocks(coder, rows));
    }

    /// One pass over memory for all jobs.
    pub(crate) fn scan(&self, jobs: &[Job<'_>], how: How) -> Result<Seen, Damaged> {
        let none = Gone::default();
        let base = self.base.as_deref().map(Watched::new);
        let of_base = base.iter().map(|base| Piece { codes: base.base.codes(), originals: base, gone: &self.gone });
        let mut pieces: Vec<Piece<'_>> = of_base.collect();
        let first_block = pieces.len();
        pieces.extend(self.blocks.iter().map(|block| Piece {
            codes: &block.codes,
            originals: &block.vectors,
            gone: &none,
        }));
        let found = search::scan(&pieces, jobs, how)?;
        let key = |piece: usize, row| match (piece.checked_sub(first_block), &base) {
            (Some(block), _) => self.blocks[block].key(row),
            (None, Some(base)) => base.base.key(row),
            (None, None) => unreachable!("without a base, the first piece is a block"),
        };
        let keyed = |hits: Vec<search::Hit>| hits.iter().map(|hit| (key(hit.piece, hit.row), hit.score)).collect();
        let hits = found.into_iter().map(keyed).collect();
        Ok(Seen { hits, is_behind: base.is_some_and(|base| base.met_wiped.into_inner()) })
    }

    /// All rows in order of their keys; those that others have wiped are left out.
    pub(crate) fn each<E: From<Damaged>>(
        &self,
        width: usize,
        row: &mut impl FnMut(Key, &[f32]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut later: Vec<(Key, &[f32])> = self.blocks.iter().flat_map(|block| block.rows()).collect();
        later.sort_unstable_by_key(|(key, _)| *key);
        let mut later = later.into_iter().peekable();
        if let Some(base) = &self.base {
            let mut values = vec![0.0; width];
            for number in (0..base.rows()).filter(|number| !self.gone.contains(*number)) {
                let key = base.key(number);
                while let Some((key, values)) = later.next_if(|(later, _)| *later < key) {
                    row(key, values)?;
                }
                if base.copy(number, &mut values)? {
                    row(key, &values)?;
                }
            }
            values.fill(0.0);
            std::hint::black_box(&mut values);
        }
        later.try_for_each(|(key, values)| row(key, values))
    }
}

/// Blocks of new rows. Coding many takes longer than anything else at the start, so all cores do it.
fn blocks(coder: &Coder, rows: &[(Key, &[f32])]) -> Vec<Arc<Block>> {
    let code = |rows: &[(Key, &[f32])]| -> Vec<_> {
        rows.chunks(BLOCK_ROWS).map(|rows| Arc::new(Block::new(coder, rows))).collect()
    };
    let parts = rows.chunks(BLOCKS_PER_THREAD * BLOCK_ROWS);
    if parts.len() < 2 {
        return code(rows);
    }
    let (cores, parts) = (thread::available_parallelism().map_or(1, usize::from), Mutex::new(parts.enumerate()));
    let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || iter::from_fn(next).map(|(number, rows)| (number, code(rows))).collect::<Vec<_>>();
    let mut done = thread::scope(|scope| {
        let others: Vec<_> = (1..cores).map(|_| scope.spawn(work)).collect();
        let own = work();
        let joined = others.into_iter().map(|other| other.join().unwrap_or_else(|p| panic::resume_unwind(p)));
        iter::once(own).chain(joined).flatten().collect::<Vec<_>>()
    });
    done.sort_unstable_by_key(|(number, _)| *number);
    done.into_iter().flat_map(|(_, blocks)| blocks).collect()
}

/// A base that notes when it is asked for a row that was wiped meanwhile.
struct Watched<'a> {
    base: &'a Base,
    met_wiped: AtomicBool,
}

impl<'a> Watched<'a> {
    fn new(base: &'a Base) -> Self {
        Self { base, met_wiped: AtomicBool::new(false) }
    }
}

impl Originals for Watched<'_> {
    fn copy(&self, row: usize, into: &mut [f32]) -> Result<bool, Damaged> {
        let is_there = self.base.copy(row, into)?;
        if !is_there {
            self.met_wiped.store(true, Ordering::Relaxed);
        }
        Ok(is_there)
    }

    fn prefetch(&self, row: usize) {
        self.base.prefetch(row);
    }
}

#[cfg(test)]
mod tests {
    use search::Tier;

    use super::*;

    const WIDTH: usize = 8;

    /// Unlike any other's.
    fn vector(key: Key) -> [f32; WIDTH] {
        [0, 1, 2, 3, 4, 5, 6, 7].map(|i| ((key * 31 + i * 977) % 1009) as f32 / 1009.0)
    }

    fn contents(index: &Index) -> Vec<(Key, Vec<f32>)> {
        let mut all = Vec::new();
        let mut push = |key, values: &[f32]| {
            all.push((key, values.to_vec()));
            Ok::<_, Damaged>(())
        };
        index.each(WIDTH, &mut push).expect("in memory");
        all
    }

    #[test]
    fn many_rows_at_once_are_as_many_one_after_the_other() {
        let coder = Coder::new(WIDTH, Tier::V4);
        let rows = 2 * BLOCKS_PER_THREAD * BLOCK_ROWS + 77;
        let vectors: Vec<_> = (1..=rows as Key).map(|key| (key, vector(key))).collect();
        let edits: Vec<Edit<'_>> = vectors.iter().map(|(key, vector)| (*key, Some(vector.as_slice()))).collect();
        let at_once = Index::default().edited(&coder, &edits);
        let one_by_one = edits.chunks(301).fold(Index::default(), |index, some| index.edited(&coder, some));
        let expected: Vec<_> = vectors.iter().map(|(key, vector)| (*key, vector.to_vec())).collect();
        for index in [&at_once, &one_by_one] {
            assert_eq!((index.len(), index.blocks.len()), (rows, rows.div_ceil(BLOCK_ROWS)));
            assert!(contents(index) == expected);
        }
        for (one, other) in at_once.blocks.iter().zip(&one_by_one.blocks) {
            assert_eq!(one.codes.as_bytes(), other.codes.as_bytes());
        }
    }

    #[test]
    fn who_holds_an_index_sees_nothing_of_what_comes_after() {
        let coder = Coder::new(WIDTH, Tier::U8);
        let (one, two, three) = (vector(1), vector(2), vector(3));
        let before = Index::default().edited(&coder, &[(1, Some(&one)), (2, Some(&two))]);
        let after = before.edited(&coder, &[(1, None), (2, Some(&three)), (3, Some(&three))]);
        assert_eq!(contents(&before), [(1, one.to_vec()), (2, two.to_vec())]);
        assert_eq!(contents(&after), [(2, three.to_vec()), (3, three.to_vec())]);
        let none = after.edited(&coder, &[(2, None), (3, None), (9, None)]);
        assert_eq!((none.len(), none.blocks.len()), (0, 0));
        let query = coder.query(&three);
        let job = Job { query: &query, goal: search::Goal::Nearest(1) };
        // Both tie for the best.
        assert_eq!(after.scan(&[job], How::alone()).expect("whole").hits[0].len(), 2);
        assert!(none.scan(&[job], How::alone()).expect("whole").hits[0].is_empty());
    }
}
