//! `auther import`, as an operator with a folder of other people's making uses it.

mod common;

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use common::{auther, photos, printed, run, said};
use serde_json::Value;

fn folder(images: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, photo) in images {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::copy(photos().join(photo), path).expect("copied");
    }
    folder
}

fn import(data: &tempfile::TempDir, folder: &Path, report: Option<&Path>) -> std::process::Output {
    let mut arguments = vec!["import", folder.to_str().expect("text")];
    if let Some(report) = report {
        arguments.extend(["--report", report.to_str().expect("text")]);
    }
    run(data, &arguments)
}

fn counts(report: &Value) -> [Option<u64>; 3] {
    [
        report["enrolled"].as_u64(),
        report["alreadyEnrolled"].as_u64(),
        report["refused"].as_array().map(|refused| refused.len() as u64),
    ]
}

#[test]
fn a_folder_is_imported_and_a_second_run_skips_what_is_there() {
    let data = tempfile::tempdir().expect("a folder");
    let folder = folder(&[("mark.jpg", "A000369_a.jpg"), ("staff/colin.jpg", "A000376_a.jpg")]);
    std::fs::write(folder.path().join("broken.jpg"), b"\xFF\xD8\xFF").expect("written");
    std::fs::write(folder.path().join("notes.txt"), b"no image").expect("written");
    let report = folder.path().join("refused.csv");
    let first = import(&data, folder.path(), Some(&report));
    assert_eq!((counts(&printed(&first)), first.status.code()), ([Some(2), Some(0), Some(1)], Some(2)), "{first:?}");
    assert!(std::fs::read_to_string(report).expect("a report").contains("broken.jpg"));
    let second = import(&data, folder.path(), None);
    assert_eq!(counts(&printed(&second)), [Some(0), Some(2), Some(1)], "{second:?}");
    std::fs::remove_file(folder.path().join("broken.jpg")).expect("removed");
    assert!(import(&data, folder.path(), None).status.success());
}

#[test]
fn files_that_share_an_id_are_refused_on_every_run_and_strange_names_reported() {
    let data = tempfile::tempdir().expect("a folder");
    let folder = folder(&[
        ("alice/0001.jpg", "A000369_a.jpg"),
        ("bob/0001.jpeg", "A000376_a.jpg"),
        ("carol/carol.jpg", "A000377_a.jpg"),
        ("two words.jpg", "A000369_b.jpg"),
    ]);
    let strange = folder.path().join(std::ffi::OsStr::from_bytes(b"m\xFCller.jpg"));
    std::fs::copy(photos().join("A000376_b.jpg"), strange).expect("copied");
    for expected in [[Some(1), Some(0), Some(4)], [Some(0), Some(1), Some(4)]] {
        let done = import(&data, folder.path(), None);
        let report = printed(&done);
        assert_eq!((counts(&report), done.status.code()), (expected, Some(2)), "{report}");
        let reason = |ending: &str| {
            let mut refused = report["refused"].as_array().expect("a list").iter();
            let one = refused.find(|one| one["image"].as_str().is_some_and(|image| image.ends_with(ending)));
            one.and_then(|one| one["reasons"][0].as_str()).unwrap_or_else(|| panic!("{ending}: {report}")).to_owned()
        };
        for (ending, other) in [("alice/0001.jpg", "bob/0001.jpeg"), ("bob/0001.jpeg", "alice/0001.jpg")] {
            let reason = reason(ending);
            let (begin, end) = ("two files would have the id 0001: ", format!("{other}; rename one"));
            assert!(reason.starts_with(begin) && reason.ends_with(&end), "{reason}");
        }
        assert!(reason("two words.jpg").contains("A-Z a-z 0-9"));
        assert!(reason("m\u{FFFD}ller.jpg").contains("not UTF-8"));
    }
    let people = printed(&run(&data, &["person", "list"]));
    assert_eq!(people.as_array().map(Vec::len), Some(1), "{people}");
}

#[test]
fn what_cannot_end_well_does_not_begin() {
    let (data, empty) = (tempfile::tempdir().expect("a folder"), folder(&[]));
    let (message, status) = said(&import(&data, empty.path(), None));
    assert!(status == Some(1) && message.contains("no files with the endings .jpg"), "{message}");
    let folder = folder(&[("mark.jpg", "A000369_a.jpg")]);
    let (message, status) = said(&import(&data, folder.path(), Some(&empty.path().join("no/such/folder.csv"))));
    assert!(status == Some(1) && message.contains("--report"), "{message}");
    assert_eq!(printed(&run(&data, &["person", "list"])), Value::Array(vec![]), "nobody was enrolled before");
}

#[test]
fn its_help_says_what_a_name_means_and_what_a_second_run_does() {
    let help = auther().args(["import", "--help"]).output().expect("runs");
    let help = String::from_utf8_lossy(&help.stdout).replace('\n', " ");
    for words in
        ["without its ending is the id", "A-Z a-z 0-9 . _ ~ @ : + -", "started again", "2 when some are refused"]
    {
        assert!(help.contains(words), "{words}: {help}");
    }
}
