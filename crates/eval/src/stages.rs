//! Where the time of one verify request goes, on one thread; OpenCV's side by turns in the same run.
//!
//! Machines are shared and clocks change: the two sides take turns request by request, so that the ratio holds even where
//! the milliseconds do not.

mod picture;

use std::path::PathBuf;
use std::time::Instant;

use biometric::{Calibration, Template};
use face::{ImageLimits, Picture, Recipe, Wanted};
use serde::Serialize;

pub use picture::prepare;
pub(crate) use picture::resize;

use crate::markdown::table;
use crate::python::{Conversation, OpenCv};
use crate::{Error, FaceChoice, PipelineFactory, Progress};

/// The script that runs OpenCV.
const SCRIPT: &str = include_str!("../reference/opencv_stages.py");

/// Requests before the measured ones: caches, branch predictors and buffers are warm then.
const WARM_UP: usize = 3;

/// The stages, in the order of a request.
pub const STAGES: [&str; 6] = ["base64", "decode", "detect", "align", "embed", "compare"];

/// What is measured.
#[derive(Clone, Debug)]
pub struct Options {
    /// A picture with a face; [`prepare`] makes one of a megapixel.
    pub picture: PathBuf,
    /// Measured requests.
    pub repetitions: usize,
    /// The recipe that ships.
    pub recipe: Recipe,
    /// Its table.
    pub calibration: Calibration,
    /// The other side, if there is one.
    pub opencv: Option<OpenCv>,
}

/// Times of both sides.
#[derive(Clone, Debug, Serialize)]
pub struct StagesReport {
    /// The picture.
    pub picture: String,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// Its size in bytes.
    pub bytes: usize,
    /// Measured requests.
    pub repetitions: usize,
    /// By stage, and the sum of them all at the end, named `total`.
    pub stages: Vec<StageReport>,
}

/// Times of one stage.
#[derive(Clone, Debug, Serialize)]
pub struct StageReport {
    /// Its name.
    pub stage: &'static str,
    /// Ours.
    pub ours: Times,
    /// OpenCV's, if it was run.
    pub opencv: Option<Times>,
    /// OpenCV's median by ours: above 1 we are faster.
    pub ratio: Option<f64>,
}

/// Milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Times {
    /// The middle one.
    pub median_ms: f64,
    /// The least: what the machine can do when nothing disturbs it.
    pub min_ms: f64,
}

type Laps = [f64; STAGES.len()];

/// Measures both sides.
///
/// # Errors
/// When the picture has no face, a network fails, or OpenCV does not run.
pub fn stages(
    options: &Options,
    factory: &PipelineFactory<'_>,
    progress: &dyn Progress,
) -> Result<StagesReport, Error> {
    let bytes = std::fs::read(&options.picture).map_err(Error::file(&options.picture))?;
    let size = face::decode(&bytes, &ImageLimits::default()).map(|image| (image.width(), image.height()));
    let (width, height) = size.map_err(|error| Error::data(&options.picture, error.to_string()))?;
    let text = base64_simd::STANDARD.encode_to_string(&bytes);
    let mut pipeline = factory().map_err(Error::Pipeline)?;
    let mut conversation = match &options.opencv {
        Some(opencv) => Some(opencv.converse(SCRIPT, &options.picture)?),
        None => None,
    };
    let mut request = Request { options, text: &text, pipeline: &mut pipeline, reference: None };
    progress.begin("requests", options.repetitions as u64);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for number in 0..WARM_UP + options.repetitions.max(1) {
        let our = request.run()?;
        let their = conversation.as_mut().map(ask).transpose()?;
        if number >= WARM_UP {
            ours.push(our);
            theirs.extend(their);
            progress.advance();
        }
    }
    progress.end();
    Ok(StagesReport {
        picture: options.picture.display().to_string(),
        width,
        height,
        bytes: bytes.len(),
        repetitions: ours.len(),
        stages: summarise(&ours, &theirs),
    })
}

fn ask(conversation: &mut Conversation) -> Result<Laps, Error> {
    let answer = conversation.ask("run")?;
    serde_json::from_str(&answer).map_err(|error| Error::Python(format!("{answer:?}: {error}")))
}

/// One side's tools.
struct Request<'a> {
    options: &'a Options,
    text: &'a str,
    pipeline: &'a mut face::Pipeline,
    /// What the probe is compared with: itself, from the first request on.
    reference: Option<Template>,
}

impl Request<'_> {
    fn run(&mut self) -> Result<Laps, Error> {
        let picture = &self.options.picture;
        let wrong = |error: &dyn std::fmt::Display| Error::data(picture, error.to_string());
        let mut clock = Clock::start();
        let bytes = base64_simd::STANDARD.decode_to_vec(self.text).map_err(|error| wrong(&error))?;
        clock.lap();
        let image = face::decode(&bytes, &ImageLimits::default()).map_err(|error| wrong(&error))?;
        let mut picture = Picture::of(&image);
        clock.lap();
        let faces = self.pipeline.detect(&mut picture, Wanted::Largest)?;
        let face = FaceChoice::Largest.choose(picture.frame(), &faces);
        let face = face.ok_or_else(|| wrong(&"no face is found in it"))?;
        let (_, embedder) = self.pipeline.stages();
        clock.lap();
        let crop = face::align(&mut picture, &face)?;
        clock.lap();
        let recipe = &self.options.recipe;
        let template = recipe.template(&embedder.embed(&crop, recipe.mirror_averaged)?)?;
        clock.lap();
        let reference = self.reference.get_or_insert_with(|| template.clone());
        let score = template.compare(reference).map_err(|error| wrong(&error))?;
        std::hint::black_box(self.options.calibration.similarity(score));
        // Wiping the pixels is part of the request.
        drop((crop, image, bytes));
        clock.lap();
        Ok(clock.laps)
    }
}

/// Notes how long each stage takes.
struct Clock {
    last: Instant,
    stage: usize,
    laps: Laps,
}

impl Clock {
    fn start() -> Self {
        Self { last: Instant::now(), stage: 0, laps: [0.0; STAGES.len()] }
    }

    fn lap(&mut self) {
        let now = Instant::now();
        self.laps[self.stage] = (now - self.last).as_secs_f64() * 1e3;
        self.stage += 1;
        self.last = now;
    }
}

fn summarise(ours: &[Laps], theirs: &[Laps]) -> Vec<StageReport> {
    let stage = |(at, stage): (usize, &&'static str)| report(stage, ours, theirs, |laps| laps[at]);
    let mut stages: Vec<StageReport> = STAGES.iter().enumerate().map(stage).collect();
    stages.push(report("total", ours, theirs, |laps| laps.iter().sum()));
    stages
}

fn report(stage: &'static str, ours: &[Laps], theirs: &[Laps], of: impl Fn(&Laps) -> f64) -> StageReport {
    let ours = Times::of(ours.iter().map(&of).collect());
    let opencv = (!theirs.is_empty()).then(|| Times::of(theirs.iter().map(&of).collect()));
    let ratio = opencv.map(|opencv| opencv.median_ms / ours.median_ms);
    StageReport { stage, ours, opencv, ratio }
}

impl Times {
    fn of(mut times: Vec<f64>) -> Self {
        times.sort_unstable_by(f64::total_cmp);
        let at = |at: usize| times.get(at).copied().unwrap_or(f64::NAN);
        Self { median_ms: at(times.len() / 2), min_ms: at(0) }
    }
}

impl StagesReport {
    /// The report as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let row = |stage: &StageReport| {
            let their = |of: fn(&Times) -> f64| stage.opencv.as_ref().map_or("-".into(), |t| format!("{:.3}", of(t)));
            vec![
                stage.stage.to_owned(),
                format!("{:.3}", stage.ours.median_ms),
                format!("{:.3}", stage.ours.min_ms),
                their(|times| times.median_ms),
                their(|times| times.min_ms),
                stage.ratio.map_or("-".into(), |ratio| format!("{ratio:.2}")),
            ]
        };
        let rows: Vec<Vec<String>> = self.stages.iter().map(row).collect();
        let header = ["stage", "ours, median ms", "min", "OpenCV, median ms", "min", "OpenCV / ours"];
        format!(
            "# Stages of a verify request, one thread\n\n{}: {} x {} pixels, {} bytes; {} requests by turns. OpenCV's share \
             of base64 is Python's.\n\n{}",
            self.picture,
            self.width,
            self.height,
            self.bytes,
            self.repetitions,
            table(&header, &rows),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_minima_and_ratios_of_each_stage_and_of_the_sum() {
        let ours = [[1.0; 6], [2.0; 6], [9.0; 6]];
        let theirs = [[4.0; 6], [5.0; 6], [3.0; 6]];
        let stages = summarise(&ours, &theirs);
        assert_eq!(stages.len(), 7);
        assert_eq!(stages[0].ours, Times { median_ms: 2.0, min_ms: 1.0 });
        assert_eq!(stages[0].ratio, Some(2.0));
        assert_eq!((stages[6].stage, stages[6].ours.median_ms), ("total", 12.0));
        assert!(summarise(&ours, &[])[0].opencv.is_none());
    }
}
