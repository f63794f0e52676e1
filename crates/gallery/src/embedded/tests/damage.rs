//! Galleries that are damaged, foreign, of another model, or from the future.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use biometric::ModelId;
use futures_executor::block_on;
use rusqlite::Connection;

use super::super::{Embedded, Fault, OpenError};
use super::{Folder, TENANT, assert_mirror_equals_table, enrol, id, now};
use crate::contract::{Face, Store, model};
use crate::mirror::Key;
use crate::{Error, Gallery};

type Contents = Vec<(biometric::TenantId, Key, biometric::Person, Vec<u32>)>;

/// Enough persons for several pages, and what they are in memory.
fn filled() -> (Folder, Contents) {
    let folder = Folder::fresh();
    let gallery = folder.open();
    for number in 0..24 {
        enrol(&gallery, &format!("secret-{number}"), number).expect("enrolled");
    }
    let contents = gallery.current().expect("current").rows();
    drop(gallery);
    (folder, contents)
}

fn file(folder: &Folder) -> std::path::PathBuf {
    folder.path().join("gallery.db")
}

fn refusal(folder: &Folder) -> OpenError {
    Embedded::open(folder.path(), model(), crate::Options::default()).err().expect("refused")
}

fn sql(folder: &Folder, statement: &str) {
    Connection::open(file(folder)).expect("opened").execute_batch(statement).expect("executed");
}

#[test]
fn a_file_that_was_cut_off_is_refused() {
    let (folder, _) = filled();
    let whole = fs::read(file(&folder)).expect("read");
    for length in [0, 1, 99, 100, 4095, 4096, 4097, whole.len() / 2, whole.len() - 4096, whole.len() - 1] {
        fs::write(file(&folder), &whole[..length]).expect("written");
        let error = refusal(&folder);
        assert!(matches!(error.fault, Fault::Corrupt(_)), "{length} bytes: {error}");
        assert!(error.to_string().contains("restore it from a backup") && !error.to_string().contains("secret"));
    }
}

#[test]
fn garbage_and_foreign_databases_are_refused() {
    let folder = Folder::fresh();
    for garbage in [vec![0; 8192], b"{}".repeat(5000), (0..100_000_u64).map(|i| ((i * i) >> 7) as u8).collect()] {
        fs::write(file(&folder), garbage).expect("written");
        assert!(matches!(refusal(&folder).fault, Fault::Corrupt(_) | Fault::Foreign));
    }
    fs::remove_file(file(&folder)).expect("removed");
    sql(&folder, "CREATE TABLE recipes (name TEXT)");
    assert!(matches!(refusal(&folder).fault, Fault::Foreign));
}

#[test]
fn a_changed_byte_is_refused_or_does_no_harm() {
    let (folder, contents) = filled();
    let whole = fs::read(file(&folder)).expect("read");
    let mut refused = 0;
    for place in (0..whole.len()).step_by(61) {
        let mut changed = whole.clone();
        changed[place] ^= 1 << (place % 8);
        fs::write(file(&folder), &changed).expect("written");
        match Embedded::open(folder.path(), model(), crate::Options::default()) {
            Ok(gallery) => assert!(gallery.current().expect("current").rows() == contents, "byte {place}"),
            Err(_) => refused += 1,
        }
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(folder.path().join(format!("gallery.db{suffix}")));
        }
    }
    assert!(refused > 100, "references fill a good part of the file: {refused}");
}

#[test]
fn a_changed_byte_in_a_reference_is_always_refused() {
    let (folder, _) = filled();
    let whole = fs::read(file(&folder)).expect("read");
    let needle: Vec<u8> = Face(5).template().values().iter().flat_map(|value| value.to_le_bytes()).collect();
    let start = whole.windows(needle.len()).position(|bytes| bytes == needle).expect("the reference is in the file");
    for place in (start..start + needle.len()).step_by(7) {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        fs::write(file(&folder), &changed).expect("written");
        let error = refusal(&folder);
        assert!(matches!(&error.fault, Fault::Corrupt(what) if what.contains("checksum")), "{error}");
    }
}

#[test]
fn a_lost_row_is_noticed() {
    let (folder, _) = filled();
    sql(&folder, "DELETE FROM person WHERE id = 'secret-3'");
    let error = refusal(&folder);
    assert!(matches!(&error.fault, Fault::Corrupt(what) if what.contains("23 persons found of 24")), "{error}");
}

#[test]
fn a_log_without_its_database_is_refused() {
    let (folder, _) = filled();
    fs::remove_file(file(&folder)).expect("removed");
    fs::write(folder.path().join("gallery.db-wal"), [0; 32]).expect("written");
    assert!(matches!(&refusal(&folder).fault, Fault::Corrupt(what) if what.contains("missing")));
}

#[test]
fn an_unfinished_creation_is_begun_anew() {
    let folder = Folder::fresh();
    fs::write(folder.path().join("gallery.db.new"), b"half").expect("written");
    enrol(&folder.open(), "a", 1).expect("enrolled");
    assert!(!folder.path().join("gallery.db.new").exists());
}

#[test]
fn a_gallery_of_a_later_release_is_refused() {
    let (folder, _) = filled();
    sql(&folder, "INSERT INTO migration (version) VALUES (2)");
    let error = refusal(&folder);
    assert!(matches!(error.fault, Fault::NewerSchema { found: 2, known: 1 }));
    assert!(error.to_string().contains("later release"), "{error}");
}

#[test]
fn a_gallery_of_another_model_is_refused_until_it_is_empty() {
    let folder = Folder::fresh();
    let old = folder.open();
    enrol(&old, "a", 1).expect("enrolled");
    let other = ModelId::parse("another@2").expect("a model id");
    let error = Embedded::open(folder.path(), other.clone(), crate::Options::default()).err().expect("refused");
    assert!(matches!(&error.fault, Fault::OtherModel { .. }));
    let text = error.to_string();
    assert!(text.contains("contract@1") && text.contains("another@2") && text.contains("enrol everyone again"));

    block_on(old.remove(TENANT, &id("a"))).expect("removed");
    let new = Embedded::open(folder.path(), other.clone(), crate::Options::default())
        .expect("an empty gallery is free for any model");
    let template = Face(1).template_of(other);
    block_on(new.enrol(TENANT, id("a"), template, super::ALIKE, now(), None)).expect("enrolled");
    assert!(matches!(block_on(old.get(TENANT, &id("a"))), Err(Error::Unavailable(_))));
    assert!(matches!(enrol(&old, "b", 2), Err(Error::Unavailable(_))));
}

#[test]
fn only_the_owner_may_read_the_files() {
    let folder = Folder::fresh();
    let inner = folder.path().join("made/for/it");
    let gallery = Embedded::open(&inner, model(), crate::Options::default()).expect("opened");
    enrol(&gallery, "a", 1).expect("enrolled");
    let mode = |path: &std::path::Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&inner), 0o700);
    for name in ["gallery.db", "gallery.db-wal", "gallery.db-shm"] {
        assert_eq!(mode(&inner.join(name)), 0o600, "{name}");
    }
}

#[test]
fn many_who_find_no_gallery_make_one() {
    let folder = Folder::fresh();
    std::thread::scope(|scope| {
        for number in 0..8_u64 {
            let folder = &folder;
            scope.spawn(move || enrol(&folder.open(), &format!("p{number}"), number).expect("enrolled"));
        }
    });
    let gallery = folder.open();
    assert_eq!(block_on(gallery.count(TENANT)).expect("counted"), 8);
    assert_mirror_equals_table(&folder, &gallery);
}
