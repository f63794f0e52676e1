//! `auther compare`: two images, no gallery.

use biometric::{Decision, Similarity};
use serde::Serialize;

use super::no::{No, Subject, answered};
use crate::assembly::Assembly;
use crate::cli::Compare;
use crate::failure::{Failure, Outcome};
use crate::output::print;

#[derive(Serialize)]
struct Compared {
    similarity: f64,
    threshold: f64,
    matched: bool,
}

pub(super) fn run(assembly: &Assembly, arguments: &Compare, json: bool) -> Outcome {
    let threshold = Similarity::from_percent(arguments.threshold).map_err(Failure::context("--threshold"))?;
    let loaded = assembly.load()?;
    let (mut pipeline, policy) = (loaded.pipeline()?, assembly.policy());
    let mut template = |path| template(&mut pipeline, &policy, path);
    let (source, target) = match (template(&arguments.source)?, template(&arguments.target)?) {
        (Ok(source), Ok(target)) => (source, target),
        (Err(no), _) => return no.tell(json, Subject::Image(&arguments.source.to_string_lossy())),
        (_, Err(no)) => return no.tell(json, Subject::Image(&arguments.target.to_string_lossy())),
    };
    let similarity = loaded.calibration.similarity(source.compare(&target)?);
    let matched = similarity.decide(threshold) == Decision::Match;
    let compared = Compared { similarity: similarity.percent_shown(), threshold: threshold.percent(), matched };
    print(json, &compared, |c| {
        let verdict = if c.matched { "match" } else { "no match" };
        format!("{:.2} %  {verdict} at {} %", c.similarity, c.threshold)
    })?;
    Ok(super::answer(matched))
}

fn template(
    pipeline: &mut face::Pipeline,
    policy: &face::Policy,
    path: &std::path::Path,
) -> Outcome<Result<biometric::Template, No>> {
    let bytes = super::image(path)?;
    let inspection = pipeline.probe(bytes.as_ref(), policy).map_err(engine::Error::from);
    let refused =
        |rejections: Vec<_>| engine::Error::Refused(rejections.into_iter().map(engine::Refusal::Face).collect());
    answered(inspection.and_then(|found| found.template.ok_or_else(|| refused(found.rejections))))
}
