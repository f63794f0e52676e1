//! What a look costs.

use std::time::Instant;

use face::{Frame, Image, LOOKS_PX, Picture, REFINED_SIDE_PX};
use serde::Serialize;

use crate::{Error, PipelineFactory, Progress};

/// Looks of each size, by turns.
const ROUNDS: usize = 20;

/// Time of a look at a picture whose sides are as 4 to 3.
#[derive(Clone, Debug, Serialize)]
pub struct LookTime {
    /// Longer side of the look in pixels.
    pub look_px: u32,
    /// Shorter side.
    pub shorter_px: u32,
    /// Median in milliseconds, one thread.
    pub median_ms: f64,
}

pub(super) fn measure(factory: &PipelineFactory<'_>, progress: &dyn Progress) -> Result<Vec<LookTime>, Error> {
    let mut pipeline = factory().map_err(Error::Pipeline)?;
    let (detector, _) = pipeline.stages();
    // The look at a face alone is a square; it is smaller than the least picture, so that it is measured on its pixels.
    let square = REFINED_SIDE_PX as u32;
    let mut frames: Vec<Frame> = LOOKS_PX.iter().map(|px| Frame { width: *px, height: px * 3 / 4 }).collect();
    frames.insert(0, Frame { width: square, height: square });
    let grey = |frame: &Frame| {
        let rgb = vec![127; frame.width as usize * frame.height as usize * 3];
        Image::from_rgb(frame.width, frame.height, rgb).ok_or_else(|| Error::TooLittle("no picture".into()))
    };
    let images = frames.iter().map(grey).collect::<Result<Vec<_>, _>>()?;
    let mut times = vec![Vec::new(); frames.len()];
    progress.begin("time", (ROUNDS * frames.len()) as u64);
    for _ in 0..ROUNDS {
        for (image, times) in images.iter().zip(&mut times) {
            let begun = Instant::now();
            std::hint::black_box(detector.look_as_is(&mut Picture::of(image))?);
            times.push(begun.elapsed().as_secs_f64() * 1e3);
            progress.advance();
        }
    }
    progress.end();
    let median = |times: &mut Vec<f64>| {
        times.sort_unstable_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let report = |(frame, times): (&Frame, &mut Vec<f64>)| LookTime {
        look_px: frame.width,
        shorter_px: frame.height,
        median_ms: median(times),
    };
    Ok(frames.iter().zip(&mut times).map(report).collect())
}
