//! What belongs to another organisation is as if it did not exist: whatever is asked, by whichever role.

mod common;

use accounts::usage::{Done, RequestFilter, ToCharge};
use accounts::{Act, Actor, KeyId, Networks, NewKey, Operation, Permissions, Purpose, Role, Signing};
use axum::http::Method;
use common::{Answer, Browser, House};
use console::{Access, Route, routes};
use signing::Algorithm;

/// Before all persons of the sample in the order of a list.
const THEIR_PERSON: &str = "lady-theirs";

/// What organisation B has, and what nobody has, by parameter of a path.
struct Ids {
    organisation: i64,
    key: i64,
    client_key: i64,
    access_key: &'static str,
    user: i64,
    link: i64,
    session: i64,
    person: &'static str,
}

const NOBODYS: Ids = Ids {
    organisation: 900_001,
    key: 900_001,
    client_key: 900_001,
    access_key: "AUTHNOBODYHASTHISONE",
    user: 900_001,
    link: 900_001,
    session: 900_001,
    person: "lady-nobody",
};

impl Ids {
    /// A form with these ids in every field that a careless handler might believe.
    fn forged(&self) -> Vec<(&'static str, String)> {
        let numbers = [
            ("organisation", self.organisation),
            ("tenant", self.organisation),
            ("id", self.user),
            ("key", self.key),
            ("user", self.user),
            ("link", self.link),
            ("session", self.session),
        ];
        let persons = ["person", "person_id", "personId"].map(|name| (name, self.person.to_owned()));
        numbers.map(|(name, id)| (name, id.to_string())).into_iter().chain(persons).collect()
    }
}

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
    let signing = Signing { algorithm: Algorithm::HashThenRsa, is_required: true, is_length_prefixed: false };
    house.accounts.set_signing(None, key.id, Some(signing), &by, house.now()).expect("set");
    let (client_key, _) = house.accounts.generate_client_key(None, key.id, &by, house.now()).expect("a client key");
    let (access_key, _) = house.accounts.create_access_key(None, key.id, &by, house.now()).expect("an access key");
    let purpose = Purpose::Join { organisation: owner.organisation, role: Role::Viewer, email: None };
    let (link, _) = house.accounts.create_link(purpose, &by, house.now()).expect("a link");
    let (_, session) = house.accounts.start_session(owner.id, None, "theirs", house.now()).expect("a session");
    house.operations.put(owner.organisation, THEIR_PERSON, house.now());
    let ids = Ids {
        organisation: owner.organisation.0,
        key: key.id.0,
        client_key: client_key.id.0,
        access_key: access_key.id.leak(),
        user: owner.id.0,
        link: link.id.0,
        session: session.id.0,
        person: THEIR_PERSON,
    };
    (owner, ids)
}

/// Lets the other organisation leave a line in each log.
fn act(house: &House, owner: &accounts::User, ids: &Ids) {
    let (by, now) = (Actor::system(), house.now());
    house.accounts.note(owner.organisation, &by, Act::DataExported, "their-subject", "", now).expect("noted");
    let to_charge = ToCharge { organisation: owner.organisation, limit: None, signed: None, now };
    house.usage.charge(to_charge).expect("charged");
    house.usage.record(Done {
        organisation: owner.organisation,
        key: Some(KeyId(ids.key)),
        operation: Operation::Compare,
        status: 503,
        code: "U_001".to_owned(),
        latency_us: 1,
        request_id: "their-request".to_owned(),
        at: now,
    });
    house.usage.flush();
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
        .replace("{client_key}", &ids.client_key.to_string())
        .replace("{access_key}", ids.access_key)
        .replace("{person_id}", ids.person)
        .replace("{*path}", &person)
        .replace("{secret}", "none")
        .replace("{file}", "none")
        .replace("{page}", "none")
}

async fn ask(browser: &mut Browser, route: &Route, ids: &Ids) -> Answer {
    let csrf = browser.csrf.clone();
    let forged = ids.forged();
    let mut fields =
        vec![("csrf", csrf.as_str()), ("role", "viewer"), ("overlap", "0"), ("plan", "2"), ("algorithm", "off")];
    fields.extend(forged.iter().map(|(name, id)| (*name, id.as_str())));
    let asking = browser.ask(route.method.clone(), &path(route, ids)).header("x-csrf-token", &csrf);
    match route.method {
        Method::GET => asking.send().await,
        _ => asking.own_origin().form(&fields).send().await,
    }
}

/// What the visitor can tell two answers apart by: everything but the token, the request's own id and what was asked.
fn seen(answer: &Answer, browser: &Browser, asked: &str) -> (u16, Vec<(String, String)>, String) {
    let plain = |text: &str| text.replace(&browser.csrf, "CSRF").replace(asked, "ASKED");
    let headers = answer.headers.iter().filter(|(name, _)| !["request-id", "content-length"].contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), plain(value.to_str().expect("text"))));
    (answer.status, headers.collect(), plain(answer.text()))
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

/// Whatever another organisation does: nothing changes on any page.
#[tokio::test]
async fn no_page_changes_by_what_another_organisation_does() {
    let house = House::new();
    common::sample(&house);
    let filtered = [
        "/console/requests?outcome=U_001",
        "/console/requests?operation=compare",
        "/console/requests?before=99999999",
        "/console/audit?before=99999999",
        "/console/persons?q=lady",
        "/console/persons?after=lady",
    ];
    // An export is a line of the log itself.
    let is_page =
        |route: &&Route| route.method == Method::GET && !route.path.contains('{') && !route.path.ends_with("/export");
    let pages: Vec<&str> = routes().iter().filter(is_page).map(|route| route.path).chain(filtered).collect();
    let mut browser = house.signed_in(Role::Owner).await;
    let mut before = Vec::new();
    for page in &pages {
        let answer = browser.get(page).await;
        before.push(seen(&answer, &browser, page));
    }
    let (owner, theirs) = other(&house);
    act(&house, &owner, &theirs);
    for (page, before) in pages.iter().zip(&before) {
        let answer = browser.get(page).await;
        assert_eq!(&seen(&answer, &browser, page), before, "{page}");
    }
}

/// Forms that are about no one thing, with the ids of organisation B in them.
#[tokio::test]
async fn no_form_touches_another_organisation_whatever_its_fields_say() {
    let house = House::new();
    let (owner, theirs) = other(&house);
    let before = everything(&house, &owner).await;
    let forms = routes().iter().filter(|route| route.method == Method::POST && !route.path.contains('{'));
    for route in forms.filter(|route| matches!(route.access, Access::AtLeast(_))) {
        for role in [Role::Viewer, Role::Developer, Role::Owner] {
            let mut browser = house.signed_in(role).await;
            let answer = ask(&mut browser, route, &theirs).await;
            assert_theirs_is_hidden(&answer, route.path);
        }
    }
    assert_eq!(everything(&house, &owner).await, before, "nothing of theirs has changed");
}

#[track_caller]
fn assert_theirs_is_hidden(answer: &Answer, page: &str) {
    let text = answer.text().replace(THEIR_PERSON, "");
    for word in ["theirs", "their-", "other.example", "Other Works"] {
        assert!(!text.contains(word), "{page} shows {word}");
    }
}

/// An invitation says the same about an address that has an account elsewhere and one that has none.
#[tokio::test]
async fn an_invitation_does_not_tell_who_is_a_customer_already() {
    let house = House::new();
    other(&house);
    let mut browser = house.signed_in(Role::Owner).await;
    browser.get("/console/team").await;
    let mut answers = Vec::new();
    for email in ["owner@other.example", "owner@never.example"] {
        let answer = browser.post("/console/team/invite", &[("email", email), ("role", "viewer")]).await;
        let (status, headers, text) = seen(&answer, &browser, email);
        let (start, rest) = text.split_once("/console/link/").expect("the link");
        let (_, end) = rest.split_once('<').expect("its end");
        answers.push((status, headers, start.to_owned(), end.to_owned()));
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn a_cursor_or_filter_of_another_organisation_is_as_one_that_nobody_has() {
    let house = House::new();
    common::sample(&house);
    let (owner, theirs) = other(&house);
    // Signing in is a line of A's own log; theirs are to be the last that there are.
    let mut browser = house.signed_in(Role::Owner).await;
    act(&house, &owner, &theirs);
    let their_audit = house.accounts.audit(owner.organisation, None, 1).expect("read")[0].id;
    let lines = house.usage.requests(owner.organisation, &RequestFilter::default(), None, 1).expect("read");
    // Theirs, and one in the same place that nobody has.
    for (list, theirs, nobodys) in [
        ("/console/audit?before=", (their_audit + 1).to_string(), i64::MAX.to_string()),
        ("/console/requests?before=", (lines[0].id + 1).to_string(), i64::MAX.to_string()),
        ("/console/requests?key=", theirs.key.to_string(), NOBODYS.key.to_string()),
        ("/console/persons?after=", theirs.person.to_owned(), NOBODYS.person.to_owned()),
        ("/console/persons?q=", theirs.person.to_owned(), NOBODYS.person.to_owned()),
        ("/console/persons?q=lady&after=", theirs.person.to_owned(), NOBODYS.person.to_owned()),
        ("/console/operator/organisations?after=", theirs.organisation.to_string(), NOBODYS.organisation.to_string()),
        ("/console/try?do=verify&person=", theirs.person.to_owned(), NOBODYS.person.to_owned()),
    ] {
        let of_theirs = browser.get(&format!("{list}{theirs}")).await;
        assert_theirs_is_hidden(&of_theirs, list);
        // A bare number is in many places of a page; what was asked for comes back in addresses.
        let asked = |id: &str| if id.parse::<i64>().is_ok() { format!("={id}") } else { id.to_owned() };
        let of_theirs = seen(&of_theirs, &browser, &asked(&theirs));
        let of_nobodys = browser.get(&format!("{list}{nobodys}")).await;
        assert_eq!(of_theirs, seen(&of_nobodys, &browser, &asked(&nobodys)), "{list}");
    }
}

/// Whoever runs the installation sees how much, never who.
#[tokio::test]
async fn the_operator_sees_how_many_persons_there_are_and_not_who() {
    let house = House::new();
    let (owner, _) = other(&house);
    let mut operator = house.signed_in(Role::Operator).await;
    for route in routes().iter().filter(|route| route.method == Method::GET) {
        let page = route.path.replace("{id}", &owner.organisation.0.to_string()).replace("{person_id}", THEIR_PERSON);
        if page.contains('{') || page.contains("/persons/") {
            continue;
        }
        assert!(!operator.get(&page).await.text().contains(THEIR_PERSON), "{page}");
    }
    assert_eq!(operator.get(&format!("/console/persons/{THEIR_PERSON}")).await.status, 404);
    let one = operator.get(&format!("/console/operator/organisations/{}", owner.organisation.0)).await;
    one.assert_says(200, "<dt>Persons</dt><dd>1</dd>");
}
