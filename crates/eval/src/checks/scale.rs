//! What becomes of recognition and of the landmarks on ever smaller faces: it justifies the least inter-eye distance.

use face::Measure;

use super::sweep::{StepReport, SweepReport};
use super::words::number;
use crate::markdown::table;

/// Recognition suffers where the median similarity has fallen by so many points.
const SIMILARITY_LOSS_PERCENT: f64 = 1.0;

/// Landmarks suffer where a measure of them has drifted by so many degrees or points of percent. Limits are set to about
/// as much.
const DRIFT: f64 = 1.0;

/// The distances at which something begins to suffer, in pixels between the eyes; none when nothing does.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Beginnings {
    /// The median similarity has fallen by a point.
    similarity: Option<f64>,
    /// Somebody is no longer identified.
    identification: Option<f64>,
    /// Angles of the head, eyes or mouth are measured otherwise.
    landmarks: Option<f64>,
    /// A check other than that of the size rejects somebody.
    checks: Option<f64>,
}

impl Beginnings {
    fn of(steps: &[StepReport]) -> Self {
        let full = steps.last().and_then(|step| step.recognition.as_ref()).map(|one| one.median_percent);
        let loss = |step: &StepReport| Some(full? - step.recognition.as_ref()?.median_percent);
        let lost = |step: &StepReport| step.recognition.as_ref().is_some_and(|one| one.below_identify.count > 0);
        // Contrast is no matter of landmarks alone.
        let of_landmarks = |measure: &str| measure != Measure::EyeContrast.name();
        let drifts = |step: &StepReport| {
            step.drift.iter().any(|(measure, drift)| of_landmarks(measure) && drift.is_some_and(|drift| drift > DRIFT))
        };
        // The largest face that suffers.
        let first =
            |suffers: &dyn Fn(&StepReport) -> bool| steps.iter().rev().find(|step| suffers(step)).map(|step| step.at);
        Self {
            similarity: first(&|step| loss(step).is_some_and(|loss| loss > SIMILARITY_LOSS_PERCENT)),
            identification: first(&lost),
            landmarks: first(&drifts),
            checks: first(&|step| step.rejected_otherwise.count > 0),
        }
    }
}

/// The part of the report; nothing for the other sweeps.
pub(super) fn scale(sweep: &SweepReport) -> String {
    let recognised: Vec<&StepReport> = sweep.steps.iter().filter(|step| step.recognition.is_some()).collect();
    let Some(first) = recognised.first() else { return String::new() };
    let header: Vec<String> = ["inter-eye distance, px", "median similarity", "least", "not identified"]
        .iter()
        .map(|text| (*text).to_owned())
        .chain(first.drift.iter().map(|(measure, _)| format!("drift of {measure}")))
        .collect();
    let row = |step: &&StepReport| {
        let mut row = vec![step.at.to_string()];
        if let Some(one) = &step.recognition {
            row.push(format!("{:.2} %", one.median_percent));
            row.push(format!("{:.2} %", one.least_percent));
            row.push(format!("{} of {}", one.below_identify.count, one.below_identify.total));
        }
        row.extend(step.drift.iter().map(|(_, drift)| drift.map_or("-".to_owned(), number)));
        row
    };
    let rows: Vec<Vec<String>> = recognised.iter().map(row).collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let begins = |at: Option<f64>| at.map_or("nowhere".to_owned(), |at| format!("at {at} pixels"));
    let Beginnings { similarity, identification, landmarks, checks } = Beginnings::of(&sweep.steps);
    format!(
        "Similarity of the shrunken portrait with another portrait of the same person, and by how much measures differ from \
         those on the largest (median of absolute differences).\n\n{}Coming from large faces, the median \
         similarity has fallen by more than a point {}, somebody is no longer identified {}, an angle or an openness \
         has drifted by more than {DRIFT} {}, and a check other than that of the size rejects somebody {}.\n\n",
        table(&header, &rows),
        begins(similarity),
        begins(identification),
        begins(landmarks),
        begins(checks),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::sweep::RecognitionReport;
    use crate::stats::Rate;

    #[test]
    fn the_largest_face_that_suffers_is_named() {
        let step = |at, median_percent, lost, otherwise| StepReport {
            at,
            rejected: Rate::new(0, 30),
            rejected_otherwise: Rate::new(otherwise, 30),
            median: None,
            recognition: Some(RecognitionReport {
                median_percent,
                least_percent: 0.0,
                below_identify: Rate::new(lost, 30),
            }),
            drift: vec![("yaw_degrees", Some(30.0 / at)), ("eye_contrast_percent", Some(9.0))],
        };
        let steps = [step(8.0, 60.0, 30, 9), step(16.0, 97.0, 1, 0), step(32.0, 99.0, 0, 2), step(100.0, 99.5, 0, 0)];
        let found = Beginnings::of(&steps);
        let [similarity, identification, landmarks, checks] = [16.0, 16.0, 16.0, 32.0].map(Some);
        assert_eq!(found, Beginnings { similarity, identification, landmarks, checks });
        let nothing = Beginnings { similarity: None, identification: None, landmarks: None, checks: None };
        assert_eq!(Beginnings::of(&steps[3..]), nothing);
    }
}
