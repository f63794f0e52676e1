//! Wiping what left in the snapshot's file: a reference that was removed or replaced is not to be found there any more.
//!
//! Which rows these are the change log says: a row of the snapshot that changed after it was written holds what is no
//! longer so. Whoever writes wipes, when there is nothing else to do and at the end; it is all the same to the file which
//! process does it, and how often.

use std::sync::PoisonError;

use search::{Snapshot, SnapshotError};

use super::follow::{changed_keys, knows};
use super::head::Head;
use super::load::discard;
use super::site::Site;
use crate::database::fault::Fault;
use crate::mirror::Position;

/// Up to where a snapshot was wiped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wiped {
    /// Which snapshot: the position it was written at.
    snapshot: Position,
    /// The version up to which all changes are wiped in it.
    version: i64,
}

/// Wipes what is to be wiped, unless another is writing a snapshot, who does it then; `false` when it is to be tried again.
/// A failure loses nothing: whoever opens the store next tries it, too.
pub(super) fn wipe_snapshot(site: &Site) -> bool {
    let wiped = match site.try_lock_snapshot() {
        Ok(Some(_lock)) => wipe_locked(site),
        Ok(None) => Ok(()),
        Err(error) => Err(error.into()),
    };
    let failed = wiped.err().map(|fault| format!("the snapshot cannot be wiped of what was removed: {fault}"));
    let mut trouble = site.trouble();
    trouble.wiping = failed;
    trouble.wiping.is_none()
}

/// The same by who holds the lock.
pub(super) fn wipe_locked(site: &Site) -> Result<(), Fault> {
    let snapshot = match Snapshot::position(&site.snapshot) {
        Ok((version, mark)) => Position { version, mark },
        Err(SnapshotError::Missing) => return Ok(()),
        Err(SnapshotError::Io(error)) => return Err(error.into()),
        Err(SnapshotError::Other(_) | SnapshotError::Damaged(_)) => {
            discard(site);
            return Ok(());
        }
    };
    let mut connection = site.connect()?;
    let transaction = connection.transaction()?;
    if !knows(&transaction, snapshot)? {
        // Nobody can tell any more which of its rows are still so, and nobody will use it.
        discard(site);
        return Ok(());
    }
    let head = Head::read(&transaction)?;
    let mut wiped = site.wiped.lock().unwrap_or_else(PoisonError::into_inner);
    let so_far = wiped.filter(|wiped| wiped.snapshot == snapshot).map_or(snapshot.version, |wiped| wiped.version);
    let rows = changed_keys(&transaction, so_far, snapshot.version)?;
    match Snapshot::wipe(&site.snapshot, &rows) {
        Ok(_) => *wiped = Some(Wiped { snapshot, version: head.position.version }),
        Err(SnapshotError::Missing) => {}
        Err(SnapshotError::Io(error)) => return Err(error.into()),
        Err(SnapshotError::Other(_) | SnapshotError::Damaged(_)) => discard(site),
    }
    Ok(())
}
