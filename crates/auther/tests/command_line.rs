//! The command line, as a script uses it.

mod common;

use std::process::Output;

use common::{auther, photos};
use serde_json::Value;

fn run(data: &tempfile::TempDir, arguments: &[&str]) -> Output {
    auther().args(arguments).args(["--json", "--data"]).arg(data.path()).current_dir(photos()).output().expect("runs")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

#[test]
fn persons_are_enrolled_found_and_removed() {
    let data = tempfile::tempdir().expect("a folder");
    assert_eq!(json(&run(&data, &["enrol", "mark", "A000369_a.jpg"]))["personId"], "mark");
    assert_eq!(json(&run(&data, &["verify", "mark", "A000369_b.jpg"]))["verified"], true);
    let other = run(&data, &["verify", "mark", "A000376_a.jpg"]);
    assert_eq!((json(&other)["verified"].as_bool(), other.status.code()), (Some(false), Some(2)));
    let found = json(&run(&data, &["identify", "A000369_b.jpg"]));
    assert_eq!((found[0]["personId"].as_str(), found[0]["matched"].as_bool()), (Some("mark"), Some(true)));
    let again = run(&data, &["enrol", "mark2", "A000369_b.jpg"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("F_012 Face exists"), "{again:?}");
    assert!(run(&data, &["person", "remove", "mark"]).status.success());
    assert_eq!(json(&run(&data, &["person", "list"])), Value::Array(vec![]));
}

#[test]
fn two_images_are_compared() {
    let data = tempfile::tempdir().expect("a folder");
    let same = run(&data, &["compare", "A000377_a.jpg", "A000377_b.jpg"]);
    assert_eq!((json(&same)["matched"].as_bool(), same.status.code()), (Some(true), Some(0)));
    let different = run(&data, &["compare", "A000377_a.jpg", "A000376_b.jpg"]);
    assert_eq!((json(&different)["matched"].as_bool(), different.status.code()), (Some(false), Some(2)));
}

#[test]
fn a_folder_is_imported_and_a_second_run_skips_what_is_there() {
    let (data, folder) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    for name in ["A000369_a.jpg", "A000376_a.jpg"] {
        std::fs::copy(photos().join(name), folder.path().join(name)).expect("copied");
    }
    std::fs::write(folder.path().join("broken.jpg"), b"\xFF\xD8\xFF").expect("written");
    std::fs::write(folder.path().join("notes.txt"), b"no image").expect("written");
    let path = folder.path().to_str().expect("text");
    let report = folder.path().join("refused.csv");
    let first = json(&run(&data, &["import", path, "--report", report.to_str().expect("text")]));
    assert_eq!((first["images"].as_u64(), first["enrolled"].as_u64()), (Some(3), Some(2)), "{first}");
    assert!(std::fs::read_to_string(report).expect("a report").contains("broken.jpg"));
    let second = json(&run(&data, &["import", path]));
    assert_eq!((second["enrolled"].as_u64(), second["alreadyEnrolled"].as_u64()), (Some(0), Some(2)), "{second}");
}

#[test]
fn missing_models_are_named_with_what_to_do() {
    let (data, cache) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let output = run(&data, &["enrol", "a", "A000369_a.jpg", "--cache", cache.path().to_str().expect("text")]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && message.contains("auther setup"), "{message}");
}
