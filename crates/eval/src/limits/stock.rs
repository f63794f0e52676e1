//! The embedder as it is prepared beside the embedder as it is published, in the same runtime, by turns.

use face::{CROP_SIDE_PX, Crop, Embedder};
use serde::{Deserialize, Serialize};
use std::time::Instant;

use crate::Error;
use crate::stages::Times;

/// Runs before the measured ones.
const WARM_UP: usize = 3;

/// The two, and what was promised of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StockReport {
    /// Measured runs of each.
    pub repetitions: usize,
    /// As published, with plain weights.
    pub published: Times,
    /// As prepared.
    pub prepared: Times,
    /// The median over the turns of prepared by published: below 1 ours is faster.
    pub ratio: f64,
    /// The largest difference between the two embeddings of a crop, as a share of the larger one's length.
    pub apart: f64,
}

/// Measures both on the same crop.
pub(super) fn stock(
    published: &mut Embedder,
    prepared: &mut Embedder,
    repetitions: usize,
) -> Result<StockReport, Error> {
    let side = CROP_SIDE_PX * CROP_SIDE_PX * 3;
    // Speed does not depend on what is seen.
    let crop = Crop::from_rgb((0..side).map(|at| (at * 31 % 251) as u8).collect());
    let crop = crop.ok_or_else(|| Error::TooLittle("a crop of the crop's size".into()))?;
    let time = |embedder: &mut Embedder| -> Result<(f64, Vec<f32>), Error> {
        let begun = Instant::now();
        let embedding = embedder.embed(&crop, false)?.plain;
        Ok((begun.elapsed().as_secs_f64() * 1e3, embedding))
    };
    let (mut theirs, mut ours, mut apart) = (Vec::new(), Vec::new(), 0.0_f64);
    for number in 0..WARM_UP + repetitions.max(1) {
        let (their, expected) = time(published)?;
        let (our, found) = time(prepared)?;
        apart = apart.max(difference(&expected, &found));
        if number >= WARM_UP {
            theirs.push(their);
            ours.push(our);
        }
    }
    let ratios = ours.iter().zip(&theirs).map(|(our, their)| our / their).collect();
    let ratio = Times::of(ratios).median_ms;
    Ok(StockReport { repetitions: ours.len(), published: Times::of(theirs), prepared: Times::of(ours), ratio, apart })
}

fn difference(expected: &[f32], found: &[f32]) -> f64 {
    let length = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>().sqrt();
    let size = length(&mut expected.iter().map(|value| f64::from(*value)));
    length(&mut expected.iter().zip(found).map(|(a, b)| f64::from(*a) - f64::from(*b))) / size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_measured_as_often_and_agree_where_they_are_the_same() {
        let report = stock(&mut face::bench::embedder(), &mut face::bench::embedder(), 5).expect("runs");
        assert_eq!((report.repetitions, report.apart), (5, 0.0));
        assert!(report.ratio > 0.0 && report.published.min_ms <= report.published.median_ms);
    }

    #[test]
    fn a_difference_is_a_share_of_the_length() {
        assert!((difference(&[3.0, 4.0], &[3.0, 4.5]) - 0.1).abs() < 1e-9);
    }
}
