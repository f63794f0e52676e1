//! The Rust client against a real server: every operation, every form of an image, errors, signatures, retries.

mod common;

use std::collections::HashSet;
use std::time::Duration;

use auther_client::{ApiError, Client, Code, Distrust, Error, Image, Retry, SignatureVersion, Signing};
use common::proxy::{Proxy, Treat};
use common::{Server, base64, create_key, photo, photos, printed, run};

const AMODEI: [&str; 2] = ["A000369_a.jpg", "A000369_b.jpg"];
const ALLRED: &str = "A000376_a.jpg";

/// Waits short enough for tests.
const QUICK: Retry = Retry {
    attempts_max: 4,
    total_max: Duration::from_secs(30),
    first_wait_max: Duration::from_millis(20),
    wait_max: Duration::from_millis(50),
};

fn client(server: &Server) -> Client {
    Client::builder(&server.base, &server.key).build().expect("a client")
}

fn path(name: &str) -> Image {
    Image::path(photos().join(name))
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, Error>) -> ApiError {
    match answer {
        Err(Error::Api(error)) => *error,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn untrusted<T: std::fmt::Debug>(answer: Result<T, Error>) -> (Distrust, Option<ApiError>) {
    match answer {
        Err(Error::Untrusted(error)) => (error.reason, error.claim),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_operation_and_every_form_of_an_image() {
    let server = Server::start();
    let client = client(&server);
    let enrolled = client.enrol("mark@example.org", path(AMODEI[0])).await.expect("enrolled");
    assert_eq!((enrolled.person_id.as_str(), &enrolled.created), ("mark@example.org", &enrolled.updated));
    assert_eq!(client.get("mark@example.org").await.expect("there"), enrolled);
    let verified = client.verify("mark@example.org", photo(AMODEI[1])).await.expect("verified");
    assert_eq!(verified, enrolled);
    let text = Image::base64(format!("data:image/jpeg;base64,{}", base64(&photo(AMODEI[1]))));
    assert_eq!(client.identify(text).await.expect("identified"), enrolled);
    let updated = client.update("mark@example.org", photos().join(AMODEI[1])).await.expect("updated");
    assert!(updated.created == enrolled.created && updated.updated > enrolled.updated);
    let same = client.compare(path(AMODEI[0]), path(AMODEI[1])).await.expect("compared");
    assert!((80.0..100.0).contains(&same), "{same}");
    assert!(client.compare(path(AMODEI[0]), path(ALLRED)).await.expect("compared") == 0.0);
    let other = client.compare_at(path(AMODEI[0]), path(ALLRED), 0.0).await.expect("compared");
    assert!(other > 0.0 && other < 80.0, "{other}");
    let checked = client.check(photo(AMODEI[0])).await.expect("checked");
    assert!(checked.accepted && checked.face.is_some());
    assert_eq!(checked.checks.len(), face::Measure::ALL.len());
    client.remove("mark@example.org").await.expect("removed");
    assert!(refused(client.get("mark@example.org").await).is_person_not_found());
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let server = Server::start();
    let client = client(&server);
    client.enrol("mark", path(AMODEI[0])).await.expect("enrolled");
    let same = refused(client.enrol("impostor", path(AMODEI[1])).await);
    assert!(same.is_face_exists() && same.status == 400 && same.kind == "face_enrolled", "{same:?}");
    assert!(same.request_id.is_some() && same.retry_after.is_none());
    assert!(refused(client.enrol("mark", path(ALLRED)).await).is_person_exists());
    assert!(refused(client.verify("mark", path(ALLRED)).await).is_face_not_matched());
    assert!(refused(client.verify("nobody", path(ALLRED)).await).is_person_not_found());
    assert!(refused(client.remove("nobody").await).is_person_not_found());
    assert!(refused(client.update("nobody", path(ALLRED)).await).is_person_not_found());
    assert!(refused(client.identify(path(ALLRED)).await).is_not_recognised());
    let dark = refused(client.enrol("jane", photos().join("../../docs/images/too_dark.jpg")).await);
    assert!(dark.is_image_refused() && dark.code == Code::Brightness, "{dark:?}");
    let detail = &dark.details[0];
    assert!(detail.code == Code::Brightness && detail.value < detail.min, "{detail:?}");
    let none = refused(client.check(Image::bytes(*b"no picture")).await);
    assert_eq!((none.code, none.kind.as_str()), (Code::FieldsInvalid, "image_format"));
    for id in ["", "a/b", "\u{e4}", "?"] {
        assert_eq!(refused(client.get(id).await).kind, "person_id_invalid", "{id:?}");
    }
    assert_eq!(refused(client.get(".").await).kind, "person_not_found");
    assert_eq!(refused(client.compare_at(path(ALLRED), path(ALLRED), 101.0).await).kind, "field_range");
}

#[tokio::test]
async fn keys_that_may_not_and_urls_that_are_not_are_told_apart() {
    let server = Server::start();
    let with = |url: &str, key: &str| Client::builder(url, key).retry(QUICK).build().expect("a client");
    let unknown = refused(with(&server.base, "ak_unknown").get("mark").await);
    assert_eq!((unknown.status, unknown.code), (401, Code::KeyUnknown));
    let reader = create_key(server.data.path(), &["--permissions", "read"]);
    let may_not = refused(with(&server.base, &reader).remove("mark").await);
    assert_eq!((may_not.code, may_not.kind.as_str()), (Code::KeyNotAllowed, "key_not_permitted"));
    let lost = refused(with(&format!("{}/elsewhere", server.base), &server.key).get("mark").await);
    assert_eq!(lost.code, Code::RouteUnknown);
    // Nothing listens where something did.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    match with(&format!("http://{gone}"), &server.key).enrol("mark", path(ALLRED)).await {
        Err(Error::Transport(error)) => assert!(!error.may_have_arrived(), "{error}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_client_knows_every_code_and_no_other() {
    let known: HashSet<_> = Code::KNOWN.iter().map(Code::as_str).collect();
    assert_eq!(known, api::Code::ALL.iter().map(|code| code.text()).collect());
}

/// A key set to this algorithm, and how a client signs with it.
fn signing(server: &Server, algorithm: &str) -> (String, Signing) {
    let number = printed(&run(&server.data, &["key", "list"])).as_array().expect("a list").len() + 1;
    let key = create_key(server.data.path(), &[]);
    let number = number.to_string();
    let set = printed(&run(&server.data, &["signing", "set", &number, "--algorithm", algorithm, "--required"]));
    let signing = match algorithm {
        "hash-only" => Signing::hash_only(set["signingKey"].as_str().expect("a key")),
        _ => {
            let made = printed(&run(&server.data, &["signing", "generate", &number]));
            Signing::hash_then_rsa(made["privateKey"].as_str().expect("a key"), &server_keys(server))
        }
    };
    (key, signing.expect("signing"))
}

/// The public halves of the server's keys, as a person would save them.
fn server_keys(server: &Server) -> String {
    let mut command = common::auther();
    command.args(["signing", "server-keys", "--data"]).arg(server.data.path());
    String::from_utf8(command.output().expect("runs").stdout).expect("text")
}

const ALGORITHMS: [&str; 2] = ["hash-then-rsa", "hash-only"];
const VERSIONS: [SignatureVersion; 2] = [SignatureVersion::Plain, SignatureVersion::LengthPrefixed];

#[tokio::test]
async fn all_four_ways_to_sign() {
    let server = Server::start();
    for algorithm in ALGORITHMS {
        let (key, signing) = signing(&server, algorithm);
        let unsigned = Client::builder(&server.base, &key).build().expect("a client");
        assert_eq!(refused(unsigned.get("mark").await).code, Code::SignatureMissing);
        for version in VERSIONS {
            let signing = signing.clone().version(version);
            let client = Client::builder(&server.base, &key).signing(signing).build().expect("a client");
            let enrolled = client.enrol("m:a@r+k", path(AMODEI[0])).await.expect("enrolled");
            assert_eq!(client.verify("m:a@r+k", path(AMODEI[1])).await.expect("verified"), enrolled);
            assert!(client.update("m:a@r+k", path(AMODEI[1])).await.is_ok());
            // The same request, many times within a millisecond: none is taken for a replay.
            let asked = (0..8).map(|_| {
                let client = client.clone();
                tokio::spawn(async move { client.get("m:a@r+k").await })
            });
            for answer in asked.collect::<Vec<_>>() {
                assert!(answer.await.expect("no panic").is_ok());
            }
            // Refusals are signed, too.
            assert!(refused(client.verify("m:a@r+k", path(ALLRED)).await).is_face_not_matched());
            client.remove("m:a@r+k").await.expect("removed");
            assert!(refused(client.identify(path(AMODEI[0])).await).is_not_recognised());
        }
    }
}

#[tokio::test]
async fn an_answer_of_a_server_that_signs_otherwise_is_refused() {
    let server = Server::start();
    let (key, right) = signing(&server, "hash-then-rsa");
    let with =
        |key: &str, signing: Signing| Client::builder(&server.base, key).signing(signing).build().expect("a client");
    let (reason, claim) = untrusted(with(&key, Signing::hash_only("sk_wrong").expect("signing")).get("mark").await);
    assert_eq!((reason, claim.map(|claim| claim.code)), (Distrust::Signature, Some(Code::SignatureWrong)));
    // A server that does not know the key cannot sign; what it claims helps all the same.
    let (reason, claim) = untrusted(with("ak_unknown", right.clone()).get("mark").await);
    assert_eq!((reason, claim.map(|claim| claim.code)), (Distrust::Unsigned, Some(Code::KeyUnknown)));
    // The base that is signed is the server's.
    let elsewhere = right.clone().public_url("https://auth.example.org");
    assert_eq!(untrusted(with(&key, elsewhere).get("mark").await).0, Distrust::Signature);
    // A new key of the server is believed by who has it.
    assert!(run(&server.data, &["signing", "rotate-server-key", "--in", "0s"]).status.success());
    assert_eq!(untrusted(with(&key, right).get("mark").await).0, Distrust::Signature);
    let own = printed(&run(&server.data, &["signing", "generate", "2"]));
    let own = own["privateKey"].as_str().expect("a key");
    let both = Signing::hash_then_rsa(own, &server_keys(&server)).expect("signing");
    assert!(refused(with(&key, both).get("mark").await).is_person_not_found());
}

fn another_person(_: &mut String, body: &mut Vec<u8>) {
    let text = String::from_utf8(body.clone()).expect("text").replace("mark", "jane");
    *body = text.into_bytes();
}

fn without_signature(head: &mut String, _: &mut Vec<u8>) {
    let kept: Vec<_> = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("signature:")).collect();
    *head = kept.join("\r\n");
}

fn with_another_time(head: &mut String, _: &mut Vec<u8>) {
    let moved = head.lines().map(|line| match line.to_ascii_lowercase().strip_prefix("timestamp: ") {
        Some(time) => format!("timestamp: {}", time.parse::<i64>().expect("a number") - 1),
        None => line.to_owned(),
    });
    *head = moved.collect::<Vec<_>>().join("\r\n");
}

fn as_success(head: &mut String, _: &mut Vec<u8>) {
    *head = head.replacen("404 Not Found", "200 OK", 1);
}

#[tokio::test]
async fn what_somebody_alters_between_is_refused() {
    let server = Server::start();
    client(&server).enrol("mark", path(AMODEI[0])).await.expect("enrolled");
    for algorithm in ALGORITHMS {
        let (key, signing) = signing(&server, algorithm);
        for version in VERSIONS {
            let treats = vec![
                Treat::Pass,
                Treat::Alter(another_person),
                Treat::Alter(without_signature),
                Treat::Alter(with_another_time),
                Treat::Alter(as_success),
                Treat::Pass,
                Treat::Replay,
            ];
            let proxy = Proxy::start(&server.base, treats);
            let signing = signing.clone().version(version).public_url(&server.base);
            let client = Client::builder(&proxy.base, &key).signing(signing).retry(Retry::never());
            let client = client.build().expect("a client");
            assert!(client.get("mark").await.is_ok(), "{algorithm} {version:?}");
            for reason in [Distrust::Signature, Distrust::Unsigned, Distrust::Signature] {
                assert_eq!(untrusted(client.get("mark").await).0, reason, "{algorithm} {version:?}");
            }
            // What the page's line does not hold, nobody can see to be altered: status, and which request it answers.
            let (forged, first, replayed) =
                (client.remove("nobody").await, client.get("mark").await, client.get("mark").await);
            assert!(first.is_ok());
            match version {
                SignatureVersion::Plain => {
                    // But that a removal has nothing to say.
                    assert!(matches!(forged, Err(Error::Unexpected { status: 200, .. })), "{forged:?}");
                    assert!(replayed.is_ok());
                }
                SignatureVersion::LengthPrefixed => {
                    assert_eq!(untrusted(forged).0, Distrust::Signature);
                    assert_eq!(untrusted(replayed).0, Distrust::Signature);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_rate_is_waited_out() {
    let data = tempfile::tempdir().expect("a folder");
    let limits = ["plan", "create", "--name", "Slow", "--requests-per-second", "4", "--burst-requests", "1"];
    let plan = printed(&run(&data, &limits))["id"].to_string();
    let made = printed(&run(&data, &["organisation", "create", "--name", "Shop", "--plan", &plan]));
    let key = create_key(data.path(), &["--organisation", &made["id"].to_string()]);
    let server = Server::start_in(data, key, &[]);
    let with = |retry| Client::builder(&server.base, &server.key).retry(retry).build().expect("a client");
    let impatient = with(Retry::never());
    assert!(refused(impatient.get("mark").await).is_person_not_found());
    let mut limited = None;
    for _ in 0..20 {
        let error = refused(impatient.get("mark").await);
        if error.is_temporary() {
            limited = Some(error);
            break;
        }
    }
    let limited = limited.expect("one of them is too fast");
    assert_eq!((limited.status, limited.code), (429, Code::TooManyRequests));
    assert_eq!(limited.retry_after, Some(Duration::from_secs(1)));
    let begun = std::time::Instant::now();
    let patient = with(Retry { attempts_max: 20, ..Retry::default() });
    assert!(refused(patient.get("mark").await).is_person_not_found());
    assert!(refused(patient.get("mark").await).is_person_not_found());
    assert!(begun.elapsed() >= Duration::from_secs(1), "Retry-After is waited for");
}

#[tokio::test]
async fn an_overload_is_waited_out() {
    let server = Server::start_with(&[("AUTHER_WORKERS", "1"), ("AUTHER_QUEUE_JOBS_MAX", "1")]);
    let patient = Retry { attempts_max: 30, total_max: Duration::from_secs(120), ..Retry::default() };
    let client = Client::builder(&server.base, &server.key).retry(patient).build().expect("a client");
    let asked = (0..6).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.check(path(AMODEI[0])).await })
    });
    for answer in asked.collect::<Vec<_>>() {
        assert!(answer.await.expect("no panic").expect("checked").accepted);
    }
}

const UNAVAILABLE: &str =
    "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
const GIVEN_UP: &str = "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 92\r\n\r\n\
    {\"code\":\"U_001\",\"type\":\"timed_out\",\"message\":\"Service is unavailable, try again later\"}     ";
const OVERLOADED: &str = "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 92\r\n\r\n\
    {\"code\":\"U_001\",\"type\":\"overloaded\",\"message\":\"Service is unavailable, try again later\"}    ";

#[tokio::test]
async fn every_attempt_is_signed_anew() {
    let server = Server::start();
    let (key, signing) = signing(&server, "hash-then-rsa");
    for version in VERSIONS {
        let proxy = Proxy::start(&server.base, vec![Treat::Lose, Treat::Answer(UNAVAILABLE), Treat::Lose]);
        let signing = signing.clone().version(version).public_url(&server.base);
        let client = Client::builder(&proxy.base, &key).signing(signing).retry(QUICK).build().expect("a client");
        // The server has seen the lost ones: a signature that came again would be refused.
        assert!(refused(client.get("mark").await).is_person_not_found());
        assert_eq!(proxy.count(), 4);
        let signatures: HashSet<_> = proxy.values("signature").into_iter().collect();
        let times: HashSet<_> = proxy.values("timestamp").into_iter().collect();
        assert_eq!((signatures.len(), times.len()), (4, 4));
    }
}

#[tokio::test]
async fn what_may_have_been_done_is_not_asked_for_again() {
    let server = Server::start();
    let through = |treats| {
        let proxy = Proxy::start(&server.base, treats);
        let client = Client::builder(&proxy.base, &server.key).retry(QUICK).build().expect("a client");
        (proxy, client)
    };
    let (proxy, client) = through(vec![Treat::Lose]);
    match client.enrol("mark", path(AMODEI[0])).await {
        Err(Error::Transport(error)) => assert!(error.may_have_arrived(), "{error}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(proxy.count(), 1);
    assert!(client.get("mark").await.is_ok(), "it had arrived");

    let (proxy, client) = through(vec![Treat::Answer(GIVEN_UP)]);
    assert_eq!(refused(client.remove("mark").await).kind, "timed_out");
    assert_eq!(proxy.count(), 1);
    let (proxy, client) = through(vec![Treat::Answer(UNAVAILABLE)]);
    assert!(matches!(client.remove("mark").await, Err(Error::Unexpected { status: 503, .. })), "a proxy knows less");
    assert_eq!(proxy.count(), 1);
    // The service says that it was not begun.
    let (proxy, client) = through(vec![Treat::Answer(OVERLOADED)]);
    client.remove("mark").await.expect("removed");
    assert_eq!(proxy.count(), 2);
    // Asking is harmless.
    let (proxy, client) = through(vec![Treat::Lose, Treat::Answer(GIVEN_UP), Treat::Lose]);
    assert!(refused(client.verify("mark", path(AMODEI[0])).await).is_person_not_found());
    assert_eq!(proxy.count(), 4);
    // Four times, and no more.
    let (proxy, client) = through(vec![Treat::Lose; 5]);
    assert!(matches!(client.get("mark").await, Err(Error::Transport(_))));
    assert_eq!(proxy.count(), 4);
}

#[tokio::test]
async fn an_answer_that_never_comes_is_given_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let client = Client::builder(url, "ak").timeout(Duration::from_millis(200)).retry(Retry::never());
    match client.build().expect("a client").get("mark").await {
        Err(Error::Transport(error)) => {
            assert!(error.may_have_arrived() && error.to_string().contains("200ms"), "{error}");
        }
        other => panic!("{other:?}"),
    }
}
