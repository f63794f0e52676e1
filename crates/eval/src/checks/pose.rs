//! Measured angles of the head against annotated ones.

use face::Measure;
use serde::Serialize;

use super::dataset::number;
use super::rates::Set;
use super::sets::Claim;

/// Heads turned further than this about any axis are no use to the check: it rejects them by far.
const WITHIN_DEGREES: f64 = 45.0;

/// The key of the label and the measure.
const AXES: [(&str, Measure); 3] = [("pitch", Measure::Pitch), ("yaw", Measure::Yaw), ("roll", Measure::Roll)];

/// Errors of the pose, in degrees.
#[derive(Clone, Debug, Serialize)]
pub struct PoseReport {
    /// Heads within 45 degrees about every axis.
    pub heads: usize,
    /// Heads that are turned further and left out.
    pub left_out: usize,
    /// By axis.
    pub axes: Vec<AxisReport>,
}

/// Errors about one axis, in degrees.
#[derive(Clone, Debug, Serialize)]
pub struct AxisReport {
    /// Pitch, yaw or roll.
    pub axis: &'static str,
    /// Mean absolute error.
    pub mae_degrees: f64,
    /// Mean error: above 0 too much is measured.
    pub bias_degrees: f64,
    /// Greatest absolute error.
    pub worst_degrees: f64,
    /// Where it was.
    pub worst: String,
}

impl PoseReport {
    /// `None` when there are no annotated heads.
    pub(crate) fn of(sets: &[Set<'_>]) -> Option<Self> {
        let samples: Vec<_> =
            sets.iter().filter(|set| set.kind.claim == Claim::Pose).flat_map(|set| &set.samples).collect();
        let truth = |label: &str| {
            let angles = AXES.map(|(key, _)| number(label, key).unwrap_or(f64::NAN));
            angles.iter().all(|angle| angle.abs() <= WITHIN_DEGREES).then_some(angles)
        };
        let heads: Vec<_> = samples.iter().filter_map(|s| truth(&s.image.label).map(|angles| (**s, angles))).collect();
        if heads.is_empty() {
            return None;
        }
        let axis = |(at, (name, measure)): (usize, &(&'static str, Measure))| {
            // A head that was not found is wrong by as much as can be.
            let error = |(sample, angles): &(&super::sample::Sample<'_>, [f64; 3])| {
                (sample.value(*measure).map_or(WITHIN_DEGREES, |value| value - angles[at]), sample.image.name())
            };
            axis_report(name, &heads.iter().map(error).collect::<Vec<_>>())
        };
        let left_out = samples.len() - heads.len();
        Some(Self { heads: heads.len(), left_out, axes: AXES.iter().enumerate().map(axis).collect() })
    }
}

fn axis_report(axis: &'static str, errors: &[(f64, String)]) -> AxisReport {
    let mean = |of: fn(f64) -> f64| errors.iter().map(|(error, _)| of(*error)).sum::<f64>() / errors.len() as f64;
    let worst = errors.iter().max_by(|a, b| a.0.abs().total_cmp(&b.0.abs()));
    AxisReport {
        axis,
        mae_degrees: mean(f64::abs),
        bias_degrees: mean(|error| error),
        worst_degrees: worst.map_or(0.0, |(error, _)| error.abs()),
        worst: worst.map(|(_, name)| name.clone()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_both_signs_add_up_in_the_mean_absolute_error_and_cancel_in_the_bias() {
        let report = axis_report("yaw", &[(3.0, "a".into()), (-5.0, "b".into()), (2.0, "c".into())]);
        assert!((report.mae_degrees - 10.0 / 3.0).abs() < 1e-12);
        assert!(report.bias_degrees.abs() < 1e-12);
        assert_eq!((report.worst_degrees, report.worst.as_str()), (5.0, "b"));
    }
}
