//! How long it takes to write a snapshot, to open it, and to copy originals out of it.
//!
//! `cargo bench -p search --bench snapshot` takes a million rows; `-- 10000000` ten million, for which 6 GB are written
//! (`v4`). The file lies in the build folder, so that the disk is a real one, and is removed afterwards. The vectors are
//! random: only their number and width count here.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

use search::{Base, Coder, Origin, Originals as _, Snapshot, SnapshotWriter, Tier};

/// Values in a template, as those of SFace.
const WIDTH: usize = 128;
/// The only space.
const SPACE: i64 = 1;
const ORIGIN: Origin<'_> = Origin { model: "bench@1", version: 1, mark: 1 };
/// How often the file is opened on so many threads; the fastest counts, since others use the machine, too.
const OPENINGS: usize = 5;
/// Rows that are copied out: what a thousand searches recompute in `v4`.
const COPIES: usize = 500_000;
/// Rows that are copied between two looks at the clock: what one search recomputes.
const COPIES_AT_ONCE: usize = 500;
/// How many rows ahead a row is fetched.
const AHEAD: usize = 4;

fn main() {
    let rows = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let path = dir.path().join("gallery.snapshot");
    println!("{rows} rows of {WIDTH} values");
    for tier in Tier::ALL.into_iter().rev() {
        let coder = Coder::new(WIDTH, tier);
        let seconds = write(&path, &coder, rows);
        let bytes = std::fs::metadata(&path).expect("there").len() as f64;
        println!("{tier}: {:.3} GB, written in {seconds:.2} s", bytes / 1e9);
        for threads in [1, 2] {
            let threads = NonZeroUsize::new(threads).expect("not zero");
            let seconds = (0..OPENINGS).map(|_| open(&path, &coder, threads)).fold(f64::INFINITY, f64::min);
            println!("{tier}: opened on {threads} threads in {seconds:.3} s");
        }
        let snapshot = Snapshot::open(&path, &coder, ORIGIN.model, NonZeroUsize::MIN).expect("opened");
        let (_, base) = snapshot.spaces().next().expect("one");
        let copied = [base.rows(), base.rows(), 64].map(|among| copy(&base, among));
        println!(
            "{tier}: an original in {:.0} ns the first time, {:.0} ns again, {:.0} ns from the cache",
            copied[0], copied[1], copied[2]
        );
        let keys: Vec<(i64, i64)> = (0..1000).map(|number| (SPACE, number * (rows as i64 / 1000))).collect();
        for keys in [&keys[..1], &keys[1..]] {
            let start = Instant::now();
            let wiped = Snapshot::wipe(&path, keys).expect("wiped");
            println!("{tier}: {wiped} rows wiped in {:.4} s", start.elapsed().as_secs_f64());
        }
        // Two of ten million are more than some disks have room for.
        std::fs::remove_file(&path).expect("removed");
    }
}

/// Seconds to write so many rows.
fn write(path: &Path, coder: &Coder, rows: u64) -> f64 {
    let mut state = 1;
    let mut values = [0.0; WIDTH];
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let start = Instant::now();
    let mut writer = SnapshotWriter::create(path, coder, ORIGIN, &[(SPACE, rows)]).expect("begun").threads(threads);
    for key in 0..rows as i64 {
        fill(&mut state, &mut values);
        writer.push(SPACE, key, &values).expect("taken");
    }
    writer.finish().expect("written");
    start.elapsed().as_secs_f64()
}

/// Seconds to open.
fn open(path: &Path, coder: &Coder, threads: NonZeroUsize) -> f64 {
    let start = Instant::now();
    let snapshot = Snapshot::open(path, coder, ORIGIN.model, threads).expect("opened");
    let seconds = start.elapsed().as_secs_f64();
    black_box(snapshot);
    seconds
}

/// Nanoseconds to copy an original out of the first `among` rows, fetched ahead as a scan does it: the median of many parts.
fn copy(base: &Base, among: usize) -> f64 {
    let (mut state, mut into) = (1, [0.0; WIDTH]);
    let rows: Vec<usize> =
        (0..COPIES).map(|_| ((u128::from(next(&mut state)) * among as u128) >> 64) as usize).collect();
    let part = |rows: &[usize]| {
        let start = Instant::now();
        for (number, row) in rows.iter().enumerate() {
            if let Some(ahead) = rows.get(number + AHEAD) {
                base.prefetch(*ahead);
            }
            assert!(base.copy(*row, &mut into).expect("whole"));
            black_box(&into);
        }
        start.elapsed().as_secs_f64() * 1e9 / rows.len() as f64
    };
    let mut parts: Vec<f64> = rows.chunks(COPIES_AT_ONCE).map(part).collect();
    parts.sort_by(f64::total_cmp);
    parts[parts.len() / 2]
}

/// A vector of norm 1 or so: four values of every random number.
fn fill(state: &mut u64, values: &mut [f32]) {
    for values in values.chunks_mut(4) {
        for (value, bits) in values.iter_mut().zip(next(state).to_ne_bytes().as_chunks::<2>().0) {
            *value = (f32::from(u16::from_ne_bytes(*bits)) / 32_768.0 - 1.0) * 0.153;
        }
    }
}

/// `SplitMix64`.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}
