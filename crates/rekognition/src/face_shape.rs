//! A face as the wire format has it: shares of the upright image's sides, degrees, percent.
//!
//! The wire format's left is the picture's left. Its yaw is above 0 to the picture's right, ours to the picture's left;
//! roll and pitch have one sign.

use engine::{FaceBox, FaceRecord};
use face::{Check, Measure, Point, SurveyedFace};
use serde::Serialize;

use crate::input::Attributes;

/// Digits behind the point: a thousandth of a pixel of the largest image.
const DECIMALS: f64 = 1e8;

/// The names of the detector's points, in its own order.
const FIVE: [&str; 5] = ["eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"];

/// The other landmarks, as points of MediaPipe's face mesh.
const OF_MESH: [(&str, usize); 23] = [
    ("leftEyeBrowLeft", 70),
    ("leftEyeBrowRight", 107),
    ("leftEyeBrowUp", 105),
    ("rightEyeBrowLeft", 336),
    ("rightEyeBrowRight", 300),
    ("rightEyeBrowUp", 334),
    ("leftEyeLeft", 33),
    ("leftEyeRight", 133),
    ("leftEyeUp", 159),
    ("leftEyeDown", 145),
    ("rightEyeLeft", 362),
    ("rightEyeRight", 263),
    ("rightEyeUp", 386),
    ("rightEyeDown", 374),
    ("noseLeft", 98),
    ("noseRight", 327),
    ("mouthUp", 0),
    ("mouthDown", 17),
    ("upperJawlineLeft", 234),
    ("midJawlineLeft", 172),
    ("chinBottom", 152),
    ("midJawlineRight", 397),
    ("upperJawlineRight", 454),
];

/// The iris of either eye.
const PUPILS: [&str; 2] = ["leftPupil", "rightPupil"];

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BoundingBox {
    width: f64,
    height: f64,
    left: f64,
    top: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Landmark {
    #[serde(rename = "Type")]
    kind: &'static str,
    x: f64,
    y: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Pose {
    roll: f64,
    yaw: f64,
    pitch: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Quality {
    brightness: f64,
    sharpness: f64,
}

/// A yes or no, and how far it is from being the other: 50 at the limit, 100 at the end of the scale.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Judgement {
    value: bool,
    confidence: f64,
}

/// A face that was looked at.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FaceDetail {
    bounding_box: BoundingBox,
    #[serde(skip_serializing_if = "Option::is_none")]
    eyes_open: Option<Judgement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mouth_open: Option<Judgement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sunglasses: Option<Judgement>,
    landmarks: Vec<Landmark>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pose: Option<Pose>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<Quality>,
    confidence: f64,
}

/// A face that is kept in a collection. The version of the model that indexed it has only digits and points on this wire,
/// and ours has a name: it stands in `FaceModelVersion`, which is free.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Face {
    face_id: String,
    bounding_box: BoundingBox,
    image_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_image_id: Option<String>,
    confidence: f64,
}

impl FaceDetail {
    pub(crate) fn of(face: &SurveyedFace, size: (u32, u32), wanted: Attributes) -> Self {
        let judged = |measures: &[Measure], is_yes_when_passed, is_wanted: bool| {
            is_wanted.then(|| judgement(face, measures, is_yes_when_passed)).flatten()
        };
        let eyes = [Measure::EyeOpenness, Measure::RightEyeOpenness, Measure::LeftEyeOpenness];
        Self {
            bounding_box: bounding_box(face, size),
            eyes_open: judged(&eyes, true, wanted.eyes_open),
            mouth_open: judged(&[Measure::MouthOpenness], false, wanted.mouth_open),
            sunglasses: judged(&[Measure::EyeContrast], false, wanted.sunglasses),
            landmarks: landmarks(face, size, wanted.landmarks),
            pose: pose(face),
            quality: quality(face),
            confidence: confidence(face),
        }
    }
}

impl Face {
    pub(crate) fn of(record: FaceRecord) -> Self {
        let FaceRecord { id, image_id, external_image_id, bounds, confidence } = record;
        let FaceBox { left, top, width, height } = bounds;
        Self {
            face_id: id.to_string(),
            bounding_box: BoundingBox {
                width: rounded(width),
                height: rounded(height),
                left: rounded(left),
                top: rounded(top),
            },
            image_id: image_id.to_string(),
            external_image_id: external_image_id.map(|id| id.as_str().to_owned()),
            confidence: rounded(confidence),
        }
    }
}

pub(crate) fn bounding_box(face: &SurveyedFace, (width, height): (u32, u32)) -> BoundingBox {
    let bounds = &face.face.bounds;
    let share = |length: f32, of: u32| rounded(f64::from(length) / f64::from(of));
    BoundingBox {
        width: share(bounds.width, width),
        height: share(bounds.height, height),
        left: share(bounds.x, width),
        top: share(bounds.y, height),
    }
}

/// How sure the detector is that it is a face, in percent.
pub(crate) fn confidence(face: &SurveyedFace) -> f64 {
    rounded(100.0 * f64::from(face.face.confidence))
}

fn landmarks(face: &SurveyedFace, (width, height): (u32, u32), all: bool) -> Vec<Landmark> {
    let landmark = |kind, point: Point| Landmark {
        kind,
        x: rounded(f64::from(point.x) / f64::from(width)),
        y: rounded(f64::from(point.y) / f64::from(height)),
    };
    let five = FIVE.into_iter().zip(face.face.landmarks);
    let of_mesh = OF_MESH.into_iter().filter_map(|(kind, at)| Some((kind, *face.mesh.get(at)?)));
    let others = of_mesh.chain(PUPILS.into_iter().zip(face.pupils)).filter(|_| all);
    five.chain(others).map(|(kind, point)| landmark(kind, point)).collect()
}

/// Absent when the head's position could not be told.
fn pose(face: &SurveyedFace) -> Option<Pose> {
    let angles = [face.pose.roll_degrees, -face.pose.yaw_degrees, face.pose.pitch_degrees];
    let [roll, yaw, pitch] = angles.map(rounded);
    angles.iter().all(|angle| angle.is_finite()).then_some(Pose { roll, yaw, pitch })
}

/// Brightness of full scale; sharpness by our scale, in which 50 is the limit of an enrolment and 100 a studio portrait.
fn quality(face: &SurveyedFace) -> Option<Quality> {
    let brightness = face.check(Measure::LuminanceMean)?.value;
    let sharpness = face.check(Measure::Sharpness)?.points()?;
    brightness.is_finite().then(|| Quality { brightness: rounded(brightness), sharpness: rounded(sharpness) })
}

/// What several measures say together: the worst decides. Absent when one could not be taken.
fn judgement(face: &SurveyedFace, measures: &[Measure], is_yes_when_passed: bool) -> Option<Judgement> {
    let checks = measures.iter().map(|measure| face.check(*measure)).collect::<Option<Vec<&Check>>>()?;
    if checks.iter().any(|check| check.value.is_nan()) {
        return None;
    }
    let passed = checks.iter().all(|check| check.passed());
    let points = checks.iter().filter_map(|check| check.points()).reduce(f64::min)?;
    let confidence = if passed { points } else { 100.0 - points };
    Some(Judgement { value: passed == is_yes_when_passed, confidence: rounded(confidence) })
}

pub(crate) fn rounded(value: f64) -> f64 {
    (value * DECIMALS).round() / DECIMALS
}
