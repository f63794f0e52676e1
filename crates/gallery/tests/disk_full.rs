//! A disk that is full: writes are refused, reads go on, nothing that was acknowledged is lost.

#![cfg(unix)]

mod common;

use std::env;
use std::path::Path;
use std::process::Command;
use std::thread;

use biometric::PersonId;
use common::{Heard, TENANT, enrol, nearest, open, open_compacting, reference, say};
use futures_executor::block_on;
use gallery::{Error, Gallery};

const DIR: &str = "GALLERY_FULL_DIR";
const THREADS: usize = 8;

/// How many are enrolled before the disk is full.
const PERSONS: u64 = 300;

/// Refusals after which a thread of the child has seen enough.
const REFUSALS: usize = 5;

#[test]
fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut heard = Heard::default();
    // The limit on a file's size stands in for the disk; the signal that comes with it is ignored, as no disk sends it.
    for blocks in [600, 1500] {
        let output = Command::new("sh")
            .args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" --exact child --nocapture")])
            .arg(env::current_exe().expect("this test"))
            .env(DIR, dir.path())
            .output()
            .expect("started");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let before = heard.acknowledged();
        heard.listen(&String::from_utf8_lossy(&output.stdout));
        assert!(heard.acknowledged() > before + 20, "the limit leaves room for some");
        heard.check(dir.path(), 0);
    }
    enrol(&open(dir.path()), "afterwards").expect("with room again, writes go on");
}

#[test]
fn a_snapshot_that_the_disk_has_no_room_for_is_done_without() {
    let dir = tempfile::tempdir().expect("a folder");
    let gallery = open(dir.path());
    for number in 0..PERSONS {
        enrol(&gallery, &format!("p{number}")).expect("enrolled");
    }
    drop(gallery);
    // In blocks of 512 bytes: less than the snapshot's originals.
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 150; exec \"$0\" --exact searching_child --nocapture"])
        .arg(env::current_exe().expect("this test"))
        .env(DIR, dir.path())
        .output()
        .expect("started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    let names = || std::fs::read_dir(dir.path()).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    assert!(names().all(|name| name != "gallery.snapshot" && name != "gallery.snapshot.new"));
    assert_eq!(open(dir.path()).snapshot_trouble(), None);
    assert!(names().any(|name| name == "gallery.snapshot"));
}

/// The child's part: finds everybody, and says why there is no snapshot.
#[test]
fn searching_child() {
    let Ok(dir) = env::var(DIR) else { return };
    let gallery = open(Path::new(&dir));
    assert!(gallery.snapshot_trouble().is_some_and(|trouble| trouble.contains("lie in memory")));
    for number in 0..PERSONS {
        let id = format!("p{number}");
        assert_eq!(nearest(&gallery, &reference(&id)).expect("found").id.as_str(), id);
    }
}

/// The child's part: enrols until the disk is full.
#[test]
fn child() {
    let Ok(dir) = env::var(DIR) else { return };
    let gallery = open_compacting(Path::new(&dir));
    let tag = std::process::id();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let gallery = &gallery;
            scope.spawn(move || {
                let mut refusals = 0;
                for number in 0.. {
                    let id = format!("p{tag}t{thread}n{number}");
                    match enrol(gallery, &id) {
                        Ok(()) => say('e', &id),
                        Err(Error::Unavailable(_)) => refusals += 1,
                        Err(other) => panic!("{other}"),
                    }
                    if refusals == REFUSALS {
                        break;
                    }
                }
            });
        }
    });
    let persons = block_on(gallery.list(TENANT, None, usize::MAX)).expect("reads go on");
    for person in persons {
        let id: &PersonId = &person.id;
        assert!(nearest(&gallery, &reference(id.as_str())).expect("searches go on") == person);
    }
}
