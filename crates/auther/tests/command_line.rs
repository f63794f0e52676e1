//! The command line, as a script uses it.

mod common;

use std::process::Stdio;

use common::{auther, photos, printed, run, said};
use serde_json::{Value, json};

#[test]
fn persons_are_enrolled_found_and_removed() {
    let data = tempfile::tempdir().expect("a folder");
    assert_eq!(printed(&run(&data, &["enrol", "mark", "A000369_a.jpg"]))["personId"], "mark");
    assert_eq!(printed(&run(&data, &["verify", "mark", "A000369_b.jpg"]))["verified"], true);
    let other = run(&data, &["verify", "mark", "A000376_a.jpg"]);
    assert_eq!((printed(&other)["verified"].as_bool(), other.status.code()), (Some(false), Some(2)));
    let found = printed(&run(&data, &["identify", "A000369_b.jpg"]));
    assert_eq!((found[0]["personId"].as_str(), found[0]["matched"].as_bool()), (Some("mark"), Some(true)));
    let again = run(&data, &["enrol", "mark2", "A000369_b.jpg"]);
    let (message, status) = said(&again);
    assert!(status == Some(2) && message.contains("F_012 Face exists"), "{again:?}");
    let reason = json!({ "code": "F_012", "message": "F_012 Face exists" });
    assert_eq!(printed(&again), json!({ "personId": "mark2", "refusals": [reason] }));
    assert!(run(&data, &["person", "remove", "mark"]).status.success());
    assert_eq!(printed(&run(&data, &["person", "list"])), Value::Array(vec![]));
}

#[test]
fn the_search_is_measured_without_models_and_agrees_with_a_full_scan() {
    let data = tempfile::tempdir().expect("a folder");
    let report = data.path().join("report");
    let report_text = report.to_str().expect("text");
    let measured = run(&data, &["bench", "search", "--quick", "--rows", "1000", "--report", report_text]);
    let (message, status) = said(&measured);
    assert_eq!(status, Some(0), "{message}");
    let agreement = printed(&measured)["agreement"].as_array().cloned().unwrap_or_default();
    let agrees = |one: &Value| one["agreed"] == one["queries"] && one["agreed"].as_u64() > Some(1_000);
    assert!(agreement.len() >= 2 && agreement.iter().all(agrees), "{agreement:?}");
    assert!(report.join("report.md").exists());
}

#[test]
fn candidates_are_ranked_with_similarity_and_score() {
    let data = tempfile::tempdir().expect("a folder");
    for (id, image) in [("mark", "A000369_a.jpg"), ("colin", "A000376_a.jpg"), ("neil", "A000377_a.jpg")] {
        assert!(run(&data, &["enrol", id, image]).status.success());
    }
    let found = printed(&run(&data, &["identify", "A000369_b.jpg", "--top", "2"]));
    let found = found.as_array().expect("a list");
    assert_eq!((found.len(), found[0]["personId"].as_str()), (2, Some("mark")));
    for number in ["similarity", "score"] {
        let [best, second] = [0, 1].map(|rank| found[rank][number].as_f64().expect("a number"));
        assert!(best > second, "{found:?}");
    }
}

#[test]
fn who_is_enrolled_twice_is_found() {
    let data = tempfile::tempdir().expect("a folder");
    let alone = run(&data, &["duplicates"]);
    assert_eq!((printed(&alone), alone.status.code()), (json!([]), Some(0)));
    for (id, image) in [("mark", "A000369_a.jpg"), ("colin", "A000376_a.jpg"), ("neil", "A000377_a.jpg")] {
        assert!(run(&data, &["enrol", id, image]).status.success());
    }
    let none = run(&data, &["duplicates"]);
    assert_eq!((printed(&none), none.status.code()), (json!([]), Some(0)));
    // No enrolment takes a face twice: the rules are laxer here.
    let pairs = run(&data, &["duplicates", "--at", "0", "--limit", "2"]);
    let (message, status) = said(&pairs);
    assert!(status == Some(2) && message.contains("--limit"), "{pairs:?}");
    let pairs = printed(&pairs);
    let [first, second] = pairs.as_array().expect("a list").as_slice() else { panic!("{pairs}") };
    assert!(first["score"].as_f64() > second["score"].as_f64(), "{pairs}");
    let ids = [0, 1].map(|person| first["persons"][person]["personId"].as_str().expect("an id"));
    assert!(ids[0] < ids[1], "{pairs}");
    let wrong = run(&data, &["duplicates", "--at", "101"]);
    assert!(wrong.status.code() == Some(1) && said(&wrong).0.contains("--at"), "{wrong:?}");
}

#[test]
fn who_is_not_enrolled_is_a_no_and_no_error() {
    let data = tempfile::tempdir().expect("a folder");
    let questions: [&[&str]; 4] = [
        &["person", "get", "nobody"],
        &["person", "remove", "nobody"],
        &["person", "update", "nobody", "A000369_a.jpg"],
        &["verify", "nobody", "A000369_a.jpg"],
    ];
    for question in questions {
        let answer = run(&data, question);
        let (message, status) = said(&answer);
        assert_eq!((printed(&answer), status), (json!({ "personId": "nobody", "found": false }), Some(2)));
        assert!(message.contains("no person is enrolled under the id \"nobody\""), "{message}");
    }
    let key = run(&data, &["key", "disable", "9"]);
    assert_eq!((printed(&key), key.status.code()), (json!({ "id": 9, "found": false }), Some(2)));
}

#[test]
fn an_image_that_is_refused_is_a_no_and_an_error_is_not() {
    let data = tempfile::tempdir().expect("a folder");
    let (broken, dark) = (data.path().join("broken.jpg"), photos().join("../../docs/images/too_dark.jpg"));
    std::fs::write(&broken, b"no picture").expect("written");
    let (broken, dark) = (broken.to_str().expect("text"), dark.to_str().expect("text"));
    let refused: [(&[&str], &str); 4] = [
        (&["enrol", "jane", dark], "F_006"),
        (&["enrol", "jane", broken], "R_003"),
        (&["identify", broken], "R_003"),
        (&["compare", "A000369_a.jpg", broken], "R_003"),
    ];
    for (arguments, code) in refused {
        let answer = run(&data, arguments);
        let (message, status) = said(&answer);
        assert!(status == Some(2) && message.contains(code), "{arguments:?} {answer:?}");
        assert_eq!(printed(&answer)["refusals"][0]["code"], code, "{arguments:?}");
    }
    let errors: [&[&str]; 4] =
        [&["enrol", "a/b", dark], &["enrol", "jane", "missing.jpg"], &["identify"], &["identify", dark, "--top", "0"]];
    for arguments in errors {
        let answer = run(&data, arguments);
        assert_eq!((answer.status.code(), answer.stdout.as_slice()), (Some(1), &b""[..]), "{arguments:?} {answer:?}");
    }
}

#[test]
fn a_number_of_candidates_that_makes_no_sense_is_refused() {
    for count in ["0", "101"] {
        let (message, status) = said(&auther().args(["identify", "a.jpg", "--top", count]).output().expect("runs"));
        assert!(status == Some(1) && message.contains("1..=100"), "{message}");
    }
}

#[test]
fn two_images_are_compared() {
    let data = tempfile::tempdir().expect("a folder");
    let same = run(&data, &["compare", "A000377_a.jpg", "A000377_b.jpg"]);
    assert_eq!((printed(&same)["matched"].as_bool(), same.status.code()), (Some(true), Some(0)));
    let different = run(&data, &["compare", "A000377_a.jpg", "A000376_b.jpg"]);
    assert_eq!((printed(&different)["matched"].as_bool(), different.status.code()), (Some(false), Some(2)));
}

#[test]
fn a_check_names_the_file_and_the_size_of_its_image() {
    let data = tempfile::tempdir().expect("a folder");
    let answer = run(&data, &["check", "A000369_a.jpg"]);
    let (file, size) = (printed(&answer)[0]["file"].clone(), printed(&answer)[0]["image"].clone());
    assert_eq!(file, "A000369_a.jpg");
    assert!(size["width"].as_u64() > Some(0) && size["height"].as_u64() > Some(0), "{size}");
    // A parser keeps the last of two equal names without a word; a person's eye does not.
    assert_eq!(String::from_utf8_lossy(&answer.stdout).matches("\"image\"").count(), 1);
}

#[test]
fn who_reads_no_further_is_no_error() {
    for arguments in [&["settings"][..], &["--help"], &["check", "A000369_a.jpg"]] {
        let mut child = auther()
            .args(arguments)
            .current_dir(photos())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        // Closed before anything is written, as by `| head -0`.
        drop(child.stdout.take());
        let (message, status) = said(&child.wait_with_output().expect("ends"));
        assert_eq!((message.as_str(), status), ("", Some(0)), "{arguments:?}");
    }
}

#[test]
fn the_exit_status_is_explained() {
    let help = auther().arg("--help").output().expect("runs");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for words in ["Exit status", "0  yes, or done", "2  no: not matched, not found, or an image refused", "1  an error"]
    {
        assert!(help.contains(words), "{help}");
    }
    for command in ["enrol", "verify", "identify", "check", "compare", "import", "duplicates", "doctor", "usage"] {
        let help = auther().args([command, "--help"]).output().expect("runs");
        assert!(String::from_utf8_lossy(&help.stdout).contains("Exit status: 0 when"), "{command}");
    }
}
