//! How long pages take where much has happened: 10,000 persons, 100,000 requests of history, on a real gallery and real
//! databases. `cargo test -p console --test speed -- --nocapture` prints the table.

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use accounts::usage::{Done, RequestFilter};
use accounts::{Operation, Role};
use axum::body::Body;
use axum::http::{Method, Request, header};
use biometric::{ModelId, Person, PersonId, Score, Similarity, Template, TenantId, Timestamp};
use common::{Browser, House};
use console::{Access, Route, routes};
use engine::{Answer, Error, ImageBytes, Operations, Rules, Scope};
use face::Examination;
use futures_util::future::join_all;
use gallery::{Embedded, Gallery};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

const PERSONS: u64 = 10_000;
const REQUESTS: i64 = 100_000;
const TRIES: usize = 20;

/// The promise.
const MEDIAN_MAX: Duration = Duration::from_millis(50);

/// No two faces are as alike as this.
const NEVER: Score = Score(2.0);

/// What pages ask of the engine, answered by a real gallery.
struct Persons(Embedded);

impl Operations for Persons {
    fn enrol<'a>(&'a self, _: &'a Scope, _: PersonId, _: ImageBytes) -> Answer<'a, Person> {
        unimplemented!("pages hand over no images")
    }

    fn update<'a>(&'a self, _: &'a Scope, _: PersonId, _: ImageBytes) -> Answer<'a, Person> {
        unimplemented!("pages hand over no images")
    }

    fn remove<'a>(&'a self, scope: &'a Scope, id: &'a PersonId) -> Answer<'a, ()> {
        Box::pin(async move { Ok(self.0.remove(scope.tenant, id).await?) })
    }

    fn get<'a>(&'a self, scope: &'a Scope, id: &'a PersonId) -> Answer<'a, Person> {
        Box::pin(async move { Ok(self.0.get(scope.tenant, id).await?) })
    }

    fn list<'a>(&'a self, scope: &'a Scope, after: Option<&'a PersonId>, limit: usize) -> Answer<'a, Vec<Person>> {
        Box::pin(async move { Ok(self.0.list(scope.tenant, after, limit).await?) })
    }

    fn count<'a>(&'a self, scope: &'a Scope) -> Answer<'a, u64> {
        Box::pin(async move { Ok(self.0.count(scope.tenant).await?) })
    }

    fn identify<'a>(&'a self, _: &'a Scope, _: ImageBytes) -> Answer<'a, Person> {
        unimplemented!("pages hand over no images")
    }

    fn verify<'a>(&'a self, _: &'a Scope, _: PersonId, _: ImageBytes) -> Answer<'a, Person> {
        unimplemented!("pages hand over no images")
    }

    fn compare<'a>(&'a self, _: &'a Scope, _: ImageBytes, _: ImageBytes) -> Answer<'a, Similarity> {
        unimplemented!("pages hand over no images")
    }

    fn check<'a>(&'a self, _: &'a Scope, _: ImageBytes) -> Answer<'a, Examination> {
        unimplemented!("pages hand over no images")
    }

    fn erase_collections<'a>(&'a self, _: &'a Scope) -> Answer<'a, ()> {
        Box::pin(async { Ok::<_, Error>(()) })
    }

    fn admits(&self) -> Result<(), Error> {
        Ok(())
    }

    fn ready(&self) -> Answer<'_, ()> {
        Box::pin(async { Ok::<_, Error>(()) })
    }

    fn rules(&self) -> Arc<Rules> {
        Arc::default()
    }
}

fn id(number: u64) -> PersonId {
    PersonId::parse(&format!("person-{number:05}")).expect("an id")
}

/// A unit vector of its own for each number.
fn template(model: &ModelId, number: u64) -> Template {
    let value = |i: u64| ((number * 128 + i).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f32 - 8_388_608.0;
    Template::from_embedding(model.clone(), (0..128).map(value).collect()).expect("a template")
}

async fn enrol(gallery: &Embedded, model: &ModelId, tenant: TenantId, now: Timestamp) {
    let numbers: Vec<u64> = (0..PERSONS).collect();
    for chunk in numbers.chunks(128) {
        let enrol = |n: &u64| gallery.enrol(tenant, id(*n), template(model, *n), NEVER, now, None);
        for enrolled in join_all(chunk.iter().map(enrol)).await {
            enrolled.expect("enrolled");
        }
    }
}

/// Every page that needs no secret, and what makes the longest look-ups of some.
fn pages(house: &House) -> Vec<(Access, String)> {
    let member = house.user(Role::Viewer).id.to_string();
    let page = |route: &Route| {
        // Who owes the second factor has one page, which asks nothing but the session.
        if route.access == Access::Pending {
            return None;
        }
        let id = if route.path.starts_with("/console/team/") { &member } else { "1" };
        let page = route.path.replace("{person_id}", "person-05000").replace("{id}", id);
        (!page.contains('{')).then_some((route.access, page))
    };
    let plain = routes().iter().filter(|route| route.method == Method::GET).filter_map(page);
    let searching = [
        "/console/persons?q=person-0",
        "/console/persons?q=nobody",
        "/console/requests?outcome=I_001",
        "/console/requests?operation=compare&outcome=F_007&key=1",
        "/console/requests?key=1",
        "/console/requests?before=50000",
    ];
    let searching = searching.map(|page| (Access::AtLeast(Role::Viewer), page.to_owned()));
    let documentation = ["quick-start", "reference", "image-requirements", "errors", "signing", "limits"];
    let documentation = documentation.map(|page| (Access::Public, format!("/docs/{page}")));
    plain.chain(searching).chain(documentation).collect()
}

fn record(house: &House) {
    let outcomes = [(200, ""), (200, ""), (400, "F_007"), (404, "NF_001"), (410, "RF_001")];
    for n in 0..REQUESTS {
        let (status, code) = outcomes[(n % 5) as usize];
        house.usage.record(Done {
            organisation: house.tenant,
            key: None,
            operation: Operation::ALL[(n % 8) as usize],
            status,
            code: code.to_owned(),
            latency_us: 50_000,
            request_id: format!("00000000-0000-7000-8000-{n:012}"),
            at: Timestamp::from_millis(house.now().as_millis() - (REQUESTS - n) * 20_000),
        });
        if n % 500 == 0 {
            house.usage.flush();
        }
    }
    house.usage.flush();
    assert_eq!(house.usage.dropped(), 0);
}

/// That pages have as much to look through as the test promises.
async fn assert_much_has_happened(house: &House) {
    let mut browser = house.signed_in(Role::Viewer).await;
    browser.get("/console/persons").await.assert_says(200, "10,000 persons are enrolled");
    let lines = house.usage.requests(house.tenant, &RequestFilter::default(), None, usize::MAX).expect("the log");
    assert!(lines.len() as i64 >= REQUESTS, "{} lines", lines.len());
    let today = accounts::usage::day(house.now());
    let counts = house.usage.days(house.tenant, today - 29, today).expect("the counts");
    assert!(counts.iter().map(|day| day.count).sum::<u64>() >= REQUESTS.unsigned_abs());
}

/// Until a page is there as a whole.
async fn page(browser: &mut Browser, page: &str, access: Access) -> Duration {
    let begun = Instant::now();
    let answer = browser.get(page).await;
    let took = begun.elapsed();
    // Some public pages send somebody who is signed in elsewhere; a page of the back-office that did would be no page.
    let is_public = access == Access::Public;
    assert!(answer.status == 200 || is_public && answer.status == 303, "{page}: {}", answer.status);
    took
}

/// Until a download begins: how long the rest takes is a matter of its size.
async fn download(house: &House, browser: &Browser, page: &str) -> Duration {
    let session = browser.cookie("auther_session").expect("signed in");
    let request = Request::builder().uri(page).header(header::COOKIE, format!("auther_session={session}"));
    let request = request.body(Body::empty()).expect("a request");
    let begun = Instant::now();
    let mut answer = house.router().oneshot(request).await.expect("infallible");
    let first = answer.body_mut().frame().await.expect("a piece").expect("no failure");
    let took = begun.elapsed();
    assert!(answer.status() == 200 && first.into_data().is_ok_and(|data| !data.is_empty()), "{page}");
    took
}

#[tokio::test]
async fn every_page_is_there_in_50_milliseconds_where_much_has_happened() {
    let directory = tempfile::tempdir().expect("a directory");
    let model = ModelId::parse("speed").expect("a model");
    let persons =
        Arc::new(Persons(Embedded::open(directory.path(), model.clone(), gallery::Options::default()).expect("opens")));
    let house = House::with(|parts| parts.operations = persons.clone());
    enrol(&persons.0, &model, house.tenant, house.now()).await;
    common::sample(&house);
    record(&house);
    assert_much_has_happened(&house).await;
    let mut slow = Vec::new();
    println!("{:>9} {:>9}  page", "median", "slowest");
    for (access, address) in pages(&house) {
        let role = match access {
            Access::AtLeast(role) => role,
            Access::Public | Access::Pending => Role::Owner,
        };
        let mut browser = house.signed_in(role).await;
        let mut took = Vec::new();
        for _ in 0..TRIES {
            took.push(match address.ends_with("/export") {
                true => download(&house, &browser, &address).await,
                false => page(&mut browser, &address, access).await,
            });
        }
        took.sort();
        let (median, slowest) = (took[TRIES / 2], took[TRIES - 1]);
        println!("{:>6.2} ms {:>6.2} ms  {address}", median.as_secs_f64() * 1e3, slowest.as_secs_f64() * 1e3);
        if median > MEDIAN_MAX {
            slow.push((address, median));
        }
    }
    assert!(slow.is_empty(), "{slow:?}");
}
