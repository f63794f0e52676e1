//! Wiping rows in place: who was erased is gone from the file before the next one is written.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::block::{Block, offset, words};
use super::file::Locked;
use super::header::BLOCK_ROWS;
use super::open::read_head;
use super::sections::{BlockAt, Sections, Space, WORD};
use super::{Snapshot, SnapshotError, damaged, sums};
use crate::{Coder, Codes};

impl Snapshot {
    /// Wipes rows, given by space and key, in the file that lies at `path` now: their originals, their codes, and what
    /// their checksums tell. Keys stay. Answers how many were wiped: rows that are not there, or were wiped before, do not
    /// count.
    ///
    /// Whoever has the file mapped finds the rows wiped at once. It waits for processes that are opening the file. When it
    /// returns, the disk has it; when it is interrupted, the file is as it was, or is found to be damaged.
    ///
    /// # Errors
    /// When there is no file, when its codes are another coder's, when a part it needs is damaged, or when the operating
    /// system says no.
    pub fn wipe(path: &Path, rows: &[(i64, i64)]) -> Result<usize, SnapshotError> {
        if rows.is_empty() {
            return Ok(0);
        }
        let file = lock_present(path)?;
        let (header, seal, sections) = read_head(&file)?;
        let coder = Coder::new(header.width, header.tier);
        header.check_coder(&coder)?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            found.extend(find(&file, &sections, seal, *row)?);
        }
        found.sort_unstable_by_key(|found| found.at.row + found.row);
        found.dedup_by_key(|found| found.at.row + found.row);

        let (mut wiped, mut changed) = (0, Vec::new());
        for found in found.chunk_by(|one, next| one.at.block == next.at.block) {
            let at = found[0].at;
            let mut block = Block::read(&file, &sections, seal, at)?;
            let count = wipe_in_block(&file, &sections, &coder, &mut block, found)?;
            if count > 0 {
                wiped += count;
                changed.push((sections.block_sum_at(at.block), block.sum(seal, at)));
            }
        }
        if wiped == 0 {
            return Ok(0);
        }
        // The zeros are on the disk before the block says that all is well: what a power cut leaves half-way does not fit.
        file.sync_data()?;
        for (at, sum) in changed {
            file.write_all_at(&sum.to_ne_bytes(), offset(at))?;
        }
        file.sync_data()?;
        Ok(wiped)
    }
}

/// The file that lies at `path`, for this process alone.
fn lock_present(path: &Path) -> Result<Locked, SnapshotError> {
    loop {
        let file = Locked::exclusive(OpenOptions::new().read(true).write(true).open(path)?)?;
        if file.is_at(path)? {
            return Ok(file);
        }
    }
}

/// A row to be wiped.
struct Found {
    at: BlockAt,
    /// Its number within the block.
    row: usize,
    key: i64,
}

/// The row of a key, if there is one. A damaged key could hide it: a key that is not found is answered for by the blocks
/// of all keys that were looked at.
fn find(file: &File, sections: &Sections, seal: u64, (space, key): (i64, i64)) -> Result<Option<Found>, SnapshotError> {
    let Some(space) = sections.space(space).map(|index| &sections.spaces[index]) else { return Ok(None) };
    let (mut from, mut to, mut seen) = (0, space.rows, Vec::new());
    while from < to {
        let middle = from + (to - from) / 2;
        seen.push(middle / BLOCK_ROWS);
        match key_of(file, sections, space, middle)?.cmp(&key) {
            std::cmp::Ordering::Less => from = middle + 1,
            std::cmp::Ordering::Greater => to = middle,
            std::cmp::Ordering::Equal => {
                let (at, row) = sections.block_of(space, middle);
                return Ok(Some(Found { at, row, key }));
            }
        }
    }
    seen.dedup();
    seen.into_iter()
        .try_for_each(|number| Block::read(file, sections, seal, sections.block(space, number)).map(drop))?;
    Ok(None)
}

fn key_of(file: &File, sections: &Sections, space: &Space, row: usize) -> Result<i64, SnapshotError> {
    let mut key = [0; WORD];
    file.read_exact_at(&mut key, offset(sections.key_at(space.row(row))))?;
    Ok(i64::from_ne_bytes(key))
}

/// Wipes rows of one block in the file, all but the block's checksum, and in `block` as it is in memory; answers how many
/// had not been wiped.
fn wipe_in_block(
    file: &File,
    sections: &Sections,
    coder: &Coder,
    block: &mut Block,
    found: &[Found],
) -> Result<usize, SnapshotError> {
    let at = found[0].at;
    let (keys, row_sums): (Vec<u64>, Vec<u64>) = words(&block.keys).zip(words(&block.sums)).unzip();
    if found.iter().any(|found| keys[found.row].cast_signed() != found.key) {
        return Err(damaged("its keys changed while rows were wiped"));
    }
    let rows: Vec<usize> = found.iter().map(|found| found.row).filter(|row| row_sums[*row] != sums::WIPED).collect();
    if rows.is_empty() {
        return Ok(0);
    }
    // Checksums first: who copies a row meanwhile finds the new one, or a vector that still fits the old one.
    for row in &rows {
        block.sums[row * WORD..][..WORD].fill(0);
        file.write_all_at(&sums::WIPED.to_ne_bytes(), offset(sections.sum_at(at.row + row)))?;
    }
    let zeros = vec![0; sections.row_bytes()];
    for row in &rows {
        file.write_all_at(&zeros, offset(sections.original_at(at.row + row)))?;
    }
    let codes = Codes::from_bytes(coder, at.rows, &block.codes);
    let mut codes = codes.map_err(|error| damaged(error.to_string()))?;
    rows.iter().for_each(|row| codes.clear(*row));
    block.codes.copy_from_slice(codes.as_bytes());
    file.write_all_at(&block.codes, offset(at.codes))?;
    Ok(rows.len())
}
