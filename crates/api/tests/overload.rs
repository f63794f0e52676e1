//! What one request must not do to others: panics, time-outs, too many at once.

mod common;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use accounts::{Limits, Networks};
use api::Settings;
use biometric::Timestamp;
use common::{CALLS, FACE, Request, Script, Server};
use futures_util::future::join_all;
use tokio::io::AsyncWriteExt as _;

#[tokio::test]
async fn a_panic_ends_its_request_and_no_other() {
    let server = Server::start().await;
    for (method, path, body) in CALLS {
        let request = || {
            let request = server.request(method, path);
            if body.is_empty() { request } else { request.json(body) }.send()
        };
        server.fake.script(Script::Panic);
        let response = request().await;
        response.assert_error(500, "I_001", "internal");
        assert!(!String::from_utf8_lossy(&response.body).contains("panics"));
        server.fake.script(Script::Succeed);
        assert_eq!(request().await.status, 200);
    }
}

#[tokio::test]
async fn a_panic_leaves_the_connection_usable_and_frees_its_place() {
    let server = Server::with(Settings { requests_in_flight_max: 1, ..Settings::default() }).await;
    let mut stream = server.connect().await;
    let bytes = server.request("GET", "/person/face/jane").bytes();
    for (script, status) in [(Script::Panic, 500), (Script::Succeed, 200), (Script::Panic, 500), (Script::Succeed, 200)]
    {
        server.fake.script(script);
        stream.write_all(&bytes).await.expect("written");
        assert_eq!(common::read_response(&mut stream).await.status, status);
    }
}

#[tokio::test]
async fn what_is_too_much_is_refused_and_probes_are_not() {
    let server = Server::with(Settings { requests_in_flight_max: 3, ..Settings::default() }).await;
    server.fake.script(Script::Slow(1_500));
    let begun = Instant::now();
    let responses = join_all((0..10).map(|_| server.post("/person/face/jane", FACE)));
    let probe = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let response = Request::new(server.address, "GET", "/healthz").send().await;
        (response.status, begun.elapsed())
    };
    let (responses, probe) = futures_util::future::join(responses, probe).await;
    assert_eq!(responses.iter().filter(|response| response.status == 200).count(), 3);
    for refused in responses.iter().filter(|response| response.status != 200) {
        refused.assert_error(503, "U_001", "overloaded");
        assert_eq!(refused.header("retry-after"), Some("1"));
    }
    assert_eq!(probe.0, 200);
    assert!(probe.1 < Duration::from_millis(1_400), "the probe did not wait");
    server.fake.script(Script::Succeed);
    assert_eq!(server.post("/person/face/jane", FACE).await.status, 200, "the places are free again");
}

/// The head of a request, whose body never comes.
fn head_of(request: &Request) -> Vec<u8> {
    let bytes = request.bytes();
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    bytes[..end + 4].to_vec()
}

#[tokio::test]
async fn what_there_is_no_time_for_is_refused_before_its_body_comes_and_costs_nothing() {
    let server = Server::start().await;
    let (tenant, key) = server.organisation(Limits::default(), Networks::NONE);
    server.fake.script(Script::Full);
    let used = || {
        server.usage.flush();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
        server.usage.month(tenant, Timestamp::from_millis(now as i64)).expect("a month").used
    };
    for (method, path, body) in common::calls_with_body() {
        let request = server.request_with(&key, method, path).json(body);
        for request in [
            request.header("Connection", "close"),
            server.request_with(&key, method, path).json(body).header("Expect", "100-continue"),
        ] {
            let mut stream = server.connect().await;
            stream.write_all(&head_of(&request)).await.expect("written");
            let refused = common::read_response(&mut stream).await;
            refused.assert_error(503, "U_001", "overloaded");
            assert_eq!(refused.header("retry-after"), Some("2"), "1.2 s, rounded up");
        }
    }
    assert_eq!((used(), server.fake.take_calls().len()), (0, 0));
    assert_eq!(server.request_with(&key, "GET", "/person/face/jane").send().await.status, 200, "needs no worker");
    assert_eq!(server.request_with(&key, "DELETE", "/person/face/jane").send().await.status, 200);
    server.request_with("ak_no", "POST", "/person/face/jane").json(FACE).send().await.assert_error(
        401,
        "A_002",
        "key_unknown",
    );
    assert_eq!(used(), 2);
    server.fake.script(Script::Succeed);
    assert_eq!(server.request_with(&key, "POST", "/person/face/jane").json(FACE).send().await.status, 200);
}

#[tokio::test]
async fn work_that_takes_too_long_is_given_up() {
    let server = Server::with(Settings { request_ms_max: 200, requests_in_flight_max: 1, ..Settings::default() }).await;
    server.fake.script(Script::Hang);
    server.post("/person/face/jane", FACE).await.assert_error(503, "U_001", "timed_out");
    Request::new(server.address, "GET", "/readyz").send().await.assert_error(503, "U_001", "timed_out");
    server.fake.script(Script::Succeed);
    assert_eq!(server.post("/person/face/jane", FACE).await.status, 200);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let server = Server::with(Settings { request_ms_max: 300, requests_in_flight_max: 1, ..Settings::default() }).await;
    let request = server.request("POST", "/person/face/jane").json(FACE).bytes();
    let mut stream = server.connect().await;
    stream.write_all(&request[..request.len() - 3]).await.expect("written");
    common::read_response(&mut stream).await.assert_error(503, "U_001", "timed_out");
    assert_eq!(server.post("/person/face/jane", FACE).await.status, 200);
    assert_eq!(server.fake.take_calls().len(), 1);
}

#[tokio::test]
async fn a_client_that_goes_away_frees_its_place() {
    let server = Server::with(Settings { requests_in_flight_max: 1, ..Settings::default() }).await;
    let request = server.request("POST", "/person/face/jane").json(FACE).bytes();
    let mut stream = server.connect().await;
    stream.write_all(&request[..request.len() - 3]).await.expect("written");
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(stream);
    let begun = Instant::now();
    while server.post("/person/face/jane", FACE).await.status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn nobody_works_for_a_client_that_went_away() {
    let server = Server::with(Settings { requests_in_flight_max: 1, ..Settings::default() }).await;
    server.fake.script(Script::Hang);
    let mut stream = server.connect().await;
    stream.write_all(&server.request("POST", "/person/face/jane").json(FACE).bytes()).await.expect("written");
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.post("/person/face/jane", FACE).await.assert_error(503, "U_001", "overloaded");
    drop(stream);
    server.fake.script(Script::Succeed);
    let begun = Instant::now();
    while server.post("/person/face/jane", FACE).await.status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(10), "well before the time-out of the request");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
