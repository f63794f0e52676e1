//! A gallery as a file of vectors, little-endian `f32`, row after row: what every index is filled from. It may hold
//! templates of real people, so it lies in a folder of this process alone and goes with it.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::source::Source;
use crate::{Error, Progress, parallel};

/// Rows that are made or read at once: two megabytes at 128 values, which a second-level cache nearly holds.
pub(super) const BLOCK_ROWS: usize = 4096;

/// The file.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) path: PathBuf,
    pub(super) count: usize,
    pub(super) width: usize,
}

impl Rows {
    /// Writes the first `count` rows of a source.
    pub(super) fn write(path: &Path, source: &Source, count: usize, progress: &dyn Progress) -> Result<Self, Error> {
        let rows = Self { path: path.to_owned(), count, width: source.width() };
        let file = Mutex::new(File::create(path).map_err(Error::file(path))?);
        progress.begin("gallery", rows.blocks() as u64);
        let work = |values: &mut Vec<f32>, block: usize| {
            let (first, count) = rows.block(block);
            values.resize(count * rows.width, 0.0);
            let numbered = values.chunks_exact_mut(rows.width).enumerate();
            numbered.for_each(|(row, into)| source.row((first + row) as u64, into));
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(rows.offset(first))).map_err(Error::file(path))?;
            file.write_all(&bytes).map_err(Error::file(path))?;
            progress.advance();
            Ok::<(), Error>(())
        };
        parallel::share_out(rows.blocks(), || Ok(Vec::new()), work)?;
        progress.end();
        Ok(rows)
    }

    /// Hands every block to one of the threads: its state, the number of the first row, the rows.
    pub(super) fn share_out<S: Send>(
        &self,
        start: impl Fn() -> S + Sync,
        work: impl Fn(&mut S, usize, &[f32]) -> Result<(), Error> + Sync,
    ) -> Result<Vec<S>, Error> {
        let file = Mutex::new(File::open(&self.path).map_err(Error::file(&self.path))?);
        let read = |(state, values): &mut (S, Vec<f32>), block: usize| {
            let (first, count) = self.block(block);
            let mut bytes = vec![0; count * self.width * size_of::<f32>()];
            {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(self.offset(first))).map_err(Error::file(&self.path))?;
                file.read_exact(&mut bytes).map_err(Error::file(&self.path))?;
            }
            values.clear();
            values.extend(bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)));
            work(state, first, values)
        };
        let states = parallel::share_out(self.blocks(), || Ok((start(), Vec::new())), read)?;
        Ok(states.into_iter().map(|(state, _)| state).collect())
    }

    /// Hands every block to `work` in order.
    pub(super) fn in_order(&self, mut work: impl FnMut(usize, &[f32]) -> Result<(), Error>) -> Result<(), Error> {
        let mut file = File::open(&self.path).map_err(Error::file(&self.path))?;
        let mut values = Vec::new();
        for block in 0..self.blocks() {
            let (first, count) = self.block(block);
            let mut bytes = vec![0; count * self.width * size_of::<f32>()];
            file.read_exact(&mut bytes).map_err(Error::file(&self.path))?;
            values.clear();
            values.extend(bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)));
            work(first, &values)?;
        }
        Ok(())
    }

    pub(super) fn blocks(&self) -> usize {
        self.count.div_ceil(BLOCK_ROWS)
    }

    /// The first row of a block and how many it has.
    fn block(&self, block: usize) -> (usize, usize) {
        let first = block * BLOCK_ROWS;
        (first, BLOCK_ROWS.min(self.count - first))
    }

    fn offset(&self, row: usize) -> u64 {
        (row * self.width * size_of::<f32>()) as u64
    }
}

/// Writes vectors as they are handed to other programs.
pub(super) fn write_values(path: &Path, values: &[f32]) -> Result<(), Error> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    std::fs::write(path, bytes).map_err(Error::file(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Quiet;

    #[test]
    fn what_was_written_is_read_in_blocks_in_and_out_of_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let source = Source::Synthetic { width: 8 };
        let rows = Rows::write(&folder.path().join("rows"), &source, BLOCK_ROWS + 3, &Quiet).expect("written");
        let mut expected = vec![0.0; 8 * rows.count];
        expected.chunks_exact_mut(8).enumerate().for_each(|(row, into)| source.row(row as u64, into));
        let mut all = Vec::new();
        let append = |first: usize, values: &[f32]| {
            assert_eq!(first * 8, all.len());
            all.extend_from_slice(values);
            Ok(())
        };
        rows.in_order(append).expect("read");
        assert_eq!(all, expected);
        let check = |seen: &mut usize, first: usize, values: &[f32]| {
            assert_eq!(values, &expected[first * 8..][..values.len()]);
            *seen += values.len();
            Ok(())
        };
        assert_eq!(rows.share_out(|| 0, check).expect("read").iter().sum::<usize>(), expected.len());
    }
}
