//! What the checks cost beside what recognition costs anyway, on one thread.

use std::time::Instant;

use face::{Image, ImageLimits, Picture, Pipeline, Wanted};
use serde::Serialize;

use super::dataset::Dataset;
use super::sweep::{Portrait, median};
use crate::{Error, PipelineFactory, Progress};

/// Every portrait is measured so many times, the portraits by turns; machines are shared and clocks change.
const ROUNDS: usize = 4;

/// Median milliseconds of each stage of an enrolment, after decoding.
#[derive(Clone, Debug, Serialize)]
pub struct TimingReport {
    /// Portraits.
    pub portraits: usize,
    /// Runs of each.
    pub rounds: usize,
    /// Finding faces.
    pub detect_ms: f64,
    /// Cutting the face out and making its template.
    pub align_and_embed_ms: f64,
    /// All checks: landmarks and measures.
    pub checks_ms: f64,
    /// Of that, the landmarks alone.
    pub landmarks_ms: f64,
    /// What the checks add to detection, alignment and embedding, in percent of them.
    pub added_percent: f64,
}

/// `None` when there is no portrait.
pub(crate) fn measure(
    data: &Dataset,
    portraits: &[Portrait<'_>],
    policy: &face::Policy,
    factory: &PipelineFactory<'_>,
    progress: &dyn Progress,
) -> Result<Option<TimingReport>, Error> {
    if portraits.is_empty() {
        return Ok(None);
    }
    let mut pipeline = factory().map_err(Error::Pipeline)?;
    let mut laps = Vec::new();
    progress.begin("time", (ROUNDS * portraits.len()) as u64);
    for round in 0..=ROUNDS {
        for portrait in portraits {
            let file = portrait.image.file(&data.root);
            let bytes = std::fs::read(&file).map_err(Error::file(&file))?;
            let image = face::decode(&bytes, &ImageLimits::default());
            let image = image.map_err(|error| Error::data(&file, error.to_string()))?;
            // The first round warms caches and buffers.
            if let Some(lap) = lap(&mut pipeline, &image, policy)?.filter(|_| round > 0) {
                laps.push(lap);
            }
            if round > 0 {
                progress.advance();
            }
        }
    }
    progress.end();
    let middle = |of: fn(&[f64; 4]) -> f64| median(laps.iter().map(of).collect()).unwrap_or(f64::NAN);
    let (detect_ms, checks_ms, align_and_embed_ms) = (middle(|l| l[0]), middle(|l| l[1]), middle(|l| l[2]));
    Ok(Some(TimingReport {
        portraits: portraits.len(),
        rounds: ROUNDS,
        detect_ms,
        align_and_embed_ms,
        checks_ms,
        landmarks_ms: middle(|l| l[3]),
        added_percent: 100.0 * checks_ms / (detect_ms + align_and_embed_ms),
    }))
}

/// Milliseconds of detection, checks, alignment with embedding, and once more the landmarks alone.
fn lap(pipeline: &mut Pipeline, image: &Image, policy: &face::Policy) -> Result<Option<[f64; 4]>, Error> {
    let mut clock = Instant::now();
    let mut stage = || {
        let now = Instant::now();
        let elapsed = (now - clock).as_secs_f64() * 1e3;
        clock = now;
        elapsed
    };
    let picture = &mut Picture::of(image);
    let faces = pipeline.detect(picture, Wanted::Counted)?;
    let detect = stage();
    let Some(face) = faces.first() else { return Ok(None) };
    std::hint::black_box(pipeline.examine_faces(picture, &faces, &policy.reference)?);
    let checks = stage();
    std::hint::black_box(pipeline.embed(&face::align(picture, face)?)?);
    let embed = stage();
    drop(std::hint::black_box(pipeline.look(picture, face)?));
    Ok(Some([detect, checks, embed, stage()]))
}
