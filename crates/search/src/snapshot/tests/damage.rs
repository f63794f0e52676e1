//! Whatever the bytes are: no panic, and never a wrong row as a good one.

use std::os::unix::fs::FileExt as _;

use proptest::prelude::*;

use super::super::header::{HEADER_BYTES, Header};
use super::super::sums;
use super::*;

/// Three spaces, one of them empty, in less than five kilobytes.
fn small() -> Sample {
    Sample::new(8, Tier::V4, &[(-3, 2), (0, 0), (5, 17)])
}

/// Opens altered bytes: they are refused, or every row is good or found to be damaged. Answers whether damage was found.
fn judge(sample: &Sample, bytes: &[u8]) -> bool {
    let (_dir, path) = place();
    fs::write(&path, bytes).expect("written");
    judge_file(sample, &path)
}

fn judge_file(sample: &Sample, path: &Path) -> bool {
    match sample.open(path) {
        Ok(snapshot) => sample.check(&snapshot, &|_, _| false).is_err(),
        Err(SnapshotError::Damaged(_) | SnapshotError::Other(_)) => true,
        Err(error @ (SnapshotError::Missing | SnapshotError::Io(_))) => panic!("{error}"),
    }
}

/// Where the originals begin; what lies before is checked at opening.
const ORIGINALS_AT: usize = 4096;

#[test]
fn every_flipped_byte_is_found() {
    let sample = small();
    let (_dir, path) = place();
    sample.write(&path);
    assert!(!judge_file(&sample, &path));
    let good = fs::read(&path).expect("there");
    // In place: thousands of new files are slow on a busy disk.
    let file = fs::File::options().write(true).open(&path).expect("there");
    let mut unnoticed = Vec::new();
    let before = (0..ORIGINALS_AT).flat_map(|at| [(at, 1), (at, 0x80), (at, 0xff)]);
    // Damage there is looked at more than once, which takes its time.
    let originals = (ORIGINALS_AT..good.len()).step_by(7).map(|at| (at, 1 << (at % 8)));
    for (at, mask) in before.chain(originals) {
        file.write_all_at(&[good[at] ^ mask], at as u64).expect("written");
        if !judge_file(&sample, &path) {
            unnoticed.push(at);
        }
        file.write_all_at(&good[at..=at], at as u64).expect("written");
    }
    // Nothing but the room before the codes, which begin at a cache line, and before the originals, at a page.
    let codes_end = 512 + 3 * 16 + 19 * 16 + 2 * 8_usize;
    let padding = |at: &usize| {
        let codes = codes_end.next_multiple_of(64);
        (codes_end..codes).contains(at) || (codes + 3 * 128..ORIGINALS_AT).contains(at)
    };
    assert!(unnoticed.iter().all(padding), "{unnoticed:?}");
}

#[test]
fn every_length_but_the_right_one_is_refused() {
    let sample = small();
    let (_dir, path) = place();
    sample.write(&path);
    let file = fs::File::options().write(true).open(&path).expect("there");
    let length = file.metadata().expect("there").len();
    for length in (0..length).rev().chain([length + 1, length + 4096]) {
        file.set_len(length).expect("set");
        assert!(judge_file(&sample, &path), "{length} bytes");
    }
}

#[test]
fn what_is_damaged_after_opening_is_found_when_it_is_copied() {
    let (_dir, path) = place();
    let sample = small();
    sample.write(&path);
    let snapshot = sample.open(&path).expect("opened");
    let mut bytes = fs::read(&path).expect("there");
    bytes[ORIGINALS_AT + 3 * 32] ^= 1;
    // In place: the mapping is of this very file.
    fs::write(&path, bytes).expect("written");
    let (_, base) = snapshot.spaces().last().expect("three");
    let mut into = [0.0; 8];
    assert_eq!(base.copy(0, &mut into), Ok(true));
    base.copy(1, &mut into).expect_err("damaged");
}

#[test]
fn another_model_width_tier_or_coder_is_said() {
    let (_dir, path) = place();
    let sample = small();
    sample.write(&path);
    let open = |width, tier, model| match Snapshot::open(&path, &Coder::new(width, tier), model, two()) {
        Err(SnapshotError::Other(what)) => what,
        Err(SnapshotError::Damaged(_) | SnapshotError::Missing | SnapshotError::Io(_)) | Ok(_) => panic!("another's"),
    };
    assert!(open(8, Tier::V4, "test@2").contains("test@1"));
    assert!(open(16, Tier::V4, MODEL).contains("v4 8 values"));
    assert!(open(8, Tier::U8, MODEL).contains("u8 8 are expected"));
}

/// The bytes with one word of the header changed, and checksums that fit.
fn with_word(bytes: &[u8], word: usize, value: u64) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[8 * word..][..8].copy_from_slice(&value.to_ne_bytes());
    seal(&mut bytes);
    bytes
}

fn seal(bytes: &mut [u8]) {
    let sum = sums::plain(&bytes[..HEADER_BYTES - 8]);
    bytes[HEADER_BYTES - 8..HEADER_BYTES].copy_from_slice(&sum.to_ne_bytes());
}

#[test]
fn another_format_is_said() {
    let (_dir, path) = place();
    let sample = small();
    let good = sample.bytes();
    // Format, width, tier, group and block, bytes of a group, fingerprint, length of the model.
    for word in [1, 2, 3, 4, 5, 6, 13] {
        fs::write(&path, with_word(&good, word, 77)).expect("written");
        let what = sample.open(&path).expect_err("another's");
        // Of another width, or in groups of another size, everything would lie elsewhere.
        let expected = matches!(what, SnapshotError::Other(_)) || [2, 5].contains(&word);
        assert!(expected, "word {word}: {what}");
    }
}

#[test]
fn parts_of_another_file_do_not_fit() {
    let (one, mut two) = (small(), small());
    two.rows.iter_mut().for_each(|row| row.2.reverse());
    let (one_bytes, two_bytes) = (one.bytes(), two.bytes());
    assert_eq!(one_bytes.len(), two_bytes.len());
    // The same head, since both have the same history; the body is cut where the next part begins, and within one.
    let (keys_at, codes_at) = (HEADER_BYTES + 3 * 16, 896);
    let (sums_at, blocks_at) = (keys_at + 19 * 8, keys_at + 19 * 16);
    for cut in [sums_at + 8, blocks_at, codes_at, codes_at + 128, ORIGINALS_AT, ORIGINALS_AT + 32] {
        assert!(judge(&one, &[&one_bytes[..cut], &two_bytes[cut..]].concat()), "cut at {cut}");
    }
}

/// What a file that means harm says of its sizes.
fn sizes() -> impl Strategy<Value = u64> {
    prop_oneof![0..64_u64, Just(u64::MAX), Just(1 << 63), Just(1 << 60), Just(1 << 32), any::<u64>()]
}

proptest! {
    #[test]
    fn no_damage_makes_a_wrong_row(
        width in 1..20_usize,
        rows in 1..40_u64,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let sample = Sample::new(width, Tier::U8, &[(1, rows), (2, rows / 2)]);
        let mut bytes = sample.bytes();
        let length = bytes.len();
        changes.iter().for_each(|(at, value)| bytes[at.index(length)] = *value);
        bytes.truncate(cut.map_or(length, |cut| cut.index(length)));
        judge(&sample, &bytes);
    }

    #[test]
    fn random_bytes_are_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..6000), begins in any::<bool>()) {
        let sample = small();
        if begins && bytes.len() >= HEADER_BYTES {
            bytes[..16].copy_from_slice(&sample.bytes()[..16]);
            seal(&mut bytes);
        }
        prop_assert!(judge(&sample, &bytes));
    }

    /// Sizes that fit their checksums and nothing else.
    #[test]
    fn sizes_are_not_believed(
        words in prop::collection::vec((prop::sample::select(vec![2, 3, 5, 9, 10, 11, 12, 13]), sizes()), 0..4),
        directory in prop::option::of(prop::collection::vec(sizes(), 6)),
    ) {
        let sample = small();
        let good = sample.bytes();
        let mut bytes = good.clone();
        for (word, value) in words {
            bytes = with_word(&bytes, word, value);
        }
        if let Some(directory) = directory {
            let entries: Vec<u8> = directory.into_iter().flat_map(u64::to_ne_bytes).collect();
            bytes[HEADER_BYTES..][..48].copy_from_slice(&entries);
            bytes = with_word(&bytes, 12, sums::plain(&entries));
        }
        prop_assert!(judge(&sample, &bytes) || bytes == good);
        let (_dir, path) = place();
        fs::write(&path, bytes).expect("written");
        // Nor are they when rows are wiped.
        let _ = Snapshot::wipe(&path, &[(-3, -5), (5, 1), (5, 2)]);
    }

    #[test]
    fn a_header_is_read_as_it_was_written(
        version in any::<i64>(),
        mark in any::<i64>(),
        model in "[a-z0-9@]{1,96}",
        numbers in any::<[u64; 4]>(),
    ) {
        let coder = Coder::new(40, Tier::U8);
        let header = Header {
            spaces: numbers[0],
            rows: numbers[1],
            file_bytes: numbers[2],
            directory_sum: numbers[3],
            ..Header::new(&coder, Origin { model: &model, version, mark }).expect("short enough")
        };
        let (bytes, seal) = header.to_bytes();
        prop_assert_eq!(Header::parse(&bytes).expect("good"), (header, seal));
    }
}
