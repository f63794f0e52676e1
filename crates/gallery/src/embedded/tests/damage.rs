//! Galleries that are damaged, foreign, of another model, or from the future.

use std::fs;
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt;

use biometric::ModelId;
use futures_executor::block_on;
use rusqlite::Connection;

use super::super::{Embedded, Fault, OpenError};
use super::{Folder, Rows, TENANT, assert_mirror_equals_table, enrol, held, id, now};
use crate::contract::{Face, Store, model};
use crate::{Error, Gallery, Options, Query};

/// What the index holds, and what reading tells.
type Contents = (Rows, Vec<(biometric::Person, biometric::Template)>);

/// Enough persons for several pages, and what they are in memory.
fn filled() -> (Folder, Contents) {
    let folder = Folder::fresh();
    let gallery = folder.open();
    for number in 0..24 {
        enrol(&gallery, &format!("secret-{number}"), number).expect("enrolled");
    }
    let contents = (held(&gallery), read(&gallery).expect("read"));
    drop(gallery);
    (folder, contents)
}

fn read(gallery: &Embedded) -> Result<Vec<(biometric::Person, biometric::Template)>, Error> {
    let persons = block_on(gallery.list(TENANT, None, usize::MAX))?;
    persons.iter().map(|person| block_on(gallery.reference(TENANT, &person.id))).collect()
}

fn open(folder: &Folder) -> Result<Embedded, OpenError> {
    Embedded::open(folder.path(), model(), Options::default())
}

fn file(folder: &Folder) -> std::path::PathBuf {
    folder.path().join("gallery.db")
}

fn refusal(folder: &Folder) -> OpenError {
    open(folder).err().expect("refused")
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
        match open(&folder) {
            Ok(gallery) => {
                assert!(held(&gallery) == contents.0, "byte {place}");
                // What leads to a row may be damaged, and is noticed when it is used.
                assert!(read(&gallery).map_or(true, |read| read == contents.1), "byte {place}");
            }
            Err(_) => refused += 1,
        }
        // With a snapshot, the references of the table are not read at the start.
        for name in ["gallery.db-wal", "gallery.db-shm", "gallery.snapshot"] {
            let _ = fs::remove_file(folder.path().join(name));
        }
    }
    assert!(refused > 100, "references fill a good part of the file: {refused}");
}

#[test]
fn beside_a_snapshot_a_changed_byte_of_a_row_is_refused_when_it_is_read() {
    let (folder, (_, persons)) = filled();
    drop(folder.open());
    let whole = fs::read(file(&folder)).expect("read");
    let snapshot = fs::read(folder.snapshot()).expect("there is one");
    for number in (0..24).step_by(5) {
        let reference: Vec<u8> = Face(number).template().values().iter().flat_map(|v| v.to_le_bytes()).collect();
        let start = whole.windows(64).position(|bytes| bytes == &reference[..64]).expect("in the file");
        let mut changed = whole.clone();
        changed[start + 9] ^= 1;
        fs::write(file(&folder), &changed).expect("written");
        fs::write(folder.snapshot(), &snapshot).expect("written");
        let gallery = open(&folder).expect("the snapshot says what there is");
        let search = |face: u64| {
            let probe = Face(face).template();
            let found = block_on(gallery.search(TENANT, &[Query { probe: &probe, count: 1 }], NonZeroUsize::MIN));
            found.map(|mut found| found.remove(0).remove(0).person.id)
        };
        let other = (number + 1) % 24;
        assert_eq!(search(other).expect("whole"), id(&format!("secret-{other}")));
        for answer in
            [search(number), block_on(gallery.reference(TENANT, &id(&format!("secret-{number}")))).map(|r| r.0.id)]
        {
            let Err(Error::Unavailable(text)) = answer else { panic!("{answer:?}") };
            assert!(text.contains("checksum") && !text.contains("secret"), "{text}");
        }
        assert_eq!(read(&gallery).err().map(|error| error.to_string().contains("checksum")), Some(true));
        assert_eq!(search(other).expect("whole"), id(&format!("secret-{other}")));
        drop(gallery);
        for name in ["gallery.db-wal", "gallery.db-shm"] {
            let _ = fs::remove_file(folder.path().join(name));
        }
    }
    fs::write(file(&folder), &whole).expect("written");
    assert!(read(&folder.open()).expect("read") == persons);
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
    sql(&folder, "INSERT INTO migration (version) VALUES (3)");
    let error = refusal(&folder);
    assert!(matches!(error.fault, Fault::NewerSchema { found: 3, known: 2 }));
    assert!(error.to_string().contains("later release"), "{error}");
}

#[test]
fn a_gallery_of_another_model_is_refused_until_it_is_empty() {
    let folder = Folder::fresh();
    let old = folder.open();
    enrol(&old, "a", 1).expect("enrolled");
    let other = ModelId::parse("another@2").expect("a model id");
    let error = Embedded::open(folder.path(), other.clone(), Options::default()).err().expect("refused");
    assert!(matches!(&error.fault, Fault::OtherModel { .. }));
    let text = error.to_string();
    assert!(text.contains("contract@1") && text.contains("another@2") && text.contains("enrol everyone again"));

    block_on(old.remove(TENANT, &id("a"))).expect("removed");
    let new = Embedded::open(folder.path(), other.clone(), Options::default())
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
    let gallery = Embedded::open(&inner, model(), Options::default()).expect("opened");
    enrol(&gallery, "a", 1).expect("enrolled");
    let mode = |path: &std::path::Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&inner), 0o700);
    drop(Embedded::open(&inner, model(), Options::default()).expect("opened again, which writes a snapshot"));
    for name in ["gallery.db", "gallery.db-wal", "gallery.db-shm", "gallery.snapshot", "gallery.snapshot.lock"] {
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
