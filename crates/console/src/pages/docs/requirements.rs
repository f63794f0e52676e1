//! What an image must be like: a row for each measure, and an example for each way to fail.

use serde_json::Value;

use super::{array, text};
use crate::prose;

/// A measure and what is accepted of it.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) meaning: String,
    pub(super) accepted: String,
    pub(super) codes: Vec<String>,
    pub(super) standard: String,
}

/// A picture that is refused, and what the person should do.
pub(super) struct Example {
    pub(super) file: &'static str,
    pub(super) shows: &'static str,
    pub(super) code: &'static str,
    pub(super) advice: &'static str,
}

pub(super) fn rows(openapi: &Value) -> Vec<Row> {
    let row = |row: &Value| {
        let unit = match text(&row["unit"]) {
            "percent" => " %",
            "degrees" => "°",
            "pixels" => " px",
            _ => "",
        };
        let accepted = match (row["min"].as_f64(), row["max"].as_f64()) {
            (Some(min), Some(max)) if min == max => format!("{min}{unit}"),
            (Some(min), Some(max)) if min == -max => format!("up to {max}{unit} either way"),
            (Some(min), Some(max)) => format!("{min} to {max}{unit}"),
            (Some(min), None) => format!("at least {min}{unit}"),
            (None, Some(max)) => format!("at most {max}{unit}"),
            (None, None) => "only reported".to_owned(),
        };
        let mut codes: Vec<String> =
            ["below", "above"].iter().filter_map(|side| row[*side]["code"].as_str()).map(str::to_owned).collect();
        codes.dedup();
        Row {
            name: text(&row["name"]).to_owned(),
            meaning: prose::line(text(&row["meaning"])),
            accepted,
            codes,
            standard: text(&row["standardName"]).to_owned(),
        }
    };
    array(&openapi["x-image-requirements"]).iter().map(row).collect()
}

pub(super) fn examples() -> Vec<Example> {
    let example = |&(file, shows, code, advice): &(&'static str, &'static str, &'static str, &'static str)| Example {
        file,
        shows,
        code,
        advice,
    };
    EXAMPLES.iter().map(example).collect()
}

const EXAMPLES: &[(&str, &str, &str, &str)] = &[
    ("no_face.jpg", "No face", "F_002", "Show your face to the camera."),
    ("covered.jpg", "A covered face", "F_002", "Take off the mask or scarf."),
    ("several_faces.jpg", "Two faces", "F_001", "Only one person may be in the picture."),
    ("too_small.jpg", "Too small", "F_011", "Come closer."),
    ("cut.jpg", "Cut by the frame", "F_011", "Move into the middle."),
    ("turned.jpg", "Turned", "F_010", "Look straight ahead."),
    ("raised.jpg", "Raised", "F_009", "Hold the camera at eye level."),
    ("lowered.jpg", "Lowered", "F_009", "Hold the camera at eye level."),
    ("tilted.jpg", "Tilted", "F_008", "Keep your head upright."),
    ("blurred.jpg", "Blurred", "F_007", "Hold still."),
    ("too_dark.jpg", "Too dark", "F_006", "Find more light."),
    ("too_bright.jpg", "Too bright", "F_006", "Move out of the glaring light."),
    ("uneven.jpg", "Lit from one side", "F_006", "Turn towards the light."),
    ("sunglasses.jpg", "Sunglasses", "F_005", "Take off your sunglasses."),
    ("mouth_open.jpg", "Mouth open", "F_004", "Close your mouth."),
    ("eyes_closed.jpg", "Eyes closed", "F_003", "Open your eyes."),
    ("one_eye_closed.jpg", "One eye closed", "F_003", "Open both eyes."),
];

#[cfg(test)]
mod tests {
    use super::super::image::IMAGES;
    use super::*;

    #[test]
    fn every_picture_is_shown_and_every_shown_one_is_there() {
        for (file, ..) in EXAMPLES {
            assert!(IMAGES.iter().any(|(name, _)| name == file), "{file}");
        }
        assert_eq!(IMAGES.len(), EXAMPLES.len() + 1, "the good one stands apart");
    }
}
