//! Rows that no longer count.

use std::sync::Arc;

/// Rows that one piece of the set covers: the set is copied in pieces, when it is changed while somebody looks at it.
const CHUNK_ROWS: usize = 4096;

/// Bits of a word.
const WORD: usize = u64::BITS as usize;

type Chunk = [u64; CHUNK_ROWS / WORD];

/// A set of rows, copied on write: a clone costs a pointer, and a change of one that was cloned costs the piece it is in.
#[derive(Clone, Debug, Default)]
pub struct Gone {
    chunks: Arc<Vec<Option<Arc<Chunk>>>>,
    len: usize,
}

impl Gone {
    /// Puts a row in; `false` when it was there.
    pub fn insert(&mut self, row: usize) -> bool {
        let new = !self.contains(row);
        if new {
            let (chunk, at) = (row / CHUNK_ROWS, row % CHUNK_ROWS);
            let chunks = Arc::make_mut(&mut self.chunks);
            if chunks.len() <= chunk {
                chunks.resize(chunk + 1, None);
            }
            let words = Arc::make_mut(chunks[chunk].get_or_insert_with(|| Arc::new([0; CHUNK_ROWS / WORD])));
            words[at / WORD] |= 1 << (at % WORD);
            self.len += 1;
        }
        new
    }

    /// Whether a row is in the set.
    #[must_use]
    pub fn contains(&self, row: usize) -> bool {
        let (chunk, at) = (row / CHUNK_ROWS, row % CHUNK_ROWS);
        let words = self.chunks.get(chunk).and_then(Option::as_ref);
        words.is_some_and(|words| words[at / WORD] >> (at % WORD) & 1 == 1)
    }

    /// How many rows are in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn is_a_set_and_a_clone_stays_as_it_was(rows in prop::collection::vec(0..10_000_usize, 0..200), cut in 0..200_usize) {
            let (mut gone, mut plain, mut kept) = (Gone::default(), BTreeSet::new(), None);
            for (number, row) in rows.iter().enumerate() {
                if number == cut {
                    kept = Some((gone.clone(), plain.clone()));
                }
                prop_assert_eq!(gone.insert(*row), plain.insert(*row));
            }
            for (gone, plain) in kept.into_iter().chain([(gone, plain)]) {
                prop_assert_eq!(gone.len(), plain.len());
                prop_assert_eq!((0..10_000).filter(|row| gone.contains(*row)).collect::<BTreeSet<_>>(), plain);
            }
        }
    }
}
