//! Files: which one lies at a path now, and locks on it.

use std::fs::{self, File};
use std::io;
use std::ops::Deref;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// A file under a lock.
///
/// A mapping of a file keeps the operating system's lock alive after the file was closed, so that dropping is not enough:
/// the lock is taken off.
pub(super) struct Locked(File);

impl Locked {
    /// Waits for readers' share of the lock.
    pub(super) fn shared(file: File) -> io::Result<Self> {
        file.lock_shared()?;
        Ok(Self(file))
    }

    /// Waits until nobody else has the lock.
    pub(super) fn exclusive(file: File) -> io::Result<Self> {
        file.lock()?;
        Ok(Self(file))
    }

    /// The lock for this holder alone, if it is free.
    pub(super) fn try_exclusive(file: File) -> io::Result<Option<Self>> {
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// Whether the file is the one at `path`: another may have been renamed onto it while the lock was waited for.
    pub(super) fn is_at(&self, path: &Path) -> io::Result<bool> {
        let ours = self.0.metadata()?;
        match fs::metadata(path) {
            Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Deref for Locked {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // Nothing can be done about a lock that stays; the end of the process takes it off.
        let _ = self.0.unlock();
    }
}
