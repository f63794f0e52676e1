//! Signing in: cookies, rotation, throttling, what answers give away.

mod common;

use accounts::Role;
use axum::http::Method;
use common::{House, PASSWORD, email};
use proptest::prelude::*;

fn fields<'a>(email: &'a str, password: &'a str) -> [(&'a str, &'a str); 2] {
    [("email", email), ("password", password)]
}

#[tokio::test]
async fn with_the_password_and_not_without() {
    let house = House::new();
    let mut browser = house.browser();
    let page = browser.get("/console/sign-in").await;
    page.assert_says(200, "autocomplete=\"current-password\"");
    let refused = browser.post("/console/sign-in", &fields(&email(Role::Owner), "another long password")).await;
    refused.assert_says(422, "The e-mail address or the password is not right.");
    assert!(refused.text().contains(&email(Role::Owner)), "what was typed is kept");
    assert!(!refused.text().contains("another long password"));
    assert!(refused.header("set-cookie").is_none());
    let answer = browser.post("/console/sign-in", &fields(&email(Role::Owner).to_uppercase(), PASSWORD)).await;
    assert_eq!(answer.location(), "/console");
    browser.get("/console/profile").await.assert_says(200, &email(Role::Owner));
    // Who is signed in needs no form.
    assert_eq!(browser.get("/console/sign-in?next=/docs/errors").await.location(), "/docs/errors");
}

#[tokio::test]
async fn the_cookie_is_for_http_and_this_host_only() {
    for (public_url, name, is_secure) in [
        ("http://console.example", "auther_session", false),
        ("https://console.example", "__Host-auther_session", true),
    ] {
        let house = House::with(|parts| parts.settings.public_url = public_url.to_owned());
        let answer = house.browser().post("/console/sign-in", &fields(&email(Role::Viewer), PASSWORD)).await;
        let cookie = answer.header("set-cookie").expect("a cookie");
        assert!(cookie.starts_with(&format!("{name}=")), "{cookie}");
        for part in ["; HttpOnly", "; SameSite=Lax", "; Path=/"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert_eq!(cookie.contains("; Secure"), is_secure);
        assert!(!cookie.contains("Domain"));
        assert_eq!(answer.header("strict-transport-security").is_some(), is_secure);
    }
}

#[tokio::test]
async fn a_session_that_was_planted_is_not_the_one_that_is_signed_in() {
    let house = House::new();
    let mut browser = house.browser();
    browser.set_cookie("auther_session", "planted");
    browser.post("/console/sign-in", &fields(&email(Role::Viewer), PASSWORD)).await;
    let first = browser.cookie("auther_session").expect("a cookie").to_owned();
    assert_ne!(first, "planted");
    let mut thief = house.browser();
    thief.set_cookie("auther_session", &first);
    thief.get("/console/profile").await.assert_says(200, &email(Role::Viewer));
    // Signing in again gives another secret, and the former is worth nothing.
    browser.post("/console/sign-in", &fields(&email(Role::Owner), PASSWORD)).await;
    assert_ne!(browser.cookie("auther_session"), Some(first.as_str()));
    assert_eq!(thief.get("/console/profile").await.location(), "/console/sign-in?next=%2Fconsole%2Fprofile");
}

#[tokio::test]
async fn signing_out_ends_the_session_itself() {
    let house = House::new();
    let mut browser = house.signed_in(Role::Viewer).await;
    let secret = browser.cookie("auther_session").expect("a cookie").to_owned();
    let answer = browser.post("/console/sign-out", &[]).await;
    assert_eq!(answer.location(), "/console/sign-in?done=signed-out");
    assert_eq!(browser.cookie("auther_session"), None);
    browser.get("/console/sign-in?done=signed-out").await.assert_says(200, "You are signed out.");
    browser.set_cookie("auther_session", &secret);
    assert!(browser.get("/console/profile").await.location().starts_with("/console/sign-in"));
}

#[tokio::test]
async fn a_session_ends_when_nobody_uses_it_and_in_any_case() {
    let house = House::new();
    let mut idle = house.signed_in(Role::Viewer).await;
    let mut busy = house.signed_in(Role::Viewer).await;
    house.pass(3_600_000 - 1_000);
    assert_eq!(busy.get("/console/profile").await.status, 200);
    house.pass(2_000);
    assert_eq!(idle.get("/console/profile").await.status, 303);
    for _ in 0..11 {
        assert_eq!(busy.get("/console/profile").await.status, 200);
        house.pass(3_500_000);
    }
    house.pass(3_500_000);
    assert_eq!(busy.get("/console/profile").await.status, 303, "twelve hours are over");
}

#[tokio::test]
async fn known_and_unknown_addresses_get_the_same_answer() {
    let house = House::new();
    let known = email(Role::Viewer);
    let unknown = "nobodyx@engines.exampl".to_owned() + "e";
    let same = |known_answer: &common::Answer, unknown_answer: &common::Answer| {
        assert_eq!(known_answer.status, unknown_answer.status);
        let names = |answer: &common::Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(known_answer), names(unknown_answer));
        assert_eq!(known_answer.text().replace(&known, "X"), unknown_answer.text().replace(&unknown, "X"));
    };
    let ask = async |path: &str, email: &str, other: &[(&str, &str)]| {
        let mut all = vec![("email", email)];
        all.extend(other);
        house.browser().post(path, &all).await
    };
    let wrong = [("password", "not the password at all")];
    same(&ask("/console/sign-in", &known, &wrong).await, &ask("/console/sign-in", &unknown, &wrong).await);
    same(&ask("/console/forgot", &known, &[]).await, &ask("/console/forgot", &unknown, &[]).await);
    let new = [("organisation", "New"), ("name", "Somebody"), ("password", "quite another password")];
    let (a, b) = (ask("/console/sign-up", &known, &new).await, ask("/console/sign-up", &unknown, &new).await);
    same(&a, &b);
    assert_eq!(a.location(), "/console?done=welcome", "an address may own several organisations");
}

#[tokio::test]
async fn attempts_are_limited_per_account_and_say_when_the_next_counts() {
    let house = House::new();
    let mut browser = house.browser();
    let mut last = None;
    for _ in 0..8 {
        let answer = browser.post("/console/sign-in", &fields(&email(Role::Viewer), "wrong, wrong, wrong")).await;
        if answer.status == 429 {
            last = Some(answer);
            break;
        }
        assert_eq!(answer.status, 422);
    }
    let answer = last.expect("throttled after a few");
    answer.assert_says(429, "Too many attempts. Try again in ");
    let seconds: i64 = answer.header("retry-after").expect("a wait").parse().expect("seconds");
    assert!(seconds >= 1);
    // Not even the right password counts now; after the wait it does.
    assert_eq!(browser.post("/console/sign-in", &fields(&email(Role::Viewer), PASSWORD)).await.status, 429);
    house.pass(16 * 60_000);
    assert_eq!(browser.post("/console/sign-in", &fields(&email(Role::Viewer), PASSWORD)).await.status, 303);
}

#[tokio::test]
async fn the_page_that_was_asked_for_is_where_one_arrives() {
    let house = House::new();
    let mut browser = house.browser();
    let to = browser.get("/console/profile?a=b").await.location().to_owned();
    assert_eq!(to, "/console/sign-in?next=%2Fconsole%2Fprofile%3Fa%3Db");
    browser.get(&to).await.assert_says(200, "name=\"next\" value=\"/console/profile?a=b\"");
    let (address, next) = (email(Role::Viewer), ("next", "/console/profile?a=b"));
    let [email, password] = fields(&address, PASSWORD);
    assert_eq!(browser.post("/console/sign-in", &[email, password, next]).await.location(), "/console/profile?a=b");
}

#[tokio::test]
async fn damaged_and_huge_forms_are_refused() {
    let house = House::new();
    let mut browser = house.browser();
    fn ask(browser: &mut common::Browser) -> common::Asking<'_> {
        browser.ask(Method::POST, "/console/sign-in").own_origin()
    }
    let huge = "x".repeat(70 << 10);
    ask(&mut browser).form(&[("email", &huge)]).send().await.assert_says(413, "That was too much");
    ask(&mut browser).body("application/json", "{}").send().await.assert_says(400, "The form could not be read");
    ask(&mut browser)
        .body("application/x-www-form-urlencoded", [0xff, b'=', 0])
        .send()
        .await
        .assert_says(422, "not right");
}

/// Attempts are counted by network address: that of the connection, or what a proxy says that the operator trusts.
#[tokio::test]
async fn proxies_are_believed_when_the_operator_trusts_them() {
    for (trusted, is_throttled) in [("198.51.100.1", true), ("192.0.2.0/24", false)] {
        let house = House::with(|parts| parts.settings.trusted_proxies = trusted.parse().expect("networks"));
        let mut statuses = Vec::new();
        for i in 0..25 {
            let (from, address) = (format!("203.0.113.{i}"), format!("user{i}@elsewhere.example"));
            let mut browser = house.browser();
            let asking = browser.ask(Method::POST, "/console/sign-in").own_origin().header("x-forwarded-for", &from);
            statuses.push(asking.form(&fields(&address, "wrong, wrong, wrong")).send().await.status);
        }
        assert_eq!(statuses.contains(&429), is_throttled, "{trusted}: {statuses:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever `next` says, a signed-in browser is sent to a page of this host.
    #[test]
    fn next_leads_nowhere_else(wish in "(/console|/docs|/|//|https://)?[/\\\\a-z.:@?=%\\x00-\\x20é]{0,20}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            thread_local! { static HOUSE: House = House::new(); }
            let mut browser = HOUSE.with(|house| house.signed_in_as(&house.user(Role::Viewer)));
            let encoded: String = form_urlencoded::byte_serialize(wish.as_bytes()).collect();
            let answer = browser.get(&format!("/console/sign-in?next={encoded}")).await;
            let to = answer.location();
            assert!(to.starts_with("/console") || to.starts_with("/docs"), "{to}");
            assert!(!to.contains("//") && !to.contains('\\'), "{to}");
        });
    }
}
