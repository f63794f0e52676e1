//! Good portraits made worse step by step: the verdict must follow, and never turn back.

mod run;
mod transform;

use biometric::{Decision, Similarity};
use face::{Check, CheckLimits, Defect, Measure, Range};
use serde::Serialize;

pub(crate) use run::{Portrait, portraits, run};

use super::words::words;
use crate::stats::Rate;

/// Measures whose drift tells whether the landmarks still hold on a small face.
const LANDMARK_MEASURES: [Measure; 5] =
    [Measure::Yaw, Measure::Pitch, Measure::EyeOpenness, Measure::MouthOpenness, Measure::EyeContrast];

/// One way of making an image worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sweep {
    Blur,
    Gain,
    Scale,
    Rotation,
}

impl Sweep {
    pub(crate) const ALL: [Self; 4] = [Self::Blur, Self::Gain, Self::Scale, Self::Rotation];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Blur => "blur",
            Self::Gain => "gain",
            Self::Scale => "scale",
            Self::Rotation => "rotation",
        }
    }

    /// What the steps count.
    pub(crate) const fn unit(self) -> &'static str {
        match self {
            Self::Blur => "standard deviation of a Gaussian by the inter-eye distance",
            Self::Gain => "times the light, linear",
            Self::Scale => "inter-eye distance in pixels",
            Self::Rotation => "degrees clockwise about the middle of the face",
        }
    }

    /// From the least to the greatest.
    pub(crate) const fn steps(self) -> &'static [f64] {
        match self {
            Self::Blur => &[0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.12],
            Self::Gain => &[0.02, 0.05, 0.1, 0.15, 0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0],
            Self::Scale => &[6.0, 8.0, 10.0, 12.0, 16.0, 20.0, 24.0, 28.0, 32.0, 40.0, 50.0, 64.0, 80.0, 100.0],
            Self::Rotation => &[
                -45.0, -40.0, -35.0, -30.0, -25.0, -20.0, -15.0, -10.0, -5.0, 0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0,
                35.0, 40.0, 45.0,
            ],
        }
    }

    /// The step from which the image only gets worse either way.
    const fn origin(self) -> f64 {
        match self {
            Self::Blur | Self::Rotation => 0.0,
            Self::Gain => 1.0,
            Self::Scale => 100.0,
        }
    }

    pub(crate) const fn measure(self) -> Measure {
        match self {
            Self::Blur => Measure::Sharpness,
            Self::Gain => Measure::LuminanceMean,
            Self::Scale => Measure::InterEyeDistance,
            Self::Rotation => Measure::Roll,
        }
    }

    /// What is to be reported sooner or later beyond this step.
    const fn expected(self, at: f64) -> &'static [Defect] {
        match self {
            Self::Blur => &[Defect::Sharpness, Defect::NoFace],
            Self::Gain if at < 1.0 => &[Defect::TooDark, Defect::NoFace],
            Self::Gain => &[Defect::TooBright, Defect::NoFace],
            Self::Scale => &[Defect::FaceSize, Defect::NoFace],
            Self::Rotation => &[Defect::Roll, Defect::NoFace],
        }
    }
}

/// One portrait at one step.
#[derive(Clone, Debug)]
pub(crate) struct Observation {
    pub(crate) checks: Vec<Check>,
    /// With the other portrait of the same person; scale only.
    pub(crate) similarity: Option<Similarity>,
}

impl Observation {
    fn reports(&self, defects: &[Defect]) -> bool {
        self.checks.iter().filter_map(Check::defect).any(|defect| defects.contains(&defect))
    }

    fn reports_others_than(&self, defects: &[Defect]) -> bool {
        self.checks.iter().filter_map(Check::defect).any(|defect| !defects.contains(&defect))
    }

    fn value(&self, measure: Measure) -> Option<f64> {
        let check = self.checks.iter().find(|check| check.measure == measure)?;
        check.value.is_finite().then_some(check.value)
    }
}

/// One portrait at every step of a sweep, in the order of the steps.
pub(crate) type Course = Vec<Observation>;

/// What came of a sweep.
#[derive(Clone, Debug, Serialize)]
pub struct SweepReport {
    /// Blur, gain, scale or rotation.
    pub sweep: &'static str,
    /// What the steps count.
    pub unit: &'static str,
    /// The checks in question; a face that is no longer found counts as rejected, too.
    pub checks: String,
    /// The measure in question.
    pub measure: &'static str,
    /// Its least accepted value, if there is one.
    pub min: Option<f64>,
    /// Its greatest accepted value, if there is one.
    pub max: Option<f64>,
    /// How many portraits.
    pub portraits: usize,
    /// From the least to the greatest.
    pub steps: Vec<StepReport>,
    /// Portraits that are rejected at a step and pass at a worse one: the verdict is not monotone.
    pub violations: Rate,
    /// Which.
    pub violating: Vec<String>,
    /// Rotation only: mean absolute difference of the measured roll, less that of the upright portrait, from the angle.
    pub roll_mae_degrees: Option<f64>,
}

/// What came of one step.
#[derive(Clone, Debug, Serialize)]
pub struct StepReport {
    /// Where it is.
    pub at: f64,
    /// Portraits that the checks in question reject.
    pub rejected: Rate,
    /// Portraits that any other check rejects.
    pub rejected_otherwise: Rate,
    /// Median of the measure in question.
    pub median: Option<f64>,
    /// Scale only: the comparison with another portrait of the same person.
    pub recognition: Option<RecognitionReport>,
    /// Scale only: by measure, the median absolute difference from its value on the largest picture.
    pub drift: Vec<(&'static str, Option<f64>)>,
}

/// Similarities in percent.
#[derive(Clone, Debug, Serialize)]
pub struct RecognitionReport {
    /// The middle one.
    pub median_percent: f64,
    /// The least.
    pub least_percent: f64,
    /// Those that do not match at the threshold of identification; a face that is not found does not match.
    pub below_identify: Rate,
}

impl SweepReport {
    pub(crate) fn new(sweep: Sweep, limits: &CheckLimits, portraits: &[Portrait<'_>], courses: &[Course]) -> Self {
        let Range { min, max } = limits.range(sweep.measure());
        let rejected = |course: &Course| -> Vec<bool> {
            let judge = |(at, seen): (&f64, &Observation)| seen.reports(sweep.expected(*at));
            sweep.steps().iter().zip(course).map(judge).collect()
        };
        let turns_back = |course: &Course| !is_monotone(sweep.steps(), sweep.origin(), &rejected(course));
        let violating: Vec<String> =
            portraits.iter().zip(courses).filter(|(_, c)| turns_back(c)).map(|(p, _)| p.image.name()).collect();
        let mut checks: Vec<Defect> = [0.0, f64::INFINITY].iter().flat_map(|at| sweep.expected(*at)).copied().collect();
        checks.retain(|defect| *defect != Defect::NoFace);
        checks.dedup();
        let steps = sweep.steps().iter().enumerate();
        Self {
            sweep: sweep.name(),
            unit: sweep.unit(),
            checks: words(&checks),
            measure: sweep.measure().name(),
            min,
            max,
            portraits: courses.len(),
            steps: steps.map(|(step, at)| step_report(sweep, *at, step, courses)).collect(),
            violations: Rate::new(violating.len() as u64, courses.len() as u64),
            violating,
            roll_mae_degrees: (sweep == Sweep::Rotation).then(|| roll_mae(courses)),
        }
    }
}

fn step_report(sweep: Sweep, at: f64, step: usize, courses: &[Course]) -> StepReport {
    let seen: Vec<&Observation> = courses.iter().filter_map(|course| course.get(step)).collect();
    let share = |counts: &dyn Fn(&Observation) -> bool| {
        Rate::new(seen.iter().filter(|one| counts(one)).count() as u64, seen.len() as u64)
    };
    let expected = sweep.expected(at);
    StepReport {
        at,
        rejected: share(&|one| one.reports(expected)),
        rejected_otherwise: share(&|one| one.reports_others_than(expected)),
        median: median(seen.iter().filter_map(|one| one.value(sweep.measure())).collect()),
        recognition: (sweep == Sweep::Scale).then(|| recognition(&seen)),
        drift: if sweep == Sweep::Scale { drift(step, courses) } else { Vec::new() },
    }
}

fn recognition(seen: &[&Observation]) -> RecognitionReport {
    let similarities: Vec<Similarity> = seen.iter().filter_map(|one| one.similarity).collect();
    let below = similarities.iter().filter(|s| s.decide(Similarity::IDENTIFY) == Decision::NonMatch).count();
    let percents: Vec<f64> = similarities.iter().map(|similarity| similarity.percent()).collect();
    RecognitionReport {
        least_percent: percents.iter().copied().fold(100.0, f64::min),
        median_percent: median(percents).unwrap_or(f64::NAN),
        below_identify: Rate::new(below as u64, similarities.len() as u64),
    }
}

fn drift(step: usize, courses: &[Course]) -> Vec<(&'static str, Option<f64>)> {
    let of = |measure: &Measure| {
        let difference = |course: &Course| {
            let (here, full) = (course.get(step)?.value(*measure)?, course.last()?.value(*measure)?);
            Some((here - full).abs())
        };
        (measure.name(), median(courses.iter().filter_map(difference).collect()))
    };
    LANDMARK_MEASURES.iter().map(of).collect()
}

fn roll_mae(courses: &[Course]) -> f64 {
    let steps = Sweep::Rotation.steps();
    let upright = steps.iter().position(|at| *at == 0.0).unwrap_or(0);
    let roll = |course: &Course, step: usize| course.get(step).and_then(|one| one.value(Measure::Roll));
    let mut errors = Vec::new();
    for course in courses {
        let own = roll(course, upright).unwrap_or(0.0);
        errors.extend(steps.iter().enumerate().filter_map(|(step, at)| Some((roll(course, step)? - own - at).abs())));
    }
    errors.iter().sum::<f64>() / errors.len().max(1) as f64
}

/// Whether from the origin outwards, either way, a rejection is never taken back.
fn is_monotone(steps: &[f64], origin: f64, rejected: &[bool]) -> bool {
    let side = |beyond: &dyn Fn(f64) -> bool| -> Vec<bool> {
        steps.iter().zip(rejected).filter(|(at, _)| beyond(**at)).map(|(_, rejected)| *rejected).collect()
    };
    let (up, mut down) = (side(&|at| at >= origin), side(&|at| at <= origin));
    down.reverse();
    [up, down].iter().all(|verdicts| verdicts.is_sorted())
}

/// The middle value; none of nothing.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_that_is_taken_back_is_not_monotone_on_either_side() {
        let steps = [-2.0, -1.0, 0.0, 1.0, 2.0];
        let monotone = |rejected: [bool; 5]| is_monotone(&steps, 0.0, &rejected);
        assert!(monotone([true, false, false, false, true]));
        assert!(monotone([true, true, false, true, true]));
        assert!(monotone([false; 5]));
        assert!(!monotone([false, true, false, false, false]));
        assert!(!monotone([false, false, false, true, false]));
        assert!(!monotone([false, false, true, false, true]));
    }

    #[test]
    fn steps_rise_and_hold_their_origin() {
        for sweep in Sweep::ALL {
            assert!(sweep.steps().is_sorted_by(|a, b| a < b), "{sweep:?}");
            assert!(sweep.steps().contains(&sweep.origin()), "{sweep:?}");
        }
    }

    fn course(rolls: impl Fn(f64) -> f64) -> Course {
        let check = |at: &f64| Check { measure: Measure::Roll, value: rolls(*at), range: Range::within(20.0) };
        let one = |at| Observation { checks: vec![check(at)], similarity: None };
        Sweep::Rotation.steps().iter().map(one).collect()
    }

    #[test]
    fn the_roll_of_the_upright_portrait_is_not_held_against_the_measure() {
        assert!(roll_mae(&[course(|at| at + 3.0)]) < 1e-12);
        assert!((roll_mae(&[course(|at| if at == 0.0 { 0.0 } else { at + 1.9 })]) - 1.8).abs() < 1e-9);
    }

    #[test]
    fn a_step_counts_the_check_in_question_and_the_others_apart() {
        let mut rolled = course(|at| at);
        rolled[0].checks.push(Check { measure: Measure::Yaw, value: 30.0, range: Range::within(20.0) });
        let step = step_report(Sweep::Rotation, -45.0, 0, &[rolled, course(|_| 0.0)]);
        assert_eq!((step.rejected.count, step.rejected_otherwise.count, step.rejected.total), (1, 1, 2));
        assert_eq!(step.median, Some(0.0));
    }
}
