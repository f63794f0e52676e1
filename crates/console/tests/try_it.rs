//! "Try it": what the page sends reaches the API as the visitor's organisation, and nothing else does.

mod common;

use std::sync::{Arc, Mutex};

use accounts::{Caller, Permissions, Role};
use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use common::{Answer, Browser, House};
use http_body_util::BodyExt as _;

/// What the API was asked.
#[derive(Clone, Debug)]
struct Asked {
    method: Method,
    path: String,
    headers: HeaderMap,
    caller: Option<Caller>,
    body: Bytes,
}

type Log = Arc<Mutex<Vec<Asked>>>;

/// A console over an API that remembers what it was asked and answers as the real one would an unknown person.
fn house() -> (House, Log) {
    let log = Log::default();
    let kept = log.clone();
    let api = Router::new().fallback(move |request: Request| {
        let log = kept.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.expect("a body").to_bytes();
            let caller = parts.extensions.get::<Caller>().cloned();
            let path = parts.uri.to_string();
            log.lock().expect("no panic").push(Asked {
                method: parts.method,
                path,
                headers: parts.headers,
                caller,
                body,
            });
            answer()
        }
    });
    (House::with(|parts| parts.api = api), log)
}

fn answer() -> Response {
    let id = "00000000-0000-7000-8000-000000000001";
    let headers = [("request-id", id), ("retry-after", "7"), ("content-type", "application/json")];
    (StatusCode::NOT_FOUND, headers, r#"{"code":"NF_001"}"#).into_response()
}

fn take(log: &Log) -> Vec<Asked> {
    std::mem::take(&mut *log.lock().expect("no panic"))
}

async fn call(browser: &mut Browser, method: Method, path: &str, more: &[(&str, &str)]) -> Answer {
    let csrf = browser.csrf.clone();
    let asking = browser.ask(method, &format!("/console/try/api{path}")).own_origin().header("x-csrf-token", &csrf);
    let asking = more.iter().fold(asking, |asking, (name, value)| asking.header(name, value));
    asking.body("application/json", r#"{"faceImage":"AAEC"}"#).send().await
}

#[tokio::test]
async fn a_call_goes_through_as_it_is_and_its_answer_comes_back_as_it_is() {
    let (house, log) = house();
    let mut browser = house.signed_in(Role::Developer).await;
    for method in [Method::POST, Method::PUT, Method::GET, Method::DELETE] {
        let answer = call(&mut browser, method.clone(), "/person/face/a~@:+b", &[]).await;
        assert_eq!((answer.status, answer.text()), (404, r#"{"code":"NF_001"}"#));
        assert_eq!(answer.header("request-id"), Some("00000000-0000-7000-8000-000000000001"));
        assert_eq!(answer.header("retry-after"), Some("7"));
        let asked = take(&log).remove(0);
        assert_eq!((asked.method, asked.path.as_str()), (method, "/person/face/a~@:+b"));
        assert_eq!(asked.body, r#"{"faceImage":"AAEC"}"#);
        let caller = asked.caller.expect("a caller");
        assert_eq!((caller.tenant, caller.key, caller.charged), (house.tenant, None, true));
        assert_eq!(caller.permissions, Permissions::ALL);
    }
}

#[tokio::test]
async fn a_key_a_cookie_and_a_proxys_word_stay_here() {
    let (house, log) = house();
    let mut browser = house.signed_in(Role::Developer).await;
    let forged = [("api-key", "ak_other"), ("x-forwarded-for", "198.51.100.1"), ("caller", "1"), ("x-live", "1")];
    call(&mut browser, Method::POST, "/person/recognize-face", &forged).await;
    let asked = take(&log).remove(0);
    let mut names: Vec<_> = asked.headers.keys().map(|name| name.as_str().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["content-type"]);
    assert!(asked.caller.expect("a caller").charged, "only checks are free");
}

#[tokio::test]
async fn nothing_but_calls_about_persons_is_reached() {
    let (house, log) = house();
    let mut browser = house.signed_in(Role::Owner).await;
    for path in [
        "/healthz",
        "/openapi.json",
        "/console/keys",
        "/person/../healthz",
        "/person/%2e%2e/healthz",
        "/person/face/%2E%2E",
        "/person//face/x",
        "/persons/x",
        "//person/face/x",
        "/person/face/a%2fb",
    ] {
        let answer = call(&mut browser, Method::POST, path, &[]).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    assert!(take(&log).is_empty());
}

#[tokio::test]
async fn every_method_needs_the_token_and_the_role() {
    let (house, log) = house();
    for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
        let mut browser = house.signed_in(Role::Developer).await;
        let without = browser.ask(method.clone(), "/console/try/api/person/face/x").own_origin();
        assert_eq!(without.body("application/json", "{}").send().await.status, 403, "{method}");
        let mut viewer = house.signed_in(Role::Viewer).await;
        assert_eq!(call(&mut viewer, method.clone(), "/person/face/x", &[]).await.status, 403, "{method}");
        let mut nobody = house.browser();
        let sent_away = call(&mut nobody, method, "/person/face/x", &[]).await;
        assert!(sent_away.location().starts_with("/console/sign-in"));
    }
    assert!(take(&log).is_empty());
}

#[tokio::test]
async fn checks_while_the_camera_runs_are_free_but_not_without_end() {
    let (house, log) = house();
    let mut browser = house.signed_in(Role::Developer).await;
    let mut refused = 0;
    for _ in 0..10 {
        let answer = call(&mut browser, Method::POST, "/person/check-face", &[("x-live", "1")]).await;
        refused += usize::from(answer.status == 429);
    }
    assert_eq!(
        (take(&log).iter().filter(|asked| !asked.caller.as_ref().expect("one").charged).count(), refused),
        (6, 4)
    );
    house.pass(1_000);
    call(&mut browser, Method::POST, "/person/check-face", &[("x-live", "1")]).await;
    call(&mut browser, Method::POST, "/person/check-face", &[]).await;
    let charged: Vec<bool> = take(&log).into_iter().map(|asked| asked.caller.expect("one").charged).collect();
    assert_eq!(charged, [false, true]);
}

/// Megabytes of image are no form.
#[tokio::test]
async fn a_large_body_goes_through() {
    let (house, log) = house();
    let mut browser = house.signed_in(Role::Developer).await;
    let csrf = browser.csrf.clone();
    let body = vec![b' '; 14 << 20];
    let asking = browser.ask(Method::POST, "/console/try/api/person/check-face").own_origin();
    asking.header("x-csrf-token", &csrf).body("application/json", body).send().await;
    assert_eq!(take(&log).remove(0).body.len(), 14 << 20);
}

#[tokio::test]
async fn the_page_begins_with_what_the_link_asks_for() {
    let (house, _) = house();
    let mut browser = house.signed_in(Role::Developer).await;
    let page = browser.get("/console/try?do=verify&person=a%2Bb%22%3E").await;
    page.assert_says(200, "value=\"a+b&#34;&#62;\"");
    let (_, verify) = page.text().split_once("value=\"verify\"").expect("the action");
    assert!(verify.split('>').next().expect("its end").contains(" checked"));
    page.assert_says(200, "need JavaScript");
    browser.get("/console/try?do=nonsense").await.assert_says(200, "data-images=\"2\"");
}

#[tokio::test]
async fn a_suspended_organisation_tries_nothing() {
    let (house, log) = house();
    house.accounts.suspend(house.tenant, &accounts::Actor::command_line(), house.now()).expect("suspended");
    let mut browser = house.signed_in(Role::Developer).await;
    call(&mut browser, Method::GET, "/person/face/x", &[]).await.assert_says(409, "suspended");
    assert!(take(&log).is_empty());
}
