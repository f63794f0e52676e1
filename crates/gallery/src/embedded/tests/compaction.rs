//! Compaction: whatever is written meanwhile, the index is the table.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::thread;
use std::time::{Duration, Instant};

use biometric::TenantId;
use futures_executor::block_on;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{ALIKE, Embedded, Folder, NEVER, TENANT, assert_mirror_equals_table, enrol, held, id, nearest, now, table};
use crate::contract::{Face, Store};
use crate::{Error, Gallery};

/// What one step of a test does.
#[derive(Clone, Copy, Debug)]
enum Step {
    Enrol,
    Update,
    Remove,
    Reopen,
}

fn do_step(gallery: &Embedded, tenant: TenantId, step: Step, person: u8, face: u64) -> Result<(), Error> {
    let person = id(&format!("p{person}"));
    match step {
        Step::Enrol => block_on(gallery.enrol(tenant, person, Face(face).template(), NEVER, now(), None)).map(drop),
        Step::Update => block_on(gallery.update(tenant, person, Face(face).template(), NEVER, now())).map(drop),
        Step::Remove => block_on(gallery.remove(tenant, &person)),
        Step::Reopen => Ok(()),
    }
}

fn steps() -> impl Strategy<Value = Vec<(Step, i64, u8)>> {
    let step = prop_oneof![
        6 => Just(Step::Enrol),
        3 => Just(Step::Update),
        3 => Just(Step::Remove),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec((step, 0..3_i64, 0..12_u8), 1..60)
}

#[test]
fn whatever_is_done_in_whatever_order_the_index_is_the_table() {
    let config = Config { cases: 16, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&steps(), |steps| {
        let folder = Folder::fresh();
        let mut gallery = folder.compacting(5);
        let mut plain: BTreeMap<(i64, u8), u64> = BTreeMap::new();
        for ((step, tenant, person), face) in steps.into_iter().zip(0..) {
            let known = plain.contains_key(&(tenant, person));
            if matches!(step, Step::Reopen) {
                drop(gallery);
                gallery = folder.compacting(5);
            }
            let done = do_step(&gallery, TenantId(tenant), step, person, face).is_ok();
            match step {
                Step::Enrol => prop_assert_eq!(done, !known),
                Step::Update | Step::Remove => prop_assert_eq!(done, known),
                Step::Reopen => {}
            }
            match step {
                Step::Enrol | Step::Update if done => drop(plain.insert((tenant, person), face)),
                Step::Remove => drop(plain.remove(&(tenant, person))),
                Step::Enrol | Step::Update | Step::Reopen => {}
            }
        }
        assert_mirror_equals_table(&folder, &gallery);
        for ((tenant, person), face) in plain {
            let probe = Face(face).template();
            let queries = [crate::Query { probe: &probe, count: 1 }];
            let found = block_on(gallery.search(TenantId(tenant), &queries, std::num::NonZeroUsize::MIN));
            let found = found.expect("searched")[0][0].person.id.clone();
            let expected = id(&format!("p{person}"));
            prop_assert!(found == expected);
        }
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

/// Two processes, several threads each, every few changes a new snapshot.
#[test]
fn what_many_write_while_snapshots_are_written_is_never_missed() {
    let folder = Folder::fresh();
    let handles = [folder.compacting(16), folder.compacting(24)];
    thread::scope(|scope| {
        for writer in 0..4_u64 {
            let gallery = &handles[writer as usize % 2];
            scope.spawn(move || {
                for number in 0..120_u64 {
                    let (name, face) = (format!("w{writer}-{}", number % 20), writer * 1000 + number);
                    let template = || Face(face).template();
                    let written = match block_on(gallery.enrol(TENANT, id(&name), template(), NEVER, now(), None)) {
                        Err(Error::Conflict { .. }) if number % 3 == 0 => {
                            block_on(gallery.remove(TENANT, &id(&name))).expect("removed");
                            continue;
                        }
                        Err(Error::Conflict { .. }) => {
                            block_on(gallery.update(TENANT, id(&name), template(), NEVER, now()))
                        }
                        enrolled => enrolled,
                    };
                    written.expect("written");
                    assert_eq!(nearest(gallery, &template(), 1)[0].person.id, id(&name), "what was answered is seen");
                }
            });
        }
    });
    assert!(held(&handles[0]) == table(&folder) && held(&handles[1]) == table(&folder));
    for gallery in &handles {
        assert_eq!(gallery.snapshot_trouble(), None);
    }
    assert_mirror_equals_table(&folder, &handles[1]);
}

#[test]
fn what_was_removed_leaves_memory_and_file() {
    let folder = Folder::fresh();
    let gallery = folder.compacting(30);
    for number in 0..29 {
        enrol(&gallery, &format!("p{number}"), number).expect("enrolled");
    }
    assert!(!folder.snapshot().exists());
    enrol(&gallery, "p29", 29).expect("enrolled");
    let first = wait_for_snapshot(&folder, None);
    for number in 0..15 {
        block_on(gallery.remove(TENANT, &id(&format!("p{number}")))).expect("removed");
        enrol(&gallery, &format!("new-{number}"), 100 + number).expect("enrolled");
    }
    wait_for_snapshot(&folder, Some(first));
    wait_until_compacted(&gallery);
    let size = std::fs::metadata(folder.snapshot()).expect("there").len();
    assert!(size < 40 * 700 + 8192, "{size} bytes for 30 rows");
    assert_eq!(nearest(&gallery, &Face(112).template(), 1)[0].person.id, id("new-12"));
    assert!(nearest(&gallery, &Face(12).template(), 1)[0].score < ALIKE);
    assert_mirror_equals_table(&folder, &gallery);
}

/// Of several processes that follow one store one writes the snapshot, and the others use it.
#[test]
fn a_snapshot_that_another_process_wrote_is_used() {
    let folder = Folder::fresh();
    let (one, two) = (folder.compacting(30), folder.compacting(30));
    for number in 0..30 {
        enrol(&one, &format!("p{number}"), number).expect("enrolled");
    }
    wait_until_compacted(&one);
    let written = inode(&folder);
    assert_eq!(nearest(&two, &Face(7).template(), 1)[0].person.id, id("p7"));
    wait_until_compacted(&two);
    assert_eq!(inode(&folder), written);
    assert_mirror_equals_table(&folder, &two);
}

/// What changed before a snapshot was written is in it as it is since, whoever's is the older one.
#[test]
fn who_has_an_older_snapshot_wipes_nothing_of_a_newer_one() {
    let folder = Folder::fresh();
    let first = folder.compacting(4);
    for number in 0..4 {
        enrol(&first, &format!("p{number}"), number).expect("enrolled");
    }
    wait_until_compacted(&first);
    drop(first);
    let (old, new) = (folder.open(), folder.compacting(4));
    block_on(old.update(TENANT, id("p1"), Face(101).template(), ALIKE, now())).expect("updated");
    for number in 4..8 {
        enrol(&new, &format!("p{number}"), number).expect("enrolled");
    }
    wait_until_compacted(&new);
    // Until whoever wrote has been idle, and has wiped; then at the end.
    thread::sleep(Duration::from_millis(1_500));
    block_on(old.remove(TENANT, &id("p2"))).expect("removed");
    let generation = new.site.mirror.generation();
    drop(old);
    for face in [0, 101, 3, 4, 7] {
        assert!(nearest(&new, &Face(face).template(), 1)[0].score > ALIKE, "face {face}");
    }
    assert_eq!(new.site.mirror.generation(), generation, "nothing had to be built anew");
    assert_mirror_equals_table(&folder, &new);
}

fn wait_until_compacted(gallery: &Embedded) {
    let start = Instant::now();
    while gallery.site.mirror.load().0 > 0 {
        assert!(start.elapsed() < Duration::from_secs(10), "no new snapshot is used");
        thread::sleep(Duration::from_millis(10));
    }
}

fn inode(folder: &Folder) -> u64 {
    std::fs::metadata(folder.snapshot()).expect("there is one").ino()
}

fn wait_for_snapshot(folder: &Folder, not: Option<u64>) -> u64 {
    let start = Instant::now();
    loop {
        assert!(start.elapsed() < Duration::from_secs(10), "no new snapshot");
        match std::fs::metadata(folder.snapshot()) {
            Ok(file) if Some(file.ino()) != not => return file.ino(),
            Ok(_) | Err(_) => thread::sleep(Duration::from_millis(10)),
        }
    }
}
