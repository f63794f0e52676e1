//! The pages of an organisation: what each shows, does and refuses.

mod common;

use accounts::usage::{Done, ToCharge};
use accounts::{Act, Actor, Networks, NewKey, Operation, Permission, Permissions, PlanId, Role};
use axum::http::Method;
use biometric::{TenantId, Timestamp};
use common::{Browser, House, PASSWORD};
use console::routes;
use serde_json::Value;

const PERMISSIONS: [(&str, &str); 2] = [("permission", "identify"), ("permission", "verify")];

/// The acts of the organisation's log, the newest first.
fn acts(house: &House) -> Vec<(Act, String)> {
    let entries = house.accounts.audit(house.tenant, None, 100).expect("read");
    entries.into_iter().map(|entry| (entry.act, entry.subject)).collect()
}

/// Makes a key through the form; its secret.
async fn make_key(browser: &mut Browser, name: &str) -> String {
    let fields = [("name", name), PERMISSIONS[0], PERMISSIONS[1], ("lifetime", "30"), ("networks", "192.0.2.0/24")];
    let answer = browser.post("/console/keys", &fields).await;
    answer.assert_says(200, "Store it now");
    let (_, rest) = answer.text().split_once("<code id=\"secret\">").expect("the secret");
    rest.split_once('<').expect("its end").0.to_owned()
}

#[tokio::test]
async fn a_key_is_shown_once_replaced_and_revoked() {
    let house = House::new();
    let mut browser = house.signed_in(Role::Developer).await;
    browser.get("/console/keys").await.assert_says(200, "No keys yet");
    let secret = make_key(&mut browser, "North <gate>").await;
    let list = browser.get("/console/keys").await;
    list.assert_says(200, "North &#60;gate&#62;");
    list.assert_says(200, "identify, verify");
    list.assert_says(200, "from 192.0.2.0/24");
    assert!(!list.text().contains(&secret), "the secret is never shown again");
    let key = house.accounts.keys_of(house.tenant).expect("keys").remove(0);
    let authenticate = |secret: &str| {
        house.accounts.authenticate(secret, Permission::Verify, "192.0.2.9".parse().ok(), house.now()).is_ok()
    };
    assert!(authenticate(&secret));
    assert_eq!(key.expires.map(|at| at.as_millis()), Some(house.now().as_millis() + 30 * 86_400_000));

    let page = format!("/console/keys/{}/rotate", key.id);
    browser.get(&page).await.assert_says(200, "may do the same as");
    let replaced = browser.post(&page, &[("overlap", "1")]).await;
    replaced.assert_says(200, "The old key stays valid until");
    assert!(authenticate(&secret), "the old one is good for an hour more");
    browser.get("/console/keys").await.assert_says(200, ">Replaced<");
    browser.post(&page, &[("overlap", "1")]).await.assert_says(422, "make a new one");
    house.pass(3_600_001);
    assert!(!authenticate(&secret));

    let mut browser = house.signed_in(Role::Developer).await;
    let new = house.accounts.keys_of(house.tenant).expect("keys").pop().expect("the new one");
    let page = format!("/console/keys/{}/revoke", new.id);
    browser.get(&page).await.assert_says(200, "cannot be undone");
    assert_eq!(browser.post(&page, &[]).await.location(), "/console/keys?done=key-revoked");
    browser.get("/console/keys?done=key-revoked").await.assert_says(200, "refused from now on");
    let key_acts: Vec<_> =
        acts(&house).into_iter().map(|(act, _)| act).filter(|act| act.word().starts_with("key_")).collect();
    assert_eq!(key_acts, [Act::KeyDisabled, Act::KeyRotated, Act::KeyCreated]);
}

#[tokio::test]
async fn a_wrong_form_for_a_key_says_what_is_wrong_and_keeps_what_was_typed() {
    let house = House::new();
    let mut browser = house.signed_in(Role::Developer).await;
    browser.get("/console/keys").await;
    for (fields, says) in [
        (vec![("name", ""), PERMISSIONS[0], ("lifetime", "never")], "Give the key a name"),
        (vec![("name", "x"), ("lifetime", "never")], "at least one thing"),
        (vec![("name", "x"), PERMISSIONS[0], ("lifetime", "forever")], "for how long"),
        (vec![("name", "kept"), PERMISSIONS[0], ("lifetime", "never"), ("networks", "somewhere")], "value=\"kept\""),
        (vec![("name", &"x".repeat(101)), PERMISSIONS[0], ("lifetime", "never")], "1 to 100 characters"),
    ] {
        let answer = browser.post("/console/keys", &fields).await;
        answer.assert_says(422, says);
        answer.assert_says(422, "role=\"alert\"");
    }
    assert!(house.accounts.keys_of(house.tenant).expect("keys").is_empty());
}

#[tokio::test]
async fn a_viewer_sees_lists_without_what_a_viewer_may_not_do() {
    let house = House::new();
    common::sample(&house);
    let mut browser = house.signed_in(Role::Viewer).await;
    for page in ["/console", "/console/keys", "/console/persons", "/console/persons/member-0001", "/console/requests"] {
        let answer = browser.get(page).await;
        assert_eq!(answer.status, 200);
        let forms: Vec<_> = answer.attributes("action").into_iter().filter(|to| *to != "/console/sign-out").collect();
        assert!(forms.iter().all(|to| ["/console/persons", "/console/requests"].contains(to)), "{page}: {forms:?}");
        assert!(!answer.text().contains("/remove\"") && !answer.text().contains("/console/try"), "{page}");
    }
}

#[tokio::test]
async fn persons_are_found_by_id_page_by_page_and_removed() {
    let house = House::new();
    for i in 0..60 {
        house.operations.put(house.tenant, &format!("anna-{i:02}"), house.now());
    }
    for odd in ["anna", "a~@:+b", "Zoe"] {
        house.operations.put(house.tenant, odd, house.now());
    }
    let mut browser = house.signed_in(Role::Developer).await;
    browser.get("/console/persons").await.assert_says(200, "63 persons are enrolled");
    let (mut seen, mut next) = (Vec::new(), "/console/persons?q=anna".to_owned());
    loop {
        let page = browser.get(&next).await;
        let rows: Vec<String> = page
            .attributes("href")
            .into_iter()
            .filter(|to| to.starts_with("/console/persons/") && !to.ends_with("/remove"))
            .map(str::to_owned)
            .collect();
        assert!(rows.len() <= 26, "a page is a page");
        seen.extend(rows);
        let links = page.text().split("rel=\"next\"").next().filter(|_| page.text().contains("rel=\"next\""));
        let Some(before) = links else { break };
        let (_, href) = before.rsplit_once("href=\"").expect("a link");
        next = href.split('"').next().expect("its end").replace("&#38;", "&").replace("&amp;", "&");
    }
    assert_eq!(seen.len(), 61, "the exact one and all that begin so, each once");
    assert_eq!(seen[0], "/console/persons/anna");
    browser.get("/console/persons?q=nobody").await.assert_says(200, "Nobody found");
    browser.get("/console/persons?q=%3Cscript%3E").await.assert_says(200, "&#60;script&#62;");

    let list = browser.get("/console/persons?q=a~%40%3A%2B").await;
    let link = list
        .attributes("href")
        .into_iter()
        .find(|to| to.starts_with("/console/persons/a") && !to.ends_with("remove"))
        .expect("the odd one")
        .to_owned();
    browser.get(&link).await.assert_says(200, "a~@:+b");
    let remove = format!("{link}/remove");
    browser.get(&remove).await.assert_says(200, "cannot be undone");
    assert_eq!(browser.post(&remove, &[]).await.location(), "/console/persons?done=person-removed");
    assert_eq!(browser.post(&remove, &[]).await.status, 404);
    assert_eq!(house.operations.persons_of(house.tenant), 62);
    assert_eq!(acts(&house)[0], (Act::PersonRemoved, "a~@:+b".to_owned()));
}

#[tokio::test]
async fn requests_are_filtered_and_paged() {
    let house = House::new();
    common::sample(&house);
    let mut browser = house.signed_in(Role::Viewer).await;
    let count = |text: &str| text.matches("<tr><th scope=\"row\"").count();
    let all = browser.get("/console/requests").await;
    assert_eq!(count(all.text()), 50);
    let refused = browser.get("/console/requests?outcome=F_007&operation=create").await;
    assert_eq!(refused.text().matches(">400 F_007<").count(), count(refused.text()));
    browser.get("/console/requests?outcome=F_001").await.assert_says(200, "No such requests");
    let (mut total, mut before) = (0, String::new());
    loop {
        let page = browser.get(&format!("/console/requests?outcome=ok{before}")).await;
        assert!(!page.text().contains(" F_007<"));
        total += count(page.text());
        let Some((_, rest)) = page.text().split_once("before=") else { break };
        before = format!("&before={}", rest.split('"').next().expect("its end"));
    }
    let today = accounts::usage::day(house.now());
    let days = house.usage.days(house.tenant, today - 40, today).expect("days");
    assert_eq!(total as u64, days.iter().filter(|day| day.code.is_empty()).map(|day| day.count).sum::<u64>());
}

#[tokio::test]
async fn the_team_invites_changes_and_keeps_its_last_owner() {
    let house = House::new();
    let mut owner = house.signed_in(Role::Owner).await;
    owner.get("/console/team").await.assert_says(200, "owner@engines.example");
    let made = owner.post("/console/team/invite", &[("email", "Ada@new.example"), ("role", "developer")]).await;
    made.assert_says(200, "ada@new.example");
    let (to, _, text) = house.mails.take().remove(0);
    let link = text.lines().find(|line| line.contains("/console/link/")).expect("a link").trim().to_owned();
    assert_eq!(to, "ada@new.example");
    let link = link.strip_prefix("http://console.example").expect("ours").to_owned();
    owner.get("/console/team").await.assert_says(200, "Open invitations");
    let mut ada = house.browser();
    ada.get(&link).await.assert_says(200, "Join Analytical Engines");
    let joined = ada.post(&link, &[("email", "x@y.example"), ("name", "Ada"), ("password", PASSWORD)]).await;
    assert!(joined.location().starts_with("/console"), "{joined:?}");
    let ada_user = house.accounts.users(house.tenant).expect("users").pop().expect("Ada");
    assert_eq!((ada_user.email.as_str(), ada_user.role), ("ada@new.example", Role::Developer));

    let member = format!("/console/team/{}", ada_user.id);
    owner.get(&member).await.assert_says(200, "Change role");
    owner.post(&format!("{member}/role"), &[("role", "viewer")]).await.location();
    assert!(ada.get("/console").await.location().starts_with("/console/sign-in"), "a new role means a new session");
    assert_eq!(owner.post(&format!("{member}/role"), &[("role", "operator")]).await.status, 400);
    owner.post(&format!("{member}/disable"), &[]).await.location();
    owner.get(&member).await.assert_says(200, ">Disabled<");
    owner.post(&format!("{member}/enable"), &[]).await.location();
    owner.post(&format!("{member}/reset-link"), &[]).await.assert_says(200, "chooses a new password");
    assert_eq!(house.mails.take().len(), 1);
    owner.post(&format!("{member}/remove"), &[]).await.location();
    assert_eq!(owner.get(&member).await.status, 404);

    let own = format!("/console/team/{}", house.user(Role::Owner).id);
    for (act, fields) in [("role", vec![("role", "viewer")]), ("disable", vec![]), ("remove", vec![])] {
        owner.post(&format!("{own}/{act}"), &fields).await.assert_says(422, "last owner");
    }
    owner
        .post("/console/team/invite", &[("email", "no address"), ("role", "owner")])
        .await
        .assert_says(422, "no e-mail address");
    owner.post("/console/team/invite", &[("email", ""), ("role", "")]).await.assert_says(422, "Choose a role");
    owner
        .post("/console/team/invite", &[("email", ""), ("role", "viewer")])
        .await
        .assert_says(200, "opens this link first");
    let open = house.accounts.links(house.tenant, house.now()).expect("links");
    let withdraw = format!("/console/team/links/{}/withdraw", open.last().expect("one").id);
    owner.post(&withdraw, &[]).await.location();
    assert_eq!(owner.post(&withdraw, &[]).await.status, 404);
}

/// In the operator's own organisation an owner stands below the operators.
#[tokio::test]
async fn an_owner_of_the_operators_organisation_cannot_touch_an_operator() {
    let house = House::new();
    let deputy = house.join(TenantId::OPERATOR, Role::Owner, "deputy@engines.example");
    let mut browser = house.signed_in_as(&deputy);
    browser.get("/console/team").await;
    let operator = format!("/console/team/{}", house.user(Role::Operator).id);
    for (act, fields) in [("role", vec![("role", "viewer")]), ("disable", vec![]), ("remove", vec![])] {
        browser.post(&format!("{operator}/{act}"), &fields).await.assert_says(422, "higher role than yours");
    }
    assert_eq!(browser.post(&format!("{operator}/reset-link"), &[]).await.status, 403);
    browser
        .post("/console/team/invite", &[("email", ""), ("role", "operator")])
        .await
        .assert_says(422, "Choose a role");
}

#[tokio::test]
async fn settings_may_be_stricter_and_never_laxer() {
    let house = House::new();
    let mut owner = house.signed_in(Role::Owner).await;
    owner.get("/console/settings").await.assert_says(200, "at least 80 percent");
    let laxer = [
        ("verify_similarity_percent_min", "79"),
        ("reference_yaw_degrees_max", "25"),
        ("reference_roll_degrees_max", "many"),
    ];
    let refused = owner.post("/console/settings", &laxer).await;
    for says in
        ["at least 80; you may ask for more", "at most 20; you may allow less", "This is no number", "value=\"79\""]
    {
        refused.assert_says(422, says);
    }
    assert!(house.accounts.rules(house.tenant).expect("rules").is_empty());
    let stricter = [
        ("verify_similarity_percent_min", "90,5"),
        ("reference_yaw_degrees_max", "10"),
        ("reference_roll_degrees_max", ""),
    ];
    assert_eq!(owner.post("/console/settings", &stricter).await.location(), "/console/settings?done=settings-saved");
    let rules = house.accounts.rules(house.tenant).expect("rules");
    let expected = [("reference_yaw_degrees_max", 10.0), ("verify_similarity_percent_min", 90.5)];
    assert_eq!(rules.iter().map(|(name, value)| (name.as_str(), *value)).collect::<Vec<_>>(), expected);
    let lines = acts(&house).len();
    owner.post("/console/settings", &stricter).await.location();
    assert_eq!(acts(&house).len(), lines, "what does not change is not written down");
    owner.get("/console/settings").await.assert_says(200, "value=\"90.5\"");
    owner.get("/console/audit").await.assert_says(200, "verify_similarity_percent_min = 90.5");
}

#[tokio::test]
async fn the_audit_log_goes_on_page_by_page() {
    let house = House::new();
    for i in 0..120 {
        let by = accounts::Actor::system();
        house
            .accounts
            .note(house.tenant, &by, Act::DataExported, &format!("subject-{i}"), "", house.now())
            .expect("noted");
    }
    let mut owner = house.signed_in(Role::Owner).await;
    let first = owner.get("/console/audit").await;
    first.assert_says(200, "subject-119");
    assert!(!first.text().contains("subject-60<"));
    let (_, rest) = first.text().split_once("/console/audit?before=").expect("the next page");
    let next = format!("/console/audit?before={}", rest.split('"').next().expect("its end"));
    owner.get(&next).await.assert_says(200, "subject-60");
}

#[tokio::test]
async fn the_export_is_whole_and_holds_no_secret() {
    let house = House::new();
    common::sample(&house);
    for i in 0..3_000 {
        house.operations.put(house.tenant, &format!("bulk-{i:05}"), house.now());
    }
    let mut owner = house.signed_in(Role::Owner).await;
    let secret = make_key(&mut owner, "exported").await;
    let answer = owner.get("/console/data/export").await;
    assert!(answer.header("content-disposition").expect("a download").contains("auther-export-2026-11-25.json"));
    let export: Value = serde_json::from_slice(&answer.body).expect("JSON");
    let len = |name: &str| export[name].as_array().map_or(0, Vec::len);
    assert_eq!((len("persons"), len("keys"), len("users")), (3_036, 3, 3));
    assert!(len("usage") > 50 && len("requests") > 400 && len("audit") > 5, "{}", answer.text().len());
    assert_eq!(export["organisation"]["name"], "Analytical Engines");
    let text = answer.text();
    for forbidden in [secret.as_str(), "argon2", "csrf", "digest", PASSWORD] {
        assert!(!text.contains(forbidden), "{forbidden}");
    }
    assert_eq!(acts(&house)[0].0, Act::DataExported);
}

#[tokio::test]
async fn an_erasure_asks_for_name_and_password_and_then_nothing_is_left() {
    let house = House::with(|parts| parts.settings.request_ms_max = 1_000);
    common::sample(&house);
    let mut owner = house.signed_in(Role::Owner).await;
    owner.get("/console/data").await.assert_says(200, "Erase everything");
    let erase =
        |organisation: &'static str, password: &'static str| [("organisation", organisation), ("password", password)];
    owner.post("/console/data/erase", &erase("Engines", PASSWORD)).await.assert_says(422, "not the name");
    owner
        .post("/console/data/erase", &erase("Analytical Engines", "wrong wrong wrong"))
        .await
        .assert_says(422, "password is not right");
    let begun = owner.post("/console/data/erase", &erase("Analytical Engines", PASSWORD)).await;
    assert_eq!(begun.location(), "/console/sign-in?done=erasure-begun");
    assert!(owner.get("/console").await.location().starts_with("/console/sign-in"));
    house.pass(10_000);
    for _ in 0..500 {
        if house.accounts.organisation(house.tenant).is_err() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(house.accounts.organisation(house.tenant).is_err(), "the organisation is gone");
    assert_eq!(house.operations.persons_of(house.tenant), 0);
    let today = accounts::usage::day(house.now());
    assert!(house.usage.days(house.tenant, today - 400, today).expect("days").is_empty());
    let mut operator = house.signed_in(Role::Operator).await;
    operator.get("/console/data").await.assert_says(200, "as long as the installation");
}

#[tokio::test]
async fn a_newcomer_is_led_and_an_old_hand_sees_what_was() {
    let house = House::new();
    let mut owner = house.signed_in(Role::Owner).await;
    let first = owner.get("/console").await;
    first.assert_says(200, "Three steps to your first enrolled face");
    first.assert_says(200, "No requests yet");
    common::sample(&house);
    let later = owner.get("/console").await;
    assert!(!later.text().contains("Three steps"));
    later.assert_says(200, "<rect class=\"bar answered\"");
    later.assert_says(200, ">Front door</a>");
    later.assert_says(200, "36 <small>of 100</small>");
}

#[tokio::test]
async fn outcomes_are_told_apart() {
    let house = House::new();
    common::sample(&house);
    let mut owner = house.signed_in(Role::Owner).await;
    let page = owner.get("/console").await;
    for says in [
        "<rect class=\"bar no-match\"",
        "<rect class=\"bar refused\"",
        // Who is not found was answered: only pictures that are not sharp were refused.
        "85 <small>%</small>",
        "In 30 days: 246 answered, 124 no match, 62 refused, 0 failed.",
        "F_007",
        "The face is out of focus or moved.",
    ] {
        page.assert_says(200, says);
    }
    assert!(!page.text().contains(">Failed<"), "nothing failed");
    let log = owner.get("/console/requests").await;
    for says in ["badge accent\">410 RF_001", "badge warning\">400 F_007", "badge success\">200 ok"] {
        log.assert_says(200, says);
    }
}

/// Whoever comes to the end of the plan is told before and after, with the day on which it goes on.
#[tokio::test]
async fn the_end_of_a_plan_is_announced() {
    let house = House::new();
    let mut owner = house.signed_in(Role::Owner).await;
    let to_charge = ToCharge { organisation: house.tenant, limit: Some(1_000), signed: None, now: house.now() };
    let charge = |count: u64| {
        for _ in 0..count {
            house.usage.charge(to_charge).expect("charged");
        }
    };
    charge(799);
    assert!(!owner.get("/console").await.text().contains("Most of this month"));
    charge(1);
    owner.get("/console").await.assert_says(200, "Most of this month's requests are used");
    charge(200);
    let page = owner.get("/console").await;
    page.assert_says(200, "This month's requests are used up: until 1 Dec 2026");
    page.assert_says(200, "<progress class=\"full\"");
    for i in 0..100 {
        if i == 80 {
            owner.get("/console").await.assert_says(200, "Most of your plan's persons are enrolled");
        }
        house.operations.put(house.tenant, &format!("p-{i}"), house.now());
    }
    owner.get("/console").await.assert_says(200, "Your plan's persons are all enrolled");
}

/// Usage comes in pieces of some days each: none is lost or doubled at their borders, none is missing with a gap between.
#[tokio::test]
async fn the_export_has_every_day_of_usage_once() {
    let house = House::new();
    let day_ms = 24 * 60 * 60 * 1_000;
    let ago: Vec<i64> = (0..100).chain([150, 299, 300, 365]).collect();
    for days in &ago {
        house.usage.record(Done {
            organisation: house.tenant,
            key: None,
            operation: Operation::Get,
            status: 200,
            code: String::new(),
            latency_us: 1,
            request_id: String::new(),
            at: Timestamp::from_millis(house.now().as_millis() - days * day_ms),
        });
    }
    house.usage.flush();
    let mut owner = house.signed_in(Role::Owner).await;
    let export: Value = serde_json::from_slice(&owner.get("/console/data/export").await.body).expect("JSON");
    let days: Vec<&str> =
        export["usage"].as_array().expect("rows").iter().map(|row| row["day"].as_str().expect("a day")).collect();
    assert_eq!(days.len(), ago.len());
    assert!(days.windows(2).all(|pair| pair[0] < pair[1]), "each once, in order");
    assert_eq!((days[0], days[days.len() - 1]), ("2025-11-25", "2026-11-25"));
}

/// Names are what people type: wherever they are shown, they are text.
#[tokio::test]
async fn hostile_names_are_text_on_every_page() {
    let house = House::new();
    let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let founder = house.organisation(hostile, "founder@hostile.example");
    let by = Actor::command_line();
    let new = NewKey {
        name: hostile.to_owned(),
        tenant: founder.organisation,
        permissions: Permissions::ALL,
        expires: None,
        networks: Networks::default(),
    };
    let (key, _) = house.accounts.create_key(new, &by, house.now()).expect("a key");
    let limits = house.accounts.plan(PlanId::FREE).expect("the plan").limits;
    let plan = house.accounts.create_plan(hostile, limits, &by, house.now()).expect("a plan").id;
    house.accounts.set_plan(founder.organisation, plan, &by, house.now()).expect("given");
    house.accounts.rename_user(founder.organisation, founder.id, hostile, &by, house.now()).expect("renamed");
    house.accounts.note(founder.organisation, &by, Act::PersonRemoved, hostile, hostile, house.now()).expect("noted");
    house.usage.record(Done {
        organisation: founder.organisation,
        key: Some(key.id),
        operation: Operation::Get,
        status: 400,
        code: hostile.to_owned(),
        latency_us: 1,
        request_id: hostile.to_owned(),
        at: house.now(),
    });
    house.usage.flush();
    let mut shown = 0;
    for mut browser in [house.signed_in_as(&founder), house.signed_in(Role::Operator).await] {
        for route in routes().iter().filter(|route| route.method == Method::GET && !route.path.ends_with("/export")) {
            let id = match route.path {
                path if path.starts_with("/console/keys/") => key.id.0,
                path if path.starts_with("/console/team/") => founder.id.0,
                _ => founder.organisation.0,
            };
            let mut addresses = vec![route.path.replace("{id}", &id.to_string())];
            // Names of filters and searches come back, too.
            for name in ["q", "outcome", "key", "done", "next", "before", "after", "person", "edit"] {
                addresses.push(format!("{}?{name}=%3Cscript%3Ealert(1)%3C/script%3E%22'", addresses[0]));
            }
            for address in addresses.iter().filter(|address| !address.contains('{')) {
                let answer = browser.get(address).await;
                let text = if answer.is_page() { answer.text() } else { continue };
                assert!(!text.contains("<script>alert") && !text.contains("<img src=x"), "{address}");
                shown += text.matches("&#60;script&#62;alert(1)").count();
            }
        }
    }
    assert!(shown > 100, "the names are there: {shown}");
}
