//! Connections: opened, shared, abused, drained.

mod common;

use std::time::{Duration, Instant};

use api::Settings;
use common::{CALLS, FACE, Response, Script, Server, exchange, read_response};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = Server::start().await;
    let paths = ["/person/face/a", "/nowhere", "/person/face/b", "/person/face/%zz", "/healthz"];
    let mut bytes: Vec<u8> = paths.iter().flat_map(|path| server.request("GET", path).bytes()).collect();
    bytes.extend(server.request("POST", "/person/face/c").header("Connection", "close").json(FACE).bytes());
    let answer = exchange(server.connect().await, &bytes).await;
    let (mut rest, mut statuses) = (&answer[..], Vec::new());
    while let Some((response, behind)) = Response::parse(rest, false) {
        statuses.push(response.status);
        rest = behind;
    }
    assert_eq!(statuses, [200, 404, 200, 400, 200, 200]);
    assert!(rest.is_empty());
}

/// Also after a refusal whose small body nobody read.
#[tokio::test]
async fn many_requests_go_over_one_connection_whatever_they_are_answered() {
    let server = Server::start().await;
    let mut stream = server.connect().await;
    let key = "Api-Key";
    for _ in 0..50 {
        for (request, status) in [
            (server.request("POST", "/person/face/jane").json(FACE), 200),
            (server.request("POST", "/person/face/jane").json(FACE).without(key), 401),
            (server.request("POST", "/nowhere").json(FACE), 404),
            (server.request("PATCH", "/person/face/jane").json(FACE), 405),
            (server.request("POST", "/person/face/%zz").json(FACE), 400),
            (server.request("POST", "/person/face/jane").body(FACE), 400),
            (server.request("POST", "/person/face/jane").json("{"), 400),
            (server.request("GET", "/person/face/jane"), 200),
        ] {
            stream.write_all(&request.bytes()).await.expect("written");
            let response = read_response(&mut stream).await;
            assert_eq!((response.status, response.header("connection")), (status, None));
        }
    }
}

/// An API key, a person's data and a guess of somebody else's in one compressed answer would tell the one by the length of
/// the other (BREACH). Nothing here is large enough to be worth that, and nothing is compressed.
#[tokio::test]
async fn no_answer_is_compressed_whatever_the_client_accepts() {
    let server = Server::start().await;
    let http2 = server.http2().await;
    let own = ["/healthz", "/readyz", "/openapi.json", "/nowhere"].map(|path| ("GET", path, ""));
    for (method, path, body) in CALLS.into_iter().chain(own) {
        let request = || server.request(method, path).header("Accept-Encoding", "gzip, br, zstd, deflate, *;q=1");
        let (plain, bad) = (request(), request().json("{"));
        let request = if body.is_empty() { plain } else { request().json(body) };
        for answer in [http2.send(&request).await, http2.send(&bad).await, request.send().await, bad.send().await] {
            assert_eq!(answer.header("content-encoding"), None, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn what_is_no_http_is_answered_with_a_request_id_too() {
    let server = Server::start().await;
    let large = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(100 << 10));
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(100 << 10));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(1_000));
    for bytes in [
        &b"nonsense\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"G\0T / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\0b\r\n\r\n",
        b"GET /\xff\xff HTTP/1.1\r\n X: y\r\n\r\n",
        large.as_bytes(),
        long.as_bytes(),
        many.as_bytes(),
    ] {
        let answer = exchange(server.connect().await, bytes).await;
        let (response, rest) = Response::parse(&answer, false).expect("a response");
        response.assert_error(400, "R_002", "http_malformed");
        assert!(rest.is_empty());
    }
}

#[tokio::test]
async fn nonsense_after_a_request_does_not_spoil_its_answer() {
    let server = Server::start().await;
    let bytes = [server.request("GET", "/person/face/a").bytes(), b"nonsense\r\n\r\n".to_vec()].concat();
    let answer = exchange(server.connect().await, &bytes).await;
    let (first, rest) = Response::parse(&answer, false).expect("a response");
    assert_eq!(first.status, 200);
    let (second, rest) = Response::parse(rest, false).expect("another");
    second.assert_error(400, "R_002", "http_malformed");
    assert!(rest.is_empty());
}

/// How long the server keeps a connection on which this much was sent.
async fn kept_for(mut stream: TcpStream, bytes: &[u8]) -> Duration {
    let begun = Instant::now();
    stream.write_all(bytes).await.expect("written");
    let mut answer = Vec::new();
    let _ =
        tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await.expect("closed in time");
    begun.elapsed()
}

#[tokio::test]
async fn slow_and_silent_clients_are_let_go() {
    let server = Server::with(Settings { head_read_ms_max: 300, ..Settings::default() }).await;
    for bytes in [&b""[..], b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"]
    {
        let kept = kept_for(server.connect().await, bytes).await;
        assert!(kept >= Duration::from_millis(250) && kept < Duration::from_secs(5), "{kept:?}");
    }
}

#[tokio::test]
async fn more_connections_than_allowed_wait_for_their_turn() {
    let server = Server::with(Settings { connections_max: 2, ..Settings::default() }).await;
    let (first, second) = (server.connect().await, server.connect().await);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut third = server.connect().await;
    third.write_all(&server.request("GET", "/healthz").bytes()).await.expect("written");
    let early = tokio::time::timeout(Duration::from_millis(300), third.readable()).await;
    assert!(early.is_err(), "no answer while the others are there");
    drop((first, second));
    assert_eq!(read_response(&mut third).await.status, 200);
}

#[tokio::test]
async fn requests_in_flight_are_finished_before_the_end() {
    let server = Server::start().await;
    server.fake.script(Script::Slow(800));
    let mut busy = server.connect().await;
    busy.write_all(&server.request("POST", "/person/face/jane").json(FACE).bytes()).await.expect("written");
    let mut idle = server.connect().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.stop();
    assert_eq!(idle.read(&mut [0; 1]).await.expect("closed"), 0, "idle connections are closed at once");
    assert_eq!(read_response(&mut busy).await.status, 200);
    assert_eq!(busy.read(&mut [0; 1]).await.expect("closed"), 0);
    drop((busy, idle));
    tokio::time::timeout(Duration::from_secs(5), server.task)
        .await
        .expect("ends")
        .expect("no panic")
        .expect("no error");
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn the_end_does_not_wait_for_ever() {
    let server = Server::with(Settings { drain_ms_max: 300, ..Settings::default() }).await;
    server.fake.script(Script::Hang);
    let mut busy = server.connect().await;
    busy.write_all(&server.request("POST", "/person/face/jane").json(FACE).bytes()).await.expect("written");
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.stop();
    let begun = Instant::now();
    tokio::time::timeout(Duration::from_secs(10), server.task)
        .await
        .expect("ends")
        .expect("no panic")
        .expect("no error");
    assert!(begun.elapsed() >= Duration::from_millis(250));
}
