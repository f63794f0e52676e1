//! docs/image-requirements.md says what the program does: its tables and its examples are made here and compared. After a
//! change, `AUTHER_BLESS=1 cargo test -p auther --test image_requirements` writes them into the page.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use api::{Case, Code};
use common::{Server, auther, face_image};
use face::{CheckLimits, Defect, ImageLimits, Measure, Policy, Range};
use serde_json::Value;

/// A measured value in an example may differ by this share from one processor to another, and by this much.
const VALUE_SHARE: f64 = 0.02;
const VALUE_AMOUNT: f64 = 0.5;

/// One test writes the page at a time.
static PAGE: Mutex<()> = Mutex::new(());

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// Compares what stands between two marks of the page with what was made, or puts it there.
fn hold(name: &str, made: &str, is_same: impl Fn(&str, &str) -> bool) {
    let guard = PAGE.lock().expect("no test panics while it holds this");
    let path = docs().join("image-requirements.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    let begin = format!("<!-- made by crates/auther/tests/image_requirements.rs: {name} -->\n");
    let from = page.find(&begin).unwrap_or_else(|| panic!("the page has no {begin}")) + begin.len();
    let to = from + page[from..].find("<!-- end -->").expect("an end");
    // Blank lines, so that every reader of Markdown knows where the comment ends.
    let made = &format!("\n{made}\n");
    let is_right = is_same(&page[from..to], made);
    if std::env::var_os("AUTHER_BLESS").is_some() {
        if !is_right {
            std::fs::write(&path, format!("{}{made}{}", &page[..from], &page[to..])).expect("written");
        }
        return;
    }
    drop(guard);
    assert!(is_right, "docs/image-requirements.md, {name}: run this test with AUTHER_BLESS=1; it would be\n{made}");
}

fn hold_text(name: &str, made: &str) {
    hold(name, made, |page, made| page == made);
}

fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rule = vec!["---".to_owned(); head.len()];
    [head, rule].into_iter().chain(rows).map(|cells| line(&cells)).collect()
}

fn code(text: impl std::fmt::Display) -> String {
    format!("`{text}`")
}

fn list<T>(items: impl IntoIterator<Item = T>, text: impl Fn(T) -> String) -> String {
    items.into_iter().map(text).collect::<Vec<_>>().join("<br>")
}

fn limits(range: Range) -> String {
    match (range.min, range.max) {
        (None, None) => "only reported".into(),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (Some(min), Some(max)) if min == max => format!("exactly {min}"),
        (Some(min), Some(max)) => format!("{min} to {max}"),
    }
}

#[test]
fn image_limits() {
    let ImageLimits { bytes_max, pixels_max, side_px_min } = ImageLimits::default();
    let defaults = settings();
    let rows = [
        ("encoded bytes", format!("at most {bytes_max}"), bytes_max as f64, "image_bytes_max", Case::ImageBytes),
        (
            "pixels, width times height",
            format!("at most {pixels_max}"),
            pixels_max as f64,
            "image_pixels_max",
            Case::ImagePixels,
        ),
        (
            "shorter side in pixels",
            format!("at least {side_px_min}"),
            side_px_min.into(),
            "image_side_px_min",
            Case::ImageSide,
        ),
    ];
    let rows = rows.map(|(what, limit, value, setting, case)| {
        assert_eq!(defaults[setting], value, "{setting}");
        vec![what.into(), limit, code(setting), format!("{} {}", case.code().text(), code(case.word()))]
    });
    hold_text("image limits", &table(&["limit", "default", "setting", "refused with"], rows));
}

#[test]
fn criteria() {
    let codes = Code::ALL.iter().flat_map(|code| Defect::ALL.iter().filter(|defect| api::code_of(**defect) == *code));
    let rows = codes.map(|defect| {
        let case = api::defect_case(*defect);
        vec![
            list(examples(*defect), |name| format!(r#"<img src="images/{name}.jpg" width="96" alt="{name}">"#)),
            format!("**{}**<br>{}", case.code().text(), code(case.word())),
            case.code().message().into(),
            defect.advice().into(),
            list(measures_of(*defect), |measure| code(measure.name())),
        ]
    });
    hold_text(
        "criteria",
        &table(&["example", "code, `type`", "message", "what the person should do", "measures"], rows),
    );
}

/// The measures that show a defect by their default limits.
fn measures_of(defect: Defect) -> Vec<Measure> {
    let shows = |measure: &Measure| {
        let range = CheckLimits::default().range(*measure);
        let too_low = range.min.is_some() && measure.defect(true) == defect;
        too_low || (range.max.is_some() && measure.defect(false) == defect)
    };
    Measure::ALL.iter().copied().filter(shows).collect()
}

/// Pictures of docs/images.
fn examples(defect: Defect) -> &'static [&'static str] {
    match defect {
        Defect::NoFace => &["no_face"],
        Defect::FaceCovered => &["covered"],
        Defect::SeveralFaces => &["several_faces"],
        Defect::FaceSize => &["too_small", "cut"],
        Defect::Yaw => &["turned"],
        Defect::Pitch => &["raised", "lowered"],
        Defect::Roll => &["tilted"],
        Defect::Sharpness => &["blurred"],
        Defect::TooDark => &["too_dark"],
        Defect::TooBright => &["too_bright"],
        Defect::UnevenLight => &["uneven"],
        Defect::Sunglasses => &["sunglasses"],
        Defect::MouthOpen => &["mouth_open"],
        Defect::EyesClosed => &["eyes_closed", "one_eye_closed"],
        Defect::FaceUnclear | Defect::LowContrast => &[],
    }
}

#[test]
fn every_picture_is_there_and_shown() {
    let shown = Defect::ALL.iter().flat_map(|defect| examples(*defect)).chain(&["good", "portrait"]);
    let mut shown: Vec<String> = shown.map(|name| format!("{name}.jpg")).collect();
    let files = std::fs::read_dir(docs().join("images")).expect("the folder").map(|entry| entry.expect("an entry"));
    let names = files.map(|file| file.file_name().into_string().expect("text"));
    let mut there: Vec<String> = names.filter(|name| name.ends_with(".jpg")).collect();
    shown.sort();
    there.sort();
    assert_eq!(shown, there);
}

#[test]
fn measures() {
    let (limits_by_default, defaults) = (CheckLimits::default(), settings());
    let mut named = Vec::new();
    let rows = Measure::ALL.iter().map(|measure| {
        let range = limits_by_default.range(*measure);
        for name in settings_of(*measure) {
            let limit = if name.ends_with("_max") { range.max } else { range.min };
            assert_eq!(Some(defaults[*name]), limit, "{name} is not the limit of {measure:?}");
            named.push(*name);
        }
        vec![
            code(measure.name()),
            measure.unit().into(),
            limits(range),
            list(settings_of(*measure), code),
            measure.standard_name().into(),
            measure.meaning().into(),
        ]
    });
    let head = ["measure", "unit", "accepted", "setting", "ISO/IEC 29794-5", "what it is"];
    hold_text("measures", &table(&head, rows));
    let unnamed: Vec<_> = defaults.keys().filter(|name| name.starts_with("reference_")).collect();
    assert!(unnamed.iter().all(|name| named.contains(&name.as_str())), "{unnamed:?} are not all in {named:?}");
}

/// The settings that hold the limits of a measure.
fn settings_of(measure: Measure) -> &'static [&'static str] {
    match measure {
        Measure::MouthVisibility => &["reference_mouth_visibility_min"],
        Measure::DetectorConfidence => &["reference_detector_confidence_percent_min"],
        Measure::FacePresence => &["reference_face_presence_min"],
        Measure::InterEyeDistance => &["reference_inter_eye_distance_px_min"],
        Measure::InsideFrame => &["face_inside_frame_percent_min"],
        Measure::Margin => &["reference_margin_percent_min"],
        Measure::Yaw => &["reference_yaw_degrees_max"],
        Measure::Pitch => &["reference_pitch_degrees_max"],
        Measure::Roll => &["reference_roll_degrees_max"],
        Measure::Sharpness => &["reference_sharpness_percent_min"],
        Measure::LuminanceMean => &["reference_luminance_mean_percent_min", "reference_luminance_mean_percent_max"],
        Measure::LuminanceContrast => &["reference_luminance_contrast_percent_min"],
        Measure::UnderExposed => &["reference_under_exposed_percent_max"],
        Measure::OverExposed => &["reference_over_exposed_percent_max"],
        Measure::IlluminationUniformity => &["reference_illumination_uniformity_percent_min"],
        Measure::EyeContrast => &["reference_eye_contrast_percent_min"],
        Measure::EyeOpenness => &["reference_eye_openness_percent_min"],
        Measure::RightEyeOpenness | Measure::LeftEyeOpenness => &["reference_each_eye_openness_percent_min"],
        Measure::MouthOpenness => &["reference_mouth_openness_percent_max"],
        Measure::FaceCount
        | Measure::HeadWidth
        | Measure::HeadHeight
        | Measure::FaceShare
        | Measure::UnifiedQuality => &[],
    }
}

/// The settings that are numbers, with their defaults.
fn settings() -> BTreeMap<String, f64> {
    let output = auther().args(["settings", "--json"]).output().expect("runs");
    let rows: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let rows = rows.as_array().expect("a list").iter();
    let text = |row: &Value, name: &str| row[name].as_str().expect("text").to_owned();
    rows.filter_map(|row| Some((text(row, "name"), text(row, "default").parse().ok()?))).collect()
}

#[test]
fn probes() {
    let size = Policy::default().probe_size;
    let rows = [
        (Measure::InterEyeDistance, size.inter_eye_distance_px_min, "probe_inter_eye_distance_px_min"),
        (Measure::InsideFrame, size.inside_frame_percent_min, "face_inside_frame_percent_min"),
    ];
    let defaults = settings();
    let rows = rows.map(|(measure, min, setting)| {
        assert_eq!(defaults[setting], min, "{setting}");
        vec![code(measure.name()), limits(Range::from(min)), code(setting)]
    });
    hold_text("probes", &table(&["measure", "accepted", "setting"], rows));
}

#[test]
fn precedence() {
    let enrolment = Code::ALL.iter().take_while(|code| **code < Code::NF001);
    let codes: Vec<&str> = enrolment.map(|code| code.text()).collect();
    hold_text("precedence", &format!("    {}\n", codes.join(", ")));
}

fn picture(name: &str) -> Value {
    face_image(&std::fs::read(docs().join("images").join(name)).expect("a picture"))
}

#[test]
fn example_of_details() {
    let server = Server::start();
    let answer = server.call("POST", "/person/face/jane", Some(&picture("sunglasses.jpg")));
    assert_eq!(answer.status, 400);
    hold_json("details", &answer.body, |_| true);
}

/// Of many checks those that failed, and the first and the last.
#[test]
fn example_of_check_face() {
    let server = Server::start();
    let answer = server.call("POST", "/person/check-face", Some(&picture("mouth_open.jpg")));
    assert_eq!(answer.status, 200);
    let (first, last) = (Measure::ALL[0].name(), Measure::ALL[Measure::ALL.len() - 1].name());
    let is_shown = |line: &str| {
        let is_check = line.contains(r#""check":"#);
        !is_check || line.contains(r#""passed":false"#) || [first, last].iter().any(|name| line.contains(name))
    };
    hold_json("check-face", &answer.body, is_shown);
}

fn hold_json(name: &str, body: &str, is_shown: impl Fn(&str) -> bool) {
    let mut text = body.replace(r#","details":["#, ",\n\"details\":[");
    for field in ["image", "face", "landmarks", "checks"] {
        text = text.replace(&format!(r#","{field}":"#), &format!(",\n\"{field}\":"));
    }
    text = text.replace(":[{", ":[\n  {").replace("},{", "},\n  {").replace("}]", "}\n]");
    let lines: Vec<&str> = text.lines().filter(|line| is_shown(line)).collect();
    hold(name, &format!("```json\n{}\n```\n", lines.join("\n")), |page, made| match (json(page), json(made)) {
        (Some(page), made) => made.is_some_and(|made| is_alike(&page, &made, "")),
        (None, _) => false,
    });
}

fn json(block: &str) -> Option<Value> {
    serde_json::from_str(block.trim().strip_prefix("```json\n")?.strip_suffix("```")?).ok()
}

/// Whether two answers differ in what was measured only, and there by little.
fn is_alike(a: &Value, b: &Value, name: &str) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| is_alike(a, b, name)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_alike(a, b, name)),
        (Value::Number(a), Value::Number(b)) if !["min", "max"].contains(&name) => {
            let (a, b) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
            (a - b).abs() <= VALUE_AMOUNT + VALUE_SHARE * a.abs()
        }
        (a, b) => a == b,
    }
}
