//! The snapshot: written, used, thrown away, wiped.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::thread::sleep;
use std::time::{Duration, Instant};

use biometric::Template;
use futures_executor::block_on;
use rusqlite::Connection;
use search::{Coder, Snapshot, Tier};

use super::super::record::{self, Row};
use super::super::{Embedded, schema};
use super::{ALIKE, Folder, TENANT, assert_mirror_equals_table, enrol, held, id, nearest, now, table};
use crate::contract::{Face, Store, model};
use crate::{Gallery, Options};

const PERSONS: u64 = 40;

/// A gallery that was closed, and reopened once so that there is a snapshot.
fn filled() -> Folder {
    let folder = Folder::fresh();
    let gallery = folder.open();
    for number in 0..PERSONS {
        enrol(&gallery, &format!("p{number}"), number).expect("enrolled");
    }
    drop(gallery);
    drop(folder.open());
    assert!(folder.snapshot().exists());
    folder
}

/// Everybody is found, and the index is the table.
fn assert_right(folder: &Folder, gallery: &Embedded, why: &str) {
    for number in 0..PERSONS {
        let found = nearest(gallery, &Face(number).template(), 1);
        assert_eq!(found[0].person.id, id(&format!("p{number}")), "{why}");
    }
    assert!(held(gallery) == table(folder), "{why}");
}

fn inode(folder: &Folder) -> u64 {
    fs::metadata(folder.snapshot()).expect("there is one").ino()
}

#[test]
fn a_good_snapshot_is_used_and_what_changed_since_is_read() {
    let folder = filled();
    let before = inode(&folder);
    let gallery = folder.open();
    enrol(&gallery, "later", 100).expect("enrolled");
    block_on(gallery.remove(TENANT, &id("p3"))).expect("removed");
    block_on(gallery.update(TENANT, id("p4"), Face(104).template(), ALIKE, now())).expect("updated");
    drop(gallery);
    let gallery = folder.open();
    assert_eq!((inode(&folder), gallery.snapshot_trouble()), (before, None));
    for (face, name) in [(100, "later"), (104, "p4"), (5, "p5")] {
        assert_eq!(nearest(&gallery, &Face(face).template(), 1)[0].person.id, id(name));
    }
    assert!([3, 4].iter().all(|face| nearest(&gallery, &Face(*face).template(), 1)[0].score < ALIKE));
    assert_mirror_equals_table(&folder, &gallery);
}

#[test]
fn without_a_snapshot_it_is_written_anew() {
    let folder = filled();
    fs::remove_file(folder.snapshot()).expect("removed");
    assert_right(&folder, &folder.open(), "removed");
    assert!(folder.snapshot().exists());
}

#[test]
fn a_snapshot_that_was_cut_off_does_no_harm() {
    let folder = filled();
    let whole = fs::read(folder.snapshot()).expect("read");
    for length in [0, 1, 63, 64, 200, 4096, whole.len() / 4, whole.len() / 2, whole.len() - 1] {
        fs::write(folder.snapshot(), &whole[..length]).expect("written");
        let gallery = folder.open();
        assert_right(&folder, &gallery, &format!("{length} bytes"));
        drop(gallery);
        assert!(fs::metadata(folder.snapshot()).expect("there").len() == whole.len() as u64, "written anew");
    }
}

#[test]
fn a_changed_byte_of_the_snapshot_does_no_harm_wherever_it_is() {
    let folder = filled();
    let whole = fs::read(folder.snapshot()).expect("read");
    let mut rebuilt = 0;
    for place in (0..whole.len()).step_by(149) {
        let mut changed = whole.clone();
        changed[place] ^= 1 << (place % 8);
        fs::write(folder.snapshot(), &changed).expect("written");
        let gallery = folder.open();
        // What is damaged in an original shows when it is looked at.
        assert_right(&folder, &gallery, &format!("byte {place}"));
        drop(gallery);
        rebuilt += usize::from(fs::read(folder.snapshot()).expect("read") != changed);
    }
    assert!(rebuilt > 100, "originals and codes fill most of the file: {rebuilt}");
}

#[test]
fn damage_that_a_decision_meets_is_mended_before_it_is_made() {
    let folder = filled();
    let mut changed = fs::read(folder.snapshot()).expect("read");
    // The originals are at the end.
    for place in changed.len() - PERSONS as usize * 512..changed.len() {
        changed[place] ^= 0x40;
    }
    fs::write(folder.snapshot(), &changed).expect("written");
    let gallery = folder.open();
    let refused = block_on(gallery.enrol(TENANT, id("again"), Face(7).look_alike(), ALIKE, now(), None));
    assert!(matches!(refused, Err(crate::Error::Conflict { taken: false, duplicate: true })));
    enrol(&gallery, "new", 200).expect("enrolled");
    assert_mirror_equals_table(&folder, &gallery);
}

#[test]
fn a_snapshot_of_another_life_of_the_store_is_not_used() {
    let folder = filled();
    let earlier = fs::read(folder.database()).expect("read");
    let gallery = folder.open();
    for (name, face) in [("lost-1", 101), ("lost-2", 102)] {
        enrol(&gallery, name, face).expect("enrolled");
    }
    drop(gallery);
    fs::remove_file(folder.snapshot()).expect("removed");
    drop(folder.open());
    let later = fs::read(folder.snapshot()).expect("a snapshot with the two");

    fs::write(folder.database(), earlier).expect("restored");
    for changes in 0..4 {
        // As many changes as the other life had, less, and more.
        fs::write(folder.snapshot(), &later).expect("written");
        let gallery = folder.open();
        assert_right(&folder, &gallery, &format!("after {changes} changes"));
        assert!(nearest(&gallery, &Face(101).template(), 1)[0].score < ALIKE);
        enrol(&gallery, &format!("new-{changes}"), 110 + changes).expect("enrolled");
    }
}

#[test]
fn a_snapshot_older_than_the_log_remembers_is_not_used() {
    let folder = filled();
    let gallery = folder.open();
    for (name, face) in [("x", 101), ("y", 102)] {
        enrol(&gallery, name, face).expect("enrolled");
    }
    drop(gallery);
    folder.sql().execute("DELETE FROM change WHERE version <= (SELECT version - 1 FROM store)", []).expect("trimmed");
    let before = inode(&folder);
    let gallery = folder.open();
    assert_right(&folder, &gallery, "rebuilt");
    assert_ne!(inode(&folder), before);
}

#[test]
fn a_snapshot_of_other_codes_is_written_anew() {
    let folder = filled();
    for tier in [Tier::U8, Tier::V4] {
        let gallery = Embedded::open(folder.path(), model(), Options { tier }).expect("opened");
        assert_right(&folder, &gallery, tier.name());
        let coder = Coder::new(128, tier);
        let snapshot = Snapshot::open(&folder.snapshot(), &coder, model().as_str(), std::num::NonZeroUsize::MIN);
        assert_eq!(snapshot.expect("of these codes").rows(), PERSONS as usize);
    }
}

#[test]
fn where_no_snapshot_can_be_written_everything_lies_in_memory() {
    let folder = filled();
    fs::remove_file(folder.snapshot()).expect("removed");
    let in_the_way = folder.path().join("gallery.snapshot.new");
    fs::create_dir(&in_the_way).expect("made");
    fs::write(in_the_way.join("file"), b"so that it cannot be removed").expect("written");
    let gallery = folder.compacting(2);
    assert!(gallery.snapshot_trouble().is_some());
    assert_right(&folder, &gallery, "in memory");
    for number in 100..110 {
        enrol(&gallery, &format!("p{number}"), number).expect("enrolled");
    }
    assert_mirror_equals_table(&folder, &gallery);
    assert!(!folder.snapshot().exists());
    // It is tried again after as many changes.
    fs::remove_dir_all(&in_the_way).expect("removed");
    let start = Instant::now();
    for number in 200.. {
        assert!(start.elapsed() < Duration::from_secs(10), "never tried again: {:?}", gallery.snapshot_trouble());
        enrol(&gallery, &format!("p{number}"), number).expect("enrolled");
        if gallery.snapshot_trouble().is_none() {
            break;
        }
    }
    assert!(folder.snapshot().exists());
    assert_mirror_equals_table(&folder, &gallery);
}

/// A row that is wiped in the file, and that the store still has: another process is ahead, or the snapshot is wrong.
#[test]
fn a_row_that_was_wiped_by_mistake_is_found_again() {
    let folder = filled();
    let gallery = folder.open();
    let key = table(&folder)[7].1;
    assert_eq!(Snapshot::wipe(&folder.snapshot(), &[(TENANT.0, key)]).expect("wiped"), 1);
    assert_right(&folder, &gallery, "wiped while it was open");
    assert_eq!(Snapshot::wipe(&folder.snapshot(), &[(TENANT.0, key)]).expect("wiped"), 1);
    drop(gallery);
    assert_right(&folder, &folder.open(), "wiped before it was opened");
}

#[test]
fn what_one_process_removes_and_wipes_the_other_does_not_miss() {
    let folder = filled();
    let (one, two) = (folder.open(), folder.open());
    block_on(one.remove(TENANT, &id("p3"))).expect("removed");
    block_on(one.update(TENANT, id("p4"), Face(104).template(), ALIKE, now())).expect("updated");
    wait_until_gone(&folder, &[&Face(3).template(), &Face(4).template()]);
    assert_eq!(nearest(&two, &Face(104).template(), 1)[0].person.id, id("p4"));
    assert!(nearest(&two, &Face(3).template(), 1)[0].score < ALIKE);
    assert_mirror_equals_table(&folder, &two);
}

#[test]
fn nothing_of_who_was_removed_or_replaced_stays_in_any_file() {
    let folder = filled();
    let gallery = folder.open();
    let (removed, replaced, stays) = (Face(3).template(), Face(4).template(), Face(5).template());
    let all = [&removed, &replaced, &stays];
    let snapshot = fs::read(folder.snapshot()).expect("read");
    assert!(all.iter().all(|reference| is_in_the_snapshot(&folder, reference) && has_code(&snapshot, reference)));
    block_on(gallery.remove(TENANT, &id("p3"))).expect("removed");
    block_on(gallery.update(TENANT, id("p4"), Face(104).template(), ALIKE, now())).expect("updated");
    wait_until_gone(&folder, &[&removed, &replaced]);
    assert!(is_in_the_snapshot(&folder, &stays));
    assert_mirror_equals_table(&folder, &gallery);
    // Nor after the end, which comes before the store was idle.
    block_on(gallery.remove(TENANT, &id("p5"))).expect("removed");
    drop(gallery);
    assert!(!files_contain(&folder, &stays));
    assert_eq!(nearest(&folder.open(), &Face(6).template(), 1)[0].person.id, id("p6"));
}

/// Who wiped nothing, for it was killed, leaves it to the next.
#[test]
fn what_was_not_wiped_is_wiped_by_who_opens_the_store() {
    let folder = filled();
    let gallery = folder.open();
    let before = fs::read(folder.snapshot()).expect("read");
    block_on(gallery.remove(TENANT, &id("p3"))).expect("removed");
    drop(gallery);
    fs::write(folder.snapshot(), before).expect("written");
    let gallery = folder.open();
    wait_until_gone(&folder, &[&Face(3).template()]);
    assert_mirror_equals_table(&folder, &gallery);
}

fn wait_until_gone(folder: &Folder, references: &[&Template]) {
    let start = Instant::now();
    while references.iter().any(|reference| files_contain(folder, reference)) {
        assert!(start.elapsed() < Duration::from_secs(10), "something stays");
        sleep(Duration::from_millis(50));
    }
}

fn bytes(reference: &Template) -> Vec<u8> {
    reference.values().iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn is_in_the_snapshot(folder: &Folder, reference: &Template) -> bool {
    let (file, bytes) = (fs::read(folder.snapshot()).expect("read"), bytes(reference));
    file.windows(bytes.len()).any(|window| window == bytes)
}

/// Whether a part of the reference, or its code, is in any file of the folder.
fn files_contain(folder: &Folder, reference: &Template) -> bool {
    let bytes = bytes(reference);
    let parts = [&bytes[..64], &bytes[bytes.len() - 64..]];
    let entries = fs::read_dir(folder.path()).expect("a folder");
    entries.filter_map(|entry| fs::read(entry.expect("an entry").path()).ok()).any(|file| {
        parts.iter().any(|part| file.windows(part.len()).any(|window| window == *part)) || has_code(&file, reference)
    })
}

fn has_code(file: &[u8], reference: &Template) -> bool {
    let codes = Coder::new(reference.values().len(), Tier::default()).encode(reference.values());
    // Sixteen rows lie interleaved, in lines of 64 bytes with four of each row.
    let code: Vec<&[u8]> = codes.as_bytes().chunks(64).take(16).map(|line| &line[..4]).collect();
    let fits = |at: usize| code.iter().enumerate().all(|(line, four)| file[at + 64 * line..].starts_with(four));
    (0..file.len().saturating_sub(64 * code.len())).any(fits)
}

/// A data folder as the first release left it.
#[test]
fn a_store_of_the_first_schema_is_brought_forward() {
    let folder = Folder::fresh();
    let path = schema::FORMAT.ensure(folder.path()).expect("made");
    // Back to the first step.
    let connection = Connection::open(path).expect("opened");
    let back = "DROP TABLE store; DROP TABLE person; DROP TABLE change; DELETE FROM migration WHERE version > 1;";
    connection.execute_batch(back).expect("executed");
    connection.execute_batch(schema::FORMAT.migrations[0]).expect("executed");
    for number in 0..PERSONS {
        let person = biometric::Person { id: id(&format!("p{number}")), created: now(), updated: now() };
        let key = number.cast_signed() + 1;
        let row = Row { person, reference: Face(number).template() };
        record::insert(&connection, TENANT, key, &row).expect("inserted");
        connection.execute("INSERT INTO change VALUES (?1, ?2, ?1)", (key, TENANT.0)).expect("noted");
    }
    let head = "UPDATE store SET version = ?1, persons = ?1, model = ?2, width = 128";
    connection.execute(head, (PERSONS.cast_signed(), model().as_str())).expect("written");
    drop(connection);
    for round in 0..2 {
        let gallery = folder.open();
        assert_right(&folder, &gallery, "brought forward");
        enrol(&gallery, &format!("new-{round}"), 100 + round).expect("enrolled");
        assert_mirror_equals_table(&folder, &gallery);
    }
}
