//! How defects, limits and values are written.

use face::{Check, Defect, Range};
use serde::Serialize;

/// A stable word for a check: the defect that it finds.
pub(crate) const fn word(defect: Defect) -> &'static str {
    match defect {
        Defect::NoFace => "no_face",
        Defect::FaceUnclear => "face_unclear",
        Defect::FaceCovered => "face_covered",
        Defect::SeveralFaces => "several_faces",
        Defect::FaceSize => "face_size",
        Defect::Yaw => "yaw",
        Defect::Pitch => "pitch",
        Defect::Roll => "roll",
        Defect::Sharpness => "sharpness",
        Defect::TooDark => "too_dark",
        Defect::TooBright => "too_bright",
        Defect::LowContrast => "low_contrast",
        Defect::UnevenLight => "uneven_light",
        Defect::Sunglasses => "sunglasses",
        Defect::MouthOpen => "mouth_open",
        Defect::EyesClosed => "eyes_closed",
    }
}

/// Several of them, separated by commas.
pub(crate) fn words(defects: &[Defect]) -> String {
    defects.iter().map(|defect| word(*defect)).collect::<Vec<_>>().join(", ")
}

/// A measured value beside what is accepted.
#[derive(Clone, Debug, Serialize)]
pub struct Value {
    /// The measure's name, with its unit.
    pub measure: &'static str,
    /// What it came to; none when it could not be measured.
    pub value: Option<f64>,
    /// The least accepted value, if there is one.
    pub min: Option<f64>,
    /// The greatest accepted value, if there is one.
    pub max: Option<f64>,
}

impl From<&Check> for Value {
    fn from(check: &Check) -> Self {
        let Range { min, max } = check.range;
        let value = check.value.is_finite().then_some(check.value);
        Self { measure: check.measure.name(), value, min, max }
    }
}

impl Value {
    /// The value as text.
    pub(crate) fn shown(&self) -> String {
        self.value.map_or_else(|| "none".to_owned(), number)
    }

    /// Name, value and limits as text.
    pub(crate) fn sentence(&self) -> String {
        let range = range(Range { min: self.min, max: self.max });
        format!("{} {} (limit {range})", self.measure, self.shown())
    }
}

/// One decimal below a hundred, none above: more is noise.
pub(crate) fn number(value: f64) -> String {
    if value.abs() < 99.95 { format!("{value:.1}") } else { format!("{value:.0}") }
}

/// What is accepted, in ASCII.
pub(crate) fn range(range: Range) -> String {
    match (range.min, range.max) {
        (Some(min), Some(max)) if min == max => format!("= {min}"),
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!(">= {min}"),
        (None, Some(max)) => format!("<= {max}"),
        (None, None) => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_defect_has_a_word_of_its_own() {
        let words: HashSet<_> = Defect::ALL.iter().map(|defect| word(*defect)).collect();
        assert_eq!(words.len(), Defect::ALL.len());
    }

    #[test]
    fn ranges_are_written_as_they_are_meant() {
        let shown = [Range::between(1.0, 1.0), Range::within(20.0), Range::from(9.5), Range::to(28.0), Range::ANY];
        assert_eq!(shown.map(range), ["= 1", "-20 to 20", ">= 9.5", "<= 28", "-"]);
        assert_eq!([9.46, -123.456].map(number), ["9.5", "-123"]);
    }
}
