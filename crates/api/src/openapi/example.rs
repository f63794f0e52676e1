//! Examples of what is sent and answered, written by the types that write the real answers wherever there is one.

use accounts::usage::SIGNATURES_MAX;
use biometric::Timestamp;
use face::{CheckLimits, Examination, ExaminedFace, Face, ImageLimits, Measure, Point, Pose, Rect};
use serde_json::{Value, json};

use super::call::{Body, Call};
use crate::error::{Detail, defect_case};
use crate::{Case, Settings, Verdicts};

/// The person of the examples.
pub(super) const PERSON_ID: &str = "jane.doe";

/// What a JPEG begins and ends with: an image of ten thousands of characters would hide the rest.
const IMAGE: &str = "/9j/4AAQSkZJRgABAQEASABIAAD/2Q==";
const OTHER_IMAGE: &str = "/9j/4AAQSkZJRgABAQEAYABgAAD/2Q==";

const CREATED: &str = "2020-09-03T16:05:08.938Z";
const UPDATED: &str = "2020-09-04T16:05:08.938Z";

/// The first moment of a month: when a plan starts again.
const RESETS: i64 = 1_601_510_400_000;

/// Bodies of requests.
pub(super) fn bodies(body: Body) -> Value {
    match body {
        Body::FaceImage => json!({
            "base64": {"summary": "An image, shortened", "value": {"faceImage": IMAGE}},
            "data_url": {
                "summary": "The same with the prefix that browsers write",
                "value": {"faceImage": format!("data:image/jpeg;base64,{IMAGE}")},
            },
        }),
        Body::ImagePair => json!({
            "default": {
                "summary": "Two images, shortened, that match from 80 % on",
                "value": {"sourceImage": IMAGE, "targetImage": OTHER_IMAGE},
            },
            "threshold": {
                "summary": "A stricter threshold: at 98 % one comparison in a million is a false match",
                "value": {"sourceImage": IMAGE, "targetImage": OTHER_IMAGE, "similarityThreshold": 98},
            },
        }),
    }
}

/// Bodies of successes.
pub(super) fn answers(call: Call) -> Value {
    let person = |updated: &str| json!({"personId": PERSON_ID, "created": CREATED, "updated": updated});
    match call {
        Call::Create => json!({"created": {"summary": "Enrolled just now", "value": person(CREATED)}}),
        Call::Update => json!({"updated": {"summary": "The image was replaced", "value": person(UPDATED)}}),
        Call::Remove => json!({}),
        Call::Get => json!({"enrolled": {"summary": "The person is enrolled", "value": person(UPDATED)}}),
        Call::Identify => json!({"found": {"summary": "The most similar person", "value": person(UPDATED)}}),
        Call::Verify => json!({"verified": {"summary": "The face is that person's", "value": person(UPDATED)}}),
        Call::Compare => json!({
            "matched": {"summary": "They match", "value": {"facesMatched": 87.65}},
            "not_matched": {"summary": "They are less similar than asked for", "value": {"facesMatched": 0}},
        }),
        Call::Check => json!({
            "accepted": {"summary": "It would be accepted", "value": Verdicts::from(&portrait())},
            "refused": {"summary": "The mouth is open", "value": Verdicts::from(&open_mouth())},
            "no_face": {"summary": "There is no face", "value": Verdicts::from(&landscape())},
        }),
        Call::Live => json!({"live": {"summary": "The process runs", "value": {"status": "live"}}}),
        Call::Ready => json!({"ready": {"summary": "Requests are served", "value": {"status": "ready"}}}),
        Call::Document => json!({"document": {
            "summary": "How it begins",
            "value": {"openapi": "3.1.0", "info": {"title": "Auther Check API", "version": super::VERSION}, "paths": {}},
        }}),
    }
}

/// The body of an error.
pub(super) fn error(call: Call, case: Case) -> Value {
    let code = case.code();
    let message = code.message().replace("%s", PERSON_ID);
    let mut error = json!({"code": code.text(), "type": case.word(), "message": message});
    let details = details(call, case);
    if !details.is_empty() {
        error["details"] = details.into();
    }
    error
}

fn details(call: Call, case: Case) -> Vec<Value> {
    let image = ImageLimits::default();
    let named = |check| vec![json!(Detail::new(case, check))];
    let above = |check, value: f64, max: f64| vec![json!(Detail::measured(case, check, value, None, max))];
    let field = match call.body() {
        Some(Body::ImagePair) => "sourceImage",
        Some(Body::FaceImage) | None => "faceImage",
    };
    match case {
        Case::BodyTooLarge => {
            let images = if call.body() == Some(Body::ImagePair) { 2 } else { 1 };
            let max = Settings::default().body_bytes_max(images);
            above("body_bytes", (2 * max) as f64, max as f64)
        }
        Case::PersonIdInvalid | Case::PersonTaken => named("person_id"),
        Case::FieldMissing
        | Case::FieldType
        | Case::FieldEmpty
        | Case::FieldNotBase64
        | Case::FieldDuplicate
        | Case::FieldConflict => named(field),
        Case::FieldRange => vec![json!(Detail::measured(case, "similarityThreshold", 101.0, 0.0, 100.0))],
        Case::ImageFormat => named("image_format"),
        Case::ImageUndecodable => named("image_data"),
        Case::ImageBytes => above("image_bytes", (image.bytes_max + 1) as f64, image.bytes_max as f64),
        Case::ImagePixels => above("image_pixels", 8_000.0 * 6_000.0, image.pixels_max as f64),
        Case::ImageSide => {
            let side = f64::from(image.side_px_min);
            vec![json!(Detail::measured(case, "image_side_px", side - 4.0, side, None))]
        }
        // Dark glasses hide the eyes, so that they do not pass for open ones either: an example of two details.
        Case::Sunglasses => measured(case).into_iter().chain(measured(Case::EyesClosed)).collect(),
        Case::NoFace
        | Case::FaceCovered
        | Case::FaceUnclear
        | Case::SeveralFaces
        | Case::FaceSize
        | Case::Yaw
        | Case::Pitch
        | Case::Roll
        | Case::NotSharp
        | Case::TooDark
        | Case::TooBright
        | Case::LowContrast
        | Case::UnevenLight
        | Case::MouthOpen
        | Case::EyesClosed => measured(case).into_iter().collect(),
        Case::FaceEnrolled => named("face_enrolled"),
        Case::RequestsExhausted => {
            let detail = Detail::measured(case, "requests_per_month", 1_000.0, None, 1_000.0);
            vec![json!(detail.resetting(Timestamp::from_millis(RESETS)))]
        }
        Case::PersonsExhausted => above("persons", 100.0, 100.0),
        Case::RateExceeded => above("requests_per_second", f64::NAN, 2.0),
        Case::TooManyInFlight => above("requests_in_flight", f64::NAN, 32.0),
        // A clock that is ten minutes behind.
        Case::TimestampOutside => {
            let (away, limit) = (-600_000.0, signing::WINDOW_MS as f64);
            vec![json!(Detail::measured(case, "timestamp_ms_from_now", away, -limit, limit))]
        }
        Case::TooManySignatures => {
            let max = SIGNATURES_MAX as f64;
            vec![json!(Detail::measured(case, "signatures_remembered", max, None, max))]
        }
        Case::SignatureMissing
        | Case::SignatureWrong
        | Case::SignatureVersion
        | Case::SigningNotSetUp
        | Case::TimestampInvalid
        | Case::SignatureReplayed => Vec::new(),
        Case::HttpMalformed
        | Case::ContentType
        | Case::BodyEmpty
        | Case::BodyNotJson
        | Case::BodyCutOff
        | Case::BodyNotObject
        | Case::PersonNotFound
        | Case::FaceNotMatched
        | Case::NoPersonMatched
        | Case::KeyMissing
        | Case::KeyUnknown
        | Case::KeyDisabled
        | Case::KeyExpired
        | Case::KeyNotPermitted
        | Case::KeyNetwork
        | Case::OrganisationSuspended
        | Case::UnknownRoute
        | Case::WrongMethod
        | Case::Overloaded
        | Case::TimedOut
        | Case::Unavailable
        | Case::Internal => Vec::new(),
    }
}

/// The first measure that shows the defect, missing its default limit by a quarter.
fn measured(case: Case) -> Option<Value> {
    Measure::ALL.iter().find_map(|measure| {
        let range = CheckLimits::default().range(*measure);
        let (min, max) = (range.min, range.max);
        let below = min.filter(|_| defect_case(measure.defect(true)) == case);
        let above = max.filter(|_| defect_case(measure.defect(false)) == case);
        let value = match (below, above) {
            (Some(min), _) => Some(min - miss(min)),
            (None, Some(max)) => Some(max + miss(max)),
            (None, None) => None,
        };
        value.map(|value| json!(Detail::measured(case, measure.name(), value, min, max)))
    })
}

fn miss(limit: f64) -> f64 {
    (limit.abs() / 4.0).max(1.0)
}

/// An image that would be accepted.
fn portrait() -> Examination {
    let limits = CheckLimits::default();
    let check = |measure: &Measure| face::Check {
        measure: *measure,
        value: portrait_value(*measure),
        range: limits.range(*measure),
    };
    let landmarks = [(187.3, 287.0), (283.2, 281.6), (239.0, 338.8), (203.4, 395.0), (279.4, 390.4)];
    let face = Face {
        bounds: Rect { x: 130.7, y: 167.4, width: 216.3, height: 301.5 },
        landmarks: landmarks.map(|(x, y)| Point { x, y }),
        confidence: 0.95,
    };
    let pose = Pose { yaw_degrees: 0.0, pitch_degrees: 0.0, roll_degrees: 0.0, rotation: [[0.0; 3]; 3] };
    Examination {
        width: 480,
        height: 600,
        checks: Measure::ALL.iter().map(check).collect(),
        face: Some(ExaminedFace { face, count: 1, mesh: Vec::new(), pose }),
    }
}

fn open_mouth() -> Examination {
    let mut open = portrait();
    for check in &mut open.checks {
        if check.measure == Measure::MouthOpenness {
            check.value = 50.7;
        } else if check.measure == Measure::UnifiedQuality {
            check.value = 4.6;
        }
    }
    open
}

fn landscape() -> Examination {
    let range = CheckLimits::default().range(Measure::FaceCount);
    let count = face::Check { measure: Measure::FaceCount, value: 0.0, range };
    Examination { face: None, checks: vec![count], ..portrait() }
}

/// What a good portrait measures.
const fn portrait_value(measure: Measure) -> f64 {
    match measure {
        Measure::FaceCount => 1.0,
        Measure::MouthVisibility => 31.4,
        Measure::DetectorConfidence => 95.1,
        Measure::FacePresence => 21.3,
        Measure::InterEyeDistance => 96.1,
        Measure::HeadWidth => 228.0,
        Measure::HeadHeight => 296.5,
        Measure::FaceShare => 49.4,
        Measure::InsideFrame => 100.0,
        Measure::Margin => 55.9,
        Measure::Yaw => -2.1,
        Measure::Pitch => 3.4,
        Measure::Roll => -3.2,
        Measure::Sharpness => 188.2,
        Measure::LuminanceMean => 54.6,
        Measure::LuminanceContrast => 12.7,
        Measure::UnderExposed => 0.4,
        Measure::OverExposed => 0.1,
        Measure::IlluminationUniformity => 82.5,
        Measure::EyeContrast => 164.0,
        Measure::EyeOpenness => 28.9,
        Measure::RightEyeOpenness => 29.3,
        Measure::LeftEyeOpenness => 28.5,
        Measure::MouthOpenness => 1.2,
        Measure::UnifiedQuality => 71.8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_a_check_are_what_they_say() {
        let examples = answers(Call::Check);
        assert_eq!(examples["accepted"]["value"]["accepted"], true);
        let refused = &examples["refused"]["value"]["checks"];
        let failed: Vec<&Value> = refused.as_array().expect("checks").iter().filter(|c| c["passed"] == false).collect();
        assert_eq!(failed.len(), 1);
        assert_eq!(failed[0]["type"], "mouth_open");
        assert_eq!(examples["no_face"]["value"]["checks"][0]["type"], "no_face");
        assert_eq!(examples["no_face"]["value"]["face"], Value::Null);
    }

    #[test]
    fn every_defect_has_a_measure() {
        for defect in face::Defect::ALL {
            let case = defect_case(*defect);
            let detail = measured(case).unwrap_or_else(|| panic!("{case:?}"));
            assert_eq!(detail["code"], case.code().text());
        }
    }
}
