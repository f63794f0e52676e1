//! The embedded store's own tests, beside the contract.

mod compaction;
mod damage;
mod index;
mod processes;
mod snapshot;
mod writing;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use biometric::{PersonId, Template, TenantId, Timestamp};
use futures_executor::block_on;
use rusqlite::Connection;
use tempfile::TempDir;

use super::{Embedded, Limits};
use crate::contract::{Face, Store, model};
use crate::mirror::Key;
use crate::{Candidate, Gallery, Options, Query};

/// A store in a folder of its own.
struct Folder(TempDir);

impl Folder {
    fn fresh() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn snapshot(&self) -> PathBuf {
        self.path().join("gallery.snapshot")
    }

    fn database(&self) -> PathBuf {
        self.path().join("gallery.db")
    }

    /// As any process may look at it.
    fn sql(&self) -> Connection {
        let connection = Connection::open(self.database()).expect("opened");
        connection.busy_timeout(std::time::Duration::from_secs(5)).expect("set");
        connection
    }

    /// With a new snapshot after so many changes.
    fn compacting(&self, changes: usize) -> Embedded {
        let limits = Limits { changes_min: changes, changes_max: changes };
        Embedded::open_with(self.path(), model(), Options::default(), limits).expect("opened")
    }
}

impl Store for Folder {
    type Handle = Embedded;

    fn open(&self) -> Embedded {
        Embedded::open(self.path(), model(), Options::default()).expect("opened")
    }
}

crate::contract_tests!(Folder::fresh);

const TENANT: TenantId = TenantId(3);
const NEVER: biometric::Score = biometric::Score(2.0);
const ALIKE: biometric::Score = biometric::Score(0.7);

fn id(text: &str) -> PersonId {
    PersonId::parse(text).expect("a person id")
}

fn now() -> Timestamp {
    Timestamp::from_millis(1)
}

fn enrol(gallery: &Embedded, name: &str, face: u64) -> Result<(), crate::Error> {
    block_on(gallery.enrol(TENANT, id(name), Face(face).template(), ALIKE, now(), None)).map(drop)
}

fn nearest(gallery: &Embedded, probe: &Template, count: usize) -> Vec<Candidate> {
    let found = block_on(gallery.search(TENANT, &[Query { probe, count }], NonZeroUsize::MIN));
    found.expect("searched").pop().expect("an answer for every query")
}

/// Tenant, key and the bits of the reference.
type Rows = Vec<(TenantId, Key, Vec<u32>)>;

/// What the index holds, up to date.
fn held(gallery: &Embedded) -> Rows {
    gallery.refresh().expect("refreshed");
    gallery.site.mirror.value().expect("loaded").0.contents()
}

/// What the table holds.
fn table(folder: &Folder) -> Rows {
    let connection = folder.sql();
    let mut select = connection.prepare("SELECT tenant, key, reference FROM person ORDER BY tenant, key").expect("SQL");
    let bits = |bytes: Vec<u8>| bytes.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
    let rows = select.query_map([], |row| Ok((TenantId(row.get(0)?), row.get(1)?, bits(row.get(2)?))));
    rows.expect("queried").collect::<Result<_, _>>().expect("read")
}

/// The index is what the table says, and so is that of who opens the store now.
fn assert_mirror_equals_table(folder: &Folder, gallery: &Embedded) {
    let table = table(folder);
    assert!(held(gallery) == table, "the index is not the table");
    assert!(held(&folder.open()) == table, "the index that is loaded is not the table");
}
