//! A few rows in memory, which are replaced as a whole.

use search::{Coder, Codes, GROUP_ROWS, Memory};

use super::Key;

/// How many rows lie in a block: one that changes is copied, some 150 KB of 128-d vectors and codes, which takes a fraction
/// of what the disk takes to have the change.
pub(super) const BLOCK_ROWS: usize = 256;

/// Rows with their keys, in no order; never changed, so that whoever searches needs no lock.
pub(super) struct Block {
    keys: Vec<Key>,
    pub(super) codes: Codes,
    pub(super) vectors: Memory,
    /// The least and the greatest key.
    range: (Key, Key),
}

/// What becomes of a row: another vector, or nothing.
pub(super) type RowEdit<'a> = (usize, Option<&'a [f32]>);

impl Block {
    /// A block of at most [`BLOCK_ROWS`] new rows.
    pub(super) fn new(coder: &Coder, rows: &[(Key, &[f32])]) -> Self {
        let mut values = Vec::with_capacity(rows.len() * coder.width());
        rows.iter().for_each(|(_, vector)| values.extend_from_slice(vector));
        let codes = coder.encode(&values);
        Self::whole(rows.iter().map(|(key, _)| *key).collect(), codes, Memory::new(coder.width(), values))
    }

    fn whole(keys: Vec<Key>, codes: Codes, vectors: Memory) -> Self {
        let least = keys.iter().copied().min().unwrap_or(Key::MAX);
        let greatest = keys.iter().copied().max().unwrap_or(Key::MIN);
        Self { keys, codes, vectors, range: (least, greatest) }
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn key(&self, row: usize) -> Key {
        self.keys[row]
    }

    /// Keys and vectors, in no order.
    pub(super) fn rows(&self) -> impl Iterator<Item = (Key, &[f32])> {
        self.keys.iter().enumerate().map(|(row, key)| (*key, self.vectors.row(row)))
    }

    /// Those of `edits`, which are in order of the keys, that are about rows of this block: row, and number in `edits`.
    pub(super) fn concerned<T>(&self, edits: &[(Key, T)]) -> Vec<(usize, usize)> {
        let (Some((first, _)), Some((last, _))) = (edits.first(), edits.last()) else { return Vec::new() };
        if *last < self.range.0 || self.range.1 < *first {
            return Vec::new();
        }
        let edit = |key: &Key| edits.binary_search_by_key(key, |(key, _)| *key).ok();
        self.keys.iter().enumerate().filter_map(|(row, key)| Some((row, edit(key)?))).collect()
    }

    /// The block with some rows changed, or gone, and others behind.
    pub(super) fn edited(&self, coder: &Coder, edits: &[RowEdit<'_>], more: &[(Key, &[f32])]) -> Self {
        let width = coder.width();
        let mut keys = self.keys.clone();
        // Never moved while it grows: what is left behind is not wiped.
        let mut values = Vec::with_capacity((self.len() + more.len()) * width);
        values.extend_from_slice(self.vectors.values());
        let mut changed = Vec::new();
        for (row, vector) in edits.iter().filter_map(|(row, vector)| Some((*row, (*vector)?))) {
            values[row * width..][..width].copy_from_slice(vector);
            changed.push(row);
        }
        let mut leaving: Vec<usize> =
            edits.iter().filter(|(_, vector)| vector.is_none()).map(|(row, _)| *row).collect();
        leaving.sort_unstable();
        // From the last on, so that what moves into a gap stays.
        for row in leaving.into_iter().rev() {
            let last = keys.len() - 1;
            keys.swap_remove(row);
            values.copy_within(last * width.., row * width);
            wipe(&mut values[last * width..]);
            values.truncate(last * width);
            changed.push(row);
        }
        for (key, vector) in more {
            changed.push(keys.len());
            keys.push(*key);
            values.extend_from_slice(vector);
        }
        let codes = self.codes_of(coder, &values, changed);
        Self::whole(keys, codes, Memory::new(width, values))
    }

    /// The codes of the values, of which only the rows `changed` differ from those of this block.
    fn codes_of(&self, coder: &Coder, values: &[f32], mut changed: Vec<usize>) -> Codes {
        let rows = values.len() / coder.width();
        let mut codes = Codes::zeroed(coder, rows);
        let kept = codes.as_bytes().len().min(self.codes.as_bytes().len());
        codes.as_bytes_mut()[..kept].copy_from_slice(&self.codes.as_bytes()[..kept]);
        (rows..self.len().min(rows.next_multiple_of(GROUP_ROWS))).for_each(|row| codes.clear(row));
        changed.sort_unstable();
        changed.dedup();
        for row in changed.into_iter().filter(|row| *row < rows) {
            codes.set(coder, row, &values[row * coder.width()..][..coder.width()]);
        }
        codes
    }
}

fn wipe(values: &mut [f32]) {
    values.fill(0.0);
    // Keeps the optimiser from seeing that nobody reads the zeros.
    std::hint::black_box(values);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use search::Tier;

    use super::*;

    /// Not a multiple of anything.
    const WIDTH: usize = 5;

    fn vector(seed: u8) -> [f32; WIDTH] {
        [0, 1, 2, 3, 4].map(|i| f32::from(seed.wrapping_mul(31).wrapping_add(i * 57)) / 255.0 - 0.4)
    }

    proptest! {
        /// However a block came about: it holds what it should, and its codes are those of its vectors.
        #[test]
        fn an_edited_block_is_as_good_as_a_new_one(
            begin in 0..BLOCK_ROWS / 2,
            rounds in prop::collection::vec((prop::collection::btree_map(0..BLOCK_ROWS, any::<Option<u8>>(), 0..9), 0..20_usize), 0..6),
        ) {
            for tier in Tier::ALL {
                let coder = Coder::new(WIDTH, tier);
                let mut next = 0;
                let mut fresh = |count: usize| -> Vec<(Key, [f32; WIDTH])> {
                    (0..count).map(|_| { next += 1; (next, vector(next as u8)) }).collect()
                };
                let first = fresh(begin);
                let borrow = |rows: &[(Key, [f32; WIDTH])]| rows.iter().map(|(k, v)| (*k, *v)).collect::<Vec<_>>();
                let slices = borrow(&first);
                let mut block = Block::new(&coder, &slices.iter().map(|(k, v)| (*k, v.as_slice())).collect::<Vec<_>>());
                let mut plain: BTreeMap<Key, [f32; WIDTH]> = first.into_iter().collect();
                for (edits, more) in &rounds {
                    let edits: Vec<_> = edits.iter().filter(|(row, _)| **row < block.len())
                        .map(|(row, seed)| (*row, seed.map(vector))).collect();
                    for (row, value) in &edits {
                        match value {
                            Some(value) => drop(plain.insert(block.key(*row), *value)),
                            None => drop(plain.remove(&block.key(*row))),
                        }
                    }
                    let more = fresh(*more);
                    plain.extend(more.iter().copied());
                    let edits: Vec<RowEdit<'_>> = edits.iter().map(|(row, v)| (*row, v.as_ref().map(|v| v.as_slice()))).collect();
                    let more: Vec<_> = more.iter().map(|(k, v)| (*k, v.as_slice())).collect();
                    block = block.edited(&coder, &edits, &more);
                }
                let held: BTreeMap<Key, Vec<f32>> = block.rows().map(|(key, v)| (key, v.to_vec())).collect();
                prop_assert_eq!(held, plain.into_iter().map(|(key, v)| (key, v.to_vec())).collect());
                let codes = coder.encode(block.vectors.values());
                prop_assert_eq!(codes.as_bytes(), block.codes.as_bytes());
            }
        }
    }

    #[test]
    fn only_the_edits_of_its_own_rows_concern_a_block() {
        let coder = Coder::new(WIDTH, Tier::V4);
        let v = vector(1);
        let block = Block::new(&coder, &[(7, &v), (3, &v), (9, &v)]);
        assert_eq!(block.concerned(&[(1, ()), (3, ()), (4, ()), (9, ()), (10, ())]), [(1, 1), (2, 3)]);
        assert!(block.concerned(&[(1, ()), (2, ())]).is_empty() && block.concerned(&[(10, ())]).is_empty());
        assert!(block.concerned::<()>(&[]).is_empty());
    }
}
