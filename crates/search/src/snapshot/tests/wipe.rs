//! Wiping rows in place.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::super::file::Locked;
use super::*;

/// Whether a vector is anywhere in the file.
fn holds(bytes: &[u8], values: &[f32]) -> bool {
    let values: Vec<u8> = values.iter().flat_map(|value| value.to_ne_bytes()).collect();
    bytes.windows(values.len()).any(|window| window == values)
}

#[test]
fn is_seen_by_who_has_the_file_open_and_by_who_opens_it() {
    for (width, tier) in [(13, Tier::U8), (40, Tier::V4)] {
        let (_dir, path) = place();
        let sample = Sample::new(width, tier, &[(1, 600), (2, 0), (3, 20)]);
        sample.write(&path);
        let before = sample.open(&path).expect("opened");
        // The first and the last row of a block, the last of a space, one of another, and twice the same.
        let rows: Vec<usize> = vec![0, 255, 256, 599, 610, 255];
        let wanted: Vec<(i64, i64)> = rows.iter().map(|row| (sample.rows[*row].0, sample.rows[*row].1)).collect();
        let wiped = |space, key| wanted.contains(&(space, key));
        let absent = [(1, -4), (2, 0), (99, 1)];
        assert_eq!(Snapshot::wipe(&path, &[&wanted[..], &absent].concat()).expect("wiped"), 5);

        let mut into = vec![0.0; width];
        for (space, base) in before.spaces() {
            for row in 0..base.rows() {
                assert_eq!(base.copy(row, &mut into).expect("whole"), !wiped(space, base.key(row)));
            }
            assert!(base.wiped().is_empty(), "what was there at opening");
        }
        let after = sample.open(&path).expect("opened");
        sample.check(&after, &wiped).expect("whole");
        let bytes = fs::read(&path).expect("there");
        assert!(rows.iter().all(|row| !holds(&bytes, &sample.rows[*row].2)));
        assert!(holds(&bytes, &sample.rows[1].2));

        assert_eq!(Snapshot::wipe(&path, &wanted).expect("again"), 0);
        assert_eq!(Snapshot::wipe(&path, &[]).expect("nothing"), 0);
        assert_eq!(fs::read(&path).expect("there"), bytes);
    }
}

#[test]
fn all_rows_may_be_wiped() {
    let (_dir, path) = place();
    let sample = Sample::new(8, Tier::V4, &[(1, 300)]);
    sample.write(&path);
    let all: Vec<(i64, i64)> = sample.rows.iter().map(|row| (row.0, row.1)).collect();
    assert_eq!(Snapshot::wipe(&path, &all).expect("wiped"), 300);
    sample.check(&sample.open(&path).expect("opened"), &|_, _| true).expect("whole");
}

#[test]
fn there_must_be_a_good_file() {
    let (_dir, path) = place();
    assert!(matches!(Snapshot::wipe(&path, &[(1, 1)]), Err(SnapshotError::Missing)));
    let sample = Sample::new(8, Tier::V4, &[(1, 3)]);
    let good = sample.bytes();
    // A byte of the codes, which begin at the second line after header, directory, keys and checksums.
    for at in [0, 20, 512, 528, 640, 4095] {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        fs::write(&path, &bytes).expect("written");
        let result = Snapshot::wipe(&path, &[(1, -5)]);
        match at {
            4095 => assert_eq!(result.expect("padding"), 1),
            _ => {
                assert!(matches!(result, Err(SnapshotError::Damaged(_))), "byte {at}: {result:?}");
                assert_eq!(fs::read(&path).expect("there"), bytes, "nothing is changed in a damaged file");
            }
        }
    }
}

/// Whichever of the writes reached the disk before the power went: no wrong row, and nothing lost that was not to go.
#[test]
fn interrupted_it_leaves_a_good_file_or_one_that_is_found_out() {
    let (_dir, path) = place();
    let sample = Sample::new(8, Tier::V4, &[(1, 20)]);
    sample.write(&path);
    let before = fs::read(&path).expect("there");
    let (space, key) = (sample.rows[3].0, sample.rows[3].1);
    assert_eq!(Snapshot::wipe(&path, &[(space, key)]).expect("wiped"), 1);
    let after = fs::read(&path).expect("there");
    // The row's checksum, its block's, its code and its original.
    let (sums, blocks) = (512 + 16 + 20 * 8, 512 + 16 + 20 * 16);
    let parts = [sums..blocks, blocks..blocks + 8, blocks + 8..4096, 4096..after.len()];
    assert_eq!(before[..sums], after[..sums]);
    assert!(parts.iter().all(|part| before[part.clone()] != after[part.clone()]));
    for done in 0..1_usize << parts.len() {
        let mut bytes = before.clone();
        for (number, part) in parts.iter().enumerate().filter(|(number, _)| done >> number & 1 == 1) {
            let _ = number;
            bytes[part.clone()].copy_from_slice(&after[part.clone()]);
        }
        fs::write(&path, &bytes).expect("written");
        let (head, original) = (done & 0b111, done >> 3);
        match sample.open(&path) {
            Ok(snapshot) if head == 0 => assert_eq!(sample.check(&snapshot, &|_, _| false).is_err(), original == 1),
            Ok(snapshot) if head == 0b111 => sample.check(&snapshot, &|_, wiped| wiped == key).expect("whole"),
            Ok(_) => panic!("half a wipe, {done:04b}, passes"),
            Err(error) => assert!(matches!(error, SnapshotError::Damaged(_)) && ![0, 0b111].contains(&head), "{error}"),
        }
    }
}

#[test]
fn the_file_at_the_path_is_meant_not_the_one_that_was_there() {
    let (_dir, path) = place();
    let sample = Sample::new(8, Tier::V4, &[(1, 30)]);
    sample.write(&path);
    let old = Locked::exclusive(fs::File::open(&path).expect("there")).expect("locked");
    thread::scope(|scope| {
        let wipe = scope.spawn(|| Snapshot::wipe(&path, &[(1, -5)]));
        // Let it wait for the old file; if it is late, the test is passed all the same.
        thread::sleep(Duration::from_millis(50));
        sample.write(&path);
        drop(old);
        assert_eq!(wipe.join().expect("no panic").expect("wiped"), 1);
    });
    sample.check(&sample.open(&path).expect("opened"), &|_, key| key == -5).expect("whole");
}

/// One wipes, another opens again and again, a third copies rows all the while.
#[test]
fn nobody_sees_half_a_wipe() {
    let (_dir, path) = place();
    let sample = Sample::new(128, Tier::V4, &[(1, 500)]);
    sample.write(&path);
    let (snapshot, over) = (sample.open(&path).expect("opened"), AtomicBool::new(false));
    let (_, base) = snapshot.spaces().next().expect("one");
    thread::scope(|scope| {
        let copying = scope.spawn(|| {
            let mut into = vec![0.0; 128];
            while !over.load(Ordering::Relaxed) {
                for (row, (_, _, values)) in sample.rows.iter().enumerate() {
                    let there = base.copy(row, &mut into).expect("never damaged");
                    assert!(!there || bits(&into) == bits(values));
                }
            }
        });
        let opening = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let snapshot = sample.open(&path).expect("never damaged");
                let (_, base) = snapshot.spaces().next().expect("one");
                let wiped = |row: &usize| base.wiped().contains(*row);
                // They go from the first to the last, seven at once.
                assert_eq!((0..500).take_while(wiped).count(), base.wiped().len());
            }
        });
        for rows in sample.rows.chunks(7) {
            let rows: Vec<(i64, i64)> = rows.iter().map(|row| (row.0, row.1)).collect();
            assert_eq!(Snapshot::wipe(&path, &rows).expect("wiped"), rows.len());
        }
        over.store(true, Ordering::Relaxed);
        copying.join().expect("no panic");
        opening.join().expect("no panic");
    });
}
