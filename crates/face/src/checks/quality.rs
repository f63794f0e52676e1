//! One number for all checks.

use super::measure::{Check, Measure, Range};

/// Points at the limit of a check: from here on it is passed.
const AT_LIMIT: f64 = 50.0;

/// Points where a check is as good as it gets.
const AT_BEST: f64 = 100.0;

/// What a measure comes to on a studio portrait: the medians over the neutral portraits of the Face Research Lab London
/// Set (DeBruine & Jones 2017, CC BY 4.0); `None` for measures that have no limit, or that are a yes or a no. `auther eval portraits` prints them.
const fn best(measure: Measure) -> Option<f64> {
    match measure {
        Measure::DetectorConfidence => Some(95.0),
        Measure::FacePresence => Some(27.0),
        Measure::InterEyeDistance => Some(120.0),
        Measure::Yaw | Measure::Pitch | Measure::Roll => Some(0.0),
        Measure::Sharpness => Some(196.0),
        Measure::LuminanceMean => Some(53.0),
        Measure::LuminanceContrast => Some(11.0),
        Measure::UnderExposed | Measure::OverExposed => Some(0.0),
        Measure::IlluminationUniformity => Some(91.0),
        Measure::EyeContrast => Some(197.0),
        Measure::EyeOpenness | Measure::RightEyeOpenness | Measure::LeftEyeOpenness => Some(23.0),
        Measure::MouthOpenness => Some(3.0),
        Measure::MouthVisibility => Some(37.0),
        Measure::FaceCount
        | Measure::HeadWidth
        | Measure::HeadHeight
        | Measure::FaceShare
        | Measure::InsideFrame
        | Measure::Margin
        | Measure::UnifiedQuality => None,
    }
}

/// The worst of all checks: a chain of conditions is as good as its weakest link, and the person can mend that one first.
pub(super) fn unified(checks: &[Check]) -> Check {
    let value = checks.iter().filter_map(points).fold(AT_BEST, f64::min);
    Check { measure: Measure::UnifiedQuality, value, range: Range::ANY }
}

/// 100 at the best value, 50 at the limit, in proportion between and beyond, never below 0.
pub(super) fn points(check: &Check) -> Option<f64> {
    let best = best(check.measure)?;
    let towards = |limit: f64| {
        let share = (check.value - limit) / (best - limit);
        (AT_LIMIT + (AT_BEST - AT_LIMIT) * share).clamp(0.0, AT_BEST)
    };
    let ends = [check.range.min, check.range.max].into_iter().flatten().filter(|limit| *limit != best);
    // Not a number is worth nothing.
    ends.map(|limit| if check.value.is_nan() { 0.0 } else { towards(limit) }).reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points_of(value: f64, range: Range) -> Option<f64> {
        points(&Check { measure: Measure::Yaw, value, range })
    }

    #[test]
    fn a_hundred_at_best_fifty_at_either_limit_nothing_far_beyond() {
        let range = Range::within(20.0);
        for (value, expected) in [(0.0, 100.0), (20.0, 50.0), (-20.0, 50.0), (10.0, 75.0), (90.0, 0.0)] {
            assert_eq!(points_of(value, range), Some(expected));
        }
        assert_eq!(points_of(f64::NAN, range), Some(0.0));
        assert_eq!(points_of(0.0, Range::ANY), None);
    }

    #[test]
    fn the_worst_counts() {
        let check = |value| Check { measure: Measure::Roll, value, range: Range::within(20.0) };
        assert_eq!(unified(&[check(0.0), check(15.0), check(3.0)]).value, 62.5);
        assert_eq!(unified(&[]).value, 100.0);
    }
}
