//! What an error says beside its code: details, and when to try again.

mod common;

use std::time::Duration;

use common::{FACE, Request, Script, Server};
use engine::{Error, Refusal};
use face::{Defect, ImageError, Rejection};

/// What the engine says, and what comes of it.
type Failure = (fn() -> Error, &'static str);

#[tokio::test]
async fn several_refusals_are_all_listed_in_the_order_of_precedence() {
    fn refuse() -> Error {
        let size = Rejection {
            defect: Defect::FaceSize,
            measure: "inter_eye_distance_px",
            value: 41.239,
            min: Some(60.0),
            max: None,
        };
        let faces = Rejection { defect: Defect::SeveralFaces, measure: "faces", value: 2.0, min: None, max: Some(1.0) };
        let (size, faces) = (Refusal::Face(size), Refusal::Face(faces));
        Error::Refused(vec![Refusal::FaceEnrolled, size, Refusal::PersonTaken, faces])
    }
    let server = Server::start().await;
    server.fake.script(Script::Fail(refuse));
    let response = server.post("/person/face/jane", FACE).await;
    response.assert_error(400, "CP_002", "person_taken");
    assert_eq!(
        response.details(),
        serde_json::json!([
            {"code": "CP_002", "check": "person_id"},
            {"code": "F_001", "check": "faces", "value": 2, "max": 1},
            {"code": "F_011", "check": "inter_eye_distance_px", "value": 41.23, "min": 60},
            {"code": "F_012", "check": "face_enrolled"},
        ])
    );
}

#[tokio::test]
async fn every_wrong_field_is_listed() {
    let server = Server::start().await;
    let body = r#"{"sourceImage":"","similarityThreshold":100.5}"#;
    let response = server.post("/person/compare-face", body).await;
    response.assert_error(400, "R_003", "field_empty");
    assert_eq!(
        response.details(),
        serde_json::json!([
            {"code": "R_003", "check": "sourceImage"},
            {"code": "R_003", "check": "targetImage"},
            {"code": "R_003", "check": "similarityThreshold", "value": 100.5, "min": 0, "max": 100},
        ])
    );
}

#[tokio::test]
async fn the_measures_of_an_image_are_listed() {
    let server = Server::start().await;
    let cases: [Failure; 4] = [
        (
            || ImageError::TooManyBytes { bytes: 11, bytes_max: 10 }.into(),
            r#"[{"check":"image_bytes","code":"R_003","max":10,"value":11}]"#,
        ),
        (
            || ImageError::TooManyPixels { width: 10, height: 20, pixels_max: 100 }.into(),
            r#"[{"check":"image_pixels","code":"R_003","max":100,"value":200}]"#,
        ),
        (
            || ImageError::TooSmall { width: 99, height: 200, side_px_min: 100 }.into(),
            r#"[{"check":"image_side_px","code":"R_003","min":100,"value":99}]"#,
        ),
        (|| ImageError::UnknownFormat.into(), r#"[{"check":"image_format","code":"R_003"}]"#),
    ];
    for (error, expected) in cases {
        server.fake.script(Script::Fail(error));
        assert_eq!(server.post("/person/face/jane", FACE).await.details().to_string(), expected);
    }
}

#[tokio::test]
async fn retry_after_is_the_engines_rounded_up() {
    let server = Server::start().await;
    let cases: [Failure; 2] = [
        (|| Error::Overloaded { retry_after: Duration::from_millis(2_001) }, "3"),
        (|| Error::Unavailable("inside".to_owned()), "1"),
    ];
    for (error, seconds) in cases {
        server.fake.script(Script::Fail(error));
        assert_eq!(server.post("/person/face/jane", FACE).await.header("retry-after"), Some(seconds));
    }
}

#[tokio::test]
async fn a_refusal_without_a_reason_is_a_defect() {
    let server = Server::start().await;
    server.fake.script(Script::Fail(|| Error::Refused(Vec::new())));
    server.post("/person/face/jane", FACE).await.assert_error(500, "I_001", "internal");
}

#[tokio::test]
async fn errors_without_details_do_not_show_the_word() {
    let server = Server::start().await;
    let response = Request::new(server.address, "GET", "/nowhere").send().await;
    assert!(response.json().get("details").is_none());
}
