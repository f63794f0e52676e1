//! Signing up, forgotten passwords, one-time links.

mod common;

use accounts::{Actor, PlanId, Purpose, Role};
use biometric::TenantId;
use common::{House, PASSWORD, email};
use console::SignUp;

const NEW: [(&str, &str); 4] = [
    ("organisation", "Difference Engines"),
    ("name", "Charles"),
    ("email", "charles@engines.example"),
    ("password", "a quite unusual sentence"),
];

fn link(house: &House, purpose: Purpose) -> String {
    let (_, secret) = house.accounts.create_link(purpose, &Actor::command_line(), house.now()).expect("a link");
    format!("/console/link/{}", secret.reveal())
}

#[tokio::test]
async fn a_new_organisation_has_an_owner_who_is_signed_in() {
    let house = House::new();
    let mut browser = house.browser();
    browser.get("/console/sign-up").await.assert_says(200, "autocomplete=\"new-password\"");
    assert_eq!(browser.post("/console/sign-up", &NEW).await.location(), "/console?done=welcome");
    let page = browser.get("/console/profile").await;
    page.assert_says(200, "Difference Engines");
    page.assert_says(200, "owner");
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_the_field_and_the_rest_is_kept() {
    let house = House::new();
    let wrong = [("organisation", ""), ("name", "Charles"), ("email", "charles"), ("password", "short")];
    let answer = house.browser().post("/console/sign-up", &wrong).await;
    answer.assert_says(422, "role=\"alert\"");
    for (id, _) in [("organisation", 0), ("email", 0), ("password", 0)] {
        assert!(answer.text().contains(&format!("id=\"{id}-problem\"")), "{id}");
        assert!(answer.text().contains(&format!("href=\"#{id}\"")), "{id}");
    }
    assert!(answer.text().contains("value=\"Charles\"") && !answer.text().contains("value=\"short\""));
    assert!(answer.text().contains("aria-describedby=\"password-hint password-problem\""));
}

#[tokio::test]
async fn only_where_everybody_may() {
    for (sign_up, words) in [(SignUp::Invitation, "by invitation"), (SignUp::Closed, "cannot be made on this page")] {
        let house = House::with(|parts| {
            parts.settings.sign_up = sign_up;
            parts.settings.contact = Some("The <operator>".to_owned());
        });
        let page = house.browser().get("/console/sign-up").await;
        page.assert_says(200, words);
        page.assert_says(200, "The &#60;operator&#62;");
        house.browser().post("/console/sign-up", &NEW).await.assert_says(403, words);
        assert!(house.browser().get("/console/sign-in").await.text().contains("How to get one"));
    }
}

#[tokio::test]
async fn a_link_to_join_works_once_for_the_invited_address() {
    let house = House::new();
    let invited = accounts::Email::parse("invited@engines.example").expect("an address");
    let purpose = Purpose::Join { organisation: house.tenant, role: Role::Developer, email: Some(invited) };
    let link = link(&house, purpose);
    let mut browser = house.browser();
    let page = browser.get(&link).await;
    page.assert_says(200, "Join Analytical Engines");
    page.assert_says(200, "value=\"invited@engines.example\"");
    browser
        .post(&link, &[("name", ""), ("email", "x@y.example"), ("password", "short")])
        .await
        .assert_says(422, "alert");
    let fields = [("name", "Ida"), ("email", "other@engines.example"), ("password", "a quite unusual sentence")];
    assert_eq!(browser.post(&link, &fields).await.location(), "/console?done=joined");
    browser.get("/console/profile").await.assert_says(200, "invited@engines.example");
    for again in [house.browser().get(&link).await, house.browser().post(&link, &fields).await] {
        again.assert_says(404, "This link does not work any more");
    }
    house.browser().get("/console/link/none").await.assert_says(404, "This link does not work any more");
}

#[tokio::test]
async fn links_found_organisations_and_set_up_the_operator() {
    let house = House::new();
    let found = link(&house, Purpose::Found { plan: PlanId::FREE });
    let mut browser = house.browser();
    browser.get(&found).await.assert_says(200, "Create your organisation");
    let without = [("name", "Ida"), ("email", "ida@x.example"), ("password", "a quite unusual sentence")];
    browser.post(&found, &without).await.assert_says(422, "Give your organisation a name.");
    assert_eq!(browser.post(&found, &NEW).await.location(), "/console?done=welcome");
    let operator = link(&house, Purpose::Operator);
    let mut browser = house.browser();
    browser.get(&operator).await.assert_says(200, "Set up this installation");
    assert_eq!(browser.post(&operator, &without).await.location(), "/console?done=welcome");
    browser.get("/console/profile").await.assert_says(200, "operator");
}

#[tokio::test]
async fn links_end() {
    let house = House::new();
    let link = link(&house, Purpose::Join { organisation: house.tenant, role: Role::Viewer, email: None });
    house.browser().get(&link).await.assert_says(200, "Join");
    house.pass(8 * 86_400_000);
    house.browser().get(&link).await.assert_says(404, "This link does not work any more");
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_mail() {
    let house = House::new();
    let mut signed_in = house.signed_in(Role::Viewer).await;
    let mut browser = house.browser();
    browser.get("/console/forgot").await.assert_says(200, "Send link");
    browser.post("/console/forgot", &[("email", "nonsense")]).await.assert_says(422, "role=\"alert\"");
    browser.post("/console/forgot", &[("email", "unknown@engines.example")]).await.assert_says(200, "is on its way");
    browser.post("/console/forgot", &[("email", &email(Role::Viewer))]).await.assert_says(200, "is on its way");
    let (to, _, text) = mail(&house).await;
    assert_eq!(to, email(Role::Viewer));
    let start = text.find("http://console.example/console/link/").expect("a link");
    let link = text[start..].split_whitespace().next().expect("a link").trim_start_matches("http://console.example");
    let mut browser = house.browser();
    browser.get(link).await.assert_says(200, "Choose a new password");
    browser.post(link, &[("password", "short")]).await.assert_says(422, "role=\"alert\"");
    let new = [("password", "something else entirely")];
    assert_eq!(browser.post(link, &new).await.location(), "/console/sign-in?done=password-reset");
    assert_eq!(browser.post(link, &new).await.status, 404, "once");
    assert_eq!(signed_in.get("/console/profile").await.status, 303, "every session has ended");
    let address = email(Role::Viewer);
    let old = browser.post("/console/sign-in", &[("email", &address), ("password", PASSWORD)]).await;
    assert_eq!(old.status, 422);
    let new = browser.post("/console/sign-in", &[("email", &address), ("password", "something else entirely")]).await;
    assert_eq!(new.status, 303);
}

/// The one mail; it is sent after the answer.
async fn mail(house: &House) -> (String, String, String) {
    for _ in 0..200 {
        if let Some(mail) = house.mails.take().pop() {
            return mail;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("no mail");
}

#[tokio::test]
async fn without_mail_the_page_says_whom_to_ask() {
    let house = House::with(|parts| {
        parts.mailer = None;
        parts.settings.contact = Some("the help desk".to_owned());
    });
    house.browser().get("/console/forgot").await.assert_says(200, "the help desk");
    house.browser().post("/console/forgot", &[("email", &email(Role::Owner))]).await.assert_says(200, "the help desk");
}

#[tokio::test]
async fn hostile_names_are_only_text() {
    let house = House::new();
    let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let user = house.organisation(hostile, "hostile@engines.example");
    let mut browser = house.signed_in_as(&user);
    let renamed = browser.post("/console/profile/name", &[("name", hostile)]).await;
    assert_eq!(renamed.location(), "/console/profile?done=name-changed");
    let page = browser.get("/console/profile").await;
    assert!(!page.text().contains("<script>alert") && !page.text().contains("<img src=x"), "{}", page.text());
    assert!(page.text().contains("&#60;script&#62;alert(1)"));
    let link = link(&house, Purpose::Join { organisation: user.organisation, role: Role::Viewer, email: None });
    let page = house.browser().get(&link).await;
    assert!(!page.text().contains("<script>alert") && page.text().contains("&#60;script&#62;alert(1)"));
    let typed = [("email", hostile), ("password", hostile), ("next", hostile)];
    let page = house.browser().post("/console/sign-in", &typed).await;
    assert!(!page.text().contains("<script>alert"));
    assert_ne!(user.organisation, TenantId::OPERATOR);
}
