//! What the recipes cost, measured on one thread.

use std::path::PathBuf;
use std::time::Instant;

use face::{Crop, ImageLimits, Picture, Wanted};

use super::Variant;
use crate::{Error, FaceChoice, PipelineFactory, Progress};

/// Crops that are timed.
const CROPS: usize = 40;

/// Median milliseconds of embedding a crop without and with its mirror image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    plain_ms: f64,
    mirrored_ms: f64,
}

impl Cost {
    /// Centring is 128 subtractions: less than a microsecond, not to be seen beside the network.
    pub(crate) fn of(&self, variant: Variant) -> f64 {
        if variant.mirror_averaged() { self.mirrored_ms } else { self.plain_ms }
    }
}

/// Times the embedding of a few crops, both ways by turns, before other threads are at work.
pub(crate) fn measure(
    files: &[PathBuf],
    factory: &PipelineFactory<'_>,
    progress: &dyn Progress,
) -> Result<Cost, Error> {
    let mut pipeline = factory().map_err(Error::Pipeline)?;
    let mut crops: Vec<Crop> = Vec::new();
    for file in files.iter().step_by((files.len() / CROPS).max(1)) {
        let bytes = std::fs::read(file).map_err(Error::file(file))?;
        let Ok(mut picture) = Picture::open(&bytes, &ImageLimits::default()) else { continue };
        let faces = pipeline.detect(&mut picture, Wanted::All)?;
        if let Some(face) = FaceChoice::NearestCentre.choose(picture.frame(), &faces) {
            crops.push(face::align(&mut picture, &face)?);
        }
    }
    let (_, embedder) = pipeline.stages();
    progress.begin("time", crops.len() as u64);
    let (mut plain, mut mirrored) = (Vec::new(), Vec::new());
    for crop in &crops {
        for (mirror, times) in [(false, &mut plain), (true, &mut mirrored)] {
            let start = Instant::now();
            embedder.embed(crop, mirror)?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        progress.advance();
    }
    progress.end();
    Ok(Cost { plain_ms: median(&mut plain), mirrored_ms: median(&mut mirrored) })
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
