//! How much rounding there can be between a code and a score.
//!
//! The search compares an upper bound, computed in single precision, with a score, computed in single precision by
//! [`biometric::dot`]. `docs/search.md` derives what is collected here; the letters are the same.

use biometric::dot_additions;

/// Unit roundoff of `f32`: one operation is off by at most this share of its result.
const U: f64 = 1.0 / (1 << 24) as f64;

/// What the norm of a template may be: [`biometric::Template`] holds no vector whose squared norm is off by more than
/// 1e-3, so no norm is above 1.0005. A row whose norm is above this gets an infinite residual, and is always recomputed.
pub(crate) const NORM_MAX: f64 = 1.001;

/// What the norm of a decoded row may be: with the scale that fits its levels best it is at most the row's, and the scale's
/// own rounding to eight bits adds 2^-8 of it.
pub(crate) const DECODED_NORM_MAX: f64 = NORM_MAX * (1.0 + 1.0 / 256.0);

/// Roundings of the bound itself, in units of the probe's norm: two products for the code's part and one for the
/// residual's, terms of at most 1.3 and 1.1; then two sums of at most 1.5 and 3.
const BOUND_ROUNDINGS: f64 = 2.0 * 1.3 + 1.1 + 1.5 + 3.0;

/// What the rotation in double precision can move an inner product by, per unit of both norms: `2 log2(width) + 4`
/// operations on every value, each off by 2^-53, stay far below.
const ROTATION: f64 = 1e-13;

/// The least normal `f32` times more operations than any score has: what underflow can add.
const UNDERFLOW: f64 = 1e-30;

/// How far a score may be above the exact inner product, and a computed bound below the exact bound, together, for
/// vectors of `width` values and a probe of this norm.
pub(crate) fn slack(width: usize, probe_norm: f64) -> f64 {
    // Higham, "Accuracy and Stability of Numerical Algorithms" (2002), section 3.1: |fl(x.y) - x.y| <= gamma_n |x||y|,
    // where n is the longest chain of roundings that a product goes through.
    let n = dot_additions(width) as f64;
    let gamma = n * U / (1.0 - n * U);
    let bound = BOUND_ROUNDINGS * U * 1.01;
    (gamma + bound + ROTATION) * probe_norm * DECODED_NORM_MAX + UNDERFLOW
}

/// The least `f32` that is not below `value`.
pub(crate) fn round_up(value: f64) -> f32 {
    let nearest = value as f32;
    if f64::from(nearest) < value { nearest.next_up() } else { nearest }
}

/// The least `bfloat16` (the upper half of an `f32`) that is not below `value`, which must not be negative.
pub(crate) fn round_up_half(value: f64) -> u16 {
    let bits = round_up(value).to_bits();
    let upper = (bits >> 16) as u16;
    // Rounding up the largest finite number gives infinity, as it should; not-a-number stays what it is.
    if bits & 0xffff == 0 || value.is_nan() { upper } else { upper + 1 }
}

/// The nearest `bfloat16`.
pub(crate) fn round_half(value: f64) -> u16 {
    let bits = (value as f32).to_bits();
    (bits.wrapping_add(0x8000) >> 16) as u16
}

/// The `f32` whose upper half this is.
pub(crate) fn widen_half(half: u16) -> f32 {
    f32::from_bits(u32::from(half) << 16)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rounding_up_never_rounds_down(value in prop::num::f64::POSITIVE | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL) {
            let value = value.abs();
            prop_assert!(f64::from(round_up(value)) >= value);
            prop_assert!(f64::from(widen_half(round_up_half(value))) >= value);
        }

        #[test]
        fn rounding_to_a_half_is_off_by_a_256th_at_most(value in 1e-30..1e30_f64) {
            let (nearest, up) = (f64::from(widen_half(round_half(value))), f64::from(widen_half(round_up_half(value))));
            prop_assert!((nearest - value).abs() <= value / 256.0);
            prop_assert!(up - value <= value / 128.0);
        }
    }

    #[test]
    fn what_is_infinite_or_no_number_stays_so() {
        assert_eq!(widen_half(round_up_half(f64::INFINITY)), f32::INFINITY);
        assert_eq!(widen_half(round_up_half(f64::from(f32::MAX))), f32::INFINITY);
        assert!(widen_half(round_up_half(f64::NAN)).is_nan());
        assert_eq!(round_up(1e300), f32::INFINITY);
    }

    #[test]
    fn the_slack_is_a_fraction_of_what_a_percentage_shows() {
        // Two decimals of a percentage: at 80 %, one hundredth is some 1e-5 of a cosine.
        assert!(slack(128, 1.0) < 2e-6);
        assert!(slack(1024, 1.0) < 5e-6);
    }
}
