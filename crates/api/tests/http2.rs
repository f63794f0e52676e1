//! HTTP/2 by prior knowledge: shared, abused, drained. What must hold for every request holds here, too: the client of
//! these tests checks each answer as that of HTTP/1.1 does.

mod common;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::Settings;
use axum::Router;
use axum::http::{HeaderMap, Uri};
use axum::routing::get;
use common::{CALLS, FACE, Http2, Script, Server, read_response};
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What a client begins with, and its settings: none.
const BEGIN: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Frames as RFC 9113 numbers them, and one of its error codes.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const ENHANCE_YOUR_CALM: u32 = 11;

/// Flags of a frame with headers.
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const WHOLE: u8 = END_STREAM | END_HEADERS;

/// `GET http://x/healthz`, in the numbers of HPACK's static table.
const GET_HEALTHZ: &[u8] = b"\x82\x86\x04\x08/healthz\x01\x01x";

/// The same of `POST http://x/person/face/jane`, without a key.
const POST_FACE: &[u8] = b"\x83\x86\x04\x11/person/face/jane\x01\x01x";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Everything that the server writes until it closes, as kind and payload of each frame.
async fn frames(stream: &mut TcpStream) -> Vec<(u8, Vec<u8>)> {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes)).await;
    // A connection that is ended for abuse may be reset.
    let _ = read.expect("closed in time");
    let (mut rest, mut frames) = (&bytes[..], Vec::new());
    while let Some((head, behind)) = rest.split_at_checked(9) {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let Some((payload, behind)) = behind.split_at_checked(length) else { break };
        frames.push((head[3], payload.to_vec()));
        rest = behind;
    }
    frames
}

/// Why the server ended the connection, as it said last.
fn reason(frames: &[(u8, Vec<u8>)]) -> Option<u32> {
    let (_, payload) = frames.iter().rfind(|(kind, _)| *kind == GOAWAY)?;
    Some(u32::from_be_bytes(payload.get(4..8)?.try_into().ok()?))
}

#[tokio::test]
async fn every_call_is_answered_on_one_connection() {
    let server = Server::start().await;
    let http2 = server.http2().await;
    let mut ids = HashSet::new();
    for (method, path, body) in CALLS {
        let request = server.request(method, path);
        let request = if body.is_empty() { request } else { request.json(body) };
        let response = http2.send(&request).await;
        assert_eq!(response.status, 200, "{path}");
        assert!(ids.insert(response.header("request-id").map(str::to_owned)), "each has its own");
    }
    for (request, status, code, case) in [
        (server.request("GET", "/nowhere"), 404, "R_001", "unknown_route"),
        (server.request("GET", "/person/face/a").without("Api-Key"), 401, "A_001", "key_missing"),
        (server.request("POST", "/person/face/a").json("nonsense"), 400, "R_002", "body_not_json"),
    ] {
        http2.send(&request).await.assert_error(status, code, case);
    }
}

#[tokio::test]
async fn a_hundred_requests_at_once_are_answered_on_one_connection() {
    let server = Server::with(Settings { requests_in_flight_max: 100, ..Settings::default() }).await;
    server.fake.script(Script::Slow(500));
    let http2 = server.http2().await;
    let begun = Instant::now();
    let answers = join_all((0..100).map(|i| {
        let http2 = &http2;
        let request = server.request("POST", &format!("/person/face/p{i}")).json(FACE);
        async move { (i, http2.send(&request).await) }
    }));
    for (i, answer) in answers.await {
        assert_eq!((answer.status, answer.json()["personId"].as_str()), (200, Some(format!("p{i}").as_str())));
    }
    assert!(begun.elapsed() < Duration::from_secs(25), "not one after the other");
    assert_eq!(server.fake.take_calls().len(), 100);
}

#[tokio::test]
async fn more_than_are_let_in_at_once_are_refused_and_the_connection_stays() {
    let server = Server::with(Settings { requests_in_flight_max: 10, ..Settings::default() }).await;
    server.fake.script(Script::Slow(3_000));
    let http2 = server.http2().await;
    let request = server.request("GET", "/person/face/jane");
    let answers = join_all((0..40).map(|_| http2.send(&request))).await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
    assert_eq!(refused.len(), 30);
    refused.iter().for_each(|answer| answer.assert_error(503, "U_001", "overloaded"));
    assert_eq!(http2.send(&request).await.status, 200);
}

#[tokio::test]
async fn large_bodies_are_taken_and_larger_ones_refused_with_the_reason() {
    let server = Server::start().await;
    let http2 = server.http2().await;
    let image = "A".repeat((10 << 20) / 3 * 4);
    let face = server.request("POST", "/person/face/jane").json(format!(r#"{{"faceImage":"{image}"}}"#));
    assert_eq!(http2.send(&face).await.status, 200);
    assert_eq!(server.fake.take_calls()[0].images[0].len(), image.len() / 4 * 3);
    let body = vec![b' '; 30 << 20];
    let request = || server.request("POST", "/person/face/jane").json(&body);
    let refused = http2.send(&request()).await;
    refused.assert_error(413, "R_002", "body_too_large");
    assert_eq!(refused.details()[0]["value"], body.len());
    // What was sent of it and read by nobody does not use up the room that the others have on the connection.
    for _ in 0..10 {
        http2.send(&request().without("Api-Key")).await.assert_error(401, "A_001", "key_missing");
    }
    assert_eq!(http2.send(&face).await.status, 200);
}

/// Reads until so many answers have begun; what is behind them stays in the buffer.
async fn answers(stream: &mut TcpStream, buffer: &mut Vec<u8>, mut count: usize) {
    while count > 0 {
        let length = buffer.first_chunk::<3>().map(|head| u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize);
        match length.filter(|length| buffer.len() >= 9 + length) {
            Some(length) => {
                assert_ne!(buffer[3], GOAWAY, "the connection is ended");
                count -= usize::from(buffer[3] == HEADERS);
                buffer.drain(..9 + length);
            }
            None => {
                let read = tokio::time::timeout(Duration::from_secs(20), stream.read_buf(buffer)).await;
                assert_ne!(read.expect("in time").expect("readable"), 0, "the connection is closed");
            }
        }
    }
}

#[tokio::test]
async fn uploads_that_are_refused_unread_do_not_end_the_connection() {
    // More bodies than a connection may do wrong, each on its way when its answer comes.
    const BATCHES: u32 = 12;
    const BATCH: u32 = 100;
    let server = Server::start().await;
    let (mut stream, mut buffer) = (server.connect().await, Vec::new());
    let room = frame(WINDOW_UPDATE, 0, 0, &(1_u32 << 24).to_be_bytes());
    stream.write_all(&[BEGIN, &room].concat()).await.expect("written");
    for batch in 0..BATCHES {
        let streams = (0..BATCH).map(|number| 1 + 2 * (batch * BATCH + number));
        let heads = streams.clone().flat_map(|stream| frame(HEADERS, END_HEADERS, stream, POST_FACE));
        stream.write_all(&heads.collect::<Vec<u8>>()).await.expect("written");
        answers(&mut stream, &mut buffer, BATCH as usize).await;
        let bodies = streams.flat_map(|stream| [(0, stream), (END_STREAM, stream)]);
        let bodies = bodies.flat_map(|(flags, stream)| frame(DATA, flags, stream, &[b'x'; 1 << 10]));
        stream.write_all(&bodies.collect::<Vec<u8>>()).await.expect("written");
    }
    stream.write_all(&frame(HEADERS, WHOLE, 1 + 2 * BATCHES * BATCH, GET_HEALTHZ)).await.expect("written");
    answers(&mut stream, &mut buffer, 1).await;
}

#[tokio::test]
async fn a_length_that_is_a_lie_is_the_end_of_its_stream_alone() {
    let server = Server::start().await;
    let http2 = server.http2().await;
    let lie = server.request("POST", "/person/face/jane").header("Content-Length", "5").json(FACE);
    // hyper, as a client, takes it as it is; h2 at the server resets what does not add up.
    match http2.try_send(&lie).await {
        Ok(response) => response.assert_error(400, "R_002", "body_cut_off"),
        Err(error) => assert!(!error.is_closed(), "{error}"),
    }
    assert!(server.fake.take_calls().is_empty());
    assert_eq!(http2.send(&server.request("GET", "/person/face/jane")).await.status, 200);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_and_the_connection_stays() {
    /// `y: ` and 48 KiB, said as HPACK says lengths.
    const LARGE: &[u8] = b"\x10\x01y\x7f\x81\xff\x02";
    const OK: u8 = 0x88;
    let server = Server::with(Settings { head_read_ms_max: 500, ..Settings::default() }).await;
    let block = [GET_HEALTHZ, LARGE, &[b'x'; 48 << 10]].concat();
    let parts: Vec<_> = block.chunks(16 << 10).collect();
    let mut bytes = [BEGIN, &frame(HEADERS, END_STREAM, 1, parts[0])].concat();
    for (i, part) in parts.iter().enumerate().skip(1) {
        bytes.extend(frame(CONTINUATION, if i + 1 == parts.len() { END_HEADERS } else { 0 }, 1, part));
    }
    bytes.extend(frame(HEADERS, WHOLE, 3, GET_HEALTHZ));
    let mut stream = server.connect().await;
    stream.write_all(&bytes).await.expect("written");
    let answers = frames(&mut stream).await.into_iter().filter(|(kind, _)| *kind == HEADERS);
    let statuses: Vec<_> = answers.map(|(_, block)| block[0]).collect();
    assert!(statuses.len() == 2 && statuses[0] != OK && statuses[1] == OK, "{statuses:?}");
}

#[tokio::test]
async fn streams_that_are_opened_and_reset_without_end_are_the_end_of_the_connection() {
    let server = Server::start().await;
    let mut stream = server.connect().await;
    let mut bytes = BEGIN.to_vec();
    for stream in (1..2_000).step_by(2) {
        bytes.extend(frame(HEADERS, WHOLE, stream, GET_HEALTHZ));
        bytes.extend(frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]));
    }
    // The server may have ended it before everything is written.
    let _ = stream.write_all(&bytes).await;
    assert_eq!(reason(&frames(&mut stream).await), Some(ENHANCE_YOUR_CALM));
    assert_eq!(server.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn slow_and_silent_clients_are_let_go() {
    let server = Server::with(Settings { head_read_ms_max: 300, ..Settings::default() }).await;
    let begun_head = [BEGIN, &frame(HEADERS, END_STREAM, 1, &GET_HEALTHZ[..4])].concat();
    let answered = [BEGIN, &frame(HEADERS, WHOLE, 1, GET_HEALTHZ)].concat();
    for bytes in [&b"P"[..], b"PRI * HTTP/2.0\r\n\r\n", BEGIN, &begun_head, &answered] {
        let mut stream = server.connect().await;
        stream.write_all(bytes).await.expect("written");
        let begun = Instant::now();
        frames(&mut stream).await;
        let kept = begun.elapsed();
        assert!(kept >= Duration::from_millis(250) && kept < Duration::from_secs(5), "{kept:?}");
    }
}

#[tokio::test]
async fn a_connection_without_requests_ends_and_one_with_a_long_one_does_not() {
    let server = Server::with(Settings { head_read_ms_max: 300, ..Settings::default() }).await;
    server.fake.script(Script::Slow(1_500));
    let http2 = server.http2().await;
    let request = server.request("GET", "/person/face/jane");
    let (first, second) = (http2.begin(&request), async {
        tokio::time::sleep(Duration::from_millis(1_000)).await;
        http2.send(&request).await
    });
    assert_eq!(second.await.status, 200);
    assert_eq!(first.await.expect("no panic").expect("an answer").status, 200);
    http2.ended_within(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn what_begins_like_http_2_and_is_not_is_http_1() {
    let server = Server::start().await;
    for method in ["P", "PR", "PRI", "PROPFIND"] {
        let mut stream = server.connect().await;
        for byte in server.request(method, "/person/face/jane").bytes() {
            stream.write_all(&[byte]).await.expect("written");
        }
        read_response(&mut stream).await.assert_error(405, "R_001", "wrong_method");
    }
    let mut stream = server.connect().await;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n").await.expect("written");
    read_response(&mut stream).await.assert_error(400, "R_002", "http_malformed");
}

#[tokio::test]
async fn requests_in_flight_are_finished_before_the_end() {
    let server = Server::start().await;
    server.fake.script(Script::Slow(800));
    let (busy, idle, silent) = (server.http2().await, server.http2().await, server.connect().await);
    let answer = busy.begin(&server.request("POST", "/person/face/jane").json(FACE));
    while server.fake.take_calls().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    server.stop();
    idle.ended_within(Duration::from_secs(5)).await;
    let mut silent = silent;
    assert_eq!(silent.read(&mut [0; 1]).await.expect("closed"), 0, "who has not even begun is let go at once");
    assert_eq!(answer.await.expect("no panic").expect("an answer").status, 200);
    busy.ended_within(Duration::from_secs(5)).await;
    let ended = tokio::time::timeout(Duration::from_secs(5), server.task).await;
    ended.expect("ends").expect("no panic").expect("no error");
}

#[tokio::test]
async fn the_end_does_not_wait_for_ever() {
    let server = Server::with(Settings { drain_ms_max: 300, ..Settings::default() }).await;
    server.fake.script(Script::Hang);
    let busy = server.http2().await;
    let answer = busy.begin(&server.request("POST", "/person/face/jane").json(FACE));
    while server.fake.take_calls().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    server.stop();
    let begun = Instant::now();
    let ended = tokio::time::timeout(Duration::from_secs(10), server.task).await;
    ended.expect("ends").expect("no panic").expect("no error");
    assert!(begun.elapsed() >= Duration::from_millis(250));
    assert!(answer.await.expect("no panic").is_err());
}

/// Handlers look into `Host`, and see where the connection comes from, whatever the protocol.
#[tokio::test]
async fn a_request_looks_to_handlers_like_one_of_http_1() {
    let seen = |uri: Uri, headers: HeaderMap| async move {
        let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or("none").to_owned();
        ([("host-was", host), ("path-was", uri.path().to_owned())], "")
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("binds");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().route("/here", get(seen));
    let settings = Arc::new(Settings::default());
    let served = Arc::clone(&settings);
    tokio::spawn(async move { api::serve(listener, router, &served, None, std::future::pending()).await });
    let stream = TcpStream::connect(address).await.expect("connects");
    let (mut sender, connection) = hyper::client::conn::http2::handshake(
        hyper_util::rt::TokioExecutor::new(),
        hyper_util::rt::TokioIo::new(stream),
    )
    .await
    .expect("HTTP/2");
    tokio::spawn(connection);
    let request = hyper::Request::get(format!("http://{address}/here")).body(String::new()).expect("a request");
    let answer = sender.send_request(request).await.expect("an answer");
    let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
    assert_eq!((header("host-was"), header("path-was")), (address.to_string(), "/here".to_owned()));
}

/// A client that lost patience and tries again must not have two of its requests worked on.
#[tokio::test]
async fn what_nobody_waits_for_is_given_up() {
    let server = Server::with(Settings { requests_in_flight_max: 1, ..Settings::default() }).await;
    for leaves_connection in [false, true] {
        server.fake.script(Script::Hang);
        let http2 = server.http2().await;
        let hanging = http2.begin(&server.request("POST", "/person/face/jane").json(FACE));
        while server.fake.take_calls().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(server.get("/person/face/jane").await.status, 503, "the one place is taken");
        match leaves_connection {
            false => hanging.abort(),
            true => http2.connection.abort(),
        }
        server.fake.script(Script::Succeed);
        let given_up = async {
            while server.get("/person/face/jane").await.status != 200 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), given_up).await.expect("the place is free again");
    }
}

#[tokio::test]
async fn a_connection_of_either_protocol_takes_one_place() {
    let server = Server::with(Settings { connections_max: 2, ..Settings::default() }).await;
    let (first, second) = (server.http2().await, server.http2().await);
    let request = server.request("GET", "/healthz");
    assert_eq!([first.send(&request).await.status, second.send(&request).await.status], [200; 2]);
    let mut third = server.connect().await;
    third.write_all(&request.bytes()).await.expect("written");
    let early = tokio::time::timeout(Duration::from_millis(300), third.readable()).await;
    assert!(early.is_err(), "no answer while the others are there");
    drop(first);
    assert_eq!(read_response(&mut third).await.status, 200);
    let _still: Http2 = second;
}
