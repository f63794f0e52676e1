//! The person id in the path: decoded once, and refused when it is none.

mod common;

use biometric::PersonId;
use common::Server;
use proptest::prelude::*;

#[tokio::test]
async fn ids_are_decoded_once() {
    let server = Server::start().await;
    for (path, id) in [
        ("a+b", "a+b"),
        ("a%2Bb", "a+b"),
        ("a%2bb", "a+b"),
        ("%61", "a"),
        ("jane%40example.org", "jane@example.org"),
        ("jane@example.org", "jane@example.org"),
        ("a:b~c", "a:b~c"),
        ("..", ".."),
        ("%2E%2E", ".."),
        ("-", "-"),
    ] {
        let response = server.get(&format!("/person/face/{path}")).await;
        assert_eq!(response.status, 200, "{path}");
        assert_eq!(response.json()["personId"], id);
        assert_eq!(server.fake.take_calls()[0].id.as_deref(), Some(id));
    }
    let longest = "x".repeat(128);
    assert_eq!(server.get(&format!("/person/face/{longest}")).await.json()["personId"], longest);
}

#[tokio::test]
async fn what_is_no_id_is_refused() {
    let server = Server::start().await;
    let long = "x".repeat(129);
    for path in [
        "", "%", "%4", "%zz", "a%", "%%41", "%2541", "%252E", "%C3%A9", "%FF", "%C3", "%00", "%0a", "%20", "a%2Fb",
        "a b", "a,b", "a;b", "!", "*", "(", "'", "{a}", "%7B", "\u{e9}", &long,
    ] {
        for (method, prefix) in
            [("GET", "face"), ("DELETE", "face"), ("POST", "face"), ("PUT", "face"), ("POST", "verify-face")]
        {
            let path = format!("/person/{prefix}/{path}");
            if path.contains(' ') {
                continue;
            }
            let response = server.request(method, &path).json(common::FACE).send().await;
            response.assert_error(400, "R_003", "person_id_invalid");
            assert_eq!(response.details(), serde_json::json!([{"code": "R_003", "check": "person_id"}]));
        }
    }
    assert!(server.fake.take_calls().is_empty());
}

/// Percent-encodes some of the bytes, chosen by `escape`.
fn encoded(id: &[u8], escape: &[bool]) -> String {
    let byte = |(byte, escape): (&u8, &bool)| match *escape || !byte.is_ascii_alphanumeric() {
        true => format!("%{byte:02x}"),
        false => char::from(*byte).to_string(),
    };
    id.iter().zip(escape).map(byte).collect()
}

#[test]
fn any_bytes_are_an_id_exactly_when_they_parse_as_one() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let server = runtime.block_on(Server::start());
    let ids = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..20),
        "[A-Za-z0-9._~@:+-]{1,140}".prop_map(String::into_bytes),
    ];
    let strategy = (ids, prop::collection::vec(any::<bool>(), 140));
    proptest!(ProptestConfig::with_cases(300), |((id, escape) in strategy)| {
        let response = runtime.block_on(server.get(&format!("/person/face/{}", encoded(&id, &escape))));
        let expected = std::str::from_utf8(&id).ok().and_then(|text| PersonId::parse(text).ok());
        match expected {
            Some(id) => prop_assert_eq!(&response.json()["personId"], id.as_str()),
            None => response.assert_error(400, "R_003", "person_id_invalid"),
        }
    });
}
