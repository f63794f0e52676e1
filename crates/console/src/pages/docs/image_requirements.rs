//! `/docs/image-requirements`: what an image must be like, with pictures.

use askama::Template;
use axum::response::Response;
use serde_json::Value;

use super::{Anchor, Contents, Doc, array, number, text};
use crate::fault::Fault;
use crate::frame::Frame;
use crate::visit::Visit;
use crate::{prose, reply};

/// A measure and what is accepted of it.
struct Row {
    name: String,
    meaning: String,
    accepted: String,
    refusals: Vec<Refusal>,
    standard: String,
}

/// A way to fail a check.
#[derive(PartialEq)]
struct Refusal {
    code: String,
    kind: String,
    advice: String,
}

/// A picture that is refused.
struct Example {
    file: &'static str,
    width: u32,
    shows: &'static str,
    refusal: Refusal,
}

#[derive(Template)]
#[template(path = "docs/image_requirements.html")]
struct Page {
    frame: Frame,
    contents: Contents,
    rows: Vec<Row>,
    examples: Vec<Example>,
}

/// File, what it shows, and the type that it is refused with. All are 480 by 600 pixels, but one.
const EXAMPLES: [(&str, &str, &str); 17] = [
    ("no_face.jpg", "No face", "no_face"),
    ("covered.jpg", "Covered by a mask", "face_covered"),
    ("several_faces.jpg", "Two faces", "several_faces"),
    ("too_small.jpg", "Too small", "face_size"),
    ("cut.jpg", "Cut by the frame", "face_size"),
    ("turned.jpg", "Turned", "face_turned"),
    ("raised.jpg", "Raised", "face_raised_or_lowered"),
    ("lowered.jpg", "Lowered", "face_raised_or_lowered"),
    ("tilted.jpg", "Tilted", "face_tilted"),
    ("blurred.jpg", "Out of focus", "face_not_sharp"),
    ("too_dark.jpg", "Too dark", "face_too_dark"),
    ("too_bright.jpg", "Too bright", "face_too_bright"),
    ("uneven.jpg", "Lit from one side", "face_unevenly_lit"),
    ("sunglasses.jpg", "Sunglasses", "sunglasses"),
    ("mouth_open.jpg", "Mouth open", "mouth_open"),
    ("eyes_closed.jpg", "Eyes closed", "eyes_closed"),
    ("one_eye_closed.jpg", "One eye closed", "eyes_closed"),
];

/// The height at which examples are shown, and the width of all but one.
const SHOWN_PX: (u32, u32) = (120, 150);
const WIDE: (&str, u32) = ("several_faces.jpg", 240);

pub(super) fn page(visit: &Visit) -> Result<Response, Fault> {
    let openapi = &visit.console.openapi;
    let anchors = [
        ("good", "A good picture"),
        ("file", "The file"),
        ("refused", "What is refused"),
        ("measures", "Measures and limits"),
        ("where", "Which checks apply where"),
        ("unnoticed", "What is not noticed"),
    ];
    let rows: Vec<Row> = array(&openapi["x-image-requirements"]).iter().map(row).collect();
    let examples = EXAMPLES.map(|(file, shows, kind)| Example {
        file,
        width: if file == WIDE.0 { WIDE.1 } else { SHOWN_PX.0 },
        shows,
        refusal: refusal_of(openapi, kind),
    });
    reply::page(&Page {
        frame: Doc::ImageRequirements.frame(visit),
        contents: Contents::of(Doc::ImageRequirements, anchors.map(|(id, label)| Anchor::new(id, label)).into()),
        rows,
        examples: examples.into(),
    })
}

/// The refusal of this type, as the measures have it.
fn refusal_of(openapi: &Value, kind: &str) -> Refusal {
    let rows = array(&openapi["x-image-requirements"]).iter();
    let mut refusals = rows.flat_map(refusals);
    let none = || Refusal { code: String::new(), kind: kind.to_owned(), advice: String::new() };
    refusals.find(|refusal| refusal.kind == kind).unwrap_or_else(none)
}

fn refusals(row: &Value) -> Vec<Refusal> {
    let sides = [&row["below"], &row["above"]].into_iter().filter(|side| !side.is_null());
    let mut refusals: Vec<_> = sides
        .map(|side| Refusal {
            code: text(&side["code"]).to_owned(),
            kind: text(&side["type"]).to_owned(),
            advice: text(&side["advice"]).to_owned(),
        })
        .collect();
    refusals.dedup();
    refusals
}

fn row(row: &Value) -> Row {
    Row {
        name: text(&row["name"]).to_owned(),
        meaning: prose::line(text(&row["meaning"])),
        accepted: accepted(row),
        refusals: refusals(row),
        standard: text(&row["standardName"]).to_owned(),
    }
}

fn accepted(row: &Value) -> String {
    let unit = match text(&row["unit"]) {
        "percent" => " %",
        "degrees" => "°",
        "pixels" => " px",
        // Faces, points: the measure says what is counted.
        _ => "",
    };
    match (row["min"].as_f64(), row["max"].as_f64()) {
        (Some(min), Some(max)) if min == max => format!("exactly {}{unit}", number(min)),
        (Some(min), Some(max)) => format!("{}{unit} to {}{unit}", number(min), number(max)),
        (Some(min), None) => format!("at least {}{unit}", number(min)),
        (None, Some(max)) => format!("at most {}{unit}", number(max)),
        (None, None) => "only reported".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::image::IMAGES;
    use super::*;

    #[test]
    fn every_picture_is_shown_and_every_shown_one_is_there() {
        for (file, ..) in EXAMPLES {
            assert!(IMAGES.iter().any(|(name, _)| *name == file), "{file}");
        }
        assert_eq!(IMAGES.len(), EXAMPLES.len() + 1, "the good one stands apart");
    }

    #[test]
    fn every_picture_is_refused_with_a_code_of_the_description() {
        let openapi = serde_json::from_str(include_str!("../../../../../openapi/auther-check-api.json")).expect("JSON");
        for (file, _, kind) in EXAMPLES {
            let refusal = refusal_of(&openapi, kind);
            assert!(refusal.code.starts_with("F_") && !refusal.advice.is_empty(), "{file}");
        }
    }
}
