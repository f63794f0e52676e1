//! A search of a snapshot finds what a search of memory finds.

use biometric::dot;

use super::*;
use crate::{Damaged, Goal, Hit, How, Job, Piece, scan};

/// The best rows of the only space, by keys with the bits of their scores.
fn search(sample: &Sample, snapshot: &Snapshot, probe: &[f32]) -> Result<Vec<(i64, u32)>, Damaged> {
    let (_, base) = snapshot.spaces().next().expect("one");
    let gone = base.wiped();
    let piece = Piece { codes: base.codes(), originals: &*base, gone: &gone };
    let query = sample.coder.query(probe);
    let hits: Vec<Hit> = scan(&[piece], &[Job { query: &query, goal: Goal::Nearest(5) }], How::alone())?.remove(0);
    Ok(hits.into_iter().map(|hit| (base.key(hit.row), hit.score.to_bits())).collect())
}

/// The same by the definition; random scores do not tie.
fn expected(sample: &Sample, wiped: &[i64], probe: &[f32]) -> Vec<(i64, u32)> {
    let rows = sample.rows.iter().filter(|row| !wiped.contains(&row.1));
    let mut scores: Vec<(i64, f32)> = rows.map(|row| (row.1, dot(&row.2, probe))).collect();
    scores.sort_by(|one, other| other.1.total_cmp(&one.1));
    scores.truncate(5);
    scores.into_iter().map(|(key, score)| (key, score.to_bits())).collect()
}

#[test]
fn a_search_of_a_snapshot_is_exact_and_finds_no_wiped_row() {
    let (_dir, path) = place();
    for (width, tier) in [(13, Tier::U8), (128, Tier::V4)] {
        let sample = Sample::new(width, tier, &[(1, 2000)]);
        sample.write(&path);
        let snapshot = sample.open(&path).expect("opened");
        let mut wiped = Vec::new();
        for row in [3, 700, 1999] {
            let probe = &sample.rows[row].2;
            let found = search(&sample, &snapshot, probe).expect("whole");
            assert_eq!(found, expected(&sample, &wiped, probe));

            wiped.push(found[0].0);
            assert_eq!(Snapshot::wipe(&path, &[(1, found[0].0)]).expect("wiped"), 1);
            let expected = expected(&sample, &wiped, probe);
            assert_eq!(search(&sample, &snapshot, probe), Ok(expected.clone()), "opened before");
            assert_eq!(search(&sample, &sample.open(&path).expect("opened"), probe), Ok(expected), "opened after");
        }
    }
}

#[test]
fn a_search_that_meets_damage_says_so() {
    let (_dir, path) = place();
    let sample = Sample::new(128, Tier::V4, &[(1, 100)]);
    sample.write(&path);
    let snapshot = sample.open(&path).expect("opened");
    let mut bytes = fs::read(&path).expect("there");
    let at = bytes.len() - 1;
    bytes[at] ^= 1;
    // In place: the mapping is of this very file.
    fs::write(&path, bytes).expect("written");
    search(&sample, &snapshot, &sample.rows[99].2).expect_err("the row itself is damaged");
}
