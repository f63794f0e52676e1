//! What was written is what is opened.

use proptest::prelude::*;

use super::*;

#[test]
fn every_width_and_tier_comes_back_bit_for_bit() {
    let (_dir, path) = place();
    for width in [1, 8, 13, 40, 128, 192, 512] {
        for tier in Tier::ALL {
            let sample =
                Sample::new(width, tier, &[(-9, 1), (0, 0), (1, 255), (2, 256), (3, 257), (4, 530), (i64::MAX, 16)]);
            sample.write(&path);
            sample.check(&sample.open(&path).expect("opened"), &|_, _| false).expect("whole");
        }
    }
}

#[test]
fn a_snapshot_may_be_empty() {
    let (_dir, path) = place();
    for spaces in [&[][..], &[(1, 0)], &[(1, 0), (2, 0)]] {
        let sample = Sample::new(13, Tier::V4, spaces);
        sample.write(&path);
        sample.check(&sample.open(&path).expect("opened"), &|_, _| false).expect("whole");
    }
}

#[test]
fn more_rows_than_one_thread_takes_at_once() {
    let (_dir, path) = place();
    let sample = Sample::new(8, Tier::U8, &[(1, 4095), (2, 4096), (3, 12_289)]);
    sample.write(&path);
    for threads in [1, 2, 5] {
        let threads = NonZeroUsize::new(threads).expect("not zero");
        let snapshot = Snapshot::open(&path, &sample.coder, MODEL, threads).expect("opened");
        sample.check(&snapshot, &|_, _| false).expect("whole");
    }
}

#[test]
fn values_of_every_kind_are_kept() {
    let (_dir, path) = place();
    let mut sample = Sample::new(8, Tier::V4, &[(1, 2)]);
    sample.rows[0].2 = vec![0.0, -0.0, f32::MIN_POSITIVE, 1e-45, -1e-45, 1.0, -1.0, 0.5];
    sample.rows[1].2 = vec![0.0; 8];
    sample.write(&path);
    sample.check(&sample.open(&path).expect("opened"), &|_, _| false).expect("whole");
}

#[test]
fn what_is_open_stays_when_another_is_written() {
    let (_dir, path) = place();
    let (old, new) = (Sample::new(8, Tier::V4, &[(1, 300)]), Sample::new(8, Tier::V4, &[(2, 20), (3, 30)]));
    old.write(&path);
    let snapshot = old.open(&path).expect("opened");
    let (_, base) = snapshot.spaces().next().expect("one");
    new.write(&path);
    old.check(&snapshot, &|_, _| false).expect("whole");
    new.check(&new.open(&path).expect("opened"), &|_, _| false).expect("whole");
    drop(snapshot);
    // The base alone keeps the file mapped.
    let mut into = [0.0; 8];
    assert_eq!(base.copy(299, &mut into), Ok(true));
    assert_eq!(bits(&into), bits(&old.rows[299].2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_spaces_come_back(
        width in 1..40_usize,
        counts in prop::collection::btree_map(any::<i64>(), 0..600_u64, 0..6),
        v4 in any::<bool>(),
    ) {
        let (_dir, path) = place();
        let spaces: Vec<_> = counts.into_iter().collect();
        let sample = Sample::new(width, if v4 { Tier::V4 } else { Tier::U8 }, &spaces);
        sample.write(&path);
        sample.check(&sample.open(&path).expect("opened"), &|_, _| false).expect("whole");
    }
}
