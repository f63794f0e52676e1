//! What the command line says of an installation: one that is well, and one that is not, with what to do about it.

mod common;

use std::path::Path;

use common::{auther, printed, run, said};
use serde_json::Value;

#[test]
fn an_installation_that_is_in_use_is_well() {
    let data = tempfile::tempdir().expect("a folder");
    assert!(run(&data, &["enrol", "mark", "A000369_a.jpg"]).status.success());
    let doctor = run(&data, &["doctor"]);
    let checks = printed(&doctor);
    let checks = checks.as_array().expect("a list");
    assert!(doctor.status.success() && checks.iter().all(|check| check["ok"] == true), "{doctor:?}");
    let finding = |name: &str| {
        let found =
            checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name}: {checks:?}"));
        found["finding"].as_str().expect("a sentence").to_owned()
    };
    assert!(finding("inference").contains("the models load"));
    assert!(finding("accounts").starts_with("0 keys in"));
    assert!(finding("usage").starts_with("0 requests"));
    assert!(finding("gallery").starts_with("1 persons in"));
    for name in [
        "processor",
        "search",
        "onnxruntime",
        "yunet_2023mar",
        "sface_2021dec",
        "face_mesh_mediapipe",
        "iris_mediapipe",
    ] {
        assert!(!finding(name).is_empty());
    }
}

#[test]
fn missing_models_are_named_with_what_to_do_for_this_very_cache() {
    let (data, cache) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    assert!(run(&data, &["key", "create", "--name", "me"]).status.success());
    let cache = cache.path().to_str().expect("text");
    let advice = format!("run `auther setup --cache {cache}`");
    let (message, status) = said(&run(&data, &["enrol", "a", "A000369_a.jpg", "--cache", cache]));
    assert!(status == Some(1) && message.contains(&advice), "{message}");
    let doctor = run(&data, &["doctor", "--cache", cache]);
    assert_eq!(doctor.status.code(), Some(1));
    let checks = printed(&doctor);
    let check = |name: &str| checks.as_array().expect("a list").iter().find(|check| check["name"] == name);
    let missing = check("onnxruntime").expect("a check");
    assert!(missing["ok"] == false && missing["finding"].as_str().is_some_and(|f| f.contains(&advice)), "{missing}");
    assert_eq!(check("gallery").map(|check| &check["ok"]), Some(&Value::Bool(true)), "references need no model");
}

#[test]
fn an_altered_model_is_not_called_missing() {
    let cache = tempfile::tempdir().expect("a folder");
    let card = |arguments: &[&str]| auther().args(arguments).arg("--cache").arg(cache.path()).output().expect("runs");
    let places = printed(&card(&["doctor", "--json"]));
    for check in places.as_array().expect("a list").iter().filter(|check| check["ok"] == false) {
        let finding = check["finding"].as_str().expect("a sentence");
        // "title, licence, path: state"
        let path = finding.split(": missing").next().and_then(|before| before.rsplit(", ").next()).expect("a path");
        if path.starts_with('/') {
            std::fs::create_dir_all(Path::new(path).parent().expect("a folder")).expect("made");
            std::fs::write(path, b"altered").expect("written");
        }
    }
    let (message, status) = said(&card(&["setup", "--offline"]));
    assert!(status == Some(1) && message.contains("is not the file that its card names"), "{message}");
    assert!(message.contains("without --offline") && !message.contains("not in the cache"), "{message}");
}

#[test]
fn a_data_folder_that_will_not_do_is_named_with_what_to_do() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    // Not even the superuser writes there.
    for (data, why) in
        [(file.path(), "is a file; the databases need a folder"), (Path::new("/sys"), "cannot be written")]
    {
        for command in [&["key", "list"][..], &["key", "create", "--name", "a"], &["person", "list"], &["doctor"]] {
            let output = auther().args(command).arg("--data").arg(data).output().expect("runs");
            let all = format!("{}{}", String::from_utf8_lossy(&output.stdout), said(&output).0);
            assert!(
                output.status.code() == Some(1) && all.contains(why) && all.contains("--data"),
                "{command:?}: {all}"
            );
        }
    }
}

#[test]
fn the_data_folder_is_its_owners_alone_whoever_makes_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = tempfile::tempdir().expect("a folder");
    let data = parent.path().join("data");
    common::create_key(&data, &[]);
    assert_eq!(std::fs::metadata(data).expect("made").permissions().mode() & 0o777, 0o700);
}

#[test]
fn the_server_takes_a_hosts_name_and_says_what_is_wrong_with_an_address() {
    let serve = |listen: &str, environment: &[(&str, &str)]| {
        let data = tempfile::tempdir().expect("a folder");
        // Without models it ends, once it listens.
        let mut command = auther();
        command.args(["serve", "--listen", listen, "--cache"]).arg(data.path()).arg("--data").arg(data.path());
        said(&command.envs(environment.iter().copied()).output().expect("ends"))
    };
    let (message, status) = serve("localhost:0", &[]);
    assert!(status == Some(1) && message.contains("auther setup"), "{message}");
    let (message, status) = serve("localhost", &[]);
    assert!(status == Some(1) && message.contains("write HOST:PORT, as 127.0.0.1:8080"), "{message}");
    let (message, _) = serve("127.0.0.1:0", &[("AUTHER_LISTEN", "8080")]);
    assert!(message.contains("setting listen") && message.contains("127.0.0.1:8080"), "{message}");
}

#[test]
fn senseless_settings_and_misspelt_variables_are_refused_at_start() {
    let list = |variable: &str, value: &str| {
        let data = tempfile::tempdir().expect("a folder");
        said(&auther().args(["key", "list", "--data"]).arg(data.path()).env(variable, value).output().expect("runs"))
    };
    for name in ["request_ms_max", "head_read_ms_max", "queue_wait_ms_max", "image_bytes_max", "image_pixels_max"] {
        let (message, status) = list(&format!("AUTHER_{}", name.to_uppercase()), "0");
        assert!(status == Some(1) && message.contains(&format!("setting {name} = 0")), "{message}");
    }
    let (message, status) = list("AUTHER_LISTENN", "127.0.0.1:1");
    assert!(status == Some(1) && message.contains("AUTHER_LISTENN; did you mean AUTHER_LISTEN?"), "{message}");
    assert_eq!(list("AUTHER_DRAIN_MS_MAX", "0").1, Some(0));
    assert_eq!(list("AUTHER_SERVICE_HOST", "10.0.0.1").1, Some(0), "Kubernetes tells of a service named auther");
}

#[test]
fn a_failure_that_has_nothing_to_do_with_the_data_folder_does_not_blame_it() {
    let parent = tempfile::tempdir().expect("a folder");
    let data = parent.path().join("data");
    let import = |data: &Path| auther().args(["import", "/no/such", "--data"]).arg(data).output().expect("runs");
    let (message, status) = said(&import(&data));
    assert_eq!((message.as_str(), status), ("auther: /no/such: No such file or directory (os error 2)\n", Some(1)));
    let (message, _) = said(&auther().args(["key", "list", "--data", "/sys/new"]).output().expect("runs"));
    assert!(message.contains("/sys/new cannot be written") && message.contains("--data"), "{message}");
}
