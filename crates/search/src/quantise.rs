//! A rotated vector to whole numbers, a scale, and a bound of what was lost.

use crate::Tier;
use crate::bound::{NORM_MAX, round_half, round_up_half, widen_half};

/// Parts of the greatest absolute value that the code is made to reach, to be tried: what lies beyond is cut off. For 128
/// values spread as a normal distribution the best lies between; 16 levels are finest at 2.5 standard deviations.
const REACHES: [f64; 7] = [1.0, 0.93, 0.86, 0.79, 0.72, 0.65, 0.58];

/// Adding this to a number below 2^51 rounds it to a whole one, which then is the sum's lower bits.
const TO_WHOLE: f64 = 6_755_399_441_055_744.0;

/// A row, quantised: value `i` is decoded as `scale * (2 * level[i] - levels_max)`.
pub(crate) struct Quantised {
    /// The levels, 0 to [`levels_max`].
    pub(crate) levels: Vec<u8>,
    /// The scale, `bfloat16`.
    pub(crate) scale: u16,
    /// An upper bound of the norm of what decoding does not give back, `bfloat16`.
    pub(crate) residual: u16,
}

/// The greatest level of a tier.
pub(crate) fn levels_max(tier: Tier) -> f64 {
    match tier {
        Tier::U8 => 255.0,
        Tier::V4 => 15.0,
    }
}

/// Quantises a rotated row.
///
/// Of several scales the one is taken that loses least; whatever is taken, the residual is computed from it, so that
/// every choice is right and only some are better.
pub(crate) fn quantise(tier: Tier, rotated: &[f64]) -> Quantised {
    let greatest = rotated.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    let norm = norm(rotated);
    // Also when a value is not a number.
    if !(greatest > 0.0 && norm <= NORM_MAX) {
        return unquantised(rotated.len(), norm);
    }
    let most = levels_max(tier);
    let reaches: &[f64] = match tier {
        // Cutting off only pays where levels are few.
        Tier::U8 => &REACHES[..1],
        Tier::V4 => &REACHES,
    };
    let (mut best, mut best_kept, mut scale) = (f64::NAN, -1.0, f64::NAN);
    for reach in reaches {
        let inverse = 0.5 * most / (reach * greatest);
        let (product, square) = projection(rotated, inverse, most);
        let kept = product * product / square;
        if kept > best_kept {
            (best, best_kept, scale) = (inverse, kept, product / square);
        }
    }
    let levels = rotated.iter().map(|value| level(*value, best, most) as u8).collect::<Vec<_>>();
    let scale = round_half(scale);
    let residual = round_up_half(lost(rotated, &levels, f64::from(widen_half(scale)), most));
    Quantised { levels, scale, residual }
}

/// A row that no code fits: a bound that nothing exceeds. A row of zeros fits the code of zeros.
fn unquantised(values: usize, norm: f64) -> Quantised {
    let residual = if norm == 0.0 { 0.0 } else { f64::INFINITY };
    Quantised { levels: vec![0; values], scale: 0, residual: round_up_half(residual) }
}

/// The level of a value, as a number: the nearest, where `inverse` is half the reciprocal of the scale.
///
/// Levels come from here alone: were those that are stored rounded otherwise than those that the scale was fitted to, a
/// value on the border between two could decode to more than it is, and the bound would not hold.
fn level(value: f64, inverse: f64, most: f64) -> f64 {
    ((value * inverse + 0.5 * most).clamp(0.0, most) + TO_WHOLE) - TO_WHOLE
}

/// What a row's code has in common with the row, and with itself.
fn projection(rotated: &[f64], inverse: f64, most: f64) -> (f64, f64) {
    let (mut product, mut square) = ([0.0; 4], [0.0; 4]);
    for four in rotated.chunks_exact(4) {
        for lane in 0..4 {
            let step = 2.0 * level(four[lane], inverse, most) - most;
            product[lane] += four[lane] * step;
            square[lane] += step * step;
        }
    }
    (product.iter().sum(), square.iter().sum())
}

/// The norm of the difference between a row and what its code decodes to, not less than it is.
fn lost(rotated: &[f64], levels: &[u8], scale: f64, most: f64) -> f64 {
    let difference = |(value, level): (&f64, &u8)| value - scale * (2.0 * f64::from(*level) - most);
    let squares: f64 = rotated.iter().zip(levels).map(difference).map(|d| d * d).sum();
    // The sum, the root and the decoded value are off by some 1e-13 of the norm at the most.
    squares.sqrt() * (1.0 + 1e-12) + 1e-12
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

/// A probe, quantised: value `i` is decoded as `step * words[i]`.
pub(crate) struct QuantisedProbe {
    pub(crate) words: Vec<i8>,
    pub(crate) step: f32,
    /// The norm of the probe, and of what decoding does not give back, neither less than it is.
    pub(crate) norm: f64,
    pub(crate) residual: f64,
}

/// The greatest whole number that a probe's value becomes. Two products of a level and it, added, must fit 16 bits: that
/// is what the kernels' multiplication adds up before it widens.
fn word_max(tier: Tier) -> f64 {
    match tier {
        Tier::U8 => 63.0,
        Tier::V4 => 127.0,
    }
}

/// The longest probe whose bounds are worked out: a product of a row and it, of at most 1.3 times its norm, must be a finite
/// `f32`. Minus infinity would rule out whom it stands for.
const PROBE_NORM_MAX: f64 = f32::MAX as f64 / 2.0;

/// Quantises a rotated probe. One that is too long, or too short for its step to be a normal number, becomes zeros, so that
/// its residual is its norm.
pub(crate) fn quantise_probe(tier: Tier, rotated: &[f64]) -> QuantisedProbe {
    let greatest = rotated.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    let step = (greatest / word_max(tier)) as f32;
    let norm = norm(rotated) * (1.0 + 1e-12) + 1e-12;
    // Also when a value is not a number.
    if !(step.is_normal() && norm <= PROBE_NORM_MAX) {
        return QuantisedProbe { words: vec![0; rotated.len()], step: 0.0, norm, residual: norm };
    }
    let words: Vec<i8> = rotated.iter().map(|value| (value / f64::from(step)).round() as i8).collect();
    let most = word_max(tier) as i8;
    let words: Vec<i8> = words.into_iter().map(|word| word.clamp(-most, most)).collect();
    let difference = |(value, word): (&f64, &i8)| value - f64::from(step) * f64::from(*word);
    let squares: f64 = rotated.iter().zip(&words).map(difference).map(|d| d * d).sum();
    QuantisedProbe { words, step, norm, residual: squares.sqrt() * (1.0 + 1e-12) + 1e-12 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row() -> impl Strategy<Value = Vec<f64>> {
        let value = prop_oneof![-1.0..1.0_f64, Just(0.0), -1e-40..1e-40_f64, Just(f64::MIN_POSITIVE)];
        (prop::collection::vec(value, 16), 0.9..1.0_f64).prop_map(|(values, length)| {
            let norm = norm(&values).max(1e-300);
            values.iter().map(|value| value / norm * length).collect()
        })
    }

    proptest! {
        #[test]
        fn what_decoding_loses_is_within_the_residual(row in row()) {
            for tier in Tier::ALL {
                let Quantised { levels, scale, residual } = quantise(tier, &row);
                let (scale, most) = (f64::from(widen_half(scale)), levels_max(tier));
                let decoded = levels.iter().map(|level| scale * (2.0 * f64::from(*level) - most));
                let lost: f64 = row.iter().zip(decoded).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
                prop_assert!(lost <= f64::from(widen_half(residual)));
                prop_assert!(levels.iter().all(|level| f64::from(*level) <= most));
            }
        }

        /// What the bound takes for granted of `|u|`. Values on the border between two levels are the hardest.
        #[test]
        fn what_decodes_is_no_longer_than_the_row_but_for_the_rounding_of_the_scale(
            parts in prop::collection::vec(prop_oneof![Just(-14.0), Just(-10.0), Just(13.2), (-15..=15_i8).prop_map(f64::from)], 63),
            part in 1..4096_u16,
        ) {
            let row: Vec<f64> = [15.0].into_iter().chain(parts).map(|p| p * f64::from(part) / f64::from(1 << 20)).collect();
            for tier in Tier::ALL {
                let Quantised { levels, scale, .. } = quantise(tier, &row);
                let (scale, most) = (f64::from(widen_half(scale)), levels_max(tier));
                let decoded: Vec<_> = levels.iter().map(|level| scale * (2.0 * f64::from(*level) - most)).collect();
                prop_assert!(norm(&decoded) <= norm(&row) * (1.0 + 1.0 / 256.0));
            }
        }

        #[test]
        fn what_a_probe_loses_is_within_its_residual(row in row()) {
            for tier in Tier::ALL {
                let QuantisedProbe { words, step, norm: bound, residual } = quantise_probe(tier, &row);
                let lost: f64 = row.iter().zip(&words).map(|(a, w)| a - f64::from(step) * f64::from(*w)).map(|d| d * d).sum::<f64>().sqrt();
                prop_assert!(lost <= residual && norm(&row) <= bound);
                let least = -(word_max(tier) as i8);
                prop_assert!(words.iter().all(|word| (least..=-least).contains(word)));
            }
        }
    }

    #[test]
    fn a_usual_row_loses_a_ninth_at_four_bits_and_a_hundredth_at_eight() {
        let wave: Vec<f64> = (0..128).map(|i| (f64::from(i) * 1.7).sin() + (f64::from(i) * 0.31).cos()).collect();
        let row: Vec<f64> = wave.iter().map(|value| value / norm(&wave)).collect();
        let lost = |tier| f64::from(widen_half(quantise(tier, &row).residual));
        assert!(lost(Tier::V4) < 0.12, "{}", lost(Tier::V4));
        assert!(lost(Tier::U8) < 0.01, "{}", lost(Tier::U8));
    }

    #[test]
    fn what_no_code_fits_is_never_ruled_out() {
        for row in [vec![f64::NAN; 8], vec![f64::INFINITY; 8], vec![2.0; 8]] {
            for tier in Tier::ALL {
                let residual = widen_half(quantise(tier, &row).residual);
                assert!(residual == f32::INFINITY, "{residual}");
            }
        }
        for tier in Tier::ALL {
            assert_eq!(quantise(tier, &[0.0; 8]).residual, 0);
        }
    }
}
