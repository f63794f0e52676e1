//! The index: searches, writes and compaction, none of which waits for another.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::thread;

use futures_executor::block_on;

use super::{ALIKE, Folder, NEVER, TENANT, enrol, id, nearest, now};
use crate::contract::{Face, Store};
use crate::{Gallery, Query};

/// In the midst of a scan, whatever else is done goes on, and the next search sees it.
#[test]
fn a_scan_that_takes_long_keeps_nobody_waiting() {
    let folder = Folder::fresh();
    let gallery = folder.open();
    for number in 0..40 {
        enrol(&gallery, &format!("p{number}"), number).expect("enrolled");
    }
    block_on(gallery.enrol(TENANT, id("twin"), Face(7).look_alike(), NEVER, now(), None)).expect("enrolled");
    let rounds = Mutex::new(0);
    let write = || {
        let mut round = rounds.lock().expect("whole");
        let (name, face) = (format!("new-{round}"), 100 + *round);
        enrol(&gallery, &name, face).expect("enrolled");
        assert_eq!(nearest(&gallery, &Face(face).template(), 1)[0].person.id, id(&name));
        let other = 200 + *round;
        block_on(gallery.update(TENANT, id(&name), Face(other).template(), ALIKE, now())).expect("updated");
        assert_eq!(nearest(&gallery, &Face(other).template(), 1)[0].person.id, id(&name));
        assert!(nearest(&gallery, &Face(face).template(), 1)[0].score < ALIKE);
        block_on(gallery.remove(TENANT, &id(&name))).expect("removed");
        assert!(nearest(&gallery, &Face(other).template(), 1)[0].score < ALIKE);
        *round += 1;
    };
    // On a thread of its own, for whose answer the scan waits.
    let meanwhile = |_, _| {
        thread::scope(|scope| scope.spawn(write).join().expect("no panic"));
    };
    let pairs = block_on(gallery.duplicates(TENANT, ALIKE, 9, &meanwhile)).expect("compared");
    assert!(*rounds.lock().expect("whole") > 2, "it was told of more than once");
    // What came and went meanwhile is not in it.
    assert_eq!(pairs.iter().map(|(a, b, _)| (&a.id, &b.id)).collect::<Vec<_>>(), [(&id("p7"), &id("twin"))]);
}

/// While a change is being made, searches go on with what was there before.
#[test]
fn a_change_that_takes_long_keeps_no_search_waiting() {
    let folder = Folder::fresh();
    let gallery = folder.open();
    enrol(&gallery, "a", 1).expect("enrolled");
    let replaced = gallery.site.mirror.replace(|| {
        assert_eq!(nearest(&gallery, &Face(1).template(), 1)[0].person.id, id("a"));
        Ok::<_, ()>(None)
    });
    assert_eq!(replaced, Ok(false));
    // Nor does a write that waits for the disk.
    let lock = folder.sql();
    lock.execute_batch("BEGIN IMMEDIATE").expect("locked");
    thread::scope(|scope| {
        let write = scope.spawn(|| enrol(&gallery, "b", 2));
        for _ in 0..50 {
            assert_eq!(nearest(&gallery, &Face(1).template(), 1)[0].person.id, id("a"));
        }
        drop(lock);
        write.join().expect("no panic").expect("enrolled");
    });
    assert_eq!(nearest(&gallery, &Face(2).template(), 1)[0].person.id, id("b"));
}

/// However many threads, and however many rows have one score.
#[test]
fn ties_are_ordered_by_id_across_snapshot_and_memory() {
    let folder = Folder::fresh();
    let names = |range: std::ops::Range<u32>| range.map(|n| format!("p{:03}", (n * 37) % 200)).collect::<Vec<_>>();
    let fill = |names: &[String]| {
        let gallery = folder.open();
        for name in names {
            block_on(gallery.enrol(TENANT, id(name), Face(1).template(), NEVER, now(), None)).expect("enrolled");
        }
    };
    fill(&names(0..120));
    drop(folder.open());
    fill(&names(120..200));
    let gallery = folder.open();
    let mut sorted = names(0..200);
    sorted.sort_unstable();
    for (count, threads) in [(1, 1), (7, 2), (150, 3), (200, 1), (500, 2)] {
        let probe = Face(1).template();
        let threads = NonZeroUsize::new(threads).expect("more than none");
        let found = block_on(gallery.search(TENANT, &[Query { probe: &probe, count }], threads)).expect("searched");
        let found: Vec<_> = found[0].iter().map(|candidate| candidate.person.id.to_string()).collect();
        assert_eq!(found, sorted[..count.min(200)], "{count} of 200");
    }
}
