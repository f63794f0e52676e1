//! Where the time of one verify request goes, on one thread; OpenCV's side by turns in the same run.
//!
//! Machines are shared and clocks change: the two sides take turns request by request, so that the ratio holds even where
//! the milliseconds do not.

use std::path::{Path, PathBuf};
use std::time::Instant;

use biometric::{Calibration, Template};
use face::{ImageLimits, Picture, Recipe, Wanted};
use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::markdown::table;
use crate::photograph::Size;
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
    /// Pictures with a face, as [`crate::photograph()`] makes them.
    pub pictures: Vec<(Size, PathBuf)>,
    /// Measured requests of each.
    pub repetitions: usize,
    /// The recipe that ships.
    pub recipe: Recipe,
    /// Its table.
    pub calibration: Calibration,
    /// The other side, if there is one.
    pub opencv: Option<OpenCv>,
}

/// Times of both sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StagesReport {
    /// What it ran on.
    pub machine: Machine,
    /// OpenCV's version, if it was run.
    pub opencv: Option<String>,
    /// A picture each.
    pub pictures: Vec<PictureReport>,
}

/// Times of the requests with one picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PictureReport {
    /// Which.
    pub photograph: Size,
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageReport {
    /// Its name.
    pub stage: String,
    /// Ours.
    pub ours: Times,
    /// OpenCV's, if it was run.
    pub opencv: Option<Times>,
    /// OpenCV's median by ours: above 1 we are faster.
    pub ratio: Option<f64>,
}

/// Milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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
/// When a picture has no face, a network fails, or OpenCV does not run.
pub fn stages(
    options: &Options,
    factory: &PipelineFactory<'_>,
    progress: &dyn Progress,
) -> Result<StagesReport, Error> {
    let mut pipeline = factory().map_err(Error::Pipeline)?;
    let mut report = StagesReport { machine: Machine::here(), opencv: None, pictures: Vec::new() };
    progress.begin("requests", (options.repetitions * options.pictures.len()) as u64);
    for (photograph, path) in &options.pictures {
        let mut conversation = match &options.opencv {
            Some(opencv) => Some(opencv.converse(SCRIPT, path)?),
            None => None,
        };
        if let Some(conversation) = &mut conversation {
            report.opencv = Some(answer(conversation, "version")?);
        }
        report.pictures.push(picture(options, *photograph, path, &mut pipeline, conversation, progress)?);
    }
    progress.end();
    Ok(report)
}

fn picture(
    options: &Options,
    photograph: Size,
    path: &Path,
    pipeline: &mut face::Pipeline,
    mut conversation: Option<Conversation>,
    progress: &dyn Progress,
) -> Result<PictureReport, Error> {
    let bytes = std::fs::read(path).map_err(Error::file(path))?;
    let frame = Picture::open(&bytes, &ImageLimits::default()).map(|picture| picture.frame());
    let frame = frame.map_err(|error| Error::data(path, error.to_string()))?;
    let text = base64_simd::STANDARD.encode_to_string(&bytes);
    let mut request = Request { options, path, text: &text, pipeline, reference: None };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for number in 0..WARM_UP + options.repetitions.max(1) {
        let our = request.run()?;
        let their: Option<Laps> = conversation.as_mut().map(|there| answer(there, "run")).transpose()?;
        if number >= WARM_UP {
            ours.push(our);
            theirs.extend(their);
            progress.advance();
        }
    }
    Ok(PictureReport {
        photograph,
        width: frame.width,
        height: frame.height,
        bytes: bytes.len(),
        repetitions: ours.len(),
        stages: summarise(&ours, &theirs),
    })
}

fn answer<T: serde::de::DeserializeOwned>(conversation: &mut Conversation, question: &str) -> Result<T, Error> {
    let answer = conversation.ask(question)?;
    serde_json::from_str(&answer).map_err(|error| Error::Python(format!("{answer:?}: {error}")))
}

/// One side's tools.
struct Request<'a> {
    options: &'a Options,
    path: &'a Path,
    text: &'a str,
    pipeline: &'a mut face::Pipeline,
    /// What the probe is compared with: itself, from the first request on.
    reference: Option<Template>,
}

impl Request<'_> {
    // A frame of its own in whatever profile: what is below it is the request.
    #[inline(never)]
    fn run(&mut self) -> Result<Laps, Error> {
        let path = self.path;
        let wrong = |error: &dyn std::fmt::Display| Error::data(path, error.to_string());
        let mut clock = Clock::start();
        let bytes = base64_simd::STANDARD.decode_to_vec(self.text).map_err(|error| wrong(&error))?;
        clock.lap();
        let mut picture = Picture::open(&bytes, &ImageLimits::default()).map_err(|error| wrong(&error))?;
        self.pipeline.decode(&mut picture)?;
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
        drop((crop, picture));
        drop(bytes);
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
    let stage = |(at, stage): (usize, &&str)| report(stage, ours, theirs, |laps| laps[at]);
    let mut stages: Vec<StageReport> = STAGES.iter().enumerate().map(stage).collect();
    stages.push(report("total", ours, theirs, |laps| laps.iter().sum()));
    stages
}

fn report(stage: &str, ours: &[Laps], theirs: &[Laps], of: impl Fn(&Laps) -> f64) -> StageReport {
    let ours = Times::of(ours.iter().map(&of).collect());
    let opencv = (!theirs.is_empty()).then(|| Times::of(theirs.iter().map(&of).collect()));
    let ratio = opencv.map(|opencv| opencv.median_ms / ours.median_ms);
    StageReport { stage: stage.to_owned(), ours, opencv, ratio }
}

impl Times {
    pub(crate) fn of(mut times: Vec<f64>) -> Self {
        times.sort_unstable_by(f64::total_cmp);
        let at = |at: usize| times.get(at).copied().unwrap_or(f64::NAN);
        Self { median_ms: at(times.len() / 2), min_ms: at(0) }
    }
}

impl StagesReport {
    /// The report as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        format!("# Stages of a verify request, one thread\n\n{}", self.section())
    }

    /// The tables, for a page that has a heading for them.
    pub(crate) fn section(&self) -> String {
        let opencv = match &self.opencv {
            Some(version) => format!(" OpenCV {version} by turns; its share of base64 is Python's."),
            None => String::new(),
        };
        let pictures: String = self.pictures.iter().map(PictureReport::section).collect();
        format!(
            "{}. Of a JPEG, `decode` is what detection looks at; what alignment needs beyond that is decoded in `align`.{opencv}\n\n{pictures}",
            self.machine.words(),
        )
    }
}

impl PictureReport {
    fn section(&self) -> String {
        let row = |stage: &StageReport| {
            let their = |of: fn(&Times) -> f64| stage.opencv.as_ref().map_or("-".into(), |t| format!("{:.3}", of(t)));
            vec![
                stage.stage.clone(),
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
            "{}: {} x {} pixels, {} bytes; {} requests.\n\n{}",
            self.photograph.name(),
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
        assert_eq!((stages[6].stage.as_str(), stages[6].ours.median_ms), ("total", 12.0));
        assert!(summarise(&ours, &[])[0].opencv.is_none());
    }
}
