//! One block in the file: read, checked, written.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use super::sections::{BlockAt, Sections, WORD};
use super::{SnapshotError, damaged, sums};
use crate::Coder;

/// The keys, row checksums and codes of a block, as they lie in the file.
pub(super) struct Block {
    pub(super) keys: Vec<u8>,
    pub(super) sums: Vec<u8>,
    pub(super) codes: Vec<u8>,
}

impl Block {
    /// Reads and checks one.
    pub(super) fn read(file: &File, sections: &Sections, seal: u64, at: BlockAt) -> Result<Self, SnapshotError> {
        let mut block =
            Self { keys: vec![0; at.rows * WORD], sums: vec![0; at.rows * WORD], codes: vec![0; at.codes_bytes] };
        file.read_exact_at(&mut block.keys, offset(sections.key_at(at.row)))?;
        file.read_exact_at(&mut block.sums, offset(sections.sum_at(at.row)))?;
        file.read_exact_at(&mut block.codes, offset(at.codes))?;
        let mut sum = [0; WORD];
        file.read_exact_at(&mut sum, offset(sections.block_sum_at(at.block)))?;
        match block.sum(seal, at) == u64::from_ne_bytes(sum) {
            true => Ok(block),
            false => Err(not_as_written(at.row, at.rows)),
        }
    }

    /// The block's checksum.
    pub(super) fn sum(&self, seal: u64, at: BlockAt) -> u64 {
        sums::block(seal, at.block, &self.keys, &self.sums, &self.codes)
    }

    /// Encodes the rows of a block and writes all that there is of it. `values` are those of all its rows.
    pub(super) fn write(
        file: &File,
        sections: &Sections,
        (seal, at): (u64, BlockAt),
        coder: &Coder,
        (keys, values): (&[u8], &[f32]),
    ) -> io::Result<()> {
        let rows = values.chunks_exact(sections.width).zip(at.row..);
        let row_sums: Vec<u8> = rows.flat_map(|(values, row)| sums::row(seal, row, values).to_ne_bytes()).collect();
        let codes = coder.encode(values);
        let sum = sums::block(seal, at.block, keys, &row_sums, codes.as_bytes());
        file.write_all_at(keys, offset(sections.key_at(at.row)))?;
        file.write_all_at(&row_sums, offset(sections.sum_at(at.row)))?;
        file.write_all_at(codes.as_bytes(), offset(at.codes))?;
        file.write_all_at(sums::bytes_of(values), offset(sections.original_at(at.row)))?;
        file.write_all_at(&sum.to_ne_bytes(), offset(sections.block_sum_at(at.block)))
    }
}

/// A place in the file, as the operating system counts.
pub(super) fn offset(at: usize) -> u64 {
    at as u64
}

/// Words as they lie in the file.
pub(super) fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.as_chunks::<WORD>().0.iter().map(|word| u64::from_ne_bytes(*word))
}

pub(super) fn not_as_written(row: usize, rows: usize) -> SnapshotError {
    damaged(format!("rows {row} to {} are not what was written", row + rows - 1))
}
