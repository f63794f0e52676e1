//! The table of routes against every kind of visitor: generated from the table, so a new page is in it by itself.

mod common;

use accounts::Role;
use axum::http::Method;
use common::{Browser, House, email};
use console::{Access, Route, routes};

const ROLES: [Role; 4] = [Role::Viewer, Role::Developer, Role::Owner, Role::Operator];

/// The path with something in place of its parameters that nothing of this house has.
fn path(route: &Route) -> String {
    let filled = |part: &str| match part {
        "{*path}" => "person/face/nobody".to_owned(),
        "{person_id}" => "nobody".to_owned(),
        "{id}" | "{client_key}" | "{access_key}" => "987654".to_owned(),
        "{secret}" | "{file}" | "{page}" => "none".to_owned(),
        other => {
            assert!(!other.contains('{'), "{other}: a parameter that this test has no value for");
            other.to_owned()
        }
    };
    route.path.split('/').map(filled).collect::<Vec<_>>().join("/")
}

fn changes(route: &Route) -> bool {
    route.method != Method::GET
}

/// Asks as a page of ours would, with nothing in the form but the token.
async fn ask(browser: &mut Browser, route: &Route) -> common::Answer {
    let csrf = browser.csrf.clone();
    let asking = browser.ask(route.method.clone(), &path(route)).header("x-csrf-token", &csrf);
    match changes(route) {
        true => asking.own_origin().form(&[("csrf", &csrf)]).send().await,
        false => asking.send().await,
    }
}

/// A session that has given the password and owes the second factor.
async fn pending(house: &House) -> Browser {
    let user = house.join(house.tenant, Role::Owner, "pending@engines.example");
    common::switch_on_second_factor(house, &user);
    let mut browser = house.browser();
    let fields = [("email", "pending@engines.example"), ("password", common::PASSWORD)];
    let answer = browser.post("/console/sign-in", &fields).await;
    assert_eq!(answer.location(), "/console/second-factor");
    browser.get("/console/second-factor").await.assert_says(200, "name=\"csrf\"");
    browser
}

/// Not a refusal of the guard: whatever else the handler says to an empty form.
#[track_caller]
fn assert_allowed(answer: &common::Answer, who: &str, route: &Route) {
    let to_sign_in =
        answer.header("location").is_some_and(|to| to.starts_with("/console/sign-in") && !to.contains("done="));
    let to_factor = answer.header("location") == Some("/console/second-factor");
    let refused = matches!(answer.status, 401 | 403 | 405) || answer.status >= 500 && answer.status != 503;
    let is_closed_sign_up = route.path == "/console/sign-up";
    assert!(!to_sign_in && !to_factor && (!refused || is_closed_sign_up), "{who} {route:?}: {answer:?}");
}

#[tokio::test]
async fn nobody_sees_public_pages_only() {
    let house = House::new();
    for route in routes() {
        let answer = ask(&mut house.browser(), route).await;
        match route.access {
            Access::Public => assert_allowed(&answer, "nobody", route),
            Access::Pending | Access::AtLeast(_) => {
                assert!(answer.location().starts_with("/console/sign-in"), "{route:?}: {answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn who_owes_the_second_factor_sees_that_page_only() {
    let house = House::new();
    let mut browser = pending(&house).await;
    for route in routes() {
        let answer = ask(&mut browser, route).await;
        match route.access {
            Access::Public | Access::Pending => assert_allowed(&answer, "pending", route),
            Access::AtLeast(_) => assert_eq!(answer.location(), "/console/second-factor", "{route:?}"),
        }
    }
}

#[tokio::test]
async fn every_role_sees_its_pages_and_no_others() {
    let house = House::new();
    for role in ROLES {
        for route in routes() {
            // Fresh for each: some of the pages end the session.
            let mut browser = house.signed_in(role).await;
            let answer = ask(&mut browser, route).await;
            match route.access {
                Access::AtLeast(least) if role < least => {
                    answer.assert_says(403, "Your role does not allow this");
                }
                Access::Pending => assert_eq!(answer.location(), "/console", "{role:?} {route:?}"),
                Access::Public | Access::AtLeast(_) => assert_allowed(&answer, role.word(), route),
            }
        }
    }
}

#[tokio::test]
async fn nothing_is_changed_without_the_token() {
    let house = House::new();
    for route in routes().iter().filter(|route| changes(route) && route.access != Access::Public) {
        let mut browser = match route.access {
            Access::AtLeast(_) => house.signed_in(Role::Operator).await,
            Access::Public | Access::Pending => continue,
        };
        let path = path(route);
        let other = "x".repeat(browser.csrf.len());
        let without = browser.ask(route.method.clone(), &path).own_origin().form(&[]).send().await;
        without.assert_says(403, "This form has lost its way");
        let wrong = browser.ask(route.method.clone(), &path).own_origin().form(&[("csrf", &other)]).send().await;
        wrong.assert_says(403, "This form has lost its way");
        let as_text = browser.ask(route.method.clone(), &path).own_origin().body("text/plain", "csrf=").send().await;
        as_text.assert_says(403, "This form has lost its way");
    }
    let mut browser = pending(&house).await;
    let answer = browser.ask(Method::POST, "/console/second-factor").own_origin().form(&[("code", "1")]).send().await;
    answer.assert_says(403, "This form has lost its way");
}

#[tokio::test]
async fn nothing_is_changed_from_another_site() {
    let house = House::new();
    let mut browser = house.signed_in(Role::Operator).await;
    let csrf = browser.csrf.clone();
    let foreign: [&[(&str, &str)]; 6] = [
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site"), ("origin", "http://console.example")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "console.example")],
        &[],
    ];
    for route in routes().iter().filter(|route| changes(route)) {
        for headers in foreign {
            let mut asking = browser.ask(route.method.clone(), &path(route)).form(&[("csrf", &csrf)]);
            for (name, value) in headers {
                asking = asking.header(name, value);
            }
            asking.send().await.assert_says(403, "This form has lost its way");
        }
    }
}

#[tokio::test]
async fn the_public_address_is_an_origin_of_ours() {
    let house = House::with(|parts| parts.settings.public_url = "http://outside.example".to_owned());
    let mut browser = house.browser();
    let asking = browser.ask(Method::POST, "/console/sign-in").header("origin", "http://outside.example");
    asking.form(&[("email", "a@b.example")]).send().await.assert_says(422, "is not right");
}

/// Pages hold the session's token beside what a visitor typed. Compressed, their length would tell whoever can make a browser
/// ask with guesses, and sees how long the encrypted answers are, the token letter by letter (BREACH).
#[tokio::test]
async fn no_answer_is_compressed_whatever_the_browser_accepts() {
    let house = House::new();
    for route in routes().iter().filter(|route| route.method == Method::GET) {
        let mut browser = house.signed_in(Role::Operator).await;
        let answer = browser.ask(Method::GET, &path(route)).header("accept-encoding", "gzip, br, zstd, *").send().await;
        assert_eq!(answer.header("content-encoding"), None, "{route:?}");
    }
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let house = House::new();
    for route in routes().iter().filter(|route| route.method == Method::GET) {
        let mut browser = house.signed_in(Role::Operator).await;
        let (get, head) = (browser.get(&path(route)).await, browser.ask(Method::HEAD, &path(route)).send().await);
        assert_eq!(get.status, head.status, "{route:?}");
    }
}

#[tokio::test]
async fn what_is_not_in_the_table_is_a_page_all_the_same() {
    let house = House::new();
    for path in ["/console/nothing", "/console/keys/1/2/3/4", "/docs/no/such", "/console/%ff%fe"] {
        house.browser().get(path).await.assert_says(404, "There is no such page");
        house.signed_in(Role::Viewer).await.get(path).await.assert_says(404, "There is no such page");
    }
    let answer = house.browser().ask(Method::DELETE, "/console/sign-in").send().await;
    answer.assert_says(405, "This page cannot do that");
    assert_eq!(answer.header("allow"), Some("GET,HEAD,POST"));
}

#[tokio::test]
async fn every_parameterless_page_of_the_operator_renders() {
    let house = House::new();
    let mut browser = house.signed_in(Role::Operator).await;
    for route in routes().iter().filter(|route| !changes(route) && !route.path.contains('{')) {
        if let Access::AtLeast(_) = route.access {
            let answer = browser.get(route.path).await;
            assert!(answer.status == 200 && !answer.body.is_empty(), "{route:?}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn every_entry_of_the_navigation_leads_somewhere() {
    let house = House::new();
    for role in ROLES {
        let mut browser = house.signed_in(role).await;
        let page = browser.get("/console/profile").await;
        assert!(page.text().contains(&email(role)));
        for href in page.attributes("href").into_iter().filter(|href| href.starts_with('/')) {
            let status = browser.get(href).await.status;
            assert!(status == 200 || status == 303, "{role:?} {href}: {status}");
        }
    }
}

/// The binary merges the pages into the router of the API, whose fallback stays its own.
#[tokio::test]
async fn another_router_takes_the_pages_in() {
    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use tower::ServiceExt as _;

    let house = House::new();
    let whole = axum::Router::new()
        .route("/person", axum::routing::get(|| async { "the API" }))
        .fallback(|| async { StatusCode::IM_A_TEAPOT })
        .merge(house.router());
    let status = async |path: &str| {
        let request = Request::builder().uri(path).body(Body::empty()).expect("a request");
        whole.clone().oneshot(request).await.expect("infallible").status().as_u16()
    };
    assert_eq!((status("/person").await, status("/nowhere").await), (200, 418));
    assert_eq!((status("/console/sign-in").await, status("/console/nowhere").await), (200, 404));
}
