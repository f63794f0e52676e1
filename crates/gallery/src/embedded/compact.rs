//! The thread that writes a new snapshot when much has changed since the last: what was removed leaves memory and file,
//! and what came moves from memory into the file.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use search::{Damaged, Origin, Snapshot, SnapshotWriter};

use super::site::Site;
use super::{load, wipe};
use crate::database::fault::Fault;
use crate::mirror::{Key, Mirror, Position};

/// After how many rows it looks whether the store is being closed: a millisecond's work.
const ROWS_BETWEEN_LOOKS: usize = 256;

/// A part of the changes that make a snapshot due, after which it is tried again when it was put off.
const RETRY_PART: usize = 8;

/// Dropping it gives up what is being written, wipes what is to be wiped, and ends the thread.
pub(super) struct Compactor {
    site: Arc<Site>,
    thread: Option<JoinHandle<()>>,
}

impl Compactor {
    pub(super) fn start(site: Arc<Site>) -> Result<Self, Fault> {
        let work = Arc::clone(&site);
        let thread = thread::Builder::new().name("gallery-compactor".into()).spawn(move || run(&work))?;
        Ok(Self { site, thread: Some(thread) })
    }
}

impl Drop for Compactor {
    fn drop(&mut self) {
        self.site.end();
        if let Some(thread) = self.thread.take() {
            // A panic was printed, and there is nobody to tell.
            let _ = thread.join();
        }
    }
}

fn run(site: &Site) {
    while site.wait_for_compaction() {
        let (changes, rows) = site.mirror.load();
        match compact(site) {
            Ok(()) => {
                // It was written while others removed and replaced; who closes the store may have found it locked.
                wipe::wipe_snapshot(site);
            }
            Err(stop) => {
                let enough = site.limits.changes_before_compaction(rows);
                site.defer_compaction(changes + if stop.is_brief() { enough.div_ceil(RETRY_PART) } else { enough });
                if let Some(trouble) = stop.trouble() {
                    site.trouble().file = Some(trouble);
                }
            }
        }
    }
    wipe::wipe_snapshot(site);
}

/// Why no snapshot was written.
enum Stop {
    /// The store is being closed, or another process is writing one, or much has changed meanwhile.
    Later,
    File(io::Error),
    Store(Fault),
}

impl Stop {
    /// Whether it may well go better soon.
    fn is_brief(&self) -> bool {
        matches!(self, Self::Later)
    }

    fn trouble(&self) -> Option<String> {
        match self {
            Self::Later => None,
            Self::File(error) => Some(load::not_written(error)),
            Self::Store(fault) => Some(fault.to_string()),
        }
    }
}

impl From<Damaged> for Stop {
    fn from(damaged: Damaged) -> Self {
        Self::File(io::Error::other(damaged))
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Store(fault)
    }
}

fn compact(site: &Site) -> Result<(), Stop> {
    let Some(lock) = site.try_lock_snapshot().map_err(Stop::File)? else { return Err(Stop::Later) };
    let Some((mirror, generation)) = site.mirror.value() else { return Err(Stop::Later) };
    if !is_written_by_another(site, &mirror) {
        match write(site, &mirror) {
            Err(Stop::File(error)) if error.get_ref().is_some_and(|inner| inner.is::<Damaged>()) => {
                drop(lock);
                return Ok(load::rebuild(site, generation)?);
            }
            written => written?,
        }
    }
    let Some(coder) = mirror.coder().cloned() else { return Err(Stop::Later) };
    // What was searched so far can go as soon as nobody looks at it.
    drop(mirror);
    let Some(new) = load::open(site, &coder) else {
        // Otherwise it would be found there again.
        load::discard(site);
        return Err(Stop::Later);
    };
    match load::install(site, &mut site.connect()?, new)? {
        true => {
            site.trouble().file = None;
            Ok(())
        }
        false => Err(Stop::Later),
    }
}

/// Whether the file is newer than what was opened here, and not much older than what there is now: of several processes
/// that follow one store, one writes.
fn is_written_by_another(site: &Site, mirror: &Mirror) -> bool {
    let Ok((version, _)) = Snapshot::position(&site.snapshot) else { return false };
    let changes = mirror.position().version - version;
    let enough = site.limits.changes_before_compaction(mirror.rows()) as i64;
    mirror.snapshot().is_none_or(|used| used.version < version) && changes < enough / 2
}

fn write(site: &Site, mirror: &Mirror) -> Result<(), Stop> {
    let Some(coder) = mirror.coder() else { return Err(Stop::Later) };
    let spaces: Vec<(i64, u64)> =
        mirror.indexes().iter().map(|(tenant, index)| (tenant.0, index.len() as u64)).collect();
    let Position { version, mark } = mirror.position();
    let origin = Origin { model: site.model.as_str(), version, mark };
    let mut writer = SnapshotWriter::create(&site.snapshot, coder, origin, &spaces).map_err(Stop::File)?;
    let mut rows = 0_usize;
    for (tenant, index) in mirror.indexes() {
        let mut push = |key: Key, values: &[f32]| {
            rows += 1;
            if rows.is_multiple_of(ROWS_BETWEEN_LOOKS) && site.is_ending() {
                return Err(Stop::Later);
            }
            writer.push(tenant.0, key, values).map_err(Stop::File)
        };
        index.each(coder.width(), &mut push)?;
    }
    if rows != mirror.rows() {
        // Others have wiped rows that count here: they know of a later change.
        return Err(Stop::Later);
    }
    // The old file becomes blocks of the disk that are free: what was removed is not left in them.
    wipe::wipe_locked(site)?;
    writer.finish().map_err(Stop::File)
}
