//! What the service answers. Each is written to JSON as it came.

use serde::{Deserialize, Serialize, Serializer};

use crate::Code;

/// An enrolled person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The id that the person was enrolled under.
    pub person_id: String,
    /// When the person was enrolled: RFC 3339 in UTC with milliseconds.
    pub created: String,
    /// When the reference was last replaced: RFC 3339 in UTC with milliseconds.
    pub updated: String,
}

/// What was measured on an image, and whether an enrolment would accept it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckedImage {
    /// Whether an enrolment would accept the image. Whether the face is enrolled already is not asked.
    pub accepted: bool,
    /// Size of the upright image.
    pub image: Size,
    /// Where the largest face is, if there is one.
    pub face: Option<FacePlace>,
    /// Every measure, in a fixed order; without a face only `face_count`.
    pub checks: Vec<Check>,
}

/// A size in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// Where a face is, in pixels of the upright image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FacePlace {
    /// The smallest upright box around the face; it may reach beyond the frame.
    #[serde(rename = "box")]
    pub bounds: Bounds,
    /// Five points of the face.
    pub landmarks: Landmarks,
}

/// A box.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Left edge.
    #[serde(serialize_with = "number")]
    pub x: f64,
    /// Upper edge.
    #[serde(serialize_with = "number")]
    pub y: f64,
    /// Width.
    #[serde(serialize_with = "number")]
    pub width: f64,
    /// Height.
    #[serde(serialize_with = "number")]
    pub height: f64,
}

/// Points of a face; right and left are the person's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Landmarks {
    /// Centre of the right eye.
    pub right_eye: Point,
    /// Centre of the left eye.
    pub left_eye: Point,
    /// Tip of the nose.
    pub nose_tip: Point,
    /// Right corner of the mouth.
    pub right_mouth_corner: Point,
    /// Left corner of the mouth.
    pub left_mouth_corner: Point,
}

/// A point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// From the left.
    #[serde(serialize_with = "number")]
    pub x: f64,
    /// From above.
    #[serde(serialize_with = "number")]
    pub y: f64,
}

/// One measure of an image, its limits and its verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Whether the value is within the limits.
    pub passed: bool,
    /// The unit of the value and the limits.
    pub unit: String,
    /// Where it failed: the case of the code.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Where it failed: what the person in front of the camera should do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// Where it failed: the code that an enrolment would be refused with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// The measure: a name of the image requirements.
    pub check: String,
    /// What it came to, if it could be measured.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "optional")]
    pub value: Option<f64>,
    /// The least accepted value, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "optional")]
    pub min: Option<f64>,
    /// The greatest accepted value, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "optional")]
    pub max: Option<f64>,
}

/// The answer of a comparison.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Comparison {
    pub(crate) faces_matched: f64,
}

fn optional<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => number(value, serializer),
        None => serializer.serialize_none(),
    }
}

/// A whole number is written without a fraction, as the service writes it.
fn number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    /// Up to here every whole number has a place in a double.
    const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;
    match value.fract() == 0.0 && value.abs() <= WHOLE_MAX {
        true => serializer.serialize_i64(*value as i64),
        false => serializer.serialize_f64(*value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_written_as_it_came() {
        let text = concat!(
            r#"{"accepted":false,"image":{"width":480,"height":600},"face":{"box":{"x":-1,"y":2.5,"width":3,"height":4},"#,
            r#""landmarks":{"rightEye":{"x":1,"y":1},"leftEye":{"x":2,"y":1},"noseTip":{"x":1.5,"y":2},"#,
            r#""rightMouthCorner":{"x":1,"y":3},"leftMouthCorner":{"x":2,"y":3}}},"checks":[{"passed":false,"unit":"percent","#,
            r#""type":"mouth_open","advice":"Close your mouth.","code":"F_004","check":"mouth_openness_percent","#,
            r#""value":51.2,"max":28},{"passed":true,"unit":"points","check":"unified_quality"}]}"#
        );
        let checked: CheckedImage = serde_json::from_str(text).expect("understood");
        assert_eq!(checked.checks[0].code, Some(Code::MouthOpen));
        assert_eq!(serde_json::to_string(&checked).expect("JSON"), text);
    }

    #[test]
    fn a_field_that_is_new_is_no_error() {
        let text = r#"{"personId":"mark","created":"a","updated":"b","new":1}"#;
        assert_eq!(serde_json::from_str::<Person>(text).expect("understood").person_id, "mark");
    }
}
