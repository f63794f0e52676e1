//! What every part of one open gallery shares: where its files are, and what of them is in memory.

use std::fs::{File, OpenOptions};
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use biometric::ModelId;
use rusqlite::Connection;

use search::{How, Kernel};

use super::limits::Limits;
use super::schema;
use super::wipe::Wiped;
use crate::Options;
use crate::database::connection;
use crate::database::fault::Fault;
use crate::mirror::Shared;

/// The snapshot's file, and the one whose lock is held by who writes or wipes it.
const SNAPSHOT: &str = "gallery.snapshot";
const SNAPSHOT_LOCK: &str = "gallery.snapshot.lock";

/// So many rows for each thread of a scan: with fewer, starting it costs more than it saves.
const ROWS_PER_THREAD_MIN: usize = 131_072;

/// One gallery, as this process has it open.
pub(super) struct Site {
    database: PathBuf,
    pub(super) snapshot: PathBuf,
    lock: PathBuf,
    pub(super) model: ModelId,
    pub(super) limits: Limits,
    pub(super) mirror: Shared,
    trouble: Mutex<Trouble>,
    /// Up to where the snapshot was wiped.
    pub(super) wiped: Mutex<Option<Wiped>>,
    wanted: Mutex<Wanted>,
    is_wanted: Condvar,
}

/// What is wrong with the snapshot, for the operator: nothing that keeps the gallery from working.
#[derive(Default)]
pub(super) struct Trouble {
    /// Why it could not be read or written.
    pub(super) file: Option<String>,
    /// Why it could not be wiped of what was removed.
    pub(super) wiping: Option<String>,
}

/// What the thread that compacts is to do.
#[derive(Default)]
struct Wanted {
    compaction: bool,
    end: bool,
    /// After a failure, how many changes there must be before it is tried again.
    not_before: usize,
}

impl Site {
    pub(super) fn new(dir: &Path, model: ModelId, options: Options, limits: Limits) -> Self {
        Self {
            database: dir.join(schema::FORMAT.file_name),
            snapshot: dir.join(SNAPSHOT),
            lock: dir.join(SNAPSHOT_LOCK),
            model,
            limits,
            mirror: Shared::new(options.tier),
            trouble: Mutex::new(Trouble::default()),
            wiped: Mutex::new(None),
            wanted: Mutex::new(Wanted::default()),
            is_wanted: Condvar::new(),
        }
    }

    /// A connection that only reads.
    pub(super) fn connect(&self) -> Result<Connection, Fault> {
        let connection = connection::open_logged(&self.database)?;
        connection.pragma_update(None, "query_only", "ON")?;
        Ok(connection)
    }

    /// The right to write the snapshot, or to wipe rows of it, for as long as the file is open: waits for whoever has it.
    pub(super) fn lock_snapshot(&self) -> io::Result<File> {
        let file = self.lock_file()?;
        file.lock()?;
        Ok(file)
    }

    /// The same; `None` when another has it.
    pub(super) fn try_lock_snapshot(&self) -> io::Result<Option<File>> {
        let file = self.lock_file()?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => Err(error),
        }
    }

    fn lock_file(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.lock)
    }

    /// How to scan so many rows on at most so many threads.
    pub(super) fn how(rows: usize, threads_max: NonZeroUsize) -> How {
        let useful = NonZeroUsize::MIN.saturating_add(rows / ROWS_PER_THREAD_MIN);
        How { kernel: Kernel::best(), threads: threads_max.min(useful) }
    }

    /// How many threads may work at once for the store's own purposes.
    pub(super) fn cores() -> NonZeroUsize {
        thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
    }

    pub(super) fn trouble(&self) -> MutexGuard<'_, Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the thread that compacts when enough has changed.
    pub(super) fn consider_compaction(&self) {
        let (changes, rows) = self.mirror.load();
        if changes >= self.limits.changes_before_compaction(rows) {
            let mut wanted = self.wanted();
            if changes >= wanted.not_before {
                wanted.compaction = true;
                self.is_wanted.notify_one();
            }
        }
    }

    /// Waits until a snapshot is to be written; `false` at the end.
    pub(super) fn wait_for_compaction(&self) -> bool {
        let mut wanted = self.wanted();
        while !wanted.compaction && !wanted.end {
            wanted = self.is_wanted.wait(wanted).unwrap_or_else(PoisonError::into_inner);
        }
        wanted.compaction = false;
        !wanted.end
    }

    /// Has it tried again only after so many changes.
    pub(super) fn defer_compaction(&self, not_before: usize) {
        self.wanted().not_before = not_before;
    }

    pub(super) fn end(&self) {
        self.wanted().end = true;
        self.is_wanted.notify_one();
    }

    pub(super) fn is_ending(&self) -> bool {
        self.wanted().end
    }

    fn wanted(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
