//! The writer: what it refuses, and what it leaves behind.

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn temporary(path: &Path) -> PathBuf {
    path.with_extension("snapshot.new")
}

#[test]
fn only_the_user_may_read_the_file() {
    let (_dir, path) = place();
    // Left by somebody who was interrupted, and open to all.
    fs::write(temporary(&path), [1; 100_000]).expect("written");
    fs::set_permissions(temporary(&path), fs::Permissions::from_mode(0o644)).expect("set");
    let sample = Sample::new(8, Tier::V4, &[(1, 5)]);
    sample.write(&path);
    assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    assert!(!temporary(&path).exists());
    sample.check(&sample.open(&path).expect("opened"), &|_, _| false).expect("whole");
}

#[test]
fn unfinished_it_leaves_what_was_there() {
    let (_dir, path) = place();
    let old = Sample::new(8, Tier::V4, &[(1, 5)]);
    old.write(&path);
    let new = Sample::new(8, Tier::V4, &[(1, 700)]);
    for threads in [None, NonZeroUsize::new(2)] {
        let mut writer = new.writer(&path);
        if let Some(threads) = threads {
            writer = writer.threads(threads);
        }
        for (space, key, values) in &new.rows[..600] {
            writer.push(*space, *key, values).expect("taken");
        }
        assert!(temporary(&path).exists());
        assert_eq!(writer.finish().expect_err("rows are missing").kind(), ErrorKind::InvalidInput);
        assert!(!temporary(&path).exists());
        old.check(&old.open(&path).expect("opened"), &|_, _| false).expect("whole");
    }
}

#[test]
fn rows_that_were_not_announced_are_refused() {
    let (_dir, path) = place();
    let sample = Sample::new(8, Tier::V4, &[(1, 2), (5, 1)]);
    let mut writer = sample.writer(&path);
    let mut refused = |space, key, values: &[f32]| {
        writer.push(space, key, values).is_err_and(|error| error.kind() == ErrorKind::InvalidInput)
    };
    assert!(refused(2, 1, &[0.0; 8]), "another space");
    assert!(refused(1, 1, &[0.0; 7]), "another width");
    assert!(!refused(1, 1, &[0.0; 8]));
    assert!(refused(1, 1, &[0.0; 8]), "the same key");
    assert!(refused(1, 0, &[0.0; 8]), "a smaller key");
    assert!(!refused(5, 1, &[0.0; 8]));
    assert!(!refused(1, 2, &[0.0; 8]));
    assert!(refused(1, 3, &[0.0; 8]), "one too many");
    writer.finish().expect("all are there");
}

#[test]
fn spaces_ascend_and_models_are_named_in_short() {
    let (_dir, path) = place();
    let coder = Coder::new(8, Tier::V4);
    let create = |model, spaces: &[(i64, u64)]| {
        let origin = Origin { model, version: 1, mark: 1 };
        SnapshotWriter::create(&path, &coder, origin, spaces).expect_err("refused").kind()
    };
    for spaces in [&[(1, 1), (1, 1)][..], &[(2, 1), (1, 1)], &[(1, u64::MAX)], &[(1, 1 << 62), (2, 1 << 62)]] {
        assert_eq!(create(MODEL, spaces), ErrorKind::InvalidInput);
    }
    assert_eq!(create(&"m".repeat(400), &[(1, 1)]), ErrorKind::InvalidInput);
    assert!(!temporary(&path).exists());
}

#[test]
fn one_writes_at_a_time() {
    let (_dir, path) = place();
    let sample = Sample::new(8, Tier::V4, &[(1, 5)]);
    let first = sample.writer(&path);
    let origin = Origin { model: MODEL, version: 1, mark: 1 };
    let second = SnapshotWriter::create(&path, &sample.coder, origin, &sample.spaces);
    assert_eq!(second.expect_err("busy").kind(), ErrorKind::ResourceBusy);
    assert!(temporary(&path).exists(), "it belongs to the first");
    drop(first);
    sample.write(&path);
}

/// Whoever encodes, in whatever order spaces come, and whatever had to be written early: the file is the same.
#[test]
fn threads_turns_and_memory_make_no_difference() {
    let (_dir, path) = place();
    let sample = Sample::new(13, Tier::V4, &[(1, 700), (2, 256), (3, 1), (4, 511), (7, 0)]);
    let expected = sample.bytes();
    let mut turns = sample.rows.clone();
    turns.sort_by_key(|row| row.1);
    for waiting_bytes_max in [0, 20_000, usize::MAX] {
        for threads in [None, NonZeroUsize::new(1), NonZeroUsize::new(3)] {
            let mut writer = sample.writer(&path);
            writer.waiting_bytes_max = waiting_bytes_max;
            if let Some(threads) = threads {
                writer = writer.threads(threads);
            }
            for (space, key, values) in &turns {
                writer.push(*space, *key, values).expect("taken");
            }
            writer.finish().expect("written");
            assert!(fs::read(&path).expect("there") == expected, "{waiting_bytes_max} bytes, {threads:?}");
        }
    }
}

#[test]
fn what_was_left_by_an_interrupted_writer_is_removed_at_opening() {
    let (_dir, path) = place();
    let sample = Sample::new(8, Tier::V4, &[(1, 5)]);
    fs::write(temporary(&path), [1; 1000]).expect("written");
    assert!(matches!(sample.open(&path), Err(SnapshotError::Missing)));
    assert!(!temporary(&path).exists());

    sample.write(&path);
    let writer = sample.writer(&path);
    sample.open(&path).expect("opened");
    assert!(temporary(&path).exists(), "somebody is writing it");
    drop(writer);
}
