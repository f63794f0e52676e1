//! The search against a scan of everything: the same rows, the same bits, whatever the vectors.

use std::num::NonZeroUsize;

use biometric::dot;
use proptest::prelude::*;
use search::{Coder, Codes, Goal, Gone, How, Job, Kernel, Memory, Piece, Tier, scan};

/// What rounding can move a score by: ten roundings of single precision, twice.
const SINGLE_PRECISION: f64 = 20.0 / (1 << 24) as f64;

/// Rows of a gallery in several pieces, and rows that are gone.
#[derive(Clone, Debug)]
struct Gallery {
    width: usize,
    rows: Vec<Vec<f32>>,
    cuts: Vec<usize>,
    gone: Vec<usize>,
}

/// Vectors that are hard for a code: few distinct values (ties), near-duplicates of one another, along an axis, with values
/// too small to be normal, zero.
fn vector(width: usize) -> impl Strategy<Value = Vec<f32>> {
    let few = prop::collection::vec((-2..=2_i8).prop_map(f32::from), width);
    let any = prop::collection::vec(-1.0..1.0_f32, width);
    let near = (0..4_u32, prop::collection::vec(-1e-6..1e-6_f32, width)).prop_map(move |(seed, noise)| {
        let base = (0..width).map(|i| ((i as u32 * 7 + seed * 13) as f32).sin());
        base.zip(noise).map(|(value, noise)| value + noise).collect::<Vec<f32>>()
    });
    let axis =
        (0..width).prop_map(move |axis| (0..width).map(|i| f32::from(u8::from(i == axis))).collect::<Vec<f32>>());
    let tiny = (0..width).prop_map(move |axis| {
        (0..width).map(|i| if i == axis { 1.0 } else { f32::MIN_POSITIVE / 8.0 }).collect::<Vec<f32>>()
    });
    prop_oneof![3 => few, 3 => any, 3 => near, 1 => axis, 1 => tiny].prop_map(unit)
}

fn unit(values: Vec<f32>) -> Vec<f32> {
    let length = values.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>().sqrt();
    match length > 0.0 {
        true => values.iter().map(|v| (f64::from(*v) / length) as f32).collect(),
        false => values,
    }
}

fn gallery(width: usize) -> impl Strategy<Value = Gallery> {
    (
        prop::collection::vec(vector(width), 1..300),
        prop::collection::vec(0..300_usize, 0..3),
        prop::collection::vec(0..300_usize, 0..20),
    )
        .prop_map(move |(rows, cuts, gone)| Gallery { width, rows, cuts, gone })
}

/// Rows with their scores, in the order that a search promises.
type Ranked = Vec<(u32, usize)>;

impl Gallery {
    /// Where each piece begins, and where the last ends.
    fn borders(&self) -> Vec<usize> {
        let mut borders: Vec<_> = self.cuts.iter().map(|cut| cut % (self.rows.len() + 1)).collect();
        borders.extend([0, self.rows.len()]);
        borders.sort_unstable();
        borders.dedup();
        borders
    }

    fn searched(&self, tier: Tier, how: How, jobs: &[(&[f32], Goal)]) -> Vec<Ranked> {
        let coder = Coder::new(self.width, tier);
        let borders = self.borders();
        let parts: Vec<(Codes, Memory, Gone)> = borders
            .windows(2)
            .map(|ends| {
                let values = self.rows[ends[0]..ends[1]].concat();
                let mut gone = Gone::default();
                for row in self.gone.iter().filter(|row| (ends[0]..ends[1]).contains(row)) {
                    gone.insert(row - ends[0]);
                }
                (coder.encode(&values), Memory::new(self.width, values), gone)
            })
            .collect();
        let pieces: Vec<_> = parts.iter().map(|(codes, originals, gone)| Piece { codes, originals, gone }).collect();
        let queries: Vec<_> = jobs.iter().map(|(probe, _)| coder.query(probe)).collect();
        let jobs: Vec<_> = jobs.iter().zip(&queries).map(|((_, goal), query)| Job { query, goal: *goal }).collect();
        let found = scan(&pieces, &jobs, how).expect("undamaged");
        let row = |hit: &search::Hit| (hit.score.to_bits(), borders[hit.piece] + hit.row);
        found.iter().map(|hits| hits.iter().map(row).collect()).collect()
    }

    /// The same by looking at everything.
    fn scanned(&self, probe: &[f32], goal: Goal) -> Ranked {
        let present = self.rows.iter().enumerate().filter(|(row, _)| !self.gone.contains(row));
        let mut all: Vec<_> = present.map(|(row, values)| (dot(values, probe), row)).collect();
        all.sort_by(|a, b| b.0.partial_cmp(&a.0).expect("a number").then(a.1.cmp(&b.1)));
        let least = match goal {
            Goal::Nearest(0) => f32::INFINITY,
            Goal::Nearest(count) => all.get(count - 1).map_or(f32::NEG_INFINITY, |last| last.0),
            Goal::Reaching { score, .. } => score,
        };
        all.into_iter().filter(|(score, _)| *score >= least).map(|(score, row)| (score.to_bits(), row)).collect()
    }
}

fn hows() -> impl Iterator<Item = How> {
    let threads = [1, 3].map(|threads| NonZeroUsize::new(threads).expect("not zero"));
    Kernel::available().into_iter().flat_map(move |kernel| threads.map(|threads| How { kernel, threads }))
}

fn check(gallery: &Gallery, probes: &[Vec<f32>], count: usize, least: f32) -> Result<(), TestCaseError> {
    let goals = [Goal::Nearest(1), Goal::Nearest(count), Goal::Reaching { score: least, rows_max: usize::MAX }];
    // A score's own threshold is the hardest: the bound must not be below what it bounds by a bit.
    let own = dot(&gallery.rows[0], &probes[0]);
    let exactly = Goal::Reaching { score: own, rows_max: usize::MAX };
    let jobs: Vec<(&[f32], Goal)> = probes
        .iter()
        .flat_map(|probe| goals.map(|goal| (&probe[..], goal)))
        .chain([(&probes[0][..], exactly)])
        .collect();
    for tier in Tier::ALL {
        for how in hows() {
            for (mut found, (probe, goal)) in gallery.searched(tier, how, &jobs).into_iter().zip(&jobs) {
                let mut expected = gallery.scanned(probe, *goal);
                if matches!(goal, Goal::Reaching { .. }) {
                    found.sort_unstable();
                    expected.sort_unstable();
                }
                prop_assert_eq!(found, expected, "{} {:?} {:?}", tier, how, goal);
            }
        }
    }
    Ok(())
}

/// In double precision: nobody beats the winner by more than rounding, and the winner's score is right.
fn check_in_double(gallery: &Gallery, probe: &[f32]) -> Result<(), TestCaseError> {
    let double = |row: &[f32]| row.iter().zip(probe).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    let present = gallery.rows.iter().enumerate().filter(|(row, _)| !gallery.gone.contains(row));
    let best = present.map(|(_, values)| double(values)).fold(f64::NEG_INFINITY, f64::max);
    for tier in Tier::ALL {
        let found = gallery.searched(tier, How::alone(), &[(probe, Goal::Nearest(1))]).remove(0);
        let Some((score, row)) = found.first() else {
            prop_assert!(best == f64::NEG_INFINITY);
            continue;
        };
        let (score, exact) = (f64::from(f32::from_bits(*score)), double(&gallery.rows[*row]));
        prop_assert!((score - exact).abs() <= SINGLE_PRECISION && best - exact <= SINGLE_PRECISION);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn finds_what_a_full_scan_finds(
        (gallery, probes) in prop_oneof![Just(8), Just(13), Just(40), Just(128)]
            .prop_flat_map(|width| (gallery(width), prop::collection::vec(vector(width), 1..6))),
        count in 2..40_usize,
        least in -0.2..1.0_f32,
    ) {
        check(&gallery, &probes, count, least)?;
        check_in_double(&gallery, &probes[0])?;
        // An enrolled vector as the probe: its own score, and those of its near-duplicates.
        check(&gallery, &gallery.rows[..1], count, least)?;
    }

    #[test]
    fn finds_what_a_full_scan_finds_at_great_widths(
        (gallery, probe) in prop_oneof![Just(192), Just(256), Just(512), Just(1024)].prop_flat_map(|width| (gallery(width), vector(width))),
    ) {
        check(&gallery, &[probe], 5, 0.3)?;
    }
}

/// Widths that are padded to the same: codes and words would fit, and a threshold that nobody reaches would hide it.
#[test]
#[should_panic(expected = "codes and queries of one coder")]
fn a_probe_of_another_width_is_refused() {
    let (codes, originals) = (Coder::new(13, Tier::V4).encode(&[0.1; 13]), Memory::new(13, vec![0.1; 13]));
    let piece = Piece { codes: &codes, originals: &originals, gone: &Gone::default() };
    let query = Coder::new(16, Tier::V4).query(&[0.1; 16]);
    let _ = scan(&[piece], &[Job { query: &query, goal: Goal::Reaching { score: 9.0, rows_max: 1 } }], How::alone());
}

#[test]
fn nothing_is_found_where_nobody_is() {
    let coder = Coder::new(128, Tier::V4);
    let query = coder.query(&unit(vec![1.0; 128]));
    let jobs = [Job { query: &query, goal: Goal::Nearest(3) }];
    assert_eq!(scan(&[], &jobs, How::alone()), Ok(vec![vec![]]));
    let (codes, originals) = (coder.encode(&[]), Memory::new(128, vec![]));
    let empty = Piece { codes: &codes, originals: &originals, gone: &Gone::default() };
    assert_eq!(scan(&[empty], &jobs, How::alone()), Ok(vec![vec![]]));
    assert_eq!(scan(&[empty], &[], How::alone()), Ok(vec![]));
}
