//! The cards that come with the product, cards that a user brings, and cards that are wrong.

use std::fs;

use models::{Card, Catalogue, Channels, InputSize, Kind, Preparation, Source};

const IRIS_OUTPUTS: [&str; 2] = ["output_eyes_contours_and_brows", "output_iris"];

#[test]
fn the_built_in_cards_are_right() {
    let catalogue = Catalogue::built_in().expect("they parse");
    let detector = catalogue.get("yunet_2023mar").and_then(Card::detector).expect("a detector");
    assert_eq!((detector.input.channels, detector.input.size), (Channels::Bgr, InputSize::MultipleOf(32)));
    assert_eq!(detector.outputs.len(), 12);
    for (name, side_px, outputs) in
        [("face_mesh_mediapipe", 192, ["conv2d_21", "conv2d_31"]), ("iris_mediapipe", 64, IRIS_OUTPUTS)]
    {
        let landmarker = catalogue.get(name).and_then(Card::landmarker).expect("a landmarker");
        assert_eq!(landmarker.input.size, InputSize::Fixed { width_px: side_px, height_px: side_px });
        assert_eq!(
            (landmarker.input.channels, &landmarker.outputs[..]),
            (Channels::Rgb, &outputs.map(String::from)[..])
        );
    }
    let sface = catalogue.get("sface_2021dec").expect("a card");
    assert_eq!(sface.prepared.as_ref().map(|p| p.preparation), Some(Preparation::Fold));
    let embedder = sface.embedder().expect("an embedder");
    assert_eq!((embedder.dimension, embedder.network.input.channels), (128, Channels::Rgb));
    assert!(embedder.model_id.as_str().starts_with("sface_2021dec-"));
}

#[test]
fn upstream_is_asked_before_the_package() {
    let catalogue = Catalogue::built_in().expect("they parse");
    for card in catalogue.cards().iter().filter(|card| !matches!(card.kind, Kind::Runtime(_))) {
        assert!(matches!(card.sources[..], [Source::Url(_), Source::Package(_)]), "{}", card.name);
    }
}

#[test]
fn the_runtime_is_the_one_of_this_machine() {
    let catalogue = Catalogue::built_in().expect("they parse");
    let here = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    for card in catalogue.cards() {
        if let Kind::Runtime(target) = &card.kind {
            assert_eq!(*target, here);
        }
    }
}

const CARD: &str = r#"
name = "mine"
title = "A model of mine"
kind = "embedder"
[licence]
spdx = "LicenseRef-mine"
origin = "https://example.org/mine"
notice = "Made by me."
[file]
name = "mine.onnx"
sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
bytes = 3
[[source]]
beside = "mine.onnx"
[input]
tensor = "input.1"
size = { width = 112, height = 112 }
channels = "RGB"
layout = "NCHW"
mean = [127.5, 127.5, 127.5]
scale = 0.00784313725490196
[output]
tensors = ["683"]
[embedding]
dimension = 2
alignment = "arcface-112"
calibration = "calibration.toml"
"#;

const CALIBRATION: &str = "
provenance = 'auther-eval calibrate mine'
mean = [0.25, -0.5]
knots = [[-1.0, 0.0], [0.4, 80.0], [1.0, 100.0]]
[recipe]
centred = true
mirror_averaged = false
";

fn parse(card: &str, calibration: &str) -> Result<Card, String> {
    let folder = Some(std::path::Path::new("models/mine"));
    Card::parse("models/mine/card.toml", card, folder, &|_| Ok(calibration.to_owned())).map_err(|e| e.to_string())
}

#[test]
fn everything_that_decides_what_a_template_means_is_in_the_model_id() {
    let id = |card: &str, calibration: &str| {
        let card = parse(card, calibration).expect("parses");
        card.embedder().expect("an embedder").model_id.clone()
    };
    let original = id(CARD, CALIBRATION);
    assert_eq!(original.as_str(), "mine-39e19b61");
    for (from, to) in [
        ("ba78", "ba79"),
        ("arcface-112", "arcface-96"),
        ("RGB", "BGR"),
        ("\"683\"", "\"684\""),
        ("[127.5, 127.5, 127.5]", "[127.5, 127.5, 128.0]"),
        ("scale = 0.0078", "scale = 0.0079"),
    ] {
        assert_ne!(id(&CARD.replacen(from, to, 1), CALIBRATION), original, "{to}");
    }
    for (from, to) in [("0.25", "0.26"), ("mirror_averaged = false", "mirror_averaged = true")] {
        assert_ne!(id(CARD, &CALIBRATION.replace(from, to)), original, "{to}");
    }
    // What is said about templates may change without making them others.
    assert_eq!(id(CARD, &CALIBRATION.replace("80.0", "81.0")), original);
    assert_eq!(id(&CARD.replace("A model of mine", "Another title"), CALIBRATION), original);
}

#[test]
fn a_wrong_card_is_told_by_file_and_field() {
    for (from, to, field) in [
        ("[file]\n", "[file]\nsurprise = 1\n", "surprise"),
        ("bytes = 3\n", "", "bytes"),
        ("bytes = 3", "bytes = 0", "file.bytes"),
        ("bytes = 3", "bytes = 99999999999", "file.bytes"),
        ("ba7816", "xx7816", "file.sha256"),
        ("ba7816", "ba78", "file.sha256"),
        ("name = \"mine\"", "name = \"Mine/../x\"", "name"),
        ("name = \"mine.onnx\"", "name = \"../mine.onnx\"", "file.name"),
        ("name = \"mine.onnx\"", "name = \"/etc/passwd\"", "file.name"),
        ("name = \"mine.onnx\"", "name = \"..\"", "file.name"),
        ("name = \"mine.onnx\"", "name = \"\"", "file.name"),
        ("beside = \"mine.onnx\"", "beside = \"../mine.onnx\"", "source.beside"),
        ("beside = \"mine.onnx\"", "url = \"file:///etc/passwd\"", "source.url"),
        ("beside = \"mine.onnx\"", "url = \"https://a b\"", "source.url"),
        ("beside = \"mine.onnx\"", "", "source"),
        (
            "beside = \"mine.onnx\"",
            "package = { index = \"pypi\", name = \"-e\", version = \"1\", member = \"m\" }",
            "source.package.name",
        ),
        (
            "beside = \"mine.onnx\"",
            "package = { index = \"pypi\", name = \"p\", version = \"1\", member = \"../m\" }",
            "source.package.member",
        ),
        ("kind = \"embedder\"", "kind = \"oracle\"", "oracle"),
        ("kind = \"embedder\"", "kind = \"detector\"", "embedding"),
        ("kind = \"embedder\"", "kind = \"landmarker\"", "embedding"),
        ("kind = \"embedder\"", "kind = \"runtime\"", "input"),
        ("kind = \"embedder\"", "kind = \"embedder\"\ntarget = \"linux-x86_64\"", "target"),
        ("width = 112, height = 112", "width = 112", "input.size"),
        ("width = 112, height = 112", "multiple_of = 32", "input.size"),
        ("width = 112", "width = 0", "input.size"),
        ("\"RGB\"", "\"GBR\"", "channels"),
        ("\"NCHW\"", "\"NHWC\"", "layout"),
        ("[127.5, 127.5, 127.5]", "[127.5]", "mean"),
        ("[127.5, 127.5, 127.5]", "[127.5, 127.5, nan]", "input.mean"),
        ("scale = 0.0078", "scale = -0.0078", "input.scale"),
        ("[\"683\"]", "[]", "output.tensors"),
        ("[\"683\"]", "[\"a\", \"b\"]", "output.tensors"),
        ("dimension = 2", "dimension = 3", "mean"),
        ("dimension = 2", "dimension = 0", "embedding.dimension"),
        ("alignment = \"arcface-112\"", "alignment = \"a/b\"", "embedding.alignment"),
        ("calibration = \"calibration.toml\"", "calibration = \"../c.toml\"", "embedding.calibration"),
        ("spdx = \"LicenseRef-mine\"", "spdx = \" \"", "licence.spdx"),
    ] {
        assert!(CARD.contains(from), "{from}");
        let error = parse(&CARD.replacen(from, to, 1), CALIBRATION).expect_err(to);
        assert!(error.starts_with("models/mine/") && error.contains(field), "{to}: {error}");
    }
}

#[test]
fn a_folder_of_the_users_adds_to_the_catalogue_and_cannot_replace_a_card() {
    let folder = tempfile::tempdir().expect("a folder");
    let mine = folder.path().join("mine");
    fs::create_dir(&mine).expect("made");
    fs::write(mine.join("card.toml"), CARD).expect("written");
    let mut catalogue = Catalogue::built_in().expect("they parse");
    let error = catalogue.add_folder(folder.path()).expect_err("no calibration").to_string();
    assert!(error.contains("calibration.toml"), "{error}");
    fs::write(mine.join("calibration.toml"), CALIBRATION).expect("written");
    catalogue.add_folder(folder.path()).expect("it parses");
    assert_eq!(catalogue.get("mine").map(|c| &c.sources[..]), Some(&[Source::Beside(mine.join("mine.onnx"))][..]));
    let error = catalogue.add_folder(folder.path()).expect_err("again").to_string();
    assert!(error.contains("name of another card"), "{error}");
}
