//! `auther check`: would these images do for an enrolment?

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use api::Verdicts;
use face::{Check, Examination, Pipeline, Policy};
use serde::Serialize;

use crate::assembly::Assembly;
use crate::cli;
use crate::failure::{Failure, Outcome};
use crate::output::print;

/// What is said of one image.
#[derive(Serialize)]
struct Said {
    /// Not `image`, which is the size among the verdicts.
    file: String,
    #[serde(flatten)]
    verdicts: Option<Verdicts>,
    /// Why there are no verdicts.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip)]
    text: String,
    #[serde(skip)]
    accepted: bool,
}

pub(super) fn run(assembly: &Assembly, arguments: &cli::Check, json: bool) -> Outcome {
    let mut pipeline = assembly.load()?.pipeline()?;
    let policy = assembly.policy();
    let mut all = Vec::new();
    for path in &arguments.images {
        let drawing = drawing_of(arguments, path)?;
        all.push(say(&mut pipeline, &policy, path, drawing.as_deref())?);
    }
    print(json, &all, |all| all.iter().map(|said| said.text.as_str()).collect::<Vec<_>>().join("\n"))?;
    Ok(super::answer(all.iter().all(|said| said.accepted)))
}

/// Where the drawing of this image goes.
fn drawing_of(arguments: &cli::Check, image: &Path) -> Outcome<Option<PathBuf>> {
    let Some(out) = &arguments.annotate else { return Ok(None) };
    if arguments.images.len() == 1 {
        return Ok(Some(out.clone()));
    }
    std::fs::create_dir_all(out).map_err(Failure::context(out.display()))?;
    let mut name = image.file_name().unwrap_or_default().to_owned();
    // With the ending kept, `a.jpg` and `a.png` do not overwrite each other.
    name.push(".png");
    Ok(Some(out.join(name)))
}

fn say(pipeline: &mut Pipeline, policy: &Policy, path: &Path, drawing: Option<&Path>) -> Outcome<Said> {
    let file = path.display().to_string();
    let bytes = super::image(path)?;
    match pipeline.examine(bytes.as_ref(), policy) {
        Ok(examination) => {
            if let Some(drawing) = drawing {
                draw(bytes.as_ref(), policy, &examination, drawing)?;
            }
            let accepted = examination.checks.iter().all(Check::passed);
            let text = describe(&file, &examination, accepted);
            Ok(Said { file, verdicts: Some(Verdicts::from(&examination)), error: None, text, accepted })
        }
        Err(face::Error::Image(error)) => {
            let error = format!("R_003: {error}");
            let text = format!("{file}: refused\n  {error}");
            Ok(Said { file, verdicts: None, error: Some(error), text, accepted: false })
        }
        Err(face::Error::Model(error)) => Err(error.into()),
    }
}

fn draw(bytes: &[u8], policy: &Policy, examination: &Examination, drawing: &Path) -> Outcome<()> {
    let image = face::decode(bytes, &policy.image).map_err(|error| Failure::new(error.to_string()))?;
    let png = eval::draw::annotate(&image, examination, |defect| api::code_of(defect).text());
    std::fs::write(drawing, png).map_err(Failure::context(drawing.display()))
}

/// A line a measure, what failed marked and with what to do.
fn describe(file: &str, examination: &Examination, accepted: bool) -> String {
    let mut text = format!("{file}: {}\n", if accepted { "accepted" } else { "refused" });
    for check in &examination.checks {
        let Check { measure, value, range } = *check;
        let limits = match (range.min, range.max) {
            (None, None) => String::new(),
            (Some(min), None) => format!("at least {min}"),
            (None, Some(max)) => format!("at most {max}"),
            (Some(min), Some(max)) => format!("{min} to {max}"),
        };
        let verdict = match check.defect() {
            None => "ok    ".to_owned(),
            Some(defect) => format!("{:6}", api::code_of(defect).text()),
        };
        let _ = write!(text, "  {verdict} {:32} {value:8.2}  {limits:16}", measure.name());
        if let Some(defect) = check.defect() {
            let _ = write!(text, "  {}", defect.advice());
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text.pop();
    text
}
