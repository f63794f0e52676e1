//! The file beside an embedder's card that evaluation generates: how embeddings become templates and scores become
//! similarities.

use std::fmt::Write as _;

use biometric::{Calibration, Knot};
use serde::Deserialize;

use crate::CardError;

/// How an embedding becomes a template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The population mean is subtracted from the unit embedding, which is then normalised again.
    pub centred: bool,
    /// The embeddings of the crop and of its mirror image are averaged.
    pub mirror_averaged: bool,
}

/// A calibration file, checked: recipe, population mean and the map from score to similarity agree.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CalibrationFile {
    /// How an embedding becomes a template.
    pub recipe: Recipe,
    /// Mean of unit embeddings over many people; empty exactly when the recipe is not centred.
    pub mean: Vec<f32>,
    /// Score to similarity.
    pub calibration: Calibration,
    /// Which command made the file, from what.
    pub provenance: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileShape {
    provenance: String,
    mean: Vec<f32>,
    knots: Vec<[f64; 2]>,
    recipe: Recipe,
}

impl CalibrationFile {
    /// Puts measured parts together; `dimension` is the length of the model's embedding.
    ///
    /// # Errors
    /// When the parts contradict each other; `file` names the file in the error.
    pub fn new(
        file: &str,
        dimension: usize,
        recipe: Recipe,
        mean: Vec<f32>,
        knots: Vec<Knot>,
        provenance: String,
    ) -> Result<Self, CardError> {
        let wrong = |field: &str, problem: String| Err(CardError::new(file, field, problem));
        let mean_length = if recipe.centred { dimension } else { 0 };
        if mean.len() != mean_length {
            let centred = recipe.centred;
            let found = mean.len();
            return wrong("mean", format!("centred = {centred} wants {mean_length} numbers; there are {found}"));
        }
        if !mean.iter().all(|v| v.is_finite()) {
            return wrong("mean", "holds a number that is not finite".into());
        }
        if provenance.trim().is_empty() {
            return wrong("provenance", "is empty: say which command made this file, from what".into());
        }
        if !knots.iter().all(|k| k.score.is_finite() && k.percent.is_finite()) {
            return wrong("knots", "hold a number that is not finite".into());
        }
        match Calibration::new(knots) {
            Ok(calibration) => Ok(Self { recipe, mean, calibration, provenance }),
            Err(error) => wrong("knots", error.to_string()),
        }
    }

    /// Reads a calibration file; `file` names it in errors.
    ///
    /// # Errors
    /// When the text is not such a file, or contradicts itself or the embedding's dimension.
    pub fn parse(file: &str, text: &str, dimension: usize) -> Result<Self, CardError> {
        let shape: FileShape = toml::from_str(text).map_err(|error| CardError::unreadable(file, &error))?;
        let knots = shape.knots.into_iter().map(|[score, percent]| Knot { score, percent }).collect();
        Self::new(file, dimension, shape.recipe, shape.mean, knots, shape.provenance)
    }

    /// The text of the file; `comment` goes on top and should hold the command that made it.
    #[must_use]
    pub fn to_toml(&self, comment: &str) -> String {
        let mut text = String::new();
        for line in comment.lines() {
            let _ = writeln!(text, "{}", format!("# {line}").trim_end());
        }
        let _ = writeln!(text, "provenance = {}", toml::Value::String(self.provenance.clone()));
        let _ = writeln!(text, "mean = [");
        for row in self.mean.chunks(8) {
            let row: Vec<String> = row.iter().map(|v| format!("{v:?}")).collect();
            let _ = writeln!(text, "    {},", row.join(", "));
        }
        let _ = writeln!(text, "]\nknots = [");
        for Knot { score, percent } in self.calibration.knots() {
            let _ = writeln!(text, "    [{score:?}, {percent:?}],");
        }
        let Recipe { centred, mirror_averaged } = self.recipe;
        let _ = writeln!(text, "]\n\n[recipe]\ncentred = {centred}\nmirror_averaged = {mirror_averaged}");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "x/calibration.toml";

    fn file(centred: bool, mean: &str, knots: &str) -> String {
        format!(
            "provenance = 'a test'\nmean = {mean}\nknots = {knots}\n[recipe]\ncentred = {centred}\nmirror_averaged = true"
        )
    }

    #[test]
    fn reads_back_what_it_wrote_bit_for_bit() {
        let mean = vec![0.1_f32, -1.0 / 3.0, f32::MIN_POSITIVE];
        let knots = vec![Knot { score: -1.0, percent: 0.0 }, Knot { score: 0.7, percent: 100.0 }];
        let recipe = Recipe { centred: true, mirror_averaged: false };
        let written = CalibrationFile::new(FILE, 3, recipe, mean, knots, "say \"hi\"\n".into()).expect("agrees");
        let text = written.to_toml("made by\n\nauther-eval calibrate");
        assert!(text.starts_with("# made by\n#\n# auther-eval calibrate\n"));
        assert_eq!(CalibrationFile::parse(FILE, &text, 3), Ok(written));
    }

    #[test]
    fn names_the_file_and_the_field_that_is_wrong() {
        let good = "[[-1.0, 0.0], [1.0, 100.0]]";
        for (text, field) in [
            (file(true, "[]", good), "mean"),
            (file(true, "[0.0]", good), "mean"),
            (file(false, "[0.0, 0.0]", good), "mean"),
            (file(true, "[0.0, nan]", good), "mean"),
            (file(false, "[]", "[]"), "knots"),
            (file(false, "[]", "[[-1.0, 0.0], [1.0, 99.0]]"), "knots"),
            (file(false, "[]", "[[-1.0, 0.0], [inf, 100.0]]"), "knots"),
            (file(false, "[]", good) + "\nsurprise = 1", "surprise"),
            (file(false, "[]", good).replace("a test", " "), "provenance"),
        ] {
            let error = CalibrationFile::parse(FILE, &text, 2).expect_err(&text).to_string();
            assert!(error.contains(FILE) && error.contains(field), "{error}");
        }
    }
}
