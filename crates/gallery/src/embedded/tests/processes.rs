//! Several users of one file: the change log, and what is left of a removed person.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use futures_executor::block_on;
use rusqlite::Connection;

use super::super::follow::CHANGES_KEPT_MAX;
use super::{Folder, TENANT, assert_mirror_equals_table, enrol, id};
use crate::Gallery;
use crate::contract::{Face, Store};

fn raw(folder: &Folder) -> Connection {
    Connection::open(folder.path().join("gallery.db")).expect("opened")
}

#[test]
fn who_lags_behind_the_log_reads_everything() {
    let folder = Folder::fresh();
    let (behind, ahead) = (folder.open(), folder.open());
    for (name, face) in [("a", 1), ("b", 2), ("c", 3)] {
        enrol(&ahead, name, face).expect("enrolled");
    }
    block_on(ahead.remove(TENANT, &id("b"))).expect("removed");
    raw(&folder).execute("DELETE FROM change WHERE version < 4", []).expect("trimmed");
    assert_eq!(block_on(behind.count(TENANT)).expect("counted"), 2);
    assert_mirror_equals_table(&folder, &behind);

    // The same for one who writes before it reads.
    enrol(&ahead, "d", 4).expect("enrolled");
    enrol(&ahead, "e", 5).expect("enrolled");
    raw(&folder).execute("DELETE FROM change WHERE version < 6", []).expect("trimmed");
    assert!(enrol(&behind, "f", 4).is_err(), "the face came with the changes that are no longer noted");
    enrol(&behind, "f", 6).expect("enrolled");
    assert_mirror_equals_table(&folder, &ahead);
}

#[test]
fn the_log_does_not_grow_beyond_its_bound() {
    let folder = Folder::fresh();
    let gallery = folder.open();
    for (name, face) in [("a", 1), ("b", 2), ("c", 3)] {
        enrol(&gallery, name, face).expect("enrolled");
    }
    // As if that many changes had been made since.
    let jump = format!(
        "BEGIN; UPDATE store SET version = version + {CHANGES_KEPT_MAX} - 2;
         INSERT INTO change SELECT version, 3, 1, mark FROM store; COMMIT"
    );
    raw(&folder).execute_batch(&jump).expect("jumped");
    for (name, face, oldest) in [("d", 4, 3), ("e", 5, 4 + CHANGES_KEPT_MAX - 3)] {
        enrol(&gallery, name, face).expect("enrolled");
        let kept: i64 = raw(&folder).query_row("SELECT min(version) FROM change", [], |row| row.get(0)).expect("kept");
        assert_eq!(kept, oldest, "after {name}");
    }
    assert_mirror_equals_table(&folder, &gallery);
}

#[test]
fn nothing_of_a_removed_person_stays_in_the_files() {
    let folder = Folder::fresh();
    let gallery = folder.open();
    for number in 0..40 {
        enrol(&gallery, &format!("stays-{number}"), number).expect("enrolled");
    }
    enrol(&gallery, "to-be-forgotten", 99).expect("enrolled");
    assert!(files_contain(&folder, b"to-be-forgotten"));
    block_on(gallery.remove(TENANT, &id("to-be-forgotten"))).expect("removed");
    let reference: Vec<u8> = Face(99).template().values().iter().flat_map(|value| value.to_le_bytes()).collect();
    let start = Instant::now();
    while files_contain(&folder, b"to-be-forgotten") || files_contain(&folder, &reference[..64]) {
        assert!(start.elapsed() < Duration::from_secs(10), "the log is not emptied while the store is open");
        sleep(Duration::from_millis(50));
    }
    assert!(files_contain(&folder, b"stays-7"));
}

fn files_contain(folder: &Folder, needle: &[u8]) -> bool {
    let entries = fs::read_dir(folder.path()).expect("a folder");
    entries
        .map(|entry| fs::read(entry.expect("an entry").path()).expect("read"))
        .any(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
}
