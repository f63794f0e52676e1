//! "Try it": what the page sends reaches the API as that user's organisation, and nothing else does.

mod common;

use std::sync::{Arc, Mutex};

use accounts::{Caller, Permission, PlanId, Role};
use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use biometric::TenantId;
use common::{Answer, Browser, House};
use http_body_util::BodyExt as _;

/// What the API got.
#[derive(Clone, Debug)]
struct Got {
    method: Method,
    target: String,
    headers: HeaderMap,
    caller: Caller,
    peer: Option<std::net::SocketAddr>,
    body: Vec<u8>,
}

/// An API that writes down what it gets, and answers like the real one where the path says so.
#[derive(Clone, Default)]
struct Api(Arc<Mutex<Vec<Got>>>);

const REFUSAL: &str = r#"{"code":"F_004","type":"mouth_open","message":"Mouth is open","details":[{"code":"F_004","check":"mouth_openness_percent","value":50.7,"max":28}]}"#;

impl Api {
    fn router(&self) -> Router {
        let api = self.clone();
        Router::new().fallback(move |request: Request| async move { api.answer(request).await })
    }

    async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.expect("a body").to_bytes().to_vec();
        self.0.lock().expect("no panic").push(Got {
            method: parts.method,
            target: parts.uri.to_string(),
            headers: parts.headers,
            caller: parts.extensions.get::<Caller>().expect("a caller").clone(),
            peer: parts.extensions.get::<ConnectInfo<std::net::SocketAddr>>().map(|peer| peer.0),
            body,
        });
        let id = uuid::Uuid::now_v7().to_string();
        match parts.uri.path() {
            "/person/face/refused" => (StatusCode::BAD_REQUEST, own_headers(&id), REFUSAL).into_response(),
            "/person/face/busy" => {
                let mut response = (StatusCode::TOO_MANY_REQUESTS, own_headers(&id), "{}").into_response();
                response.headers_mut().insert("retry-after", "7".parse().expect("a value"));
                response
            }
            "/person/face/fixed" => {
                (own_headers("01990000-0000-7000-8000-000000000001"), r#"{"personId":"fixed"}"#).into_response()
            }
            _ => (own_headers(&id), "{}").into_response(),
        }
    }

    fn got(&self) -> Vec<Got> {
        std::mem::take(&mut *self.0.lock().expect("no panic"))
    }

    #[track_caller]
    fn got_one(&self) -> Got {
        let mut got = self.got();
        assert_eq!(got.len(), 1, "{got:?}");
        got.remove(0)
    }
}

fn own_headers(id: &str) -> [(&'static str, String); 2] {
    [("content-type", "application/json".to_owned()), ("request-id", id.to_owned())]
}

fn house() -> (House, Api) {
    let api = Api::default();
    (House::with(|parts| parts.api = api.router()), api)
}

/// As the page's script does it.
async fn call(browser: &mut Browser, method: Method, path: &str, extra: &[(&str, &str)]) -> Answer {
    let csrf = browser.csrf.clone();
    let mut asking =
        browser.ask(method, &format!("/console/try/api/{path}")).own_origin().header("x-csrf-token", &csrf);
    for (name, value) in extra {
        asking = asking.header(name, value);
    }
    asking.body("application/json", r#"{"faceImage":"QUJD"}"#).send().await
}

#[tokio::test]
async fn every_call_reaches_the_api_as_the_users_organisation() {
    let (house, api) = house();
    let other = house.organisation("Difference Engines", "other@difference.example");
    let mut developer = house.signed_in(Role::Developer).await;
    for (method, path) in [
        (Method::POST, "person/face/jane"),
        (Method::PUT, "person/face/a%20b~@:+-"),
        (Method::GET, "person/face/jane"),
        (Method::DELETE, "person/face/jane"),
        (Method::POST, "person/check-face"),
        (Method::POST, "person/recognize-face"),
        (Method::POST, "person/compare-face"),
        (Method::POST, "person/verify-face/jane"),
    ] {
        let answer = call(&mut developer, method.clone(), path, &[]).await;
        assert_eq!((answer.status, answer.text()), (200, "{}"), "{path}");
        let got = api.got_one();
        assert_eq!((got.method, got.target), (method, format!("/{path}")));
        assert_eq!(got.body, br#"{"faceImage":"QUJD"}"#);
        assert_eq!(got.headers["content-type"], "application/json");
        assert_eq!((got.caller.tenant, got.caller.key, got.caller.charged), (house.tenant, None, true));
        assert_eq!(got.peer.map(|peer| peer.ip()), Some(developer.address));
    }
    call(&mut house.signed_in_as(&other), Method::GET, "person/face/jane", &[]).await;
    assert_eq!(api.got_one().caller.tenant, other.organisation);
    call(&mut house.signed_in(Role::Operator).await, Method::GET, "person/face/jane", &[]).await;
    assert_eq!(api.got_one().caller.tenant, TenantId::OPERATOR);
}

/// Limits and rules are those of the plan and the organisation, as with a key.
#[tokio::test]
async fn the_plan_and_the_rules_hold_as_with_a_key() {
    let (house, api) = house();
    let (owner, now) = (house.user(Role::Owner), house.now());
    let by = accounts::Actor { who: accounts::Who::User(owner.id), address: None };
    let rules = [("verify_similarity_percent_min".to_owned(), 95.0)];
    house.accounts.set_rules(house.tenant, &rules, &by, now).expect("rules");
    call(&mut house.signed_in(Role::Owner).await, Method::GET, "person/face/jane", &[]).await;
    let caller = api.got_one().caller;
    assert_eq!(caller.limits, house.accounts.plan(PlanId::FREE).expect("a plan").limits);
    assert_eq!(*caller.rules, rules);
}

#[tokio::test]
async fn who_may_try_may_do_everything_and_a_viewer_nothing() {
    let (house, api) = house();
    let answer = call(&mut house.signed_in(Role::Viewer).await, Method::GET, "person/face/jane", &[]).await;
    answer.assert_says(403, "Your role does not allow this");
    let answer = call(&mut house.browser(), Method::GET, "person/face/jane", &[]).await;
    assert!(answer.location().starts_with("/console/sign-in"));
    assert!(api.got().is_empty(), "nothing came through");
    for role in [Role::Developer, Role::Owner, Role::Operator] {
        call(&mut house.signed_in(role).await, Method::GET, "person/face/jane", &[]).await;
        let permissions = api.got_one().caller.permissions;
        assert!(Permission::ALL.into_iter().all(|permission| permissions.contains(permission)), "{role:?}");
    }
}

#[tokio::test]
async fn nothing_but_the_calls_of_persons_is_reached() {
    let (house, api) = house();
    let mut browser = house.signed_in(Role::Operator).await;
    for path in [
        "healthz",
        "readyz",
        "openapi.json",
        "console/keys",
        "/healthz",
        "//person/face/jane",
        "person",
        "persons/face/jane",
        "person%2fface/jane",
        "person/../healthz",
        "person/../../console",
        "person/./face/jane",
        "person//face/jane",
        "person/face/..",
        "person/face/.",
        "person/face//",
        "person/face/../check-face",
        "person/%2e%2e/healthz",
        "person/%2E%2E/%2E./healthz",
        "person/face/.%2e",
        "person/face/%2e%2e",
        "person/face/a%2fb",
        "person/face/a%5Cb",
        "person/face/%252e%252e",
        "person/face/%00",
        "http://elsewhere.example/person/face/jane",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = call(&mut browser, method, path, &[]).await;
            answer.assert_says(404, "There is no such page");
        }
        assert!(api.got().is_empty(), "{path} came through");
    }
    call(&mut browser, Method::GET, "person/face/jane?token=1#x", &[]).await;
    assert_eq!(api.got_one().target, "/person/face/jane", "a query is not the API's");
}

#[tokio::test]
async fn what_the_browser_says_of_itself_has_no_effect() {
    let (house, api) = house();
    let mut browser = house.signed_in(Role::Developer).await;
    let forged = [
        ("api-key", "ak_forged"),
        ("authorization", "Bearer x"),
        ("x-forwarded-for", "10.0.0.1"),
        ("forwarded", "for=10.0.0.1"),
        ("connection", "close, x-hop"),
        ("x-hop", "1"),
        ("te", "trailers"),
        ("upgrade", "websocket"),
        ("signature", "c2ln"),
        ("timestamp", "1"),
        ("request-id", "mine"),
    ];
    assert_eq!(call(&mut browser, Method::POST, "person/face/jane", &forged).await.status, 200);
    let got = api.got_one();
    for name in forged.iter().map(|(name, _)| *name).chain(["cookie", "x-csrf-token", "origin"]) {
        assert!(!got.headers.contains_key(name), "{name} came through");
    }
    assert_eq!((got.caller.tenant, got.caller.key), (house.tenant, None));
}

/// A GET changes nothing here, and costs a request there.
#[tokio::test]
async fn the_token_is_needed_for_every_method() {
    let (house, api) = house();
    let mut browser = house.signed_in(Role::Owner).await;
    let stranger = house.signed_in(Role::Developer).await.csrf;
    for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
        let target = "/console/try/api/person/face/jane";
        let without = browser.ask(method.clone(), target).own_origin().body("application/json", "{}").send().await;
        without.assert_says(403, "This form has lost its way");
        let asking = browser.ask(method.clone(), target).own_origin().header("x-csrf-token", &stranger);
        asking.body("application/json", "{}").send().await.assert_says(403, "This form has lost its way");
    }
    let csrf = browser.csrf.clone();
    let asking = browser.ask(Method::POST, "/console/try/api/person/face/jane").header("x-csrf-token", &csrf);
    let foreign = asking.header("sec-fetch-site", "cross-site").body("application/json", "{}").send().await;
    foreign.assert_says(403, "This form has lost its way");
    assert!(api.got().is_empty());
}

#[tokio::test]
async fn live_checks_are_free_and_limited_session_by_session() {
    const LIVE: &[(&str, &str)] = &[("x-live", "1")];
    let (house, api) = house();
    let mut browser = house.signed_in(Role::Developer).await;
    let mut free = 0;
    let refused = loop {
        let answer = call(&mut browser, Method::POST, "person/check-face", LIVE).await;
        if answer.status != 200 {
            break answer;
        }
        assert!(!api.got_one().caller.charged);
        free += 1;
        assert!(free < 20, "no limit");
    };
    assert!(free >= 3, "{free}");
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
    assert!(api.got().is_empty());

    // Another window of the same user is another session.
    let mut other = house.signed_in(Role::Developer).await;
    assert_eq!(call(&mut other, Method::POST, "person/check-face", LIVE).await.status, 200);
    assert_eq!(call(&mut browser, Method::POST, "person/check-face", LIVE).await.status, 429);
    // What is charged is not limited here, and what may not be free is charged.
    api.got();
    assert_eq!(call(&mut browser, Method::POST, "person/check-face", &[]).await.status, 200);
    assert!(api.got_one().caller.charged);
    for path in ["person/recognize-face", "person/face/jane", "person/compare-face"] {
        assert_eq!(call(&mut browser, Method::POST, path, LIVE).await.status, 200, "{path}");
        assert!(api.got_one().caller.charged, "{path}");
    }
    house.pass(1_100);
    let answers = async |browser: &mut Browser| call(browser, Method::POST, "person/check-face", LIVE).await.status;
    let next = [answers(&mut browser).await, answers(&mut browser).await, answers(&mut browser).await];
    assert_eq!((next, answers(&mut browser).await), ([200; 3], 429), "three a second");
}

/// The API has limits of its own; those for forms do not hold here.
#[tokio::test]
async fn a_large_image_passes_through() {
    let (house, api) = house();
    let mut browser = house.signed_in(Role::Developer).await;
    let csrf = browser.csrf.clone();
    let body = vec![b'A'; 29_499_248];
    let asking = browser.ask(Method::POST, "/console/try/api/person/compare-face").own_origin();
    let answer = asking.header("x-csrf-token", &csrf).body("application/json", body.clone()).send().await;
    assert_eq!(answer.status, 200);
    assert!(api.got_one().body == body);
}

#[tokio::test]
async fn answers_come_back_as_they_are() {
    let (house, _) = house();
    let mut browser = house.signed_in(Role::Developer).await;
    let answer = call(&mut browser, Method::POST, "person/face/refused", &[]).await;
    assert_eq!((answer.status, answer.text()), (400, REFUSAL));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let answer = call(&mut browser, Method::POST, "person/face/busy", &[]).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("7")));
    let answer = call(&mut browser, Method::GET, "person/face/fixed", &[]).await;
    assert_eq!(answer.header("request-id"), Some("01990000-0000-7000-8000-000000000001"));
    assert_eq!(answer.text(), r#"{"personId":"fixed"}"#);
}

/// An organisation that is suspended is refused here as its keys are there.
#[tokio::test]
async fn a_suspended_organisation_reaches_nothing() {
    let (house, api) = house();
    house.accounts.suspend(house.tenant, &accounts::Actor::command_line(), house.now()).expect("suspends");
    let answer = call(&mut house.signed_in(Role::Owner).await, Method::GET, "person/face/jane", &[]).await;
    assert!(answer.status >= 400, "{answer:?}");
    assert!(api.got().is_empty());
}

#[tokio::test]
async fn the_page_begins_with_what_a_link_asked_for() {
    let (house, _) = house();
    let mut browser = house.signed_in(Role::Developer).await;
    let page = browser.get("/console/try").await;
    page.assert_says(200, "need JavaScript");
    let chosen = |page: &Answer| {
        let inputs = page.text().split("<input").filter(|input| input.contains("name=\"action\""));
        let checked = inputs.filter(|input| input.split('>').next().is_some_and(|tag| tag.contains(" checked")));
        let values: Vec<_> = checked.filter_map(|input| input.split("value=\"").nth(1)?.split('"').next()).collect();
        values.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(chosen(&page), ["check"]);
    for action in ["check", "enrol", "replace", "verify", "identify", "compare", "get", "remove"] {
        let page = browser.get(&format!("/console/try?do={action}&person=jane%2Bdoe")).await;
        assert_eq!(chosen(&page), [action]);
        assert!(page.text().contains("value=\"jane+doe\""));
    }
    let page = browser.get("/console/try?do=%22%3E&person=%22%3E%3Cscript%3E").await;
    assert_eq!(chosen(&page), ["check"]);
    assert!(!page.text().contains("\"><script>"));
}
