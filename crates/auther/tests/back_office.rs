//! The back-office of a real server: from the first start to the first face, quotas, keys, erasure.

mod common;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use accounts::{Accounts, Actor};
use biometric::{Person, PersonId, Score, Template, TenantId, Timestamp};
use common::browser::Browser;
use common::{Answer, Server, auther, call, create_key, face_image, photo, printed, run, said};
use gallery::Gallery as _;
use tokio::task::JoinSet;

const MARK: [&str; 2] = ["A000369_a.jpg", "A000369_b.jpg"];
const COLIN: &str = "A000376_a.jpg";

/// How soon what the command line does must count for the server.
const COUNTS_WITHIN: Duration = Duration::from_secs(1);

/// How long a background task may take on a busy machine.
const DONE_WITHIN: Duration = Duration::from_secs(60);

fn fresh(environment: &[(&str, &str)]) -> Server {
    Server::start_in(tempfile::tempdir().expect("a folder"), String::new(), environment)
}

/// An organisation of the free plan, and a key of it.
fn customer(server: &Server) -> (String, String) {
    let made = run(&server.data, &["organisation", "create", "--name", "Shop"]);
    let id = printed(&made)["id"].to_string();
    let key = create_key(server.data.path(), &["--organisation", &id]);
    (id, key)
}

fn get(server: &Server, key: &str) -> Answer {
    call(&format!("{}/person/face/mark", server.base), "GET", Some(key), None)
}

/// Tries until it is so.
#[track_caller]
fn wait_until(limit: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn sign_up(server: &Server, organisation: &str, email: &str) -> Browser {
    let mut browser = Browser::new(&server.base);
    let fields = [
        ("organisation", organisation),
        ("name", "Jane Doe"),
        ("email", email),
        ("password", "a quiet afternoon in May"),
    ];
    browser.post("/console/sign-up", &fields).expect(200, "/console");
    browser
}

/// A key that somebody makes on the page.
fn key_by_form(browser: &mut Browser, permissions: &[&str]) -> String {
    let mut fields = vec![("name", "web"), ("lifetime", "never")];
    fields.extend(permissions.iter().map(|word| ("permission", *word)));
    browser.post("/console/keys", &fields).api_key()
}

#[test]
fn the_first_start_prints_a_link_that_makes_one_operator() {
    let server = fresh(&[]);
    let link = server.logged("link").expect("a link in the log");
    let path = link.strip_prefix(&server.base).expect("to this server").to_owned();
    let mut browser = Browser::new(&server.base);
    let page = browser.get(&path);
    assert_eq!(page.status, 200, "{}", page.text);
    let fields = [("name", "Op"), ("email", "op@example.org"), ("password", "an unusual pass phrase")];
    browser.post(&path, &fields).expect(200, "/console");
    browser.get("/console/operator/organisations").expect(200, "/console/operator/organisations");
    let health = browser.get("/console/operator/health").expect(200, "/console/operator/health").text;
    for part in ["Faces and gallery", "Model files", "Databases", "Free disk space", "Counters", "Operator", "Mail"] {
        assert!(health.contains(part), "{part}: {health}");
    }
    let models = browser.get("/console/operator/models").expect(200, "/console/operator/models").text;
    assert!(models.contains("YuNet") && models.contains("777e5e3c"), "{models}");

    let mut second = Browser::new(&server.base);
    assert_eq!(second.post(&path, &fields).status, 404, "it works once");
    let log = server.log();
    assert!(!log.contains("op@example.org") && !log.contains("pass phrase"), "{log}");
    let secret = path.rsplit('/').next().expect("a secret");
    assert_eq!(log.matches(secret).count(), 1, "the link is told once, and no line about a request repeats it: {log}");
    let (_, data, _) = server.end("-TERM");
    let server = Server::start_in(data, String::new(), &[]);
    assert_eq!(server.logged("link"), None, "there is an operator now");
    let users = printed(&run(&server.data, &["user", "list"]));
    assert_eq!((users[0]["role"].as_str(), users[0]["email"].as_str()), (Some("operator"), Some("op@example.org")));
}

#[test]
fn a_newcomer_gets_from_sign_up_to_the_first_face() {
    // As fast as a test asks: the rate has a test of its own.
    let server = fresh(&[("AUTHER_FREE_REQUESTS_PER_SECOND", "1000"), ("AUTHER_FREE_BURST_REQUESTS", "1000")]);
    let mut jane = sign_up(&server, "Shop", "jane@example.org");
    let key = key_by_form(&mut jane, &["enrol", "read", "identify"]);
    let url = |id: &str| format!("{}/person/face/{id}", server.base);
    let body = face_image(&photo(MARK[0]));
    call(&url("mark"), "POST", Some(&key), Some(&body)).expect_person("mark");
    call(&url("mark"), "DELETE", Some(&key), None).expect_code(403, "A_003", "key_not_permitted");
    let probe = face_image(&photo(MARK[1]));
    call(&format!("{}/person/recognize-face", server.base), "POST", Some(&key), Some(&probe)).expect_person("mark");
    assert!(jane.get("/console/persons").expect(200, "/console/persons").text.contains("mark"));

    // Somebody else's organisation, whose face is free there.
    let mut joe = sign_up(&server, "Bank", "joe@example.org");
    assert_eq!(joe.get("/console/persons/mark").status, 404);
    let other = key_by_form(&mut joe, &["enrol", "read", "delete", "verify", "identify"]);
    for (method, path, body) in [
        ("GET", "face", None),
        ("DELETE", "face", None),
        ("PUT", "face", Some(&body)),
        ("POST", "verify-face", Some(&probe)),
    ] {
        let of = |id: &str| {
            let answer = call(&format!("{}/person/{path}/{id}", server.base), method, Some(&other), body);
            (answer.status, answer.body)
        };
        assert_eq!(of("mark"), of("nobody"), "{method} {path}: theirs is as nobody's");
    }
    call(&format!("{}/person/recognize-face", server.base), "POST", Some(&other), Some(&probe)).expect_code(
        410,
        "RF_001",
        "no_person_matched",
    );
    call(&url("mark"), "GET", Some(&key), None).expect_person("mark");
    call(&url("mark"), "GET", Some(&other), None).expect_code(404, "NF_001", "person_not_found");
    call(&url("mark"), "POST", Some(&other), Some(&body)).expect_person("mark");

    // "Try it" needs no key, and counts.
    let before = used(&server, "2");
    assert_eq!(jane.get("/console/try/api/person/face/mark").status, 403, "a link from elsewhere costs nothing");
    let tried = jane.get_as_script("/console/try/api/person/face/mark");
    assert_eq!((tried.status, tried.text.contains("\"personId\":\"mark\"")), (200, true), "{tried:?}");
    assert_eq!(used(&server, "2"), before + 1);
}

/// The requests of this month.
fn used(server: &Server, organisation: &str) -> u64 {
    let usage = printed(&run(&server.data, &["usage", "--organisation", organisation]));
    usage["month"]["requests"].as_u64().expect("a number")
}

#[test]
fn a_month_s_requests_are_used_up_and_it_is_said_until_when() {
    let server = fresh(&[("AUTHER_FREE_REQUESTS_MONTH_MAX", "3"), ("AUTHER_FREE_BURST_REQUESTS", "100")]);
    let (id, key) = customer(&server);
    for _ in 0..3 {
        get(&server, &key).expect_code(404, "NF_001", "person_not_found");
    }
    let refused = get(&server, &key);
    refused.expect_code(400, "CP_005", "requests_exhausted");
    let body = refused.json();
    let details = &body["details"][0];
    assert_eq!((details["value"].as_u64(), details["max"].as_u64()), (Some(3), Some(3)), "{details}");
    let resets = details["resets"].as_str().expect("a time");
    assert!(resets.len() == 24 && resets.ends_with("-01T00:00:00.000Z"), "{resets}");
    let usage = printed(&run(&server.data, &["usage", "--organisation", &id]));
    assert_eq!((usage["month"]["requests"].as_u64(), usage["month"]["requestsMax"].as_u64()), (Some(3), Some(3)));
    assert_eq!(usage["month"]["resets"].as_str(), Some(resets));

    // A greater plan counts from the next request on; the operator's own has no limit.
    let plan = printed(&run(&server.data, &["plan", "create", "--name", "Team", "--requests-month-max", "4"]));
    assert!(run(&server.data, &["organisation", "plan", &id, &plan["id"].to_string()]).status.success());
    get(&server, &key).expect_code(404, "NF_001", "person_not_found");
    get(&server, &key).expect_code(400, "CP_005", "requests_exhausted");
    let own = create_key(server.data.path(), &[]);
    for _ in 0..5 {
        get(&server, &own).expect_code(404, "NF_001", "person_not_found");
    }
}

#[test]
fn a_plan_s_persons_are_used_up() {
    let server = fresh(&[("AUTHER_FREE_PERSONS_MAX", "1")]);
    let (_, key) = customer(&server);
    let enrol = |id: &str, image: &str| {
        let url = format!("{}/person/face/{id}", server.base);
        call(&url, "POST", Some(&key), Some(&face_image(&photo(image))))
    };
    enrol("mark", MARK[0]).expect_person("mark");
    enrol("colin", COLIN).expect_code(400, "CP_005", "persons_exhausted");
}

#[test]
fn who_asks_too_fast_is_told_when_to_come_back() {
    let server = fresh(&[("AUTHER_FREE_REQUESTS_PER_SECOND", "1"), ("AUTHER_FREE_BURST_REQUESTS", "2")]);
    let (_, key) = customer(&server);
    let answers: Vec<_> = (0..4).map(|_| get(&server, &key)).collect();
    assert_eq!(answers.iter().map(|answer| answer.status).take(2).collect::<Vec<_>>(), [404, 404]);
    let refused = answers.iter().find(|answer| answer.status == 429).expect("one is too many");
    refused.expect_code(429, "L_001", "rate_exceeded");
    let wait: u64 = refused.retry_after.as_ref().and_then(|text| text.parse().ok()).expect("Retry-After");
    assert!((1..=2).contains(&wait), "{wait}");
    std::thread::sleep(Duration::from_secs(wait));
    assert_eq!(get(&server, &key).status, 404);
}

#[test]
fn what_was_answered_stays_counted_through_a_kill() {
    let server = fresh(&[("AUTHER_FREE_BURST_REQUESTS", "100000"), ("AUTHER_FREE_REQUESTS_MONTH_MAX", "1000000")]);
    let (id, key) = customer(&server);
    let (sent, answered) = (AtomicU64::new(0), AtomicU64::new(0));
    let url = format!("{}/person/face/mark", server.base);
    let (data, answered_before_kill) = std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
                loop {
                    sent.fetch_add(1, Ordering::SeqCst);
                    match agent.get(&url).header("Api-Key", &key).call() {
                        Ok(answer) => {
                            assert_eq!(answer.status().as_u16(), 404);
                            answered.fetch_add(1, Ordering::SeqCst);
                        }
                        // Killed.
                        Err(_) => break,
                    }
                }
            });
        }
        wait_until(DONE_WITHIN, "500 answers", || answered.load(Ordering::SeqCst) >= 500);
        let (_, data, _) = server.end("-KILL");
        (data, 500)
    });
    let (sent, answered) = (sent.into_inner(), answered.into_inner());
    let server = Server::start_in(data, key, &[]);
    let counted = used(&server, &id);
    assert!(answered >= answered_before_kill && (answered..=sent).contains(&counted), "{answered} {counted} {sent}");
}

#[test]
fn a_disabled_key_is_refused_within_a_second_while_the_server_works() {
    let server = Server::start();
    get(&server, &server.key).expect_code(404, "NF_001", "person_not_found");
    assert!(run(&server.data, &["key", "disable", "1"]).status.success());
    wait_until(COUNTS_WITHIN, "refused", || get(&server, &server.key).status == 403);
    get(&server, &server.key).expect_code(403, "A_003", "key_disabled");
}

#[test]
fn a_rotated_key_goes_on_for_its_overlap_and_no_longer() {
    let server = Server::start();
    let rotated = printed(&run(&server.data, &["key", "rotate", "1", "--overlap", "2s"]));
    let new = rotated["apiKey"].as_str().expect("a key");
    assert_eq!(rotated["name"], "test", "the same but for its secret");
    assert_eq!((get(&server, &server.key).status, get(&server, new).status), (404, 404), "both are accepted");
    wait_until(Duration::from_secs(4), "the old one ended", || get(&server, &server.key).status != 404);
    assert_eq!(get(&server, new).status, 404);
    let keys = printed(&run(&server.data, &["key", "list"]));
    assert_eq!((&keys[0]["rotated"], keys[1]["used"].is_string()), (&rotated["id"], true), "{keys}");
}

#[test]
fn a_key_is_bound_to_its_networks_and_its_organisation_s_state() {
    let server = fresh(&[]);
    let (id, key) = customer(&server);
    let elsewhere = create_key(server.data.path(), &["--organisation", &id, "--networks", "192.0.2.0/24"]);
    get(&server, &elsewhere).expect_code(403, "A_003", "key_network");
    assert_eq!(get(&server, &key).status, 404);
    assert!(run(&server.data, &["organisation", "suspend", &id]).status.success());
    wait_until(COUNTS_WITHIN, "suspended", || get(&server, &key).status == 403);
    get(&server, &key).expect_code(403, "A_003", "organisation_suspended");
    assert!(run(&server.data, &["organisation", "resume", &id]).status.success());
    wait_until(COUNTS_WITHIN, "resumed", || get(&server, &key).status == 404);
}

#[test]
fn the_address_behind_a_trusted_proxy_is_believed_and_no_other() {
    let server = fresh(&[("AUTHER_TRUSTED_PROXIES", "127.0.0.1")]);
    let (id, _) = customer(&server);
    let key = create_key(server.data.path(), &["--organisation", &id, "--networks", "192.0.2.0/24"]);
    let from = |address: &str| {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let url = format!("{}/person/face/mark", server.base);
        let answer = agent.get(&url).header("Api-Key", &key).header("X-Forwarded-For", address).call();
        answer.expect("an answer").status().as_u16()
    };
    assert_eq!(from("192.0.2.7"), 404);
    assert_eq!(from("192.0.2.7, 198.51.100.1"), 403, "what stands before the client is the client's own word");
    assert_eq!(from("198.51.100.1"), 403);
}

/// Persons of an organisation, put there without a face.
fn fill(data: &Path, organisation: TenantId, count: u32) -> Arc<gallery::Embedded> {
    let model = models::Catalogue::built_in().expect("cards");
    let model = model.get("sface_2021dec").and_then(models::Card::embedder).expect("an embedder").model_id.clone();
    let gallery =
        Arc::new(gallery::Embedded::open(data, model.clone(), gallery::Options::default()).expect("a gallery"));
    wait(async {
        // Many at once, so that they share commits to the disk.
        let mut enrolments = JoinSet::<Result<Person, gallery::Error>>::new();
        for number in 0..count {
            if enrolments.len() == 100
                && let Some(enrolled) = enrolments.join_next().await
            {
                enrolled.expect("no panic").expect("enrolled");
            }
            let direction = (0..128).map(|i| ((number * 131 + i * 17) as f32).sin()).collect();
            let template = Template::from_embedding(model.clone(), direction).expect("a template");
            let (gallery, never) = (Arc::clone(&gallery), Score(2.0));
            enrolments.spawn(async move {
                let id = PersonId::parse(&format!("p{number}")).expect("an id");
                gallery.enrol(organisation, id, template, never, Timestamp::from_millis(1), None).await
            });
        }
        while let Some(enrolled) = enrolments.join_next().await {
            enrolled.expect("no panic").expect("enrolled");
        }
    });
    gallery
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(work)
}

#[test]
fn an_erasure_that_was_interrupted_goes_on_at_the_next_start() {
    let server = fresh(&[]);
    let (id, key) = customer(&server);
    get(&server, &key).expect_code(404, "NF_001", "person_not_found");
    let (_, data, _) = server.end("-TERM");
    let organisation = TenantId(id.parse().expect("a number"));
    let gallery = fill(data.path(), organisation, 3_000);
    let count = |gallery: &gallery::Embedded| wait(gallery.count(organisation)).expect("counted");
    // The mark, and nothing more: as after a kill right behind it.
    let accounts = Accounts::open(data.path()).expect("accounts");
    accounts.begin_erasure(organisation, &Actor::command_line(), Timestamp::from_millis(2)).expect("begun");
    assert_eq!(count(&gallery), 3_000);

    let server = Server::start_in(data, String::new(), &[]);
    get(&server, &key).expect_code(403, "A_003", "organisation_suspended");
    wait_until(DONE_WITHIN, "some are gone", || count(&gallery) < 3_000);
    let (_, data, _) = server.end("-KILL");
    let left = count(&gallery);
    let server = Server::start_in(data, String::new(), &[]);
    wait_until(DONE_WITHIN, "erased", || accounts.organisation(organisation).is_err());
    assert_eq!(count(&gallery), 0, "{left} were left by the kill");
    let usage = run(&server.data, &["usage", "--organisation", &id]);
    assert_eq!(usage.status.code(), Some(2), "nothing is known of it any more");
}

#[test]
fn with_the_console_off_the_api_alone_is_served() {
    let server = fresh(&[("AUTHER_CONSOLE", "off")]);
    let mut browser = Browser::new(&server.base);
    assert_eq!(browser.get("/console").status, 404);
    assert_eq!((server.logged("link"), browser.get("/healthz").status), (None, 200));
}

#[test]
fn settings_that_contradict_each_other_are_refused_at_start() {
    let data = tempfile::tempdir().expect("a folder");
    let mut serve = auther();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data.path());
    let output = serve.env("AUTHER_SMTP_URL", "smtp://user:hunter2@mail.example.org?tls=none").output().expect("ends");
    let (message, status) = said(&output);
    assert!(status == Some(1) && message.contains("smtp_url") && !message.contains("hunter2"), "{message}");
}

#[test]
fn the_audit_log_says_command_line() {
    let data = tempfile::tempdir().expect("a folder");
    let made = printed(&run(&data, &["organisation", "create", "--name", "Shop"]));
    let id = TenantId(made["id"].as_i64().expect("a number"));
    assert!(run(&data, &["organisation", "suspend", &id.0.to_string()]).status.success());
    let accounts = Accounts::open(data.path()).expect("accounts");
    let lines = accounts.audit(id, None, 10).expect("lines");
    let acts: Vec<_> = lines.iter().map(|line| (line.act.word(), line.actor.as_str())).collect();
    assert_eq!(acts, [("organisation_suspended", "command line"), ("organisation_created", "command line")]);
}
