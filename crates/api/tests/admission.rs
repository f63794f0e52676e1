//! What a plan allows, what a request costs, and what is written down of it.

mod common;

use std::time::{Duration, Instant};

use accounts::usage::{Charge, ChargeError, RequestFilter, RequestLine, ToCharge};
use accounts::{Actor, Caller, Limits, Networks, Operation, Permissions, Rate};
use api::Settings;
use axum::body::Body;
use axum::extract::ConnectInfo;
use biometric::{TenantId, Timestamp};
use common::{FACE, Script, Server};
use engine::{Error, Refusal};
use face::{Defect, Rejection};
use futures_util::future::join_all;
use tokio::io::AsyncWriteExt as _;
use tower::ServiceExt as _;

/// The lines of the log once everything is written, the oldest first.
fn lines(server: &Server, tenant: TenantId) -> Vec<RequestLine> {
    server.usage.flush();
    let mut lines = server.usage.requests(tenant, &RequestFilter::default(), None, 1_000).expect("lines");
    lines.reverse();
    lines
}

fn used(server: &Server, tenant: TenantId) -> u64 {
    server.usage.flush();
    server.usage.month(tenant, now()).expect("a month").used
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    Timestamp::from_millis(since.as_millis() as i64)
}

#[tokio::test]
async fn a_burst_is_admitted_and_who_then_waits_as_told_goes_on() {
    let server = Server::start().await;
    let rate = Some(Rate { per_second: 2.0, burst: 3 });
    let (_, key) = server.organisation(Limits { rate, ..Limits::default() }, Networks::NONE);
    let call = || server.request_with(&key, "GET", "/person/face/jane").send();
    for _ in 0..3 {
        assert_eq!(call().await.status, 200);
    }
    let refused = call().await;
    refused.assert_error(429, "L_001", "rate_exceeded");
    assert_eq!(refused.details().to_string(), r#"[{"check":"requests_per_second","code":"L_001","max":2}]"#);
    let seconds: u64 = refused.header("retry-after").expect("when").parse().expect("seconds");
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    assert_eq!(call().await.status, 200);
    assert_eq!(server.get("/person/face/jane").await.status, 200, "others are not limited");
}

#[tokio::test]
async fn a_quota_is_exact_however_many_ask_at_once_and_says_when_it_resets() {
    let server = Server::start().await;
    let limits = Limits { requests_month_max: Some(7), ..Limits::default() };
    let (tenant, key) = server.organisation(limits, Networks::NONE);
    let answers = join_all((0..32).map(|_| server.request_with(&key, "GET", "/person/face/jane").send())).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 7);
    for refused in answers.iter().filter(|answer| answer.status != 200) {
        refused.assert_error(400, "CP_005", "requests_exhausted");
        let detail = &refused.details()[0];
        let shown = (&detail["check"], &detail["value"], &detail["max"]);
        assert_eq!(shown, (&"requests_per_month".into(), &7.into(), &7.into()));
        let resets = detail["resets"].as_str().expect("when");
        assert!(resets.ends_with("-01T00:00:00.000Z") && resets.len() == 24, "{resets}");
    }
    assert_eq!(used(&server, tenant), 7);
    assert_eq!(lines(&server, tenant).len(), 32, "the refused are in the log, too");
}

#[tokio::test]
async fn what_we_could_not_do_costs_nothing_and_what_the_client_got_wrong_does() {
    let server = Server::start().await;
    let (tenant, key) = server.organisation(Limits::default(), Networks::NONE);
    let call = || server.request_with(&key, "POST", "/person/face/jane").json(FACE).send();
    let refusals: [(Script, u16, u64); 6] = [
        (Script::Succeed, 200, 1),
        (Script::Fail(|| Error::Unavailable("inside".into())), 503, 1),
        (Script::Fail(|| Error::Internal("inside".into())), 500, 1),
        (Script::Panic, 500, 1),
        (Script::Fail(|| Error::Overloaded { retry_after: Duration::from_secs(1) }), 503, 1),
        (Script::Fail(|| Error::Refused(vec![Refusal::PersonTaken])), 400, 2),
    ];
    for (script, status, charged) in refusals {
        server.fake.script(script);
        assert_eq!(call().await.status, status);
        assert_eq!(used(&server, tenant), charged, "{status}");
    }
    // Wrong bodies cost, what was never let in does not.
    server.request_with(&key, "POST", "/person/face/jane").json("{}").send().await;
    server.request_with("ak_no", "POST", "/person/face/jane").json(FACE).send().await;
    server.request_with(&key, "POST", "/nowhere").json(FACE).send().await;
    assert_eq!(used(&server, tenant), 3);
}

#[tokio::test]
async fn every_outcome_is_written_down_without_what_it_was_about() {
    let server = Server::start().await;
    let (tenant, key) = server.organisation(Limits::default(), Networks::NONE);
    let rejected = || {
        let (measure, min) = ("yaw_degrees", Some(1.0));
        Error::Refused(vec![Refusal::Face(Rejection { defect: Defect::Yaw, measure, value: 0.0, min, max: None })])
    };
    let mut ids = Vec::new();
    for (script, method, path) in [
        (Script::Succeed, "POST", "/person/face/secret-name"),
        (Script::Fail(rejected), "PUT", "/person/face/secret-name"),
        (Script::Fail(|| Error::PersonNotFound), "DELETE", "/person/face/secret-name"),
        (Script::Fail(|| Error::NoPersonMatched), "POST", "/person/recognize-face"),
        (Script::Panic, "POST", "/person/check-face"),
    ] {
        server.fake.script(script);
        let answer = server.request_with(&key, method, path).json(FACE).send().await;
        ids.push(answer.header("request-id").expect("an id").to_owned());
    }
    let lines = lines(&server, tenant);
    let seen: Vec<_> = lines.iter().map(|line| (line.operation, line.status, line.code.as_str())).collect();
    let expected = [
        (Operation::Create, 200, ""),
        (Operation::Update, 400, "F_010"),
        (Operation::Remove, 404, "NF_001"),
        (Operation::Identify, 410, "RF_001"),
        (Operation::Check, 500, "I_001"),
    ];
    assert_eq!(seen, expected);
    assert_eq!(lines.iter().map(|line| line.request_id.clone()).collect::<Vec<_>>(), ids);
    assert!(lines.iter().all(|line| line.key.is_some() && line.latency_us > 0));
    assert!(!format!("{lines:?}").contains("secret-name"));
}

#[tokio::test]
async fn a_client_that_goes_away_is_written_down_as_gone() {
    let server = Server::start().await;
    let (tenant, key) = server.organisation(Limits::default(), Networks::NONE);
    server.fake.script(Script::Hang);
    let mut stream = server.connect().await;
    let request = server.request_with(&key, "POST", "/person/face/jane").json(FACE).bytes();
    stream.write_all(&request).await.expect("written");
    tokio::time::timeout(Duration::from_secs(20), async {
        while server.fake.take_calls().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        drop(stream);
        while lines(&server, tenant).is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("the server notices");
    let gone = &lines(&server, tenant)[0];
    assert_eq!((gone.status, gone.code.as_str(), gone.operation), (499, "", Operation::Create));
    assert_eq!(used(&server, tenant), 1);
}

#[tokio::test]
async fn what_takes_too_long_is_written_down_and_costs_nothing() {
    let server = Server::with(Settings { request_ms_max: 400, ..Settings::default() }).await;
    let (tenant, key) = server.organisation(Limits::default(), Networks::NONE);
    server.fake.script(Script::Hang);
    let answer = server.request_with(&key, "GET", "/person/face/jane").send().await;
    answer.assert_error(503, "U_001", "timed_out");
    let lines = lines(&server, tenant);
    assert_eq!(lines.iter().map(|line| (line.status, line.code.as_str())).collect::<Vec<_>>(), [(503, "U_001")]);
    assert_eq!(used(&server, tenant), 0);
}

/// The one thread that writes is busy until the request has been given up.
#[tokio::test]
async fn a_charge_that_comes_too_late_is_taken_back() {
    let server = Server::start().await;
    let (tenant, _) = server.organisation(Limits::default(), Networks::NONE);
    let settings = Settings { request_ms_max: 200, ..Settings::default() };
    let admission = api::admission(server.usage.clone(), &settings);
    let router = api::router(server.fake.clone(), server.accounts.clone(), admission, settings);
    let mut request = axum::http::Request::get("/person/face/jane").body(Body::empty()).expect("a request");
    request.extensions_mut().insert(server.accounts.caller(tenant, Permissions::ALL).expect("a caller"));
    let (release, held) = std::sync::mpsc::channel::<()>();
    let busy = move |verdict: Result<Charge, ChargeError>| {
        // Until it is released; then its own charge is taken back, too.
        let _ = held.recv();
        verdict.ok()
    };
    let to_charge = ToCharge { organisation: tenant, limit: None, signed: None, now: now() };
    server.usage.charge_then(to_charge, busy).expect("taken");
    assert_eq!(router.oneshot(request).await.expect("an answer").status(), 503);
    drop(release);
    assert_eq!(used(&server, tenant), 0);
    assert_eq!(lines(&server, tenant).iter().map(|line| line.status).collect::<Vec<_>>(), [503]);
    assert!(server.fake.take_calls().is_empty());
}

#[tokio::test]
async fn one_organisation_leaves_places_for_the_others() {
    let server = Server::with(Settings { requests_in_flight_max: 4, ..Settings::default() }).await;
    let rate = Some(Rate { per_second: 1_000.0, burst: 1_000 });
    let (tenant, key) = server.organisation(Limits { rate, ..Limits::default() }, Networks::NONE);
    server.fake.script(Script::Slow(1_000));
    let greedy = join_all((0..3).map(|_| server.request_with(&key, "GET", "/person/face/jane").send()));
    let other = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.get("/person/face/jane").await.status
    };
    let (greedy, other) = futures_util::future::join(greedy, other).await;
    assert_eq!(greedy.iter().filter(|answer| answer.status == 200).count(), 2);
    let refused = greedy.iter().find(|answer| answer.status != 200).expect("one too many");
    refused.assert_error(429, "L_001", "too_many_in_flight");
    assert_eq!(other, 200);
    assert_eq!(used(&server, tenant), 2, "what was not let in costs nothing");
}

#[tokio::test]
async fn the_plans_persons_and_the_organisations_rules_reach_the_engine() {
    let server = Server::start().await;
    let limits = Limits { persons_max: Some(5), ..Limits::default() };
    let (tenant, key) = server.organisation(limits, Networks::NONE);
    let rules = [("verify_similarity_percent_min".to_owned(), 91.0), ("reference_yaw_degrees_max".to_owned(), 1e9)];
    server.accounts.set_rules(tenant, &rules, &Actor::system(), Timestamp::from_millis(1)).expect("set");
    server.request_with(&key, "POST", "/person/face/jane").json(FACE).send().await;
    let asked = server.fake.take_calls().remove(0).scope.expect("a scope");
    assert_eq!((asked.tenant, asked.persons_max), (tenant, Some(5)));
    assert_eq!(asked.rules.verify_at.percent(), 91.0);
    assert_eq!(
        asked.rules.policy,
        face::Policy::default(),
        "a rule that is laxer than the installation's counts for nothing"
    );
    server.fake.script(Script::Fail(|| Error::GalleryFull { persons_max: 5 }));
    let full = server.request_with(&key, "POST", "/person/face/joan").json(FACE).send().await;
    full.assert_error(400, "CP_005", "persons_exhausted");
    assert_eq!(full.details().to_string(), r#"[{"check":"persons","code":"CP_005","max":5,"value":5}]"#);
}

#[tokio::test]
async fn a_key_of_certain_networks_is_refused_elsewhere_and_nobody_talks_themselves_in() {
    let networks: Networks = "192.0.2.0/24".parse().expect("networks");
    let status = |server: &Server, key: &str, forwarded: &[&str]| {
        let request = server.request_with(key, "GET", "/person/face/jane");
        let request = forwarded.iter().fold(request, |request, value| request.header("X-Forwarded-For", value));
        async { request.send().await.status }
    };
    let server = Server::start().await;
    let (_, key) = server.organisation(Limits::default(), networks.clone());
    assert_eq!(status(&server, &key, &[]).await, 403);
    assert_eq!(status(&server, &key, &["192.0.2.7"]).await, 403, "nobody is believed unless the deployment says so");
    let trusted_proxies = "127.0.0.0/8".parse().expect("networks");
    let server = Server::with(Settings { trusted_proxies, ..Settings::default() }).await;
    let (_, key) = server.organisation(Limits::default(), networks);
    assert_eq!(status(&server, &key, &["192.0.2.7"]).await, 200);
    assert_eq!(
        status(&server, &key, &["192.0.2.7, 198.51.100.1"]).await,
        403,
        "the proxy's word counts, not the client's"
    );
    assert_eq!(status(&server, &key, &["nonsense"]).await, 403);
}

/// The proxy appends to what the client sent, whatever that is: what cannot be read must not hide what can.
#[tokio::test]
async fn a_header_that_is_no_text_does_not_make_a_stranger_the_proxy() {
    let trusted_proxies = "127.0.0.0/8".parse().expect("networks");
    let server = Server::with(Settings { trusted_proxies, ..Settings::default() }).await;
    let (_, key) = server.organisation(Limits::default(), "127.0.0.0/8".parse().expect("networks"));
    for (forwarded, status) in [
        ("127.0.0.9", 200),
        ("198.51.100.1", 403),
        ("\u{e9}, 198.51.100.1", 403),
        ("a\tb, 198.51.100.1", 403),
        ("\u{e9}, 198.51.100.1, 127.0.0.9", 403),
    ] {
        let request = server.request_with(&key, "GET", "/person/face/jane").header("X-Forwarded-For", forwarded);
        assert_eq!(request.send().await.status, status, "{forwarded:?}");
    }
}

#[tokio::test]
async fn a_revoked_key_fails_at_the_next_request() {
    let server = Server::start().await;
    let (id, key) = server.key_with(&accounts::Permission::ALL, None);
    let call = || server.request_with(&key, "GET", "/person/face/jane").send();
    assert_eq!(call().await.status, 200);
    let begun = Instant::now();
    server.accounts.disable_key(None, id, &Actor::system(), Timestamp::from_millis(1)).expect("disabled");
    call().await.assert_error(403, "A_003", "key_disabled");
    assert!(begun.elapsed() < Duration::from_secs(1));
}

/// The back-office calls the same router, for a user who is signed in.
#[tokio::test]
async fn our_own_process_may_say_who_calls_and_nobody_else() {
    let server = Server::start().await;
    let limits = Limits { requests_month_max: Some(1), ..Limits::default() };
    let (tenant, _) = server.organisation(limits, Networks::NONE);
    let admission = api::admission(server.usage.clone(), &Settings::default());
    let router = api::router(server.fake.clone(), server.accounts.clone(), admission, Settings::default());
    let call = |caller: Option<Caller>| {
        let mut request = axum::http::Request::post("/person/recognize-face")
            .header("Content-Type", "application/json")
            .header("Caller", "1")
            .body(Body::from(FACE))
            .expect("a request");
        request.extensions_mut().insert(ConnectInfo(std::net::SocketAddr::from(([127, 0, 0, 1], 1))));
        request.extensions_mut().extend(
            caller
                .map(|caller| {
                    let mut extensions = axum::http::Extensions::new();
                    extensions.insert(caller);
                    extensions
                })
                .unwrap_or_default(),
        );
        let router = router.clone();
        async move { router.oneshot(request).await.expect("an answer").status().as_u16() }
    };
    let caller = server.accounts.caller(tenant, Permissions::ALL).expect("a caller");
    assert_eq!(call(None).await, 401);
    assert_eq!(call(Some(Caller { charged: false, ..caller.clone() })).await, 200);
    assert_eq!((used(&server, tenant), lines(&server, tenant).len()), (0, 0), "neither charged nor written down");
    assert_eq!(call(Some(caller.clone())).await, 200);
    assert_eq!(call(Some(caller.clone())).await, 400, "the quota is the same");
    assert_eq!(
        lines(&server, tenant).iter().map(|line| (line.key, line.status)).collect::<Vec<_>>(),
        [(None, 200), (None, 400)]
    );
    let reader = Permissions::of(&[accounts::Permission::Read]).expect("some");
    assert_eq!(call(Some(Caller { permissions: reader, ..caller })).await, 403);
}
