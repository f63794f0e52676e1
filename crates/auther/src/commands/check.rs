//! `auther check`: would these images do for an enrolment?

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use api::Verdicts;
use auther_client::CheckedImage;
use face::{Examination, Pipeline, Policy};
use serde::Serialize;

use super::faces::Faces;
use super::remote::Remote;
use crate::cli;
use crate::failure::{Failure, Outcome};
use crate::output::print;

/// What is said of one image.
#[derive(Serialize)]
struct Said {
    /// Not `image`, which is the size among the verdicts.
    file: String,
    #[serde(flatten)]
    checked: Option<CheckedImage>,
    /// Why there are no verdicts.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Who examines.
enum Examiner<'a> {
    Here { pipeline: Box<Pipeline>, policy: Policy },
    There(&'a Remote),
}

pub(super) fn run(faces: &Faces, arguments: &cli::Check, json: bool) -> Outcome {
    let mut examiner = match faces {
        Faces::Here(assembly) => {
            Examiner::Here { pipeline: Box::new(assembly.load()?.pipeline()?), policy: assembly.policy() }
        }
        Faces::There(_) if arguments.annotate.is_some() => {
            return Err(Failure::new(
                "--annotate: a server does not draw; leave --annotate out, or --server to have it done by this installation",
            ));
        }
        Faces::There(remote) => Examiner::There(remote),
    };
    let mut all = Vec::new();
    for path in &arguments.images {
        let drawing = drawing_of(arguments, path)?;
        let file = path.display().to_string();
        all.push(match examiner.examine(path, drawing.as_deref())? {
            Ok(checked) => Said { file, checked: Some(checked), error: None },
            Err(error) => Said { file, checked: None, error: Some(error) },
        });
    }
    print(json, &all, |all| all.iter().map(describe).collect::<Vec<_>>().join("\n"))?;
    Ok(super::answer(all.iter().all(Said::is_accepted)))
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

impl Examiner<'_> {
    /// The verdicts, or why there are none.
    fn examine(&mut self, path: &Path, drawing: Option<&Path>) -> Outcome<Result<CheckedImage, String>> {
        match self {
            Self::Here { pipeline, policy } => examine(pipeline, policy, path, drawing),
            Self::There(remote) => Ok(remote.ask(|client| client.check(path))?.map_err(|no| no.reasons())),
        }
    }
}

fn examine(
    pipeline: &mut Pipeline,
    policy: &Policy,
    path: &Path,
    drawing: Option<&Path>,
) -> Outcome<Result<CheckedImage, String>> {
    let bytes = super::image(path)?;
    match pipeline.examine(bytes.as_ref(), policy) {
        Ok(examination) => {
            if let Some(drawing) = drawing {
                draw(bytes.as_ref(), policy, &examination, drawing)?;
            }
            // Said as a server says it, so that both are one to whoever reads.
            Ok(Ok(serde_json::from_value(serde_json::to_value(Verdicts::from(&examination))?)?))
        }
        Err(face::Error::Image(error)) => Ok(Err(format!("R_003: {error}"))),
        Err(face::Error::Model(error)) => Err(error.into()),
    }
}

fn draw(bytes: &[u8], policy: &Policy, examination: &Examination, drawing: &Path) -> Outcome<()> {
    let image = face::decode(bytes, &policy.image).map_err(|error| Failure::new(error.to_string()))?;
    let png = eval::draw::annotate(&image, examination, |defect| api::code_of(defect).text());
    std::fs::write(drawing, png).map_err(Failure::context(drawing.display()))
}

impl Said {
    fn is_accepted(&self) -> bool {
        self.checked.as_ref().is_some_and(|checked| checked.accepted)
    }
}

/// A line a measure, what failed marked and with what to do.
fn describe(said: &Said) -> String {
    let mut text = format!("{}: {}", said.file, if said.is_accepted() { "accepted" } else { "refused" });
    if let Some(error) = &said.error {
        let _ = write!(text, "\n  {error}");
    }
    for check in said.checked.iter().flat_map(|checked| &checked.checks) {
        let limits = match (check.min, check.max) {
            (None, None) => String::new(),
            (Some(min), None) => format!("at least {min}"),
            (None, Some(max)) => format!("at most {max}"),
            (Some(min), Some(max)) => format!("{min} to {max}"),
        };
        let verdict = check.code.as_ref().map_or("ok", auther_client::Code::as_str);
        let value = check.value.map(|value| format!("{value:.2}")).unwrap_or_default();
        let advice = check.advice.as_deref().unwrap_or_default();
        let line = format!("  {verdict:6} {:32} {value:>8}  {limits:16}  {advice}", check.check);
        let _ = write!(text, "\n{}", line.trim_end());
    }
    text
}
