//! What users set for themselves: name, password, sessions, second factor.

mod common;

use accounts::Role;
use common::{House, PASSWORD, email};

#[tokio::test]
async fn the_name_is_changed_and_shown() {
    let house = House::new();
    let mut browser = house.signed_in(Role::Viewer).await;
    assert_eq!(
        browser.post("/console/profile/name", &[("name", " Ada ")]).await.location(),
        "/console/profile?done=name-changed"
    );
    let page = browser.get("/console/profile?done=name-changed").await;
    page.assert_says(200, "Your name is changed.");
    page.assert_says(200, "value=\"Ada\"");
    browser.post("/console/profile/name", &[("name", "")]).await.assert_says(422, "name-problem");
}

#[tokio::test]
async fn the_password_is_changed_by_who_knows_it() {
    let house = House::new();
    let (mut browser, mut other) = (house.signed_in(Role::Viewer).await, house.signed_in(Role::Viewer).await);
    let new = "something else entirely";
    let wrong = browser.post("/console/profile/password", &[("old-password", "no"), ("new-password", new)]).await;
    wrong.assert_says(422, "This is not your present password.");
    let weak =
        browser.post("/console/profile/password", &[("old-password", PASSWORD), ("new-password", "short")]).await;
    weak.assert_says(422, "new-password-problem");
    let fields = [("old-password", PASSWORD), ("new-password", new)];
    let changed = browser.post("/console/profile/password", &fields).await;
    assert_eq!(changed.location(), "/console/profile?done=password-changed");
    assert_eq!(browser.get("/console/profile").await.status, 200, "this session goes on");
    assert_eq!(other.get("/console/profile").await.status, 303, "the other one has ended");
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let house = House::new();
    let mut this = house.signed_in(Role::Viewer).await;
    let (mut that, mut third) = (house.signed_in(Role::Viewer).await, house.signed_in(Role::Viewer).await);
    let mut foreign = house.signed_in(Role::Owner).await;
    let page = this.get("/console/profile").await;
    assert_eq!(page.text().matches("This one").count(), 1);
    house.pass(3_600_000);
    let mut later = house.signed_in(Role::Viewer).await;
    assert!(!later.get("/console/profile").await.text().contains("/end\""), "what has ended is not listed");
    house.pass(-3_600_000);
    later.post("/console/sign-out", &[]).await;
    let ends: Vec<String> =
        page.attributes("action").into_iter().filter(|a| a.ends_with("/end")).map(str::to_owned).collect();
    assert_eq!(ends.len(), 2);
    assert_eq!(foreign.post(&ends[0], &[]).await.status, 404, "somebody else's session");
    assert_eq!(foreign.post("/console/profile/sessions/x/end", &[]).await.status, 404);
    assert_eq!(this.post(&ends[0], &[]).await.location(), "/console/profile?done=session-ended");
    let statuses = [that.get("/console/profile").await.status, third.get("/console/profile").await.status];
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    let ended = this.post("/console/profile/sessions/end-others", &[]).await;
    assert_eq!(ended.location(), "/console/profile?done=other-sessions-ended");
    assert_eq!(that.get("/console/profile").await.status, 303);
    assert_eq!(third.get("/console/profile").await.status, 303);
    assert_eq!(this.get("/console/profile").await.status, 200);
    assert_eq!(foreign.get("/console/profile").await.status, 200);
}

#[tokio::test]
async fn the_second_factor_from_first_to_last() {
    let house = House::new();
    let mut browser = house.signed_in(Role::Developer).await;
    let page = browser.post("/console/profile/second-factor/begin", &[]).await;
    page.assert_says(200, "<svg class=\"qr\"");
    let value = |name: &str| {
        let begin = format!("name=\"{name}\" value=\"");
        page.text()
            .split_once(&begin)
            .and_then(|(_, rest)| rest.split('"').next())
            .expect("a field")
            .replace("&#38;", "&")
    };
    let (secret, uri) = (value("secret"), value("uri"));
    assert!(uri.starts_with("otpauth://totp/Auther"), "{uri}");
    // Mistyped: the same secret again, or the app would have to be told anew.
    let fields = [("code", "000000"), ("secret", secret.as_str()), ("uri", uri.as_str())];
    let again = browser.post("/console/profile/second-factor/confirm", &fields).await;
    again.assert_says(422, "This code is not right");
    assert!(again.text().contains(&secret));
    let forged = [("code", "000000"), ("secret", "<script>"), ("uri", "https://evil.example")];
    assert_eq!(browser.post("/console/profile/second-factor/confirm", &forged).await.status, 400);

    let code = common::totp(&secret, house.now());
    let done = browser.post("/console/profile/second-factor/confirm", &[("code", &code)]).await;
    done.assert_says(200, "Keep these in a safe place");
    let codes: Vec<String> =
        done.text().split("<li><code>").skip(1).filter_map(|rest| rest.split('<').next()).map(str::to_owned).collect();
    assert_eq!(codes.len(), 10);
    let profile = browser.get("/console/profile").await;
    profile.assert_says(200, "10 recovery codes left");
    assert!(codes.iter().all(|code| !profile.text().contains(code)), "never again");

    // The password alone leads to the question for the code, and no further.
    let (address, mut other) = (email(Role::Developer), house.browser());
    let sign_in = [("email", address.as_str()), ("password", PASSWORD), ("next", "/docs/errors")];
    let to = other.post("/console/sign-in", &sign_in).await.location().to_owned();
    assert_eq!(to, "/console/second-factor?next=%2Fdocs%2Ferrors");
    let before = other.cookie("auther_session").expect("a cookie").to_owned();
    assert_eq!(other.get("/console/profile").await.location(), "/console/second-factor");
    other.get(&to).await.assert_says(200, "One more step");
    other.post("/console/second-factor", &[("code", &code)]).await.assert_says(422, "This code is not right");
    house.pass(30_000);
    let code = common::totp(&secret, house.now());
    let factor = [("code", code.as_str()), ("next", "/docs/errors")];
    assert_eq!(other.post("/console/second-factor", &factor).await.location(), "/docs/errors");
    assert_ne!(other.cookie("auther_session"), Some(before.as_str()), "the secret is another one now");
    other.get("/console/profile").await.assert_says(200, &address);
    let mut thief = house.browser();
    thief.set_cookie("auther_session", &before);
    assert_eq!(thief.get("/console/profile").await.status, 303);
    assert_ne!(thief.get("/console/profile").await.location(), "/console/second-factor");

    // A recovery code does as well, once.
    for (status, browser) in [(303, &mut house.browser()), (422, &mut house.browser())] {
        browser.post("/console/sign-in", &sign_in).await;
        browser.get("/console/second-factor").await;
        assert_eq!(browser.post("/console/second-factor", &[("code", &codes[0])]).await.status, status);
    }

    // Renewed, and switched off.
    browser
        .post("/console/profile/recovery-codes", &[("renew-code", "1")])
        .await
        .assert_says(422, "renew-code-problem");
    house.pass(30_000);
    let code = common::totp(&secret, house.now());
    let renewed = browser.post("/console/profile/recovery-codes", &[("renew-code", &code)]).await;
    renewed.assert_says(200, "Keep these in a safe place");
    browser
        .post("/console/profile/second-factor/remove", &[("remove-code", &codes[1])])
        .await
        .assert_says(422, "remove-code-problem");
    house.pass(30_000);
    let code = common::totp(&secret, house.now());
    let removed = browser.post("/console/profile/second-factor/remove", &[("remove-code", &code)]).await;
    assert_eq!(removed.location(), "/console/profile?done=second-factor-removed");
    let answer = house.browser().post("/console/sign-in", &[("email", &address), ("password", PASSWORD)]).await;
    assert_eq!(answer.location(), "/console");
}
