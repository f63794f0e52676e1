//! Authentication and authorisation, and the order of refusals.

mod common;

use accounts::Permission;
use common::{CALLS, FACE, Server, calls_with_body};

#[tokio::test]
async fn every_call_needs_its_permission_and_only_that() {
    let server = Server::start().await;
    let needed = [
        Permission::Enrol,
        Permission::Enrol,
        Permission::Delete,
        Permission::Read,
        Permission::Identify,
        Permission::Verify,
        Permission::Compare,
    ];
    for permission in Permission::ALL {
        let (_, key) = server.key_with(&[permission], None);
        for ((method, path, body), needed) in CALLS.into_iter().zip(needed) {
            let request = server.request(method, path).without("Api-Key").header("Api-Key", &key);
            let response = if body.is_empty() { request } else { request.json(body) }.send().await;
            match permission == needed {
                true => assert_eq!(response.status, 200),
                false => response.assert_error(403, "A_003", "key_not_permitted"),
            }
        }
    }
}

#[tokio::test]
async fn the_key_is_asked_for_before_anything_else() {
    let server = Server::start().await;
    for (method, path) in [("POST", "/person/face/a%20b"), ("PUT", "/person/face/"), ("POST", "/person/compare-face")] {
        let nonsense =
            || server.request(method, path).without("Api-Key").header("Content-Type", "x/y").body("nonsense");
        nonsense().send().await.assert_error(401, "A_001", "key_missing");
        nonsense().header("Api-Key", "").send().await.assert_error(401, "A_001", "key_missing");
        nonsense().header("Api-Key", "no").send().await.assert_error(401, "A_002", "key_unknown");
        nonsense().header("Api-Key", "\u{e9}").send().await.assert_error(401, "A_002", "key_unknown");
    }
    assert!(server.fake.take_calls().is_empty());
}

#[tokio::test]
async fn then_comes_the_id_then_the_content_type_then_the_body_then_its_fields() {
    let server = Server::start().await;
    for (method, _, _) in calls_with_body().take(2) {
        let request = |path, content_type, body: &str| {
            server.request(method, path).header("Content-Type", content_type).body(body).send()
        };
        request("/person/face/a%20b", "x/y", "nonsense").await.assert_error(400, "R_003", "person_id_invalid");
        request("/person/face/jane", "x/y", "nonsense").await.assert_error(400, "R_002", "content_type");
        let json = "application/json";
        request("/person/face/jane", json, r#"{"faceImage":5"#).await.assert_error(400, "R_002", "body_cut_off");
        request("/person/face/jane", json, r#"{"faceImage":5}"#).await.assert_error(400, "R_003", "field_type");
    }
    assert!(server.fake.take_calls().is_empty());
}

#[tokio::test]
async fn two_keys_are_none() {
    let server = Server::start().await;
    let twice = server.request("GET", "/person/face/jane").header("Api-Key", &server.key);
    twice.send().await.assert_error(401, "A_002", "key_unknown");
}

#[tokio::test]
async fn a_key_counts_and_ceases_to_count_at_once() {
    let server = Server::start().await;
    let (id, key) = server.key_with(&Permission::ALL, None);
    let call =
        || server.request("POST", "/person/face/jane").without("Api-Key").header("api-key", &key).json(FACE).send();
    assert_eq!(call().await.status, 200);
    server
        .accounts
        .disable_key(None, id, &accounts::Actor::system(), biometric::Timestamp::from_millis(1))
        .expect("disabled");
    call().await.assert_error(403, "A_003", "key_disabled");
}
