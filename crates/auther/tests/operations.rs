//! The seven operations and every code of the domain so far, through real HTTP, real models, real photographs.

mod common;

use common::{Answer, Server, base64, call, create_key, face_image, photo};
use image::{DynamicImage, ImageFormat, RgbImage, imageops};
use serde_json::json;

const AMODEI: [&str; 2] = ["A000369_a.jpg", "A000369_b.jpg"];
const ALLRED: [&str; 2] = ["A000376_a.jpg", "A000376_b.jpg"];
const ARMSTRONG: &str = "A000377_a.jpg";

fn decoded(name: &str) -> RgbImage {
    image::load_from_memory(&photo(name)).expect("decodes").into_rgb8()
}

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).expect("encodes");
    bytes.into_inner()
}

fn recognise(server: &Server, image: &[u8]) -> Answer {
    server.call("POST", "/person/recognize-face", Some(&face_image(image)))
}

#[test]
fn a_person_is_enrolled_verified_identified_updated_and_forgotten() {
    let server = Server::start();
    let (created, updated) = server.enrol("mark@example.org", &photo(AMODEI[0])).expect_person("mark@example.org");
    assert_eq!(created, updated);
    server.call("GET", "/person/face/mark%40example.org", None).expect_person("mark@example.org");
    let other = face_image(&photo(AMODEI[1]));
    server.call("POST", "/person/verify-face/mark@example.org", Some(&other)).expect_person("mark@example.org");
    recognise(&server, &photo(AMODEI[1])).expect_person("mark@example.org");
    let again = server.call("PUT", "/person/face/mark@example.org", Some(&other)).expect_person("mark@example.org");
    assert_eq!(again.0, created);
    assert!(again.1 > created);
    let gone = server.call("DELETE", "/person/face/mark@example.org", None);
    assert_eq!((gone.status, gone.body.as_str()), (200, ""));
    for method in ["GET", "DELETE"] {
        let answer = server.call(method, "/person/face/mark@example.org", None);
        answer.expect_code(404, "NF_001", "person_not_found");
    }
    recognise(&server, &photo(AMODEI[1])).expect_code(410, "RF_001", "no_person_matched");
}

#[test]
fn conflicts_of_id_and_face_are_told_apart_and_together() {
    let server = Server::start();
    server.enrol("mark", &photo(AMODEI[0])).expect_person("mark");
    server.enrol("colin", &photo(ALLRED[0])).expect_person("colin");
    let same_face = server.enrol("impostor", &photo(AMODEI[1]));
    same_face.expect_code(400, "F_012", "face_enrolled");
    assert!(!same_face.body.contains("mark"), "another person's id is not told");
    server.call("GET", "/person/face/impostor", None).expect_code(404, "NF_001", "person_not_found");
    let taken = server.enrol("mark", &photo(ARMSTRONG));
    taken.expect_code(400, "CP_002", "person_taken");
    assert_eq!(taken.json()["message"], "Customer profile already exists with id mark");
    let both = server.enrol("mark", &photo(ALLRED[1]));
    both.expect_code(400, "CP_002", "person_taken");
    assert_eq!(both.json()["details"].as_array().map(Vec::len), Some(2), "{both:?}");
    let swap = server.call("PUT", "/person/face/mark", Some(&face_image(&photo(ALLRED[1]))));
    swap.expect_code(400, "F_012", "face_enrolled");
    server.call("PUT", "/person/face/mark", Some(&face_image(&photo(AMODEI[1])))).expect_person("mark");
}

#[test]
fn verify_and_compare_decide() {
    let server = Server::start();
    server.enrol("mark", &photo(AMODEI[0])).expect_person("mark");
    let other = face_image(&photo(ALLRED[0]));
    let verify = |id: &str| server.call("POST", &format!("/person/verify-face/{id}"), Some(&other));
    verify("mark").expect_code(404, "NF_001", "face_not_matched");
    verify("nobody").expect_code(404, "NF_001", "person_not_found");
    let (a, b, c) = (base64(&photo(AMODEI[0])), base64(&photo(AMODEI[1])), base64(&photo(ALLRED[0])));
    let compare = |body| server.call("POST", "/person/compare-face", Some(&body)).json()["facesMatched"].as_f64();
    let similarity = compare(json!({ "sourceImage": a, "targetImage": b })).expect("a number");
    assert!((80.0..100.0).contains(&similarity), "{similarity}");
    assert_eq!(compare(json!({ "sourcetImage": a, "targetImage": a })), Some(100.0));
    assert_eq!(compare(json!({ "sourceImage": a, "targetImage": c })), Some(0.0));
    let shown = json!({ "sourceImage": a, "targetImage": b, "similarityThreshold": similarity });
    assert_eq!(compare(shown), Some(similarity), "what was shown matches at that threshold");
    let above = json!({ "sourceImage": a, "targetImage": b, "similarityThreshold": similarity + 0.01 });
    assert_eq!(compare(above), Some(0.0));
}

#[test]
fn images_without_a_usable_face_are_refused_with_numbers() {
    let server = Server::start();
    let gradient = RgbImage::from_fn(300, 300, |x, y| image::Rgb([(x / 2) as u8, (y / 2) as u8, 90]));
    let wall = encoded(gradient, ImageFormat::Png);
    server.enrol("wall", &wall).expect_code(400, "F_002", "no_face");
    recognise(&server, &wall).expect_code(400, "F_002", "no_face");
    server.enrol("mark", &photo(AMODEI[0])).expect_person("mark");
    let verify = server.call("POST", "/person/verify-face/mark", Some(&face_image(&wall)));
    verify.expect_code(400, "F_002", "no_face");
    let compare = json!({ "sourceImage": base64(&photo(AMODEI[0])), "targetImage": base64(&wall) });
    server.call("POST", "/person/compare-face", Some(&compare)).expect_code(400, "F_002", "no_face");

    let (left, right) = (decoded(ALLRED[0]), decoded(ARMSTRONG));
    let mut two = RgbImage::new(left.width() + right.width(), left.height().max(right.height()));
    imageops::replace(&mut two, &left, 0, 0);
    imageops::replace(&mut two, &right, i64::from(left.width()), 0);
    let two = encoded(two, ImageFormat::Jpeg);
    let several = server.enrol("two", &two);
    several.expect_code(400, "F_001", "several_faces");
    assert_eq!(several.json()["details"][0]["value"], 2);
    recognise(&server, &two).expect_code(410, "RF_001", "no_person_matched");

    let small = imageops::resize(&left, left.width() / 3, left.height() / 3, imageops::FilterType::Triangle);
    let mut canvas = RgbImage::from_pixel(400, 400, image::Rgb([200, 200, 200]));
    imageops::replace(&mut canvas, &small, 150, 150);
    let size = server.enrol("small", &encoded(canvas, ImageFormat::WebP));
    size.expect_code(400, "F_011", "face_size");
    assert_eq!(size.json()["details"][0]["check"], "inter_eye_distance_px");
}

#[test]
fn every_format_and_orientation_gives_the_same_person() {
    let server = Server::start();
    server.enrol("mark", &photo(AMODEI[0])).expect_person("mark");
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Jpeg] {
        recognise(&server, &encoded(decoded(AMODEI[0]), format)).expect_person("mark");
    }
    // Lying on its side, with an EXIF orientation that says so (6: turn clockwise to see it upright).
    let lying = encoded(imageops::rotate270(&decoded(AMODEI[0])), ImageFormat::Jpeg);
    let exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let mut tagged = lying[..2].to_vec();
    tagged.extend([0xFF, 0xE1, 0, exif.len() as u8 + 2]);
    tagged.extend(exif);
    tagged.extend(&lying[2..]);
    recognise(&server, &tagged).expect_person("mark");
}

#[test]
fn bad_images_are_refused_and_harm_nothing() {
    let server = Server::start();
    let pixels = decoded(AMODEI[0]);
    let (png, webp) = (encoded(pixels.clone(), ImageFormat::Png), encoded(pixels.clone(), ImageFormat::WebP));
    for whole in [&photo(AMODEI[0]), &png, &webp] {
        for share in [3, 10, 40, 70, 95, 99] {
            let cut = server.enrol("cut", &whole[..whole.len() * share / 100]);
            assert_eq!((cut.status, cut.json()["code"].as_str()), (400, Some("R_003")), "{share} %: {cut:?}");
        }
    }
    let refused = |id: &str, image: &[u8], kind: &str| server.enrol(id, image).expect_code(400, "R_003", kind);
    refused("bomb", &encoded(RgbImage::new(8_000, 8_000), ImageFormat::Png), "image_pixels");
    refused("strip", &encoded(RgbImage::new(99, 400), ImageFormat::Png), "image_side");
    refused("gif", b"GIF89a..........", "image_format");
    refused("polyglot", b"\xFF\xD8\xFF<script>alert(1)</script>\xFF\xD9", "image_undecodable");
    refused("empty", b"", "field_empty");
    let deep = DynamicImage::ImageRgb8(pixels).into_rgb16();
    server.enrol("deep", &encoded(deep, ImageFormat::Png)).expect_person("deep");
}

#[test]
fn keys_open_what_they_permit_and_nothing_once_disabled() {
    let server = Server::start();
    let url = format!("{}/person/face/mark", server.base);
    call(&url, "GET", None, None).expect_code(401, "A_001", "key_missing");
    call(&url, "GET", Some("ak_nonsense"), None).expect_code(401, "A_002", "key_unknown");
    let reader = create_key(server.data.path(), &["--permissions", "read"]);
    call(&url, "GET", Some(&reader), None).expect_code(404, "NF_001", "person_not_found");
    call(&url, "DELETE", Some(&reader), None).expect_code(403, "A_003", "key_not_permitted");
    let disable = common::auther().args(["key", "disable", "2", "--data"]).arg(server.data.path()).output();
    assert!(disable.expect("runs").status.success());
    call(&url, "GET", Some(&reader), None).expect_code(403, "A_003", "key_disabled");
}

#[test]
fn what_was_answered_survives_sigterm_and_sigkill() {
    let server = Server::start();
    server.enrol("mark", &photo(AMODEI[0])).expect_person("mark");
    let (status, data, key) = server.end("-TERM");
    assert!(status.success(), "{status}");
    let server = Server::start_in(data, key, &[]);
    server.enrol("colin", &photo(ALLRED[0])).expect_person("colin");
    let (_, data, key) = server.end("-KILL");
    let server = Server::start_in(data, key, &[]);
    recognise(&server, &photo(AMODEI[1])).expect_person("mark");
    recognise(&server, &photo(ALLRED[1])).expect_person("colin");
}

/// The statuses of so many calls made at once.
fn at_once(count: usize, call: impl Fn(usize) -> Answer + Sync) -> Vec<u16> {
    std::thread::scope(|scope| {
        let call = &call;
        let calls: Vec<_> = (0..count).map(|number| scope.spawn(move || call(number).status)).collect();
        calls.into_iter().map(|call| call.join().expect("answered")).collect()
    })
}

#[test]
fn of_many_simultaneous_enrolments_of_one_face_one_succeeds() {
    let server = Server::start();
    let images = [photo(AMODEI[0]), photo(AMODEI[1])];
    let statuses = at_once(8, |number| server.enrol(&format!("p{number}"), &images[number % 2]));
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 7, "{statuses:?}");
}

#[test]
fn a_full_queue_answers_503_and_recovers() {
    let server = Server::start_with(&[("AUTHER_WORKERS", "1"), ("AUTHER_QUEUE_JOBS_MAX", "1")]);
    server.enrol("mark", &photo(AMODEI[0])).expect_person("mark");
    let probe = photo(AMODEI[1]);
    let statuses = at_once(12, |_| recognise(&server, &probe));
    assert!(statuses.contains(&503) && statuses.contains(&200), "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
    recognise(&server, &probe).expect_person("mark");
}
