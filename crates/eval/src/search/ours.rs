//! The index that is measured: codes of both tiers in memory, the originals in the mapped file of a snapshot.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use search::{Coder, Codes, Damaged, Goal, Gone, Hit, How, Job, Memory, Originals, Piece, Tier};

use super::memory;
use super::report::Build;
use super::rows::{BLOCK_ROWS, Rows};
use crate::{Error, Progress};

/// Codes and originals of a gallery.
pub(super) struct Ours {
    tiers: Vec<(Coder, Codes)>,
    originals: Box<dyn Originals>,
    gone: Gone,
}

impl Ours {
    /// Fills the index; tells what each tier took.
    pub(super) fn build(rows: &Rows, _folder: &Path, progress: &dyn Progress) -> Result<(Self, Vec<Build>), Error> {
        let mut values = Vec::with_capacity(rows.count * rows.width);
        rows.in_order(|_, block| {
            values.extend_from_slice(block);
            Ok(())
        })?;
        let originals: Box<dyn Originals> = Box::new(Memory::new(rows.width, values));
        let (mut tiers, mut builds) = (Vec::new(), Vec::new());
        for tier in Tier::ALL {
            let (before, begun) = (memory::resident(), Instant::now());
            let coder = Coder::new(rows.width, tier);
            let codes = encode(&coder, rows, progress)?;
            builds.push(Build {
                index: tier.to_string(),
                seconds: begun.elapsed().as_secs_f64(),
                bytes: codes.as_bytes().len() as u64,
                resident: before.zip(memory::resident()).map(|(before, after)| after.saturating_sub(before)),
            });
            tiers.push((coder, codes));
        }
        Ok((Self { tiers, originals, gone: Gone::default() }, builds))
    }

    /// The nearest row of each probe, and whatever ties with it.
    pub(super) fn search(&self, tier: Tier, probes: &[f32], how: How) -> Result<Vec<Vec<Hit>>, Damaged> {
        let Some((coder, codes)) = self.tiers.iter().find(|(coder, _)| coder.tier() == tier) else {
            return Err(Damaged(format!("there is no tier {tier}")));
        };
        let queries: Vec<_> = probes.chunks_exact(coder.width()).map(|probe| coder.query(probe)).collect();
        let jobs: Vec<_> = queries.iter().map(|query| Job { query, goal: Goal::Nearest(1) }).collect();
        search::scan(&[Piece { codes, originals: &*self.originals, gone: &self.gone }], &jobs, how)
    }
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
