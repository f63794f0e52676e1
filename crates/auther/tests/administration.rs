//! The back-office's work on the command line: organisations, users, plans, usage.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use common::{auther, printed, run, said};
use serde_json::{Value, json};

#[test]
fn organisations_are_made_listed_suspended_and_erased() {
    let data = tempfile::tempdir().expect("a folder");
    let made = printed(&run(&data, &["organisation", "create", "--name", "Shop"]));
    assert_eq!((&made["name"], &made["planName"], &made["suspended"]), (&json!("Shop"), &json!("Free"), &Value::Null));
    let id = made["id"].to_string();
    let listed = printed(&run(&data, &["organisation", "list"]));
    let ids: Vec<_> = listed.as_array().expect("a list").iter().map(|one| one["id"].as_i64()).collect();
    assert_eq!(ids, [Some(1), made["id"].as_i64()]);
    assert!(printed(&run(&data, &["organisation", "suspend", &id]))["suspended"].is_string());
    assert_eq!(printed(&run(&data, &["organisation", "resume", &id]))["suspended"], Value::Null);

    let (message, status) = said(&run(&data, &["organisation", "erase", &id]));
    assert!(status == Some(1) && message.contains("Shop") && message.contains("--yes"), "{message}");
    // Without requests that could be under way, there is little to wait for.
    let mut erase = auther();
    erase.args(["organisation", "erase", &id, "--yes", "--json", "--data"]).arg(data.path());
    let erased = erase.env("AUTHER_REQUEST_MS_MAX", "1").output().expect("runs");
    assert_eq!((printed(&erased), erased.status.code()), (json!({ "erased": made["id"] }), Some(0)));
    assert_eq!(run(&data, &["organisation", "erase", &id, "--yes"]).status.code(), Some(2), "it is gone");
    let (message, status) = said(&run(&data, &["organisation", "erase", "1", "--yes"]));
    assert_eq!(status, Some(1), "never the operator's own: {message}");
}

#[test]
fn what_there_is_none_of_is_a_no_and_no_error() {
    let data = tempfile::tempdir().expect("a folder");
    assert_eq!(printed(&run(&data, &["organisation", "create", "--name", "Shop"]))["id"], 2);
    let questions: [(&[&str], Value); 9] = [
        (&["key", "create", "--name", "k", "--organisation", "9"], json!({ "id": 9, "found": false })),
        (&["key", "rotate", "9"], json!({ "id": 9, "found": false })),
        (&["user", "list", "--organisation", "9"], json!({ "id": 9, "found": false })),
        (&["user", "invite", "--organisation", "9"], json!({ "id": 9, "found": false })),
        (&["user", "reset-password", "a@example.org"], json!({ "email": "a@example.org", "found": false })),
        (&["organisation", "plan", "9", "2"], json!({ "id": 9, "found": false })),
        (&["organisation", "plan", "2", "9"], json!({ "id": 9, "found": false })),
        (&["plan", "edit", "9", "--persons-max", "5"], json!({ "id": 9, "found": false })),
        (&["usage", "--organisation", "9"], json!({ "id": 9, "found": false })),
    ];
    for (question, told) in questions {
        let answer = run(&data, question);
        let (message, status) = said(&answer);
        assert_eq!((printed(&answer), status), (told, Some(2)), "{question:?} {message}");
        assert!(message.starts_with("auther: "), "{message}");
    }
}

#[test]
fn words_that_make_no_sense_are_errors_that_teach() {
    let wrong: [(&[&str], &str); 6] = [
        (&["key", "rotate", "1", "--overlap", "soon"], "24h"),
        (&["key", "create", "--name", "k", "--networks", "here"], "192.0.2.0/24"),
        (&["user", "invite", "--organisation", "1", "--role", "king"], "viewer, developer, owner or operator"),
        (&["user", "invite", "--organisation", "1", "--mail"], "--email"),
        (&["user", "reset-password", "nobody"], "address"),
        (&["plan", "create", "--name", "P", "--persons-max", "many"], "unlimited"),
    ];
    for (arguments, words) in wrong {
        let data = tempfile::tempdir().expect("a folder");
        let (message, status) = said(&run(&data, arguments));
        assert!(status == Some(1) && message.contains(words), "{arguments:?} {message}");
    }
}

#[test]
fn plans_are_made_and_changed_in_part() {
    let data = tempfile::tempdir().expect("a folder");
    let arguments =
        ["plan", "create", "--name", "Team", "--requests-month-max", "50000", "--requests-per-second", "10"];
    let made = printed(&run(&data, &arguments));
    let expected = json!({
        "id": made["id"], "name": "Team", "requestsMonthMax": 50000, "personsMax": null,
        "requestsPerSecond": 10.0, "burstRequests": 50,
    });
    assert_eq!(made, expected);
    let id = made["id"].to_string();
    let edited =
        printed(&run(&data, &["plan", "edit", &id, "--persons-max", "7", "--requests-month-max", "unlimited"]));
    assert_eq!((&edited["personsMax"], &edited["requestsMonthMax"]), (&json!(7), &Value::Null));
    assert_eq!((&edited["name"], &edited["burstRequests"]), (&json!("Team"), &json!(50)));
    let listed = printed(&run(&data, &["plan", "list"]));
    assert_eq!(listed.as_array().map(Vec::len), Some(3), "the operator's, the free one, this");
    let (message, status) = said(&run(&data, &["plan", "edit", "1", "--persons-max", "7"]));
    assert_eq!(status, Some(1), "the operator's has no limits: {message}");
}

#[test]
fn links_begin_with_the_public_url() {
    let data = tempfile::tempdir().expect("a folder");
    let linked = |arguments: &[&str]| {
        let mut command = auther();
        command.args(arguments).args(["--json", "--data"]).arg(data.path());
        let output = command.env("AUTHER_PUBLIC_URL", "https://auth.example.org/").output().expect("runs");
        printed(&output)["link"].as_str().expect("a link").to_owned()
    };
    let first = linked(&["user", "operator-link"]);
    let second = linked(&["user", "invite", "--organisation", "1", "--role", "owner"]);
    for link in [&first, &second] {
        assert!(link.starts_with("https://auth.example.org/console/link/") && link.len() > 80, "{link}");
    }
    assert_ne!(first, second);
}

#[test]
fn a_link_may_be_sent() {
    let (port, received) = mail_server();
    let data = tempfile::tempdir().expect("a folder");
    let invite = ["user", "invite", "--organisation", "1", "--role", "owner", "--email", "jane@example.org", "--mail"];
    let (message, status) = said(&run(&data, &invite));
    assert!(status == Some(1) && message.contains("smtp_url"), "{message}");
    let mut command = auther();
    command.args(invite).args(["--json", "--data"]).arg(data.path());
    command.env("AUTHER_SMTP_URL", format!("smtp://localhost:{port}?tls=none"));
    let output = command.env("AUTHER_MAIL_FROM", "Auther <auther@example.org>").output().expect("runs");
    let told = printed(&output);
    assert_eq!((&told["sentTo"], told.get("link")), (&json!("jane@example.org"), None), "{output:?}");
    let mail = received.recv_timeout(Duration::from_secs(10)).expect("a mail");
    assert!(mail.contains("To: jane@example.org") && mail.contains("/console/link/"), "{mail}");
}

/// Takes one mail and gives it back as it came.
fn mail_server() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a client");
        let mut answers = stream.try_clone().expect("two ends");
        let (mut mail, mut is_mail) = (String::new(), false);
        answers.write_all(b"220 here\r\n").expect("sent");
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let answer: &[u8] = match line.split(' ').next().unwrap_or_default() {
                "." => {
                    is_mail = false;
                    let _ = tell.send(std::mem::take(&mut mail));
                    b"250 taken\r\n"
                }
                _ if is_mail => {
                    mail.push_str(&line);
                    mail.push('\n');
                    continue;
                }
                "DATA" => {
                    is_mail = true;
                    b"354 go on\r\n"
                }
                _ => b"250 good\r\n",
            };
            answers.write_all(answer).expect("sent");
        }
    });
    (port, told)
}

#[test]
fn usage_of_nothing_is_a_month_without_requests() {
    let data = tempfile::tempdir().expect("a folder");
    let usage = printed(&run(&data, &["usage", "--days", "5"]));
    assert_eq!((&usage["month"]["requests"], &usage["month"]["requestsMax"]), (&json!(0), &Value::Null));
    assert_eq!(usage["days"], json!([]));
}
