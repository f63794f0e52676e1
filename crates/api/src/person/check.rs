//! `/person/check-face`, an addition to the page: would this image do for an enrolment?

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use face::{Check, Examination, Point};
use serde::Serialize;

use crate::app::App;
use crate::error::{Detail, Number, Problem, defect_case, problem_of};
use crate::extract::{self, Authorised, Body, FaceImage};
use crate::response::json_response;

/// The answer: every measure of an image with its verdict. Others who tell of an [`Examination`] in JSON use it, too.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdicts {
    /// Whether an enrolment would accept the image; whether the face is enrolled already is another question.
    accepted: bool,
    image: Size,
    face: Option<Face>,
    checks: Vec<Verdict>,
}

#[derive(Serialize)]
struct Size {
    width: u32,
    height: u32,
}

/// The largest face, in pixels of the upright image.
#[derive(Serialize)]
struct Face {
    r#box: Bounds,
    landmarks: Landmarks,
}

#[derive(Serialize)]
struct Bounds {
    x: Option<Number>,
    y: Option<Number>,
    width: Option<Number>,
    height: Option<Number>,
}

/// Right and left are the person's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Landmarks {
    right_eye: Place,
    left_eye: Place,
    nose_tip: Place,
    right_mouth_corner: Place,
    left_mouth_corner: Place,
}

#[derive(Serialize)]
struct Place {
    x: Option<Number>,
    y: Option<Number>,
}

/// A measure, as `details` show it, and whether it is passed. `code`, `type` and `advice` are there when it is not.
#[derive(Serialize)]
struct Verdict {
    passed: bool,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'static str>,
    #[serde(flatten)]
    detail: Detail,
}

pub(crate) async fn check(
    State(app): State<App>,
    caller: Authorised<extract::Check>,
    Body(image): Body<FaceImage>,
) -> Result<Response, Problem> {
    let examination = app.operations.check(&caller.scope, image.face).await.map_err(|error| problem_of(error, None))?;
    Ok(json_response(StatusCode::OK, &Verdicts::from(&examination)))
}

impl From<&Examination> for Verdicts {
    fn from(examination: &Examination) -> Self {
        Self {
            accepted: examination.checks.iter().all(Check::passed),
            image: Size { width: examination.width, height: examination.height },
            face: examination.face.as_ref().map(|examined| Face::from(&examined.face)),
            checks: examination.checks.iter().map(Verdict::from).collect(),
        }
    }
}

impl From<&Check> for Verdict {
    fn from(check: &Check) -> Self {
        let Check { measure, value, range } = *check;
        let case = check.defect().map(defect_case);
        Self {
            passed: check.passed(),
            unit: measure.unit(),
            r#type: case.map(crate::error::Case::word),
            advice: check.defect().map(face::Defect::advice),
            detail: Detail::maybe(case, measure.name(), value, range.min, range.max),
        }
    }
}

impl From<&face::Face> for Face {
    fn from(face: &face::Face) -> Self {
        let face::Rect { x, y, width, height } = face.bounds;
        let [right_eye, left_eye, nose_tip, right_mouth_corner, left_mouth_corner] = face.landmarks.map(Place::from);
        Self {
            r#box: Bounds { x: shown(x), y: shown(y), width: shown(width), height: shown(height) },
            landmarks: Landmarks { right_eye, left_eye, nose_tip, right_mouth_corner, left_mouth_corner },
        }
    }
}

impl From<Point> for Place {
    fn from(point: Point) -> Self {
        Self { x: shown(point.x), y: shown(point.y) }
    }
}

/// Tenths of a pixel: the detector knows no more.
fn shown(pixels: f32) -> Option<Number> {
    Number::new((f64::from(pixels) * 10.0).round() / 10.0)
}
