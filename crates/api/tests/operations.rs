//! Every call in success: what reaches the engine, and what comes back.

mod common;

use accounts::Permission;
use common::{CALLS, FACE, Script, Server, TENANT};
use serde_json::json;

#[tokio::test]
async fn every_call_reaches_its_operation_with_tenant_id_and_images() {
    let server = Server::start().await;
    let expected = ["enrol", "update", "remove", "get", "identify", "verify", "compare"];
    for ((method, path, body), operation) in CALLS.into_iter().zip(expected) {
        let request = server.request(method, path);
        let request = if body.is_empty() { request } else { request.json(body) };
        assert_eq!(request.send().await.status, 200, "{operation}");
        let [call] = <[_; 1]>::try_from(server.fake.take_calls()).expect("one call");
        assert_eq!(call.operation, operation);
        assert_eq!(call.scope.map(|scope| scope.tenant), Some(TENANT));
        assert_eq!(call.id.as_deref(), path.ends_with("jane").then_some("jane"));
        let images: &[Vec<u8>] = match operation {
            "remove" | "get" => &[],
            "compare" => &[vec![0, 1, 2], vec![3, 4, 5]],
            _ => &[vec![0, 1, 2]],
        };
        assert_eq!(call.images, images);
    }
}

#[tokio::test]
async fn a_person_is_shown_with_both_times_and_nothing_else() {
    let server = Server::start().await;
    let times = ("2020-09-03T16:05:08.938Z", "2020-09-04T16:05:08.938Z");
    for (method, path, body) in CALLS {
        let id = if path.ends_with("jane") { "jane" } else { "best" };
        if method == "DELETE" || path.ends_with("compare-face") {
            continue;
        }
        let request = server.request(method, path);
        let response = if body.is_empty() { request } else { request.json(body) }.send().await;
        assert_eq!(response.json(), json!({"personId": id, "created": times.0, "updated": times.1}));
    }
}

#[tokio::test]
async fn a_removal_answers_200_with_an_empty_body() {
    let server = Server::start().await;
    let response = server.request("DELETE", "/person/face/jane").send().await;
    assert_eq!((response.status, response.body.len()), (200, 0));
    assert_eq!(response.header("content-length"), Some("0"));
}

async fn compared(server: &Server, percent: f64, threshold: &str) -> String {
    server.fake.script(Script::Percent(percent));
    let body = format!(r#"{{"sourceImage":"AAEC","targetImage":"AwQF"{threshold}}}"#);
    let response = server.post("/person/compare-face", body).await;
    assert_eq!(response.status, 200);
    String::from_utf8(response.body).expect("text")
}

#[tokio::test]
async fn compare_shows_the_similarity_from_the_threshold_on_and_0_below() {
    let server = Server::start().await;
    for (percent, threshold, expected) in [
        (87.654_321, "", "87.65"),
        (80.0, "", "80"),
        (79.999_999, "", "0"),
        (100.0, "", "100"),
        (87.659_999, "", "87.65"),
        (87.5, r#","similarityThreshold":null"#, "87.5"),
        (87.5, r#","similarityThreshold":87.5"#, "87.5"),
        (87.5, r#","similarityThreshold":87.51"#, "0"),
        (99.0, r#","similarityThreshold":98"#, "99"),
        (0.5, r#","similarityThreshold":0"#, "0.5"),
        (0.0, r#","similarityThreshold":0"#, "0"),
        (99.999, r#","similarityThreshold":100"#, "0"),
        (100.0, r#","similarityThreshold":1e2"#, "100"),
        (50.0, r#","similarityThreshold":-0.0"#, "50"),
    ] {
        let body = compared(&server, percent, threshold).await;
        assert_eq!(body, format!(r#"{{"facesMatched":{expected}}}"#), "{percent} {threshold}");
    }
}

#[tokio::test]
async fn the_misspelt_source_image_is_understood() {
    let server = Server::start().await;
    for body in [
        r#"{"targetImage":"AwQF","sourcetImage":"AAEC"}"#,
        r#"{"targetImage":"AwQF","sourcetImage":"AAEC","sourceImage":null}"#,
        r#"{"targetImage":"AwQF","sourcetImage":"AAEC","sourceImage":"AAEC"}"#,
    ] {
        assert_eq!(server.post("/person/compare-face", body).await.status, 200);
        assert_eq!(server.fake.take_calls()[0].images, [[0, 1, 2], [3, 4, 5]]);
    }
    let different = r#"{"targetImage":"AwQF","sourcetImage":"AAEC","sourceImage":"BBBB"}"#;
    let response = server.post("/person/compare-face", different).await;
    response.assert_error(400, "R_003", "field_conflict");
    assert_eq!(response.details(), json!([{"code": "R_003", "check": "sourceImage"}]));
}

#[tokio::test]
async fn unknown_fields_and_queries_are_ignored() {
    let server = Server::start().await;
    let body = r#"{"sourceImage":5,"faceImage":"AAEC","x":{"faceImage":[1e999]},"x":null,"similarityThreshold":"y"}"#;
    assert_eq!(server.post("/person/face/jane?a=b", body).await.status, 200);
    assert_eq!(server.fake.take_calls()[0].id.as_deref(), Some("jane"));
}

#[tokio::test]
async fn many_requests_share_a_connection() {
    use tokio::io::AsyncWriteExt as _;
    let server = Server::start().await;
    let mut stream = server.connect().await;
    for _ in 0..50 {
        stream.write_all(&server.request("POST", "/person/face/jane").json(FACE).bytes()).await.expect("written");
        assert_eq!(common::read_response(&mut stream).await.status, 200);
    }
}

#[tokio::test]
async fn check_shows_every_measure_with_its_verdict() {
    let server = Server::start().await;
    let response = server.post("/person/check-face", FACE).await;
    assert_eq!(response.status, 200);
    assert_eq!(
        response.json(),
        json!({
            "accepted": false,
            "image": {"width": 640, "height": 480},
            "face": {
                "box": {"x": -0.5, "y": 10, "width": 80.3, "height": 99},
                "landmarks": {
                    "rightEye": {"x": 1, "y": 10},
                    "leftEye": {"x": 2, "y": 10},
                    "noseTip": {"x": 3, "y": 10},
                    "rightMouthCorner": {"x": 4, "y": 10},
                    "leftMouthCorner": {"x": 5, "y": 10},
                },
            },
            "checks": [
                {
                    "check": "yaw_degrees", "passed": false, "unit": "degrees", "value": 30.01, "min": -20, "max": 20,
                    "code": "F_010", "type": "face_turned", "advice": "Look straight ahead: do not turn your head.",
                },
                {"check": "sharpness_percent", "passed": true, "unit": "percent", "value": 190, "min": 130},
                {"check": "head_width_px", "passed": true, "unit": "pixels"},
            ],
        })
    );
    let calls = server.fake.take_calls();
    assert_eq!((calls.len(), calls[0].operation, calls[0].images.as_slice()), (1, "check", &[vec![0, 1, 2]][..]));
}

#[tokio::test]
async fn check_asks_for_the_permission_to_enrol() {
    let server = Server::start().await;
    let (_, key) = server.key_with(&[Permission::Verify], None);
    let request = server.request("POST", "/person/check-face").without("Api-Key").header("Api-Key", &key);
    request.json(FACE).send().await.assert_error(403, "A_003", "key_not_permitted");
}
