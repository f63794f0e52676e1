//! Every image check through real HTTP, on the altered photographs of the documentation: each is refused for what was
//! done to it.

mod common;

use common::{Answer, Server, auther, create_key, face_image};
use serde_json::Value;

/// A picture of docs/images, the code that an enrolment is refused with, and its `type`.
const ALTERED: &[(&str, &str, &str)] = &[
    ("no_face", "F_002", "no_face"),
    ("covered", "F_002", "face_covered"),
    ("several_faces", "F_001", "several_faces"),
    ("too_small", "F_011", "face_size"),
    ("cut", "F_011", "face_size"),
    ("turned", "F_010", "face_turned"),
    ("raised", "F_009", "face_raised_or_lowered"),
    ("lowered", "F_009", "face_raised_or_lowered"),
    ("tilted", "F_008", "face_tilted"),
    ("blurred", "F_007", "face_not_sharp"),
    ("too_dark", "F_006", "face_too_dark"),
    ("too_bright", "F_006", "face_too_bright"),
    ("uneven", "F_006", "face_unevenly_lit"),
    ("sunglasses", "F_005", "sunglasses"),
    ("mouth_open", "F_004", "mouth_open"),
    ("eyes_closed", "F_003", "eyes_closed"),
    ("one_eye_closed", "F_003", "eyes_closed"),
];

fn picture(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/images").join(name).with_extension("jpg")
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(picture(name)).expect("a picture of the documentation")
}

fn check(server: &Server, name: &str) -> Answer {
    server.call("POST", "/person/check-face", Some(&face_image(&bytes(name))))
}

/// What failed, as `[code, check]`.
fn failed(checks: &Value) -> Vec<[String; 2]> {
    let failed = checks.as_array().expect("a list").iter().filter(|check| check["passed"] != true);
    failed.map(|check| ["code", "check"].map(|name| check[name].as_str().expect("text").to_owned())).collect()
}

#[test]
fn each_altered_picture_is_refused_for_what_was_done_to_it() {
    let server = Server::start();
    for (name, code, kind) in ALTERED {
        let refused = server.enrol("jane", &bytes(name));
        refused.expect_code(400, code, kind);
        let answer = check(&server, name);
        assert_eq!((answer.status, answer.json()["accepted"].as_bool()), (200, Some(false)), "{name}");
        // The same checks, the same values, but for the order: details begin with the code of precedence.
        let mut told = failed(&refused.json()["details"]);
        let mut checked = failed(&answer.json()["checks"]);
        told.sort();
        checked.sort();
        assert_eq!(told, checked, "{name}");
    }
}

#[test]
fn the_good_picture_passes_every_check_and_is_enrolled() {
    let server = Server::start();
    let answer = check(&server, "good").json();
    assert_eq!(answer["accepted"], true, "{answer}");
    assert_eq!(failed(&answer["checks"]), Vec::<[String; 2]>::new());
    let names: Vec<&str> =
        answer["checks"].as_array().expect("a list").iter().filter_map(|c| c["check"].as_str()).collect();
    assert_eq!(names, face::Measure::ALL.iter().map(|measure| measure.name()).collect::<Vec<_>>());
    let (image, face) = (&answer["image"], &answer["face"]["box"]);
    let inside = |side: &str, at: &str| {
        let (from, length) = (face[at].as_f64().expect("a number"), face[side].as_f64().expect("a number"));
        from > 0.0 && from + length < image[side].as_f64().expect("a number")
    };
    assert!(inside("width", "x") && inside("height", "y"), "{answer}");
    let eye = |name: &str| answer["face"]["landmarks"][name]["x"].as_f64().expect("a number");
    assert!(eye("rightEye") < eye("leftEye"), "the person's right eye is on the picture's left");
    // Nothing was enrolled by asking.
    server.call("GET", "/person/face/jane", None).expect_code(404, "NF_001", "person_not_found");
    server.enrol("jane", &bytes("good")).expect_person("jane");
    // A person who is enrolled is told so beside what is wrong with the picture.
    let both = server.enrol("joan", &bytes("mouth_open"));
    both.expect_code(400, "F_004", "mouth_open");
    let codes: Vec<_> = both.json()["details"].as_array().expect("a list").iter().map(|d| d["code"].clone()).collect();
    assert_eq!(codes, ["F_004", "F_012"]);
}

#[test]
fn probes_are_held_to_what_recognition_needs_only() {
    let server = Server::start();
    server.enrol("jane", &bytes("good")).expect_person("jane");
    for name in ["mouth_open", "eyes_closed", "too_dark", "tilted", "turned"] {
        let verify = server.call("POST", "/person/verify-face/jane", Some(&face_image(&bytes(name))));
        verify.expect_person("jane");
    }
    let recognise = |name| server.call("POST", "/person/recognize-face", Some(&face_image(&bytes(name))));
    recognise("no_face").expect_code(400, "F_002", "no_face");
    recognise("mouth_open").expect_person("jane");
}

#[test]
fn check_face_refuses_what_is_no_image_and_who_may_not_enrol() {
    let server = Server::start();
    server.call("POST", "/person/check-face", Some(&face_image(b"GIF89a....."))).expect_code(
        400,
        "R_003",
        "image_format",
    );
    server.call("GET", "/person/check-face", None).expect_code(405, "R_001", "wrong_method");
    let reader = create_key(server.data.path(), &["--permissions", "verify"]);
    let url = format!("{}/person/check-face", server.base);
    let answer = common::call(&url, "POST", Some(&reader), Some(&face_image(&bytes("good"))));
    answer.expect_code(403, "A_003", "key_not_permitted");
}

#[test]
fn limits_are_settings() {
    let server = Server::start_with(&[("AUTHER_REFERENCE_MOUTH_OPENNESS_PERCENT_MAX", "1000")]);
    server.enrol("jane", &bytes("mouth_open")).expect_person("jane");
    let strict = Server::start_with(&[("AUTHER_REFERENCE_INTER_EYE_DISTANCE_PX_MIN", "500")]);
    let refused = strict.enrol("jane", &bytes("good"));
    refused.expect_code(400, "F_011", "face_size");
    assert_eq!(refused.json()["details"][0]["min"], 500);
}

#[test]
fn the_command_line_says_the_same_and_draws_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let drawing = folder.path().join("drawn.png");
    let run = |arguments: &[&std::ffi::OsStr]| auther().arg("check").args(arguments).output().expect("runs");
    let good = run(&[picture("good").as_os_str(), "--annotate".as_ref(), drawing.as_os_str()]);
    assert!(good.status.success(), "{good:?}");
    assert!(String::from_utf8_lossy(&good.stdout).contains("accepted"));
    let original = image::image_dimensions(picture("good")).expect("a picture");
    let drawn = image::open(&drawing).expect("a PNG");
    assert!(drawn.width() >= original.0 && drawn.height() >= original.1);

    let two = run(&[picture("good").as_os_str(), picture("sunglasses").as_os_str(), "--json".as_ref()]);
    assert_eq!(two.status.code(), Some(2), "one is refused");
    let said: Value = serde_json::from_slice(&two.stdout).expect("JSON");
    assert_eq!([&said[0]["accepted"], &said[1]["accepted"]], [&Value::Bool(true), &Value::Bool(false)]);
    assert!(failed(&said[1]["checks"]).iter().any(|[code, _]| code == "F_005"));

    let text = folder.path().join("text.jpg");
    std::fs::write(&text, b"no picture").expect("written");
    let broken = run(&[text.as_os_str()]);
    assert_eq!(broken.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&broken.stdout).contains("neither JPEG, PNG nor WebP"), "{broken:?}");
}
