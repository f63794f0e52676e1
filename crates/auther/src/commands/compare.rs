//! `auther compare`: two images, no gallery.

use biometric::{Decision, Similarity};
use serde::Serialize;

use super::faces::{Compared, Faces};
use super::no::Subject;
use crate::cli::Compare;
use crate::failure::{Failure, Outcome};
use crate::output::print;

#[derive(Serialize)]
struct Shown {
    similarity: f64,
    threshold: f64,
    matched: bool,
}

pub(super) fn run(faces: &Faces, arguments: &Compare, json: bool) -> Outcome {
    let threshold = Similarity::from_percent(arguments.threshold).map_err(Failure::context("--threshold"))?;
    let (source, target) = (arguments.source.to_string_lossy(), arguments.target.to_string_lossy());
    let similarity = match faces.compare(&arguments.source, &arguments.target)? {
        Compared::Similarity(similarity) => similarity,
        Compared::Source(no) => return no.tell(json, Subject::Image(&source)),
        Compared::Target(no) => return no.tell(json, Subject::Image(&target)),
        Compared::Either(no) => return no.tell(json, Subject::Images([&source, &target])),
    };
    let matched = similarity.decide(threshold) == Decision::Match;
    let shown = Shown { similarity: similarity.percent_shown(), threshold: threshold.percent(), matched };
    print(json, &shown, |shown| {
        let verdict = if shown.matched { "match" } else { "no match" };
        format!("{:.2} %  {verdict} at {} %", shown.similarity, shown.threshold)
    })?;
    Ok(super::answer(matched))
}
