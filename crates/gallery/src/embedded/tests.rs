//! The embedded store's own tests, beside the contract.

mod damage;
mod processes;
mod writing;

use std::path::Path;

use biometric::{PersonId, TenantId, Timestamp};
use futures_executor::block_on;
use tempfile::TempDir;

use super::Embedded;
use crate::Gallery;
use crate::contract::{Face, Store, model};

/// A store in a folder of its own.
struct Folder(TempDir);

impl Folder {
    fn fresh() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Store for Folder {
    type Handle = Embedded;

    fn open(&self) -> Embedded {
        Embedded::open(self.path(), model(), crate::Options::default()).expect("opened")
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

/// The mirror is what the table says.
fn assert_mirror_equals_table(folder: &Folder, gallery: &Embedded) {
    let (fresh, held) = (folder.open(), gallery.current().expect("current"));
    assert!(fresh.current().expect("current").rows() == held.rows(), "the mirror is not the table");
}
