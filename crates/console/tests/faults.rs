//! What goes wrong is a page, too, and the log tells the operator, and nobody else.

mod common;

use std::io;
use std::sync::{Arc, Mutex};

use accounts::Role;
use axum::http::Method;
use common::{House, PASSWORD, email};

#[tokio::test]
async fn a_panic_ends_its_request_with_a_page_that_names_the_request() {
    let house = House::new();
    let broken = House::with(|parts| parts.clock = Arc::new(|| panic!("the clock stands still")));
    let answer = broken.browser().get("/console/sign-in").await;
    answer.assert_says(500, "Something went wrong on our side");
    answer.assert_says(500, answer.header("request-id").expect("an id"));
    assert!(!answer.text().contains("the clock stands still"));
    assert_eq!(house.browser().get("/console/sign-in").await.status, 200);
}

#[tokio::test]
async fn what_takes_too_long_is_given_up() {
    let house = House::with(|parts| parts.settings.request_ms_max = 50);
    let mut browser = house.browser();
    let answer = browser.ask(Method::POST, "/console/sign-in").own_origin().endless().send().await;
    answer.assert_says(503, "Not available right now");
    assert_eq!(answer.header("retry-after"), Some("1"));
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_has_a_line_for_each_request_and_nothing_personal() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let house = House::new();
    let mut browser = house.browser();
    let address = email(Role::Viewer);
    let fields = [("email", address.as_str()), ("password", PASSWORD)];
    let signed_in = browser.post("/console/sign-in", &fields).await;
    browser.get("/console/link/very-secret?done=x").await;
    browser.post("/console/profile/sessions/4711/end", &[]).await;
    browser.get("/console/nothing/of/the/kind").await;
    let text = String::from_utf8(log.0.lock().expect("no panic").clone()).expect("text");
    let id = signed_in.header("request-id").expect("an id");
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let line = lines.iter().find(|line| line["span"]["request_id"] == id).expect("a line");
    assert_eq!(line["span"]["route"], "/console/sign-in");
    assert_eq!((&line["span"]["method"], &line["fields"]["status"]), (&"POST".into(), &303.into()));
    assert!(line["fields"]["latency_ms"].is_number());
    assert!(text.contains("/console/profile/sessions/{id}/end"));
    let cookie = browser.cookie("auther_session").expect("a cookie");
    for secret in [address.as_str(), PASSWORD, "very-secret", "4711", "of/the/kind", cookie, &browser.csrf, "192.0.2.7"]
    {
        assert!(!text.contains(secret), "{secret}");
    }
}
