//! The index that is measured: codes of both tiers in memory, the originals in the mapped file of a snapshot.

use std::fs::File;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use search::{Base, Coder, Codes, Damaged, Goal, Gone, Hit, How, Job, Origin, Piece, Snapshot, SnapshotWriter, Tier};

use super::memory;
use super::report::Build;
use super::rows::{BLOCK_ROWS, Rows};
use super::source::SEED;
use super::targets::ORIGINALS;
use crate::{Error, Progress, parallel};

/// What the snapshot is of; nobody else opens it.
const ORIGIN: Origin<'_> = Origin { model: "bench", version: 1, mark: SEED as i64 };

/// The one space in it.
const SPACE: i64 = 1;

/// Codes and originals of a gallery.
pub(super) struct Ours {
    /// Codes of the tier that ships, as they were read from the snapshot, and the mapped originals.
    base: Arc<Base>,
    gone: Gone,
    coder: Coder,
    /// Codes of the other tier.
    other: (Coder, Codes),
    path: PathBuf,
}

impl Ours {
    /// Fills the index; tells what each part took.
    pub(super) fn build(rows: &Rows, folder: &Path, progress: &dyn Progress) -> Result<(Self, Vec<Build>), Error> {
        let path = folder.join("gallery.snapshot");
        let coder = Coder::new(rows.width, Tier::default());
        let begun = Instant::now();
        write(rows, &path, &coder, progress)?;
        let written = begun.elapsed().as_secs_f64();
        let (before, begun) = (memory::resident(), Instant::now());
        let opened = Snapshot::open(&path, &coder, ORIGIN.model, threads(parallel::threads()));
        let snapshot = opened.map_err(|error| Error::data(&path, error.to_string()))?;
        let base = snapshot.spaces().find(|(space, _)| *space == SPACE).map(|(_, base)| base);
        let base = base.ok_or_else(|| Error::data(&path, "the snapshot is empty"))?;
        let opened = begun.elapsed().as_secs_f64();
        let grown = growth(before);
        let codes = base.codes().as_bytes().len() as u64;
        let v4 = Build { index: coder.tier().to_string(), seconds: written, bytes: codes, resident: grown };
        let originals = Build {
            index: ORIGINALS.into(),
            seconds: opened,
            bytes: (rows.count * rows.width * size_of::<f32>()) as u64,
            resident: grown.map(|grown| grown.saturating_sub(codes)),
        };
        let (other, u8) = encode_other(rows, progress)?;
        Ok((Self { gone: base.wiped(), base, coder, other, path }, vec![v4, originals, u8]))
    }

    /// Reads the snapshot once, so that it is in the cache of files as on a machine that has been at work for a while.
    pub(super) fn warm_up(&self) -> Result<(), Error> {
        let read = File::open(&self.path).and_then(|mut file| std::io::copy(&mut file, &mut std::io::sink()));
        read.map(drop).map_err(Error::file(&self.path))
    }

    /// The nearest row of each probe, and whatever ties with it.
    pub(super) fn search(&self, tier: Tier, probes: &[f32], how: How) -> Result<Vec<Vec<Hit>>, Damaged> {
        let (coder, codes) = match tier == self.coder.tier() {
            true => (&self.coder, self.base.codes()),
            false => (&self.other.0, &self.other.1),
        };
        let queries: Vec<_> = probes.chunks_exact(coder.width()).map(|probe| coder.query(probe)).collect();
        let jobs: Vec<_> = queries.iter().map(|query| Job { query, goal: Goal::Nearest(1) }).collect();
        search::scan(&[Piece { codes, originals: &*self.base, gone: &self.gone }], &jobs, how)
    }
}

/// By how much this process has grown.
fn growth(before: Option<u64>) -> Option<u64> {
    before.zip(memory::resident()).map(|(before, after)| after.saturating_sub(before))
}

fn write(rows: &Rows, path: &Path, coder: &Coder, progress: &dyn Progress) -> Result<(), Error> {
    progress.begin("snapshot", rows.blocks() as u64);
    let file = |error| Error::file(path)(error);
    let writer = SnapshotWriter::create(path, coder, ORIGIN, &[(SPACE, rows.count as u64)]).map_err(file)?;
    let mut writer = writer.threads(threads(parallel::threads()));
    rows.in_order(|first, values| {
        for (row, vector) in values.chunks_exact(rows.width).enumerate() {
            writer.push(SPACE, (first + row) as i64, vector).map_err(file)?;
        }
        progress.advance();
        Ok(())
    })?;
    writer.finish().map_err(file)?;
    progress.end();
    Ok(())
}

/// The tier that does not ship by default, whose originals are the other's.
fn encode_other(rows: &Rows, progress: &dyn Progress) -> Result<((Coder, Codes), Build), Error> {
    let tier = match Tier::default() {
        Tier::V4 => Tier::U8,
        Tier::U8 => Tier::V4,
    };
    let (before, begun) = (memory::resident(), Instant::now());
    let coder = Coder::new(rows.width, tier);
    let codes = encode(&coder, rows, progress)?;
    let build = Build {
        index: tier.to_string(),
        seconds: begun.elapsed().as_secs_f64(),
        bytes: codes.as_bytes().len() as u64,
        resident: growth(before),
    };
    Ok(((coder, codes), build))
}

/// Codes of all rows, on all cores.
fn encode(coder: &Coder, rows: &Rows, progress: &dyn Progress) -> Result<Codes, Error> {
    progress.begin("encode", rows.blocks() as u64);
    let mut codes = Codes::zeroed(coder, rows.count);
    let block_bytes = Codes::bytes(coder, BLOCK_ROWS);
    let parts: Vec<_> = codes.as_bytes_mut().chunks_mut(block_bytes).map(Mutex::new).collect();
    let work = |_: &mut (), first: usize, values: &[f32]| {
        // Nobody else has this block: the lock is only how the compiler learns of it.
        let mut part = parts[first / BLOCK_ROWS].lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        coder.encode_groups(values, &mut part);
        progress.advance();
        Ok(())
    };
    rows.share_out(|| (), work)?;
    drop(parts);
    progress.end();
    Ok(codes)
}

/// A number of threads that is at least one.
pub(super) fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN)
}
