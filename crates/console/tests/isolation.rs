//! What belongs to another organisation is as if it did not exist: whatever is asked, by whichever role.

mod common;

use accounts::{Actor, Networks, NewKey, Permissions, Purpose, Role};
use axum::http::Method;
use common::{Answer, Browser, House};
use console::{Route, routes};

/// What organisation B has, and what nobody has, by parameter of a path.
struct Ids {
    key: i64,
    user: i64,
    link: i64,
    session: i64,
    person: &'static str,
}

const NOBODYS: Ids = Ids { key: 900_001, user: 900_001, link: 900_001, session: 900_001, person: "nobody" };

/// Another organisation with one of everything.
fn other(house: &House) -> (accounts::User, Ids) {
    let owner = house.organisation("Other Works", "owner@other.example");
    let by = Actor::command_line();
    let new = NewKey {
        name: "theirs".to_owned(),
        tenant: owner.organisation,
        permissions: Permissions::ALL,
        expires: None,
        networks: Networks::default(),
    };
    let (key, _) = house.accounts.create_key(new, &by, house.now()).expect("a key");
    let purpose = Purpose::Join { organisation: owner.organisation, role: Role::Viewer, email: None };
    let (link, _) = house.accounts.create_link(purpose, &by, house.now()).expect("a link");
    let (_, session) = house.accounts.start_session(owner.id, None, "theirs", house.now()).expect("a session");
    house.operations.put(owner.organisation, "their-person", house.now());
    let ids = Ids { key: key.id.0, user: owner.id.0, link: link.id.0, session: session.id.0, person: "their-person" };
    (owner, ids)
}

/// The path with these ids in it.
fn path(route: &Route, ids: &Ids) -> String {
    let number = match route.path {
        path if path.starts_with("/console/keys/") => ids.key,
        path if path.starts_with("/console/team/links/") => ids.link,
        path if path.starts_with("/console/team/") => ids.user,
        path if path.starts_with("/console/profile/sessions/") => ids.session,
        // Operators see every organisation; nobody else gets so far.
        path if path.starts_with("/console/operator/") => ids.key,
        _ => 0,
    };
    let person = format!("person/face/{}", ids.person);
    route
        .path
        .replace("{id}", &number.to_string())
        .replace("{person_id}", ids.person)
        .replace("{*path}", &person)
        .replace("{secret}", "none")
        .replace("{file}", "none")
        .replace("{page}", "none")
}

async fn ask(browser: &mut Browser, route: &Route, ids: &Ids) -> Answer {
    let csrf = browser.csrf.clone();
    let fields = [("csrf", csrf.as_str()), ("role", "viewer"), ("overlap", "0"), ("plan", "2")];
    let asking = browser.ask(route.method.clone(), &path(route, ids)).header("x-csrf-token", &csrf);
    match route.method {
        Method::GET => asking.send().await,
        _ => asking.own_origin().form(&fields).send().await,
    }
}

/// What the visitor can tell the two answers apart by: everything but the token, the request's own id and what was asked.
fn seen(answer: &Answer, browser: &Browser, asked: &str) -> (u16, String, String) {
    let text = answer.text().replace(&browser.csrf, "CSRF").replace(asked, "ASKED");
    (answer.status, answer.header("location").unwrap_or_default().replace(asked, "ASKED"), text)
}

/// Everything that organisation B has, in the eyes of its owner.
async fn everything(house: &House, owner: &accounts::User) -> Vec<String> {
    let mut browser = house.signed_in_as(owner);
    let mut pages = Vec::new();
    for page in ["/console/keys", "/console/team", "/console/persons", "/console/settings"] {
        let answer = browser.get(page).await;
        pages.push(answer.text().replace(&browser.csrf, ""));
    }
    pages
}

#[tokio::test]
async fn no_route_tells_what_another_organisation_has_or_touches_it() {
    let house = House::new();
    let (owner, theirs) = other(&house);
    let before = everything(&house, &owner).await;
    let with_parameter: Vec<&Route> = routes().iter().filter(|route| route.path.contains('{')).collect();
    assert!(with_parameter.len() > 15, "the table has routes about one thing");
    for role in [Role::Viewer, Role::Developer, Role::Owner] {
        for route in &with_parameter {
            let mut browser = house.signed_in(role).await;
            let (of_theirs, of_nobodys) =
                (ask(&mut browser, route, &theirs).await, ask(&mut browser, route, &NOBODYS).await);
            let of_theirs = seen(&of_theirs, &browser, &path(route, &theirs));
            let of_nobodys = seen(&of_nobodys, &browser, &path(route, &NOBODYS));
            assert_eq!(of_theirs, of_nobodys, "{role:?} {route:?}");
        }
    }
    assert_eq!(everything(&house, &owner).await, before, "nothing of theirs has changed");
}

#[tokio::test]
async fn a_cursor_of_another_organisation_leads_to_nothing_of_theirs() {
    let house = House::new();
    common::sample(&house);
    let (owner, theirs) = other(&house);
    house
        .accounts
        .note(owner.organisation, &Actor::system(), accounts::Act::DataExported, "their-subject", "", house.now())
        .expect("noted");
    let their_audit = house.accounts.audit(owner.organisation, None, 1).expect("read")[0].id;
    let mut browser = house.signed_in(Role::Owner).await;
    for page in [
        format!("/console/audit?before={}", their_audit + 1),
        "/console/requests?before=99999999".to_owned(),
        format!("/console/requests?key={}", theirs.key),
        format!("/console/persons?after={}", theirs.person),
        format!("/console/persons?q={}", theirs.person),
        "/console/team".to_owned(),
    ] {
        let answer = browser.get(&page).await;
        assert_eq!(answer.status, 200);
        let text = answer.text().replace(theirs.person, "");
        for word in ["theirs", "their-", "other.example", "Other Works"] {
            assert!(!text.contains(word), "{page} shows {word}");
        }
    }
}

/// Whoever runs the installation sees how much, never who.
#[tokio::test]
async fn the_operator_sees_how_many_persons_there_are_and_not_who() {
    let house = House::new();
    let (owner, _) = other(&house);
    let mut operator = house.signed_in(Role::Operator).await;
    for route in routes().iter().filter(|route| route.method == Method::GET) {
        let page = route.path.replace("{id}", &owner.organisation.0.to_string()).replace("{person_id}", "their-person");
        if page.contains('{') || page.contains("/persons/") {
            continue;
        }
        assert!(!operator.get(&page).await.text().contains("their-person"), "{page}");
    }
    assert_eq!(operator.get("/console/persons/their-person").await.status, 404);
    let one = operator.get(&format!("/console/operator/organisations/{}", owner.organisation.0)).await;
    one.assert_says(200, "<dt>Persons</dt><dd>1</dd>");
}
