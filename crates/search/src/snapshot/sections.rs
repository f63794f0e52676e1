//! Where everything lies in the file: all of it follows from the directory.

use super::header::{BLOCK_ROWS, HEADER_BYTES};
use crate::GROUP_ROWS;

/// Bytes of an entry in the directory: the space's number and how many rows it has.
pub(super) const ENTRY_BYTES: usize = 16;

/// Bytes of a key, of a row's checksum, and of a block's.
pub(super) const WORD: usize = size_of::<u64>();

/// Codes begin at a cache line.
const CODES_ALIGN: usize = 64;

/// Originals begin at a page: a row of 128 values then lies in one, and fewer pages are read.
const ORIGINALS_ALIGN: usize = 4096;

/// Where each part begins, in bytes from the beginning of the file.
#[derive(Clone, Debug)]
pub(super) struct Sections {
    pub(super) width: usize,
    group_bytes: usize,
    keys: usize,
    sums: usize,
    blocks: usize,
    codes: usize,
    originals: usize,
    /// The length of the file.
    pub(super) end: usize,
    /// All rows of all spaces.
    pub(super) rows: usize,
    /// By number, ascending.
    pub(super) spaces: Vec<Space>,
}

/// One space's share of every part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Space {
    pub(super) number: i64,
    pub(super) rows: usize,
    /// Rows of the spaces before.
    first_row: usize,
    /// Blocks of the spaces before.
    first_block: usize,
    /// Bytes of codes of the spaces before.
    first_code: usize,
}

/// A block: up to [`BLOCK_ROWS`] rows of one space.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockAt {
    /// Its number through all spaces.
    pub(super) block: usize,
    /// The number of its first row through all spaces.
    pub(super) row: usize,
    pub(super) rows: usize,
    /// Where its codes begin in the file.
    pub(super) codes: usize,
    pub(super) codes_bytes: usize,
}

impl Sections {
    /// Places what the directory lists; `None` when spaces do not ascend, or when nothing so large can be.
    pub(super) fn new(width: usize, group_bytes: usize, directory: &[(i64, u64)]) -> Option<Self> {
        let mut spaces = Vec::with_capacity(directory.len());
        let (mut rows, mut blocks, mut codes) = (0_usize, 0_usize, 0_usize);
        for (number, count) in directory {
            if spaces.last().is_some_and(|last: &Space| last.number >= *number) {
                return None;
            }
            let count = usize::try_from(*count).ok()?;
            spaces.push(Space {
                number: *number,
                rows: count,
                first_row: rows,
                first_block: blocks,
                first_code: codes,
            });
            rows = rows.checked_add(count)?;
            blocks = blocks.checked_add(count.div_ceil(BLOCK_ROWS))?;
            codes = codes.checked_add(count.div_ceil(GROUP_ROWS).checked_mul(group_bytes)?)?;
        }
        let keys_at = HEADER_BYTES.checked_add(directory.len().checked_mul(ENTRY_BYTES)?)?;
        let sums_at = keys_at.checked_add(rows.checked_mul(WORD)?)?;
        let blocks_at = sums_at.checked_add(rows.checked_mul(WORD)?)?;
        let codes_at = blocks_at.checked_add(blocks.checked_mul(WORD)?)?.checked_next_multiple_of(CODES_ALIGN)?;
        let originals = codes_at.checked_add(codes)?.checked_next_multiple_of(ORIGINALS_ALIGN)?;
        let end = originals.checked_add(rows.checked_mul(row_bytes(width)?)?)?;
        (isize::try_from(end).is_ok()).then_some(Self {
            width,
            group_bytes,
            keys: keys_at,
            sums: sums_at,
            blocks: blocks_at,
            codes: codes_at,
            originals,
            end,
            rows,
            spaces,
        })
    }

    /// The index of a space.
    pub(super) fn space(&self, number: i64) -> Option<usize> {
        self.spaces.binary_search_by_key(&number, |space| space.number).ok()
    }

    /// The blocks of a space.
    pub(super) fn blocks_of(&self, space: &Space) -> usize {
        space.rows.div_ceil(BLOCK_ROWS)
    }

    /// A block of a space by its number within it.
    pub(super) fn block(&self, space: &Space, number: usize) -> BlockAt {
        let first = number * BLOCK_ROWS;
        let rows = (space.rows - first).min(BLOCK_ROWS);
        BlockAt {
            block: space.first_block + number,
            row: space.first_row + first,
            rows,
            codes: self.codes + space.first_code + first / GROUP_ROWS * self.group_bytes,
            codes_bytes: rows.div_ceil(GROUP_ROWS) * self.group_bytes,
        }
    }

    /// The block of a row of a space, and the row's number within it.
    pub(super) fn block_of(&self, space: &Space, row: usize) -> (BlockAt, usize) {
        (self.block(space, row / BLOCK_ROWS), row % BLOCK_ROWS)
    }

    /// Bytes of codes of a whole block.
    pub(super) fn block_codes_bytes(&self) -> usize {
        BLOCK_ROWS / GROUP_ROWS * self.group_bytes
    }

    /// Where a row's key lies; rows are numbered through all spaces.
    pub(super) fn key_at(&self, row: usize) -> usize {
        self.keys + row * WORD
    }

    /// Where a row's checksum lies.
    pub(super) fn sum_at(&self, row: usize) -> usize {
        self.sums + row * WORD
    }

    /// Where a block's checksum lies.
    pub(super) fn block_sum_at(&self, block: usize) -> usize {
        self.blocks + block * WORD
    }

    /// Where a row's original lies.
    pub(super) fn original_at(&self, row: usize) -> usize {
        self.originals + row * self.row_bytes()
    }

    /// Bytes of a row's original.
    pub(super) fn row_bytes(&self) -> usize {
        self.width * size_of::<f32>()
    }
}

impl Space {
    /// A row's number through all spaces.
    pub(super) fn row(&self, row: usize) -> usize {
        self.first_row + row
    }
}

fn row_bytes(width: usize) -> Option<usize> {
    width.checked_mul(size_of::<f32>())
}
