//! How good a face must be to be used, and what it falls short in.

use face::{Check, Defect, Measure, Policy, SurveyedFace};

/// How good a face must be to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QualityBar {
    /// Every face that is found.
    None,
    /// As large and as far in the frame as an image must be that is verified or identified.
    Low,
    /// As an enrolment asks for, but whatever expression and glasses: what is uncertain about those is not who it is.
    Medium,
    /// As an enrolment asks for in everything.
    High,
}

/// Why a face is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// There are as many larger ones as were asked for.
    ExceedsFacesMax,
    /// It is turned, raised or tilted too far.
    Pose,
    /// It is too dark.
    Brightness,
    /// It is out of focus.
    Sharpness,
    /// It is too unlike a face.
    Confidence,
    /// It is too small.
    Size,
    /// Something else that recognition suffers from: cut by the frame, covered, badly lit.
    Quality,
}

impl QualityBar {
    /// What keeps a face below the bar, each reason once; nothing when it passes.
    #[must_use]
    pub fn reasons(self, face: &SurveyedFace, policy: &Policy) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = match self {
            Self::None => Vec::new(),
            Self::Low => {
                let size = &policy.probe_size;
                let least = |measure, min| face.check(measure).filter(|check| is_below(check, min)).copied();
                let small = least(Measure::InterEyeDistance, size.inter_eye_distance_px_min).map(|_| Reason::Size);
                let cut = least(Measure::InsideFrame, size.inside_frame_percent_min).map(|_| Reason::Quality);
                small.into_iter().chain(cut).collect()
            }
            Self::Medium => {
                face.checks.iter().filter(|check| !is_of_expression(check.measure)).filter_map(reason).collect()
            }
            Self::High => face.checks.iter().filter_map(reason).collect(),
        };
        reasons.sort_unstable();
        reasons.dedup();
        reasons
    }
}

/// What is no number is below everything.
fn is_below(check: &Check, min: f64) -> bool {
    check.value.is_nan() || check.value < min
}

fn is_of_expression(measure: Measure) -> bool {
    use Measure::{EyeContrast, EyeOpenness, LeftEyeOpenness, MouthOpenness, RightEyeOpenness};
    [EyeContrast, EyeOpenness, LeftEyeOpenness, MouthOpenness, RightEyeOpenness].contains(&measure)
}

fn reason(check: &Check) -> Option<Reason> {
    Some(match check.defect()? {
        // How many faces there are is nothing that one of them falls short in.
        Defect::NoFace | Defect::SeveralFaces => return None,
        Defect::FaceUnclear => Reason::Confidence,
        Defect::FaceSize if check.measure == Measure::InterEyeDistance => Reason::Size,
        Defect::Yaw | Defect::Pitch | Defect::Roll => Reason::Pose,
        Defect::Sharpness => Reason::Sharpness,
        Defect::TooDark => Reason::Brightness,
        Defect::FaceSize
        | Defect::FaceCovered
        | Defect::TooBright
        | Defect::LowContrast
        | Defect::UnevenLight
        | Defect::Sunglasses
        | Defect::MouthOpen
        | Defect::EyesClosed => Reason::Quality,
    })
}

#[cfg(test)]
mod tests {
    use face::{Face, LANDMARKS, Point, Pose, Range, Rect};

    use super::*;

    /// A face of which only these measures were taken.
    fn face(checks: &[(Measure, f64)]) -> SurveyedFace {
        let limits = Policy::default().reference;
        let check = |(measure, value): &(Measure, f64)| Check {
            measure: *measure,
            value: *value,
            range: limits.range(*measure),
        };
        SurveyedFace {
            face: Face { bounds: Rect::default(), landmarks: [Point::default(); LANDMARKS], confidence: 1.0 },
            mesh: Vec::new(),
            pupils: [Point::default(); 2],
            pose: Pose { yaw_degrees: 0.0, pitch_degrees: 0.0, roll_degrees: 0.0, rotation: [[0.0; 3]; 3] },
            checks: checks.iter().map(check).collect(),
        }
    }

    fn reasons(bar: QualityBar, checks: &[(Measure, f64)]) -> Vec<Reason> {
        bar.reasons(&face(checks), &Policy::default())
    }

    #[test]
    fn each_bar_asks_for_more_than_the_one_before() {
        let of = |checks: &[(Measure, f64)]| {
            [QualityBar::None, QualityBar::Low, QualityBar::Medium, QualityBar::High].map(|bar| reasons(bar, checks))
        };
        let (small, tiny) = ([(Measure::InterEyeDistance, 25.0)], [(Measure::InterEyeDistance, 19.0)]);
        assert_eq!(of(&small), [vec![], vec![], vec![Reason::Size], vec![Reason::Size]]);
        assert_eq!(of(&tiny), [vec![], vec![Reason::Size], vec![Reason::Size], vec![Reason::Size]]);
        assert_eq!(of(&[(Measure::MouthOpenness, 90.0)]), [vec![], vec![], vec![], vec![Reason::Quality]]);
        assert_eq!(of(&[(Measure::InsideFrame, 50.0)])[1], [Reason::Quality]);
        assert_eq!(of(&[(Measure::InsideFrame, f64::NAN)])[1], [Reason::Quality]);
    }

    #[test]
    fn every_reason_is_told_once_and_a_good_face_has_none() {
        let bad = [
            (Measure::Yaw, 60.0),
            (Measure::Roll, 60.0),
            (Measure::Sharpness, 10.0),
            (Measure::LuminanceMean, 1.0),
            (Measure::LuminanceMean, 99.0),
            (Measure::FacePresence, -3.0),
            (Measure::FaceCount, 7.0),
        ];
        use Reason::{Brightness, Confidence, Pose, Quality, Sharpness};
        assert_eq!(reasons(QualityBar::Medium, &bad), [Pose, Brightness, Sharpness, Confidence, Quality]);
        assert_eq!(reasons(QualityBar::High, &[(Measure::Yaw, 3.0), (Measure::Sharpness, 190.0)]), []);
        assert!(Policy::default().reference.range(Measure::HeadWidth) == Range::ANY);
    }
}
