//! Routes and methods: the known ones, the unknown ones, the probes.

mod common;

use common::{Request, Script, Server};

#[tokio::test]
async fn unknown_routes_answer_404_with_and_without_a_key() {
    let server = Server::start().await;
    for path in [
        "/",
        "/person",
        "/person/face",
        "/person/face/a/b",
        "/person/face/a/",
        "//",
        "/Person/face/a",
        "/%70erson/face/a",
        "/healthz/",
    ] {
        for method in ["GET", "POST", "BREW", "OPTIONS"] {
            server.request(method, path).send().await.assert_error(404, "R_001", "unknown_route");
            Request::new(server.address, method, path).send().await.assert_error(404, "R_001", "unknown_route");
        }
    }
}

#[tokio::test]
async fn wrong_methods_answer_405_and_say_which_are_right() {
    let server = Server::start().await;
    for (path, allowed) in [
        ("/person/face/jane", vec!["DELETE", "GET", "HEAD", "POST", "PUT"]),
        ("/person/recognize-face", vec!["POST"]),
        ("/person/verify-face/jane", vec!["POST"]),
        ("/person/compare-face", vec!["POST"]),
        ("/healthz", vec!["GET", "HEAD"]),
    ] {
        for method in ["PATCH", "BREW", "TRACE", "OPTIONS"] {
            let response = Request::new(server.address, method, path).send().await;
            let mut allow: Vec<&str> = response.header("allow").expect("Allow").split(',').map(str::trim).collect();
            allow.sort_unstable();
            assert_eq!(allow, allowed, "{method} {path}");
            match method {
                "OPTIONS" => assert_eq!(response.status, 204),
                _ => response.assert_error(405, "R_001", "wrong_method"),
            }
        }
    }
    assert!(server.fake.take_calls().is_empty());
}

#[tokio::test]
async fn head_answers_as_get_without_the_body() {
    let server = Server::start().await;
    let (get, head) = (server.get("/person/face/jane").await, server.request("HEAD", "/person/face/jane").send().await);
    assert_eq!((head.status, head.header("content-length")), (200, get.header("content-length")));
    server.fake.script(Script::Fail(|| engine::Error::PersonNotFound));
    assert_eq!(server.request("HEAD", "/person/face/jane").send().await.status, 404);
    assert_eq!(Request::new(server.address, "HEAD", "/person/face/jane").send().await.status, 401);
}

#[tokio::test]
async fn probes_need_no_key() {
    let server = Server::start().await;
    let probe = |path| Request::new(server.address, "GET", path).send();
    assert_eq!(probe("/healthz").await.status, 200);
    assert_eq!(probe("/readyz").await.status, 200);
    server.fake.script(Script::Fail(|| engine::Error::Unavailable("the gallery is away".to_owned())));
    let unready = probe("/readyz").await;
    unready.assert_error(503, "U_001", "unavailable");
    assert!(!String::from_utf8_lossy(&unready.body).contains("gallery is away"));
    assert_eq!(probe("/healthz").await.status, 200);
}

#[tokio::test]
async fn request_ids_are_fresh_and_in_order() {
    let server = Server::start().await;
    let mut ids = Vec::new();
    for path in ["/healthz", "/nowhere", "/person/face/jane", "/person/face/%zz"] {
        let request = server.request("GET", path).header("Request-Id", "mine");
        ids.push(request.send().await.header("request-id").expect("an id").to_owned());
    }
    assert!(ids.is_sorted());
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn old_and_odd_forms_of_requests_are_served() {
    let server = Server::start().await;
    let key = &server.key;
    for head in [
        format!("GET /person/face/jane HTTP/1.0\r\nApi-Key: {key}\r\n\r\n"),
        format!("GET http://host/person/face/jane HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAPI-KEY: {key}\r\n\r\n"),
        format!("GET /person/face/jane HTTP/1.1\r\nHost: x\r\nConnection: close\r\napi-key:{key}\r\n\r\n"),
    ] {
        let answer = common::exchange(server.connect().await, head.as_bytes()).await;
        assert_eq!(common::Response::parse(&answer, false).expect("whole").0.status, 200, "{head}");
    }
    let star = b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let answer = common::exchange(server.connect().await, star).await;
    assert!(common::Response::parse(&answer, false).expect("whole").0.status < 500);
}

#[tokio::test]
async fn bodies_of_calls_without_one_are_ignored() {
    let server = Server::start().await;
    for method in ["GET", "DELETE"] {
        let request = server.request(method, "/person/face/jane").json("nonsense");
        assert_eq!(request.send().await.status, 200);
        let request = server.request(method, "/person/face/jane").body(vec![b'x'; 5 << 20]);
        assert_eq!(request.send().await.status, 200);
    }
}
