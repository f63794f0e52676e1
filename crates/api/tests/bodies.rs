//! Bodies that are wrong, from careless to hostile.

mod common;

use std::time::{Duration, Instant};

use common::{FACE, PAIR, Response, Server, calls_with_body, exchange};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[tokio::test]
async fn content_types() {
    let server = Server::start().await;
    let send = |content_type: &str| {
        server.request("POST", "/person/face/jane").header("Content-Type", content_type).body(FACE).send()
    };
    for right in ["application/json", "application/json; charset=utf-8", "Application/JSON ;x=y", "application/json;"] {
        assert_eq!(send(right).await.status, 200, "{right}");
    }
    for wrong in [
        "",
        "text/json",
        "application/jsonp",
        "application/problem+json",
        "multipart/form-data",
        "*/*",
        "json",
        ";application/json",
    ] {
        send(wrong).await.assert_error(400, "R_002", "content_type");
    }
    let twice = server.request("POST", "/person/face/jane").header("Content-Type", "text/plain").json(FACE);
    twice.send().await.assert_error(400, "R_002", "content_type");
}

#[tokio::test]
async fn a_body_cut_off_anywhere_is_no_body() {
    let server = Server::start().await;
    for (method, path, body) in calls_with_body() {
        for length in 0..body.len() {
            let response = server.request(method, path).json(&body[..length]).send().await;
            assert_eq!((response.status, response.code().as_str()), (400, "R_002"), "{}", &body[..length]);
        }
    }
    assert!(server.fake.take_calls().is_empty());
}

#[tokio::test]
async fn what_is_no_json_is_no_body_and_what_is_no_object_has_no_fields() {
    let server = Server::start().await;
    for body in [
        &b"nonsense"[..],
        b"{'faceImage':'AAEC'}",
        b"{faceImage:\"AAEC\"}",
        b"{\"faceImage\":\"AAEC\",}",
        b"{\"faceImage\":\"AAEC\"}}",
        b"{\"faceImage\":\"AAEC\"} x",
        b"{\"faceImage\":\"AAEC\"}{\"faceImage\":\"AAEC\"}",
        b"{\"faceImage\":\"AAEC\" \"x\":1}",
        b"{\"faceImage\":NaN}",
        b"{\"faceImage\":\"AAEC\",\"x\":NaN}",
        b"{\"faceImage\":\"AAEC\",\"x\":Infinity}",
        b"{\"faceImage\":\"AAEC\",\"x\":01}",
        b"{\"faceImage\":\"AAEC\",\"x\":+1}",
        b"{\"faceImage\":\"AA\nEC\"}",
        b"{\"faceImage\":\"AA\\xEC\"}",
        b"{\"faceImage\":\"AAEC\",\"x\":\"\xff\"}",
        b"{\"faceImage\":\"AAEC\"}\0",
        b"\xff\xfe{\0}\0",
        b"// comment\n{\"faceImage\":\"AAEC\"}",
        b"faceImage=AAEC",
        b"<faceImage>AAEC</faceImage>",
        b"\x1f\x8b\x08\x00",
    ] {
        let response = server.post("/person/face/jane", body).await;
        assert_eq!((response.status, response.code().as_str()), (400, "R_002"), "{}", String::from_utf8_lossy(body));
    }
    for body in ["[]", "[{}]", "null", "5", "\"faceImage\"", "true", "[{\"faceImage\":\"AAEC\"}]"] {
        server.post("/person/face/jane", body).await.assert_error(400, "R_003", "body_not_object");
    }
    for body in ["[}", "[1", "nul", "[]]"] {
        assert_eq!(server.post("/person/face/jane", body).await.code(), "R_002", "{body}");
    }
    for body in ["", " ", "\r\n", "\u{feff}"] {
        server.post("/person/face/jane", body).await.assert_error(400, "R_002", "body_empty");
    }
    assert!(server.fake.take_calls().is_empty());
}

#[tokio::test]
async fn odd_but_right_bodies_are_understood() {
    let server = Server::start().await;
    for body in [
        "\u{feff}{\"faceImage\":\"AAEC\"}",
        " \n{ \"faceImage\" :\t\"AAEC\" }\r\n",
        r#"{"\u0066aceImage":"AAEC"}"#,
        r#"{"faceImage":"data:image\/jpeg;base64,AAEC"}"#,
        r#"{"faceImage":"AA\r\nEC\n"}"#,
        r#"{"faceImage":" AAEC "}"#,
        r#"{"x":"\ud800","faceImage":"AAEC"}"#,
        r#"{"x":1e999999,"y":-0.0e-1,"faceImage":"AAEC"}"#,
    ] {
        let response = server.post("/person/face/jane", body).await;
        assert_eq!(response.status, 200, "{body}: {}", String::from_utf8_lossy(&response.body));
        assert_eq!(server.fake.take_calls()[0].images, [[0, 1, 2]]);
    }
}

#[tokio::test]
async fn fields_of_the_wrong_kind_are_named() {
    let server = Server::start().await;
    for (value, case) in [
        ("null", "field_missing"),
        ("5", "field_type"),
        ("true", "field_type"),
        ("[\"AAEC\"]", "field_type"),
        ("{\"faceImage\":\"AAEC\"}", "field_type"),
        ("1e999", "field_type"),
        (r#""""#, "field_empty"),
        (r#""  ""#, "field_empty"),
        (r#""data:image/png;base64,""#, "field_empty"),
        (r#""AAF""#, "field_not_base64"),
        (r#""AAECA""#, "field_not_base64"),
        (r#""AA*C""#, "field_not_base64"),
        (r#""+/-_""#, "field_not_base64"),
        (r#""https://example.org/a.jpg""#, "field_not_base64"),
        (r#""\ud800""#, "field_not_base64"),
        (r#""A\u0000EC""#, "field_not_base64"),
        (r#""data:text/plain;base64,AAEC""#, "field_not_base64"),
    ] {
        let response = server.post("/person/face/jane", format!(r#"{{"faceImage":{value}}}"#)).await;
        response.assert_error(400, "R_003", case);
        assert_eq!(response.details(), json!([{"code": "R_003", "check": "faceImage"}]));
    }
    server.post("/person/face/jane", r#"{"faceimage":"AAEC"}"#).await.assert_error(400, "R_003", "field_missing");
    let twice = r#"{"faceImage":"AAEC","x":1,"faceImage":null}"#;
    server.post("/person/face/jane", twice).await.assert_error(400, "R_003", "field_duplicate");
    assert!(server.fake.take_calls().is_empty());
}

#[tokio::test]
async fn thresholds_that_are_none() {
    let server = Server::start().await;
    for (value, case) in [
        ("\"80\"", "field_type"),
        ("true", "field_type"),
        ("[]", "field_type"),
        ("-0.01", "field_range"),
        ("100.001", "field_range"),
        ("1e999", "field_range"),
        ("-1e999", "field_range"),
        ("99999999999999999999999999999999999999", "field_range"),
    ] {
        let body = PAIR.replace('}', &format!(r#","similarityThreshold":{value}}}"#));
        let response = server.post("/person/compare-face", body).await;
        response.assert_error(400, "R_003", case);
        assert_eq!(response.details()[0]["check"], "similarityThreshold");
    }
}

#[tokio::test]
async fn depth_costs_nothing() {
    let server = Server::start().await;
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
    for (body, status) in [
        (open.clone(), 400),
        (format!("{open}{close}"), 400),
        (format!(r#"{{"faceImage":{open}{close}}}"#), 400),
        (objects.clone(), 400),
        (format!(r#"{{"faceImage":"AAEC","x":{open}{close}}}"#), 200),
        (format!(r#"{{"faceImage":"AAEC","x":{objects}}}"#), 200),
        (format!(r#"{{"faceImage":"AAEC","x":{open}}}"#), 400),
    ] {
        let response = server.post("/person/face/jane", &body).await;
        assert_eq!(response.status, status, "{}", &body[..40]);
    }
    let many = format!(r#"{{{}"faceImage":"AAEC"}}"#, r#""faceImage":"","#.repeat(100_000));
    server.post("/person/face/jane", many).await.assert_error(400, "R_003", "field_duplicate");
}

#[tokio::test]
async fn a_body_may_be_as_large_as_its_images_need_and_no_larger() {
    let server = Server::start().await;
    let image = "A".repeat((10 << 20) / 3 * 4);
    let face = format!(r#"{{"faceImage":"{image}"}}"#);
    assert_eq!(server.post("/person/face/jane", &face).await.status, 200);
    let pair = format!(r#"{{"sourceImage":"{image}","targetImage":"{image}"}}"#);
    assert_eq!(server.post("/person/compare-face", &pair).await.status, 200);
    let refused = server.post("/person/face/jane", &pair).await;
    refused.assert_error(413, "R_002", "body_too_large");
    assert_eq!(refused.details()[0]["value"], pair.len());
}

/// Many clients write the whole body before they read: a connection reset while they write is all that they would see.
#[tokio::test]
async fn thirty_megabytes_are_refused_and_the_client_gets_to_read_why() {
    let server = Server::start().await;
    let body = vec![b' '; 30 << 20];
    for path in ["/person/face/jane", "/person/compare-face"] {
        let request = || server.request("POST", path).json(&body);
        for (request, status) in [(request(), 413), (request().without("Api-Key"), 401)] {
            let mut stream = server.connect().await;
            stream.write_all(&request.bytes()).await.expect("everything can be written");
            assert_eq!(common::read_response(&mut stream).await.status, status);
        }
    }
}

/// Sends a head of our own making.
async fn raw(server: &Server, rest: &[u8]) -> Response {
    let answer = exchange(server.connect().await, &with_head(server, rest)).await;
    Response::parse(&answer, false).expect("an answer").0
}

/// The same, and then the client closes its side: it has said all that it will ever say. Whether it is still answered
/// is left open.
async fn raw_and_gone(server: &Server, rest: &[u8]) -> Option<Response> {
    let mut stream = server.connect().await;
    stream.write_all(&with_head(server, rest)).await.expect("written");
    stream.shutdown().await.expect("closed");
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await.expect("in time");
    Response::parse(&answer, false).map(|(response, _)| response)
}

fn with_head(server: &Server, rest: &[u8]) -> Vec<u8> {
    let head = "POST /person/face/jane HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n";
    [head.as_bytes(), b"Api-Key: ", server.key.as_bytes(), b"\r\n", rest].concat()
}

#[tokio::test]
async fn chunked_bodies_whole_and_cut_off() {
    let server = Server::start().await;
    let chunked = |rest: &str| format!("Transfer-Encoding: chunked\r\n\r\n{rest}").into_bytes();
    let whole = raw(&server, &chunked("7\r\n{\"faceI\r\nD\r\nmage\":\"AAEC\"}\r\n0\r\n\r\n")).await;
    assert_eq!(whole.status, 200, "{whole:?}");
    for cut in ["7\r\n{\"faceI", "7\r\n{\"faceI\r\n", "14\r\n{\"faceImage\":\"AAEC\"}\r\n", "zz\r\n{}", "-1\r\n{}", ""]
    {
        if let Some(response) = raw_and_gone(&server, &chunked(cut)).await {
            response.assert_error(400, "R_002", "body_cut_off");
        }
    }
    let endless = format!("FFFFFFF\r\n{}", " ".repeat(20 << 20));
    raw(&server, &chunked(&endless)).await.assert_error(413, "R_002", "body_too_large");
    assert_eq!(server.fake.take_calls().len(), 1);
}

#[tokio::test]
async fn lies_about_the_length() {
    let server = Server::start().await;
    let with = |length: &str, body: &str| format!("Content-Length: {length}\r\n\r\n{body}").into_bytes();
    if let Some(response) = raw_and_gone(&server, &with("500", FACE)).await {
        response.assert_error(400, "R_002", "body_cut_off");
    }
    raw(&server, &with("5", FACE)).await.assert_error(400, "R_002", "body_cut_off");
    let huge = raw(&server, &with("99999999999", FACE)).await;
    huge.assert_error(413, "R_002", "body_too_large");
    for nonsense in ["-1", "x", "99999999999999999999999999", "5, 6", "5\r\nContent-Length: 6"] {
        let response = raw(&server, &with(nonsense, FACE)).await;
        response.assert_error(400, "R_002", "http_malformed");
    }
    let both = [&b"Transfer-Encoding: chunked\r\n"[..], &with("5", "0\r\n\r\n")].concat();
    if let Some(response) = raw_and_gone(&server, &both).await {
        assert_eq!(response.status, 400);
    }
    assert!(server.fake.take_calls().is_empty());
}

#[tokio::test]
async fn a_refusal_does_not_wait_for_the_body() {
    let server = Server::start().await;
    let begun = Instant::now();
    let head = "POST /person/face/jane HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n";
    let answer = exchange(server.connect().await, head.as_bytes()).await;
    Response::parse(&answer, false).expect("no 100 before it").0.assert_error(401, "A_001", "key_missing");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_to_go_on() {
    let server = Server::start().await;
    let mut stream = server.connect().await;
    let request = server.request("POST", "/person/face/jane").header("Expect", "100-continue").json(FACE).bytes();
    let (head, body) = request.split_at(request.len() - FACE.len());
    stream.write_all(head).await.expect("written");
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.expect("an interim answer");
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body).await.expect("written");
    assert_eq!(common::read_response(&mut stream).await.status, 200);
}
