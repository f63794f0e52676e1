//! Where a mirror comes from: the snapshot and what changed since, or else the table.

use std::fs::File;
use std::io;

use rusqlite::{Connection, Transaction};
use search::{Coder, Origin, Snapshot, SnapshotError, SnapshotWriter};

use super::follow::{changes, knows};
use super::head::Head;
use super::site::Site;
use super::whole::{Listed, check_count};
use crate::database::fault::Fault;
use crate::mirror::{Delta, Entry, Mirror, Position};

/// How many rows are read before they are coded, where everything lies in memory.
const ROWS_AT_ONCE: usize = 4_096;

/// How often it is tried anew when others change more than the log remembers meanwhile.
const TRIES_MAX: usize = 3;

/// Loads everything, as of `wanted` or later, unless another thread has done so meanwhile.
pub(super) fn load(site: &Site, wanted: Position) -> Result<(), Fault> {
    let mut connection = site.connect()?;
    if let Some(mirror) = from_snapshot(site, &mut connection)?
        && install(site, &mut connection, mirror)?
    {
        return Ok(());
    }
    let lock = lock(site);
    // Whoever had the lock may have done the work.
    let is_done = |here: Position| here == wanted || here.version > wanted.version;
    if site.mirror.position().is_some_and(is_done) {
        return Ok(());
    }
    if let Some(mirror) = from_snapshot(site, &mut connection)?
        && install(site, &mut connection, mirror)?
    {
        return Ok(());
    }
    build(site, &mut connection, lock.as_ref())
}

/// Loads everything from the table, because what was loaded as generation `broken` is damaged; unless another thread has
/// done so meanwhile.
pub(super) fn rebuild(site: &Site, broken: u64) -> Result<(), Fault> {
    let mut connection = site.connect()?;
    let lock = lock(site);
    if site.mirror.generation() != broken {
        return Ok(());
    }
    if lock.is_some() {
        // Opening it again would find most of it in order.
        discard(site);
    }
    build(site, &mut connection, lock.as_ref())
}

/// Takes the snapshot's file away; whoever has it open keeps what they have.
pub(super) fn discard(site: &Site) {
    match std::fs::remove_file(&site.snapshot) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            site.trouble().file = Some(format!("a snapshot of no use cannot be removed: {error}"));
        }
        Ok(()) | Err(_) => {}
    }
}

/// Without the lock no snapshot is written, and everything lies in memory.
fn lock(site: &Site) -> Option<File> {
    let note = |error| site.trouble().file = Some(not_written(&error));
    site.lock_snapshot().map_err(note).ok()
}

/// What is told when a snapshot cannot be written.
pub(super) fn not_written(error: &io::Error) -> String {
    format!("no snapshot can be written, so references lie in memory: {error}")
}

fn build(site: &Site, connection: &mut Connection, lock: Option<&File>) -> Result<(), Fault> {
    for _ in 0..TRIES_MAX {
        let mirror = from_table(site, connection, lock)?;
        if install(site, connection, mirror)? {
            return Ok(());
        }
    }
    Err(Fault::Database("others change the store faster than it can be read".into()))
}

/// Puts a mirror in place, as of now; `false` when that is too far from where it stands.
pub(super) fn install(site: &Site, connection: &mut Connection, mut mirror: Mirror) -> Result<bool, Fault> {
    // Most of it while others go on, the rest while they wait.
    if !bring_up_to_date(site, connection, &mut mirror)? {
        return Ok(false);
    }
    let is_done = site.mirror.replace(|| -> Result<_, Fault> {
        let is_now = bring_up_to_date(site, connection, &mut mirror)?;
        Ok(is_now.then_some(mirror))
    })?;
    if is_done {
        site.defer_compaction(0);
        site.consider_compaction();
    }
    Ok(is_done)
}

/// Applies what changed since; `false` when the log does not remember that.
fn bring_up_to_date(site: &Site, connection: &mut Connection, mirror: &mut Mirror) -> Result<bool, Fault> {
    let transaction = connection.transaction()?;
    let head = Head::read(&transaction)?;
    head.check(&site.model)?;
    let here = mirror.position();
    if here != head.position {
        if !knows(&transaction, here)? {
            return Ok(false);
        }
        let changed = changes(&transaction, &site.model, &head, here.version)?;
        if !mirror.advance(head.position, &changed) {
            return Ok(false);
        }
    }
    check_count(mirror.rows(), &head).map(|()| true)
}

/// What the snapshot holds, and what changed since; `None` when it is of no use.
fn from_snapshot(site: &Site, connection: &mut Connection) -> Result<Option<Mirror>, Fault> {
    let head = Head::read(connection)?;
    head.check(&site.model)?;
    let Some(coder) = coder(site, &head) else { return Ok(None) };
    let Some(mut mirror) = open(site, &coder) else { return Ok(None) };
    match bring_up_to_date(site, connection, &mut mirror) {
        Ok(is_done) => {
            site.trouble().file = None;
            Ok(is_done.then_some(mirror))
        }
        // Whether it is the table that is damaged, reading all of it tells.
        Err(Fault::Corrupt(_)) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The snapshot as it is in the file; `None` when it is of no use.
pub(super) fn open(site: &Site, coder: &Coder) -> Option<Mirror> {
    match Snapshot::open(&site.snapshot, coder, site.model.as_str(), Site::cores()) {
        Ok(snapshot) => Some(Mirror::of(&snapshot, coder.clone())),
        Err(SnapshotError::Missing | SnapshotError::Other(_)) => None,
        Err(error @ (SnapshotError::Damaged(_) | SnapshotError::Io(_))) => {
            site.trouble().file = Some(error.to_string());
            None
        }
    }
}

fn coder(site: &Site, head: &Head) -> Option<Coder> {
    head.width().filter(|_| head.persons > 0).map(|width| Coder::new(width, site.mirror.tier()))
}

/// Everything the table holds: written as a snapshot first, which is then opened; where that fails, in memory.
fn from_table(site: &Site, connection: &mut Connection, lock: Option<&File>) -> Result<Mirror, Fault> {
    let transaction = connection.transaction()?;
    let head = Head::read(&transaction)?;
    head.check(&site.model)?;
    if !knows(&transaction, head.position)? {
        return Err(Fault::Corrupt("the change log does not fit".into()));
    }
    let listed = Listed::read(&transaction)?;
    if let (Some(coder), Some(_)) = (coder(site, &head), lock) {
        match write(site, &transaction, &head, &coder, &listed) {
            Ok(()) => {
                site.trouble().file = None;
                if let Some(mirror) = open(site, &coder) {
                    return Ok(mirror);
                }
            }
            Err(Failure::Table(fault)) => return Err(fault),
            Err(Failure::File(error)) => site.trouble().file = Some(not_written(&error)),
        }
    }
    in_memory(site, &transaction, &head, &listed)
}

/// What can go wrong when the table is written as a snapshot.
enum Failure {
    Table(Fault),
    File(io::Error),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Table(fault)
    }
}

fn write(
    site: &Site,
    transaction: &Transaction<'_>,
    head: &Head,
    coder: &Coder,
    listed: &Listed,
) -> Result<(), Failure> {
    let Position { version, mark } = head.position;
    let origin = Origin { model: site.model.as_str(), version, mark };
    let writer = SnapshotWriter::create(&site.snapshot, coder, origin, &listed.spaces).map_err(Failure::File)?;
    let mut writer = writer.threads(Site::cores());
    listed.each_row(transaction, &site.model, head, |tenant, key, reference| {
        writer.push(tenant.0, key, reference.values()).map_err(Failure::File)
    })?;
    writer.finish().map_err(Failure::File)
}

fn in_memory(site: &Site, transaction: &Transaction<'_>, head: &Head, listed: &Listed) -> Result<Mirror, Fault> {
    let mut mirror = Mirror::empty(head.position, site.mirror.tier());
    let mut waiting = Delta::new();
    let mut take = |waiting: &mut Delta| {
        mirror.advance(head.position, waiting);
        waiting.clear();
    };
    listed.each_row(transaction, &site.model, head, |tenant, key, reference| -> Result<(), Fault> {
        waiting.insert(key, Entry { tenant, reference: Some(reference) });
        if waiting.len() == ROWS_AT_ONCE {
            take(&mut waiting);
        }
        Ok(())
    })?;
    take(&mut waiting);
    Ok(mirror)
}
