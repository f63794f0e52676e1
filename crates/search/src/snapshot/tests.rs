//! What is written is what is opened; what is not is found.

mod damage;
mod round_trip;
mod search;
mod wipe;
mod writer;

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Origin, Snapshot, SnapshotError, SnapshotWriter};
use crate::{Coder, Originals as _, Tier};

const MODEL: &str = "test@1";
const VERSION: i64 = 41;
const MARK: i64 = -7;

/// Rows with their spaces and keys, all of them in one snapshot.
struct Sample {
    coder: Coder,
    spaces: Vec<(i64, u64)>,
    /// Space, key, vector.
    rows: Vec<(i64, i64, Vec<f32>)>,
}

impl Sample {
    fn new(width: usize, tier: Tier, spaces: &[(i64, u64)]) -> Self {
        let mut state = 1_u64;
        let mut rows = Vec::new();
        for (space, count) in spaces {
            for number in 0..i64::try_from(*count).expect("few") {
                rows.push((*space, 3 * number - 5, (0..width).map(|_| value(&mut state)).collect()));
            }
        }
        Self { coder: Coder::new(width, tier), spaces: spaces.to_vec(), rows }
    }

    fn writer(&self, path: &Path) -> SnapshotWriter {
        let origin = Origin { model: MODEL, version: VERSION, mark: MARK };
        SnapshotWriter::create(path, &self.coder, origin, &self.spaces).expect("begun")
    }

    fn write(&self, path: &Path) {
        let mut writer = self.writer(path);
        for (space, key, values) in &self.rows {
            writer.push(*space, *key, values).expect("taken");
        }
        writer.finish().expect("written");
    }

    fn open(&self, path: &Path) -> Result<Snapshot, SnapshotError> {
        Snapshot::open(path, &self.coder, MODEL, two())
    }

    /// The file's bytes.
    fn bytes(&self) -> Vec<u8> {
        let (_dir, path) = place();
        self.write(&path);
        fs::read(path).expect("there")
    }

    /// Every row is as it was written, or wiped where `wiped` says so; `Err` when some are found to be damaged.
    fn check(&self, snapshot: &Snapshot, wiped: &dyn Fn(i64, i64) -> bool) -> Result<(), String> {
        assert_eq!((snapshot.version(), snapshot.mark()), (VERSION, MARK));
        assert_eq!(snapshot.rows(), self.rows.len());
        let numbers: Vec<(i64, u64)> = snapshot.spaces().map(|(space, base)| (space, base.rows() as u64)).collect();
        assert_eq!(numbers, self.spaces);
        let mut into = vec![0.0; self.coder.width()];
        let mut damage = Ok(());
        for (space, base) in snapshot.spaces() {
            let rows: Vec<_> = self.rows.iter().filter(|row| row.0 == space).collect();
            let all: Vec<f32> = rows.iter().flat_map(|row| row.2.iter().copied()).collect();
            let mut codes = self.coder.encode(&all);
            for (number, (_, key, values)) in rows.iter().enumerate() {
                assert_eq!((base.key(number), base.row_of(*key)), (*key, Some(number)));
                assert_eq!(base.row_of(key + 1), None);
                base.prefetch(number);
                match base.copy(number, &mut into) {
                    Ok(true) => assert_eq!(bits(&into), bits(values), "row {number} of space {space}"),
                    Ok(false) => assert!(wiped(space, *key), "row {number} of space {space} is lost"),
                    Err(error) => damage = Err(error.to_string()),
                }
                assert_eq!(base.wiped().contains(number), wiped(space, *key));
                if wiped(space, *key) {
                    codes.clear(number);
                }
            }
            assert!(base.codes().as_bytes() == codes.as_bytes(), "codes of space {space}");
            assert_eq!(base.row_of(i64::MIN).or(base.row_of(i64::MAX)), None);
        }
        damage
    }
}

/// Deterministic values from -1 to 1.
fn value(state: &mut u64) -> f32 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 40) as f32 / (1 << 23) as f32 - 1.0
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn place() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("gallery.snapshot");
    (dir, path)
}

fn two() -> NonZeroUsize {
    NonZeroUsize::new(2).expect("not zero")
}
