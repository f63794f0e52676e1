//! A snapshot that somebody altered, or bytes that never were one.

#![no_main]

use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use search::{Coder, Origin, Originals as _, Snapshot, SnapshotWriter, Tier};
use xxhash_rust::xxh3::xxh3_64;

const MODEL: &str = "fuzz@1";
const WIDTH: usize = 8;
/// Spaces and their rows; keys count from 0.
const SPACES: [(i64, u64); 3] = [(-3, 2), (0, 0), (5, 17)];
/// Bytes of the header, with a checksum at their end and that of the directory within.
const HEADER: usize = 512;
const DIRECTORY_SUM_AT: usize = 12 * 8;

/// The file, and what it holds before it is altered.
static GOOD: LazyLock<(PathBuf, Vec<u8>)> = LazyLock::new(|| {
    let path = std::env::temp_dir().join(format!("fuzz-{}.snapshot", std::process::id()));
    let origin = Origin { model: MODEL, version: 1, mark: 2 };
    let mut writer = SnapshotWriter::create(&path, &coder(), origin, &SPACES).expect("begun");
    for (space, rows) in SPACES {
        (0..rows as i64).for_each(|key| writer.push(space, key, &vector(space, key)).expect("taken"));
    }
    writer.finish().expect("written");
    let bytes = fs::read(&path).expect("there");
    (path, bytes)
});

fn coder() -> Coder {
    Coder::new(WIDTH, Tier::V4)
}

fn vector(space: i64, key: i64) -> [f32; WIDTH] {
    std::array::from_fn(|number| (space * 100 + key) as f32 + number as f32 / 8.0)
}

/// Whether a row of the good file is what was written, when it is given out at all.
fn check(snapshot: &Snapshot) {
    let mut into = [0.0; WIDTH];
    for (space, base) in snapshot.spaces() {
        for row in 0..base.rows() {
            assert_eq!(base.row_of(base.key(row)), Some(row));
            if base.copy(row, &mut into) == Ok(true) {
                assert_eq!(into, vector(space, base.key(row)));
            }
        }
    }
}

fuzz_target!(|input: (bool, bool, Vec<(u16, u8)>, Option<u16>, &[u8])| {
    let (altered, fitting, changes, cut, other) = input;
    let (path, good) = &*GOOD;
    let mut bytes = if altered { good.clone() } else { other.to_vec() };
    for (at, value) in changes {
        if let Some(byte) = bytes.get_mut(usize::from(at)) {
            *byte = value;
        }
    }
    bytes.truncate(cut.map_or(usize::MAX, usize::from));
    if fitting && bytes.len() >= HEADER {
        // Checksums that fit lead to what lies behind them.
        let directory = (HEADER + 16 * SPACES.len()).min(bytes.len());
        let sum = xxh3_64(&bytes[HEADER..directory]);
        bytes[DIRECTORY_SUM_AT..][..8].copy_from_slice(&sum.to_ne_bytes());
        let sum = xxh3_64(&bytes[..HEADER - 8]);
        bytes[HEADER - 8..HEADER].copy_from_slice(&sum.to_ne_bytes());
    }
    fs::write(path, &bytes).expect("written");
    if let Ok(snapshot) = Snapshot::open(path, &coder(), MODEL, NonZeroUsize::MIN) {
        check(&snapshot);
    }
    let _ = Snapshot::wipe(path, &[(-3, 1), (5, 0), (5, 16), (5, 17)]);
    if let Ok(snapshot) = Snapshot::open(path, &coder(), MODEL, NonZeroUsize::MIN) {
        check(&snapshot);
    }
});
